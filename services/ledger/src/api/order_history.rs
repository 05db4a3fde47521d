use axum::extract::State;
use axum::response::Response;
use contracts::ledger::HistoryEntry;
use http_kit::{Api, Json, Path, ProblemDocument, Problems, Query, private};
use kernel::{Cursor, OrderId, Page, PageRequest};
use serde::Deserialize;

use super::access::{ReadOrders, Staff};
use super::{Handles, StaffProblems};

#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct OrderHistoryQuery {
    /// 1 to 100, 24 when absent.
    #[param(nullable = false, minimum = 1, maximum = 100)]
    limit: Option<u32>,
    /// `next_cursor` of the page before.
    #[param(nullable = false)]
    cursor: Option<String>,
}

/// Read an order's story
///
/// Its events, every movement of stock and of money, what staff did and wrote, and why; oldest first. What belongs together
/// has the same time. Needs the scope `orders` or `read_only`.
#[utoipa::path(
    get,
    path = "/admin/orders/{id}/history",
    tag = "orders",
    security(("api_key" = [])),
    params(("id" = OrderId, Path, description = "Id of the order."), OrderHistoryQuery),
    responses(
        (status = 200, description = "A page of the story, in order of time.", body = Page<HistoryEntry>),
        (status = 404, description = "No such order.", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 422, description = "A parameter is unknown or out of range.", body = ProblemDocument, content_type = "application/problem+json"),
        StaffProblems,
        Problems,
    )
)]
pub(super) async fn order_history(
    State(handles): State<Handles>,
    staff: Staff<ReadOrders>,
    Path(id): Path<OrderId>,
    Query(query): Query<OrderHistoryQuery>,
) -> Api<Response> {
    let request = PageRequest::new(query.limit, query.cursor)?;
    let told = request.cursor.as_deref().map(|cursor| Cursor::decode(cursor, 1)).transpose()?;
    // A story only grows at its end, so that what was told is a number.
    let told: usize = told.and_then(|parts| parts[0].parse().ok()).unwrap_or(0);
    let story = handles.history.history(staff.store(), id).await?;
    let until = told.saturating_add(request.limit as usize);
    let next_cursor = (until < story.len()).then(|| Cursor::encode(&[&until.to_string()]).as_str().to_owned());
    let items: Vec<HistoryEntry> = story.into_iter().skip(told).take(request.limit as usize).collect();
    Ok(private(Json(Page { items, next_cursor })))
}

#[cfg(test)]
mod tests {
    use contracts::identity::Scope;
    use serde_json::json;

    use crate::api::probe::{Client, ORDER, UNKNOWN};

    #[tokio::test]
    async fn a_story_is_read_in_pages() {
        let client = Client::new();
        let path = format!("GET /admin/orders/{ORDER}/history");
        let get = async |query: &str| client.as_staff(Scope::ReadOnly, &format!("{path}{query}"), &[], "").await;
        let whole = get("").await;
        assert_eq!(whole.headers["cache-control"], "private, no-store");
        let names = |body: &serde_json::Value| -> Vec<String> {
            let items = body["items"].as_array().unwrap().iter();
            items.map(|item| item["name"].as_str().unwrap().to_owned()).collect()
        };
        assert_eq!(names(&whole.body), ["order.created", "hold", "order.note"]);
        assert_eq!(whole.body["items"][1]["moved"]["held"], json!(2));
        let first = get("?limit=2").await;
        assert_eq!(names(&first.body), ["order.created", "hold"]);
        let rest = get(&format!("?limit=2&cursor={}", first.body["next_cursor"].as_str().unwrap())).await;
        assert_eq!((names(&rest.body), &rest.body["next_cursor"]), (vec!["order.note".to_owned()], &json!(null)));
        assert_eq!(get("?limit=0").await.status, 422);
        assert_eq!(get("?cursor=zz").await.status, 422);
        let missing = client.as_staff(Scope::Orders, &format!("GET /admin/orders/{UNKNOWN}/history"), &[], "").await;
        assert_eq!(missing.problem(), (404, "not_found", vec![]));
        let foreign = client.as_staff_elsewhere(Scope::Admin, &path).await;
        assert_eq!(foreign.status, 404, "another store's key opens nothing here");
    }
}
