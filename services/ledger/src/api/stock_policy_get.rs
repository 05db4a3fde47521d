use axum::extract::State;
use axum::response::Response;
use contracts::ledger::PolicyView;
use http_kit::{Api, Json, Path, Problems, private};
use kernel::Sku;

use super::access::{ReadStock, Staff};
use super::{Handles, StaffProblems};

/// Read what is sold beyond what is there
///
/// Needs the scope `stock` or `read_only`.
#[utoipa::path(
    get,
    path = "/admin/stock/{sku}/policy",
    tag = "stock",
    security(("api_key" = [])),
    params(("sku" = Sku, Path, description = "The SKU.")),
    responses(
        (status = 200, description = "The policy, and how much is owed.", body = PolicyView),
        StaffProblems,
        Problems,
    )
)]
pub(super) async fn stock_policy_get(
    State(handles): State<Handles>,
    staff: Staff<ReadStock>,
    Path(sku): Path<Sku>,
) -> Api<Response> {
    Ok(private(Json(handles.stock_rules.policy(staff.store(), &sku).await?)))
}
