use axum::extract::State;
use axum::response::Response;
use contracts::ledger::Location;
use http_kit::{Api, Json, Problems, private};
use serde::Serialize;

use super::access::{ReadStock, Staff};
use super::{Handles, StaffProblems};

/// The locations of a store.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(super) struct Locations {
    /// By priority, then by name. A store has at most 1,000 of them.
    items: Vec<Location>,
}

/// List locations
///
/// Those that orders are served from first come first. Needs the scope `stock` or `read_only`.
#[utoipa::path(
    get,
    path = "/admin/locations",
    tag = "stock",
    security(("api_key" = [])),
    responses((status = 200, description = "All of them.", body = Locations), StaffProblems, Problems)
)]
pub(super) async fn location_list(State(handles): State<Handles>, staff: Staff<ReadStock>) -> Api<Response> {
    let items = handles.inventory.locations(staff.store()).await?;
    Ok(private(Json(Locations { items })))
}

#[cfg(test)]
mod tests {
    use contracts::identity::Scope;

    use crate::api::probe::Client;

    #[tokio::test]
    async fn locations_are_listed() {
        let list = Client::new().as_staff(Scope::ReadOnly, "GET /admin/locations", &[], "").await;
        assert_eq!((list.status.as_u16(), &list.body["items"][0]["location"]), (200, &"main".into()));
    }
}
