//! What every route shares, written into the OpenAPI document in one place: a handler describes what is its own, and
//! nobody forgets what [`crate::Front`] and the extractors answer before it runs.

use utoipa::openapi::extensions::Extensions;
use utoipa::openapi::path::{Operation, Parameter, ParameterIn};
use utoipa::openapi::schema::{SchemaType, Type};
use utoipa::openapi::security::SecurityRequirement;
use utoipa::openapi::{ContentBuilder, Object, OpenApi, Ref, RefOr, Required, ResponseBuilder, Schema};

use crate::front::is_office;
use crate::idempotency::MAX_KEY_LEN;

/// No control characters: see `path::check_path`.
const SEGMENT: &str = r"^[^\u0000-\u001f\u007f-\u009f]+$";

/// Completes the document of all routes: answers of the extractors and of the front, who must log in, and which texts
/// an address can hold. What a handler says itself stays.
pub fn describe(openapi: &mut OpenApi) {
    for (path, item) in &mut openapi.paths.paths {
        let reads = [&mut item.get, &mut item.head].into_iter().flatten().map(|operation| (operation, false));
        let changes = [&mut item.post, &mut item.put, &mut item.patch, &mut item.delete];
        for (operation, changes) in reads.chain(changes.into_iter().flatten().map(|operation| (operation, true))) {
            answers(path, operation, changes);
            operation.parameters.iter_mut().flatten().for_each(parameter);
            if needs_login(path) && operation.security.is_none() {
                operation.security = Some(vec![SecurityRequirement::new("api_key", [""; 0])]);
            }
        }
    }
}

/// Whether nobody gets anything here without saying who they are.
fn needs_login(path: &str) -> bool {
    is_office(path)
        || ["/api/v1/customers/me", "/api/v1/sessions/current"]
            .iter()
            .any(|root| path.strip_prefix(root).is_some_and(|rest| rest.is_empty() || rest.starts_with('/')))
}

fn answers(path: &str, operation: &mut Operation, changes: bool) {
    let mut add = |status: &str, description: &str| {
        operation.responses.responses.entry(status.to_owned()).or_insert_with(|| problem(description));
    };
    add("400", "The request could not be read.");
    if path.contains('{') {
        add("404", "There is no such thing.");
    }
    if is_office(path) {
        add("403", "The role or key lacks the scope that this route needs.");
    } else if changes {
        add("403", "The cookie of a session, sent along by a page of another site.");
    }
    let json = match &operation.request_body {
        Some(RefOr::T(body)) => body.content.contains_key("application/json"),
        Some(RefOr::Ref(_)) => true,
        None => return,
    };
    add("408", "The body did not arrive in time.");
    add("413", "The body is too large.");
    add("422", "The input is not acceptable; `errors` says which fields.");
    if json {
        add("415", "The body is not `application/json`.");
    }
}

fn problem(description: &str) -> RefOr<utoipa::openapi::Response> {
    let content = ContentBuilder::new().schema(Some(Ref::from_schema_name("Problem"))).build();
    RefOr::T(ResponseBuilder::new().description(description).content("application/problem+json", content).build())
}

fn parameter(parameter: &mut RefOr<Parameter>) {
    let RefOr::T(parameter) = parameter else { return };
    match (&parameter.parameter_in, &parameter.required) {
        // Forms send the fields that were left empty; `Query` takes them as left out.
        (ParameterIn::Query, Required::False) => {
            let empty = Extensions::from_iter([("allowEmptyValue", true)]);
            parameter.extensions.get_or_insert_default().merge(empty);
        }
        (ParameterIn::Header, _) if parameter.name.eq_ignore_ascii_case("idempotency-key") => {
            if let Some(RefOr::T(Schema::Object(schema))) = &mut parameter.schema {
                (schema.min_length, schema.max_length) = (Some(1), Some(MAX_KEY_LEN));
            }
        }
        (ParameterIn::Path, _) => {
            if let Some(RefOr::T(Schema::Object(schema))) = &mut parameter.schema {
                segment(schema);
            }
        }
        _ => {}
    }
}

fn segment(schema: &mut Object) {
    let free = schema.format.is_none() && schema.pattern.is_none() && schema.enum_values.is_none();
    if free && schema.schema_type == SchemaType::new(Type::String) {
        schema.pattern = Some(SEGMENT.to_owned());
        schema.min_length = schema.min_length.or(Some(1));
    }
}
