//! One product as staff see it: its texts, prices, stock and pictures.

use contracts::catalog::{Product, Variant};
use contracts::identity::Scope;
use contracts::ledger::{DEFAULT_LOCATION, StockView};
use kernel::{Currency, Sku};
use maud::{Markup, html};

use crate::form::Draft;
use crate::layout;
use crate::parts::{Field, Form, choices, encoded, said, state, table, time};
use crate::site::PageContext;

/// What the page shows.
pub(crate) struct ProductPage {
    pub(crate) product: Product,
    pub(crate) locales: Vec<String>,
    pub(crate) currencies: Vec<Currency>,
    /// Names of the markets, with what is paid in there.
    pub(crate) markets: Vec<(String, Currency)>,
    /// Handles and names.
    pub(crate) categories: Vec<(String, String)>,
    pub(crate) collections: Vec<(String, String)>,
    /// Addresses, in the order of the media; none when shoppers cannot see the product.
    pub(crate) pictures: Vec<String>,
    /// Empty when the reader may not see stock.
    pub(crate) levels: Vec<(Sku, Vec<StockView>)>,
    pub(crate) key: String,
    pub(crate) draft: Draft,
}

#[cfg(test)]
pub(crate) fn samples() -> Vec<ProductPage> {
    use crate::samples::{HOSTILE, draft, product, stock};
    let page = |draft| ProductPage {
        product: product(),
        locales: vec!["en".into(), "de".into()],
        currencies: vec![Currency::EUR, Currency::USD],
        markets: vec![(HOSTILE(), Currency::EUR), (HOSTILE(), Currency::EUR)],
        categories: vec![(HOSTILE(), HOSTILE())],
        collections: vec![(HOSTILE(), HOSTILE())],
        pictures: vec![format!("/media/{}", encoded(&HOSTILE()))],
        levels: product().content.variants.iter().map(|v| (v.sku.clone(), vec![stock()])).collect(),
        key: HOSTILE(),
        draft,
    };
    vec![
        page(Draft::default()),
        page(draft("product", &["title-en", "description_html-en", "price-0-EUR", "vendor", "tags", "status"])),
        page(draft("stock", &["delta", "reason", "sku", "location"])),
        page(draft("variant", &["sku", "price-EUR", "option-0"])),
        page(draft("media", &["alt"])),
    ]
}

pub(crate) fn product_page(ctx: &PageContext, data: &ProductPage) -> Markup {
    let product = &data.product;
    let locale = data.locales.first().map_or("en", String::as_str);
    let title = product.content.title.get(locale);
    let main = html! {
        div.head {
            h1 { (said(title)) }
            (state(product.content.status))
            a.button.secondary href=(format!("/products/{}", encoded(&product.handle))) { "See it in the shop" }
        }
        p.muted { code { (said(&product.handle)) } " · version " (product.version) " · changed " (time(product.updated_at)) }
        div.columns {
            div.stack {
                @if ctx.may(Scope::Catalog) { (edit(data)) } @else { (read(data, locale)) }
            }
            div.stack {
                @if !data.levels.is_empty() { (stock(ctx, data)) }
                (media(ctx, data))
                @if ctx.may(Scope::Catalog) {
                    (new_variant(data))
                    details.card {
                        summary { "Delete" }
                        form method="post" action=(format!("/admin/products/{}/delete", encoded(&product.handle))) {
                            input type="hidden" name="version" value=(product.version);
                            p.muted { "Orders keep what they say about it. To take it off sale only, archive it." }
                            p.actions { button.danger type="submit" { "Delete the product" } }
                        }
                    }
                }
            }
        }
    };
    layout::frame(ctx, title, &main)
}

fn read(data: &ProductPage, locale: &str) -> Markup {
    let content = &data.product.content;
    let rows: Vec<Markup> = content
        .variants
        .iter()
        .map(|variant| {
            html! {
                tr {
                    td { code { (said(variant.sku.as_str())) } }
                    td { (said(&variant.options.join(" / "))) }
                    td { @for price in &variant.prices { (crate::parts::money(price.price)) " " } }
                }
            }
        })
        .collect();
    html! {
        section.card { h2 { "Description" } pre { (content.description_html.get(locale)) } }
        (table("Variants", &["SKU", "Variant", "Prices"], &rows, "None."))
    }
}

