//! `GET /products/{handle}`: one product, with a picker of its variants.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::Response;
use contracts::catalog::{AttributeValue, ImageView, ProductCard, ProductQuery, ProductView, VariantView};
use kernel::PageRequest;
use maud::{Markup, PreEscaped, html};

use crate::cache::Fresh;
use crate::form::Fields;
use crate::layout::{self, Head, logo, public_url, script_json};
use crate::own_prices::{self, OwnPrices};
use crate::pages::{cached, category_step, error, find_category, is_handle, last_segment};
use crate::parts::{Loading, Step, Tone, breadcrumb_data, breadcrumbs, grid, image, notice, price, small};
use crate::site::{PageContext, Site};

/// Other products shown below.
const RELATED: u32 = 5;
/// The largest quantity offered at once; the cart takes more.
const QUANTITIES: u32 = 10;

pub(crate) struct ProductPage {
    pub(crate) product: Arc<ProductView>,
    pub(crate) trail: Vec<Step>,
    pub(crate) top: Option<String>,
    pub(crate) related: Vec<ProductCard>,
    /// Index of the variant that the picker starts with.
    pub(crate) selected: usize,
    /// Why the product was not added to the cart.
    pub(crate) problem: Option<&'static str>,
    /// Whether the prices are the shopper's own.
    pub(crate) is_own: bool,
}

pub(crate) async fn show(State(site): State<Site>, request: Request) -> Response {
    let path = request.uri().path();
    if let Some(own) = site.own_prices(&request) {
        return show_own(&site, &request, &own);
    }
    let Some(query) = request.uri().query() else {
        return cached(&site, request.headers(), path, || render(&site, path, None));
    };
    let sku = Fields::parse(query.as_bytes()).unwrap_or_default().text("variant").to_owned();
    let handles = &site.shop.handles;
    let known = handles
        .catalog
        .product(handles.store, last_segment(path), &site.here().view)
        .is_some_and(|product| product.variants.iter().any(|variant| variant.sku.as_str() == sku));
    if known {
        cached(&site, request.headers(), &format!("{path}?variant={sku}"), || render(&site, path, Some(&sku)))
    } else {
        cached(&site, request.headers(), path, || render(&site, path, None))
    }
}

/// The page with the prices of one shopper.
fn show_own(site: &Site, request: &Request, own: &OwnPrices<'_>) -> Response {
    let Some(mut data) = load(site, last_segment(request.uri().path())) else { return error::not_found(site) };
    let sku =
        Fields::parse(request.uri().query().unwrap_or("").as_bytes()).unwrap_or_default().text("variant").to_owned();
    let asked = data.product.variants.iter().position(|variant| variant.sku.as_str() == sku);
    data.selected = asked.unwrap_or(data.selected);
    data.product = Arc::new(own.product(&data.product));
    own.cards(&mut data.related);
    data.is_own = true;
    own_prices::answer(product_page(&site.context(&format!("/products/{}", data.product.handle)), &data))
}

#[allow(clippy::result_large_err)] // As `cached` takes it.
fn render(site: &Site, path: &str, sku: Option<&str>) -> Result<Fresh, Response> {
    let mut data = load(site, last_segment(path)).ok_or_else(|| error::not_found(site))?;
    if let Some(index) = sku.and_then(|sku| data.product.variants.iter().position(|v| v.sku.as_str() == sku)) {
        data.selected = index;
    }
    let ctx = site.context(&format!("/products/{}", data.product.handle));
    let surrogate_keys = format!("catalog product:{}", data.product.id);
    Ok(Fresh { body: product_page(&ctx, &data).into_string(), content_type: None, surrogate_keys })
}

/// The page of a product that could not be added to the cart as asked, with the reason on it.
pub(crate) fn refused(site: &Site, handle: &str, selected: Option<usize>, problem: &'static str) -> Response {
    let Some(mut data) = load(site, handle) else { return error::not_found(site) };
    data.selected = selected.unwrap_or(data.selected);
    data.problem = Some(problem);
    let ctx = site.context(&format!("/products/{}", data.product.handle));
    crate::respond::private(StatusCode::CONFLICT, product_page(&ctx, &data))
}

