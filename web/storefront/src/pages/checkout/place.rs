//! `POST /checkout`: places the order, or shows the form again with what is in the way.
//!
//! The form carries the key that was made when it was rendered, the cart's version and the total shown: sent twice, it
//! is one order and the same answer (I11). A new key is made only once the answer to the old one is definite.

use std::time::Duration;

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use contracts::checkout::{PaymentChoice, PlaceOrder, Placed};
use http_kit::{Caller, Client, IdempotencyKey};
use kernel::{ErrorKind, Failure, FieldError, OrderId};
use serde_json::Value;

use crate::cookies;
use crate::form::Fields;
use crate::pages::checkout::form::{CheckoutForm, Promise, first_country};
use crate::pages::checkout::view::{CheckoutPage, checkout_page};
use crate::pages::{checkout, error};
use crate::parts::Tone;
use crate::respond::{private, see_other, with_headers};
use crate::site::Site;

/// How often an order that is just being placed by an earlier click is asked for again, and how long after.
const PATIENCE: (u32, Duration) = (8, Duration::from_millis(500));

pub(crate) async fn place(
    State(site): State<Site>,
    caller: Caller,
    Client(client): Client,
    headers: HeaderMap,
    fields: Fields,
) -> Response {
    let Some(promise) = Promise::read(&site, &headers, &fields) else { return see_other(&site.url("/cart")) };
    let mut form = CheckoutForm::read(&fields, &first_country(&site));
    form.customer = caller.customer().ok().map(|(id, _)| id);
    form.client = client;
    if fields.text("intent") == "update" {
        return again(&site, StatusCode::OK, &promise, form, Trouble::none()).await;
    }
    let errors = form.problems(&site.here().market.countries);
    if !errors.is_empty() {
        return again(&site, StatusCode::UNPROCESSABLE_ENTITY, &promise, form, Trouble::fields(errors)).await;
    }
    let order = PlaceOrder {
        cart_id: promise.access.id,
        cart_version: promise.version,
        email: form.email.clone(),
        shipping_address: form.shipping.clone(),
        billing_address: form.other_billing.then(|| form.billing.clone()),
        shipping_option: form.shipping_option.clone(),
        payment: PaymentChoice { provider: "test".to_owned(), token: form.token.clone() },
        expected_total: Some(promise.total),
        expected_due: promise.due,
        gift_cards: form.gift_cards.clone(),
        vat_id: Some(form.vat_id.clone()).filter(|id| !id.is_empty()),
        customer: form.customer,
        client: form.client,
    };
    match ask(&site, &caller, &promise, &order).await {
        Ok(placed) => answer(&site, &headers, &promise, form, placed).await,
        Err(failure) => refused(&site, &headers, &promise, form, &failure).await,
    }
}

/// Places the order. A second click arrives while the first is on its way: it waits for the same answer.
async fn ask(site: &Site, caller: &Caller, promise: &Promise, order: &PlaceOrder) -> Result<Placed, Failure> {
    let handles = &site.shop.handles;
    let key = IdempotencyKey(promise.key.clone());
    let secret = Some(&promise.access.secret);
    let (mut attempts, pause) = PATIENCE;
    loop {
        let idempotency = http_kit::idempotency(caller, secret, "POST", "/checkout", &key, order);
        let request_id = Some(caller.request_id.clone());
        let placed =
            handles.checkout.place(handles.store, &promise.access, order.clone(), idempotency, request_id).await;
        match placed {
            Err(failure) if attempts > 0 && failure.kind == ErrorKind::Conflict && failure.retry_after_s.is_some() => {
                attempts -= 1;
                tokio::time::sleep(pause).await;
            }
            other => return other,
        }
    }
}

