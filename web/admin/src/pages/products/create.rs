//! `/admin/new-product`: a product with one variant, or one for each value of an option.

use axum::extract::State;
use axum::response::Response;
use contracts::catalog::{Price, Product, ProductContent, ProductOption, ProductStatus, Variant};
use contracts::identity::Scope;
use contracts::market::Texts;
use http_kit::{Api, Caller};
use kernel::{Currency, Failure, Sku, VariantId};
use maud::{Markup, html};

use super::is_handle;
use crate::form::{Draft, Fields, Reading};
use crate::layout::{self, Section};
use crate::pages::{shown_again, status_of};
use crate::parts::{Field, Form};
use crate::respond::{page, see_other};
use crate::site::{PageContext, Site};

/// The most values of the option: what a product can have in variants is the catalog's to say.
const MAX_VALUES: usize = 100;

/// What the page shows.
pub(crate) struct NewProductPage {
    pub(crate) currencies: Vec<Currency>,
    pub(crate) draft: Draft,
}

pub(crate) fn new_product_page(ctx: &PageContext, data: &NewProductPage) -> Markup {
    let form = Form::new("new", &data.draft);
    let body = html! {
        form.card method="post" action="/admin/new-product" {
            (form.complaint())
            (form.input(&Field::new("title", "Title").required()))
            (form.input(&Field::new("handle", "Handle").required()
                .hint("Its name in addresses, such as harbour-sneaker: small letters, digits and hyphens.")))
            (form.area(&Field::new("description_html", "Description, HTML"), 4))
            div.fields {
                (form.input(&Field::new("sku", "SKU").required().hint("With an option, each variant's SKU has the value behind it.")))
                @for currency in &data.currencies {
                    (form.input(&Field::new(&format!("price-{currency}"), &format!("Price in {currency}")).kind("money")))
                }
                (form.input(&Field::new("option", "Option").hint("Such as Size; empty for a product with one variant.")))
                (form.input(&Field::new("values", "Values").hint("With commas between them, such as S, M, L.")))
            }
            p.muted { "It begins as a draft: look at it, add pictures and stock, and set it active." }
            p.actions { button type="submit" { "Create it" } }
        }
    };
    layout::page(ctx, "New product", &body)
}

#[cfg(test)]
pub(crate) fn samples() -> Vec<NewProductPage> {
    use crate::samples::draft;
    let currencies = vec![Currency::EUR, Currency::USD];
    let fields = ["title", "handle", "description_html", "sku", "price-EUR", "option", "values"];
    vec![NewProductPage { currencies, draft: draft("new", &fields) }]
}

fn answer(site: &Site, caller: &Caller, draft: Draft) -> Response {
    let status = status_of(draft.failure.as_ref());
    let data = NewProductPage { currencies: site.currencies(), draft };
    page(status, new_product_page(&site.context(caller, Section::Products), &data))
}

pub(crate) async fn show(State(site): State<Site>, caller: Caller) -> Api<Response> {
    caller.require(Scope::Catalog)?;
    Ok(answer(&site, &caller, Draft::default()))
}

fn read(site: &Site, fields: &Fields) -> Result<(String, ProductContent), Failure> {
    let mut read = Reading::new(fields);
    let locale = site.handles().markets[0].locale.clone();
    let texts = |text: String| if text.is_empty() { Texts::default() } else { Texts([(locale.clone(), text)].into()) };
    let (title, handle) = (read.line("title", 1, 255), fields.text("handle").to_owned());
    if !is_handle(&handle) {
        read.wrong("handle", "invalid_handle", "Use small letters, digits and hyphens.");
    }
    let description = read.prose("description_html", 0, 100_000);
    let (sku, option) = (read.line("sku", 1, 60), read.line("option", 0, 50));
    let mut values: Vec<String> = Vec::new();
    for value in fields.text("values").split(',').map(str::trim).filter(|value| !value.is_empty()) {
        if !values.iter().any(|known| known == value) {
            values.push(value.to_owned());
        }
    }
    if option.is_empty() != values.is_empty() {
        read.wrong("values", "option_and_values", "Name an option and its values, or neither.");
    }
    if values.len() > MAX_VALUES {
        read.wrong("values", "too_many", format!("At most {MAX_VALUES} values."));
    }
    let prices: Vec<Price> = site
        .currencies()
        .into_iter()
        .filter_map(|currency| read.money(&format!("price-{currency}"), currency))
        .map(|price| Price { price, compare_at: None })
        .collect();
    read.done()?;
    let variant = |options: Vec<String>| -> Result<Variant, Failure> {
        let text = options.iter().fold(sku.clone(), |sku, value| format!("{sku}-{value}"));
        let too_long =
            || Failure::field("/sku", "invalid_sku", "With the values behind it, a SKU has at most 64 characters.");
        Ok(Variant {
            id: VariantId::new(site.now(), site.handles().rng.as_ref()),
            sku: Sku::new(&text).map_err(|_| too_long())?,
            options,
            prices: prices.clone(),
            barcode: None,
            weight_g: 0,
            tax_class: "standard".to_owned(),
            requires_shipping: true,
            image: None,
        })
    };
    let (options, variants) = if values.is_empty() {
        (Vec::new(), vec![variant(Vec::new())?])
    } else {
        let variants = values.iter().map(|value| variant(vec![value.clone()])).collect::<Result<_, _>>()?;
        (vec![ProductOption { name: option, values }], variants)
    };
    let content = ProductContent {
        status: ProductStatus::Draft,
        title: texts(title),
        description_html: texts(description),
        options,
        variants,
        ..ProductContent::default()
    };
    Ok((handle, content))
}

async fn created(site: &Site, fields: &Fields) -> Result<Product, Failure> {
    let (handle, content) = read(site, fields)?;
    site.handles().catalog.create_product(site.store(), &handle, content).await
}

pub(crate) async fn create(State(site): State<Site>, caller: Caller, fields: Fields) -> Api<Response> {
    caller.require(Scope::Catalog)?;
    match created(&site, &fields).await {
        Ok(product) => Ok(see_other(&format!("/admin/products/{}?done=created", product.handle))),
        Err(failure) => Ok(answer(&site, &caller, Draft::new("new", fields, shown_again(failure)?))),
    }
}
