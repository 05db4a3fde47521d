//! The reference page, made from the OpenAPI document of real handlers.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

use axum::body::Body;
use http::Request;
use http_body_util::BodyExt as _;
use http_kit::{Api, Json, Path, ProblemDocument, Problems, Query, docs_routes};
use serde::{Deserialize, Serialize};
use tower::ServiceExt as _;
use utoipa::{IntoParams, OpenApi, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

#[derive(Serialize, Deserialize, ToSchema)]
struct Part {
    /// What it is called, e.g. `<b>`.
    #[schema(max_length = 10)]
    name: String,
    #[schema(no_recursion)]
    next: Option<Box<Part>>,
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct Which {
    /// How many.
    limit: Option<u32>,
}

/// Change a part.
#[utoipa::path(put, path = "/parts/{id}", params(("id" = String, Path), Which), request_body = Part,
    responses((status = 200, body = Part), (status = 404, body = ProblemDocument), Problems))]
async fn part_put(Path(id): Path<String>, Query(which): Query<Which>, Json(part): Json<Part>) -> Api<Json<Part>> {
    let _ = (id, which.limit);
    Ok(Json(part))
}

#[derive(OpenApi)]
#[openapi(info(title = "Parts"), components(schemas(ProblemDocument)))]
struct Parts;

async fn fetch(router: &axum::Router, path: &str, etag: Option<&str>) -> (u16, http::HeaderMap, String) {
    let mut request = Request::get(path);
    if let Some(etag) = etag {
        request = request.header("if-none-match", etag);
    }
    let response = router.clone().oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
    let (parts, body) = response.into_parts();
    let body = body.collect().await.unwrap().to_bytes().to_vec();
    (parts.status.as_u16(), parts.headers, String::from_utf8(body).unwrap())
}

#[tokio::test]
async fn the_reference_shows_what_the_handlers_say() {
    let (_, api) = OpenApiRouter::<()>::with_openapi(Parts::openapi())
        .nest("/api/v1", OpenApiRouter::new().routes(routes!(part_put)))
        .split_for_parts();
    let router = docs_routes(&api).unwrap();

    let (status, headers, json) = fetch(&router, "/api/v1/openapi.json", None).await;
    assert_eq!((status, headers["content-type"].to_str().unwrap()), (200, "application/json"));
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    let answers = &json["paths"]["/api/v1/parts/{id}"]["put"]["responses"];
    assert_eq!(answers["422"]["content"]["application/problem+json"]["schema"]["$ref"], "#/components/schemas/Problem");
    assert!(json["components"]["schemas"]["Problem"]["properties"]["code"].is_object());
    let etag = headers["etag"].to_str().unwrap();
    assert_eq!(fetch(&router, "/api/v1/openapi.json", Some(etag)).await.0, 304);

    let (status, headers, page) = fetch(&router, "/api/docs", None).await;
    assert_eq!((status, headers["content-type"].to_str().unwrap()), (200, "text/html; charset=utf-8"));
    for part in ["/api/v1/parts/{id}", "PUT", "Change a part.", "How many.", "#schema-Part", "maxLength 10", "422"] {
        assert!(page.contains(part), "{part} is missing in {page}");
    }
    assert!(page.contains("&lt;b&gt;") && !page.contains("<b>"), "texts are escaped");
    assert!(!page.contains("<script") && !page.contains("<style") && !page.contains("style="), "a strict CSP holds");
    assert_eq!(fetch(&router, "/api/docs.css", None).await.0, 200);
}

#[test]
fn what_every_route_answers_is_written_down_once() {
    let (_, mut api) = OpenApiRouter::<()>::with_openapi(Parts::openapi())
        .nest("/api/v1", OpenApiRouter::new().routes(routes!(part_put)))
        .split_for_parts();
    http_kit::describe(&mut api);
    let api = serde_json::to_value(&api).unwrap();
    let put = &api["paths"]["/api/v1/parts/{id}"]["put"];
    for status in ["200", "400", "401", "403", "404", "408", "413", "415", "422", "500", "503"] {
        assert!(put["responses"].get(status).is_some(), "{status}");
    }
    let parameter = |name: &str| put["parameters"].as_array().unwrap().iter().find(|p| p["name"] == name).unwrap();
    assert_eq!(parameter("limit")["allowEmptyValue"], true);
    assert_eq!(parameter("id")["schema"]["minLength"], 1);
    assert!(put["security"].is_null(), "anybody may");
}
