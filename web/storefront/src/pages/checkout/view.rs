//! The checkout's page.

use contracts::address::Address;
use contracts::checkout::{MAX_GIFT_CARDS, Quote};
use kernel::FieldError;
use maud::{Markup, html};

use crate::format::{country, country_choices, day};
use crate::layout::{self, Head};
use crate::pages::checkout::form::{CheckoutForm, TOKENS, explain};
use crate::parts::{Tone, line_discounts, notice, quote_notes, thumbnail, totals};
use crate::site::PageContext;

/// How many of the tokens are shown at once; the others are a click away.
const COMMON_TOKENS: usize = 4;

pub(crate) struct CheckoutPage {
    pub(crate) quote: Quote,
    pub(crate) form: CheckoutForm,
    /// The idempotency key of the order that this form becomes.
    pub(crate) key: String,
    pub(crate) errors: Vec<FieldError>,
    pub(crate) notices: Vec<(Tone, String)>,
}

/// A text field.
struct Field<'a> {
    name: &'a str,
    pointer: &'a str,
    label: &'a str,
    value: &'a str,
    kind: &'a str,
    autocomplete: &'a str,
    required: bool,
    max: u32,
}

pub(crate) fn checkout_page(ctx: &PageContext<'_>, data: &CheckoutPage) -> Markup {
    let t = ctx.phrases;
    let head = Head { title: t.checkout.to_owned(), ..Head::default() };
    let quote = &data.quote;
    let main = html! {
        header.page-header { h1 { (t.checkout) } }
        @for (tone, text) in &data.notices { (notice(*tone, text)) }
        @for line in quote.lines.iter().filter(|line| !line.available) {
            (notice(Tone::Attention, &t.line_unavailable(&line.title)))
        }
        @for line in quote.lines.iter().filter(|line| line.backorder) {
            (notice(Tone::Attention, &format!("{}: {}", line.title, t.delivered_later(None))))
        }
        form.with-aside.checkout method="post" action=(ctx.url("/checkout")) data-checkout novalidate[!data.errors.is_empty()] {
            div {
                input type="hidden" name="cart_id" value=(quote.cart_id);
                input type="hidden" name="cart_version" value=(quote.cart_version);
                input type="hidden" name="key" value=(data.key);
                // What Enter in a field does: the first button of a form is its default.
                button.visually-hidden type="submit" name="intent" value="place" tabindex="-1" aria-hidden="true" { (t.place_order) }
                (contact(ctx, data))
                (delivery(ctx, data))
                (billing(ctx, data))
                (shipping(ctx, data))
                (tender(ctx, data))
                (payment(ctx, data))
            }
            (summary(ctx, data))
        }
    };
    layout::page(ctx, &head, &main)
}

fn error_of<'a>(data: &'a CheckoutPage, pointer: &str) -> Option<&'a FieldError> {
    data.errors.iter().find(|error| error.pointer == pointer)
}

fn field(ctx: &PageContext<'_>, data: &CheckoutPage, field: &Field<'_>) -> Markup {
    let t = ctx.phrases;
    let error = error_of(data, field.pointer);
    let error_id = format!("{}-error", field.name);
    html! {
        div.field {
            label for=(field.name) {
                (field.label)
                @if !field.required { " " span.muted { (t.optional) } }
            }
            input id=(field.name) name=(field.name) type=(field.kind) value=(field.value) autocomplete=(field.autocomplete)
                maxlength=(field.max) required[field.required]
                aria-invalid=[error.map(|_| "true")] aria-describedby=[error.map(|_| &error_id)];
            @if let Some(error) = error { p.error id=(error_id) { (explain(t, error)) } }
        }
    }
}

fn contact(ctx: &PageContext<'_>, data: &CheckoutPage) -> Markup {
    let t = ctx.phrases;
    html! {
        fieldset {
            legend { (t.contact) }
            (field(ctx, data, &Field {
                name: "email", pointer: "/email", label: t.email, value: &data.form.email, kind: "email",
                autocomplete: "email", required: true, max: 254,
            }))
            p.muted.small { (t.email_hint) }
        }
    }
}

fn delivery(ctx: &PageContext<'_>, data: &CheckoutPage) -> Markup {
    let t = ctx.phrases;
    html! {
        fieldset {
            legend { (t.delivery_address) }
            (address(ctx, data, &data.form.shipping, "", "/shipping_address", "shipping"))
        }
    }
}