fn edit(data: &ProductPage) -> Markup {
    let (product, content) = (&data.product, &data.product.content);
    let form = Form::new("product", &data.draft);
    let mut categories = vec![(String::new(), "None".to_owned())];
    categories.extend(data.categories.iter().cloned());
    let exact = |texts: &contracts::market::Texts, locale: &str| texts.0.get(locale).cloned().unwrap_or_default();
    html! {
        form.card method="post" action=(format!("/admin/products/{}", encoded(&product.handle))) {
            (form.complaint())
            input type="hidden" name="version" value=(product.version);
            @for locale in &data.locales {
                (form.input(&Field::new(&format!("title-{locale}"), &format!("Title ({locale})")).value(&exact(&content.title, locale))))
                (form.area(&Field::new(&format!("description_html-{locale}"), &format!("Description ({locale}), HTML"))
                    .value(&exact(&content.description_html, locale)), 5))
            }
            div.fields {
                (form.select(&Field::new("status", "State").value(&crate::parts::name_of(content.status)), &choices(["draft", "active", "archived"])))
                (form.select(&Field::new("category", "Category").value(content.category.as_deref().unwrap_or("")), &categories))
                (form.input(&Field::new("vendor", "Vendor").value(&content.vendor)))
                (form.input(&Field::new("tags", "Tags").value(&content.tags.join(", ")).hint("With commas between them.")))
            }
            @if !data.collections.is_empty() {
                fieldset {
                    legend { "Collections" }
                    div.checks {
                        @for (handle, name) in &data.collections {
                            (form.check("collections", handle, name, content.collections.contains(handle)))
                        }
                    }
                }
            }
            fieldset #prices {
                legend { "Prices" }
                @for (place, variant) in content.variants.iter().enumerate() { (variant_prices(data, &form, place, variant)) }
            }
            p.actions { button type="submit" { "Save" } }
        }
    }
}

fn variant_prices(data: &ProductPage, form: &Form<'_>, place: usize, variant: &Variant) -> Markup {
    let name = variant.options.join(" / ");
    let price = |currency: Currency| variant.prices.iter().find(|price| price.price.currency == currency);
    html! {
        fieldset.variant {
            legend { @if !name.is_empty() { (said(&name)) " " } code { (said(variant.sku.as_str())) } }
            input type="hidden" name=(format!("sku-{place}")) value=(variant.sku.as_str());
            div.fields {
                @for currency in &data.currencies {
                    @let now = price(*currency);
                    (form.input(&Field::new(&format!("price-{place}-{currency}"), &format!("Price in {currency}")).kind("money")
                        .value(&now.map(|p| p.price.decimal()).unwrap_or_default()).hint(&sold_in(data, *currency))))
                    (form.input(&Field::new(&format!("compare-{place}-{currency}"), &format!("Price before, in {currency}")).kind("money")
                        .value(&now.and_then(|p| p.compare_at).map(|m| m.decimal()).unwrap_or_default()).hint("Shown crossed out.")))
                }
                (form.input(&Field::new(&format!("weight-{place}"), "Grams").kind("count").value(&variant.weight_g.to_string())))
                (form.input(&Field::new(&format!("tax_class-{place}"), "Tax class").value(&variant.tax_class)))
            }
        }
    }
}

/// In which markets a currency is paid, such as `In the market Europe.`
fn sold_in(data: &ProductPage, currency: Currency) -> String {
    let names = data.markets.iter().filter(|(_, paid)| *paid == currency).map(|(name, _)| name.as_str());
    match names.collect::<Vec<_>>()[..] {
        [] => String::new(),
        [one] => format!("In the market {one}."),
        ref many => format!("In the markets {}.", many.join(", ")),
    }
}

