//! A product as the model holds it: everything shoppers can see, in little memory, rendered only when asked for.

use std::collections::BTreeMap;
use std::num::NonZeroI64;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};

use contracts::catalog::{
    AttributeValue, ImageView, Media, OwnPrices, Price, Product, ProductCard, ProductOption, ProductView, Rendered,
    Sellable, ShelfPrice, VariantView,
};
use contracts::market::Texts;
use kernel::{Currency, Money, ProductId, Sku, Timestamp};
use parking_lot::RwLock;

use super::overlay::Overlay;
use super::render;
use super::words::{Interner, Words};
use crate::media;

/// A variant. What its options say is looked up in the product's.
pub(crate) struct Item {
    pub(crate) sku: Sku,
    options: Box<[Arc<str>]>,
    prices: Box<[Tag]>,
    tax_class: Arc<str>,
    weight_g: u32,
    requires_shipping: bool,
    image: Option<u16>,
}

/// A price in one currency, in minor units.
#[derive(Clone, Copy)]
struct Tag {
    currency: Currency,
    price: i64,
    compare_at: Option<NonZeroI64>,
    lowest_30_days: Option<NonZeroI64>,
}

struct Picture {
    source: Box<str>,
    alt: Words,
    width: u32,
    height: u32,
}

struct Axis {
    name: Arc<str>,
    values: Box<[Arc<str>]>,
}

/// The lowest and highest price of a product in one currency, in minor units.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Span {
    currency: Currency,
    pub(crate) min: i64,
    pub(crate) max: i64,
}

/// A product in one currency and language, as it was when `availability` was its count of flips.
pub(crate) struct Shown {
    currency: Currency,
    locale: Arc<str>,
    availability: u64,
    pub(crate) view: Arc<ProductView>,
    json: OnceLock<Rendered>,
}

impl Shown {
    /// The JSON, rendered and compressed by whoever asks first.
    pub(crate) fn json(&self) -> Rendered {
        let keys = || format!("product-{}", self.view.id);
        self.json.get_or_init(|| render::json(&*self.view, &keys())).clone()
    }
}

/// A product in a list, in one currency and language, as it was when `availability` was its count of flips.
struct Card {
    currency: Currency,
    locale: Arc<str>,
    availability: u64,
    card: Arc<ProductCard>,
}

/// One active product. Replaced whole with every version; only availability and what was rendered change in it.
pub(crate) struct Entry {
    pub(crate) id: ProductId,
    pub(crate) handle: Arc<str>,
    pub(crate) version: u64,
    pub(crate) created_at: Timestamp,
    pub(crate) category: Option<Arc<str>>,
    pub(crate) collections: Box<[Arc<str>]>,
    pub(crate) variants: Box<[Item]>,
    title: Words,
    description_html: Words,
    seo_title: Words,
    seo_description: Words,
    vendor: Arc<str>,
    product_type: Arc<str>,
    tags: Box<[Arc<str>]>,
    attributes: Box<[(Arc<str>, AttributeValue)]>,
    axes: Box<[Axis]>,
    media: Box<[Picture]>,
    spans: Box<[Span]>,
    /// How often the availability of a variant has flipped.
    availability: AtomicU64,
    shown: RwLock<Vec<Arc<Shown>>>,
    cards: RwLock<Vec<Card>>,
}