/// The fields of an address. `prefix` goes before their names, `group` before their autocomplete tokens.
fn address(
    ctx: &PageContext<'_>,
    data: &CheckoutPage,
    typed: &Address,
    prefix: &str,
    pointer: &str,
    group: &str,
) -> Markup {
    let t = ctx.phrases;
    let text = |name: &str, label, value: &str, token: &str, required, max| {
        let (full, pointer) = (format!("{prefix}{name}"), format!("{pointer}/{name}"));
        let autocomplete = format!("{group} {token}");
        // Fields that are hidden until asked for cannot be demanded by the browser.
        let demanded = required && prefix.is_empty();
        field(
            ctx,
            data,
            &Field {
                name: &full,
                pointer: &pointer,
                label,
                value,
                kind: "text",
                autocomplete: &autocomplete,
                required: demanded || (required && !prefix.is_empty() && data.form.other_billing),
                max,
            },
        )
    };
    html! {
        (text("name", t.full_name, &typed.name, "name", true, 200))
        (text("line1", t.street, &typed.line1, "address-line1", true, 200))
        (text("line2", t.street_extra, typed.line2.as_deref().unwrap_or(""), "address-line2", false, 200))
        div.columns {
            (text("postal_code", t.postal_code, &typed.postal_code, "postal-code", true, 20))
            (text("city", t.city, &typed.city, "address-level2", true, 200))
        }
        div.columns {
            (text("region", t.region, typed.region.as_deref().unwrap_or(""), "address-level1", false, 200))
            (country_field(ctx, data, typed, prefix, pointer, group))
        }
    }
}

fn country_field(
    ctx: &PageContext<'_>,
    data: &CheckoutPage,
    typed: &Address,
    prefix: &str,
    pointer: &str,
    group: &str,
) -> Markup {
    let t = ctx.phrases;
    let market = &ctx.here.market;
    // An invoice may go anywhere; parcels go to the countries of the market.
    let offered: &[String] = if prefix.is_empty() { &market.countries } else { &[] };
    let choices = country_choices(&market.locale, offered);
    let name = format!("{prefix}country");
    let error = error_of(data, &format!("{pointer}/country"));
    let error_id = format!("{name}-error");
    html! {
        div.field {
            label for=(name) { (t.country) }
            select id=(name) name=(name) required autocomplete={ (group) " country" } data-requote[prefix.is_empty()]
                aria-invalid=[error.map(|_| "true")] aria-describedby=[error.map(|_| &error_id)] {
                @if !choices.iter().any(|(code, _)| *code == typed.country) {
                    option value=(typed.country) selected { (country(&market.locale, &typed.country)) }
                }
                @for (code, label) in &choices {
                    option value=(code) selected[*code == typed.country] { (label) }
                }
            }
            @if let Some(error) = error { p.error id=(error_id) { (explain(t, error)) } }
        }
    }
}

fn shipping(ctx: &PageContext<'_>, data: &CheckoutPage) -> Markup {
    let t = ctx.phrases;
    let locale = &ctx.here.market.locale;
    let error = error_of(data, "/shipping_option");
    html! {
        fieldset #shipping data-region {
            legend { (t.shipping_method) }
            @if data.quote.shipping_options.is_empty() {
                p.error { (t.no_shipping) }
            }
            @for option in &data.quote.shipping_options {
                label.option-row {
                    input type="radio" name="shipping_option" value=(option.handle) required data-requote
                        checked[data.quote.shipping_option.as_deref() == Some(&option.handle)];
                    span {
                        strong { (option.name) }
                        @match &option.pick_up {
                            Some(place) => span.muted.small { (t.pick_up_at(place)) },
                            None => span.muted.small { (t.days(option.days_min, option.days_max)) },
                        }
                        @if let (Some(from), Some(until)) = (&option.arrives_from, &option.arrives_until) {
                            span.muted.small { (t.arrives(&day(locale, from), &day(locale, until))) }
                        }
                    }
                    span.amount {
                        @if let Some(before) = option.price_before { s.muted { (ctx.money(before)) } " " }
                        (if option.price.amount_minor == 0 { t.free.to_owned() } else { ctx.money(option.price) })
                    }
                }
            }
            @if let Some(error) = error { p.error { (explain(t, error)) } }
            p.no-script {
                button.secondary type="submit" name="intent" value="update" formnovalidate { (t.update_totals) }
            }
        }
    }
}

/// Gift cards, each with what it pays, and the VAT id of a business.
fn tender(ctx: &PageContext<'_>, data: &CheckoutPage) -> Markup {
    let t = ctx.phrases;
    let typed = &data.form.gift_cards;
    let fields = (typed.len() + 1).min(MAX_GIFT_CARDS);
    html! {
        fieldset #tender data-region {
            legend { (t.gift_cards_and_vat) }
            @for n in 0..fields {
                @let name = format!("gift_card_{}", n + 1);
                div.field {
                    label for=(name) { (t.gift_card_code) " " span.muted { (t.optional) } }
                    input id=(name) name=(name) type="text" value=(typed.get(n).map_or("", String::as_str))
                        maxlength="64" autocomplete="off" autocapitalize="characters" spellcheck="false" data-requote;
                }
            }
            @for card in &data.quote.gift_cards {
                p.small { (t.card_pays(&card.ending, &ctx.money(card.amount), &ctx.money(card.balance))) }
            }
            div.field {
                label for="vat_id" { (t.vat_id) " " span.muted { (t.optional) } }
                input id="vat_id" name="vat_id" type="text" value=(data.form.vat_id) maxlength="20" autocomplete="off"
                    spellcheck="false" data-requote aria-describedby="vat_id-hint";
                p.muted.small #vat_id-hint { (if data.quote.reverse_charge { t.reverse_charge } else { t.vat_id_hint }) }
            }
            p.no-script {
                button.secondary type="submit" name="intent" value="update" formnovalidate { (t.update_totals) }
            }
        }
    }
}

