//! The API's reference, made from its OpenAPI document: the document itself and a page to read it.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Router;
use axum::routing::get;
use bytes::Bytes;
use contracts::catalog::Rendered;
use http::HeaderMap;
use maud::{DOCTYPE, Markup, html};
use serde_json::{Map, Value};
use utoipa::openapi::OpenApi;

use crate::{fingerprint, rendered_as};

const STYLE: &str = include_str!("docs.css");
const CACHE: &str = "public, max-age=60";
const METHODS: [&str; 7] = ["get", "post", "put", "patch", "delete", "head", "options"];

/// `GET /api/v1/openapi.json`, `GET /api/docs` and its style sheet, rendered once from `openapi`.
///
/// # Errors
/// When the document cannot be written as JSON.
pub fn docs_routes(openapi: &OpenApi) -> Result<Router, serde_json::Error> {
    let json = serde_json::to_vec(openapi)?;
    let page = docs_page(&serde_json::to_value(openapi)?).into_string();
    Ok(Router::new()
        .route("/api/v1/openapi.json", served(json.into(), "application/json"))
        .route("/api/docs", served(page.into(), "text/html; charset=utf-8"))
        .route("/api/docs.css", served(Bytes::from_static(STYLE.as_bytes()), "text/css; charset=utf-8")))
}

fn served(body: Bytes, content_type: &'static str) -> axum::routing::MethodRouter {
    let hash: String = fingerprint(&[&body])[..8].iter().map(|b| format!("{b:02x}")).collect();
    let page = Rendered {
        body,
        gzip: None,
        brotli: None,
        etag: format!("\"{hash}\"").into(),
        surrogate_keys: Arc::from("docs"),
    };
    get(move |headers: HeaderMap| async move { rendered_as(&headers, page, CACHE, content_type) })
}

/// The page: every route with its parameters, bodies and answers, then every schema.
fn docs_page(api: &Value) -> Markup {
    let title = api["info"]["title"].as_str().unwrap_or("API");
    let routes = by_group(api);
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                title { (title) " reference" }
                link rel="stylesheet" href="/api/docs.css";
            }
            body {
                header {
                    h1 { (title) " " small { (api["info"]["version"].as_str().unwrap_or("")) } }
                    @if let Some(text) = api["info"]["description"].as_str() { p { (text) } }
                    p { "Machine-readable: " a href="/api/v1/openapi.json" { "/api/v1/openapi.json" } }
                }
                nav aria-label="Groups" {
                    ul {
                        @for group in routes.keys() { li { a href={ "#" (group) } { (group) } } }
                        li { a href="#schemas" { "schemas" } }
                    }
                }
                main {
                    @for (group, operations) in &routes {
                        section id=(group) {
                            h2 { (group) }
                            @for (method, path, operation) in operations { (route(method, path, operation)) }
                        }
                    }
                    section id="schemas" {
                        h2 { "schemas" }
                        @for (name, schema) in members(&api["components"]["schemas"]) {
                            article id={ "schema-" (name) } { h3 { (name) } (shape(schema)) }
                        }
                    }
                }
            }
        }
    }
}

type Operations<'a> = Vec<(&'static str, &'a str, &'a Value)>;

/// Routes under the first part of their path that says something: `orders`, `admin/stock`.
fn by_group(api: &Value) -> BTreeMap<String, Operations<'_>> {
    let mut groups: BTreeMap<String, Operations<'_>> = BTreeMap::new();
    for (path, item) in members(&api["paths"]) {
        let mut parts = path.trim_start_matches("/api/v1").split('/').filter(|part| !part.is_empty());
        let group = match (parts.next(), parts.next()) {
            (Some("admin"), Some(next)) => format!("admin/{next}"),
            (Some(first), _) => first.to_owned(),
            (None, _) => "root".to_owned(),
        };
        for method in METHODS {
            if let Some(operation) = item.get(method) {
                groups.entry(group.clone()).or_default().push((method, path, operation));
            }
        }
    }
    groups
}

fn members(value: &Value) -> impl Iterator<Item = (&str, &Value)> {
    value.as_object().into_iter().flat_map(Map::iter).map(|(name, value)| (name.as_str(), value))
}

