use axum::extract::State;
use axum::response::Response;
use contracts::ledger::{SetStock, StockView};
use http_kit::{Api, Json, Path, ProblemDocument, Problems, private};
use kernel::Sku;

use super::access::{ChangeStock, Staff};
use super::check::Faults;
use super::{BodyProblems, Handles, StaffProblems};

/// Most units of one SKU at one location.
pub(super) const MAX_UNITS: i64 = 1_000_000_000;

/// Count a SKU
///
/// Sets the units that are there at a location, held and committed ones included. Needs the scope `stock`.
#[utoipa::path(
    put,
    path = "/admin/stock/{sku}",
    tag = "stock",
    security(("api_key" = [])),
    params(("sku" = Sku, Path, description = "The SKU.")),
    request_body = SetStock,
    responses(
        (status = 200, description = "The level as it is now.", body = StockView),
        (status = 404, description = "This cannot be a SKU.", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 409, description = "`stock_owed`: more is owed to orders than was counted.", body = ProblemDocument, content_type = "application/problem+json"),
        StaffProblems,
        BodyProblems,
        Problems,
    )
)]
pub(super) async fn stock_put(
    State(handles): State<Handles>,
    staff: Staff<ChangeStock>,
    Path(sku): Path<Sku>,
    Json(request): Json<SetStock>,
) -> Api<Response> {
    let mut faults = Faults::default();
    faults.line_of_text("/location", &request.location, 1, 64);
    faults.range("/on_hand", request.on_hand, 0, MAX_UNITS);
    faults.done()?;
    Ok(private(Json(handles.stock.set(staff.store(), &sku, request, staff.actor()).await?)))
}

#[cfg(test)]
mod tests {
    use contracts::identity::Scope;
    use serde_json::json;

    use crate::api::probe::Client;

    #[tokio::test]
    async fn a_count_is_within_range() {
        let client = Client::new();
        let put = async |body: &str| client.as_staff(Scope::Stock, "PUT /admin/stock/RUN-42%2FEU", &[], body).await;
        let set = put(r#"{"on_hand":40}"#).await;
        assert_eq!(
            (set.status.as_u16(), &set.body["location"], &set.body["on_hand"]),
            (200, &json!("main"), &json!(40))
        );
        assert!(client.last().actor.starts_with("key:"));
        for (body, pointers) in [
            (r#"{"location":"","on_hand":-1}"#, vec!["/location", "/on_hand"]),
            (r#"{"on_hand":1000000001}"#, vec!["/on_hand"]),
            (r#"{"on_hand":1.0}"#, vec!["/on_hand"]),
            (r#"{"on_hand":"7"}"#, vec!["/on_hand"]),
            (r#"{"on_hand":7,"held":0}"#, vec!["/held"]),
        ] {
            assert_eq!(put(body).await.problem(), (422, "invalid_input", pointers), "{body}");
        }
        assert_eq!(client.calls().len(), 1);
        let reader = client.as_staff(Scope::ReadOnly, "PUT /admin/stock/X", &[], r#"{"on_hand":1}"#).await;
        assert_eq!(reader.problem(), (403, "missing_scope", vec![]));
    }
}
