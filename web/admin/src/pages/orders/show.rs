//! `GET /admin/orders/{id}`.

use axum::extract::State;
use axum::response::Response;
use contracts::identity::Scope;
use http_kit::{Api, Caller, Path};
use kernel::{ErrorKind, OrderId};

use super::find;
use super::view::{OrderPage, order_page};
use crate::form::{Asked, Draft, Fields};
use crate::layout::Section;
use crate::pages::status_of;
use crate::respond::page;
use crate::site::{Site, key_of};

pub(crate) async fn show(
    State(site): State<Site>,
    caller: Caller,
    Path(id): Path<OrderId>,
    Asked(asked): Asked,
) -> Api<Response> {
    caller.require_read(Scope::Orders)?;
    answer(&site, &caller, id, Draft::default(), &asked).await
}

pub(super) async fn answer(site: &Site, caller: &Caller, id: OrderId, draft: Draft, asked: &Fields) -> Api<Response> {
    let order = find(site, id).await?;
    let history = site.handles().history.history(site.store(), id).await?;
    // What may have been done in spite of the failure is repeated under the same key; what was refused is a new try.
    let unsure = draft.failure.as_ref().is_some_and(|failure| failure.kind == ErrorKind::Unavailable);
    let key = if unsure { key_of(site, &draft.fields).0 } else { site.form_key() };
    let status = status_of(draft.failure.as_ref());
    let ctx = site.context(caller, Section::Orders).after(asked);
    Ok(page(status, order_page(&ctx, &OrderPage { order, history, key, draft })))
}
