use axum::extract::State;
use axum::response::Response;
use contracts::ledger::InvariantReport;
use http_kit::{Api, Json, ProblemDocument, Problems, private};
use serde::Serialize;

use super::Handles;
use super::access::{ReadBooks, Staff};

/// What the check of every invariant found.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(super) struct InvariantReports {
    /// Whether every invariant holds.
    holds: bool,
    /// `I1` to `I14` in that order, then liveness (`L1`).
    items: Vec<InvariantReport>,
}

/// Check the invariants
///
/// Looks through the whole store now, and says of each violation what to do about it. The answer is 200 whatever is
/// found. Needs the scope `admin` or `read_only`.
#[utoipa::path(
    get,
    path = "/admin/invariants",
    tag = "books",
    security(("api_key" = [])),
    responses(
        (status = 200, description = "What was found.", body = InvariantReports),
        (status = 403, description = "The key lacks the scope that this route needs.", body = ProblemDocument, content_type = "application/problem+json"),
        Problems,
    )
)]
pub(super) async fn invariant_list(State(handles): State<Handles>, _staff: Staff<ReadBooks>) -> Api<Response> {
    let items = handles.books.invariants().await?;
    let holds = items.iter().all(|report| report.violations.is_empty());
    Ok(private(Json(InvariantReports { holds, items })))
}

#[cfg(test)]
mod tests {
    use contracts::identity::Scope;
    use contracts::ledger::{InvariantReport, Violation};
    use serde_json::json;

    use crate::api::probe::Client;

    fn report(id: &str, violations: Vec<Violation>) -> InvariantReport {
        InvariantReport { id: id.into(), statement: "…".into(), checked: 7, not_applicable: None, violations }
    }

    #[tokio::test]
    async fn one_violation_is_enough() {
        let client = Client::new();
        let get = async || client.as_staff(Scope::ReadOnly, "GET /admin/invariants", &[], "").await;
        client.find(vec![report("I1", Vec::new()), report("I2", Vec::new())]);
        let fine = get().await;
        assert_eq!((fine.status.as_u16(), &fine.body["holds"]), (200, &json!(true)));
        let violation = Violation { detail: "SKU A".into(), remedy: "Count it.".into() };
        client.find(vec![report("I1", Vec::new()), report("I2", vec![violation])]);
        let broken = get().await;
        assert_eq!((broken.status.as_u16(), &broken.body["holds"]), (200, &json!(false)));
        assert_eq!(broken.body["items"][1]["violations"][0]["remedy"], "Count it.");
        assert_eq!(client.as_staff(Scope::Stock, "GET /admin/invariants", &[], "").await.status, 403);
    }
}
