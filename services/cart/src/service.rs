//! [`CartService`]: what shoppers may do with a cart, and how it is shown.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use async_trait::async_trait;
use contracts::Result;
use contracts::cart::{
    CartAccess, CartContent, CartLineView, CartTotals, CartView, Carts, CustomerCarts, LineChange, MAX_LINES,
    MAX_QUANTITY, NewCart, NewLine,
};
use contracts::catalog::{CatalogRead, Sellable, View};
use contracts::identity::GuestCart;
use kernel::secret::constant_time_eq;
use kernel::{
    CartId, Currency, CustomerId, Failure, FieldError, LineId, Money, MoneyError, Secret, SharedClock, SharedRng, Sku,
    StoreId, Timestamp,
};
use ring::digest::{SHA256, digest};

use crate::hlc::Region;
use crate::merge::adopt;
use crate::store::{Cart, Document, Join, Known, Store};

/// The most coupon codes in one cart.
pub const MAX_COUPONS: usize = 5;
/// The longest coupon code, in characters.
pub const MAX_COUPON_LEN: usize = 40;
/// Carts unchanged for this long are deleted by [`CartService::sweep`].
pub const LIFETIME_DAYS: i64 = 90;
/// Carts are written in one region until there are several.
const REGION: Region = Region(0);
/// Carts show titles in this language until a cart knows its shopper's.
const LOCALE: &str = "en";

/// Carts over SQLite, priced from the catalog's read model.
pub struct CartService {
    store: Store,
    catalog: Arc<dyn CatalogRead>,
    default_currency: Currency,
    clock: SharedClock,
    rng: SharedRng,
}

impl CartService {
    /// Opens (or creates) `carts.db` in `data_dir`. `default_currency` is that of carts which name none.
    ///
    /// # Errors
    /// When the database cannot be opened.
    pub fn open(
        data_dir: &Path,
        catalog: Arc<dyn CatalogRead>,
        default_currency: Currency,
        clock: SharedClock,
        rng: SharedRng,
    ) -> Result<Arc<Self>> {
        let store = Store::open(data_dir)?;
        Ok(Arc::new(CartService { store, catalog, default_currency, clock, rng }))
    }

