//! `/account/addresses`: the address book.

use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use contracts::address::Address;
use contracts::identity::{NewSavedAddress, SavedAddress};
use http_kit::Caller;
use kernel::{AddressId, ErrorKind, FieldError};
use maud::{Markup, html};

use super::view::{self, Input};
use super::{faults, signed_in};
use crate::form::Fields;
use crate::format::{country, country_choices};
use crate::layout::{self, Head};
use crate::pages::checkout::form::first_country;
use crate::pages::error;
use crate::respond::{private, see_other};
use crate::site::{PageContext, Site};

/// What the page shows: the book with an empty form, or the form of one address.
pub(crate) struct AddressesPage {
    pub(crate) saved: Vec<SavedAddress>,
    /// The address that is changed; none when one is added.
    pub(crate) changed: Option<AddressId>,
    pub(crate) typed: Address,
    pub(crate) default: bool,
    pub(crate) errors: Vec<FieldError>,
}

pub(crate) fn addresses_page(ctx: &PageContext<'_>, data: &AddressesPage) -> Markup {
    let t = ctx.phrases.account;
    let head = Head { title: t.addresses.to_owned(), ..Head::default() };
    let main = html! {
        header.page-header {
            h1 { (t.addresses) }
            p { a href="/account" { (t.back_to_account) } }
        }
        @if data.changed.is_none() {
            @if data.saved.is_empty() { p.muted { (t.no_addresses) } }
            ul.cards role="list" { @for saved in &data.saved { (card(ctx, saved)) } }
        }
        section.band aria-labelledby="form" {
            h2 #form { (if data.changed.is_some() { t.change_address } else { t.add_address }) }
            (form(ctx, data))
        }
    };
    layout::page(ctx, &head, &main)
}

fn card(ctx: &PageContext<'_>, saved: &SavedAddress) -> Markup {
    let t = ctx.phrases.account;
    let address = &saved.address;
    html! {
        li {
            p { strong { (address.name) } }
            p { (address.line1) @if let Some(line2) = &address.line2 { ", " (line2) } }
            p { (address.postal_code) " " (address.city) ", " (country(&ctx.here.market.locale, &address.country)) }
            @if saved.default { p.muted.small { (t.default_address) } }
            form.actions method="post" action={ "/account/addresses/" (saved.id) } {
                a.button.secondary href={ "/account/addresses/" (saved.id) } { (t.edit) }
                button.secondary type="submit" name="intent" value="remove" { (t.remove) }
            }
        }
    }
}

fn form(ctx: &PageContext<'_>, data: &AddressesPage) -> Markup {
    let (t, words) = (ctx.phrases.account, ctx.phrases);
    let typed = &data.typed;
    let action = data.changed.map_or_else(|| "/account/addresses".to_owned(), |id| format!("/account/addresses/{id}"));
    let text = |name, label, value, autocomplete, required, max| {
        let field = Input { name, label, value, kind: "text", autocomplete, required, max, hint: None };
        view::input(ctx, &data.errors, &field)
    };
    let choices = country_choices(&ctx.here.market.locale, &[]);
    html! {
        form.stack method="post" action=(action) {
            (text("name", words.full_name, &typed.name, "name", true, 200))
            (text("line1", words.street, &typed.line1, "address-line1", true, 200))
            (text("line2", words.street_extra, typed.line2.as_deref().unwrap_or(""), "address-line2", false, 200))
            (text("postal_code", words.postal_code, &typed.postal_code, "postal-code", true, 20))
            (text("city", words.city, &typed.city, "address-level2", true, 200))
            (text("region", words.region, typed.region.as_deref().unwrap_or(""), "address-level1", false, 200))
            div.field {
                label for="country" { (words.country) }
                select #country name="country" required autocomplete="country" {
                    @for (code, label) in &choices {
                        option value=(code) selected[*code == typed.country] { (label) }
                    }
                }
            }
            label.check {
                input type="checkbox" name="default" value="1" checked[data.default];
                span { (t.make_default) }
            }
            p.actions { button type="submit" { (t.save) } }
        }
    }
}

#[cfg(test)]
pub(crate) fn samples() -> Vec<AddressesPage> {
    use crate::goods::HOSTILE;
    let hostile = || Address {
        name: HOSTILE.to_owned(),
        line1: HOSTILE.to_owned(),
        line2: Some(HOSTILE.to_owned()),
        city: HOSTILE.to_owned(),
        region: None,
        postal_code: HOSTILE.to_owned(),
        country: "DE".to_owned(),
    };
    let id: AddressId = "00000000-0000-7000-8000-000000000001".parse().unwrap();
    let saved = vec![SavedAddress { id, default: true, address: hostile() }];
    let error = FieldError { pointer: "/address/city".to_owned(), code: "required".to_owned(), detail: String::new() };
    vec![
        AddressesPage { saved, changed: None, typed: empty("DE"), default: false, errors: Vec::new() },
        AddressesPage { saved: Vec::new(), changed: Some(id), typed: hostile(), default: true, errors: vec![error] },
    ]
}

