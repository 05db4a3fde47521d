//! The roles a process can have. A closed list: what a role needs stands in [`crate::graph`], and after wiring no code
//! asks which role it runs in.

use std::fmt;
use std::str::FromStr;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Role {
    Storefront,
    Admin,
    Ops,
    Catalog,
    Search,
    Cart,
    Checkout,
    Inventory,
    Payment,
    Identity,
    Notification,
    Fulfilment,
}

impl Role {
    pub(crate) const ALL: [Role; 12] = [
        Role::Storefront,
        Role::Admin,
        Role::Ops,
        Role::Catalog,
        Role::Search,
        Role::Cart,
        Role::Checkout,
        Role::Inventory,
        Role::Payment,
        Role::Identity,
        Role::Notification,
        Role::Fulfilment,
    ];

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Role::Storefront => "storefront",
            Role::Admin => "admin",
            Role::Ops => "ops",
            Role::Catalog => "catalog",
            Role::Search => "search",
            Role::Cart => "cart",
            Role::Checkout => "checkout",
            Role::Inventory => "inventory",
            Role::Payment => "payment",
            Role::Identity => "identity",
            Role::Notification => "notification",
            Role::Fulfilment => "fulfilment",
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// What a process was asked to be.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) enum Roles {
    /// Everything that this version has.
    #[default]
    All,
    Some(Vec<Role>),
}

impl FromStr for Roles {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text.trim() == "all" {
            return Ok(Roles::All);
        }
        let find = |name: &str| {
            Role::ALL.into_iter().find(|role| role.name() == name).ok_or_else(|| {
                let names: Vec<&str> = Role::ALL.iter().map(|role| role.name()).collect();
                format!("there is no role {name:?}; the roles are all, {}", names.join(", "))
            })
        };
        let mut roles = text.split(',').map(|name| find(name.trim())).collect::<Result<Vec<_>, _>>()?;
        roles.sort_unstable();
        roles.dedup();
        Ok(Roles::Some(roles))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn roles_are_read_by_name() {
        assert_eq!("all".parse(), Ok(Roles::All));
        assert_eq!("search, catalog,search".parse(), Ok(Roles::Some(vec![Role::Catalog, Role::Search])));
        let error = "catalog,shop".parse::<Roles>().unwrap_err();
        assert!(error.contains("\"shop\"") && error.contains("all, storefront, admin"), "{error}");
        assert!("".parse::<Roles>().is_err());
    }
}
