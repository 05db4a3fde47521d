//! Placing an order: price it, make it durable with its stock held, then ask for the money.

use contracts::Result;
use contracts::address::{Address, is_email};
use contracts::cart::CartAccess;
use contracts::checkout::{Checkout, PlaceOrder, Placed, Quote, QuoteRequest};
use contracts::ledger::{Actor, Contact, Idempotency};
use contracts::saga::{GiftCardTender, NewPerson, PlaceCommand, PlacedLine};
use kernel::mutant::{Mutant, planted};
use kernel::{Failure, FieldError, OrderId, PersonId, Secret, StoreId};
use serde_json::json;
use tokio::sync::oneshot;

use super::CheckoutService;
use crate::quote::all_looked_up;

impl CheckoutService {
    pub(super) async fn place_order(
        &self,
        store: StoreId,
        access: &CartAccess,
        order: PlaceOrder,
        idempotency: Idempotency,
        request_id: Option<String>,
    ) -> Result<Placed> {
        let parts = &self.0.parts;
        let quote = match self.priced(store, access, &order).await {
            Ok(quote) => quote,
            // A repeated request finds its cart ordered. The ledger answers what was answered before, also when the
            // price still holds; so only a request that fails is looked up apart.
            Err(failure) => match parts.ledger.replay(store, &idempotency).await? {
                Some((id, response)) => {
                    return Ok(Placed { order_id: id, secret: self.order_secret(id), response, replayed: true });
                }
                None => return Err(failure),
            },
        };
        let id = OrderId::derive(parts.settings.ledger, &idempotency.scope, &idempotency.key);
        let command = self.command(store, id, order, quote)?;
        let actor = Actor { name: "customer".to_owned(), request_id };

        // A task of its own: a client that hangs up in the middle does not stop its order there.
        let (answer, answered) = oneshot::channel();
        let service = self.clone();
        parts.spawner.spawn("place", async move {
            let progress = match service.0.parts.ledger.place(command, idempotency, actor).await {
                Ok(progress) => progress,
                Err(failure) => {
                    let _ = answer.send(Err(failure));
                    return;
                }
            };
            let (order, next) = (progress.order, progress.next);
            let (given, later) = oneshot::channel();
            let waiting = match progress.response {
                Some(response) => {
                    let _ = given.send(Ok(response));
                    None
                }
                None => Some(given),
            };
            let _ = answer.send(Ok((order, progress.replayed, later)));
            if let Err(failure) = service.drive(store, order, next, waiting).await {
                tracing::warn!(%order, %failure, internal = failure.internal, "An order could not go on; the resolver will take it further.");
            }
        });
        let gone = || {
            Failure::unavailable("The order could not be finished right now. Please try again with the same key.", 1)
        };
        let (id, replayed, later) = answered.await.map_err(|_| gone())??;
        let response = later.await.map_err(|_| gone())??;
        Ok(Placed { order_id: id, secret: self.order_secret(id), response, replayed })
    }

    /// What `order` costs now, when that is what the shopper saw.
    async fn priced(&self, store: StoreId, access: &CartAccess, order: &PlaceOrder) -> Result<Quote> {
        self.check(order)?;
        let request = QuoteRequest {
            shipping_address: Some(order.shipping_address.clone()),
            shipping_option: Some(order.shipping_option.clone()),
            gift_cards: order.gift_cards.clone(),
            vat_id: order.vat_id.clone(),
            customer: order.customer,
            client: order.client,
        };
        let quote = self.0.parts.quotes.quote(store, access, &request).await?;
        all_looked_up(&quote.notes)?;
        compare(order, &quote)?;
        Ok(quote)
    }

    /// Everything wrong with the request that can be seen without looking anything up.
    fn check(&self, order: &PlaceOrder) -> Result<()> {
        let mut errors = order.shipping_address.problems("/shipping_address");
        if let Some(address) = &order.billing_address {
            errors.extend(Address::problems(address, "/billing_address"));
        }
        let mut wrong = |pointer: &str, code: &str, detail: &str| {
            errors.push(FieldError { pointer: pointer.to_owned(), code: code.to_owned(), detail: detail.to_owned() });
        };
        if !is_email(&order.email) {
            wrong("/email", "invalid_email", "This does not look like an e-mail address.");
        }
        if self.0.parts.providers.get(&order.payment.provider).is_none() {
            wrong("/payment/provider", "unknown_provider", "This shop does not take payments by this provider.");
        }
        let token = &order.payment.token;
        if token.is_empty() || token.len() > 200 || token.chars().any(char::is_control) {
            wrong("/payment/token", "invalid_token", "A token is 1 to 200 printable characters.");
        }
        if errors.is_empty() { Ok(()) } else { Err(Failure::fields(errors)) }
    }

