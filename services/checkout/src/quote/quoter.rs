//! Quotes of carts.

use std::sync::Arc;

use contracts::Result;
use contracts::cart::{CartAccess, CartContent, Carts};
use contracts::catalog::{CatalogRead, CategoryNode, ImageView, Sellable, View};
use contracts::checkout::{MAX_GIFT_CARDS, NoteReason, Quote, QuoteNote, QuoteRequest};
use contracts::ledger::{AddLine, AddedLine, OrderView, Vouchers};
use contracts::market::{Market, is_country};
use kernel::{Currency, Failure, Secret, SharedClock, StoreId, Timestamp};

use super::guesses::{Guesser, Guesses};
use super::price::{HeldCard, PricedLine, Pricing, added, not_delivered, price};
use super::terms::Terms;
use crate::prices::{Asking, Price};
use crate::promotion::{bare_note, normal_code};
use crate::settings::{Selling, Snapshots};
use crate::tax::{Destination, EU, VatId};

/// What a quoter is made of.
pub struct QuoterParts {
    pub carts: Arc<dyn Carts>,
    pub catalog: Arc<dyn CatalogRead>,
    pub terms: Arc<Snapshots>,
    /// Knows what gift cards hold and how often coupons were used.
    pub vouchers: Arc<dyn Vouchers>,
    pub clock: SharedClock,
}

/// Quotes carts at the prices of now. Reads memory, and the ledger for gift cards and for coupons with a limit; holds
/// nothing.
pub struct Quoter(QuoterParts, Guesses);

/// What the ledger says of what a shopper named.
#[derive(Debug, Default)]
struct Held {
    used_up: Vec<String>,
    cards: Vec<HeldCard>,
    notes: Vec<QuoteNote>,
}

impl Quoter {
    #[must_use]
    pub fn new(parts: QuoterParts) -> Self {
        Quoter(parts, Guesses::new())
    }

    /// What an order of this cart would cost now. Of the address only country and region matter to a price, so the rest of
    /// it may still be empty; placing the order checks it.
    ///
    /// # Errors
    /// Not found for a wrong secret; 422 for an empty cart (`cart_empty`), a country not delivered to, an unknown
    /// shipping option, too many gift cards or amounts that overflow; 409 `not_sold` when a line is no longer sold.
    pub async fn quote(&self, store: StoreId, access: &CartAccess, request: &QuoteRequest) -> Result<Quote> {
        let cart = self.0.carts.content(store, access).await?;
        let selling = self.0.terms.of(store);
        let who = Guesser::of(request.customer, request.client);
        let mut held = Held::default();
        let codes = self.look_up(store, who.as_ref(), &selling, &cart.coupons, &mut held.notes);
        held.used_up = self.used_up(store, &selling, &codes).await?;
        self.hold_cards(store, who.as_ref(), cart.currency, &request.gift_cards, &mut held).await?;
        self.priced(store, &cart, request, (&selling, &codes), held)
    }

    /// What `add` costs as lines of `order`, whose destination and buyer decide on the tax. The customer's groups are not known
    /// any more, so the prices are those of everybody.
    ///
    /// # Errors
    /// 409 `address_erased` and `not_sold`; 422 for a price in another currency and amounts that overflow.
    pub fn added(&self, store: StoreId, order: &OrderView, add: &[AddLine]) -> Result<Vec<AddedLine>> {
        let erased =
            || Failure::conflict("address_erased", "The address of this order was erased, so its taxes are not known.");
        let contact = order.contact.as_ref().ok_or_else(erased)?;
        let address = &contact.shipping_address;
        let to = Destination { country: &address.country, region: address.region.as_deref() };
        let selling = self.0.terms.of(store);
        let market = selling.terms().market(order.currency, Some(to.country));
        let market = market.ok_or_else(|| not_delivered(to.country))?;
        let now = self.0.clock.now();
        let view = View { currency: order.currency, locale: market.locale.clone() };
        let asking = Asking { currency: order.currency, market: &market.handle, groups: &[], now };
        let mut lines = Vec::with_capacity(add.len());
        for (i, wanted) in add.iter().enumerate() {
            if wanted.unit_price.is_some_and(|price| price.currency != order.currency) {
                let detail = format!("This order is in {}.", order.currency);
                return Err(Failure::field(format!("/add/{i}/unit_price/currency"), "wrong_currency", detail));
            }
            let sellable = self.0.catalog.sellable(store, &wanted.sku, &view).ok_or_else(|| {
                let detail =
                    format!("{} is not sold in {}. Name a variant that is on sale.", wanted.sku, order.currency);
                Failure::conflict("not_sold", detail).with_extra("sku", serde_json::json!(wanted.sku))
            })?;
            let catalog = Price { unit: sellable.price, compare_at: sellable.compare_at };
            let price = selling.lists.price(&wanted.sku, wanted.quantity, catalog, &asking);
            lines.push(priced(sellable, wanted.quantity, price));
        }
        let pricing = Pricing {
            cart_id: order.cart_id,
            cart_version: order.cart_version,
            currency: order.currency,
            lines: &lines,
            market,
            selling: &selling,
            now,
            codes: &[],
            used_up: &[],
            groups: &[],
            to: Some(to),
            shipping_option: None,
            // The VAT id is kept with orders that were sold without VAT, and with no others.
            reverse_charge: contact.vat_id.is_some(),
            cards: &[],
            notes: &[],
        };
        added(&pricing, &add.iter().map(|wanted| wanted.unit_price).collect::<Vec<_>>())
    }

