//! The demo shop's products as tables: one row a product, in the order of the shop.

mod care;
mod kids;
mod men;
mod women;

use super::art::Model;
use super::colourways::Colourway;

/// A product in short. Texts are English and German.
pub(super) struct Row {
    /// The start of every SKU, e.g. `MER-HARBOUR`.
    pub code: &'static str,
    pub handle: &'static str,
    pub brand: &'static str,
    pub title: [&'static str; 2],
    pub category: &'static str,
    pub model: Model,
    pub colours: &'static [Colourway],
    pub sizes: Sizes,
    /// Whole euros; the ending follows from the currency.
    pub price: i64,
    /// Whole euros before a reduction; 0 for none.
    pub was: i64,
    pub collections: &'static [&'static str],
    pub facts: Facts,
    pub text: [&'static str; 2],
}

#[derive(Clone, Copy)]
pub(super) enum Sizes {
    /// EU sizes, first to last.
    Eu(u32, u32),
    /// Pairs of EU sizes, for slippers, insoles and shoe trees.
    Pairs(&'static [&'static str]),
    One,
}

#[derive(Clone, Copy)]
pub(super) enum Facts {
    Shoe(Shoe),
    Care { volume_ml: i64, suitable: &'static [&'static str] },
    Lace { length_cm: i64, profile: &'static str },
    Accessory { material: &'static str, weight_g: i64 },
}

#[derive(Clone, Copy)]
pub(super) struct Shoe {
    pub upper: &'static str,
    pub sole: &'static str,
    pub closure: &'static str,
    pub use_for: &'static str,
    pub weight_g: i64,
    pub heel_mm: i64,
    pub waterproof: bool,
    pub vegan: bool,
}

const fn shoe(
    upper: &'static str,
    sole: &'static str,
    closure: &'static str,
    use_for: &'static str,
    weight_g: i64,
    heel_mm: i64,
) -> Shoe {
    Shoe { upper, sole, closure, use_for, weight_g, heel_mm, waterproof: false, vegan: false }
}

impl Shoe {
    const fn waterproof(mut self) -> Shoe {
        self.waterproof = true;
        self
    }

    const fn vegan(mut self) -> Shoe {
        self.vegan = true;
        self
    }

    const fn facts(self) -> Facts {
        Facts::Shoe(self)
    }
}

const MERIDANE: &str = "Meridane";
const KESTROW: &str = "Kestrow";
const TARNHOLT: &str = "Tarnholt";
const VELISSE: &str = "Velisse";
const SANDRIFT: &str = "Sandrift";
const FILZLUND: &str = "Filzlund";
const HOPPELIN: &str = "Hoppelin";
const BORSTAD: &str = "Borstad";

const WOMEN: Sizes = Sizes::Eu(36, 41);
const MEN: Sizes = Sizes::Eu(41, 46);
const CHILDREN: Sizes = Sizes::Eu(25, 31);

pub(super) fn rows() -> impl Iterator<Item = &'static Row> {
    women::ROWS.iter().chain(men::ROWS).chain(kids::ROWS).chain(care::ROWS)
}
