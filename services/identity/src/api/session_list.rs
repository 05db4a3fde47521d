use axum::extract::State;
use axum::response::Response;
use contracts::identity::SessionView;
use http_kit::{Api, Caller, Json, ProblemDocument, Problems, private};
use kernel::Page;

use super::PeopleHandles;

/// List your sessions
///
/// Where you are logged in, latest used first.
#[utoipa::path(
    get,
    path = "/customers/me/sessions",
    tag = "customers",
    responses(
        (status = 200, description = "The sessions.", body = Page<SessionView>),
        (status = 403, description = "`not_a_customer`: staff and keys have no account here.", body = ProblemDocument, content_type = "application/problem+json"),
        Problems,
    )
)]
pub(super) async fn session_list(State(handles): State<PeopleHandles>, caller: Caller) -> Api<Response> {
    let (id, session) = caller.customer()?;
    let items = handles.customers.sessions(caller.store, id, session).await?;
    Ok(private(Json(Page { items, next_cursor: None })))
}
