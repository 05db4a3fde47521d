use axum::extract::State;
use axum::response::Response;
use contracts::ledger::{BundleView, SetBundle};
use http_kit::{Api, Json, Path, ProblemDocument, Problems, private};
use kernel::Sku;

use super::access::{ChangeStock, Staff};
use super::check::Faults;
use super::{BodyProblems, Handles, StaffProblems};

/// Say what a bundle is made of
///
/// Selling it takes the stock of its components; without components it is a bundle no more. Orders keep what they were
/// placed with. Needs the scope `stock`.
#[utoipa::path(
    put,
    path = "/admin/bundles/{sku}",
    tag = "stock",
    security(("api_key" = [])),
    params(("sku" = Sku, Path, description = "The SKU of the bundle.")),
    request_body = SetBundle,
    responses(
        (status = 200, description = "The bundle as it is now.", body = BundleView),
        (status = 409, description = "`has_stock`: the SKU has stock of its own; `is_component`: it is part of another bundle.", body = ProblemDocument, content_type = "application/problem+json"),
        StaffProblems,
        BodyProblems,
        Problems,
    )
)]
pub(super) async fn bundle_put(
    State(handles): State<Handles>,
    staff: Staff<ChangeStock>,
    Path(sku): Path<Sku>,
    Json(request): Json<SetBundle>,
) -> Api<Response> {
    let mut faults = Faults::default();
    for (i, part) in request.components.iter().enumerate() {
        faults.range(&format!("/components/{i}/quantity"), part.quantity, 1, 999);
    }
    faults.done()?;
    Ok(private(Json(handles.stock_rules.put_bundle(staff.store(), &sku, request, staff.actor()).await?)))
}

#[cfg(test)]
mod tests {
    use contracts::identity::Scope;

    use crate::api::probe::Client;

    #[tokio::test]
    async fn a_bundle_is_made_and_read() {
        let client = Client::new();
        let put = async |body: &str| client.as_staff(Scope::Stock, "PUT /admin/bundles/SET", &[], body).await;
        assert_eq!(put(r#"{"components":[{"sku":"A","quantity":2}]}"#).await.body["components"][0]["quantity"], 2);
        let bad = put(r#"{"components":[{"sku":"A","quantity":1000}]}"#).await;
        assert_eq!(bad.problem(), (422, "invalid_input", vec!["/components/0/quantity"]));
        assert_eq!(client.as_staff(Scope::ReadOnly, "GET /admin/bundles/SET", &[], "").await.status, 404);
    }
}