impl Entry {
    /// `product` at the prices of its document, where `overlay` says no others.
    pub(crate) fn new(product: &Product, interner: &Interner, overlay: &Overlay) -> Self {
        let content = &product.content;
        let intern = |texts: &[String]| texts.iter().map(|text| interner.get(text)).collect::<Box<[_]>>();
        let words = |texts: &_| Words::new(texts, interner);
        let variants: Box<[Item]> = content
            .variants
            .iter()
            .map(|variant| Item {
                sku: variant.sku.clone(),
                options: intern(&variant.options),
                prices: variant
                    .prices
                    .iter()
                    .map(|price| Tag::new(price, overlay.get(&variant.sku, price.price.currency)))
                    .collect(),
                tax_class: interner.get(&variant.tax_class),
                weight_g: variant.weight_g,
                requires_shipping: variant.requires_shipping,
                image: variant.image.and_then(|image| u16::try_from(image).ok()),
            })
            .collect();
        let picture = |media: &Media| Picture {
            source: media.source.as_str().into(),
            alt: words(&media.alt),
            width: media.width,
            height: media.height,
        };
        Entry {
            id: product.id,
            handle: product.handle.as_str().into(),
            version: product.version,
            created_at: product.created_at.0,
            category: content.category.as_deref().map(|handle| interner.get(handle)),
            collections: intern(&content.collections),
            spans: spans(&variants),
            variants,
            title: words(&content.title),
            description_html: words(&content.description_html),
            seo_title: words(&content.seo_title),
            seo_description: words(&content.seo_description),
            vendor: interner.get(&content.vendor),
            product_type: interner.get(&content.product_type),
            tags: intern(&content.tags),
            attributes: content.attributes.iter().map(|(k, v)| (interner.get(k), v.clone())).collect(),
            axes: content
                .options
                .iter()
                .map(|option| Axis { name: interner.get(&option.name), values: intern(&option.values) })
                .collect(),
            media: content.media.iter().map(picture).collect(),
            availability: AtomicU64::new(0),
            shown: RwLock::default(),
            cards: RwLock::default(),
        }
    }

    /// What it costs in `currency`; none when it is not sold in it.
    pub(crate) fn span(&self, currency: Currency) -> Option<Span> {
        self.spans.iter().find(|span| span.currency == currency).copied()
    }

    /// The least that somebody with `own` prices pays for a variant of it, in minor units; none when it is not sold in
    /// `currency`.
    pub(crate) fn lowest_for(&self, currency: Currency, own: &dyn OwnPrices) -> Option<i64> {
        let sold = self.variants.iter().filter_map(|item| item.tag(currency).map(|tag| (item, tag)));
        let paid = sold.map(|(item, tag)| {
            let shelf = Price { price: Money::new(tag.price, currency), compare_at: tag.compare_at() };
            own.price(&item.sku, shelf).price.amount_minor
        });
        paid.min()
    }

    pub(crate) fn currencies(&self) -> impl Iterator<Item = Currency> {
        self.spans.iter().map(|span| span.currency)
    }

    /// Languages in which it has a text.
    pub(crate) fn locales(&self) -> impl Iterator<Item = &Arc<str>> {
        let texts = [&self.title, &self.description_html, &self.seo_title, &self.seo_description];
        texts.into_iter().chain(self.media.iter().map(|picture| &picture.alt)).flat_map(Words::locales)
    }

    pub(crate) fn title(&self, locale: &str) -> &str {
        self.title.get(locale)
    }

    /// Says that the availability of one of its variants has flipped: what was rendered is outdated.
    pub(crate) fn availability_flipped(&self) {
        self.availability.fetch_add(1, Ordering::AcqRel);
    }

    /// This product in one currency and language, rendered when it was not yet or availability flipped since. The
    /// flag says whether it is the first thing that the product holds rendered.
    pub(crate) fn shown(
        &self,
        currency: Currency,
        locale: &Arc<str>,
        available: &dyn Fn(&Sku) -> bool,
        backorder: &dyn Fn(&Sku) -> Option<Option<Timestamp>>,
    ) -> Option<(Arc<Shown>, bool)> {
        // Read before the availability itself, so that a flip in between makes what is rendered here outdated.
        let availability = self.availability.load(Ordering::Acquire);
        let fits = |shown: &Shown| shown.currency == currency && *shown.locale == **locale;
        if let Some(found) = self.shown.read().iter().find(|s| fits(s) && s.availability == availability) {
            return Some((found.clone(), false));
        }
        let view = Arc::new(self.view(currency, locale, available, backorder)?);
        let locale = locale.clone();
        let new = Arc::new(Shown { currency, locale, availability, view, json: OnceLock::new() });
        let mut shown = self.shown.write();
        let first = shown.is_empty();
        shown.retain(|s| !(s.currency == new.currency && s.locale == new.locale));
        shown.push(new.clone());
        Some((new, first))
    }

