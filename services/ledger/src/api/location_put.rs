use axum::extract::State;
use axum::response::Response;
use contracts::ledger::Location;
use http_kit::{Api, Json, ProblemDocument, Problems, private};

use super::access::{ChangeStock, Staff};
use super::check::Faults;
use super::{BodyProblems, Handles, StaffProblems};

/// Describe a location
///
/// Makes it known, or changes what is known of it. Orders are served from active locations, that with the lowest
/// priority first. What an inactive one holds or owes already stays there. Needs the scope `stock`.
#[utoipa::path(
    put,
    path = "/admin/locations",
    tag = "stock",
    security(("api_key" = [])),
    request_body = Location,
    responses(
        (status = 200, description = "The location as it is now.", body = Location),
        (status = 409, description = "`too_many_locations`.", body = ProblemDocument, content_type = "application/problem+json"),
        StaffProblems,
        BodyProblems,
        Problems,
    )
)]
pub(super) async fn location_put(
    State(handles): State<Handles>,
    staff: Staff<ChangeStock>,
    Json(location): Json<Location>,
) -> Api<Response> {
    let mut faults = Faults::default();
    faults.line_of_text("/location", &location.location, 1, 64);
    faults.line_of_text("/title", &location.title, 0, 100);
    faults.range("/priority", location.priority, 0, 1000);
    faults.done()?;
    Ok(private(Json(handles.inventory.put_location(staff.store(), location, staff.actor()).await?)))
}

#[cfg(test)]
mod tests {
    use contracts::identity::Scope;

    use crate::api::probe::Client;

    #[tokio::test]
    async fn a_location_has_a_name_and_a_priority() {
        let client = Client::new();
        let put = async |body: &str| client.as_staff(Scope::Stock, "PUT /admin/locations", &[], body).await;
        let made = put(r#"{"location":"north","priority":1}"#).await;
        assert_eq!(
            (made.status.as_u16(), &made.body["active"], &made.body["pickup"]),
            (200, &true.into(), &false.into())
        );
        for (body, pointers) in [
            (r#"{"location":"","priority":1001}"#, vec!["/location", "/priority"]),
            (r#"{"location":"a","address":"x"}"#, vec!["/address"]),
        ] {
            assert_eq!(put(body).await.problem(), (422, "invalid_input", pointers), "{body}");
        }
        assert_eq!(client.calls().len(), 1);
    }
}