/// The order was decided: go to it, to the provider, or back to the form.
async fn answer(site: &Site, headers: &HeaderMap, promise: &Promise, form: CheckoutForm, placed: Placed) -> Response {
    let shop = &site.shop;
    let body: Value = serde_json::from_slice(&placed.response.body).unwrap_or_default();
    let mut out = HeaderMap::new();
    cookies::remember_order(headers, &mut out, shop, placed.order_id, placed.secret.expose());
    cookies::set_market(&mut out, shop, &site.here().market.handle);
    let order = format!("/orders/{}", placed.order_id);
    match placed.response.status {
        201 => {
            cookies::finish_cart(&mut out, shop, &promise.access);
            with_headers(see_other(&order), out)
        }
        202 => {
            let next = body["next_action"]["url"].as_str();
            let here = next.is_some_and(|url| is_local(url, shop.handles.base_url.as_deref()));
            // A form may lead to our own pages only (form-action), so other sites are one page away.
            let location = match next {
                Some(url) if here => url.to_owned(),
                Some(_) => format!("{order}/pay"),
                None => format!("{order}/return"),
            };
            with_headers(see_other(&location), out)
        }
        status => {
            let kind = match status {
                402 => ErrorKind::PaymentDeclined,
                409 => ErrorKind::Conflict,
                422 => ErrorKind::Invalid,
                503 => ErrorKind::Unavailable,
                _ => ErrorKind::Internal,
            };
            let failure = Failure {
                code: body["code"].as_str().unwrap_or("internal").to_owned().into(),
                errors: serde_json::from_value(body["errors"].clone()).unwrap_or_default(),
                extra: body.as_object().cloned(),
                ..Failure::new(kind, "", body["detail"].as_str().unwrap_or("").to_owned())
            };
            let (status, trouble) = trouble(site, promise, &failure, true);
            let keep_order = status == StatusCode::PAYMENT_REQUIRED;
            let response = again(site, status, promise, form, trouble).await;
            if keep_order { with_headers(response, out) } else { response }
        }
    }
}

/// Whether a redirect to `url` stays in the shop.
pub(crate) fn is_local(url: &str, base_url: Option<&str>) -> bool {
    let path = base_url.and_then(|base| url.strip_prefix(base)).unwrap_or(url);
    path.starts_with('/') && !path.starts_with("//") && !path.contains('\\')
}

/// Nothing was decided under this key, or another order stands in the way.
async fn refused(
    site: &Site,
    headers: &HeaderMap,
    promise: &Promise,
    form: CheckoutForm,
    failure: &Failure,
) -> Response {
    if failure.kind == ErrorKind::NotFound {
        return see_other(&site.url("/cart"));
    }
    // The cart was ordered already, by another tab or before a reload: the shopper wants to see that order.
    let other = failure.extra.as_ref().and_then(|extra| extra.get("order_id")).and_then(Value::as_str);
    if let Some(order) = other.and_then(|id| id.parse::<OrderId>().ok()) {
        let mut out = HeaderMap::new();
        let secret = site.shop.handles.checkout.order_secret(order);
        cookies::remember_order(headers, &mut out, &site.shop, order, secret.expose());
        return with_headers(see_other(&format!("/orders/{order}")), out);
    }
    if failure.kind == ErrorKind::Internal {
        tracing::error!(code = %failure.code, internal = failure.internal.as_deref().unwrap_or(""), "placing an order failed");
    }
    let (status, trouble) = trouble(site, promise, failure, false);
    again(site, status, promise, form, trouble).await
}

/// What to say above the form and at its fields.
struct Trouble {
    errors: Vec<FieldError>,
    notices: Vec<(Tone, String)>,
    /// Whether the old key has had its answer.
    settled: bool,
}

impl Trouble {
    fn none() -> Self {
        Trouble { errors: Vec::new(), notices: Vec::new(), settled: false }
    }

    fn fields(errors: Vec<FieldError>) -> Self {
        Trouble { errors, ..Self::none() }
    }
}