    fn priced(
        &self,
        store: StoreId,
        cart: &CartContent,
        request: &QuoteRequest,
        (selling, codes): (&Selling, &[String]),
        mut held: Held,
    ) -> Result<Quote> {
        if cart.lines.is_empty() {
            return Err(Failure::invalid("cart_empty", "The cart is empty. Put something into it first."));
        }
        let to = request
            .shipping_address
            .as_ref()
            .map(|address| Destination { country: &address.country, region: address.region.as_deref() });
        let market = market(selling.terms(), cart, to.map(|to| to.country))?;
        let groups = selling.groups_of(request.customer);
        let now = self.0.clock.now();
        let lines = self.lines(store, cart, market, (selling, groups, now))?;
        let reverse_charge = owes_tax_itself(selling, request.vat_id.as_deref(), to.as_ref(), &mut held.notes);
        price(&Pricing {
            cart_id: cart.id,
            cart_version: cart.version,
            currency: cart.currency,
            lines: &lines,
            market,
            selling,
            now,
            codes,
            used_up: &held.used_up,
            groups,
            to,
            shipping_option: request.shipping_option.as_deref(),
            reverse_charge,
            cards: &held.cards,
            notes: &held.notes,
        })
    }

    /// The coupons of a cart that may be looked up.
    fn look_up(
        &self,
        store: StoreId,
        who: Option<&Guesser>,
        selling: &Selling,
        coupons: &[String],
        notes: &mut Vec<QuoteNote>,
    ) -> Vec<String> {
        let mut codes = Vec::with_capacity(coupons.len());
        for code in coupons.iter().map(|code| normal_code(code)) {
            if let Err(note) = self.1.admit(store, who, &code) {
                notes.push(QuoteNote { code: Some(code), ..*note });
                continue;
            }
            let mut enabled = selling.promotions.iter().map(|active| &active.promotion).filter(|p| p.enabled);
            let found = enabled.any(|promotion| promotion.codes.contains(&code));
            self.1.looked_up(store, who, &code, found);
            codes.push(code);
        }
        codes
    }

    /// Which of the limits that could matter to a cart with `codes` are reached. Placing the order decides; this only says
    /// so earlier.
    async fn used_up(&self, store: StoreId, selling: &Selling, codes: &[String]) -> Result<Vec<String>> {
        let mut used_up = Vec::new();
        for active in selling.promotions.iter().filter(|active| active.promotion.enabled) {
            let typed = codes.iter().filter(|code| active.promotion.codes.contains(code));
            let automatic = active.promotion.codes.is_empty().then(|| active.counter(None)).flatten();
            let counters = typed.filter_map(|code| active.counter(Some(code))).chain(automatic);
            for counter in counters {
                let coupon = self.0.vouchers.coupon(store, &counter).await?;
                if coupon.is_some_and(|c| c.limit.is_some_and(|limit| c.uses >= limit)) {
                    used_up.push(counter);
                }
            }
        }
        Ok(used_up)
    }

    async fn hold_cards(
        &self,
        store: StoreId,
        who: Option<&Guesser>,
        currency: Currency,
        codes: &[String],
        held: &mut Held,
    ) -> Result<()> {
        if codes.len() > MAX_GIFT_CARDS {
            let detail = format!("An order takes at most {MAX_GIFT_CARDS} gift cards.");
            return Err(Failure::field("/gift_cards", "too_many_gift_cards", detail));
        }
        for code in codes {
            let ending = ending(code);
            if let Err(note) = self.1.admit(store, who, code) {
                held.notes.push(QuoteNote { code: Some(ending), ..*note });
                continue;
            }
            let known = match is_card_code(code) {
                true => self.0.vouchers.gift_card(store, &Secret::new(code.clone())).await?,
                false => None,
            };
            self.1.looked_up(store, who, code, known.is_some());
            let Some(card) = known.filter(|card| card.balance.currency == currency) else {
                let detail = format!("There is no gift card ending in {ending} in {currency}.");
                held.notes.push(bare_note(NoteReason::UnknownGiftCard, Some(ending), detail));
                continue;
            };
            if held.cards.iter().any(|known| known.code_hash == card.code_hash) {
                continue;
            }
            if card.balance.amount_minor == 0 {
                let detail = format!("Nothing is left on the gift card ending in {ending}.");
                held.notes.push(bare_note(NoteReason::EmptyGiftCard, Some(ending), detail));
                continue;
            }
            held.cards.push(HeldCard { ending, code_hash: card.code_hash, balance: card.balance });
        }
        Ok(())
    }

