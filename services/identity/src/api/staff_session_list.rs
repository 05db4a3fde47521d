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
    path = "/admin/me/sessions",
    tag = "staff",
    responses(
        (status = 200, description = "The sessions.", body = Page<SessionView>),
        (status = 403, description = "`not_staff`: customers and keys have no account here.", body = ProblemDocument, content_type = "application/problem+json"),
        Problems,
    )
)]
pub(super) async fn staff_session_list(State(handles): State<PeopleHandles>, caller: Caller) -> Api<Response> {
    let (id, session) = caller.staff()?;
    let items = handles.staff.staff_sessions(caller.store, id, session).await?;
    Ok(private(Json(Page { items, next_cursor: None })))
}
