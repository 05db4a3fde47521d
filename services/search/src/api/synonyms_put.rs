use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use contracts::identity::Scope;
use contracts::search::{SearchOffice as _, Synonyms};
use http::HeaderMap;
use http::header::IF_MATCH;
use http_kit::{Api, Caller, Json, ProblemDocument, Problems, Query, if_match};
use serde::Deserialize;
use utoipa::ToSchema;

use super::synonyms_get::{LocaleQuery, answer};
use crate::SearchService;

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SynonymsBody {
    /// At most 500 groups of 2 to 20 words or short phrases that mean the same.
    groups: Vec<Vec<String>>,
    /// As read; ignored. What counts is the parameter.
    #[serde(default, rename = "locale")]
    _locale: Option<String>,
    /// As read; ignored. What counts is If-Match.
    #[serde(default, rename = "version")]
    _version: Option<u64>,
}

/// Replace synonyms
///
/// All groups of one language at once. The first ones need no If-Match; replacing them needs their ETag. Searches use
/// them at once.
#[utoipa::path(
    put,
    path = "/admin/search/synonyms",
    tag = "catalog",
    params(
        LocaleQuery,
        ("If-Match" = Option<String>, Header, description = "The ETag of the version to replace."),
    ),
    request_body = SynonymsBody,
    responses(
        (status = 200, description = "The groups as stored, with their version as ETag.", body = Synonyms),
        (status = 403, description = "The caller lacks the scope `catalog`.", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 412, description = "Somebody changed them in the meantime.", body = ProblemDocument, content_type = "application/problem+json"),
        Problems,
    )
)]
pub(crate) async fn synonyms_put(
    State(search): State<Arc<SearchService>>,
    caller: Caller,
    Query(query): Query<LocaleQuery>,
    headers: HeaderMap,
    Json(body): Json<SynonymsBody>,
) -> Api<Response> {
    caller.require(Scope::Catalog)?;
    let locale = query.locale.unwrap_or_else(|| search.parts.default_view.locale.clone());
    // Without If-Match only the first version can be written.
    let version = if headers.contains_key(IF_MATCH) { if_match(&headers)? } else { Some(0) };
    let synonyms = search.put_synonyms(caller.store, &locale, version, body.groups).await?;
    Ok(answer(&synonyms))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::api::probe::{Client, shoe};

    #[tokio::test]
    async fn synonyms_find_at_once_and_are_written_one_after_the_other() {
        let client = Client::with(vec![shoe("court", "Court Sneaker", 5_000), shoe("boot", "Rain Boot", 7_000)]).await;
        assert_eq!(client.found("trainers").await, Vec::<String>::new());
        let path = "/admin/search/synonyms?locale=en";
        let first = client.get_keyed(path).await;
        assert_eq!((first.status.as_u16(), &first.body["version"]), (200, &json!(0)));
        let groups = json!({ "groups": [["sneaker", "trainer"], ["gumboot", "rain boot"]] });
        let written = client.put(path, None, &groups).await;
        assert_eq!(written.status, 200, "{}", written.body);
        assert_eq!(written.headers["etag"], "\"v1\"");
        assert_eq!(client.found("trainers").await, ["court"]);
        assert_eq!(client.found("gumboots").await, ["boot"]);
        assert_eq!(client.found("rain boot").await, ["boot"]);

        assert_eq!(client.put(path, None, &groups).await.status, 412, "somebody else wrote first");
        let read = client.get_keyed(path).await;
        assert_eq!(read.body["groups"][0], json!(["sneaker", "trainer"]));
        assert_eq!(client.put(path, Some("\"v1\""), &json!({ "groups": [] })).await.body["version"], 2);
        assert_eq!(client.found("trainers").await, Vec::<String>::new());
    }

    #[tokio::test]
    async fn only_who_may_change_the_catalog_may_change_words() {
        let client = Client::with(Vec::new()).await;
        let anonymous = client.send("GET /admin/search/synonyms", None, "").await;
        assert_eq!(anonymous.status, 401);
        for (body, pointer) in [
            (json!({ "groups": [["alone"]] }), "/groups/0"),
            (json!({ "groups": [["a", "…"]] }), "/groups/0/1"),
            (json!({ "groups": [], "more": 1 }), "/more"),
        ] {
            let answer = client.put("/admin/search/synonyms", None, &body).await;
            assert_eq!((answer.status.as_u16(), answer.body["errors"][0]["pointer"].as_str()), (422, Some(pointer)));
        }
        let answer = client.put("/admin/search/synonyms?locale=../x", None, &json!({ "groups": [] })).await;
        assert_eq!(answer.status, 422);
    }
}