fn load(site: &Site, handle: &str) -> Option<ProductPage> {
    let handles = &site.shop.handles;
    let here = site.here();
    if !is_handle(handle) {
        return None;
    }
    let product = handles.catalog.product(handles.store, handle, &here.view)?;
    let tree = handles.catalog.categories(handles.store, &here.market.locale);
    let found = product.category.as_deref().and_then(|category| find_category(&tree, category));
    let (trail, top) = match found {
        Some((mut above, node)) => {
            above.push(node);
            let top = above.first().map(|first| first.handle.clone());
            (above.into_iter().map(category_step).collect(), top)
        }
        None => (Vec::new(), None),
    };
    let page = PageRequest { limit: RELATED, cursor: None };
    let query = ProductQuery { category: product.category.clone(), page, ..ProductQuery::default() };
    let mut related = match handles.catalog.products(handles.store, &query, &here.view) {
        Ok(found) if product.category.is_some() => found.items.clone(),
        _ => Vec::new(),
    };
    related.retain(|other| other.handle != product.handle);
    related.truncate(RELATED as usize - 1);
    let selected = product.variants.iter().position(|variant| variant.available).unwrap_or(0);
    Some(ProductPage { product, trail, top, related, selected, problem: None, is_own: false })
}

pub(crate) fn product_page(ctx: &PageContext<'_>, data: &ProductPage) -> Markup {
    let t = ctx.phrases;
    let product = &data.product;
    let or = |preferred: &str, otherwise: String| if preferred.is_empty() { otherwise } else { preferred.to_owned() };
    let head = Head {
        title: or(&product.seo_title, product.title.clone()),
        description: or(&product.seo_description, summary(&product.description_html)),
        listed: data.problem.is_none(),
        image: product.images.first().map(|image| image.url.clone()),
        og_type: Some("product"),
        data: vec![structured(ctx, product), breadcrumb_data(ctx, &data.trail, &product.title)],
        category: data.top.clone(),
        ..Head::default()
    };
    let main = html! {
        (breadcrumbs(ctx, &data.trail, &product.title))
        article.product {
            (gallery(ctx, product, data.selected))
            div.buy {
                @if !product.vendor.is_empty() { p.eyebrow { (product.vendor) } }
                h1 { (product.title) }
                @if let Some(problem) = data.problem { (notice(Tone::Bad, problem)) }
                (picker(ctx, data))
                @if data.is_own { (own_prices::told(ctx)) }
                @if !product.attributes.is_empty() { (attributes(ctx, product)) }
            }
            @if !product.description_html.trim().is_empty() {
                section.description aria-labelledby="description" {
                    h2 #description { (t.description) }
                    div.prose { (PreEscaped(&product.description_html)) }
                }
            }
        }
        @if !data.related.is_empty() {
            section.band aria-labelledby="related" {
                h2 #related { (t.related) }
                (grid(ctx, &data.related, false))
            }
        }
    };
    layout::page(ctx, &head, &main)
}

fn gallery(ctx: &PageContext<'_>, product: &ProductView, selected: usize) -> Markup {
    let t = ctx.phrases;
    // The image of the preselected variant comes first, so that the page opens on what the price is for.
    let first = product.variants.get(selected).and_then(|variant| variant.image).unwrap_or(0);
    let mut order: Vec<usize> = (0..product.images.len()).collect();
    if first < order.len() {
        order.remove(first);
        order.insert(0, first);
    }
    html! {
        section.gallery aria-label=(t.pictures) {
            @if order.is_empty() { div.frame.blank { (logo()) } } @else {
                div.reel tabindex="0" role="group" aria-label=(t.pictures) {
                    @for (place, &index) in order.iter().enumerate() {
                        div.frame id={ "image-" (index) } {
                            (image(&product.images[index], "(min-width: 60rem) 36rem, 100vw",
                                if place == 0 { Loading::First } else { Loading::Lazy }))
                        }
                    }
                }
                @if order.len() > 1 {
                    ul.thumbs role="list" {
                        @for (place, &index) in order.iter().enumerate() {
                            li { a href={ "#image-" (index) } aria-label=(t.picture(place + 1)) {
                                img src=(small(&product.images[index], 160)) alt="" width="80" height="80" loading="lazy" decoding="async";
                            } }
                        }
                    }
                }
            }
        }
    }
}

