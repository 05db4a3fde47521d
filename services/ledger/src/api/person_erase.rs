use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use http_kit::{Api, Path, ProblemDocument, Problems, private};
use kernel::PersonId;

use super::access::{ChangeBooks, Staff};
use super::{Handles, StaffProblems};

/// Erase a person
///
/// Destroys the key of their data, which reaches every copy and backup; the books stay whole. Cannot be undone;
/// erasing again changes nothing. Needs the scope `admin`.
#[utoipa::path(
    post,
    path = "/admin/people/{id}/erase",
    tag = "books",
    security(("api_key" = [])),
    params(("id" = inline(PersonId), Path, description = "Id of the person.")),
    responses(
        (status = 204, description = "Their data can no longer be read by anybody."),
        (status = 404, description = "No such person.", body = ProblemDocument, content_type = "application/problem+json"),
        StaffProblems,
        Problems,
    )
)]
pub(super) async fn person_erase(
    State(handles): State<Handles>,
    staff: Staff<ChangeBooks>,
    Path(id): Path<PersonId>,
) -> Api<Response> {
    handles.books.erase(staff.store(), id, staff.actor()).await?;
    Ok(private(StatusCode::NO_CONTENT.into_response()))
}

#[cfg(test)]
mod tests {
    use contracts::identity::Scope;

    use crate::api::probe::{Client, OTHER, UNKNOWN};

    #[tokio::test]
    async fn only_admins_erase() {
        let client = Client::new();
        let erase = format!("POST /admin/people/{OTHER}/erase");
        for scope in [Scope::Orders, Scope::ReadOnly] {
            assert_eq!(client.as_staff(scope, &erase, &[], "").await.problem(), (403, "missing_scope", vec![]));
        }
        assert!(client.calls().is_empty());
        assert_eq!(client.as_staff(Scope::Admin, &erase, &[], "").await.status, 204);
        let call = client.last();
        assert_eq!((call.what, call.request_id.as_deref()), (format!("erase {OTHER}"), Some("r-1")));
        let unknown = format!("POST /admin/people/{UNKNOWN}/erase");
        assert_eq!(client.as_staff(Scope::Admin, &unknown, &[], "").await.status, 404);
    }
}
