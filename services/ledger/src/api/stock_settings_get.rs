use axum::extract::State;
use axum::response::Response;
use contracts::ledger::StockSettings;
use http_kit::{Api, Json, Problems, private};

use super::access::{ReadStock, Staff};
use super::{Handles, StaffProblems};

/// Read the settings of stock
///
/// Needs the scope `stock` or `read_only`.
#[utoipa::path(
    get,
    path = "/admin/stock-settings",
    tag = "stock",
    security(("api_key" = [])),
    responses((status = 200, description = "What holds for all stock.", body = StockSettings), StaffProblems, Problems)
)]
pub(super) async fn stock_settings_get(State(handles): State<Handles>, staff: Staff<ReadStock>) -> Api<Response> {
    Ok(private(Json(handles.inventory.settings(staff.store()).await?)))
}
