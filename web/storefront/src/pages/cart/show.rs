//! `GET /cart`: the cart, priced now.

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::Response;
use contracts::cart::{CartLineView, CartView, MAX_QUANTITY};
use contracts::checkout::{Quote, QuoteRequest};
use http_kit::{Caller, Client};
use kernel::Money;
use maud::{Markup, html};

use crate::cookies;
use crate::form::Fields;
use crate::layout::{self, Head};
use crate::pages::error;
use crate::parts::{Tone, discount_rows, line_discounts, notice, price, quote_notes, small, thumbnail, total_row};
use crate::phrases::Phrases;
use crate::respond::{private, see_other, with_headers};
use crate::site::{PageContext, Site};

#[derive(Default)]
pub(crate) struct CartPage {
    pub(crate) cart: Option<CartView>,
    /// What promotions take off it; none when the cart cannot be ordered as it is.
    pub(crate) quote: Option<Quote>,
    pub(crate) notices: Vec<(Tone, String)>,
}

pub(crate) async fn show(
    State(site): State<Site>,
    caller: Caller,
    Client(client): Client,
    uri: Uri,
    headers: HeaderMap,
) -> Response {
    let mut out = HeaderMap::new();
    let (access, cart) = match super::current(&site, &headers, &mut out).await {
        Ok(cart) => cart.unzip(),
        Err(failure) => return error::failure(&site, &failure),
    };
    let shop = &site.shop;
    let mut data = CartPage::default();
    let fields = Fields::parse(uri.query().unwrap_or("").as_bytes()).unwrap_or_default();
    data.notices.extend(said(site.phrases(), fields.text("notice")));
    let cart = cart.map(|cart| localised(&site, cart));
    if let Some(cart) = &cart {
        // A cart has one currency: it is shown in the market that has it too.
        if cart.currency != site.here().market.currency
            && let Some(market) = shop.market_of(cart.currency)
        {
            return see_other(&site.at(market).url("/cart"));
        }
        data.notices.extend(changes(&site, &headers, cart));
        cookies::set_seen_prices(&mut out, shop, cart.lines.iter().map(|line| (line.id, &line.unit_price)));
    }
    data.cart = cart.filter(|cart| !cart.lines.is_empty());
    if let (Some(access), true) = (&access, data.cart.is_some()) {
        let handles = &shop.handles;
        // What stands in the way of a quote is said at the checkout; the cart is shown all the same.
        let customer = caller.customer().ok().map(|(id, _)| id);
        let request = QuoteRequest { customer, client, ..QuoteRequest::default() };
        data.quote = handles.checkout.quote(handles.store, access, &request).await.ok();
    }
    with_headers(private(StatusCode::OK, cart_page(&site.context("/cart"), &data)), out)
}

/// The cart with the titles of this market's language.
fn localised(site: &Site, mut cart: CartView) -> CartView {
    let handles = &site.shop.handles;
    for line in &mut cart.lines {
        if let Some(sellable) = handles.catalog.sellable(handles.store, &line.sku, &site.here().view) {
            line.title = sellable.title;
            line.variant_title = sellable.variant_title;
        }
    }
    cart
}

/// What the action before this page has to say.
fn said(t: &Phrases, name: &str) -> Option<(Tone, String)> {
    let (tone, text) = match name {
        "added" => (Tone::Good, t.added),
        "updated" => (Tone::Good, t.updated),
        "removed" => (Tone::Good, t.removed),
        "quantity" => (Tone::Bad, t.bad_quantity),
        "gone" => (Tone::Attention, t.line_gone),
        "coupon_removed" => (Tone::Good, t.coupon_removed),
        "coupon_invalid" => (Tone::Bad, t.coupon_invalid),
        _ => return None,
    };
    Some((tone, text.to_owned()))
}

/// What is different since the visitor saw this cart last, or stands in the way of buying it.
fn changes(site: &Site, headers: &HeaderMap, cart: &CartView) -> Vec<(Tone, String)> {
    let t = site.phrases();
    let amount = |money| kernel::locale::money(&site.here().market.locale, money);
    let mut notices = Vec::new();
    for line in &cart.lines {
        let before = cookies::seen_price(headers, line.id).map(|minor| Money::new(minor, line.unit_price.currency));
        if let Some(before) = before.filter(|before| *before != line.unit_price) {
            notices.push((Tone::Attention, t.price_changed(&line.title, &amount(before), &amount(line.unit_price))));
        }
        if !line.available {
            notices.push((Tone::Attention, t.line_unavailable(&line.title)));
        }
    }
    notices
}

