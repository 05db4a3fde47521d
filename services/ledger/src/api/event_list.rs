use axum::extract::State;
use axum::response::Response;
use contracts::event::Event;
use http_kit::{Api, Json, ProblemDocument, Problems, Query, private};
use kernel::{Page, PageRequest};
use serde::Deserialize;

use super::access::{ReadBooks, Staff};
use super::check::Faults;
use super::{Handles, StaffProblems};

#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct EventListQuery {
    /// Only events behind this position; from the beginning when left out.
    after: Option<u64>,
    /// How many; 24 when left out.
    #[param(minimum = 1, maximum = 100)]
    limit: Option<u32>,
}

/// Follow the events
///
/// In the order in which they happened, each with its position. `next_cursor` is the position to pass as `after`; null
/// when there was nothing newer, so a follower asks again with the last one it got. Needs the scope `admin` or
/// `read_only`.
#[utoipa::path(
    get,
    path = "/admin/events",
    tag = "books",
    security(("api_key" = [])),
    params(EventListQuery),
    responses(
        (status = 200, description = "Events behind `after`.", body = Page<Event>),
        (status = 422, description = "A parameter is unknown or out of range.", body = ProblemDocument, content_type = "application/problem+json"),
        StaffProblems,
        Problems,
    )
)]
pub(super) async fn event_list(
    State(handles): State<Handles>,
    staff: Staff<ReadBooks>,
    Query(query): Query<EventListQuery>,
) -> Api<Response> {
    let limit = PageRequest::new(query.limit, None)?.limit;
    let after = query.after.unwrap_or(0);
    let mut faults = Faults::default();
    if i64::try_from(after).is_err() {
        faults.add("/after", "out_of_range", "No position is so large.");
    }
    faults.done()?;
    let items = handles.books.events(staff.store(), after, limit).await?;
    let next_cursor = items.last().map(|event| event.position.to_string());
    Ok(private(Json(Page { items, next_cursor })))
}

#[cfg(test)]
mod tests {
    use contracts::identity::Scope;
    use serde_json::json;

    use crate::api::probe::Client;

    #[tokio::test]
    async fn the_feed_is_followed_to_its_end() {
        let client = Client::new();
        let get =
            async |query: &str| client.as_staff(Scope::ReadOnly, &format!("GET /admin/events{query}"), &[], "").await;
        let (mut after, mut seen) = ("0".to_owned(), Vec::new());
        loop {
            let page = get(&format!("?after={after}&limit=2")).await;
            assert_eq!(page.headers["cache-control"], "private, no-store");
            seen.extend(page.body["items"].as_array().unwrap().iter().map(|event| event["position"].clone()));
            match page.body["next_cursor"].as_str() {
                Some(next) => after = next.to_owned(),
                None => break,
            }
        }
        assert_eq!((seen, after.as_str()), (vec![json!(1), json!(4), json!(9)], "9"));
        assert_eq!(get("").await.body["items"].as_array().unwrap().len(), 3);
        for (query, pointer) in [
            ("?limit=101", "/limit"),
            ("?after=-1", "/after"),
            ("?after=x", "/after"),
            ("?after=18446744073709551615", "/after"),
            ("?cursor=1", "/cursor"),
        ] {
            assert_eq!(get(query).await.problem(), (422, "invalid_input", vec![pointer]), "{query}");
        }
        assert_eq!(client.as_staff(Scope::Orders, "GET /admin/events", &[], "").await.status, 403);
    }
}
