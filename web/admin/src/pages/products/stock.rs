//! `POST /admin/products/{handle}/stock`: units come and go, with a reason.

use axum::extract::State;
use axum::response::Response;
use contracts::identity::Scope;
use contracts::ledger::{AdjustStock, Answer};
use http_kit::{Api, Caller, Path, idempotency};
use kernel::{Failure, Sku};

use super::show;
use crate::form::{Draft, Fields, Reading};
use crate::pages::{shown_again, taken};
use crate::parts::encoded;
use crate::respond::see_other;
use crate::site::{Site, key_of};

fn read(fields: &Fields) -> Result<AdjustStock, Failure> {
    let mut read = Reading::new(fields);
    let location = read.line("location", 1, 64);
    let reason = read.line("reason", 1, 200);
    let delta = read.integer("delta", -1_000_000_000, 1_000_000_000).unwrap_or(0);
    if delta == 0 {
        read.wrong("delta", "required", "Say how many units more (5) or fewer (-2) there are.");
    }
    let sku = Sku::new(fields.text("sku"));
    if sku.is_err() {
        read.wrong("sku", "required", "Choose a variant.");
    }
    read.done()?;
    let sku = sku.map_err(|_| Failure::not_found("SKU"))?;
    Ok(AdjustStock { sku, location, delta, reason })
}

async fn adjusted(site: &Site, caller: &Caller, handle: &str, fields: &Fields) -> Result<Answer, Failure> {
    let request = read(fields)?;
    let product = site.handles().catalog.document(site.store(), handle).await?;
    if !product.content.variants.iter().any(|variant| variant.sku == request.sku) {
        return Err(Failure::field("/sku", "unknown_sku", "This product has no such variant any more."));
    }
    let same = idempotency(caller, None, "POST", "/admin/products/stock", &key_of(site, fields), &request);
    site.handles().stock.adjust(site.store(), request, same, caller.actor()).await
}

pub(crate) async fn adjust(
    State(site): State<Site>,
    caller: Caller,
    Path(handle): Path<String>,
    fields: Fields,
) -> Api<Response> {
    caller.require(Scope::Stock)?;
    caller.require_read(Scope::Catalog)?;
    match adjusted(&site, &caller, &handle, &fields).await.and_then(|answer| taken(&answer)) {
        Ok(()) => Ok(see_other(&format!("/admin/products/{}?done=stock#stock", encoded(&handle)))),
        Err(failure) => {
            let draft = Draft::new("stock", fields, shown_again(failure)?);
            show::answer(&site, &caller, &handle, draft, &Fields::default()).await
        }
    }
}
