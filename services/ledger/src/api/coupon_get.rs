use axum::extract::State;
use axum::response::Response;
use contracts::ledger::CouponView;
use http_kit::{Api, Json, Path, ProblemDocument, Problems, private};
use kernel::Failure;

use super::access::{ReadOrders, Staff};
use super::coupon_put::is_code;
use super::{Handles, StaffProblems};

/// Read a coupon
///
/// How often it was used, and how often it may be. Needs the scope `orders` or `read_only`.
#[utoipa::path(
    get,
    path = "/admin/coupons/{code}",
    tag = "vouchers",
    security(("api_key" = [])),
    params(("code" = String, Path, description = "The coupon's code.")),
    responses(
        (status = 200, description = "The coupon.", body = CouponView),
        (status = 404, description = "The ledger counts no such coupon.", body = ProblemDocument, content_type = "application/problem+json"),
        StaffProblems,
        Problems,
    )
)]
pub(super) async fn coupon_get(
    State(handles): State<Handles>,
    staff: Staff<ReadOrders>,
    Path(code): Path<String>,
) -> Api<Response> {
    let found = if is_code(&code) { handles.vouchers.coupon(staff.store(), &code).await? } else { None };
    Ok(private(Json(found.ok_or_else(|| Failure::not_found("coupon"))?)))
}

#[cfg(test)]
mod tests {
    use contracts::identity::Scope;

    use crate::api::probe::Client;

    #[tokio::test]
    async fn a_coupon_is_read_by_its_code() {
        let client = Client::new();
        let get =
            async |code: &str| client.as_staff(Scope::ReadOnly, &format!("GET /admin/coupons/{code}"), &[], "").await;
        client.as_staff(Scope::Orders, "PUT /admin/coupons/SPRING", &[], r#"{"limit":5}"#).await;
        assert_eq!(get("SPRING").await.body["limit"], 5);
        for code in ["AUTUMN", "A%20B", &"x".repeat(41)] {
            assert_eq!(get(code).await.problem(), (404, "not_found", vec![]), "{code}");
        }
    }
}