fn route(method: &str, path: &str, operation: &Value) -> Markup {
    let text = |key: &str| operation[key].as_str().unwrap_or("");
    let parameters = operation["parameters"].as_array().map_or(&[][..], Vec::as_slice);
    html! {
        details {
            summary {
                span class={ "method " (method) } { (method.to_uppercase()) } " "
                code { (path) } " "
                span class="what" { (text("summary")) }
            }
            @if !text("description").is_empty() { p { (text("description")) } }
            @if !parameters.is_empty() {
                table {
                    caption { "Parameters" }
                    @for parameter in parameters {
                        tr {
                            th scope="row" { code { (parameter["name"].as_str().unwrap_or("")) } }
                            td { (parameter["in"].as_str().unwrap_or("")) }
                            td { (type_of(&parameter["schema"])) @if parameter["required"] == true { ", required" } }
                            td { (parameter["description"].as_str().unwrap_or("")) }
                        }
                    }
                }
            }
            @for (kind, content) in members(&operation["requestBody"]["content"]) {
                p { "Body, " code { (kind) } ": " (type_of(&content["schema"])) }
            }
            table {
                caption { "Answers" }
                @for (status, answer) in members(&operation["responses"]) {
                    tr {
                        th scope="row" { (status) }
                        td { (answer["description"].as_str().unwrap_or("")) }
                        td { @for (_, content) in members(&answer["content"]) { (type_of(&content["schema"])) } }
                    }
                }
            }
        }
    }
}

fn shape(schema: &Value) -> Markup {
    let required: Vec<&str> = schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    html! {
        @if let Some(text) = schema["description"].as_str() { p { (text) } }
        @if schema["properties"].is_object() {
            table {
                @for (name, property) in members(&schema["properties"]) {
                    tr {
                        th scope="row" { code { (name) } }
                        td { (type_of(property)) @if required.contains(&name) { ", required" } }
                        td { (property["description"].as_str().unwrap_or("")) (limits(property)) }
                    }
                }
            }
        } @else {
            p { (type_of(schema)) (limits(schema)) }
        }
        @for part in schema["allOf"].as_array().into_iter().flatten().filter(|part| part["properties"].is_object()) {
            (shape(part))
        }
    }
}

/// A type in a few words, with links to the schemas it names.
fn type_of(schema: &Value) -> Markup {
    if let Some(name) = schema["$ref"].as_str().and_then(|r| r.rsplit('/').next()) {
        return html! { a href={ "#schema-" (name) } { (name) } };
    }
    if let Some(values) = schema["enum"].as_array() {
        return html! { @for (i, value) in values.iter().enumerate() { @if i > 0 { " | " } code { (value) } } };
    }
    for (key, joint) in [("oneOf", " or "), ("anyOf", " or "), ("allOf", " with ")] {
        if let Some(parts) = schema[key].as_array() {
            return html! { @for (i, part) in parts.iter().enumerate() { @if i > 0 { (joint) } (type_of(part)) } };
        }
    }
    let kinds: Vec<&str> = match &schema["type"] {
        Value::String(kind) => vec![kind],
        Value::Array(kinds) => kinds.iter().filter_map(Value::as_str).collect(),
        _ => vec!["anything"],
    };
    html! {
        @for (i, kind) in kinds.iter().enumerate() {
            @if i > 0 { " or " }
            @match *kind {
                "array" => { "array of " (type_of(&schema["items"])) }
                "object" if schema["additionalProperties"].is_object() => {
                    "map to " (type_of(&schema["additionalProperties"]))
                }
                other => (other),
            }
        }
        @if let Some(format) = schema["format"].as_str() { " (" (format) ")" }
    }
}

fn limits(schema: &Value) -> Markup {
    let names = ["minimum", "maximum", "minLength", "maxLength", "minItems", "maxItems", "pattern", "default"];
    let found: Vec<String> =
        names.iter().filter(|name| !schema[**name].is_null()).map(|name| format!("{name} {}", schema[*name])).collect();
    html! { @if !found.is_empty() { " (" (found.join(", ")) ")" } }
}
