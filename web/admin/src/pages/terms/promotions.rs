//! `GET /admin/promotions`: every promotion with what it does and how it stands, to switch and to end; and where a new one
//! begins.

use std::collections::BTreeMap;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use contracts::identity::Scope;
use contracts::selling::{Promotion, PromotionState, Seen, TermsDocument, TermsKind};
use http_kit::{Api, Caller, Path};
use kernel::Failure;
use maud::{Markup, html};

use super::document::explained;
use super::forms::promotion::{EFFECTS, choices, words};
use super::forms::{Choices, money_and_words};
use crate::form::{Asked, Fields};
use crate::layout::{self, Section};
use crate::pages::ROWS;
use crate::parts::{encoded, label, name_of, pager, said, state, table};
use crate::respond::{page, see_other};
use crate::site::{PageContext, Site};

const PATH: &str = "/admin/promotions";
/// The most codes of one that the list names.
const CODES: usize = 3;
const STATES: [PromotionState; 5] = [
    PromotionState::Active,
    PromotionState::Planned,
    PromotionState::Ended,
    PromotionState::UsedUp,
    PromotionState::Off,
];

/// What the page shows.
pub(crate) struct PromotionsPage {
    pub(crate) promotions: Vec<(Promotion, PromotionState)>,
    /// How many there are in each state.
    pub(crate) counts: BTreeMap<String, usize>,
    /// The state that is asked for; empty for all.
    pub(crate) asked: String,
    pub(crate) choices: Choices,
    pub(crate) next_cursor: Option<String>,
    pub(crate) first: bool,
}

pub(crate) fn promotions_page(ctx: &PageContext, data: &PromotionsPage) -> Markup {
    let locale = data.choices.locales.first().map_or("en", String::as_str);
    let may = ctx.may(Scope::Promotions);
    let rows: Vec<Markup> = data
        .promotions
        .iter()
        .map(|(one, standing)| {
            let address = format!("{PATH}/{}", encoded(&one.handle));
            html! {
                tr {
                    td { a href=(address) { (said(one.name.get(locale))) } br; code { (said(&one.handle)) } }
                    td { (state(standing)) }
                    td {
                        (said(&words::effect(one, &data.choices)))
                        @if let Some(when) = words::when(one) { br; span.muted { "Holds " (said(&when)) } }
                    }
                    td { (codes(&one.codes)) }
                    @if may { td { (buttons(&address, one.version, *standing)) } }
                }
            }
        })
        .collect();
    let heads = ["Name", "State", "What it does", "Codes", "Change"];
    let heads = if may { &heads[..] } else { &heads[..4] };
    let none = if data.asked.is_empty() { "None yet." } else { "None of these." };
    let all: usize = data.counts.values().sum();
    let body = html! {
        ul.tabs aria-label="Promotions by state" {
            li { a href=(PATH) aria-current=[data.asked.is_empty().then_some("true")] { "All (" (all) ")" } }
            @for one in STATES {
                @let name = name_of(one);
                li {
                    a href=(format!("{PATH}?state={name}")) aria-current=[(data.asked == name).then_some("true")] {
                        (label(&name)) " (" (data.counts.get(&name).copied().unwrap_or(0)) ")"
                    }
                }
            }
        }
        (table("Promotions", heads, &rows, none))
        (pager(PATH, &[("state", &data.asked)], data.next_cursor.as_deref(), data.first))
        @if may {
            section.stack #new {
                h2 { "New promotion" }
                ul.cards.choices {
                    @for (name, title, example) in EFFECTS {
                        li.figure { a href=(format!("{PATH}/new?effect={name}")) { (title) } span { (example) } }
                    }
                }
            }
        }
    };
    layout::page(ctx, "Promotions", &body)
}

fn codes(codes: &[String]) -> Markup {
    html! {
        @if codes.is_empty() { "Applies by itself" }
        @for code in codes.iter().take(CODES) { code { (said(code)) } " " }
        @if codes.len() > CODES { "and " (codes.len() - CODES) " more" }
    }
}

/// What can be done with a promotion in this state, besides editing it.
pub(super) fn buttons(address: &str, version: u64, standing: PromotionState) -> Markup {
    let (enabled, words) = if standing == PromotionState::Off { ("yes", "Switch on") } else { ("no", "Switch off") };
    html! {
        div.actions {
            form.inline method="post" action=(format!("{address}/switch")) {
                input type="hidden" name="version" value=(version);
                input type="hidden" name="enabled" value=(enabled);
                button.quiet type="submit" { (words) }
            }
            @if matches!(standing, PromotionState::Active | PromotionState::UsedUp) {
                form.inline method="post" action=(format!("{address}/end")) {
                    input type="hidden" name="version" value=(version);
                    button.quiet type="submit" { "End now" }
                }
            }
        }
    }
}

