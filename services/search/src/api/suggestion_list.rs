use std::sync::Arc;

use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use contracts::search::{Search as _, Suggestions};
use http::HeaderValue;
use http::header::CACHE_CONTROL;
use http_kit::{Api, Caller, Json, ProblemDocument, Problems, Query};
use serde::Deserialize;
use utoipa::IntoParams;

use super::FRESH;
use crate::SearchService;

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct SuggestQuery {
    /// What was typed so far; at most 200 characters and 12 words.
    #[param(nullable = false, max_length = 200)]
    q: Option<String>,
    /// ISO 4217; the currency of the first market when absent.
    #[param(nullable = false, example = "EUR")]
    currency: Option<String>,
    /// Language tag; the language of the first market when absent.
    #[param(nullable = false, example = "en")]
    locale: Option<String>,
}

/// Suggest while typing
///
/// Queries that what was typed may become, and products that match it already. Nothing for nothing.
#[utoipa::path(
    get,
    path = "/search/suggest",
    tag = "shop",
    params(SuggestQuery),
    responses(
        (status = 200, description = "Suggestions, most promising first.", body = Suggestions),
        (status = 503, description = "The search of this shop is being made for the first time.", body = ProblemDocument, content_type = "application/problem+json"),
        Problems,
    )
)]
pub(crate) async fn suggestion_list(
    State(search): State<Arc<SearchService>>,
    caller: Caller,
    Query(query): Query<SuggestQuery>,
) -> Api<Response> {
    let view = search.view(caller.store, query.currency.as_deref(), query.locale)?;
    let suggestions = search.suggest(caller.store, query.q.as_deref().unwrap_or(""), &view)?;
    let mut response = Json(suggestions).into_response();
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static(FRESH));
    Ok(response)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::api::probe::{Client, product, shoe};

    #[tokio::test]
    async fn what_was_typed_is_completed() {
        let laces = product("laces", json!({ "title": { "en": "Flat laces", "de": "Flache Schnürsenkel" } }));
        let client = Client::with(vec![
            shoe("court", "Harbour Court Sneaker", 1),
            shoe("run", "Harbour Running Shoe", 1),
            laces,
        ])
        .await;
        let of = async |query: &str| client.send(&format!("GET /search/suggest?q={query}"), None, "").await;
        let answer = of("har").await;
        assert_eq!(answer.body["completions"], json!(["harbour"]));
        assert_eq!(answer.body["products"].as_array().unwrap().len(), 2);
        assert_eq!(of("harbour+s").await.body["completions"], json!(["harbour shoe", "harbour sneaker"]));
        assert_eq!(of("harbour+f").await.body["completions"], json!([]), "nothing has both");
        assert_eq!(of("sneke").await.body["completions"], json!(["sneaker"]));
        assert_eq!(of("schn&locale=de").await.body["completions"], json!(["schnürsenkel"]));
        for nothing in ["", "%21", "xyzzy"] {
            let answer = of(nothing).await;
            assert_eq!((answer.status.as_u16(), answer.body), (200, json!({ "completions": [], "products": [] })));
        }
        assert_eq!(of(&"a".repeat(201)).await.status, 422);
        assert_eq!(of("a&limit=3").await.codes(), ["unknown_parameter"]);
    }
}