fn stock(ctx: &PageContext, data: &ProductPage) -> Markup {
    let form = Form::new("stock", &data.draft);
    let mut rows: Vec<Markup> = Vec::new();
    for (sku, levels) in &data.levels {
        for level in levels {
            rows.push(html! {
                tr {
                    td { a href=(stock_of(sku)) { (said(sku.as_str())) } }
                    td { (said(&level.location)) }
                    td.number { (level.on_hand) }
                    td.number { (level.held) }
                    td.number { (level.committed) }
                    td.number { (level.available) }
                }
            });
        }
        if levels.is_empty() {
            rows.push(html! { tr { td { a href=(stock_of(sku)) { (said(sku.as_str())) } } td colspan="5" { "Never stocked" } } });
        }
    }
    let skus: Vec<(String, String)> = data
        .product
        .content
        .variants
        .iter()
        .map(|variant| {
            let sku = variant.sku.as_str().to_owned();
            (sku.clone(), format!("{} {}", variant.options.join(" / "), sku).trim().to_owned())
        })
        .collect();
    html! {
        section.card #stock {
            h2 { "Stock" }
            (table("Stock", &["SKU", "Location", "On hand", "Held", "Owed", "Available"], &rows, "No variants."))
            @if ctx.may(Scope::Stock) {
                form method="post" action=(format!("/admin/products/{}/stock", encoded(&data.product.handle))) {
                    (form.complaint())
                    input type="hidden" name="key" value=(format!("{}-stock", data.key));
                    (form.select(&Field::new("sku", "Variant"), &skus))
                    div.fields {
                        (form.input(&Field::new("location", "Location").value(DEFAULT_LOCATION).required()))
                        (form.input(&Field::new("delta", "More or fewer").required().hint("5 came in: 5. 2 broke: -2.")))
                    }
                    (form.input(&Field::new("reason", "Reason").required()))
                    p.actions { button.secondary type="submit" { "Change the stock" } }
                }
            }
        }
    }
}

fn stock_of(sku: &Sku) -> String {
    format!("/admin/stock/{}", encoded(sku.as_str()))
}

fn media(ctx: &PageContext, data: &ProductPage) -> Markup {
    let form = Form::new("media", &data.draft);
    let product = &data.product;
    let base = format!("/admin/products/{}/media", encoded(&product.handle));
    html! {
        section.card #media {
            h2 { "Pictures" }
            @if product.content.media.is_empty() { p.empty { "None yet." } }
            ul.pictures {
                @for (place, media) in product.content.media.iter().enumerate() {
                    li {
                        @if let Some(address) = data.pictures.get(place) {
                            img src=(address) alt=(media.alt.get(data.locales.first().map_or("en", String::as_str))) width="200" height="200" loading="lazy";
                        } @else { code { (said(&media.source)) } }
                        @if ctx.may(Scope::Catalog) {
                            form.inline method="post" action=(format!("{base}/remove")) {
                                input type="hidden" name="version" value=(product.version);
                                input type="hidden" name="place" value=(place);
                                button.quiet type="submit" aria-label=(format!("Remove picture {}", place + 1)) { "Remove" }
                            }
                        }
                    }
                }
            }
            @if ctx.may(Scope::Catalog) {
                form method="post" action=(base) enctype="multipart/form-data" {
                    (form.complaint())
                    (form.input(&Field::new("file", "Picture (JPEG, PNG or WebP)").kind("file").required()))
                    (form.input(&Field::new("alt", "What it shows").hint("For people who cannot see it.")))
                    p.actions { button.secondary type="submit" { "Add the picture" } }
                }
            }
        }
    }
}

fn new_variant(data: &ProductPage) -> Markup {
    let form = Form::new("variant", &data.draft);
    let content = &data.product.content;
    html! {
        details.card #variant open[data.draft.form == "variant"] {
            summary { "Add a variant" }
            @if content.options.is_empty() {
                p.muted { "This product has one variant and no options (such as size) in which more could differ." }
            } @else {
                form method="post" action=(format!("/admin/products/{}/variants", encoded(&data.product.handle))) {
                    (form.complaint())
                    input type="hidden" name="version" value=(data.product.version);
                    div.fields {
                        @for (place, option) in content.options.iter().enumerate() {
                            (form.input(&Field::new(&format!("option-{place}"), &option.name).required()))
                        }
                        (form.input(&Field::new("sku", "SKU").required()))
                        @for currency in &data.currencies {
                            (form.input(&Field::new(&format!("price-{currency}"), &format!("Price in {currency}")).kind("money")))
                        }
                    }
                    p.actions { button.secondary type="submit" { "Add it" } }
                }
            }
        }
    }
}