fn picker(ctx: &PageContext<'_>, data: &ProductPage) -> Markup {
    let t = ctx.phrases;
    let product = &data.product;
    let Some(selected) = product.variants.get(data.selected) else {
        return html! { p.stock.out { (t.sold_out) } };
    };
    let several = product.variants.len() > 1 && !product.options.is_empty();
    html! {
        form.picker method="post" action=(ctx.url("/cart/lines")) data-picker[several] {
            p.price-line data-price aria-live="polite" { (variant_price(ctx, selected)) }
            p.muted.small { (if ctx.here.market.prices_include_tax { t.tax_included } else { t.tax_excluded }) }
            input type="hidden" name="product" value=(product.handle);
            @if several {
                @for (place, option) in product.options.iter().enumerate() {
                    fieldset.option {
                        legend { (option.name) }
                        div.choices {
                            @for value in &option.values { (choice(product, selected, place, &option.name, value)) }
                        }
                    }
                }
            } @else {
                input type="hidden" name="sku" value=(selected.sku);
            }
            p.stock.out[!selected.available] data-stock aria-live="polite" {
                (stock_text(ctx, selected))
            }
            div.add {
                label.visually-hidden for="quantity" { (t.quantity) }
                select #quantity name="quantity" autocomplete="off" {
                    @for quantity in 1..=QUANTITIES { option value=(quantity) { (quantity) } }
                }
                button type="submit" data-add disabled[!product.available] {
                    (if product.available { t.add_to_cart } else { t.sold_out })
                }
            }
            @if several {
                script type="application/json" data-variants { (PreEscaped(script_json(&variant_data(ctx, product)))) }
            }
        }
    }
}

/// One value of an option, as a radio button. With a picture when the product shows its variants by this option.
fn choice(product: &ProductView, selected: &VariantView, place: usize, name: &str, value: &str) -> Markup {
    let with_value = || product.variants.iter().filter(|variant| variant.options.get(name).is_some_and(|v| v == value));
    let available = with_value().any(|variant| variant.available);
    let picture = (place == 0 && product.options.len() > 1 || product.options.len() == 1)
        .then(|| with_value().find_map(|variant| variant.image))
        .flatten()
        .filter(|_| shows_variants(product))
        .and_then(|index| product.images.get(index));
    html! {
        label.choice.pictured[picture.is_some()] {
            input type="radio" name={ "option-" (place) } value=(value) required autocomplete="off"
                checked[selected.options.get(name).is_some_and(|v| v == value)] disabled[!available && product.available];
            span {
                @if let Some(picture) = picture {
                    img src=(small(picture, 120)) alt="" width="64" height="64" loading="lazy" decoding="async";
                }
                (value)
            }
        }
    }
}

/// The price of a variant; beside a reduced one the lowest of the last 30 days, as the law of the European Union asks.
fn variant_price(ctx: &PageContext<'_>, variant: &VariantView) -> Markup {
    html! {
        (price(ctx, variant.price, variant.compare_at_price))
        @if let Some(lowest) = variant.lowest_price_30_days {
            " " span.muted.small { (ctx.phrases.lowest_price(&ctx.money(lowest))) }
        }
    }
}

/// Whether variants have different pictures.
fn shows_variants(product: &ProductView) -> bool {
    let mut pictures = product.variants.iter().filter_map(|variant| variant.image);
    let first = pictures.next();
    pictures.any(|picture| Some(picture) != first)
}

/// Whether a variant is there, comes later, or is gone.
fn stock_text(ctx: &PageContext<'_>, variant: &VariantView) -> String {
    let t = ctx.phrases;
    match (variant.available, variant.backorder) {
        (true, true) => t.delivered_later(variant.backorder_until.map(|until| until.0)),
        (true, false) => t.in_stock.to_owned(),
        (false, _) => t.sold_out.to_owned(),
    }
}

/// What the script needs to follow the picker: per variant its values, price, state and picture.
fn variant_data(ctx: &PageContext<'_>, product: &ProductView) -> serde_json::Value {
    let t = ctx.phrases;
    let variants: Vec<serde_json::Value> = product
        .variants
        .iter()
        .map(|variant| {
            let values: Vec<&str> =
                product.options.iter().map(|o| variant.options.get(&o.name).map_or("", String::as_str)).collect();
            serde_json::json!({
                "values": values,
                "price": variant_price(ctx, variant).into_string(),
                "available": variant.available,
                "stock": stock_text(ctx, variant),
                "image": variant.image,
            })
        })
        .collect();
    serde_json::json!({
        "variants": variants,
        "add": t.add_to_cart, "sold_out": t.sold_out, "in_stock": t.in_stock, "missing": t.no_such_variant,
    })
}

