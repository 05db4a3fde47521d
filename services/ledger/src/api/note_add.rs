use axum::extract::State;
use axum::response::Response;
use contracts::ledger::{NoteRequest, OrderView};
use http_kit::{Api, IdempotencyKey, Json, Path, ProblemDocument, Problems, stored};
use kernel::OrderId;

use super::access::{ChangeOrders, Staff};
use super::check::Faults;
use super::{BodyProblems, Handles, IdempotencyHeader, StaffProblems};

/// Write a note on an order
///
/// For colleagues; shoppers do not see its text. Needs the scope `orders`.
#[utoipa::path(
    post,
    path = "/admin/orders/{id}/notes",
    tag = "orders",
    security(("api_key" = [])),
    params(
        ("id" = OrderId, Path, description = "Id of the order."),
        IdempotencyHeader,
    ),
    request_body = NoteRequest,
    responses(
        (status = 201, description = "The order.", body = OrderView, headers(
            ("Location" = String, description = "The order."),
            ("Idempotent-Replayed" = String, description = "`true` when this is the answer to an earlier request with this key."),
        )),
        (status = 404, description = "No such order.", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 409, description = "`request_in_progress` with Retry-After.", body = ProblemDocument, content_type = "application/problem+json"),
        StaffProblems,
        BodyProblems,
        Problems,
    )
)]
pub(super) async fn note_add(
    State(handles): State<Handles>,
    staff: Staff<ChangeOrders>,
    Path(id): Path<OrderId>,
    key: IdempotencyKey,
    Json(request): Json<NoteRequest>,
) -> Api<Response> {
    check(&request)?;
    let idempotency = staff.idempotency("/admin/orders/{id}/notes", &key, &(id, &request));
    Ok(stored(handles.orders.note(staff.store(), id, request, idempotency, staff.actor()).await?))
}

fn check(request: &NoteRequest) -> Result<(), kernel::Failure> {
    let mut faults = Faults::default();
    faults.prose("/text", &request.text, 1, 2000);
    faults.done()
}

#[cfg(test)]
mod tests {
    use contracts::identity::Scope;

    use crate::api::probe::{Client, KEY, ORDER};

    #[tokio::test]
    async fn a_note_has_a_text() {
        let client = Client::new();
        let note = format!("POST /admin/orders/{ORDER}/notes");
        let send = async |body: &str| client.as_staff(Scope::Orders, &note, &[KEY], body).await;
        let long = format!(r#"{{"text":"{}"}}"#, "x".repeat(2001));
        for bad in [r#"{"text":" \n "}"#, &long, r#"{"text":"\u0007"}"#] {
            assert_eq!(send(bad).await.problem(), (422, "invalid_input", vec!["/text"]), "{bad}");
        }
        let done = send(r#"{"text":"Called.\nWill wait."}"#).await;
        assert_eq!((done.status.as_u16(), client.last().what.as_str()), (201, "note Called.\nWill wait."));
    }
}