    /// Gives back the memory of what was rendered; it is rendered again when somebody asks.
    pub(crate) fn forget_rendered(&self) {
        self.shown.write().clear();
    }

    /// As [`Self::card`], made when it was not yet or availability flipped since. The flag says whether it is the first
    /// card that the product holds.
    pub(crate) fn shared_card(
        &self,
        currency: Currency,
        locale: &Arc<str>,
        available: &dyn Fn(&Sku) -> bool,
    ) -> Option<(Arc<ProductCard>, bool)> {
        // As in `shown`: read before the availability itself.
        let availability = self.availability.load(Ordering::Acquire);
        let fits = |card: &Card| card.currency == currency && *card.locale == **locale;
        if let Some(found) = self.cards.read().iter().find(|c| fits(c) && c.availability == availability) {
            return Some((found.card.clone(), false));
        }
        let card = Arc::new(self.card(currency, locale, available)?);
        let mut cards = self.cards.write();
        let first = cards.is_empty();
        cards.retain(|card| !fits(card));
        cards.push(Card { currency, locale: locale.clone(), availability, card: card.clone() });
        Some((card, first))
    }

    pub(crate) fn forget_cards(&self) {
        self.cards.write().clear();
    }

    fn view(
        &self,
        currency: Currency,
        locale: &str,
        available: &dyn Fn(&Sku) -> bool,
        backorder: &dyn Fn(&Sku) -> Option<Option<Timestamp>>,
    ) -> Option<ProductView> {
        let span = self.span(currency)?;
        let strings = |texts: &[Arc<str>]| texts.iter().map(ToString::to_string).collect::<Vec<_>>();
        let shown = |item| {
            let mut variant = self.variant_view(item, currency, available)?;
            if let Some(until) = backorder(&variant.sku).filter(|_| variant.available) {
                (variant.backorder, variant.backorder_until) = (true, until.map(Into::into));
            }
            Some(variant)
        };
        let variants: Vec<VariantView> = self.variants.iter().filter_map(shown).collect();
        Some(ProductView {
            id: self.id,
            handle: self.handle.to_string(),
            title: self.title.get(locale).to_owned(),
            description_html: self.description_html.get(locale).to_owned(),
            vendor: self.vendor.to_string(),
            product_type: self.product_type.to_string(),
            category: self.category.as_deref().map(str::to_owned),
            collections: strings(&self.collections),
            tags: strings(&self.tags),
            attributes: self.attributes.iter().map(|(k, v)| (k.to_string(), v.clone())).collect(),
            options: self
                .axes
                .iter()
                .map(|axis| ProductOption { name: axis.name.to_string(), values: strings(&axis.values) })
                .collect(),
            available: variants.iter().any(|variant| variant.available),
            variants,
            images: self.media.iter().map(|picture| picture.view(locale)).collect(),
            price_min: Money::new(span.min, currency),
            price_max: Money::new(span.max, currency),
            seo_title: self.seo_title.get(locale).to_owned(),
            seo_description: self.seo_description.get(locale).to_owned(),
            version: self.version,
        })
    }

    fn variant_view(&self, item: &Item, currency: Currency, available: &dyn Fn(&Sku) -> bool) -> Option<VariantView> {
        let tag = item.tag(currency)?;
        let names = self.axes.iter().map(|axis| axis.name.to_string());
        Some(VariantView {
            sku: item.sku.clone(),
            options: names.zip(item.options.iter().map(ToString::to_string)).collect::<BTreeMap<_, _>>(),
            price: Money::new(tag.price, currency),
            compare_at_price: tag.compare_at(),
            lowest_price_30_days: tag.lowest_30_days(),
            available: available(&item.sku),
            backorder: false,
            backorder_until: None,
            image: item.image.map(usize::from),
        })
    }

