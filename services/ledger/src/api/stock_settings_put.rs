use axum::extract::State;
use axum::response::Response;
use contracts::ledger::StockSettings;
use http_kit::{Api, Json, Problems, private};

use super::access::{ChangeStock, Staff};
use super::check::Faults;
use super::stock_put::MAX_UNITS;
use super::{BodyProblems, Handles, StaffProblems};

/// Change the settings of stock
///
/// Needs the scope `stock`.
#[utoipa::path(
    put,
    path = "/admin/stock-settings",
    tag = "stock",
    security(("api_key" = [])),
    request_body = StockSettings,
    responses(
        (status = 200, description = "The settings as they are now.", body = StockSettings),
        StaffProblems,
        BodyProblems,
        Problems,
    )
)]
pub(super) async fn stock_settings_put(
    State(handles): State<Handles>,
    staff: Staff<ChangeStock>,
    Json(settings): Json<StockSettings>,
) -> Api<Response> {
    let mut faults = Faults::default();
    faults.range("/low_stock_threshold", settings.low_stock_threshold.unwrap_or(0), 0, MAX_UNITS);
    faults.done()?;
    Ok(private(Json(handles.inventory.put_settings(staff.store(), settings, staff.actor()).await?)))
}

#[cfg(test)]
mod tests {
    use contracts::identity::Scope;

    use crate::api::probe::Client;

    #[tokio::test]
    async fn the_settings_are_read_and_changed() {
        let client = Client::new();
        let put = async |body: &str| client.as_staff(Scope::Stock, "PUT /admin/stock-settings", &[], body).await;
        assert_eq!(put(r#"{"low_stock_threshold":4}"#).await.body["low_stock_threshold"], 4);
        let pointer = vec!["/low_stock_threshold"];
        assert_eq!(put(r#"{"low_stock_threshold":-4}"#).await.problem(), (422, "invalid_input", pointer));
        let read = client.as_staff(Scope::ReadOnly, "GET /admin/stock-settings", &[], "").await;
        assert_eq!((read.status.as_u16(), read.body["low_stock_threshold"].is_null()), (200, true));
    }
}
