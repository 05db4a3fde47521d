use axum::extract::State;
use axum::response::Response;
use contracts::identity::{RoleView, Scope};
use http_kit::{Api, Caller, Json, ProblemDocument, Problems, private};
use kernel::Page;

use super::PeopleHandles;

/// List the roles
///
/// Those that come with the shop first.
#[utoipa::path(
    get,
    path = "/admin/roles",
    tag = "staff",
    responses(
        (status = 200, description = "The roles.", body = Page<RoleView>),
        (status = 403, description = "The caller lacks the scope `staff`.", body = ProblemDocument, content_type = "application/problem+json"),
        Problems,
    )
)]
pub(super) async fn role_list(State(handles): State<PeopleHandles>, caller: Caller) -> Api<Response> {
    caller.require_read(Scope::Staff)?;
    let items = handles.staff.roles(caller.store).await?;
    Ok(private(Json(Page { items, next_cursor: None })))
}
