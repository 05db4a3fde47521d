//! `POST /admin/products/{handle}/media`: adds a picture, or takes one away.

use axum::extract::State;
use axum::response::Response;
use contracts::catalog::Product;
use contracts::identity::Scope;
use contracts::market::Texts;
use http_kit::{Api, Caller, Path};
use kernel::Failure;

use super::change::stale;
use super::show;
use crate::form::{Draft, Fields};
use crate::pages::shown_again;
use crate::parts::encoded;
use crate::respond::see_other;
use crate::site::Site;
use crate::upload::Upload;

async fn stored(site: &Site, product: Product, upload: &Upload) -> Result<Product, Failure> {
    let Some(file) = &upload.file else {
        return Err(Failure::field("/file", "required", "Choose a picture first."));
    };
    let catalog = &site.handles().catalog;
    let mut media = catalog.put_media(site.store(), &file.content_type, file.bytes.clone()).await?;
    if let Some(alt) = upload.fields.get("alt") {
        media.alt = Texts([(site.handles().markets[0].locale.clone(), alt.to_owned())].into());
    }
    let mut content = product.content;
    content.media.push(media);
    catalog.update_product(site.store(), &product.handle, product.version, content).await
}

pub(crate) async fn add(
    State(site): State<Site>,
    caller: Caller,
    Path(handle): Path<String>,
    upload: Upload,
) -> Api<Response> {
    caller.require(Scope::Catalog)?;
    let product = site.handles().catalog.document(site.store(), &handle).await?;
    match stored(&site, product, &upload).await {
        Ok(_) => Ok(see_other(&format!("/admin/products/{}?done=picture#media", encoded(&handle)))),
        Err(failure) => {
            let draft = Draft::new("media", upload.fields, shown_again(failure)?);
            show::answer(&site, &caller, &handle, draft, &Fields::default()).await
        }
    }
}

pub(crate) async fn remove(
    State(site): State<Site>,
    caller: Caller,
    Path(handle): Path<String>,
    fields: Fields,
) -> Api<Response> {
    caller.require(Scope::Catalog)?;
    let product = site.handles().catalog.document(site.store(), &handle).await?;
    let place = fields.text("place").parse().unwrap_or(usize::MAX);
    if fields.text("version") != product.version.to_string() || place >= product.content.media.len() {
        return Err(stale().into());
    }
    let mut content = product.content;
    content.media.remove(place);
    for variant in &mut content.variants {
        variant.image = match variant.image {
            Some(image) if image == place => None,
            Some(image) if image > place => Some(image - 1),
            same => same,
        };
    }
    site.handles().catalog.update_product(site.store(), &handle, product.version, content).await?;
    Ok(see_other(&format!("/admin/products/{}?done=removed#media", encoded(&handle))))
}
