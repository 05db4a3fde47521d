//! `GET /checkout`: the empty form, with the quote for the country to begin with.

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use kernel::ErrorKind;

use crate::form::Fields;
use crate::pages::checkout::form::{CheckoutForm, first_country};
use crate::pages::checkout::view::{CheckoutPage, checkout_page};
use crate::pages::{cart, checkout, error};
use crate::respond::{private, see_other, with_headers};
use crate::site::Site;

pub(crate) async fn show(State(site): State<Site>, headers: HeaderMap) -> Response {
    let mut out = HeaderMap::new();
    let (access, cart) = match cart::current(&site, &headers, &mut out).await {
        Ok(Some((access, cart))) if !cart.lines.is_empty() => (access, cart),
        Ok(_) => return with_headers(see_other(&site.url("/cart")), out),
        Err(failure) => return error::failure(&site, &failure),
    };
    if cart.currency != site.here().market.currency
        && let Some(market) = site.shop.market_of(cart.currency)
    {
        return see_other(&site.at(market).url("/checkout"));
    }
    let form = CheckoutForm::read(&Fields::default(), &first_country(&site));
    match checkout::quote(&site, &access, &form).await {
        Ok(quote) => {
            let key = checkout::fresh_key(&site);
            let data = CheckoutPage { quote, form, key, errors: Vec::new(), notices: Vec::new() };
            private(StatusCode::OK, checkout_page(&site.context("/checkout"), &data))
        }
        // What stands in the way is said on the cart's page.
        Err(failure) if matches!(failure.kind, ErrorKind::Conflict | ErrorKind::NotFound | ErrorKind::Invalid) => {
            see_other(&site.url("/cart"))
        }
        Err(failure) => error::failure(&site, &failure),
    }
}
