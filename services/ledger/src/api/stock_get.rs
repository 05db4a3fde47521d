use axum::extract::State;
use axum::response::Response;
use contracts::ledger::StockView;
use http_kit::{Api, Json, Path, ProblemDocument, Problems, private};
use kernel::{Failure, Sku};
use serde::Serialize;

use super::access::{ReadStock, Staff};
use super::{Handles, StaffProblems};

/// The stock of a SKU at every location.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(super) struct StockLevels {
    sku: Sku,
    levels: Vec<StockView>,
    /// What can be sold, over all locations.
    available: i64,
}

/// Read the stock of a SKU
///
/// A SKU with a `/` is written with `%2F`. Needs the scope `stock` or `read_only`.
#[utoipa::path(
    get,
    path = "/admin/stock/{sku}",
    tag = "stock",
    security(("api_key" = [])),
    params(("sku" = Sku, Path, description = "The SKU.")),
    responses(
        (status = 200, description = "Its levels, by location.", body = StockLevels),
        (status = 404, description = "The SKU was never stocked.", body = ProblemDocument, content_type = "application/problem+json"),
        StaffProblems,
        Problems,
    )
)]
pub(super) async fn stock_get(
    State(handles): State<Handles>,
    staff: Staff<ReadStock>,
    Path(sku): Path<Sku>,
) -> Api<Response> {
    let levels = handles.stock.levels(staff.store(), &sku).await?;
    if levels.is_empty() {
        return Err(Failure::not_found("SKU in stock").into());
    }
    let available = levels.iter().fold(0_i64, |sum, level| sum.saturating_add(level.available));
    Ok(private(Json(StockLevels { sku, levels, available })))
}

#[cfg(test)]
mod tests {
    use contracts::identity::Scope;
    use serde_json::json;

    use crate::api::probe::Client;

    #[tokio::test]
    async fn stock_is_listed_by_location_and_summed() {
        let client = Client::new();
        let get = async |sku: &str| client.as_staff(Scope::ReadOnly, &format!("GET /admin/stock/{sku}"), &[], "").await;
        let stock = get("RUN-42%2FEU").await;
        assert_eq!((stock.status.as_u16(), &stock.body["sku"]), (200, &json!("RUN-42/EU")));
        assert_eq!((&stock.body["available"], &stock.body["levels"][1]["location"]), (&json!(12), &json!("north")));
        for (path, status) in [("NONE", 404), ("%20padded", 404), (&"x".repeat(65), 404), ("%FF", 400)] {
            assert_eq!(get(path).await.status, status, "{path}");
        }
    }
}
