use axum::extract::State;
use axum::response::Response;
use contracts::ledger::{RefundRequest, RefundView};
use http_kit::{Api, IdempotencyKey, Json, Path, ProblemDocument, Problems, stored};
use kernel::OrderId;

use super::access::{ChangeOrders, Staff};
use super::check::Faults;
use super::{BodyProblems, Handles, IdempotencyHeader, StaffProblems};

/// Refund an order
///
/// An amount, or lines, or all that is left. The money goes back through the provider; the answer says whether it has
/// arrived there yet. Needs the scope `orders`.
#[utoipa::path(
    post,
    path = "/admin/orders/{id}/refunds",
    tag = "orders",
    security(("api_key" = [])),
    params(
        ("id" = OrderId, Path, description = "Id of the order."),
        IdempotencyHeader,
    ),
    request_body = Option<RefundRequest>,
    responses(
        (status = 201, description = "The refund.", body = RefundView, headers(
            ("Location" = String, description = "The order."),
            ("Idempotent-Replayed" = String, description = "`true` when this is the answer to an earlier request with this key."),
        )),
        (status = 404, description = "No such order.", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 409, description = "`not_refundable`, `nothing_to_refund`, `refund_exceeds_captured`, or `request_in_progress` with Retry-After.", body = ProblemDocument, content_type = "application/problem+json"),
        StaffProblems,
        BodyProblems,
        Problems,
    )
)]
pub(super) async fn refund_create(
    State(handles): State<Handles>,
    staff: Staff<ChangeOrders>,
    Path(id): Path<OrderId>,
    key: IdempotencyKey,
    request: Option<Json<RefundRequest>>,
) -> Api<Response> {
    let request = request.map(|Json(request)| request).unwrap_or_default();
    check(&request)?;
    let idempotency = staff.idempotency("/admin/orders/{id}/refunds", &key, &(id, &request));
    Ok(stored(handles.orders.refund(staff.store(), id, request, idempotency, staff.actor()).await?))
}

fn check(request: &RefundRequest) -> Result<(), kernel::Failure> {
    let mut faults = Faults::default();
    if request.amount.is_some() && request.lines.is_some() {
        faults.add("/amount", "amount_or_lines", "Give either an amount or lines, not both.");
    }
    if request.amount.is_some_and(|amount| amount.amount_minor <= 0) {
        faults.add("/amount/amount_minor", "too_small", "Refund a positive amount.");
    }
    if let Some(lines) = &request.lines {
        faults.lines(lines);
    }
    faults.prose("/reason", &request.reason, 0, 500);
    faults.done()
}

#[cfg(test)]
mod tests {
    use contracts::identity::Scope;

    use crate::api::probe::{Client, KEY, ORDER};

    #[tokio::test]
    async fn a_refund_is_an_amount_or_lines() {
        let client = Client::new();
        let refund = format!("POST /admin/orders/{ORDER}/refunds");
        let send = async |body: &str| client.as_staff(Scope::Orders, &refund, &[KEY], body).await;
        let both = send(r#"{"amount":{"amount_minor":0,"currency":"EUR"},"lines":[{"line":1,"quantity":1}]}"#).await;
        assert_eq!(both.problem(), (422, "invalid_input", vec!["/amount", "/amount/amount_minor"]));
        for (body, pointer) in [
            (r#"{"amount":{"amount_minor":-5,"currency":"EUR"}}"#, "/amount/amount_minor"),
            (r#"{"amount":{"amount_minor":1.5,"currency":"EUR"}}"#, "/amount/amount_minor"),
            (r#"{"amount":{"amount_minor":5,"currency":"XXQ"}}"#, "/amount/currency"),
            (r#"{"amount":{"amount_minor":99999999999999999999,"currency":"EUR"}}"#, "/amount/amount_minor"),
            (r#"{"restock":"yes"}"#, "/restock"),
        ] {
            let refused = send(body).await;
            assert_eq!(refused.problem(), (422, "invalid_input", vec![pointer]), "{body}");
        }
        assert!(client.calls().is_empty());
        let done = send(r#"{"amount":{"amount_minor":5,"currency":"EUR"},"reason":"late\nand wet"}"#).await;
        assert_eq!((done.status.as_u16(), client.last().what.as_str()), (201, "refund 5 late\nand wet"));
    }
}