fn payment(ctx: &PageContext<'_>, data: &CheckoutPage) -> Markup {
    let t = ctx.phrases;
    let error = error_of(data, "/payment/token");
    html! {
        fieldset {
            legend { (t.payment) }
            p.muted.small { (t.test_payment) }
            @let cases: Vec<Markup> = TOKENS.iter().zip(t.tokens).map(|(token, words)| test_case(data, token, words)).collect();
            @for case in &cases[..COMMON_TOKENS] { (case) }
            details.more-tokens open[TOKENS[COMMON_TOKENS..].contains(&data.form.token.as_str())] {
                summary { (t.more_tokens) }
                div { @for case in &cases[COMMON_TOKENS..] { (case) } }
            }
            @if let Some(error) = error { p.error { (explain(t, error)) } }
        }
    }
}

/// One thing that the test provider can do.
fn test_case(data: &CheckoutPage, token: &str, (name, text): (&str, &str)) -> Markup {
    html! {
        label.option-row {
            input type="radio" name="token" value=(token) required checked[data.form.token == token];
            span {
                strong { (name) }
                span.muted.small { (text) }
            }
        }
    }
}

fn billing(ctx: &PageContext<'_>, data: &CheckoutPage) -> Markup {
    let t = ctx.phrases;
    html! {
        fieldset.billing {
            legend { (t.billing_address) }
            label.check {
                input type="checkbox" name="other_billing" value="1" checked[data.form.other_billing];
                span { (t.other_billing) }
            }
            div.when-checked {
                (address(ctx, data, &data.form.billing, "billing_", "/billing_address", "billing"))
            }
        }
    }
}

fn summary(ctx: &PageContext<'_>, data: &CheckoutPage) -> Markup {
    let t = ctx.phrases;
    let quote = &data.quote;
    html! {
        aside.summary #order-summary data-region aria-labelledby="summary" {
            h2 #summary { (t.your_order) }
            input type="hidden" name="total" value=(quote.totals.total.amount_minor);
            input type="hidden" name="due" value=(quote.totals.due.amount_minor);
            ul.mini role="list" {
                @for (line, number) in quote.lines.iter().zip(1..) {
                    li {
                        (thumbnail(line.image.as_deref(), ""))
                        span {
                            strong { (line.title) }
                            @if !line.variant_title.is_empty() { span.muted.small { (line.variant_title) } }
                            span.muted.small { (t.pieces(line.quantity)) }
                            (line_discounts(ctx, &quote.discounts, number))
                        }
                        span.amount { (ctx.money(line.subtotal)) }
                    }
                }
            }
            (totals(ctx, &quote.totals, &quote.discounts, &quote.tax_lines, quote.shipping_option.is_some()))
            (quote_notes(ctx, &quote.notes))
            button.wide type="submit" name="intent" value="place" data-once { (t.pay(&ctx.money(quote.totals.due))) }
            p.muted.small { (t.order_hint) }
            p.center { a href=(ctx.url("/cart")) { (t.back_to_cart) } }
        }
    }
}

#[cfg(test)]
pub(crate) fn samples() -> Vec<CheckoutPage> {
    use crate::form::Fields;
    use crate::goods;
    let page = |form: CheckoutForm, errors| CheckoutPage {
        quote: goods::quote(goods::HOSTILE),
        form,
        key: "0123456789abcdef0123456789abcdef".to_owned(),
        errors,
        notices: vec![(Tone::Bad, goods::HOSTILE.to_owned())],
    };
    let hostile = format!("email={0}&name={0}&country=QQ&other_billing=1&region={0}", "%3Cscript%3E%22'");
    let filled = CheckoutForm::read(&Fields::parse(hostile.as_bytes()).unwrap(), "DE");
    let errors = filled.problems(&[]);
    let mut open = page(CheckoutForm::read(&Fields::default(), "DE"), Vec::new());
    open.quote.shipping_options.clear();
    open.quote.shipping_option = None;
    vec![page(CheckoutForm::read(&Fields::default(), "DE"), Vec::new()), page(filled, errors), open]
}
