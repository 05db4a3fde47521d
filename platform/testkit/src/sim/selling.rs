//! What the shop of a history sells and on what terms: a catalog, carts and promotions, read by the production quoter.

use std::sync::{Arc, Weak};

use async_trait::async_trait;
use checkout::promotion::Active;
use checkout::quote::{Quoter, QuoterParts, Terms};
use checkout::settings::{Selling, Snapshots};
use contracts::Result;
use contracts::cart::{CartAccess, CartContent, CartView, Carts, LineChange, NewCart, NewLine};
use contracts::catalog::{
    CatalogRead, CategoryNode, CollectionView, ProductCard, ProductQuery, ProductView, Rendered, Sellable, View,
};
use contracts::ledger::Vouchers;
use contracts::market::Texts;
use contracts::selling::{Effect, Minimum, Promotion, Selection, Stacking};
use kernel::{Currency, Failure, LineId, Money, Page, ProductId, Rate, Rng, SharedClock, Sku, StoreId};

use super::world::World;

/// How often one customer may use [`WELCOME`].
pub const WELCOME_LIMIT: i64 = 1;
/// The code that every customer may use once.
pub const WELCOME: &str = "WELCOME";
/// The code that only so many orders may use.
pub const TWICE: &str = "TWICE";

/// The promotions of a history, by priority.
pub fn promotions(rng: &dyn Rng, skus: &[Sku]) -> Vec<Promotion> {
    let first = Selection { skus: skus.first().cloned().into_iter().collect(), ..Selection::default() };
    let last = Selection { skus: skus.last().cloned().into_iter().collect(), ..Selection::default() };
    let eur = |minor| vec![Money::new(minor, Currency::EUR)];
    let one_in = |n: u64| rng.below(n) == 0;
    let twice = Promotion {
        codes: vec![TWICE.to_owned()],
        limit: Some(1 + i64::try_from(rng.below(2)).unwrap_or(0)),
        // A seventh: never divides evenly.
        ..promotion("twice", 3, Effect::Percentage { rate: Rate::from_ppm(142_857) })
    };
    let welcome = Promotion {
        codes: vec![WELCOME.to_owned()],
        limit_per_customer: Some(WELCOME_LIMIT),
        ..promotion("welcome", 4, Effect::Fixed { amounts: eur(333) })
    };
    let mut all = vec![twice, welcome];
    if one_in(2) {
        let limit = one_in(2).then(|| 2 + i64::try_from(rng.below(3)).unwrap_or(0));
        let effect = Effect::Percentage { rate: Rate::from_ppm(70_000) };
        all.push(Promotion { goods: first, limit, ..promotion("shoes", 1, effect) });
    }
    if one_in(3) {
        let stacking = if one_in(2) { Stacking::Exclusive } else { Stacking::Combine };
        let effect = Effect::BuyXGetY { buy: 2, get: 1, rate: Rate::from_ppm(1_000_000), gets: None };
        all.push(Promotion { goods: last, stacking, ..promotion("third-free", 2, effect) });
    }
    if one_in(2) {
        let minimum = Minimum { amounts: eur(2_500), quantity: 0 };
        let effect = Effect::FreeShipping { options: Vec::new(), countries: Vec::new() };
        all.push(Promotion { minimum, ..promotion("post", 5, effect) });
    }
    all.sort_by_key(|p| p.priority);
    all
}

fn promotion(handle: &str, priority: i32, effect: Effect) -> Promotion {
    Promotion {
        handle: handle.to_owned(),
        version: 1,
        name: Texts::en(handle),
        enabled: true,
        codes: Vec::new(),
        effect,
        goods: Selection::default(),
        groups: Vec::new(),
        minimum: Minimum::default(),
        starts_at: None,
        ends_at: None,
        limit: None,
        limit_per_customer: None,
        priority,
        stacking: Stacking::Combine,
    }
}

/// Promotions with their times, as quotes and counters know them.
pub fn active(promotions: &[Promotion]) -> Vec<Active> {
    promotions.iter().map(|p| Active { promotion: p.clone(), from: None, until: None }).collect()
}

