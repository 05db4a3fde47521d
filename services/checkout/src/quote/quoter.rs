//! Quotes of carts.

use std::sync::Arc;

use contracts::Result;
use contracts::cart::{CartAccess, CartContent, Carts};
use contracts::catalog::{CatalogRead, ImageView, Sellable, View};
use contracts::checkout::{Quote, QuoteRequest};
use contracts::market::{Market, is_country};
use kernel::{Failure, Money, StoreId};

use super::price::{PricedLine, Pricing, not_delivered, price};
use super::terms::Terms;

/// Quotes carts at the prices of now. Reads memory only; holds nothing.
pub struct Quoter {
    carts: Arc<dyn Carts>,
    catalog: Arc<dyn CatalogRead>,
    terms: Arc<Terms>,
}

impl Quoter {
    #[must_use]
    pub fn new(carts: Arc<dyn Carts>, catalog: Arc<dyn CatalogRead>, terms: Arc<Terms>) -> Self {
        Quoter { carts, catalog, terms }
    }

    #[must_use]
    pub fn terms(&self) -> &Arc<Terms> {
        &self.terms
    }

    /// What an order of this cart would cost now. Of the address only the country matters to a price, so the rest of it
    /// may still be empty; placing the order checks it.
    ///
    /// # Errors
    /// Not found for a wrong secret; 422 for an empty cart (`cart_empty`), a country not delivered to, an unknown
    /// shipping option or amounts that overflow; 409 `not_sold` when a line is no longer sold.
    pub async fn quote(&self, store: StoreId, access: &CartAccess, request: &QuoteRequest) -> Result<Quote> {
        let cart = self.carts.content(store, access).await?;
        self.quote_content(store, &cart, request)
    }

    /// As [`Self::quote`], of a content that was read already.
    ///
    /// # Errors
    /// As [`Self::quote`].
    pub fn quote_content(&self, store: StoreId, cart: &CartContent, request: &QuoteRequest) -> Result<Quote> {
        if cart.lines.is_empty() {
            return Err(Failure::invalid("cart_empty", "The cart is empty. Put something into it first."));
        }
        let country = request.shipping_address.as_ref().map(|address| address.country.as_str());
        let market = self.market(cart, country)?;
        let lines = self.priced(store, cart, market)?;
        price(&Pricing {
            cart_id: cart.id,
            cart_version: cart.version,
            currency: cart.currency,
            lines: &lines,
            // Promotions and coupons come here: the codes are in the cart.
            order_discounts: &[],
            market,
            tax: &self.terms.tax,
            shipping: &self.terms.shipping,
            country,
            shipping_option: request.shipping_option.as_deref(),
        })
    }

    fn market(&self, cart: &CartContent, country: Option<&str>) -> Result<&Market> {
        if let Some(country) = country.filter(|country| !is_country(country)) {
            let detail = format!("{country:?} is not a country. Use a two-letter ISO 3166-1 code such as DE.");
            return Err(Failure::field("/shipping_address/country", "unknown_country", detail));
        }
        self.terms.market(cart.currency, country).ok_or_else(|| match country {
            Some(country) => not_delivered(country),
            None => Failure::invalid("currency_not_sold", format!("This shop does not sell in {}.", cart.currency)),
        })
    }

    fn priced(&self, store: StoreId, cart: &CartContent, market: &Market) -> Result<Vec<PricedLine>> {
        let view = View { currency: cart.currency, locale: market.locale.clone() };
        let mut gone = Vec::new();
        let mut lines = Vec::with_capacity(cart.lines.len());
        for (id, sku, quantity) in &cart.lines {
            match self.catalog.sellable(store, sku, &view) {
                Some(sellable) => lines.push(priced(sellable, *quantity)),
                None => gone.push(serde_json::json!({ "line_id": id, "sku": sku })),
            }
        }
        if gone.is_empty() {
            return Ok(lines);
        }
        let detail = "Some of what is in the cart is no longer sold. Remove it to go on.";
        Err(Failure::conflict("not_sold", detail).with_extra("lines", gone.into()))
    }
}

fn priced(sellable: Sellable, quantity: u32) -> PricedLine {
    let small = |image: ImageView| image.sizes.into_iter().next().map_or(image.url, |size| size.url);
    PricedLine {
        sku: sellable.sku,
        product_id: sellable.product,
        product_handle: sellable.handle,
        title: sellable.title,
        variant_title: sellable.variant_title,
        quantity,
        unit_price: sellable.price,
        discount: Money::zero(sellable.price.currency),
        tax_class: sellable.tax_class,
        requires_shipping: sellable.requires_shipping,
        available: sellable.available,
        image: sellable.image.map(small),
    }
}

#[cfg(test)]
mod tests;
