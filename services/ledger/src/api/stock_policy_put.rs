use axum::extract::State;
use axum::response::Response;
use contracts::ledger::{PolicyView, SetPolicy};
use http_kit::{Api, Json, Path, ProblemDocument, Problems, private};
use kernel::Sku;

use super::access::{ChangeStock, Staff};
use super::check::Faults;
use super::stock_put::MAX_UNITS;
use super::{BodyProblems, Handles, StaffProblems};

/// Sell beyond what is there, or not
///
/// With `backorder` or `preorder` an order for more than there is stands; what is missing follows when it arrives, the
/// oldest order first. Needs the scope `stock`.
#[utoipa::path(
    put,
    path = "/admin/stock/{sku}/policy",
    tag = "stock",
    security(("api_key" = [])),
    params(("sku" = Sku, Path, description = "The SKU.")),
    request_body = SetPolicy,
    responses(
        (status = 200, description = "The policy as it is now.", body = PolicyView),
        (status = 409, description = "`is_bundle`: it is up to the components.", body = ProblemDocument, content_type = "application/problem+json"),
        StaffProblems,
        BodyProblems,
        Problems,
    )
)]
pub(super) async fn stock_policy_put(
    State(handles): State<Handles>,
    staff: Staff<ChangeStock>,
    Path(sku): Path<Sku>,
    Json(request): Json<SetPolicy>,
) -> Api<Response> {
    let mut faults = Faults::default();
    faults.range("/limit", request.limit.unwrap_or(0), 0, MAX_UNITS);
    faults.done()?;
    Ok(private(Json(handles.stock_rules.put_policy(staff.store(), &sku, request, staff.actor()).await?)))
}

#[cfg(test)]
mod tests {
    use contracts::identity::Scope;

    use crate::api::probe::Client;

    #[tokio::test]
    async fn a_policy_is_read_and_changed() {
        let client = Client::new();
        let put = async |body: &str| client.as_staff(Scope::Stock, "PUT /admin/stock/A/policy", &[], body).await;
        let set = put(r#"{"policy":"preorder","limit":5,"until":"2030-01-02T03:04:05Z"}"#).await;
        assert_eq!((set.status.as_u16(), &set.body["policy"]), (200, &"preorder".into()));
        assert_eq!(put(r#"{"policy":"backorder","limit":-1}"#).await.problem(), (422, "invalid_input", vec!["/limit"]));
        let read = client.as_staff(Scope::ReadOnly, "GET /admin/stock/A/policy", &[], "").await;
        assert_eq!((read.status.as_u16(), &read.body["policy"]), (200, &"deny".into()));
    }
}
