use axum::extract::State;
use axum::response::Response;
use http_kit::{Api, Caller, Json, ProblemDocument, Problems, private};

use super::PeopleHandles;

/// Export your data
///
/// Everything the shop keeps about you.
#[utoipa::path(
    get,
    path = "/customers/me/export",
    tag = "customers",
    responses(
        (status = 200, description = "Account, addresses, sessions and orders.", body = serde_json::Value),
        (status = 403, description = "`not_a_customer`: staff and keys have no account here.", body = ProblemDocument, content_type = "application/problem+json"),
        Problems,
    )
)]
pub(super) async fn customer_export(State(handles): State<PeopleHandles>, caller: Caller) -> Api<Response> {
    let (id, _) = caller.customer()?;
    Ok(private(Json(handles.customers.export(caller.store, id).await?)))
}
