use axum::extract::State;
use axum::response::Response;
use contracts::ledger::{SetThreshold, StockItem};
use http_kit::{Api, Json, Path, ProblemDocument, Problems, private};
use kernel::Sku;

use super::access::{ChangeStock, Staff};
use super::check::Faults;
use super::stock_put::MAX_UNITS;
use super::{BodyProblems, Handles, StaffProblems};

/// Say when stock is low
///
/// At or below the threshold the level is listed as low, and `stock.low` is told once when it gets there. Needs the
/// scope `stock`.
#[utoipa::path(
    put,
    path = "/admin/stock/{sku}/threshold",
    tag = "stock",
    security(("api_key" = [])),
    params(("sku" = Sku, Path, description = "The SKU.")),
    request_body = SetThreshold,
    responses(
        (status = 200, description = "The level as it is now.", body = StockItem),
        (status = 404, description = "The SKU was never stocked there.", body = ProblemDocument, content_type = "application/problem+json"),
        StaffProblems,
        BodyProblems,
        Problems,
    )
)]
pub(super) async fn stock_threshold_put(
    State(handles): State<Handles>,
    staff: Staff<ChangeStock>,
    Path(sku): Path<Sku>,
    Json(request): Json<SetThreshold>,
) -> Api<Response> {
    let mut faults = Faults::default();
    faults.line_of_text("/location", &request.location, 1, 64);
    faults.range("/threshold", request.threshold.unwrap_or(0), 0, MAX_UNITS);
    faults.done()?;
    Ok(private(Json(handles.inventory.set_threshold(staff.store(), &sku, request, staff.actor()).await?)))
}

#[cfg(test)]
mod tests {
    use contracts::identity::Scope;

    use crate::api::probe::Client;

    #[tokio::test]
    async fn a_threshold_is_within_range() {
        let client = Client::new();
        let put = async |body: &str| client.as_staff(Scope::Stock, "PUT /admin/stock/A/threshold", &[], body).await;
        assert_eq!(put(r#"{"threshold":3}"#).await.body["threshold"], 3);
        assert_eq!(put(r#"{"threshold":null}"#).await.status, 200);
        assert_eq!(put(r#"{"threshold":-1}"#).await.problem(), (422, "invalid_input", vec!["/threshold"]));
    }
}