    /// Whom the uses of coupons are counted for, as keyed hashes: the address, however it is written, and the account.
    fn customers(&self, order: &PlaceOrder) -> Result<Vec<[u8; 32]>> {
        let email = match planted(Mutant::CustomerLimitBySpelling) {
            true => order.email.clone(),
            false => order.email.trim().to_lowercase(),
        };
        let address = ("customer by e-mail", email.into_bytes());
        let account = order.customer.map(|id| ("customer by account", id.as_bytes().to_vec()));
        let hash = |(purpose, subject): (&str, Vec<u8>)| {
            let derived = self.0.parts.vault.derived(purpose, &subject);
            <[u8; 32]>::try_from(derived.as_bytes()).map_err(Failure::internal)
        };
        std::iter::once(address).chain(account).map(hash).collect()
    }

    fn command(&self, store: StoreId, id: OrderId, order: PlaceOrder, quote: Quote) -> Result<PlaceCommand> {
        let parts = &self.0.parts;
        let person = match order.customer {
            Some(customer) => PersonId::of_order(customer, id),
            None => PersonId::new(parts.clock.now(), parts.rng.as_ref()),
        };
        let (key, wrapped_key) = parts.vault.new_person(person.as_bytes(), parts.rng.as_ref());
        let customers = self.customers(&order)?;
        let contact = Contact {
            email: order.email,
            shipping_address: order.shipping_address,
            billing_address: order.billing_address,
            vat_id: order.vat_id.filter(|_| quote.reverse_charge),
        };
        let plain = serde_json::to_vec(&contact).map_err(Failure::internal)?;
        let sealed_contact = key.seal(id.as_bytes(), &plain, parts.rng.as_ref());
        let shipping = quote.shipping_options.iter().find(|o| Some(&o.handle) == quote.shipping_option.as_ref());
        let lines = quote.lines.iter().map(|l| {
            let total = l.subtotal.amount_minor - l.discount.amount_minor;
            let added = if quote.tax_lines.iter().any(|t| !t.included) { l.tax.amount_minor } else { 0 };
            PlacedLine {
                sku: l.sku.clone(),
                product: l.product_id,
                product_handle: l.product_handle.clone(),
                title: l.title.clone(),
                variant_title: l.variant_title.clone(),
                quantity: l.quantity,
                unit_minor: l.unit_price.amount_minor,
                discount_minor: l.discount.amount_minor,
                tax_minor: l.tax.amount_minor,
                total_minor: total + added,
                image: l.image.clone(),
                tax_rate: Some(l.tax_rate),
            }
        });
        let tenders = quote.gift_cards.iter().filter(|card| card.amount.amount_minor > 0);
        let tenders =
            tenders.map(|card| GiftCardTender { code_hash: card.code_hash, amount_minor: card.amount.amount_minor });
        Ok(PlaceCommand {
            store,
            order: id,
            cart: quote.cart_id,
            cart_version: quote.cart_version,
            currency: quote.totals.total.currency,
            lines: lines.collect(),
            coupons: quote.counted,
            customers,
            shipping_option: order.shipping_option,
            shipping_name: shipping.map(|o| o.name.clone()).unwrap_or_default(),
            discounts: quote.discounts,
            tax_lines: quote.tax_lines,
            totals: quote.totals,
            gift_cards: tenders.collect(),
            person: NewPerson { id: person, wrapped_key, sealed_contact },
            provider: order.payment.provider,
            token: Secret::new(order.payment.token),
            return_url: format!("{}/orders/{id}/return", parts.settings.base_url),
            hold_ms: parts.settings.hold_ms,
        })
    }
}

/// Whether the order is for what the shopper saw: the same version of the cart, at the same total.
fn compare(order: &PlaceOrder, quote: &Quote) -> Result<()> {
    if quote.cart_version != order.cart_version {
        return Err(Failure::conflict(
            "cart_changed",
            "The cart was changed in the meantime. Look at it again, then order.",
        )
        .with_extra("cart_version", json!(quote.cart_version)));
    }
    if quote.lines.is_empty() {
        return Err(Failure::conflict("cart_empty", "There is nothing in this cart."));
    }
    if order.expected_total.is_some_and(|expected| expected != quote.totals.total) {
        return Err(Failure::conflict(
            "price_changed",
            "A price changed in the meantime. Look at the new total, then order.",
        )
        .with_extra("totals", json!(quote.totals)));
    }
    if order.expected_due.is_some_and(|expected| expected != quote.totals.due) {
        return Err(Failure::conflict(
            "price_changed",
            "What the gift cards hold changed in the meantime. Look at what is left to pay, then order.",
        )
        .with_extra("totals", json!(quote.totals)));
    }
    Ok(())
}
