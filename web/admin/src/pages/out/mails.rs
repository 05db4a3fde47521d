//! `/admin/mails`: what became of the shop's mails, and what each looks like.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use contracts::identity::Scope;
use contracts::notification::{MailFilter, MailPreview, MailStatus, MailTemplate, MailView};
use http_kit::{Api, Caller, Path};
use kernel::{Failure, MailId, Page};
use maud::{Markup, html};

use crate::form::{Asked, Draft, Fields};
use crate::layout::{self, Section};
use crate::pages::page_of;
use crate::parts::{Field, Form, button, choices, label, maybe_time, pager, said, state, table, time};
use crate::respond::{page, see_other};
use crate::site::{PageContext, Site};

const STATUS: [MailStatus; 4] = [MailStatus::Queued, MailStatus::Sent, MailStatus::Failed, MailStatus::Dropped];

/// What the page shows.
pub(crate) struct MailsPage {
    pub(crate) status: String,
    pub(crate) order: String,
    pub(crate) first: bool,
    pub(crate) mails: Page<MailView>,
}

pub(crate) fn mails_page(ctx: &PageContext, data: &MailsPage) -> Markup {
    let draft = Draft::default();
    let form = Form::new("filter", &draft);
    let mut states = vec![(String::new(), "Any".to_owned())];
    states.extend(choices(STATUS.iter().map(|status| status.name())));
    let rows: Vec<Markup> = data
        .mails
        .items
        .iter()
        .map(|mail| {
            let again = matches!(mail.status, MailStatus::Failed | MailStatus::Queued);
            html! {
                tr {
                    td { (label(mail.template.name())) }
                    td { (state(mail.status)) @if let Some(error) = &mail.last_error { br; (said(error)) } }
                    td { @if let Some(order) = mail.order_id { a href=(format!("/admin/orders/{order}")) { "Order" } } @else { "–" } }
                    td.number { (mail.tries) }
                    td { (time(mail.created_at)) }
                    td { (maybe_time(mail.sent_at.or(mail.next_at))) }
                    td { @if again { (button(&format!("/admin/mails/{}/retry", mail.id), None, "quiet", "Try now")) } }
                }
            }
        })
        .collect();
    let heads = ["Mail", "State", "About", "Tries", "Written", "Sent or next try", ""];
    let body = html! {
        form.bar-form.card method="get" action="/admin/mails" {
            (form.select(&Field::new("status", "State").value(&data.status), &states))
            @if !data.order.is_empty() { input type="hidden" name="order" value=(data.order); }
            p.actions { button type="submit" { "Show" } }
        }
        (table("Mails", &heads, &rows, "No such mails."))
        (pager("/admin/mails", &[("status", &data.status), ("order", &data.order)], data.mails.next_cursor.as_deref(), data.first))
        section.card {
            h2 { "What they look like" }
            ul.tabs {
                @for template in MailTemplate::ALL {
                    li { a href=(format!("/admin/mails/preview/{}", template.name())) { (label(template.name())) } }
                }
            }
        }
    };
    layout::page(ctx, "Mails", &body)
}

#[cfg(test)]
pub(crate) fn samples() -> Vec<MailsPage> {
    use crate::samples::{HOSTILE, mail};
    let mails = Page { items: vec![mail(MailStatus::Failed), mail(MailStatus::Sent)], next_cursor: Some(HOSTILE()) };
    vec![MailsPage { status: HOSTILE(), order: HOSTILE(), first: false, mails }]
}

/// What the preview shows.
pub(crate) struct PreviewPage {
    pub(crate) template: MailTemplate,
    pub(crate) locales: Vec<String>,
    pub(crate) preview: MailPreview,
}

/// The text of the mail; its HTML is made of the same words.
pub(crate) fn preview_page(ctx: &PageContext, data: &PreviewPage) -> Markup {
    let name = data.template.name();
    let body = html! {
        p { a href="/admin/mails" { "Mails" } }
        ul.tabs {
            @for locale in &data.locales { li { a href=(format!("/admin/mails/preview/{name}?locale={}", crate::parts::encoded(locale))) { (said(locale)) } } }
        }
        section.card { h2 { (said(&data.preview.subject)) } pre { (data.preview.text) } }
    };
    layout::page(ctx, &label(name), &body)
}

#[cfg(test)]
pub(crate) fn preview_samples() -> Vec<PreviewPage> {
    use crate::samples::HOSTILE;
    let preview = MailPreview { subject: HOSTILE(), text: HOSTILE(), html: HOSTILE() };
    vec![PreviewPage { template: MailTemplate::LowStock, locales: vec!["en".to_owned(), HOSTILE()], preview }]
}

pub(crate) async fn show(State(site): State<Site>, caller: Caller, Asked(asked): Asked) -> Api<Response> {
    caller.require(Scope::Notifications)?;
    let status = MailStatus::from_name(asked.text("status"));
    let order = asked.text("order").parse().ok();
    let mails = site.handles().mails.mails(site.store(), MailFilter { status, order }, page_of(&asked)).await?;
    let data = MailsPage {
        status: status.map_or(String::new(), |status| status.name().to_owned()),
        order: order.map_or(String::new(), |order: kernel::OrderId| order.to_string()),
        first: asked.get("cursor").is_none(),
        mails,
    };
    Ok(page(StatusCode::OK, mails_page(&site.context(&caller, Section::Mails).after(&asked), &data)))
}

pub(crate) async fn retry(
    State(site): State<Site>,
    caller: Caller,
    Path(id): Path<MailId>,
    _fields: Fields,
) -> Api<Response> {
    caller.require(Scope::Notifications)?;
    site.handles().mails.retry(site.store(), id).await?;
    Ok(see_other("/admin/mails?done=retried"))
}

pub(crate) async fn preview(
    State(site): State<Site>,
    caller: Caller,
    Path(template): Path<String>,
    Asked(asked): Asked,
) -> Api<Response> {
    caller.require(Scope::Notifications)?;
    let template = MailTemplate::from_name(&template).ok_or_else(|| Failure::not_found("mail"))?;
    let locales = site.locales();
    let locale = locales.iter().find(|locale| asked.get("locale") == Some(locale)).unwrap_or(&locales[0]);
    let preview = site.handles().mails.preview(template, locale);
    let ctx = site.context(&caller, Section::Mails);
    Ok(page(StatusCode::OK, preview_page(&ctx, &PreviewPage { template, locales, preview })))
}