    fn lines(
        &self,
        store: StoreId,
        cart: &CartContent,
        market: &Market,
        (selling, groups, now): (&Selling, &[String], Timestamp),
    ) -> Result<Vec<PricedLine>> {
        let view = View { currency: cart.currency, locale: market.locale.clone() };
        let asking = Asking { currency: cart.currency, market: &market.handle, groups, now };
        let mut gone = Vec::new();
        let mut lines = Vec::with_capacity(cart.lines.len());
        for (id, sku, quantity) in &cart.lines {
            let Some(sellable) = self.0.catalog.sellable(store, sku, &view) else {
                gone.push(serde_json::json!({ "line_id": id, "sku": sku }));
                continue;
            };
            let catalog = Price { unit: sellable.price, compare_at: sellable.compare_at };
            let price = selling.lists.price(sku, *quantity, catalog, &asking);
            let mut line = priced(sellable, *quantity, price);
            if !selling.promotions.is_empty() {
                self.place_in_shop(store, &view, &mut line);
            }
            lines.push(line);
        }
        if gone.is_empty() {
            return Ok(lines);
        }
        let detail = "Some of what is in the cart is no longer sold. Remove it to go on.";
        Err(Failure::conflict("not_sold", detail).with_extra("lines", gone.into()))
    }

    /// Where the goods stand, which promotions may ask.
    fn place_in_shop(&self, store: StoreId, view: &View, line: &mut PricedLine) {
        let Some(product) = self.0.catalog.product(store, &line.product_handle, view) else { return };
        line.collections.clone_from(&product.collections);
        if let Some(category) = &product.category {
            let tree = self.0.catalog.categories(store, &view.locale);
            path_to(&tree, category, &mut line.categories);
        }
    }
}

/// The handles from the top of the tree to `category`. Whether it was found.
fn path_to(tree: &[CategoryNode], category: &str, path: &mut Vec<String>) -> bool {
    for node in tree {
        path.push(node.handle.clone());
        if node.handle == category || path_to(&node.children, category, path) {
            return true;
        }
        path.pop();
    }
    false
}

fn market<'t>(terms: &'t Terms, cart: &CartContent, country: Option<&str>) -> Result<&'t Market> {
    if let Some(country) = country.filter(|country| !is_country(country)) {
        let detail = format!("{country:?} is not a country. Use a two-letter ISO 3166-1 code such as DE.");
        return Err(Failure::field("/shipping_address/country", "unknown_country", detail));
    }
    terms.market(cart.currency, country).ok_or_else(|| match country {
        Some(country) => not_delivered(country),
        None => Failure::invalid("currency_not_sold", format!("This shop does not sell in {}.", cart.currency)),
    })
}

/// Whether no VAT is charged: a business of another country of the European Union than the shop's, to which the goods go.
fn owes_tax_itself(
    selling: &Selling,
    vat_id: Option<&str>,
    to: Option<&Destination<'_>>,
    notes: &mut Vec<QuoteNote>,
) -> bool {
    let Some(typed) = vat_id.map(str::trim).filter(|typed| !typed.is_empty()) else { return false };
    let Some(id) = VatId::parse(typed) else {
        let detail = "This does not have the form of a VAT id. It begins with the two letters of a country.";
        notes.push(bare_note(NoteReason::InvalidVatId, None, detail.to_owned()));
        return false;
    };
    let Some(to) = to else { return false };
    if id.country != to.country && EU.contains(&to.country) {
        let detail = format!("The VAT id is of {}, and the order goes to {}: VAT is charged.", id.country, to.country);
        notes.push(bare_note(NoteReason::VatIdOfAnotherCountry, None, detail));
        return false;
    }
    let shop = selling.settings.country.as_str();
    selling.settings.reverse_charge
        && EU.contains(&shop)
        && EU.contains(&to.country)
        && to.country != shop
        && id.country == to.country
}

/// What of a code may be shown: the last four characters that count.
fn ending(code: &str) -> String {
    let plain: Vec<char> = code.chars().filter(char::is_ascii_alphanumeric).collect();
    plain[plain.len().saturating_sub(4)..].iter().flat_map(|c| c.to_uppercase()).collect()
}

/// Whether `code` can be a gift card's; see the ledger, which issues them.
fn is_card_code(code: &str) -> bool {
    let significant = code.chars().filter(char::is_ascii_alphanumeric).count();
    code.len() <= 64
        && (8..=32).contains(&significant)
        && code.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, ' ' | '-'))
}

fn priced(sellable: Sellable, quantity: u32, price: Price) -> PricedLine {
    let small = |image: ImageView| image.sizes.into_iter().next().map_or(image.url, |size| size.url);
    PricedLine {
        sku: sellable.sku,
        product_id: sellable.product,
        product_handle: sellable.handle,
        title: sellable.title,
        variant_title: sellable.variant_title,
        quantity,
        unit_price: price.unit,
        compare_at: price.compare_at,
        tax_class: sellable.tax_class,
        weight_g: sellable.weight_g,
        requires_shipping: sellable.requires_shipping,
        available: sellable.available,
        backorder: sellable.backorder,
        image: sellable.image.map(small),
        collections: Vec::new(),
        categories: Vec::new(),
    }
}

#[cfg(test)]
mod tests;
