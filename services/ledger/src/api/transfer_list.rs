use axum::extract::State;
use axum::response::Response;
use contracts::ledger::TransferView;
use http_kit::{Api, Json, ProblemDocument, Problems, Query, private};
use kernel::{Page, PageRequest};
use serde::Deserialize;

use super::access::{ReadStock, Staff};
use super::{Handles, StaffProblems};

#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct TransferListQuery {
    /// How many; 24 when left out.
    #[param(minimum = 1, maximum = 100)]
    limit: Option<u32>,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
}

/// List transfers
///
/// Latest first. Needs the scope `stock` or `read_only`.
#[utoipa::path(
    get,
    path = "/admin/transfers",
    tag = "stock",
    security(("api_key" = [])),
    params(TransferListQuery),
    responses(
        (status = 200, description = "A page of transfers.", body = Page<TransferView>),
        (status = 422, description = "A parameter is unknown or out of range, or the cursor is not of this list.", body = ProblemDocument, content_type = "application/problem+json"),
        StaffProblems,
        Problems,
    )
)]
pub(super) async fn transfer_list(
    State(handles): State<Handles>,
    staff: Staff<ReadStock>,
    Query(query): Query<TransferListQuery>,
) -> Api<Response> {
    let page = PageRequest::new(query.limit, query.cursor)?;
    Ok(private(Json(handles.inventory.transfers(staff.store(), page).await?)))
}

#[cfg(test)]
mod tests {
    use contracts::identity::Scope;

    use crate::api::probe::Client;

    #[tokio::test]
    async fn transfers_are_listed() {
        let client = Client::new();
        let list = client.as_staff(Scope::ReadOnly, "GET /admin/transfers?limit=2", &[], "").await;
        assert_eq!((list.status.as_u16(), list.body["items"].as_array().unwrap().len()), (200, 0));
        let bad = client.as_staff(Scope::ReadOnly, "GET /admin/transfers?limit=0", &[], "").await;
        assert_eq!(bad.problem(), (422, "invalid_input", vec!["/limit"]));
    }
}
