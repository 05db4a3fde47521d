use axum::extract::State;
use axum::response::Response;
use contracts::ledger::BundleView;
use http_kit::{Api, Json, Path, ProblemDocument, Problems, private};
use kernel::{Failure, Sku};

use super::access::{ReadStock, Staff};
use super::{Handles, StaffProblems};

/// Read what a bundle is made of
///
/// Needs the scope `stock` or `read_only`.
#[utoipa::path(
    get,
    path = "/admin/bundles/{sku}",
    tag = "stock",
    security(("api_key" = [])),
    params(("sku" = Sku, Path, description = "The SKU of the bundle.")),
    responses(
        (status = 200, description = "Its components, and how many are there.", body = BundleView),
        (status = 404, description = "This SKU is no bundle.", body = ProblemDocument, content_type = "application/problem+json"),
        StaffProblems,
        Problems,
    )
)]
pub(super) async fn bundle_get(
    State(handles): State<Handles>,
    staff: Staff<ReadStock>,
    Path(sku): Path<Sku>,
) -> Api<Response> {
    let found = handles.stock_rules.bundle(staff.store(), &sku).await?;
    Ok(private(Json(found.ok_or_else(|| Failure::not_found("bundle"))?)))
}
