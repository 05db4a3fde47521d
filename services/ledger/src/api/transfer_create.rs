use axum::extract::State;
use axum::response::Response;
use contracts::ledger::{TransferRequest, TransferView};
use http_kit::{Api, IdempotencyKey, Json, ProblemDocument, Problems, stored};

use super::access::{ChangeStock, Staff};
use super::check::Faults;
use super::stock_put::MAX_UNITS;
use super::{BodyProblems, Handles, IdempotencyHeader, StaffProblems};

/// Transfer goods
///
/// From one location to another: at once, or `in_transit`, when they wait to be received. Needs the scope `stock`.
#[utoipa::path(
    post,
    path = "/admin/transfers",
    tag = "stock",
    security(("api_key" = [])),
    params(IdempotencyHeader),
    request_body = TransferRequest,
    responses(
        (status = 201, description = "The transfer.", body = TransferView, headers(
            ("Idempotent-Replayed" = String, description = "`true` when this is the answer to an earlier request with this key."),
        )),
        (status = 409, description = "`insufficient_stock`: less is available there; or `request_in_progress` with Retry-After.", body = ProblemDocument, content_type = "application/problem+json"),
        StaffProblems,
        BodyProblems,
        Problems,
    )
)]
pub(super) async fn transfer_create(
    State(handles): State<Handles>,
    staff: Staff<ChangeStock>,
    key: IdempotencyKey,
    Json(request): Json<TransferRequest>,
) -> Api<Response> {
    let mut faults = Faults::default();
    faults.line_of_text("/from", &request.from, 1, 64);
    faults.line_of_text("/to", &request.to, 1, 64);
    faults.prose("/reason", &request.reason, 0, 200);
    for (i, line) in request.lines.iter().enumerate() {
        faults.range(&format!("/lines/{i}/quantity"), line.quantity, 1, MAX_UNITS);
    }
    faults.done()?;
    let idempotency = staff.idempotency("/admin/transfers", &key, &request);
    Ok(stored(handles.inventory.transfer(staff.store(), request, idempotency, staff.actor()).await?))
}

#[cfg(test)]
mod tests {
    use contracts::identity::Scope;

    use crate::api::probe::{Client, KEY};

    #[tokio::test]
    async fn a_transfer_has_two_ends_and_takes_effect_once() {
        let client = Client::new();
        let send = async |body: &str| client.as_staff(Scope::Stock, "POST /admin/transfers", &[KEY], body).await;
        let bad = send(r#"{"from":"","to":"b","lines":[{"sku":"A","quantity":0}]}"#).await;
        assert_eq!(bad.problem(), (422, "invalid_input", vec!["/from", "/lines/0/quantity"]));
        let body = r#"{"from":"a","to":"b","lines":[{"sku":"A","quantity":2}],"in_transit":true}"#;
        assert_eq!((send(body).await.status.as_u16(), client.last().what.as_str()), (201, "transfer 1 a b true"));
        assert_eq!(send(body).await.headers["idempotent-replayed"], "true");
    }
}
