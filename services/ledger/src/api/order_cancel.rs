use axum::extract::State;
use axum::response::Response;
use contracts::ledger::{CancelRequest, OrderView};
use http_kit::{Api, IdempotencyKey, Json, ProblemDocument, Problems, stored};
use kernel::OrderId;

use super::access::{ChangeOrders, OrderAccess};
use super::check::Faults;
use super::{BodyProblems, Handles, IdempotencyHeader, StaffProblems};

/// Cancel an order
///
/// While nothing is shipped, by whoever has its secret or a key with the scope `orders`. What was paid is given back.
#[utoipa::path(
    post,
    path = "/orders/{id}/cancel",
    tag = "orders",
    security((), ("api_key" = [])),
    params(
        ("id" = OrderId, Path, description = "Id of the order."),
        ("Order-Secret" = Option<String>, Header, description = "The order's secret, told when it was placed."),
        IdempotencyHeader,
    ),
    request_body = Option<CancelRequest>,
    responses(
        (status = 200, description = "The order, cancelled or on its way there.", body = OrderView, headers(
            ("Location" = String, description = "The order."),
            ("Idempotent-Replayed" = String, description = "`true` when this is the answer to an earlier request with this key."),
        )),
        (status = 404, description = "No such order, or another secret.", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 409, description = "`already_shipped`, or `request_in_progress` with Retry-After.", body = ProblemDocument, content_type = "application/problem+json"),
        StaffProblems,
        BodyProblems,
        Problems,
    )
)]
pub(super) async fn order_cancel(
    State(handles): State<Handles>,
    access: OrderAccess<ChangeOrders>,
    key: IdempotencyKey,
    request: Option<Json<CancelRequest>>,
) -> Api<Response> {
    let request = request.map(|Json(request)| request).unwrap_or_default();
    let mut faults = Faults::default();
    faults.prose("/reason", &request.reason, 0, 500);
    faults.done()?;
    let idempotency = access.idempotency("/orders/{id}/cancel", &key, &(access.id, &request));
    let (store, actor) = (access.caller.store, access.actor());
    Ok(stored(handles.orders.cancel(store, access.id, request, idempotency, actor).await?))
}

#[cfg(test)]
mod tests {
    use contracts::identity::Scope;

    use crate::api::probe::{Client, KEY, ORDER, SECRET, UNKNOWN};

    #[tokio::test]
    async fn an_owner_cancels_as_customer_and_staff_by_name() {
        let client = Client::new();
        let cancel = format!("POST /orders/{ORDER}/cancel");
        let done = client.as_anyone(&cancel, &[("order-secret", SECRET), KEY], r#"{"reason":"too late"}"#).await;
        assert_eq!((done.status.as_u16(), done.headers["cache-control"].to_str().unwrap()), (200, "private, no-store"));
        assert_eq!(done.headers["location"], format!("/api/v1/orders/{ORDER}"));
        let call = client.last();
        assert_eq!((call.what.as_str(), call.actor.as_str()), ("cancel too late", "customer"));
        assert_eq!(call.request_id.as_deref(), Some("r-1"));

        let owner =
            client.as_staff(Scope::Stock, &cancel, &[("order-secret", SECRET), ("idempotency-key", "k-2")], "").await;
        assert_eq!(owner.status, 200);
        assert_eq!(client.last().actor, "customer", "the secret opened it, not the key");
        let staff = client.as_staff(Scope::Orders, &cancel, &[KEY], "").await;
        assert_eq!(staff.status, 200, "no body is an empty one");
        let by_staff = client.last();
        assert!(by_staff.actor.starts_with("key:"), "{}", by_staff.actor);
        assert_ne!(by_staff.scope, call.scope, "two owners of the same key are two requests");
    }

    #[tokio::test]
    async fn strangers_and_readers_cannot_cancel() {
        let client = Client::new();
        let cancel = format!("POST /orders/{ORDER}/cancel");
        for (headers, problem) in [
            (&[KEY][..], (401, "order_secret_required", vec![])),
            (&[], (401, "order_secret_required", vec![])),
            (&[KEY, ("order-secret", "guess")], (404, "not_found", vec![])),
            (&[("order-secret", SECRET)], (400, "idempotency_key_required", vec![])),
        ] {
            assert_eq!(client.as_anyone(&cancel, headers, "{}").await.problem(), problem, "{headers:?}");
        }
        let reader = client.as_staff(Scope::ReadOnly, &cancel, &[KEY], "{}").await;
        assert_eq!(reader.problem(), (403, "missing_scope", vec![]));
        let owner = [("order-secret", SECRET), KEY];
        let long = format!(r#"{{"reason":"{}"}}"#, "x".repeat(501));
        assert_eq!(client.as_anyone(&cancel, &owner, &long).await.problem().2, ["/reason"]);
        assert_eq!(client.as_anyone(&cancel, &owner, r#"{"why":"x"}"#).await.problem().2, ["/why"]);
        let unknown = client.as_anyone(&format!("POST /orders/{UNKNOWN}/cancel"), &owner, "{}").await;
        assert_eq!(unknown.status, 404);
        assert!(client.calls().is_empty());
    }
}
