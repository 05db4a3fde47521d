//! Who needs whom: one table, from DESIGN. A role that is needed and not run here is dialled.

use std::collections::BTreeSet;

use crate::roles::{Role, Roles};

/// The roles that `role` calls.
const fn needs(role: Role) -> &'static [Role] {
    match role {
        Role::Storefront => &[Role::Catalog, Role::Search, Role::Cart, Role::Checkout, Role::Identity],
        Role::Admin => {
            &[Role::Catalog, Role::Checkout, Role::Inventory, Role::Payment, Role::Identity, Role::Fulfilment]
        }
        Role::Ops => &[Role::Checkout, Role::Inventory, Role::Payment],
        Role::Catalog | Role::Payment | Role::Notification | Role::Fulfilment => &[Role::Identity],
        Role::Search | Role::Cart => &[Role::Catalog],
        Role::Checkout => &[Role::Catalog, Role::Cart, Role::Payment, Role::Identity],
        Role::Inventory => &[Role::Catalog, Role::Identity],
        Role::Identity => &[],
    }
}

/// The roles that a process with `roles` would have to dial.
fn dialled(roles: &[Role]) -> BTreeSet<Role> {
    roles.iter().flat_map(|&role| needs(role)).filter(|role| !roles.contains(role)).copied().collect()
}

/// Whether this version can run `roles` in one process.
///
/// # Errors
/// For a subset: what it would need, and what to do instead.
pub(crate) fn check(roles: &Roles) -> Result<(), String> {
    let Roles::Some(some) = roles else { return Ok(()) };
    let names = |roles: Vec<Role>| roles.iter().map(|role| role.name()).collect::<Vec<_>>().join(", ");
    let dialled = names(dialled(some).into_iter().collect());
    let rest = if dialled.is_empty() { String::new() } else { format!(", dialling {dialled}") };
    Err(format!(
        "this version runs all roles in one process; it cannot run {} alone{rest}. Leave --roles out, or say --roles all",
        names(some.clone()),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_subset_is_refused_and_told_what_it_lacks() {
        assert_eq!(check(&Roles::All), Ok(()));
        let why = check(&"checkout,cart".parse().unwrap()).unwrap_err();
        assert!(why.contains("cart, checkout alone, dialling catalog, payment, identity"), "{why}");
    }

    #[test]
    fn nobody_needs_itself_and_the_start_order_exists() {
        // Roles without a circle can be started one after the other: take away those whose needs are met until none
        // is left.
        let mut started: Vec<Role> = Vec::new();
        while started.len() < Role::ALL.len() {
            let ready = |role: &Role| !started.contains(role) && needs(*role).iter().all(|n| started.contains(n));
            let next = Role::ALL.into_iter().find(ready).expect("the roles need each other in a circle");
            started.push(next);
        }
    }
}
