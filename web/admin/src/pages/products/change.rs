//! `POST /admin/products/{handle}`: its texts, where it stands, its prices. `…/delete` takes it away.

use axum::extract::State;
use axum::response::Response;
use contracts::catalog::{Price, ProductContent, ProductStatus};
use contracts::identity::Scope;
use http_kit::{Api, Caller, Path};
use kernel::{Currency, ErrorKind, Failure};

use super::{show, texts};
use crate::form::{Draft, Fields, Reading};
use crate::pages::shown_again;
use crate::parts::encoded;
use crate::respond::see_other;
use crate::site::Site;

/// The content that the form asks for, over `before`.
fn read(
    fields: &Fields,
    before: &ProductContent,
    locales: &[String],
    currencies: &[Currency],
) -> Result<ProductContent, Failure> {
    let mut read = Reading::new(fields);
    let mut content = before.clone();
    content.title = texts(&read, "title", locales, &before.title);
    content.description_html = texts(&read, "description_html", locales, &before.description_html);
    match fields.text("status") {
        "draft" => content.status = ProductStatus::Draft,
        "active" => content.status = ProductStatus::Active,
        "archived" => content.status = ProductStatus::Archived,
        _ => read.wrong("status", "unknown_status", "Choose one of the states."),
    }
    content.category = fields.get("category").map(str::to_owned);
    content.vendor = read.line("vendor", 0, 255);
    let tags = fields.text("tags").split(',').map(str::trim).filter(|tag| !tag.is_empty());
    content.tags = tags.map(str::to_owned).collect();
    content.collections = fields.all("collections").map(str::to_owned).collect();
    for (place, variant) in content.variants.iter_mut().enumerate() {
        // The form was rendered for this order of the variants; another one is another version.
        if fields.text(&format!("sku-{place}")) != variant.sku.as_str() {
            return Err(stale());
        }
        for currency in currencies {
            let price = read.money(&format!("price-{place}-{currency}"), *currency);
            let compare_at = read.money(&format!("compare-{place}-{currency}"), *currency);
            let at = variant.prices.iter().position(|known| known.price.currency == *currency);
            match (price, at) {
                (Some(price), Some(at)) => variant.prices[at] = Price { price, compare_at },
                (Some(price), None) => variant.prices.push(Price { price, compare_at }),
                (None, Some(at)) => drop(variant.prices.remove(at)),
                (None, None) => {}
            }
        }
        if let Some(class) = fields.get(&format!("tax_class-{place}")) {
            variant.tax_class = class.to_owned();
        }
        let grams = read.integer(&format!("weight-{place}"), 0, 10_000_000).unwrap_or(0);
        variant.weight_g = u32::try_from(grams).unwrap_or(0);
    }
    read.done()?;
    Ok(content)
}

pub(super) fn stale() -> Failure {
    Failure::new(ErrorKind::PreconditionFailed, "stale_version", "The product was changed since you opened it.")
}

/// A conflict in words: what was typed is still there, and saving it again is a decision.
pub(super) fn explained(mut failure: Failure) -> Failure {
    if failure.kind == ErrorKind::PreconditionFailed {
        failure.detail =
            "Somebody else changed this product since you opened it, so nothing was saved. What you typed is \
                          below; saving again replaces what they changed."
                .to_owned();
    }
    failure
}

pub(crate) async fn change(
    State(site): State<Site>,
    caller: Caller,
    Path(handle): Path<String>,
    fields: Fields,
) -> Api<Response> {
    caller.require(Scope::Catalog)?;
    let catalog = &site.handles().catalog;
    let product = catalog.document(site.store(), &handle).await?;
    let version = fields.text("version").parse().unwrap_or(0);
    let outcome = match read(&fields, &product.content, &site.locales(), &site.currencies()) {
        Ok(_) if version != product.version => Err(stale()),
        Ok(content) => catalog.update_product(site.store(), &handle, version, content).await,
        Err(failure) => Err(failure),
    };
    match outcome {
        Ok(_) => Ok(see_other(&format!("/admin/products/{}?done=saved", encoded(&handle)))),
        Err(failure) => {
            let draft = Draft::new("product", fields, explained(shown_again(failure)?));
            show::answer(&site, &caller, &handle, draft, &Fields::default()).await
        }
    }
}

pub(crate) async fn delete(
    State(site): State<Site>,
    caller: Caller,
    Path(handle): Path<String>,
    fields: Fields,
) -> Api<Response> {
    caller.require(Scope::Catalog)?;
    let version = fields.text("version").parse().map_err(|_| stale())?;
    site.handles().catalog.delete_product(site.store(), &handle, Some(version)).await?;
    Ok(see_other("/admin/products?done=deleted"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prices_come_change_and_go() {
        let mut before = crate::samples::product().content;
        before.variants.truncate(1);
        before.variants[0].sku = kernel::Sku::new("A").unwrap();
        let of = |query: &str| {
            let fields = Fields::parse(format!("status=active&sku-0=A&title-en=T&{query}").as_bytes()).unwrap();
            super::read(&fields, &before, &["en".to_owned()], &[Currency::EUR, Currency::USD])
        };
        let prices = |content: ProductContent| -> Vec<String> {
            content.variants[0].prices.iter().map(|p| p.price.to_string()).collect()
        };
        assert_eq!(prices(of("price-0-EUR=5&price-0-USD=6.50").unwrap()), ["5.00 EUR", "6.50 USD"]);
        assert_eq!(prices(of("price-0-USD=6").unwrap()), ["6.00 USD"]);
        assert_eq!(of("price-0-EUR=x").unwrap_err().errors[0].pointer, "/price-0-EUR");
        assert_eq!(of("sku-0=B").map(prices).unwrap(), Vec::<String>::new(), "the first value counts");
        let other = Fields::parse(b"status=active&sku-0=B").unwrap();
        let refused = super::read(&other, &before, &[], &[]).unwrap_err();
        assert_eq!(refused.kind, ErrorKind::PreconditionFailed);
    }
}
