use axum::extract::State;
use axum::response::Response;
use contracts::identity::{ApiKeyView, Scope};
use http_kit::{Api, Caller, Json, ProblemDocument, Problems, Query, private};
use kernel::{Cursor, Page, PageRequest};
use serde::Deserialize;
use utoipa::IntoParams;

use super::SharedIdentity;

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct ListQuery {
    /// How many, 1 to 100; 24 when left out.
    #[param(minimum = 1, maximum = 100)]
    limit: Option<u32>,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
}

/// List API keys
///
/// Oldest first, revoked ones included; never the keys themselves.
#[utoipa::path(
    get,
    path = "/admin/api-keys",
    params(ListQuery),
    responses(
        (status = 200, description = "A page of keys.", body = Page<ApiKeyView>),
        (status = 403, description = "The caller lacks the scope `admin`.", body = ProblemDocument, content_type = "application/problem+json"),
        Problems,
    )
)]
pub(super) async fn api_key_list(
    State(identity): State<SharedIdentity>,
    caller: Caller,
    Query(query): Query<ListQuery>,
) -> Api<Response> {
    caller.require(Scope::Admin)?;
    let page = PageRequest::new(query.limit, query.cursor)?;
    let after =
        page.cursor.map(|cursor| Cursor::decode(&cursor, 1)).transpose()?.and_then(|parts| parts.into_iter().next());
    // A shop has tens of keys, so the page is cut here.
    let keys = identity.api_keys(caller.store).await?;
    let mut rest = keys.into_iter().filter(|key| after.as_ref().is_none_or(|after| key.id.to_string() > *after));
    let items: Vec<ApiKeyView> = rest.by_ref().take(page.limit as usize).collect();
    let more = rest.next().is_some();
    let next_cursor =
        items.last().filter(|_| more).map(|last| Cursor::encode(&[&last.id.to_string()]).as_str().to_owned());
    Ok(private(Json(Page { items, next_cursor })))
}