    /// Deletes carts of `store` that nobody changed for [`LIFETIME_DAYS`] days, a few hundred at a time. How many.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn sweep(&self, store: StoreId) -> Result<usize> {
        self.store.sweep(store, self.clock.now().plus_secs(-LIFETIME_DAYS * 86_400)).await
    }

    /// The cart that `access` opens. A wrong secret and an unknown cart answer alike.
    fn load(&self, store: StoreId, access: &CartAccess) -> Result<Arc<Cart>> {
        let given = hash(access.secret.expose());
        self.store
            .get(store, access.id)?
            .filter(|cart| constant_time_eq(&cart.secret_hash, &given))
            .ok_or_else(|| Failure::not_found("cart"))
    }

    async fn change<F>(&self, store: StoreId, access: &CartAccess, change: F) -> Result<CartView>
    where
        F: Fn(&Cart, Timestamp) -> Result<Option<Document>> + Send + 'static,
    {
        let seen = self.load(store, access)?;
        let now = self.clock.now();
        let cart = self.store.update(store, seen, now, move |cart| change(cart, now)).await?;
        self.view(store, &cart)
    }

    fn known(
        &self,
        store: StoreId,
        sku: &Sku,
        currency: Currency,
    ) -> std::result::Result<Known, (&'static str, String)> {
        known_of(&*self.catalog, store, sku, currency)
    }

    /// The cart with the titles and prices of now.
    fn view(&self, store: StoreId, cart: &Cart) -> Result<CartView> {
        let currency = cart.currency;
        let mut totals = CartTotals { quantity: 0, items: Money::zero(currency) };
        let mut lines = Vec::with_capacity(cart.lines.len());
        let view = View { currency, locale: LOCALE.to_owned() };
        for (id, sku, quantity) in &cart.lines {
            let mut line = match self.catalog.sellable(store, sku, &view) {
                Some(sellable) => offered(*id, *quantity, sellable),
                None => vanished(*id, *quantity, sku, currency, cart.document.known.get(sku)),
            };
            let seen = cart.document.known.get(sku).map(|known| Money::new(known.unit_price_minor, currency));
            line.price_changed_from = seen.filter(|seen| *seen != line.unit_price);
            line.total = line.unit_price.times(i64::from(*quantity)).map_err(too_large)?;
            totals.items = totals.items.plus(line.total).map_err(too_large)?;
            totals.quantity += quantity;
            lines.push(line);
        }
        let coupons = cart.coupons.clone();
        Ok(CartView { id: cart.id, secret: None, version: cart.version, currency, lines, coupons, totals })
    }

    /// The document of a new cart with `lines`.
    fn first_document(
        &self,
        store: StoreId,
        currency: Currency,
        lines: &[NewLine],
        now: Timestamp,
    ) -> Result<Document> {
        let mut document = Document::default();
        let mut errors = Vec::new();
        let mut sums: BTreeMap<&Sku, u32> = BTreeMap::new();
        for (i, NewLine { sku, quantity }) in lines.iter().enumerate() {
            let problem = |field: &str, (code, detail): (&str, String)| FieldError {
                pointer: format!("/lines/{i}/{field}"),
                code: code.to_owned(),
                detail,
            };
            let held = sums.entry(sku).or_default();
            match sum(*held, *quantity) {
                Ok(total) => *held = total,
                Err(error) => errors.push(problem("quantity", error)),
            }
            match self.known(store, sku, currency) {
                Ok(known) => {
                    document.state.set_line(REGION, now, sku, *held);
                    document.known.insert(sku.clone(), known);
                }
                Err(error) => errors.push(problem("sku", error)),
            }
        }
        if sums.len() > MAX_LINES {
            let (code, detail) = full();
            errors.push(FieldError { pointer: "/lines".to_owned(), code: code.to_owned(), detail });
        }
        if errors.is_empty() { Ok(document) } else { Err(refused(errors)) }
    }
}

#[async_trait]
impl CustomerCarts for CartService {
    async fn join(
        &self,
        store: StoreId,
        customer: CustomerId,
        secret: &Secret,
        guest: Option<&GuestCart>,
    ) -> Result<Option<CartId>> {
        let guest = guest.map(|guest| (hash(guest.secret.expose()), guest.id));
        let join = Join { store, customer, secret_hash: hash(secret.expose()), guest };
        let (now, catalog) = (self.clock.now(), Arc::clone(&self.catalog));
        let merge = move |own: &Cart, guest: &Cart| {
            let (state, changed) = adopt(&own.document.state, &guest.document.state, REGION, now);
            let mut known = own.document.known.clone();
            for (_, sku, _) in &guest.lines {
                // What the guest saw was in the guest's currency; in another it is looked up again.
                let seen = guest.document.known.get(sku).filter(|_| guest.currency == own.currency).cloned();
                let seen = seen.or_else(|| known_of(&*catalog, store, sku, own.currency).ok());
                if let (Some(seen), false) = (seen, known.contains_key(sku)) {
                    known.insert(sku.clone(), seen);
                }
            }
            changed.then_some(Document { state, known })
        };
        self.store.join(join, now, merge).await
    }

    async fn leave(&self, store: StoreId, customer: CustomerId, cart: CartId) -> Result<()> {
        self.store.leave(store, customer, cart).await
    }
}

#[async_trait]
impl Carts for CartService {
    async fn create(&self, store: StoreId, cart: NewCart) -> Result<CartView> {
        let now = self.clock.now();
        let currency = cart.currency.unwrap_or(self.default_currency);
        let document = self.first_document(store, currency, &cart.lines, now)?;
        let mut random = [0; 16];
        self.rng.fill(&mut random);
        let secret: String = random.iter().map(|byte| format!("{byte:02x}")).collect();
        let id = CartId::new(now, self.rng.as_ref());
        let cart = Cart::new(hash(&secret), 1, currency, now, id).filled(document);
        let cart = self.store.create(store, cart).await?;
        Ok(CartView { secret: Some(secret), ..self.view(store, &cart)? })
    }

