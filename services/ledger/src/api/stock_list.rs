use axum::extract::State;
use axum::response::Response;
use contracts::ledger::{StockFilter, StockItem};
use http_kit::{Api, Json, ProblemDocument, Problems, Query, private};
use kernel::{Page, PageRequest};
use serde::Deserialize;

use super::access::{ReadStock, Staff};
use super::check::Faults;
use super::{Handles, StaffProblems};

#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct StockListQuery {
    /// Only at this location.
    location: Option<String>,
    /// Only levels at or below their threshold.
    low: Option<bool>,
    /// Only SKUs that contain this text, whatever its case.
    q: Option<String>,
    /// How many; 24 when left out.
    #[param(minimum = 1, maximum = 100)]
    limit: Option<u32>,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
}

/// List stock
///
/// By SKU, then by location. Needs the scope `stock` or `read_only`.
#[utoipa::path(
    get,
    path = "/admin/stock",
    tag = "stock",
    security(("api_key" = [])),
    params(StockListQuery),
    responses(
        (status = 200, description = "A page of levels.", body = Page<StockItem>),
        (status = 422, description = "A parameter is unknown or out of range, or the cursor is not of this list.", body = ProblemDocument, content_type = "application/problem+json"),
        StaffProblems,
        Problems,
    )
)]
pub(super) async fn stock_list(
    State(handles): State<Handles>,
    staff: Staff<ReadStock>,
    Query(query): Query<StockListQuery>,
) -> Api<Response> {
    let page = PageRequest::new(query.limit, query.cursor)?;
    let mut faults = Faults::default();
    faults.line_of_text("/location", query.location.as_deref().unwrap_or_default(), 0, 64);
    faults.line_of_text("/q", query.q.as_deref().unwrap_or_default(), 0, 64);
    faults.done()?;
    let filter = StockFilter { location: query.location, low: query.low.unwrap_or(false), q: query.q };
    Ok(private(Json(handles.inventory.stock(staff.store(), filter, page).await?)))
}

#[cfg(test)]
mod tests {
    use contracts::identity::Scope;

    use crate::api::probe::Client;

    #[tokio::test]
    async fn stock_is_listed_and_filtered() {
        let client = Client::new();
        let list =
            async |query: &str| client.as_staff(Scope::ReadOnly, &format!("GET /admin/stock{query}"), &[], "").await;
        let all = list("").await;
        assert_eq!((all.status.as_u16(), &all.body["items"][0]["sku"]), (200, &"RUN-42/EU".into()));
        assert_eq!(list("?location=north&low=true&q=run&limit=5").await.body["items"].as_array().unwrap().len(), 0);
        for (query, pointer) in [("?limit=0", "/limit"), ("?low=maybe", "/low"), ("?where=x", "/where")] {
            assert_eq!(list(query).await.problem(), (422, "invalid_input", vec![pointer]), "{query}");
        }
    }
}
