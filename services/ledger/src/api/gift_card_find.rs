use axum::extract::State;
use axum::response::Response;
use contracts::ledger::GiftCardView;
use http_kit::{Api, Json, ProblemDocument, Problems, private};
use kernel::{Failure, Secret};
use serde::Deserialize;

use super::access::{ReadOrders, Staff};
use super::gift_card_issue::is_code;
use super::{BodyProblems, Handles, StaffProblems};

/// The gift card that is asked for.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct GiftCardCode {
    #[schema(value_type = String, min_length = 8, max_length = 64)]
    code: Secret,
}

/// Look up a gift card
///
/// A POST, although it changes nothing: a code is money, and an address stands in logs. Needs the scope `orders` or
/// `read_only`.
#[utoipa::path(
    post,
    path = "/admin/gift-cards/lookup",
    tag = "vouchers",
    security(("api_key" = [])),
    request_body = GiftCardCode,
    responses(
        (status = 200, description = "The gift card.", body = GiftCardView),
        (status = 404, description = "No gift card has this code.", body = ProblemDocument, content_type = "application/problem+json"),
        StaffProblems,
        BodyProblems,
        Problems,
    )
)]
pub(super) async fn gift_card_find(
    State(handles): State<Handles>,
    staff: Staff<ReadOrders>,
    Json(asked): Json<GiftCardCode>,
) -> Api<Response> {
    let found = if is_code(&asked.code) { handles.vouchers.gift_card(staff.store(), &asked.code).await? } else { None };
    Ok(private(Json(found.ok_or_else(|| Failure::not_found("gift card"))?)))
}

#[cfg(test)]
mod tests {
    use contracts::identity::Scope;

    use crate::api::probe::Client;

    #[tokio::test]
    async fn a_gift_card_is_found_by_its_code() {
        let client = Client::new();
        let card = r#"{"code":"ABCD-2345-EFGH","balance":{"amount_minor":5000,"currency":"EUR"}}"#;
        client.as_staff(Scope::Admin, "POST /admin/gift-cards", &[], card).await;
        let find =
            async |body: &str| client.as_staff(Scope::ReadOnly, "POST /admin/gift-cards/lookup", &[], body).await;
        assert_eq!(find(r#"{"code":"ABCD-2345-EFGH"}"#).await.body["balance"]["amount_minor"], 5000);
        for code in ["ABCD-2345-EFGJ", "short", ""] {
            let missing = find(&format!(r#"{{"code":"{code}"}}"#)).await;
            assert_eq!(missing.problem(), (404, "not_found", vec![]), "{code}");
        }
    }
}
