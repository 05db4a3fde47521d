//! Forms for what most shops need: a flat rate to some countries, a tax rate.

use axum::extract::State;
use axum::response::Response;
use contracts::identity::Scope;
use contracts::market::Texts;
use contracts::selling::{
    Seen, ShippingBasis, ShippingMethod, ShippingStep, ShippingZone, TaxRate, TaxZone, TermsDocument,
};
use http_kit::{Api, Caller};
use kernel::{Failure, Money};
use maud::{Markup, html};

use super::list::{TermsPage, answer};
use super::{Kind, kind_of};
use crate::form::{Draft, Fields, Reading};
use crate::pages::shown_again;
use crate::parts::{Field, Form};
use crate::respond::see_other;
use crate::site::Site;

const HANDLE_HINT: &str = "Small letters, digits and hyphens; it does not change later.";

pub(super) fn shipping_form(data: &TermsPage) -> Markup {
    let form = Form::new("simple", &data.draft);
    html! {
        form.card method="post" action="/admin/shipping-zones/new/simple" {
            h2 { "New zone with a flat rate" }
            (form.complaint())
            div.fields {
                (form.input(&Field::new("name", "Zone").required()))
                (form.input(&Field::new("handle", "Handle").required().hint(HANDLE_HINT)))
                (form.input(&Field::new("countries", "Countries").hint("Codes such as AT, CH; empty for everywhere.")))
                (form.input(&Field::new("position", "Position").kind("count").value("0").hint("The first zone that has an address serves it.")))
                (form.input(&Field::new("method", "Method").required().value("Standard")))
                @for currency in &data.currencies {
                    (form.input(&Field::new(&format!("amount-{currency}"), &format!("Price in {currency}")).kind("money")))
                    (form.input(&Field::new(&format!("free-{currency}"), &format!("Free from {currency}")).kind("money")))
                }
                (form.input(&Field::new("days_min", "Working days, from").kind("count").value("2")))
                (form.input(&Field::new("days_max", "to").kind("count").value("4")))
            }
            p.actions { button type="submit" { "Deliver there" } }
        }
    }
}

pub(super) fn tax_form(data: &TermsPage) -> Markup {
    let form = Form::new("simple", &data.draft);
    html! {
        form.card method="post" action="/admin/tax-zones/new/simple" {
            h2 { "New tax" }
            (form.complaint())
            div.fields {
                (form.input(&Field::new("country", "Country").required().hint("Code such as CH.")))
                (form.input(&Field::new("name", "Name on invoices").required().value("VAT")))
                (form.input(&Field::new("percent", "Standard rate, percent").kind("percent").required()))
                (form.input(&Field::new("reduced", "Reduced rate, percent").kind("percent")))
            }
            p.actions { button type="submit" { "Tax this country" } }
        }
    }
}

fn amounts(site: &Site, read: &mut Reading<'_>, name: &str) -> Vec<Money> {
    site.currencies().into_iter().filter_map(|currency| read.money(&format!("{name}-{currency}"), currency)).collect()
}

fn read_shipping(site: &Site, fields: &Fields) -> Result<TermsDocument, Failure> {
    let mut read = Reading::new(fields);
    let (name, handle) = (read.line("name", 1, 100), read.line("handle", 1, 30));
    let method = read.line("method", 1, 100);
    let prices = amounts(site, &mut read, "amount");
    if prices.is_empty() {
        read.wrong("method", "required", "Say what it costs, in one currency at least.");
    }
    let free_from = amounts(site, &mut read, "free");
    let mut days = |name: &str| u16::try_from(read.integer(name, 0, 365).unwrap_or(0)).unwrap_or(0);
    let (days_min, days_max) = (days("days_min"), days("days_max"));
    let position = i32::try_from(read.integer("position", -1000, 1000).unwrap_or(0)).unwrap_or(0);
    read.done()?;
    let countries = fields.text("countries").split([',', ' ']).filter(|code| !code.is_empty());
    let countries = countries.map(str::to_ascii_uppercase).collect();
    let method = ShippingMethod {
        handle: "standard".to_owned(),
        name: Texts([(site.handles().markets[0].locale.clone(), method)].into()),
        by: ShippingBasis::Nothing,
        steps: vec![ShippingStep { up_to: None, prices }],
        free_from,
        days_min,
        days_max,
        pick_up: None,
    };
    let zone =
        ShippingZone { handle, version: 0, name, countries, regions: Vec::new(), position, methods: vec![method] };
    Ok(TermsDocument::ShippingZone(zone))
}

fn read_tax(fields: &Fields) -> Result<TermsDocument, Failure> {
    let mut read = Reading::new(fields);
    let (country, name) = (read.line("country", 2, 2).to_ascii_uppercase(), read.line("name", 1, 50));
    let standard = read.percent("percent");
    if standard.is_none() {
        read.wrong("percent", "required", "Say how many percent.");
    }
    let reduced = read.percent("reduced");
    read.done()?;
    let rate = |class: &str, rate| TaxRate { class: class.to_owned(), rate, valid_from: None, valid_until: None };
    let rates = standard.map(|r| rate("standard", r)).into_iter().chain(reduced.map(|r| rate("reduced", r))).collect();
    let handle = country.to_ascii_lowercase();
    Ok(TermsDocument::TaxZone(TaxZone { handle, version: 0, country, regions: Vec::new(), name, rates }))
}

async fn created(
    site: &Site,
    caller: &Caller,
    kind: &'static Kind,
    fields: Fields,
    document: Result<TermsDocument, Failure>,
) -> Api<Response> {
    let outcome = match document {
        Ok(document) => site.handles().terms.put(site.store(), document, Seen::Nothing, caller.actor()).await,
        Err(failure) => Err(failure),
    };
    match outcome {
        Ok(_) => Ok(see_other(&format!("/admin/{}?done=created", kind.path))),
        Err(failure) => {
            let mut failure = shown_again(failure)?;
            if failure.kind == kernel::ErrorKind::PreconditionRequired {
                failure.detail = "There is one with this handle already: change that one, or take another.".to_owned();
            }
            answer(site, caller, kind, Draft::new("simple", fields, failure), &Fields::default()).await
        }
    }
}

pub(crate) async fn shipping(State(site): State<Site>, caller: Caller, fields: Fields) -> Api<Response> {
    caller.require(Scope::Settings)?;
    let document = read_shipping(&site, &fields);
    created(&site, &caller, kind_of("shipping-zones")?, fields, document).await
}

pub(crate) async fn tax(State(site): State<Site>, caller: Caller, fields: Fields) -> Api<Response> {
    caller.require(Scope::Settings)?;
    let document = read_tax(&fields);
    created(&site, &caller, kind_of("tax-zones")?, fields, document).await
}
