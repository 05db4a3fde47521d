//! `/admin/fulfilments/{id}`: one parcel's way out, its label, and the next step.

use axum::extract::State;
use axum::response::Response;
use contracts::fulfilment::{AdvanceFulfilment, FulfilmentState, FulfilmentView};
use contracts::identity::Scope;
use http_kit::{Api, Caller, Path};
use kernel::{Failure, FulfilmentId};
use maud::{Markup, html};

use crate::form::{Asked, Draft, Fields, Reading};
use crate::layout::{self, Section};
use crate::pages::{shown_again, status_of};
use crate::parts::{Field, Form, choices, said, state, time};
use crate::respond::{document, page, see_other};
use crate::site::{PageContext, Site};

/// What the page shows.
pub(crate) struct FulfilmentPage {
    pub(crate) fulfilment: FulfilmentView,
    pub(crate) draft: Draft,
}

/// The states that come after `now`.
fn next(now: FulfilmentState) -> Vec<&'static str> {
    if matches!(now, FulfilmentState::Delivered | FulfilmentState::Cancelled) {
        return Vec::new();
    }
    FulfilmentState::ALL.into_iter().filter(|state| *state > now).map(FulfilmentState::name).collect()
}

pub(crate) fn fulfilment_page(ctx: &PageContext, data: &FulfilmentPage) -> Markup {
    let one = &data.fulfilment;
    let form = Form::new("advance", &data.draft);
    let base = format!("/admin/fulfilments/{}", one.id);
    let next = next(one.state);
    let title = format!("Fulfilment of order {}", one.number);
    let body = html! {
        p.muted {
            (state(one.state)) " " (time(one.updated_at)) " · from " (said(&one.location)) " · "
            a href=(format!("/admin/orders/{}", one.order_id)) { "Order" } " · "
            a href=(format!("/admin/orders/{}/packing-slip.pdf", one.order_id)) { "Packing slip" }
            @if one.tracking.is_some() && ctx.may(Scope::Fulfilment) { " · " a href=(format!("{base}/label")) { "Label" } }
        }
        @if let Some(why) = &one.reason { p.notice.wait { (said(why)) } }
        section.card {
            h2 { "Units" }
            ul { @for line in &one.lines { li { (line.quantity) " × " (said(&line.title)) " " code { (said(line.sku.as_str())) } } } }
            @if let Some(to) = &one.address {
                h2 { "To" }
                p { (said(&to.name)) br; (said(&to.line1)) br; (said(&to.postal_code)) " " (said(&to.city)) br; (said(&to.country)) }
            }
        }
        @if !one.tracking_updates.is_empty() {
            section.card {
                h2 { "On its way" }
                ol.timeline { @for update in one.tracking_updates.iter().rev() { li { (time(update.at)) " " (state(update.status)) " " (said(&update.place)) } } }
            }
        }
        @if !next.is_empty() && ctx.may(Scope::Fulfilment) {
            form.card method="post" action=(base) {
                h2 { "Next step" }
                (form.complaint())
                div.fields {
                    (form.select(&Field::new("state", "It is now"), &choices(next)))
                    (form.input(&Field::new("carrier", "Carrier").hint("Empty: the shop's first one.")))
                    (form.input(&Field::new("tracking", "Tracking number").hint("Only for a carrier that the shop does not know.")))
                    (form.input(&Field::new("reason", "Reason").hint("When it is cancelled.")))
                }
                p.actions { button type="submit" { "Go on" } }
            }
        }
    };
    layout::page(ctx, &title, &body)
}

#[cfg(test)]
pub(crate) fn samples() -> Vec<FulfilmentPage> {
    use crate::samples::{draft, fulfilment};
    let delivered = FulfilmentView { state: FulfilmentState::Delivered, ..fulfilment() };
    vec![
        FulfilmentPage {
            fulfilment: fulfilment(),
            draft: draft("advance", &["state", "carrier", "tracking", "reason"]),
        },
        FulfilmentPage { fulfilment: delivered, draft: Draft::default() },
    ]
}

async fn answer(site: &Site, caller: &Caller, id: FulfilmentId, draft: Draft, asked: &Fields) -> Api<Response> {
    let fulfilment = site.handles().fulfilments.fulfilment(site.store(), id).await?;
    let status = status_of(draft.failure.as_ref());
    let ctx = site.context(caller, Section::Fulfilments).after(asked);
    Ok(page(status, fulfilment_page(&ctx, &FulfilmentPage { fulfilment, draft })))
}

pub(crate) async fn show(
    State(site): State<Site>,
    caller: Caller,
    Path(id): Path<FulfilmentId>,
    Asked(asked): Asked,
) -> Api<Response> {
    caller.require_read(Scope::Fulfilment)?;
    answer(&site, &caller, id, Draft::default(), &asked).await
}

fn read(fields: &Fields) -> Result<AdvanceFulfilment, Failure> {
    let mut read = Reading::new(fields);
    let (carrier, tracking) = (read.optional_line("carrier", 100), read.optional_line("tracking", 200));
    let reason = read.optional_line("reason", 500);
    let state = FulfilmentState::from_name(fields.text("state"));
    if state.is_none() {
        read.wrong("state", "required", "Choose how far it is.");
    }
    read.done()?;
    let state = state.ok_or_else(|| Failure::not_found("state"))?;
    Ok(AdvanceFulfilment { state, carrier, tracking, reason })
}

/// Taking a step twice changes nothing, so no key is needed.
pub(crate) async fn advance(
    State(site): State<Site>,
    caller: Caller,
    Path(id): Path<FulfilmentId>,
    fields: Fields,
) -> Api<Response> {
    caller.require(Scope::Fulfilment)?;
    let outcome = match read(&fields) {
        Ok(step) => site.handles().fulfilments.advance(site.store(), id, step).await,
        Err(failure) => Err(failure),
    };
    match outcome {
        Ok(_) => Ok(see_other(&format!("/admin/fulfilments/{id}?done=advanced"))),
        Err(failure) => {
            let draft = Draft::new("advance", fields, shown_again(failure)?);
            answer(&site, &caller, id, draft, &Fields::default()).await
        }
    }
}

pub(crate) async fn label(State(site): State<Site>, caller: Caller, Path(id): Path<FulfilmentId>) -> Api<Response> {
    caller.require(Scope::Fulfilment)?;
    let label = site.handles().fulfilments.label(site.store(), id).await?;
    let ending = if label.content_type == "application/pdf" { "pdf" } else { "svg" };
    Ok(document(label.content_type, &format!("label-{id}.{ending}"), label.bytes))
}
