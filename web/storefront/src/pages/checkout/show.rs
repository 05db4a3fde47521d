//! `GET /checkout`: the empty form, with the quote for the country to begin with.

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use http_kit::{Caller, Client};
use kernel::{ErrorKind, Failure};

use crate::form::Fields;
use crate::pages::checkout::form::{CheckoutForm, first_country};
use crate::pages::checkout::view::{CheckoutPage, checkout_page};
use crate::pages::{cart, checkout, error};
use crate::respond::{private, see_other, with_headers};
use crate::site::Site;

pub(crate) async fn show(
    State(site): State<Site>,
    caller: Caller,
    Client(client): Client,
    headers: HeaderMap,
) -> Response {
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
    let mut form = CheckoutForm::read(&Fields::default(), &first_country(&site));
    form.customer = caller.customer().ok().map(|(id, _)| id);
    form.client = client;
    if let Err(failure) = fill_in(&site, &caller, &mut form).await {
        return error::failure(&site, &failure);
    }
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

/// What is known of a customer who is logged in: where to write to, and where their parcels go.
async fn fill_in(site: &Site, caller: &Caller, form: &mut CheckoutForm) -> Result<(), Failure> {
    let Ok((id, _)) = caller.customer() else { return Ok(()) };
    let handles = &site.shop.handles;
    if let Some(customer) = handles.customers.customer(handles.store, id).await? {
        form.email = customer.email;
        form.shipping.name = customer.name.unwrap_or_default();
    }
    let saved = handles.customers.addresses(handles.store, id).await?.into_iter().find(|saved| saved.default);
    let delivered_to = &site.here().market.countries;
    let reachable = |country: &String| delivered_to.is_empty() || delivered_to.contains(country);
    if let Some(saved) = saved.filter(|saved| reachable(&saved.address.country)) {
        form.shipping = saved.address;
    }
    Ok(())
}