#[cfg(test)]
pub(crate) fn samples() -> Vec<PromotionsPage> {
    use crate::samples::{HOSTILE, promotions};
    let locales = vec!["en".to_owned()];
    let choices = || Choices { locales: locales.clone(), ..Choices::default() };
    let all = promotions().into_iter().zip(STATES.into_iter().cycle()).collect();
    vec![
        PromotionsPage {
            promotions: all,
            counts: STATES.iter().map(|one| (name_of(one), 7)).collect(),
            asked: HOSTILE(),
            choices: choices(),
            next_cursor: Some(HOSTILE()),
            first: false,
        },
        PromotionsPage {
            promotions: Vec::new(),
            counts: BTreeMap::new(),
            asked: String::new(),
            choices: choices(),
            next_cursor: None,
            first: true,
        },
    ]
}

pub(crate) async fn show(State(site): State<Site>, caller: Caller, Asked(asked): Asked) -> Api<Response> {
    caller.require_read(Scope::Promotions)?;
    let (terms, store) = (&site.handles().terms, site.store());
    let states = terms.promotion_states(store).await?;
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    let (wanted, after) = (asked.text("state"), asked.text("cursor"));
    let mut promotions = Vec::new();
    for document in terms.documents(store, TermsKind::Promotion).await? {
        let TermsDocument::Promotion(one) = document else { continue };
        // One that was written since the states were read shows at the next look.
        let Some(standing) = states.get(&one.handle).copied() else { continue };
        let name = name_of(standing);
        if (wanted.is_empty() || wanted == name) && one.handle.as_str() > after {
            promotions.push((one, standing));
        }
        *counts.entry(name).or_default() += 1;
    }
    let more = promotions.len() > ROWS as usize;
    promotions.truncate(ROWS as usize);
    let next_cursor = promotions.last().filter(|_| more).map(|(one, _)| one.handle.clone());
    let mut known = money_and_words(&site);
    choices(&site, None, &mut known).await?;
    let data = PromotionsPage {
        promotions,
        counts,
        asked: wanted.to_owned(),
        choices: known,
        next_cursor,
        first: after.is_empty(),
    };
    let ctx = site.context(&caller, Section::Promotions).after(&asked);
    Ok(page(StatusCode::OK, promotions_page(&ctx, &data)))
}

/// Writes the promotion as `change` leaves it, when it is still the version that the button was made for.
async fn changed(
    site: &Site,
    caller: &Caller,
    handle: &str,
    fields: &Fields,
    change: impl FnOnce(&mut Promotion),
) -> Result<(), Failure> {
    let terms = &site.handles().terms;
    let found = terms.document(site.store(), TermsKind::Promotion, handle).await?;
    let Some(TermsDocument::Promotion(mut promotion)) = found else { return Err(Failure::not_found("promotion")) };
    change(&mut promotion);
    let seen = fields.text("version").parse().map_or(Seen::Nothing, Seen::Version);
    let document = TermsDocument::Promotion(promotion);
    terms.put(site.store(), document, seen, caller.actor()).await.map_err(explained)?;
    Ok(())
}

pub(crate) async fn switch(
    State(site): State<Site>,
    caller: Caller,
    Path(handle): Path<String>,
    fields: Fields,
) -> Api<Response> {
    caller.require(Scope::Promotions)?;
    let enabled = fields.text("enabled") == "yes";
    changed(&site, &caller, &handle, &fields, |promotion| promotion.enabled = enabled).await?;
    let done = if enabled { "promotion-on" } else { "promotion-off" };
    Ok(see_other(&format!("{PATH}?done={done}")))
}

/// The moment at which a promotion that has begun at `starts_at` can end now: the minute that began last, unless it began
/// after that.
fn end_of(now: String, starts_at: Option<&str>) -> String {
    match now.get(..16) {
        Some(minute) if starts_at.is_none_or(|start| start < minute) => minute.to_owned(),
        _ => now,
    }
}

pub(crate) async fn end(
    State(site): State<Site>,
    caller: Caller,
    Path(handle): Path<String>,
    fields: Fields,
) -> Api<Response> {
    caller.require(Scope::Promotions)?;
    let now = site.handles().terms.local_now(site.store()).await?;
    let ended = |promotion: &mut Promotion| {
        promotion.ends_at = Some(end_of(now, promotion.starts_at.as_deref()));
    };
    changed(&site, &caller, &handle, &fields, ended).await?;
    Ok(see_other(&format!("{PATH}?done=promotion-ended")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_end_is_a_whole_minute_when_it_can_be() {
        let end = |starts_at| end_of("2026-11-22T14:05:33".to_owned(), starts_at);
        assert_eq!(end(None), "2026-11-22T14:05");
        assert_eq!(end(Some("2026-11-22T14:04")), "2026-11-22T14:05");
        assert_eq!(end(Some("2026-11-22T14:05")), "2026-11-22T14:05:33");
    }
}
