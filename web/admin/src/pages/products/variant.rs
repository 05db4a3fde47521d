//! `POST /admin/products/{handle}/variants`.

use axum::extract::State;
use axum::response::Response;
use contracts::catalog::{Price, ProductContent, Variant};
use contracts::identity::Scope;
use http_kit::{Api, Caller, Path};
use kernel::{Failure, Sku, VariantId};

use super::change::{explained, stale};
use super::show;
use crate::form::{Draft, Fields, Reading};
use crate::pages::shown_again;
use crate::parts::encoded;
use crate::respond::see_other;
use crate::site::Site;

fn with_variant(site: &Site, fields: &Fields, mut content: ProductContent) -> Result<ProductContent, Failure> {
    let mut read = Reading::new(fields);
    let mut options = Vec::new();
    for (place, option) in content.options.iter_mut().enumerate() {
        let value = read.line(&format!("option-{place}"), 1, 100);
        if !option.values.contains(&value) {
            option.values.push(value.clone());
        }
        options.push(value);
    }
    let prices: Vec<Price> = site
        .currencies()
        .into_iter()
        .filter_map(|currency| read.money(&format!("price-{currency}"), currency))
        .map(|price| Price { price, compare_at: None })
        .collect();
    let sku = Sku::new(fields.text("sku"));
    if sku.is_err() {
        read.wrong("sku", "invalid_sku", "A SKU is 1 to 64 printable characters.");
    }
    read.done()?;
    let sku = sku.map_err(|_| Failure::not_found("SKU"))?;
    let like = content.variants.first();
    content.variants.push(Variant {
        id: VariantId::new(site.now(), site.handles().rng.as_ref()),
        sku,
        options,
        prices,
        barcode: None,
        weight_g: like.map_or(0, |variant| variant.weight_g),
        tax_class: like.map_or_else(|| "standard".to_owned(), |variant| variant.tax_class.clone()),
        requires_shipping: like.is_none_or(|variant| variant.requires_shipping),
        image: None,
    });
    Ok(content)
}

pub(crate) async fn add(
    State(site): State<Site>,
    caller: Caller,
    Path(handle): Path<String>,
    fields: Fields,
) -> Api<Response> {
    caller.require(Scope::Catalog)?;
    let catalog = &site.handles().catalog;
    let product = catalog.document(site.store(), &handle).await?;
    let outcome = if fields.text("version") == product.version.to_string() {
        match with_variant(&site, &fields, product.content) {
            Ok(content) => catalog.update_product(site.store(), &handle, product.version, content).await,
            Err(failure) => Err(failure),
        }
    } else {
        Err(stale())
    };
    match outcome {
        Ok(_) => Ok(see_other(&format!("/admin/products/{}?done=option", encoded(&handle)))),
        Err(failure) => {
            let draft = Draft::new("variant", fields, explained(shown_again(failure)?));
            show::answer(&site, &caller, &handle, draft, &Fields::default()).await
        }
    }
}
