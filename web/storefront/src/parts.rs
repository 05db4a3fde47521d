//! Pieces that several pages are made of.

use std::borrow::Borrow;

use contracts::catalog::{ImageView, ProductCard};
use contracts::checkout::{Discount, DiscountTarget, QuoteNote};
use kernel::Money;
use maud::{Markup, html};

use crate::layout::logo;
use crate::site::PageContext;

/// When and how an image is fetched.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Loading {
    /// The largest thing above the fold: before everything else.
    First,
    /// Above the fold.
    Eager,
    /// When it comes near the viewport.
    Lazy,
}

/// An image in the sizes it has. `sizes` says how wide it is shown, as in HTML.
pub(crate) fn image(image: &ImageView, sizes: &str, loading: Loading) -> Markup {
    let sources: Vec<String> = image.sizes.iter().map(|size| format!("{} {}w", size.url, size.width)).collect();
    // The space is reserved before the image arrives; unknown dimensions are shown as a square.
    let (width, height) = if image.width == 0 || image.height == 0 { (800, 800) } else { (image.width, image.height) };
    html! {
        img src=(image.url)
            srcset=[(!sources.is_empty()).then(|| sources.join(", "))]
            sizes=[(!sources.is_empty()).then_some(sizes)]
            alt=(image.alt) width=(width) height=(height) decoding="async"
            loading=[(loading == Loading::Lazy).then_some("lazy")]
            fetchpriority=[(loading == Loading::First).then_some("high")];
    }
}

/// The smallest size at least `width` pixels wide, for places where one size is enough.
pub(crate) fn small(image: &ImageView, width: u32) -> &str {
    image.sizes.iter().find(|size| size.width >= width).map_or(&image.url, |size| &size.url)
}

/// A small square image; a quiet placeholder when there is none.
pub(crate) fn thumbnail(url: Option<&str>, alt: &str) -> Markup {
    html! {
        @match url {
            Some(url) => img.thumb src=(url) alt=(alt) width="96" height="96" loading="lazy" decoding="async";,
            None => span.thumb.blank aria-hidden="true" { (logo()) }
        }
    }
}

/// A price, with the one before the reduction.
pub(crate) fn price(ctx: &PageContext<'_>, price: Money, compare_at: Option<Money>) -> Markup {
    let t = ctx.phrases;
    html! {
        @match compare_at.filter(|before| before.amount_minor > price.amount_minor) {
            Some(before) => {
                span.visually-hidden { (t.price_now) " " }
                strong.price.sale { (ctx.money(price)) }
                " "
                span.visually-hidden { (t.price_before) " " }
                s.was { (ctx.money(before)) }
            }
            None => strong.price { (ctx.money(price)) }
        }
    }
}

/// A product in a grid.
pub(crate) fn card(ctx: &PageContext<'_>, product: &ProductCard, loading: Loading) -> Markup {
    let t = ctx.phrases;
    let reduced = product.compare_at_price.is_some_and(|before| before.amount_minor > product.price_min.amount_minor);
    html! {
        li.card {
            div.frame.blank[product.image.is_none()] {
                @if let Some(view) = &product.image {
                    (image(view, "(min-width: 72rem) 17rem, (min-width: 48rem) 30vw, 46vw", loading))
                } @else {
                    (logo())
                }
                @if !product.available {
                    span.tag { (t.sold_out) }
                } @else if reduced {
                    span.tag.accent { (t.reduced) }
                }
            }
            h3 { a href=(ctx.url(&format!("/products/{}", product.handle))) { (product.title) } }
            @if !product.vendor.is_empty() { p.muted { (product.vendor) } }
            p {
                @if product.price_min.amount_minor < product.price_max.amount_minor {
                    strong.price.sale[reduced] { (t.from) " " (ctx.money(product.price_min)) }
                } @else {
                    (price(ctx, product.price_min, product.compare_at_price))
                }
            }
            @if product.swatches.len() > 1 {
                p.muted.small title=(product.swatches.join(", ")) { (t.variants(product.swatches.len())) }
            }
        }
    }
}

/// A grid of products. The first row is fetched at once when it is `above_fold`.
pub(crate) fn grid(ctx: &PageContext<'_>, products: &[impl Borrow<ProductCard>], above_fold: bool) -> Markup {
    html! {
        ul.grid role="list" {
            @for (index, product) in products.iter().enumerate() {
                (card(ctx, product.borrow(), match index {
                    0 if above_fold => Loading::First,
                    1..=3 if above_fold => Loading::Eager,
                    _ => Loading::Lazy,
                }))
            }
        }
    }
}

/// One step of the way to a page: name and path without the market's prefix.
pub(crate) type Step = (String, String);

/// The way from the home page to this page, which is the last step.
pub(crate) fn breadcrumbs(ctx: &PageContext<'_>, trail: &[Step], here: &str) -> Markup {
    let t = ctx.phrases;
    html! {
        nav.breadcrumbs aria-label=(t.breadcrumbs) {
            ol {
                li { a href=(ctx.url("/")) { (t.home) } }
                @for (name, path) in trail { li { a href=(ctx.url(path)) { (name) } } }
                li { span aria-current="page" { (here) } }
            }
        }
    }
}

