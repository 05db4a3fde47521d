//! Customers, colleagues and what they may do, and the keys of programs.

pub(crate) mod customer;
pub(crate) mod customers;
pub(crate) mod keys;
pub(crate) mod roles;
pub(crate) mod staff;

use contracts::identity::Scope;

use crate::form::Fields;
use crate::table::{Pages, get, post};

pub(crate) fn routes() -> Pages {
    Pages::new()
        .route("/admin/customers", get(customers::show))
        .route("/admin/customers/{id}", get(customer::show))
        .route("/admin/customers/{id}/export.json", get(customer::export))
        .route("/admin/customers/{id}/erase", post(customer::erase))
        .route("/admin/staff", get(staff::show).post(staff::invite))
        .route("/admin/staff/{id}", post(staff::change))
        .route("/admin/staff/{id}/remove", post(staff::remove))
        .route("/admin/roles", get(roles::show).post(roles::put))
        .route("/admin/roles/{handle}/delete", post(roles::delete))
        .route("/admin/api-keys", get(keys::show).post(keys::create))
        .route("/admin/api-keys/{id}/revoke", post(keys::revoke))
}

/// The permissions that were ticked.
fn scopes(fields: &Fields) -> Vec<Scope> {
    Scope::ALL.into_iter().filter(|scope| fields.all("scopes").any(|sent| sent == scope.name())).collect()
}

/// What a permission opens, for people.
const fn meaning(scope: Scope) -> &'static str {
    match scope {
        Scope::Admin => "Everything",
        Scope::Catalog => "Products, categories, collections",
        Scope::Orders => "Orders: ship, refund, cancel, return",
        Scope::Stock => "Stock",
        Scope::ReadOnly => "Read everything",
        Scope::Customers => "Customers",
        Scope::Promotions => "Promotions and price lists",
        Scope::Settings => "Shipping, taxes, settings",
        Scope::Staff => "Staff and roles",
        Scope::Notifications => "Mails and webhooks",
        Scope::Fulfilment => "Fulfilments and labels",
    }
}