fn attributes(ctx: &PageContext<'_>, product: &ProductView) -> Markup {
    let t = ctx.phrases;
    html! {
        section.attributes aria-labelledby="details" {
            h2 #details { (t.details) }
            dl {
                @for (name, value) in &product.attributes {
                    div {
                        dt { (crate::format::label(name)) }
                        dd {
                            @match value {
                                AttributeValue::Flag(true) => (t.yes),
                                AttributeValue::Flag(false) => (t.no),
                                AttributeValue::Integer(number) => (number),
                                AttributeValue::Text(text) => (text),
                                AttributeValue::List(items) => (items.join(", ")),
                            }
                        }
                    }
                }
            }
        }
    }
}

/// The first words of a description, without its markup.
fn summary(html: &str) -> String {
    const MAX_CHARS: usize = 155;
    let mut text = String::new();
    let mut in_tag = false;
    for c in html.chars() {
        match c {
            '<' => {
                in_tag = true;
                text.push(' ');
            }
            '>' => in_tag = false,
            _ if in_tag => {}
            _ => text.push(c),
        }
    }
    let text = text
        .replace("&amp;", "&")
        .replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&nbsp;", " ")
        .replace("&quot;", "\"");
    let mut out = String::new();
    for word in text.split_whitespace() {
        if out.chars().count() + word.chars().count() > MAX_CHARS {
            out.push('…');
            break;
        }
        if !out.is_empty() {
            out.push(' ');
        }
        out.push_str(word);
    }
    out
}

/// Schema.org's Product, so that search engines can show price and availability.
fn structured(ctx: &PageContext<'_>, product: &ProductView) -> serde_json::Value {
    let url = ctx.absolute(ctx.here, &format!("/products/{}", product.handle));
    let offers: Vec<serde_json::Value> = product
        .variants
        .iter()
        .map(|variant| {
            serde_json::json!({
                "@type": "Offer",
                "sku": variant.sku,
                "price": variant.price.decimal(),
                "priceCurrency": variant.price.currency,
                "availability": match (variant.available, variant.backorder) {
                    (true, true) => "https://schema.org/BackOrder",
                    (true, false) => "https://schema.org/InStock",
                    (false, _) => "https://schema.org/OutOfStock",
                },
                "url": url,
            })
        })
        .collect();
    let images: Vec<String> = product.images.iter().map(|image: &ImageView| public_url(ctx, &image.url)).collect();
    let mut data = serde_json::json!({
        "@context": "https://schema.org",
        "@type": "Product",
        "name": product.title,
        "description": summary(&product.description_html),
        "url": url,
        "image": images,
        "offers": offers,
    });
    if !product.vendor.is_empty() {
        data["brand"] = serde_json::json!({ "@type": "Brand", "name": product.vendor });
    }
    data
}

#[cfg(test)]
pub(crate) fn samples() -> Vec<ProductPage> {
    use crate::goods;
    let page = |product: ProductView, problem| ProductPage {
        product: Arc::new(product),
        trail: vec![("Shoes".to_owned(), "/categories/shoes".to_owned())],
        top: Some("shoes".to_owned()),
        related: vec![goods::card("other", goods::HOSTILE)],
        selected: 0,
        problem,
        is_own: problem.is_some(),
    };
    let mut bare = goods::product("bare", "Bare", 1);
    bare.images.clear();
    bare.options.clear();
    bare.variants.truncate(1);
    bare.attributes.clear();
    bare.description_html.clear();
    let mut sold_out = goods::product("gone", "Gone", 2);
    sold_out.available = false;
    sold_out.variants.iter_mut().for_each(|variant| variant.available = false);
    let mut nothing = bare.clone();
    nothing.variants.clear();
    vec![
        page(goods::product("trail-runner", goods::HOSTILE, 0), None),
        page(bare, Some("Why not")),
        page(sold_out, None),
        page(nothing, None),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_summary_is_plain_and_short() {
        assert_eq!(summary("<p>Light &amp; fast.</p><ul><li>One</li><li>Two</li></ul>"), "Light & fast. One Two");
        let long = summary(&"word ".repeat(100));
        assert!(long.ends_with("word…") && long.chars().count() <= 160);
    }
}
