use axum::extract::State;
use axum::response::Response;
use contracts::ledger::{CountReport, CountRequest};
use http_kit::{Api, IdempotencyKey, Json, ProblemDocument, Problems, stored};

use super::access::{ChangeStock, Staff};
use super::check::Faults;
use super::stock_put::MAX_UNITS;
use super::{BodyProblems, Handles, IdempotencyHeader, StaffProblems};

/// Take stock of a location
///
/// Books many counts at once, or none of them, and reports how they differ from the books. Needs the scope `stock`.
#[utoipa::path(
    post,
    path = "/admin/stock-counts",
    tag = "stock",
    security(("api_key" = [])),
    params(IdempotencyHeader),
    request_body = CountRequest,
    responses(
        (status = 201, description = "What was found.", body = CountReport, headers(
            ("Idempotent-Replayed" = String, description = "`true` when this is the answer to an earlier request with this key."),
        )),
        (status = 409, description = "`stock_owed`: of some SKUs more is owed to orders than was counted; or `request_in_progress` with Retry-After.", body = ProblemDocument, content_type = "application/problem+json"),
        StaffProblems,
        BodyProblems,
        Problems,
    )
)]
pub(super) async fn stock_count(
    State(handles): State<Handles>,
    staff: Staff<ChangeStock>,
    key: IdempotencyKey,
    Json(request): Json<CountRequest>,
) -> Api<Response> {
    let mut faults = Faults::default();
    faults.line_of_text("/location", &request.location, 1, 64);
    faults.prose("/reason", &request.reason, 1, 200);
    for (i, line) in request.lines.iter().enumerate() {
        faults.range(&format!("/lines/{i}/on_hand"), line.on_hand, 0, MAX_UNITS);
    }
    faults.done()?;
    let idempotency = staff.idempotency("/admin/stock-counts", &key, &request);
    Ok(stored(handles.inventory.count(staff.store(), request, idempotency, staff.actor()).await?))
}

#[cfg(test)]
mod tests {
    use contracts::identity::Scope;

    use crate::api::probe::{Client, KEY};

    #[tokio::test]
    async fn a_stock_take_has_a_reason_and_takes_effect_once() {
        let client = Client::new();
        let send = async |body: &str| client.as_staff(Scope::Stock, "POST /admin/stock-counts", &[KEY], body).await;
        let bad = send(r#"{"lines":[{"sku":"A","on_hand":-1}],"reason":""}"#).await;
        assert_eq!(bad.problem(), (422, "invalid_input", vec!["/reason", "/lines/0/on_hand"]));
        let body = r#"{"lines":[{"sku":"A","on_hand":1}],"reason":"yearly"}"#;
        assert_eq!((send(body).await.status.as_u16(), client.last().what.as_str()), (201, "count 1 at main: yearly"));
        assert_eq!(send(body).await.headers["idempotent-replayed"], "true");
    }
}