pub(crate) fn cart_page(ctx: &PageContext<'_>, data: &CartPage) -> Markup {
    let t = ctx.phrases;
    let head = Head { title: t.cart.to_owned(), ..Head::default() };
    let main = html! {
        header.page-header { h1 { (t.your_cart) } }
        @for (tone, text) in &data.notices { (notice(*tone, text)) }
        @match &data.cart {
            None => section.message {
                p.lead { (t.cart_is_empty) }
                p.actions { a.button href=(ctx.url("/products")) { (t.all_products) } }
            },
            Some(cart) => div.with-aside {
                ul.lines role="list" aria-label=(t.cart_lines) {
                    @for (line, number) in cart.lines.iter().zip(1..) { (cart_line(ctx, line, data.quote.as_ref(), number)) }
                }
                (summary(ctx, cart, data.quote.as_ref()))
            }
        }
    };
    layout::page(ctx, &head, &main)
}

fn cart_line(ctx: &PageContext<'_>, line: &CartLineView, quote: Option<&Quote>, number: u32) -> Markup {
    let t = ctx.phrases;
    let quantity_id = format!("quantity-{}", line.id);
    let picture = line.image.as_ref().map(|image| small(image, 192));
    html! {
        li.line {
            (thumbnail(picture, ""))
            div.what {
                h2 { a href=(ctx.url(&format!("/products/{}", line.product_handle))) { (line.title) } }
                @if !line.variant_title.is_empty() { p.muted { (line.variant_title) } }
                p { (price(ctx, line.unit_price, line.compare_at_price)) }
                @if let Some(before) = line.price_changed_from { p.small.muted { (t.price_was(&ctx.money(before))) } }
                @if !line.available { p.stock.out { (t.sold_out) } }
                @if line.backorder { p.stock { (t.delivered_later(None)) } }
            }
            form.quantity method="post" action=(ctx.url(&format!("/cart/lines/{}", line.id))) data-auto-submit {
                label.visually-hidden for=(quantity_id) { (t.quantity_of(&line.title)) }
                input id=(quantity_id) type="number" inputmode="numeric" name="quantity" min="0" max=(MAX_QUANTITY)
                    value=(line.quantity) required autocomplete="off";
                button.secondary type="submit" { (t.update) }
                button.link type="submit" name="remove" value="1" formnovalidate aria-label=(t.remove_line(&line.title)) {
                    (t.remove)
                }
            }
            p.sum {
                (ctx.money(line.total))
                @if let Some(quote) = quote { (line_discounts(ctx, &quote.discounts, number)) }
            }
        }
    }
}

/// The codes in the cart, and a field for another.
fn coupons(ctx: &PageContext<'_>, cart: &CartView, quote: Option<&Quote>) -> Markup {
    let t = ctx.phrases;
    html! {
        form.coupons #coupons method="post" action=(ctx.url("/cart/coupons")) {
            @for code in &cart.coupons {
                p {
                    span { (code) } " "
                    button.link type="submit" name="remove" value=(code) formnovalidate aria-label=(t.remove_coupon(code)) {
                        (t.remove)
                    }
                }
            }
            label for="coupon" { (t.coupon_code) }
            div.columns {
                input id="coupon" name="code" type="text" maxlength="40" autocomplete="off" autocapitalize="characters"
                    spellcheck="false" required;
                button.secondary type="submit" { (t.apply) }
            }
        }
        @if let Some(quote) = quote { (quote_notes(ctx, &quote.notes)) }
    }
}

fn summary(ctx: &PageContext<'_>, cart: &CartView, quote: Option<&Quote>) -> Markup {
    let t = ctx.phrases;
    html! {
        aside.summary aria-labelledby="summary" {
            h2 #summary { (t.summary) }
            dl.totals {
                (total_row(t.goods, &ctx.money(cart.totals.items), None))
                @if let Some(quote) = quote { (discount_rows(ctx, &quote.discounts, quote.totals.discount)) }
                (total_row(t.shipping, t.calculated_later, None))
            }
            (coupons(ctx, cart, quote))
            p.muted.small { (if ctx.here.market.prices_include_tax { t.tax_included } else { t.tax_excluded }) }
            a.button.wide href=(ctx.url("/checkout")) { (t.to_checkout) }
            p.center { a href=(ctx.url("/products")) { (t.continue_shopping) } }
        }
    }
}

#[cfg(test)]
pub(crate) fn samples() -> Vec<CartPage> {
    use crate::goods;
    vec![
        CartPage::default(),
        CartPage {
            cart: Some(goods::cart(goods::HOSTILE)),
            quote: Some(goods::quote(goods::HOSTILE)),
            notices: vec![(Tone::Attention, goods::HOSTILE.to_owned()), (Tone::Good, "Added.".to_owned())],
        },
    ]
}