fn empty(country: &str) -> Address {
    Address {
        name: String::new(),
        line1: String::new(),
        line2: None,
        city: String::new(),
        region: None,
        postal_code: String::new(),
        country: country.to_owned(),
    }
}

fn typed(fields: &Fields, country: &str) -> NewSavedAddress {
    let text = |name: &str| fields.text(name).to_owned();
    let optional = |name: &str| fields.get(name).map(str::to_owned);
    let address = Address {
        name: text("name"),
        line1: text("line1"),
        line2: optional("line2"),
        city: text("city"),
        region: optional("region"),
        postal_code: text("postal_code"),
        country: optional("country").unwrap_or_else(|| country.to_owned()),
    };
    NewSavedAddress { address, default: fields.get("default").is_some() }
}

fn shown(site: &Site, status: StatusCode, page: &AddressesPage) -> Response {
    private(status, addresses_page(&site.context("/account"), page))
}

pub(crate) async fn list(State(site): State<Site>, caller: Caller, headers: HeaderMap) -> Response {
    let (site, id, _) = match signed_in(&site, &headers, &caller) {
        Ok(found) => found,
        Err(answer) => return answer,
    };
    let handles = &site.shop.handles;
    match handles.customers.addresses(handles.store, id).await {
        Ok(saved) => {
            let typed = empty(&first_country(&site));
            let page = AddressesPage { saved, changed: None, typed, default: false, errors: Vec::new() };
            shown(&site, StatusCode::OK, &page)
        }
        Err(failure) => error::failure(&site, &failure),
    }
}

pub(crate) async fn add(State(site): State<Site>, caller: Caller, headers: HeaderMap, fields: Fields) -> Response {
    let (site, id, _) = match signed_in(&site, &headers, &caller) {
        Ok(found) => found,
        Err(answer) => return answer,
    };
    let (handles, new) = (&site.shop.handles, typed(&fields, &first_country(&site)));
    match handles.customers.add_address(handles.store, id, new.clone()).await.map_err(faults) {
        Ok(_) => see_other("/account/addresses"),
        Err(Ok(errors)) => {
            let saved = handles.customers.addresses(handles.store, id).await.unwrap_or_default();
            let NewSavedAddress { address: typed, default } = new;
            let page = AddressesPage { saved, changed: None, typed, default, errors };
            shown(&site, StatusCode::UNPROCESSABLE_ENTITY, &page)
        }
        Err(Err(failure)) => error::failure(&site, &failure),
    }
}

pub(crate) async fn edit(
    State(site): State<Site>,
    caller: Caller,
    headers: HeaderMap,
    Path(address): Path<String>,
) -> Response {
    let (site, id, _) = match signed_in(&site, &headers, &caller) {
        Ok(found) => found,
        Err(answer) => return answer,
    };
    let handles = &site.shop.handles;
    let saved = match handles.customers.addresses(handles.store, id).await {
        Ok(saved) => saved.into_iter().find(|saved| saved.id.to_string() == address),
        Err(failure) => return error::failure(&site, &failure),
    };
    let Some(SavedAddress { id, default, address }) = saved else { return error::not_found(&site) };
    let page = AddressesPage { saved: Vec::new(), changed: Some(id), typed: address, default, errors: Vec::new() };
    shown(&site, StatusCode::OK, &page)
}

/// `POST /account/addresses/{id}`: changes it, or removes it.
pub(crate) async fn change(
    State(site): State<Site>,
    caller: Caller,
    headers: HeaderMap,
    Path(address): Path<String>,
    fields: Fields,
) -> Response {
    let (site, id, _) = match signed_in(&site, &headers, &caller) {
        Ok(found) => found,
        Err(answer) => return answer,
    };
    let Ok(address) = address.parse::<AddressId>() else { return error::not_found(&site) };
    let handles = &site.shop.handles;
    if fields.text("intent") == "remove" {
        return match handles.customers.remove_address(handles.store, id, address).await {
            Err(failure) if failure.kind != ErrorKind::NotFound => error::failure(&site, &failure),
            _ => see_other("/account/addresses"),
        };
    }
    let new = typed(&fields, &first_country(&site));
    match handles.customers.put_address(handles.store, id, address, new.clone()).await.map_err(faults) {
        Ok(_) => see_other("/account/addresses"),
        Err(Ok(errors)) => {
            let NewSavedAddress { address: typed, default } = new;
            let page = AddressesPage { saved: Vec::new(), changed: Some(address), typed, default, errors };
            shown(&site, StatusCode::UNPROCESSABLE_ENTITY, &page)
        }
        Err(Err(failure)) => error::failure(&site, &failure),
    }
}
