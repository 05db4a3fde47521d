//! `POST /cart/lines`: puts a variant into the cart, making a cart when there is none.

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use contracts::cart::{CartAccess, MAX_QUANTITY, NewLine};
use contracts::catalog::ProductView;
use contracts::identity::GuestCart;
use http_kit::Caller;
use kernel::{ErrorKind, Failure, Sku};

use crate::cookies;
use crate::form::Fields;
use crate::pages::{cart, error, product};
use crate::respond::{see_other, with_headers};
use crate::site::Site;

pub(crate) async fn add(State(site): State<Site>, caller: Caller, headers: HeaderMap, fields: Fields) -> Response {
    let t = site.phrases();
    let handle = fields.text("product");
    let handles = &site.shop.handles;
    let found = handles.catalog.product(handles.store, handle, &site.here().view);
    let picked = found.as_deref().and_then(|product| pick(product, &fields));
    let sku = match (&found, picked) {
        (Some(product), Some(index)) if !product.variants[index].available => {
            return product::refused(&site, handle, Some(index), t.variant_sold_out);
        }
        (Some(product), Some(index)) => product.variants[index].sku.clone(),
        (Some(_), None) if fields.get("sku").is_none() => {
            return product::refused(&site, handle, None, t.no_such_variant);
        }
        _ => match Sku::new(fields.text("sku")) {
            Ok(sku) => sku,
            Err(_) => return error::malformed(&site),
        },
    };
    let quantity = match fields.get("quantity").map_or(Ok(1), str::parse::<u32>) {
        Ok(quantity) if (1..=MAX_QUANTITY).contains(&quantity) => quantity,
        _ => return error::malformed(&site),
    };
    let mut out = HeaderMap::new();
    match put(&site, &caller, &headers, NewLine { sku, quantity }, &mut out).await {
        Ok(()) => with_headers(see_other(&site.url("/cart?notice=added")), out),
        Err(failure) => {
            let refused = matches!(failure.kind, ErrorKind::Invalid | ErrorKind::Conflict | ErrorKind::NotFound);
            match found {
                Some(_) if refused && failure.code == "too_many_lines" => {
                    product::refused(&site, handle, picked, t.cart_full)
                }
                Some(_) if refused => product::refused(&site, handle, picked, t.cannot_be_added),
                _ => error::failure(&site, &failure),
            }
        }
    }
}

/// Index of the variant that has the chosen option values.
fn pick(product: &ProductView, fields: &Fields) -> Option<usize> {
    if let Some(sku) = fields.get("sku") {
        return product.variants.iter().position(|variant| variant.sku.as_str() == sku);
    }
    product.variants.iter().position(|variant| {
        !product.options.is_empty()
            && product.options.iter().enumerate().all(|(place, option)| {
                let chosen = fields.get(&format!("option-{place}"));
                chosen.is_some() && chosen == variant.options.get(&option.name).map(|value| value.trim())
            })
    })
}

async fn put(
    site: &Site,
    caller: &Caller,
    request: &HeaderMap,
    line: NewLine,
    out: &mut HeaderMap,
) -> Result<(), Failure> {
    let handles = &site.shop.handles;
    match cart::bring_into(site, request, out).await? {
        Some(access) => handles.carts.add_line(handles.store, &access, line).await?,
        None => {
            // A dropped cookie must not follow the one that is about to be set.
            out.clear();
            let (access, cart) = cart::create(site, vec![line], out).await?;
            keep_for(site, caller, access, out).await?;
            cart
        }
    };
    Ok(())
}

/// A new cart of a customer who is logged in is theirs at once, so that it is there on their other devices.
async fn keep_for(site: &Site, caller: &Caller, made: CartAccess, out: &mut HeaderMap) -> Result<(), Failure> {
    let Ok((id, _)) = caller.customer() else { return Ok(()) };
    let handles = &site.shop.handles;
    let guest = GuestCart { id: Some(made.id), secret: made.secret };
    if let Some(access) = handles.customers.cart(handles.store, id, Some(guest)).await? {
        out.clear();
        cookies::set_cart(out, &site.shop, &access);
    }
    Ok(())
}
