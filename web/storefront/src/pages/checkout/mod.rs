//! The checkout: one page with everything that an order needs.

pub(crate) mod form;
pub(crate) mod place;
pub(crate) mod show;
pub(crate) mod view;

use contracts::address::Address;
use contracts::cart::CartAccess;
use contracts::checkout::{Quote, QuoteRequest};
use kernel::{ErrorKind, Failure};

use crate::pages::checkout::form::CheckoutForm;
use crate::site::Site;

/// A key for one order, put into the form when it is rendered.
pub(crate) fn fresh_key(site: &Site) -> String {
    let mut bytes = [0; 16];
    site.shop.handles.rng.fill(&mut bytes);
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}

/// The quote for what is filled in so far. Shipping and tax depend on the country, which is known before the address
/// is complete, so what is missing is filled with a stand-in.
pub(crate) async fn quote(site: &Site, access: &CartAccess, form: &CheckoutForm) -> Result<Quote, Failure> {
    let or = |text: &str, stand_in: &str| if text.trim().is_empty() { stand_in.to_owned() } else { text.to_owned() };
    let typed = &form.shipping;
    let filled = Address {
        name: or(&typed.name, "-"),
        line1: or(&typed.line1, "-"),
        city: or(&typed.city, "-"),
        postal_code: or(&typed.postal_code, "-"),
        ..typed.clone()
    };
    let address = if filled.problems("").is_empty() {
        filled
    } else {
        let stand_in = || "-".to_owned();
        Address {
            name: stand_in(),
            line1: stand_in(),
            line2: None,
            city: stand_in(),
            region: None,
            postal_code: stand_in(),
            country: typed.country.clone(),
        }
    };
    let handles = &site.shop.handles;
    let option = Some(form.shipping_option.clone()).filter(|handle| !handle.is_empty());
    let ask = |shipping_address, shipping_option| {
        let (gift_cards, vat_id) = (form.gift_cards.clone(), Some(form.vat_id.clone()));
        let (customer, client) = (form.customer, form.client);
        let request = QuoteRequest { shipping_address, shipping_option, gift_cards, vat_id, customer, client };
        async move { handles.checkout.quote(handles.store, access, &request).await }
    };
    let mut quoted = ask(Some(address.clone()), option.clone()).await;
    // An option that this country does not have, or an address that is not delivered to: show what can be shown.
    if option.is_some() && quoted.as_ref().is_err_and(|failure| failure.kind == ErrorKind::Invalid) {
        quoted = ask(Some(address), None).await;
    }
    if quoted.as_ref().is_err_and(|failure| failure.kind == ErrorKind::Invalid) {
        quoted = ask(None, None).await;
    }
    quoted
}
