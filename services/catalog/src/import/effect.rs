//! What an import does to prices and variants, counted.

use contracts::catalog::{ProductContent, Variant};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What changes, or would change, for shoppers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ImportEffects {
    pub variants_new: u64,
    /// Variants of products in the file that the file no longer has.
    pub variants_removed: u64,
    pub prices_up: u64,
    pub prices_down: u64,
    /// Of those that go down: to less than half of what they were.
    pub prices_halved: u64,
    /// Prices in a currency in which the variant is no longer sold.
    pub prices_removed: u64,
}

impl ImportEffects {
    pub(super) fn add(&mut self, before: Option<&ProductContent>, after: &ProductContent) {
        let none = Vec::new();
        let known = before.map_or(&none, |before| &before.variants);
        for variant in &after.variants {
            match known.iter().find(|known| known.sku == variant.sku) {
                None => self.variants_new += 1,
                Some(known) => self.compare(known, variant),
            }
        }
        let gone = |known: &&Variant| !after.variants.iter().any(|variant| variant.sku == known.sku);
        self.variants_removed += known.iter().filter(gone).count() as u64;
    }

    /// Adds the counts of another part of the same file.
    pub fn sum(&mut self, other: ImportEffects) {
        self.variants_new += other.variants_new;
        self.variants_removed += other.variants_removed;
        self.prices_up += other.prices_up;
        self.prices_down += other.prices_down;
        self.prices_halved += other.prices_halved;
        self.prices_removed += other.prices_removed;
    }

    fn compare(&mut self, before: &Variant, after: &Variant) {
        for old in &before.prices {
            let new = after.prices.iter().find(|new| new.price.currency == old.price.currency);
            let Some(new) = new else {
                self.prices_removed += 1;
                continue;
            };
            let (old, new) = (old.price.amount_minor, new.price.amount_minor);
            self.prices_up += u64::from(new > old);
            self.prices_down += u64::from(new < old);
            self.prices_halved += u64::from(new.saturating_mul(2) < old);
        }
    }
}
