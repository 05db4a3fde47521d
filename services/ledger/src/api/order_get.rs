use axum::extract::State;
use axum::response::Response;
use contracts::ledger::OrderView;
use http_kit::{Api, Json, ProblemDocument, Problems, private};
use kernel::{Failure, OrderId};

use super::access::{Grant as _, OrderAccess, ReadOrders};
use super::{Handles, StaffProblems};

/// Read an order
///
/// For whoever has its secret, or a key with the scope `orders` or `read_only`.
#[utoipa::path(
    get,
    path = "/orders/{id}",
    tag = "orders",
    security((), ("api_key" = [])),
    params(
        ("id" = OrderId, Path, description = "Id of the order."),
        ("Order-Secret" = Option<String>, Header, description = "The order's secret, told when it was placed."),
    ),
    responses(
        (status = 200, description = "The order as it is now.", body = OrderView),
        (status = 404, description = "No such order, or another secret.", body = ProblemDocument, content_type = "application/problem+json"),
        StaffProblems,
        Problems,
    )
)]
pub(super) async fn order_get(State(handles): State<Handles>, access: OrderAccess<ReadOrders>) -> Api<Response> {
    let found = handles.orders.order(access.caller.store, access.id).await?;
    let mut order = found.ok_or_else(|| Failure::not_found("order"))?;
    if ReadOrders::check(&access.caller).is_err() {
        // Where goods lie and how data is kept is the shop's business.
        (order.person_id, order.sources) = (None, Vec::new());
    }
    Ok(private(Json(order)))
}

#[cfg(test)]
mod tests {
    use contracts::identity::Scope;

    use crate::api::probe::{CUSTOMER, Client, ORDER, OTHER, SECRET, UNKNOWN};

    #[tokio::test]
    async fn an_order_is_shown_to_its_owner_and_to_staff() {
        let client = Client::new();
        let get = format!("GET /orders/{ORDER}");
        let seen = client.as_anyone(&get, &[("order-secret", SECRET)], "").await;
        assert_eq!(seen.status, 200);
        assert_eq!(seen.headers["cache-control"], "private, no-store");
        assert_eq!((seen.body["id"].as_str(), seen.body["number"].as_str()), (Some(ORDER), Some("1001")));
        for scope in [Scope::Orders, Scope::ReadOnly, Scope::Admin] {
            assert_eq!(client.as_staff(scope, &get, &[], "").await.body["number"], "1001", "{scope:?}");
        }
        // Staff need no secret, so a wrong one is of no interest.
        let staff = client.as_staff(Scope::Orders, &get, &[("order-secret", "guess")], "").await;
        assert_eq!(staff.status, 200);
        // The owner may have a key for something else.
        let owner = client.as_staff(Scope::Stock, &get, &[("order-secret", SECRET)], "").await;
        assert_eq!(owner.status, 200);
    }

    #[tokio::test]
    async fn a_customer_sees_their_own_orders_and_nobody_elses() {
        let client = Client::new();
        let get = format!("GET /orders/{ORDER}");
        assert_eq!(client.as_customer(CUSTOMER, &get, &[], "").await.body["number"], "1001");
        let theirs = client.as_customer(OTHER, &get, &[], "").await;
        assert_eq!(theirs.problem(), (404, "not_found", vec![]));
        let nobodys = client.as_customer(OTHER, &format!("GET /orders/{UNKNOWN}"), &[], "").await;
        assert_eq!(theirs.body, nobodys.body, "the two cannot be told apart");
        // An order that was placed as a guest is shown to whoever has its secret, logged in or not.
        let guests = client.as_customer(OTHER, &get, &[("order-secret", SECRET)], "").await;
        assert_eq!(guests.status, 200);
        assert_eq!(client.as_customer(CUSTOMER, &format!("GET /admin/orders/{ORDER}"), &[], "").await.status, 403);
    }

    #[tokio::test]
    async fn a_stranger_learns_nothing_of_an_order() {
        let client = Client::new();
        let (get, unknown) = (format!("GET /orders/{ORDER}"), format!("GET /orders/{UNKNOWN}"));
        assert_eq!(client.as_anyone(&get, &[], "").await.problem(), (401, "order_secret_required", vec![]));
        assert_eq!(client.as_anyone(&unknown, &[], "").await.problem(), (401, "order_secret_required", vec![]));
        for wrong in ["guess", "os_2", &SECRET[..SECRET.len() - 1], &format!("{SECRET}x"), "\u{e9}"] {
            let theirs = client.as_anyone(&get, &[("order-secret", wrong)], "").await;
            let nobodys = client.as_anyone(&unknown, &[("order-secret", wrong)], "").await;
            assert_eq!(theirs.problem(), (404, "not_found", vec![]), "{wrong}");
            assert_eq!(theirs.body, nobodys.body, "the two cannot be told apart");
        }
        assert_eq!(client.as_anyone(&unknown, &[("order-secret", SECRET)], "").await.status, 404);
        assert_eq!(client.as_staff(Scope::Orders, &unknown, &[], "").await.status, 404);
        assert_eq!(client.as_staff(Scope::Stock, &get, &[], "").await.problem(), (403, "missing_scope", vec![]));
        assert_eq!(client.as_staff(Scope::Orders, "GET /orders/17", &[], "").await.status, 404);
        assert!(client.calls().is_empty());
    }
}
