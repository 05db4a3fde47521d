//! The routes of orders and of the back office. Every answer is personal or internal, so none may be cached.
//!
//! Who may ([`access`], invariant I12) is settled before anything else of a request is looked at; then the shape of
//! the input ([`check`]); what the state of things allows is for the ledger to decide.

mod access;
mod check;

mod bundle_get;
mod bundle_put;
mod coupon_get;
mod coupon_put;
mod event_list;
mod gift_card_find;
mod gift_card_issue;
mod invariant_list;
mod location_list;
mod location_put;
mod note_add;
mod order_cancel;
mod order_cancel_staff;
mod order_get;
mod order_get_staff;
mod order_history;
mod order_list;
mod person_erase;
mod refund_create;
mod return_create;
mod return_receive;
mod shipment_create;
mod shipment_deliver;
mod stock_adjust;
mod stock_count;
mod stock_get;
mod stock_list;
mod stock_policy_get;
mod stock_policy_put;
mod stock_put;
mod stock_settings_get;
mod stock_settings_put;
mod stock_threshold_put;
mod transfer_create;
mod transfer_list;
mod transfer_receive;

#[cfg(test)]
mod probe;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::sync::Arc;

use contracts::ledger::{Books, History, Inventory, Orders, Stock, StockRules, Vouchers};
use kernel::{CustomerId, Failure, OrderId, Secret, StoreId};
use utoipa::openapi::{ContentBuilder, Ref, RefOr, Response, ResponseBuilder};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// Tells the secret that shows an order; derived by the checkout, never stored.
pub type SecretOf = Arc<dyn Fn(OrderId) -> Secret + Send + Sync>;

/// Whether an order is a customer's.
pub type Owns = Arc<dyn Fn(StoreId, CustomerId, OrderId) -> Result<bool, Failure> + Send + Sync>;

/// What the handlers hold.
#[derive(Clone)]
pub struct Handles {
    pub orders: Arc<dyn Orders>,
    pub history: Arc<dyn History>,
    pub stock: Arc<dyn Stock>,
    pub inventory: Arc<dyn Inventory>,
    pub stock_rules: Arc<dyn StockRules>,
    pub vouchers: Arc<dyn Vouchers>,
    pub books: Arc<dyn Books>,
    pub secret_of: SecretOf,
    pub owns: Owns,
}

impl std::fmt::Debug for Handles {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Handles").finish_non_exhaustive()
    }
}

/// Everything below `/orders/{id}` and the ledger's part of `/admin`, without `/api/v1`.
pub fn routes(handles: Handles) -> OpenApiRouter {
    OpenApiRouter::new()
        .routes(routes!(order_get::order_get))
        .routes(routes!(order_cancel::order_cancel))
        .routes(routes!(order_list::order_list))
        .routes(routes!(order_get_staff::order_get_staff))
        .routes(routes!(order_history::order_history))
        .routes(routes!(order_cancel_staff::order_cancel_staff))
        .routes(routes!(shipment_create::shipment_create))
        .routes(routes!(shipment_deliver::shipment_deliver))
        .routes(routes!(refund_create::refund_create))
        .routes(routes!(return_create::return_create))
        .routes(routes!(return_receive::return_receive))
        .routes(routes!(note_add::note_add))
        .routes(routes!(stock_get::stock_get, stock_put::stock_put))
        .routes(routes!(stock_list::stock_list))
        .routes(routes!(stock_adjust::stock_adjust))
        .routes(routes!(stock_threshold_put::stock_threshold_put))
        .routes(routes!(stock_settings_get::stock_settings_get, stock_settings_put::stock_settings_put))
        .routes(routes!(stock_policy_get::stock_policy_get, stock_policy_put::stock_policy_put))
        .routes(routes!(bundle_get::bundle_get, bundle_put::bundle_put))
        .routes(routes!(stock_count::stock_count))
        .routes(routes!(location_list::location_list, location_put::location_put))
        .routes(routes!(transfer_list::transfer_list, transfer_create::transfer_create))
        .routes(routes!(transfer_receive::transfer_receive))
        .routes(routes!(coupon_get::coupon_get, coupon_put::coupon_put))
        .routes(routes!(gift_card_issue::gift_card_issue))
        .routes(routes!(gift_card_find::gift_card_find))
        .routes(routes!(event_list::event_list))
        .routes(routes!(invariant_list::invariant_list))
        .routes(routes!(person_erase::person_erase))
        .with_state(handles)
}

/// The header of every request that moves money, stock or orders.
#[derive(utoipa::IntoParams)]
#[into_params(parameter_in = Header)]
#[allow(dead_code, reason = "documents http_kit::IdempotencyKey")]
struct IdempotencyHeader {
    /// A new random value for each new request, the same for a repetition.
    #[param(rename = "Idempotency-Key", min_length = 1, max_length = 255)]
    idempotency_key: String,
}

/// The error answer of every route of the back office.
struct StaffProblems;

impl utoipa::IntoResponses for StaffProblems {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        documented(&[("403", "The key lacks the scope that this route needs.")])
    }
}

/// The error answers of every route that reads a body.
struct BodyProblems;

impl utoipa::IntoResponses for BodyProblems {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        documented(&[
            ("408", "The body did not arrive in time."),
            ("413", "The body is larger than 256 KiB."),
            ("415", "The body is not `application/json`."),
        ])
    }
}

fn documented(answers: &[(&str, &str)]) -> BTreeMap<String, RefOr<Response>> {
    let answer = |(status, description): &(&str, &str)| {
        let content = ContentBuilder::new().schema(Some(Ref::from_schema_name("Problem"))).build();
        let response = ResponseBuilder::new().description(*description);
        ((*status).to_owned(), RefOr::T(response.content("application/problem+json", content).build()))
    };
    answers.iter().map(answer).collect()
}