/// The production quoter over the simulation's catalog and carts.
pub fn quoter(world: &Arc<World>, vouchers: Arc<dyn Vouchers>, clock: SharedClock) -> Quoter {
    let terms = Arc::new(Terms::default());
    let snapshots = Snapshots::new(Arc::clone(&terms));
    let mut selling = Selling::of(terms);
    selling.promotions = active(&world.goods.promotions);
    snapshots.replace(super::world::STORE, selling);
    Quoter::new(QuoterParts {
        carts: Arc::new(SimCarts(Arc::downgrade(world))),
        catalog: Arc::new(Shelf),
        terms: Arc::new(snapshots),
        vouchers,
        clock,
    })
}

/// 9.97, 19.97, 29.97 …: three units of a discounted line never divide evenly.
pub fn unit_minor(sku: &Sku) -> i64 {
    997 + 1000 * sku.as_str().bytes().last().map_or(0, |b| i64::from(b) - i64::from(b'0'))
}

/// Carts as shoppers fill them; only their content is asked for.
struct SimCarts(Weak<World>);

fn not_asked<T>() -> Result<T> {
    Err(Failure::internal("a quote does not change carts"))
}

#[async_trait]
impl Carts for SimCarts {
    async fn create(&self, _: StoreId, _: NewCart) -> Result<CartView> {
        not_asked()
    }
    async fn get(&self, _: StoreId, _: &CartAccess) -> Result<CartView> {
        not_asked()
    }
    async fn add_line(&self, _: StoreId, _: &CartAccess, _: NewLine) -> Result<CartView> {
        not_asked()
    }
    async fn change_line(&self, _: StoreId, _: &CartAccess, _: LineId, _: LineChange) -> Result<CartView> {
        not_asked()
    }
    async fn remove_line(&self, _: StoreId, _: &CartAccess, _: LineId) -> Result<CartView> {
        not_asked()
    }
    async fn add_coupon(&self, _: StoreId, _: &CartAccess, _: &str) -> Result<CartView> {
        not_asked()
    }
    async fn remove_coupon(&self, _: StoreId, _: &CartAccess, _: &str) -> Result<CartView> {
        not_asked()
    }

    async fn content(&self, _: StoreId, access: &CartAccess) -> Result<CartContent> {
        let world = self.0.upgrade().ok_or_else(|| Failure::internal("the history is over"))?;
        let cart = world.carts.lock().get(&access.id).cloned().ok_or_else(|| Failure::not_found("cart"))?;
        let line = |(sku, quantity): &(Sku, u32)| (LineId::from_uuid(uuid::Uuid::nil()), sku.clone(), *quantity);
        Ok(CartContent {
            id: access.id,
            version: cart.version,
            currency: Currency::EUR,
            lines: cart.lines.iter().map(line).collect(),
            coupons: cart.coupons,
        })
    }
}

/// Sells whatever is asked for, in euro, at amounts that do not divide evenly, so that every rounding shows.
struct Shelf;

impl CatalogRead for Shelf {
    fn generation(&self, _: StoreId) -> u64 {
        1
    }
    fn product(&self, _: StoreId, _: &str, _: &View) -> Option<Arc<ProductView>> {
        None
    }
    fn product_json(&self, _: StoreId, _: &str, _: &View) -> Option<Rendered> {
        None
    }
    fn products(&self, _: StoreId, _: &ProductQuery, _: &View) -> Result<Arc<Page<ProductCard>>> {
        not_asked()
    }
    fn products_json(&self, _: StoreId, _: &ProductQuery, _: &View) -> Result<Rendered> {
        not_asked()
    }
    fn categories(&self, _: StoreId, _: &str) -> Arc<Vec<CategoryNode>> {
        Arc::default()
    }
    fn collections(&self, _: StoreId, _: &str) -> Arc<Vec<CollectionView>> {
        Arc::default()
    }

    fn sellable(&self, _: StoreId, sku: &Sku, _: &View) -> Option<Sellable> {
        Some(Sellable {
            product: ProductId::from_uuid(uuid::Uuid::nil()),
            handle: "shoe".to_owned(),
            title: "Shoe".to_owned(),
            sku: sku.clone(),
            variant_title: String::new(),
            price: Money::new(unit_minor(sku), Currency::EUR),
            compare_at: None,
            tax_class: "standard".to_owned(),
            weight_g: 500,
            requires_shipping: true,
            available: true,
            backorder: false,
            image: None,
        })
    }
}