    /// This product in a list; none when it is not sold in `currency`.
    pub(crate) fn card(
        &self,
        currency: Currency,
        locale: &str,
        available: &dyn Fn(&Sku) -> bool,
    ) -> Option<ProductCard> {
        let span = self.span(currency)?;
        let sold = || self.variants.iter().filter_map(|item| item.tag(currency).map(|tag| (item, tag)));
        // What the cheapest variant cost before, so that the two prices of a card belong together.
        let compare_at_price =
            sold().filter(|(_, tag)| tag.price == span.min).filter_map(|(_, tag)| tag.compare_at()).next();
        let swatches = self.axes.first().map(|axis| axis.values.iter().map(ToString::to_string).collect());
        Some(ProductCard {
            id: self.id,
            handle: self.handle.to_string(),
            title: self.title.get(locale).to_owned(),
            vendor: self.vendor.to_string(),
            price_min: Money::new(span.min, currency),
            price_max: Money::new(span.max, currency),
            compare_at_price,
            available: sold().any(|(item, _)| available(&item.sku)),
            image: self.media.first().map(|picture| picture.view(locale)),
            swatches: swatches.unwrap_or_default(),
        })
    }

    /// What the checkout must know of the variant at `index`.
    pub(crate) fn sellable(
        &self,
        index: usize,
        currency: Currency,
        locale: &str,
        (available, backorder): (bool, bool),
    ) -> Option<Sellable> {
        let item = self.variants.get(index)?;
        let tag = item.tag(currency)?;
        let picture = item.image.and_then(|image| self.media.get(usize::from(image))).or(self.media.first());
        Some(Sellable {
            product: self.id,
            handle: self.handle.to_string(),
            title: self.title.get(locale).to_owned(),
            sku: item.sku.clone(),
            variant_title: item.options.join(" / "),
            price: Money::new(tag.price, currency),
            compare_at: tag.compare_at(),
            tax_class: item.tax_class.to_string(),
            weight_g: item.weight_g,
            requires_shipping: item.requires_shipping,
            available,
            backorder: available && backorder,
            image: picture.map(|picture| picture.view(locale)),
        })
    }
}

impl Item {
    fn tag(&self, currency: Currency) -> Option<Tag> {
        self.prices.iter().find(|tag| tag.currency == currency).copied()
    }
}

impl Tag {
    fn new(price: &Price, told: Option<&ShelfPrice>) -> Self {
        let of_document = (price.price.amount_minor, price.compare_at.map(|money| money.amount_minor));
        let (unit, compare_at) = match told.and_then(|told| told.price) {
            None => of_document,
            Some(listed) => {
                let before = listed.before_minor.unwrap_or(of_document.1.unwrap_or(of_document.0));
                (listed.unit_minor, Some(before).filter(|before| listed.sale && *before > listed.unit_minor))
            }
        };
        Tag {
            currency: price.price.currency,
            price: unit,
            compare_at: compare_at.and_then(NonZeroI64::new),
            lowest_30_days: told.and_then(|told| told.lowest_30_days).and_then(NonZeroI64::new),
        }
    }

    /// Only beside a reduction: nobody else has to be told.
    fn lowest_30_days(&self) -> Option<Money> {
        let lowest = self.lowest_30_days.filter(|_| self.compare_at.is_some());
        lowest.map(|amount| Money::new(amount.get(), self.currency))
    }

    fn compare_at(&self) -> Option<Money> {
        self.compare_at.map(|amount| Money::new(amount.get(), self.currency))
    }
}

impl Picture {
    fn view(&self, locale: &str) -> ImageView {
        let (source, width, height) = (self.source.to_string(), self.width, self.height);
        media::view(&Media { source, alt: Texts::default(), width, height }, self.alt.get(locale))
    }
}

fn spans(variants: &[Item]) -> Box<[Span]> {
    let mut spans: Vec<Span> = Vec::new();
    for tag in variants.iter().flat_map(|item| &item.prices) {
        match spans.iter_mut().find(|span| span.currency == tag.currency) {
            Some(span) => {
                span.min = span.min.min(tag.price);
                span.max = span.max.max(tag.price);
            }
            None => spans.push(Span { currency: tag.currency, min: tag.price, max: tag.price }),
        }
    }
    spans.into()
}