fn trouble(site: &Site, promise: &Promise, failure: &Failure, settled: bool) -> (StatusCode, Trouble) {
    let t = site.phrases();
    let say = |tone, text: &str| vec![(tone, text.to_owned())];
    let (status, notices) = match (failure.kind, failure.code.as_ref()) {
        (ErrorKind::PaymentDeclined, _) => {
            let reason = failure.extra.as_ref().and_then(|extra| extra.get("decline_code")).and_then(Value::as_str);
            let poor = reason == Some("insufficient_funds");
            (402, say(Tone::Bad, if poor { t.declined_funds } else { t.declined }))
        }
        (ErrorKind::Conflict, "out_of_stock") => (409, say(Tone::Bad, t.out_of_stock)),
        (ErrorKind::Conflict, "coupon_used_up") => (409, say(Tone::Attention, t.coupon_used_up)),
        (ErrorKind::Conflict, "gift_card_balance") => (409, say(Tone::Attention, t.gift_card_changed)),
        (ErrorKind::Conflict, "price_changed") => {
            let shown = kernel::locale::money(&site.here().market.locale, promise.total);
            (409, vec![(Tone::Attention, t.total_changed(&shown))])
        }
        (ErrorKind::Conflict, _) if failure.retry_after_s.is_some() => (409, say(Tone::Attention, t.in_progress)),
        (ErrorKind::Conflict, "order_cancelled") => (409, say(Tone::Attention, t.cancelled_text)),
        (ErrorKind::Conflict | ErrorKind::PreconditionFailed, _) => (409, say(Tone::Attention, t.cart_changed)),
        (ErrorKind::Invalid, "idempotency_key_reused") => (422, say(Tone::Attention, t.form_changed)),
        (ErrorKind::Invalid, _) if failure.errors.is_empty() => (422, say(Tone::Bad, &failure.detail)),
        (ErrorKind::Invalid, _) => (422, Vec::new()),
        (ErrorKind::Unavailable | ErrorKind::RateLimited, _) => (503, say(Tone::Bad, t.try_again)),
        _ => (500, say(Tone::Bad, t.try_again)),
    };
    // In progress, busy or broken: the order may exist, so the same key must be asked again. An answer, or a request
    // that was refused before it was looked at, frees the next attempt for a key of its own.
    let open = failure.retry_after_s.is_some()
        || matches!(failure.kind, ErrorKind::Unavailable | ErrorKind::Internal | ErrorKind::RateLimited);
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    (status, Trouble { errors: failure.errors.clone(), notices, settled: settled || !open })
}

/// The form again, as it was filled in, with a new quote.
async fn again(site: &Site, status: StatusCode, promise: &Promise, form: CheckoutForm, trouble: Trouble) -> Response {
    let quote = match checkout::quote(site, &promise.access, &form).await {
        Ok(quote) => quote,
        Err(failure) if failure.kind == ErrorKind::NotFound => return see_other(&site.url("/cart")),
        Err(failure) => return error::failure(site, &failure),
    };
    if quote.lines.is_empty() {
        return see_other(&site.url("/cart"));
    }
    // Another cart, total or set of fields under an answered key would be refused as a reuse of it.
    let key = if trouble.settled { checkout::fresh_key(site) } else { promise.key.clone() };
    let mut data = CheckoutPage { quote, form, key, errors: trouble.errors, notices: trouble.notices };
    if data.notices.is_empty() && !data.errors.is_empty() {
        data.notices.push((Tone::Bad, site.phrases().check_fields.to_owned()));
    }
    private(status, checkout_page(&site.context("/checkout"), &data))
}

#[cfg(test)]
mod tests {
    use super::is_local;

    #[test]
    fn only_our_own_urls_are_followed_by_a_form() {
        let base = Some("https://shop.test");
        for ours in ["/test-provider/3ds/1", "https://shop.test/pay"] {
            assert!(is_local(ours, base), "{ours}");
        }
        for other in
            ["https://evil.test/", "//evil.test", "https://shop.test.evil.test/", "javascript:alert(1)", "/\\evil.test"]
        {
            assert!(!is_local(other, base), "{other}");
        }
    }
}
