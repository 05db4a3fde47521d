use axum::extract::State;
use axum::response::Response;
use contracts::ledger::{OrderView, ShipmentRequest};
use http_kit::{Api, IdempotencyKey, Json, Path, ProblemDocument, Problems, stored};
use kernel::OrderId;

use super::access::{ShipOrders, Staff};
use super::check::Faults;
use super::{BodyProblems, Handles, IdempotencyHeader, StaffProblems};

/// Ship an order
///
/// All of it, what is at one location, or some lines. The units leave the stock. Needs the scope `orders` or `fulfilment`.
#[utoipa::path(
    post,
    path = "/admin/orders/{id}/shipments",
    tag = "orders",
    security(("api_key" = [])),
    params(
        ("id" = OrderId, Path, description = "Id of the order."),
        IdempotencyHeader,
    ),
    request_body = Option<ShipmentRequest>,
    responses(
        (status = 201, description = "The order with its new shipment.", body = OrderView, headers(
            ("Location" = String, description = "The order."),
            ("Idempotent-Replayed" = String, description = "`true` when this is the answer to an earlier request with this key."),
        )),
        (status = 404, description = "No such order.", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 409, description = "`not_shippable`, `nothing_to_ship`, `backordered`, `not_there`, or `request_in_progress` with Retry-After.", body = ProblemDocument, content_type = "application/problem+json"),
        StaffProblems,
        BodyProblems,
        Problems,
    )
)]
pub(super) async fn shipment_create(
    State(handles): State<Handles>,
    staff: Staff<ShipOrders>,
    Path(id): Path<OrderId>,
    key: IdempotencyKey,
    request: Option<Json<ShipmentRequest>>,
) -> Api<Response> {
    let request = request.map(|Json(request)| request).unwrap_or_default();
    check(&request)?;
    let idempotency = staff.idempotency("/admin/orders/{id}/shipments", &key, &(id, &request));
    Ok(stored(handles.orders.ship(staff.store(), id, request, idempotency, staff.actor()).await?))
}

fn check(request: &ShipmentRequest) -> Result<(), kernel::Failure> {
    let mut faults = Faults::default();
    if let Some(lines) = &request.lines {
        faults.lines(lines);
    }
    faults.line_of_text("/carrier", request.carrier.as_deref().unwrap_or(""), 0, 100);
    faults.line_of_text("/tracking", request.tracking.as_deref().unwrap_or(""), 0, 200);
    let location = request.location.as_deref();
    if location.is_some_and(|l| l.is_empty() || l.len() > 64) {
        faults.add("/location", "invalid_location", "A location is 1 to 64 characters.");
    }
    faults.done()
}

#[cfg(test)]
mod tests {
    use contracts::identity::Scope;

    use crate::api::probe::{Client, KEY, ORDER};

    #[tokio::test]
    async fn shipments_are_checked_before_the_ledger_sees_them() {
        let client = Client::new();
        let ship = format!("POST /admin/orders/{ORDER}/shipments");
        let send = async |body: &str| client.as_staff(Scope::Orders, &ship, &[KEY], body).await;
        let long = format!(r#"{{"lines":[],"carrier":"{}","tracking":"{}"}}"#, "c".repeat(101), "t".repeat(201));
        assert_eq!(send(&long).await.problem(), (422, "invalid_input", vec!["/lines", "/carrier", "/tracking"]));
        let forged = send(r#"{"tracking":"A1\r\nX: y"}"#).await;
        assert_eq!(forged.problem().2, ["/tracking"]);
        let lines = send(r#"{"lines":[{"line":1,"quantity":0},{"line":2,"quantity":1000}]}"#).await;
        assert_eq!(lines.problem().2, ["/lines/0/quantity", "/lines/1/quantity"]);
        let negative = send(r#"{"lines":[{"line":1,"quantity":-1}]}"#).await;
        assert_eq!(negative.problem().2, ["/lines/0/quantity"]);
        assert!(client.calls().is_empty(), "what has no shape reaches no ledger and leaves no key used");

        let nowhere = send(&format!(r#"{{"location":"{}"}}"#, "l".repeat(65))).await;
        assert_eq!(nowhere.problem().2, ["/location"]);
        // Whoever packs may say what left; whoever counts may not.
        let packer = client.as_staff(Scope::Fulfilment, &ship, &[("idempotency-key", "k-9")], "").await;
        assert_eq!(packer.status, 201);
        let counter = client.as_staff(Scope::Stock, &ship, &[("idempotency-key", "k-8")], "").await;
        assert_eq!(counter.status, 403);

        let whole = send("").await;
        assert_eq!((whole.status.as_u16(), client.last().what.as_str()), (201, "ship None None"));
        let named = client
            .as_staff(
                Scope::Orders,
                &ship,
                &[("idempotency-key", "k-2")],
                r#"{"lines":[{"line":1,"quantity":2}],"tracking":"A1"}"#,
            )
            .await;
        assert_eq!(
            (named.status.as_u16(), client.last().what.as_str()),
            (201, r#"ship Some([LineQuantity { line: 1, quantity: 2 }]) Some("A1")"#)
        );
    }
}
