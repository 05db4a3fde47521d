use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use contracts::ledger::GiftCardView;
use http_kit::{Api, Json, ProblemDocument, Problems, private};
use kernel::{Money, Secret};
use serde::Deserialize;

use super::access::{ChangeBooks, Staff};
use super::check::Faults;
use super::{BodyProblems, Handles, StaffProblems};

/// A gift card to be issued.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewGiftCard {
    /// Whoever knows it can spend it, so it should be random: 8 to 32 letters and digits. Spaces and dashes between
    /// them, and capitals, make no difference.
    #[schema(value_type = String, min_length = 8, max_length = 64)]
    code: Secret,
    balance: Money,
}

/// Issue a gift card
///
/// A code is issued once, so repeating the request is 409 and never a second balance. Needs the scope `admin`.
#[utoipa::path(
    post,
    path = "/admin/gift-cards",
    tag = "vouchers",
    security(("api_key" = [])),
    request_body = NewGiftCard,
    responses(
        (status = 201, description = "The gift card.", body = GiftCardView),
        (status = 409, description = "`gift_card_exists`: this code was issued before.", body = ProblemDocument, content_type = "application/problem+json"),
        StaffProblems,
        BodyProblems,
        Problems,
    )
)]
pub(super) async fn gift_card_issue(
    State(handles): State<Handles>,
    staff: Staff<ChangeBooks>,
    Json(new): Json<NewGiftCard>,
) -> Api<Response> {
    let mut faults = Faults::default();
    if !is_code(&new.code) {
        faults.add(
            "/code",
            "invalid_code",
            "A code is 8 to 32 letters and digits; spaces and dashes may stand between.",
        );
    }
    if new.balance.amount_minor <= 0 {
        faults.add("/balance/amount_minor", "too_small", "A gift card holds a positive amount.");
    }
    faults.done()?;
    let card = handles.vouchers.issue_gift_card(staff.store(), &new.code, new.balance, staff.actor()).await?;
    Ok(private((StatusCode::CREATED, Json(card)).into_response()))
}

/// Whether `code` can be a gift card's.
pub(super) fn is_code(code: &Secret) -> bool {
    let code = code.expose();
    let significant = code.chars().filter(char::is_ascii_alphanumeric).count();
    code.len() <= 64
        && (8..=32).contains(&significant)
        && code.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, ' ' | '-'))
}

#[cfg(test)]
mod tests {
    use contracts::identity::Scope;
    use serde_json::json;

    use crate::api::probe::Client;

    #[tokio::test]
    async fn a_gift_card_is_issued_once_and_only_by_admins() {
        let client = Client::new();
        let issue = "POST /admin/gift-cards";
        let body = r#"{"code":"ABCD-2345-EFGH","balance":{"amount_minor":5000,"currency":"EUR"}}"#;
        let made = client.as_staff(Scope::Admin, issue, &[], body).await;
        assert_eq!((made.status.as_u16(), &made.body["balance"]["amount_minor"]), (201, &json!(5000)));
        assert_eq!(made.headers["cache-control"], "private, no-store");
        assert_eq!(client.as_staff(Scope::Admin, issue, &[], body).await.problem().1, "gift_card_exists");
        assert_eq!(client.as_staff(Scope::Orders, issue, &[], body).await.status, 403);
        for (code, amount, pointers) in [
            ("ABC-234", "1", vec!["/code"]),
            ("--------", "0", vec!["/code", "/balance/amount_minor"]),
            ("ABCD2345é", "-1", vec!["/code", "/balance/amount_minor"]),
            ("ABCD2345", "0.5", vec!["/balance/amount_minor"]),
        ] {
            let body = format!(r#"{{"code":"{code}","balance":{{"amount_minor":{amount},"currency":"EUR"}}}}"#);
            let refused = client.as_staff(Scope::Admin, issue, &[], &body).await;
            assert_eq!(refused.problem(), (422, "invalid_input", pointers), "{body}");
            assert!(!refused.text.contains(code), "a code is not told back");
        }
    }
}
