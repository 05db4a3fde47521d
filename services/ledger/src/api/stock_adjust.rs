use axum::extract::State;
use axum::response::Response;
use contracts::ledger::{AdjustStock, StockView};
use http_kit::{Api, IdempotencyKey, Json, ProblemDocument, Problems, stored};

use super::access::{ChangeStock, Staff};
use super::check::Faults;
use super::stock_put::MAX_UNITS;
use super::{BodyProblems, Handles, IdempotencyHeader, StaffProblems};

/// Adjust stock
///
/// Adds or takes away units, with the reason. Needs the scope `stock`.
#[utoipa::path(
    post,
    path = "/admin/stock/adjustments",
    tag = "stock",
    security(("api_key" = [])),
    params(IdempotencyHeader),
    request_body = AdjustStock,
    responses(
        (status = 201, description = "The level as it is now.", body = StockView, headers(
            ("Idempotent-Replayed" = String, description = "`true` when this is the answer to an earlier request with this key."),
        )),
        (status = 409, description = "Less would be there than is owed to orders; or `request_in_progress` with Retry-After.", body = ProblemDocument, content_type = "application/problem+json"),
        StaffProblems,
        BodyProblems,
        Problems,
    )
)]
pub(super) async fn stock_adjust(
    State(handles): State<Handles>,
    staff: Staff<ChangeStock>,
    key: IdempotencyKey,
    Json(request): Json<AdjustStock>,
) -> Api<Response> {
    let mut faults = Faults::default();
    faults.line_of_text("/location", &request.location, 1, 64);
    match request.delta {
        0 => faults.add("/delta", "out_of_range", "An adjustment by 0 is none."),
        delta => faults.range("/delta", delta, -MAX_UNITS, MAX_UNITS),
    }
    faults.prose("/reason", &request.reason, 1, 200);
    faults.done()?;
    let idempotency = staff.idempotency("/admin/stock/adjustments", &key, &request);
    Ok(stored(handles.stock.adjust(staff.store(), request, idempotency, staff.actor()).await?))
}

#[cfg(test)]
mod tests {
    use contracts::identity::Scope;

    use crate::api::probe::{Client, KEY};

    #[tokio::test]
    async fn an_adjustment_has_a_reason_and_takes_effect_once() {
        let client = Client::new();
        let send =
            async |body: &str| client.as_staff(Scope::Stock, "POST /admin/stock/adjustments", &[KEY], body).await;
        for (body, pointers) in [
            (r#"{"sku":"A","location":"","delta":0,"reason":" "}"#, vec!["/location", "/delta", "/reason"]),
            (r#"{"sku":"A","delta":-1000000001,"reason":"x"}"#, vec!["/delta"]),
            (r#"{"sku":"A","delta":9223372036854775808,"reason":"x"}"#, vec!["/delta"]),
            (r#"{"sku":" A","delta":1,"reason":"x"}"#, vec!["/sku"]),
        ] {
            assert_eq!(send(body).await.problem(), (422, "invalid_input", pointers), "{body}");
        }
        assert!(client.calls().is_empty());
        let body = r#"{"sku":"A","delta":-2,"reason":"broken"}"#;
        let first = send(body).await;
        assert_eq!((first.status.as_u16(), client.last().what.as_str()), (201, "adjust A main -2 broken"));
        let again = send(body).await;
        assert_eq!((again.text, again.headers["idempotent-replayed"].to_str().unwrap()), (first.text, "true"));
        let keyless = client.as_staff(Scope::Stock, "POST /admin/stock/adjustments", &[], body).await;
        assert_eq!(keyless.problem(), (400, "idempotency_key_required", vec![]));
    }
}
