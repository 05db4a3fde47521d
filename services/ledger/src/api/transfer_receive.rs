use axum::extract::State;
use axum::response::Response;
use contracts::ledger::{ReceiveTransfer, TransferView};
use http_kit::{Api, IdempotencyKey, Json, Path, ProblemDocument, Problems, stored};
use kernel::TransferId;

use super::access::{ChangeStock, Staff};
use super::check::Faults;
use super::stock_put::MAX_UNITS;
use super::{BodyProblems, Handles, IdempotencyHeader, StaffProblems};

/// Receive a transfer
///
/// Everything, or what `lines` say. With `close` nothing more is expected. Needs the scope `stock`.
#[utoipa::path(
    post,
    path = "/admin/transfers/{id}/receive",
    tag = "stock",
    security(("api_key" = [])),
    params(("id" = TransferId, Path, description = "The transfer."), IdempotencyHeader),
    request_body = Option<ReceiveTransfer>,
    responses(
        (status = 200, description = "The transfer as it is now.", body = TransferView, headers(
            ("Idempotent-Replayed" = String, description = "`true` when this is the answer to an earlier request with this key."),
        )),
        (status = 404, description = "No such transfer.", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 409, description = "`already_received`, or `request_in_progress` with Retry-After.", body = ProblemDocument, content_type = "application/problem+json"),
        StaffProblems,
        BodyProblems,
        Problems,
    )
)]
pub(super) async fn transfer_receive(
    State(handles): State<Handles>,
    staff: Staff<ChangeStock>,
    Path(id): Path<TransferId>,
    key: IdempotencyKey,
    request: Option<Json<ReceiveTransfer>>,
) -> Api<Response> {
    let request = request.map(|Json(request)| request).unwrap_or_default();
    let mut faults = Faults::default();
    for (i, line) in request.lines.iter().flatten().enumerate() {
        faults.range(&format!("/lines/{i}/quantity"), line.quantity, 1, MAX_UNITS);
    }
    faults.done()?;
    let idempotency = staff.idempotency("/admin/transfers/{id}/receive", &key, &(id, &request));
    Ok(stored(handles.inventory.receive_transfer(staff.store(), id, request, idempotency, staff.actor()).await?))
}

#[cfg(test)]
mod tests {
    use contracts::identity::Scope;

    use crate::api::probe::{Client, KEY, OTHER};

    #[tokio::test]
    async fn a_transfer_is_received_whole_or_in_part() {
        let client = Client::new();
        let receive = format!("POST /admin/transfers/{OTHER}/receive");
        assert_eq!(client.as_staff(Scope::Stock, &receive, &[KEY], "").await.status, 200);
        assert_eq!(client.last().what, format!("receive {OTHER} None false"));
        let body = r#"{"lines":[{"sku":"A","quantity":0}],"close":true}"#;
        let bad = client.as_staff(Scope::Stock, &receive, &[("idempotency-key", "k-2")], body).await;
        assert_eq!(bad.problem(), (422, "invalid_input", vec!["/lines/0/quantity"]));
    }
}
