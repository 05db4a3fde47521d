//! `/admin/gift-cards`: issues them, and says what is left on one. Codes are not listed: whoever knows one can spend it.

use axum::extract::State;
use axum::response::Response;
use contracts::identity::Scope;
use contracts::ledger::GiftCardView;
use http_kit::{Api, Caller};
use kernel::{Currency, Failure, Money, Secret};
use maud::{Markup, html};

use crate::form::{Draft, Fields, Reading};
use crate::layout::{self, Section};
use crate::pages::{shown_again, status_of};
use crate::parts::{Field, Form, choices, money};
use crate::respond::page;
use crate::site::{PageContext, Site, key_of};

/// Letters and digits that nobody mistakes for one another.
const ALPHABET: &[u8; 32] = b"23456789ABCDEFGHJKLMNPQRSTUVWXYZ";

/// What the page shows.
pub(crate) struct GiftCardsPage {
    pub(crate) currencies: Vec<Currency>,
    /// The code and balance of a card just issued: shown this once.
    pub(crate) issued: Option<(String, Money)>,
    pub(crate) found: Option<Money>,
    pub(crate) key: String,
    pub(crate) draft: Draft,
}

pub(crate) fn gift_cards_page(ctx: &PageContext, data: &GiftCardsPage) -> Markup {
    let (issue, look) = (Form::new("issue", &data.draft), Form::new("look", &data.draft));
    let currencies: Vec<String> = data.currencies.iter().map(Currency::to_string).collect();
    let currencies = choices(currencies.iter().map(String::as_str)).into_iter().map(|(code, _)| (code.clone(), code));
    let body = html! {
        @if let Some((code, balance)) = &data.issued {
            div.notice.good {
                p { "A card of " (money(*balance)) " is issued. Copy its code now: it is not shown again." }
                p.secret { (code) }
            }
        }
        @if let Some(balance) = data.found { p.notice { "On this card are " strong { (money(balance)) } "." } }
        @if ctx.may(Scope::Admin) {
            form.card method="post" action="/admin/gift-cards" {
                h2 { "Issue a card" }
                (issue.complaint())
                input type="hidden" name="key" value=(data.key);
                div.fields {
                    (issue.input(&Field::new("amount", "Amount").kind("money").required()))
                    (issue.select(&Field::new("currency", "Currency"), &currencies.collect::<Vec<_>>()))
                }
                p.actions { button type="submit" { "Issue it" } }
            }
        }
        form.card method="post" action="/admin/gift-cards/look-up" {
            h2 { "What is left on a card" }
            (look.complaint())
            (look.input(&Field::new("code", "Code").required()))
            p.actions { button.secondary type="submit" { "Look" } }
        }
    };
    layout::page(ctx, "Gift cards", &body)
}

#[cfg(test)]
pub(crate) fn samples() -> Vec<GiftCardsPage> {
    use crate::samples::{HOSTILE, draft};
    let (currencies, eur) = (vec![Currency::EUR, Currency::USD], Money::new(5_000, Currency::EUR));
    let issued = Some((HOSTILE(), eur));
    vec![
        GiftCardsPage {
            currencies: currencies.clone(),
            issued,
            found: Some(eur),
            key: HOSTILE(),
            draft: draft("issue", &["amount"]),
        },
        GiftCardsPage { currencies, issued: None, found: None, key: HOSTILE(), draft: draft("look", &["code"]) },
    ]
}

fn answer(site: &Site, caller: &Caller, mut data: GiftCardsPage) -> Response {
    data.currencies = site.currencies();
    data.key = site.form_key();
    let status = status_of(data.draft.failure.as_ref());
    page(status, gift_cards_page(&site.context(caller, Section::GiftCards), &data))
}

fn nothing(draft: Draft) -> GiftCardsPage {
    GiftCardsPage { currencies: Vec::new(), issued: None, found: None, key: String::new(), draft }
}

pub(crate) async fn show(State(site): State<Site>, caller: Caller) -> Api<Response> {
    caller.require_read(Scope::Admin)?;
    Ok(answer(&site, &caller, nothing(Draft::default())))
}

/// 80 bits in four groups of four, from the random key that the form was rendered with: sending the form twice asks for
/// the same card, which is issued once.
fn code(site: &Site, fields: &Fields) -> String {
    let digest = http_kit::fingerprint(&[b"gift card of a form", key_of(site, fields).0.as_bytes()]);
    let letters: Vec<char> = digest[..16].iter().map(|b| char::from(ALPHABET[usize::from(b % 32)])).collect();
    letters.chunks(4).map(|group| group.iter().collect::<String>()).collect::<Vec<_>>().join("-")
}

async fn issued(site: &Site, caller: &Caller, fields: &Fields, code: &str) -> Result<GiftCardView, Failure> {
    let mut read = Reading::new(fields);
    let currency = site.currencies().into_iter().find(|currency| currency.code() == fields.text("currency"));
    let amount = currency.and_then(|currency| read.money("amount", currency)).filter(|money| money.amount_minor > 0);
    if amount.is_none() {
        read.wrong("amount", "required", "A gift card holds a positive amount.");
    }
    read.done()?;
    let amount = amount.ok_or_else(|| Failure::not_found("amount"))?;
    site.handles().vouchers.issue_gift_card(site.store(), &Secret::new(code.to_owned()), amount, caller.actor()).await
}

/// Answers with the page itself and not with a redirect: the code is kept nowhere that it could be read from again.
pub(crate) async fn issue(State(site): State<Site>, caller: Caller, fields: Fields) -> Api<Response> {
    caller.require(Scope::Admin)?;
    let code = code(&site, &fields);
    match issued(&site, &caller, &fields, &code).await {
        Ok(card) => {
            let data = GiftCardsPage { issued: Some((code, card.balance)), ..nothing(Draft::default()) };
            Ok(answer(&site, &caller, data))
        }
        Err(failure) => Ok(answer(&site, &caller, nothing(Draft::new("issue", fields, shown_again(failure)?)))),
    }
}

/// A post, so that the code stands in no address and no log.
pub(crate) async fn look_up(State(site): State<Site>, caller: Caller, fields: Fields) -> Api<Response> {
    caller.require_read(Scope::Admin)?;
    let code = Secret::new(fields.text("code").chars().take(64).collect());
    let data = match site.handles().vouchers.gift_card(site.store(), &code).await? {
        Some(card) => GiftCardsPage { found: Some(card.balance), ..nothing(Draft::default()) },
        None => {
            let failure = Failure::field("/code", "unknown_gift_card", "There is no card with this code.");
            nothing(Draft::new("look", Fields::default(), failure))
        }
    };
    Ok(answer(&site, &caller, data))
}
