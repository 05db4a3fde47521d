use axum::extract::State;
use axum::response::Response;
use contracts::identity::{Scope, StaffView};
use http_kit::{Api, Caller, Json, ProblemDocument, Problems, private};
use kernel::Page;

use super::PeopleHandles;

/// List the staff
///
/// Everybody, oldest first.
#[utoipa::path(
    get,
    path = "/admin/staff",
    tag = "staff",
    responses(
        (status = 200, description = "The staff.", body = Page<StaffView>),
        (status = 403, description = "The caller lacks the scope `staff`.", body = ProblemDocument, content_type = "application/problem+json"),
        Problems,
    )
)]
pub(super) async fn staff_list(State(handles): State<PeopleHandles>, caller: Caller) -> Api<Response> {
    caller.require_read(Scope::Staff)?;
    let items = handles.staff.all_staff(caller.store).await?;
    Ok(private(Json(Page { items, next_cursor: None })))
}
