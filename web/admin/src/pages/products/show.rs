//! `GET /admin/products/{handle}`.

use axum::extract::State;
use axum::response::Response;
use contracts::catalog::View;
use contracts::identity::Scope;
use http_kit::{Api, Caller, Path};

use super::view::{ProductPage, product_page};
use crate::form::{Asked, Draft, Fields};
use crate::layout::Section;
use crate::pages::status_of;
use crate::respond::page;
use crate::site::Site;

pub(crate) async fn show(
    State(site): State<Site>,
    caller: Caller,
    Path(handle): Path<String>,
    Asked(asked): Asked,
) -> Api<Response> {
    caller.require_read(Scope::Catalog)?;
    answer(&site, &caller, &handle, Draft::default(), &asked).await
}

pub(super) async fn answer(site: &Site, caller: &Caller, handle: &str, draft: Draft, asked: &Fields) -> Api<Response> {
    let handles = site.handles();
    let product = handles.catalog.document(site.store(), handle).await?;
    let mut levels = Vec::new();
    if caller.require_read(Scope::Stock).is_ok() {
        for variant in &product.content.variants {
            levels.push((variant.sku.clone(), handles.stock.levels(site.store(), &variant.sku).await?));
        }
    }
    let market = &handles.markets[0];
    let view = View { currency: market.currency, locale: market.locale.clone() };
    // Only what shoppers can see has addresses of its pictures.
    let shown = handles.catalog_read.product(site.store(), handle, &view);
    let pictures = shown.map(|shown| {
        shown
            .images
            .iter()
            .map(|image| image.sizes.first().map_or_else(|| image.url.clone(), |size| size.url.clone()))
            .collect()
    });
    let categories = handles.catalog.category_documents(site.store()).await?;
    let collections = handles.catalog.collection_documents(site.store()).await?;
    let status = status_of(draft.failure.as_ref());
    let data = ProductPage {
        locales: site.locales(),
        currencies: site.currencies(),
        markets: handles.markets.iter().map(|market| (market.name.clone(), market.currency)).collect(),
        categories: categories.into_iter().map(|c| (c.handle, c.name.get(&market.locale).to_owned())).collect(),
        collections: collections.into_iter().map(|c| (c.handle, c.name.get(&market.locale).to_owned())).collect(),
        pictures: pictures.unwrap_or_default(),
        levels,
        product,
        key: site.form_key(),
        draft,
    };
    Ok(page(status, product_page(&site.context(caller, Section::Products).after(asked), &data)))
}