/// The same way, for search engines.
pub(crate) fn breadcrumb_data(ctx: &PageContext<'_>, trail: &[Step], here: &str) -> serde_json::Value {
    let mut items = vec![serde_json::json!({
        "@type": "ListItem", "position": 1, "name": ctx.phrases.home, "item": ctx.absolute(ctx.here, "/"),
    })];
    for (name, path) in trail {
        items.push(serde_json::json!({
            "@type": "ListItem", "position": items.len() + 1, "name": name, "item": ctx.absolute(ctx.here, path),
        }));
    }
    items.push(serde_json::json!({ "@type": "ListItem", "position": items.len() + 1, "name": here }));
    serde_json::json!({ "@context": "https://schema.org", "@type": "BreadcrumbList", "itemListElement": items })
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tone {
    Good,
    Attention,
    Bad,
}

/// Something the visitor should notice, read aloud when it appears.
pub(crate) fn notice(tone: Tone, text: &str) -> Markup {
    let class = match tone {
        Tone::Good => "notice good",
        Tone::Attention => "notice attention",
        Tone::Bad => "notice bad",
    };
    html! { div class=(class) role=(if tone == Tone::Bad { "alert" } else { "status" }) { p { (text) } } }
}

/// A label and its amount in a table of totals.
pub(crate) fn total_row(label: &str, amount: &str, class: Option<&str>) -> Markup {
    html! { div class=[class] { dt { (label) } dd { (amount) } } }
}

/// What a discount is called, with the code that was typed for it.
fn discount_label(discount: &Discount) -> String {
    match &discount.code {
        Some(code) => format!("{} ({code})", discount.label),
        None => discount.label.clone(),
    }
}

/// The rows of the discounts of the goods, each by its name; one row for all when they are not told apart.
pub(crate) fn discount_rows(ctx: &PageContext<'_>, discounts: &[Discount], sum: Money) -> Markup {
    let of_goods = || discounts.iter().filter(|discount| discount.target == DiscountTarget::Goods);
    let told_apart: i64 = of_goods().map(|discount| discount.amount.amount_minor).sum();
    let off = |amount| format!("\u{2212}{}", ctx.money(amount));
    html! {
        @if told_apart == sum.amount_minor {
            @for discount in of_goods() { (total_row(&discount_label(discount), &off(discount.amount), Some("discount"))) }
        } @else if sum.amount_minor != 0 {
            (total_row(ctx.phrases.discount, &off(sum), Some("discount")))
        }
    }
}

/// What each promotion takes off line `number` of a quote, counted from 1.
pub(crate) fn line_discounts(ctx: &PageContext<'_>, discounts: &[Discount], number: u32) -> Markup {
    html! {
        @for discount in discounts {
            @for part in discount.lines.iter().filter(|part| part.line == number) {
                span.small.line-discount { "\u{2212}" (ctx.money(part.amount)) " " (discount_label(discount)) }
            }
        }
    }
}

/// Why codes and promotions took nothing off.
pub(crate) fn quote_notes(ctx: &PageContext<'_>, notes: &[QuoteNote]) -> Markup {
    html! {
        @if !notes.is_empty() {
            ul.quote-notes role="list" {
                @for note in notes { li.small { (ctx.phrases.note(note, &|money| ctx.money(money))) } }
            }
        }
    }
}

/// The rows that quote and order share: goods, discount, shipping, tax, total.
pub(crate) fn totals(
    ctx: &PageContext<'_>,
    totals: &contracts::checkout::Totals,
    discounts: &[Discount],
    tax_lines: &[contracts::checkout::TaxLine],
    shipping_known: bool,
) -> Markup {
    let t = ctx.phrases;
    let locale = &ctx.here.market.locale;
    html! {
        dl.totals {
            (total_row(t.goods, &ctx.money(totals.items), None))
            (discount_rows(ctx, discounts, totals.discount))
            @let shipping = match (shipping_known, totals.shipping.amount_minor) {
                (false, _) => t.calculated_later.to_owned(),
                (true, 0) => t.free.to_owned(),
                (true, _) => ctx.money(totals.shipping),
            };
            (total_row(t.shipping, &shipping, None))
            @for free in discounts.iter().filter(|discount| discount.target == DiscountTarget::Delivery) {
                (total_row(&discount_label(free), t.free, Some("muted")))
            }
            @for tax in tax_lines.iter().filter(|tax| !tax.included) {
                (total_row(&format!("{} {}", tax.name, kernel::locale::rate(locale, tax.rate)), &ctx.money(tax.amount), None))
            }
            (total_row(t.total, &ctx.money(totals.total), Some("grand")))
            @for tax in tax_lines.iter().filter(|tax| tax.included) {
                (total_row(&t.including(&tax.name, &kernel::locale::rate(locale, tax.rate)), &ctx.money(tax.amount), Some("muted")))
            }
            @if totals.gift_card.amount_minor != 0 {
                (total_row(t.gift_card, &format!("\u{2212}{}", ctx.money(totals.gift_card)), None))
                (total_row(t.amount_due, &ctx.money(totals.due), Some("grand")))
            }
        }
    }
}
