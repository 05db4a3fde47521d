use axum::extract::State;
use axum::response::Response;
use contracts::ledger::CouponView;
use http_kit::{Api, Json, Path, ProblemDocument, Problems, private};
use serde::Deserialize;

use super::access::{ChangeOrders, Staff};
use super::check::Faults;
use super::{BodyProblems, Handles, StaffProblems};

/// The most uses that a limit can allow.
const MAX_USES: i64 = 1_000_000_000;

/// How often a coupon may be used.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct CouponLimit {
    /// Null or left out: any number of times.
    #[serde(default)]
    #[schema(minimum = 0, maximum = 1_000_000_000)]
    limit: Option<i64>,
}

/// Limit a coupon
///
/// Says how often a coupon may be used; what it is worth is a promotion's business. Capital and small letters are the
/// same. Needs the scope `orders`.
#[utoipa::path(
    put,
    path = "/admin/coupons/{code}",
    tag = "vouchers",
    security(("api_key" = [])),
    params(("code" = String, Path, description = "The coupon's code, 1 to 40 characters without spaces.")),
    request_body = CouponLimit,
    responses(
        (status = 200, description = "The coupon with its uses so far.", body = CouponView),
        (status = 422, description = "The code is none, or the limit is below the uses so far.", body = ProblemDocument, content_type = "application/problem+json"),
        StaffProblems,
        BodyProblems,
        Problems,
    )
)]
pub(super) async fn coupon_put(
    State(handles): State<Handles>,
    staff: Staff<ChangeOrders>,
    Path(code): Path<String>,
    Json(request): Json<CouponLimit>,
) -> Api<Response> {
    let mut faults = Faults::default();
    if !is_code(&code) {
        faults.add("/code", "invalid_code", "A code is 1 to 40 characters without spaces.");
    }
    if let Some(limit) = request.limit {
        faults.range("/limit", limit, 0, MAX_USES);
    }
    faults.done()?;
    Ok(private(Json(handles.vouchers.put_coupon(staff.store(), &code, request.limit, staff.actor()).await?)))
}

/// Whether `code` can be a coupon's.
pub(super) fn is_code(code: &str) -> bool {
    (1..=40).contains(&code.chars().count()) && !code.chars().any(|c| c.is_control() || c.is_whitespace())
}

#[cfg(test)]
mod tests {
    use contracts::identity::Scope;
    use serde_json::{Value, json};

    use crate::api::probe::Client;

    #[tokio::test]
    async fn a_coupon_has_a_limit_or_none() {
        let client = Client::new();
        let put = async |code: &str, body: &str| {
            client.as_staff(Scope::Orders, &format!("PUT /admin/coupons/{code}"), &[], body).await
        };
        let limited = put("SPRING", r#"{"limit":100}"#).await;
        assert_eq!((limited.status.as_u16(), &limited.body), (200, &json!({"code":"SPRING","limit":100,"uses":0})));
        for unlimited in ["{}", r#"{"limit":null}"#] {
            assert_eq!(put("SPRING", unlimited).await.body["limit"], Value::Null);
        }
        let long = "x".repeat(41);
        for (code, body, pointers) in [
            ("SPRING", r#"{"limit":-1}"#, vec!["/limit"]),
            ("SPRING", r#"{"limit":1000000001}"#, vec!["/limit"]),
            ("A%20B", r#"{"limit":-1}"#, vec!["/code", "/limit"]),
            (&long, "{}", vec!["/code"]),
            ("SPRING", r#"{"uses":0}"#, vec!["/uses"]),
        ] {
            assert_eq!(put(code, body).await.problem(), (422, "invalid_input", pointers), "{code} {body}");
        }
    }
}
