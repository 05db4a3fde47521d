use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use http_kit::{Api, Caller, Path, ProblemDocument, Problems, private};
use kernel::SessionId;

use super::PeopleHandles;

/// End a session
#[utoipa::path(
    delete,
    path = "/customers/me/sessions/{id}",
    tag = "customers",
    params(("id" = inline(SessionId), Path, description = "Its id.")),
    responses(
        (status = 204, description = "It opens nothing a second later."),
        (status = 403, description = "`not_a_customer`: staff and keys have no account here.", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 404, description = "There is no such session of yours.", body = ProblemDocument, content_type = "application/problem+json"),
        Problems,
    )
)]
pub(super) async fn session_end(
    State(handles): State<PeopleHandles>,
    caller: Caller,
    Path(session): Path<SessionId>,
) -> Api<Response> {
    let (id, _) = caller.customer()?;
    handles.customers.end_session(caller.store, id, session).await?;
    Ok(private(StatusCode::NO_CONTENT.into_response()))
}