    async fn get(&self, store: StoreId, access: &CartAccess) -> Result<CartView> {
        let cart = self.load(store, access)?;
        self.view(store, &cart)
    }

    async fn add_line(&self, store: StoreId, access: &CartAccess, line: NewLine) -> Result<CartView> {
        let seen = self.load(store, access)?;
        let NewLine { sku, quantity } = line;
        sum(0, quantity).map_err(|error| refused_at("/quantity", error))?;
        let known = self.known(store, &sku, seen.currency).map_err(|error| refused_at("/sku", error))?;
        let change = move |cart: &Cart, now| {
            let held = cart.document.state.quantity(&sku);
            let total = sum(held, quantity).map_err(|error| refused_at("/quantity", error))?;
            if held == 0 && cart.lines.len() >= MAX_LINES {
                return Err(refused_at("/sku", full()));
            }
            let mut document = cart.document.clone();
            document.state.set_line(REGION, now, &sku, total);
            document.known.insert(sku.clone(), known.clone());
            Ok(Some(document))
        };
        self.change(store, access, change).await
    }

    async fn change_line(
        &self,
        store: StoreId,
        access: &CartAccess,
        line: LineId,
        change: LineChange,
    ) -> Result<CartView> {
        let quantity = change.quantity;
        if quantity > MAX_QUANTITY {
            return Err(refused_at("/quantity", too_many()));
        }
        let catalog = Arc::clone(&self.catalog);
        let change = move |cart: &Cart, now| {
            let found = cart.lines.iter().find(|(id, _, _)| *id == line);
            let (_, sku, _) = found.ok_or_else(|| Failure::not_found("line in this cart"))?;
            let mut document = cart.document.clone();
            if quantity == 0 {
                document.known.remove(sku);
            } else if let Ok(known) = known_of(&*catalog, store, sku, cart.currency) {
                // Whoever changes a line has seen what it costs.
                document.known.insert(sku.clone(), known);
            }
            document.state.set_line(REGION, now, sku, quantity);
            Ok((document != cart.document).then_some(document))
        };
        self.change(store, access, change).await
    }

    async fn remove_line(&self, store: StoreId, access: &CartAccess, line: LineId) -> Result<CartView> {
        self.change_line(store, access, line, LineChange { quantity: 0 }).await
    }

    async fn add_coupon(&self, store: StoreId, access: &CartAccess, code: &str) -> Result<CartView> {
        let code = coupon_code(code).ok_or_else(|| {
            let detail = format!("A coupon code has 1 to {MAX_COUPON_LEN} printable characters.");
            refused_at("/code", ("invalid_coupon_code", detail))
        })?;
        let change = move |cart: &Cart, now| {
            let mut document = cart.document.clone();
            if !document.state.add_coupon(REGION, now, &code) {
                return Ok(None);
            }
            if cart.coupons.len() >= MAX_COUPONS {
                let detail = format!("A cart takes at most {MAX_COUPONS} coupon codes.");
                return Err(refused_at("/code", ("too_many_coupons", detail)));
            }
            Ok(Some(document))
        };
        self.change(store, access, change).await
    }

    async fn remove_coupon(&self, store: StoreId, access: &CartAccess, code: &str) -> Result<CartView> {
        let code = coupon_code(code);
        let change = move |cart: &Cart, _| {
            let mut document = cart.document.clone();
            if code.as_deref().is_some_and(|code| document.state.remove_coupon(code)) {
                return Ok(Some(document));
            }
            Err(Failure::not_found("coupon in this cart"))
        };
        self.change(store, access, change).await
    }

    async fn content(&self, store: StoreId, access: &CartAccess) -> Result<CartContent> {
        let cart = self.load(store, access)?;
        Ok(CartContent {
            id: cart.id,
            version: cart.version,
            currency: cart.currency,
            lines: cart.lines.clone(),
            coupons: cart.coupons.clone(),
        })
    }
}

/// What `catalog` says of `sku` now, if it can be put into a cart.
fn known_of(
    catalog: &dyn CatalogRead,
    store: StoreId,
    sku: &Sku,
    currency: Currency,
) -> std::result::Result<Known, (&'static str, String)> {
    let Some(sellable) = catalog.sellable(store, sku, &View { currency, locale: LOCALE.to_owned() }) else {
        return Err(("unknown_sku", format!("The SKU {sku} is not sold in {currency}.")));
    };
    // Headroom for the fullest cart, so that showing one can only overflow when prices grow absurdly later.
    let fits = sellable.price.times(i64::from(MAX_QUANTITY) * 2 * MAX_LINES as i64).is_ok();
    if !fits {
        return Err(("amount_too_large", format!("The price of {sku} is too large to be added up.")));
    }
    Ok(Known {
        handle: sellable.handle,
        title: sellable.title,
        variant_title: sellable.variant_title,
        unit_price_minor: sellable.price.amount_minor,
    })
}

fn hash(secret: &str) -> [u8; 32] {
    let mut hash = [0; 32];
    hash.copy_from_slice(digest(&SHA256, secret.as_bytes()).as_ref());
    hash
}

/// The code as it is stored: in capitals, without spaces around it. None when it cannot be a code.
fn coupon_code(text: &str) -> Option<String> {
    let code = text.trim().to_uppercase();
    let printable = !code.chars().any(char::is_control);
    ((1..=MAX_COUPON_LEN).contains(&code.chars().count()) && printable).then_some(code)
}

fn sum(held: u32, more: u32) -> std::result::Result<u32, (&'static str, String)> {
    match held.checked_add(more) {
        _ if more == 0 => Err(("invalid_quantity", format!("Add 1 to {MAX_QUANTITY}."))),
        Some(total) if total <= MAX_QUANTITY => Ok(total),
        _ => Err(too_many()),
    }
}

fn too_many() -> (&'static str, String) {
    ("invalid_quantity", format!("A cart holds at most {MAX_QUANTITY} of one SKU."))
}

fn full() -> (&'static str, String) {
    ("too_many_lines", format!("A cart has at most {MAX_LINES} lines."))
}

fn too_large(_: MoneyError) -> Failure {
    Failure::invalid("amount_too_large", "The cart's total is too large to be computed.")
}

/// Refuses an input. With one problem its code is the failure's, so that a program need not look further.
fn refused(errors: Vec<FieldError>) -> Failure {
    let only = match errors.as_slice() {
        [one] => Some(one.code.clone()),
        _ => None,
    };
    let mut failure = Failure::fields(errors);
    if let Some(code) = only {
        failure.code = code.into();
    }
    failure
}

fn refused_at(pointer: &str, (code, detail): (&'static str, String)) -> Failure {
    refused(vec![FieldError { pointer: pointer.to_owned(), code: code.to_owned(), detail }])
}

fn offered(id: LineId, quantity: u32, sellable: Sellable) -> CartLineView {
    CartLineView {
        id,
        sku: sellable.sku,
        quantity,
        product_handle: sellable.handle,
        title: sellable.title,
        variant_title: sellable.variant_title,
        unit_price: sellable.price,
        compare_at_price: sellable.compare_at,
        price_changed_from: None,
        total: sellable.price,
        available: sellable.available,
        backorder: sellable.backorder,
        image: sellable.image,
    }
}

/// A line whose product is gone: still shown, so that nothing disappears from a cart by itself, and not for sale.
fn vanished(id: LineId, quantity: u32, sku: &Sku, currency: Currency, known: Option<&Known>) -> CartLineView {
    let unit_price = Money::new(known.map_or(0, |known| known.unit_price_minor), currency);
    CartLineView {
        id,
        sku: sku.clone(),
        quantity,
        product_handle: known.map(|known| known.handle.clone()).unwrap_or_default(),
        title: known.map_or_else(|| sku.to_string(), |known| known.title.clone()),
        variant_title: known.map(|known| known.variant_title.clone()).unwrap_or_default(),
        unit_price,
        compare_at_price: None,
        price_changed_from: None,
        total: unit_price,
        available: false,
        backorder: false,
        image: None,
    }
}

#[cfg(test)]
pub(crate) mod tests;
