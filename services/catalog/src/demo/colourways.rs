//! The colours in which the demo shop's products come: one name, one code for the SKU, one palette.

use super::art::{Palette, Rgb};

/// One colour of a product.
#[derive(Clone, Copy)]
pub(super) struct Colourway {
    /// English and German name. The English one is the value of the option.
    pub name: [&'static str; 2],
    /// Three letters at the end of a SKU.
    pub code: &'static str,
    pub palette: Palette,
}

/// Side and tread of a sole.
pub(super) const GUM: [u32; 2] = [0xf5_f1_e8, 0xc7_9a_6b];
pub(super) const WHITE_SOLE: [u32; 2] = [0xf7_f4_ee, 0xe6_e1_d7];
pub(super) const BLACK_SOLE: [u32; 2] = [0x2a_2a_2d, 0x18_18_1a];
pub(super) const CORK: [u32; 2] = [0xc9_98_62, 0x4c_3a_2a];
pub(super) const JUTE: [u32; 2] = [0xd3_b2_82, 0x7d_5f_3d];
pub(super) const LEATHER_SOLE: [u32; 2] = [0xb0_80_52, 0x6a_48_2c];

impl Colourway {
    /// The same colour on another sole.
    pub(super) const fn on(mut self, [side, tread]: [u32; 2]) -> Colourway {
        self.palette.sole = Rgb(side);
        self.palette.outsole = Rgb(tread);
        self
    }
}

/// Upper, panel, accent, sole, outsole, lace, lining.
const fn colour(en: &'static str, de: &'static str, code: &'static str, c: [u32; 7]) -> Colourway {
    Colourway {
        name: [en, de],
        code,
        palette: Palette {
            upper: Rgb(c[0]),
            panel: Rgb(c[1]),
            accent: Rgb(c[2]),
            sole: Rgb(c[3]),
            outsole: Rgb(c[4]),
            lace: Rgb(c[5]),
            lining: Rgb(c[6]),
        },
    }
}

macro_rules! colourways {
    ($($name:ident = $en:literal, $de:literal, $code:literal, $colours:expr;)*) => {
        $(pub(super) const $name: Colourway = colour($en, $de, $code, $colours);)*
        #[cfg(test)]
        pub(super) const ALL: &[Colourway] = &[$($name),*];
    };
}

colourways! {
    CHALK = "Chalk", "Kreide", "WHT", [0xf4f2ee, 0xe7e3db, 0x2f5d50, 0xf7f5f0, 0xc79a6b, 0xfaf8f4, 0xd9cbb6];
    INK = "Ink Blue", "Tintenblau", "BLU", [0x27415f, 0x1b2f47, 0xf2a33c, 0xf4f1ea, 0x24262c, 0xf4f1ea, 0xd98a2c];
    COAL = "Coal", "Kohle", "COA", [0x34363b, 0x26272b, 0xd8d4cb, 0xf4f1ea, 0x1c1d20, 0xe9e6df, 0x8b8780];
    BRICK = "Brick Red", "Ziegelrot", "RED", [0xb7412f, 0x9c3426, 0xf3e9d8, 0xf3ede1, 0xc98f5a, 0xf7f2e8, 0xeee2cc];
    MOSS = "Moss", "Moos", "MOS", [0x6b774d, 0x535e3b, 0xe3b04b, 0xf1ecdf, 0xb98d5c, 0xf3eee2, 0xcdbf99];
    DUNE = "Dune", "Düne", "DUN", [0xdac4a3, 0xc2a57e, 0x8c5a35, 0xf4efe4, 0xc79a6b, 0xf7f2e8, 0xefe2c9];
    ROSE = "Rose Clay", "Rosenholz", "ROS", [0xe3b2ab, 0xcf958f, 0x8a3f4b, 0xf7f1ec, 0xd9a08f, 0xfbf5f1, 0xf3dcd4];
    SKY = "Sky", "Himmelblau", "SKY", [0x9cc3d9, 0x77a7c2, 0x27415f, 0xf6f5f1, 0xc9d6dc, 0xffffff, 0xe5eef2];
    LAGOON = "Lagoon", "Lagune", "LAG", [0x3d8f8a, 0xf2c14e, 0xf26b4e, 0xf7f3ea, 0xf26b4e, 0xffffff, 0xf6e2b8];
    PLUM = "Plum", "Pflaume", "PLM", [0x66426a, 0x4f3153, 0xe6b8c8, 0xf2ece9, 0x3a2a3b, 0xf0dfe6, 0xc79bb0];
    EMBER = "Ember", "Glut", "EMB", [0xe8623a, 0x2b2e35, 0xf6d04d, 0xf4f1ea, 0x26292f, 0x2b2e35, 0x3a3d44];
    LIME = "Lime", "Limette", "LIM", [0xc6d74a, 0x39424d, 0xf4f6ec, 0xf3f4ee, 0x2b3038, 0x2b3038, 0x3a4048];
    STONE = "Stone", "Stein", "STN", [0xbdbab2, 0x95928b, 0xd2693c, 0xf2f0ea, 0x5c5a56, 0xe9e6df, 0x6e6b66];
    COGNAC = "Cognac", "Cognac", "COG", [0x9c5a2f, 0x7f4624, 0xc9a45a, 0x3b2c23, 0x221b17, 0x3d2a1e, 0xd8b98e];
    CHESTNUT = "Chestnut", "Kastanie", "CHE", [0x6b3e26, 0x54301d, 0xc9a45a, 0x2f2520, 0x1e1916, 0x3a2a20, 0xc7a57c];
    ONYX = "Black", "Schwarz", "BLK", [0x2f2e31, 0x252428, 0xb9a06a, 0x1f1e20, 0x141315, 0x2b2a2d, 0x8d6b4a];
    WINE = "Wine", "Weinrot", "WIN", [0x7b2436, 0x661c2c, 0xd4af5f, 0x4e2029, 0x2a1519, 0x7b2436, 0xe0c3a6];
    OLIVE = "Olive", "Oliv", "OLV", [0x6d6a45, 0x575437, 0xd4a94a, 0x4a4334, 0x2b2822, 0x3e3b29, 0xc9bb90];
    TAN = "Tan", "Naturleder", "TAN", [0xc58a52, 0xa66f3d, 0x6b4428, 0xe2c9a0, 0x8a6440, 0x6b4428, 0xecd7b6];
    NAVY = "Navy", "Marine", "NVY", [0x2f3f5e, 0x24314a, 0xc9a45a, 0x20242e, 0x15181f, 0x2c3a55, 0xb9a58a];
    POWDER = "Powder", "Puder", "PWD", [0xdcb49a, 0xc99d82, 0xb98a3e, 0xc9a184, 0x7c5c49, 0xdcb49a, 0xf0dccb];
    FOREST = "Forest", "Waldgrün", "FOR", [0x3f5a48, 0x32483a, 0xd9a441, 0x2d302b, 0x1f211e, 0xc9b37a, 0x9c8f6e];
    BARK = "Bark", "Rinde", "BRK", [0x7a5234, 0x5b3a24, 0xd9a441, 0x3a322c, 0x25201d, 0xb9382e, 0x4a3a30];
    GRAPHITE = "Graphite", "Graphit", "GPH", [0x595d65, 0x41454c, 0xe2703a, 0x33363b, 0x1f2124, 0xe2703a, 0x2c2e32];
    SUNFLOWER = "Sunflower", "Sonnenblume", "YEL", [0xe9b93a, 0xd39e24, 0x2f3b4c, 0xf5efe0, 0x2f3b4c, 0x2f3b4c, 0xf4e3b2];
    PETROL = "Petrol", "Petrol", "PET", [0x2f5f6e, 0x244b57, 0xf2c14e, 0xf3efe6, 0x233840, 0xf3efe6, 0xd5c9a6];
    CORAL = "Coral", "Koralle", "COR", [0xe57a66, 0xcb5f4d, 0x2f4858, 0xf8f2ea, 0xcb5f4d, 0xfff8f0, 0xf7dccd];
    SLATE = "Slate", "Schiefer", "SLT", [0x6c6f78, 0x55585f, 0xd98a5c, 0xb79a78, 0x6e5a44, 0xe8dcc8, 0xe8dcc8];
    BERRY = "Berry", "Beere", "BER", [0x8f3b52, 0x742e42, 0xf0c9b0, 0xc9ad8b, 0x7c6650, 0xefdccb, 0xefdccb];
    SAGE = "Sage", "Salbei", "SAG", [0x8fa38a, 0x6f8570, 0xe9d9b8, 0xd9b382, 0x8a6b45, 0xf3eee2, 0xeadcc3];
    OAT = "Oat", "Hafer", "OAT", [0xdacdb7, 0xc0af94, 0x8c5a35, 0xb79a78, 0x6e5a44, 0xf3eee2, 0xf2e9d8];
    // What is not a shoe: tins, bottles, brushes, laces.
    NEUTRAL = "Neutral", "Farblos", "NEU", [0x2f4a3f, 0xe3c98f, 0xe8c36a, 0xc9ccd0, 0x2f4a3f, 0xf2ead8, 0xe9cf86];
    TIN_BLACK = "Black", "Schwarz", "BLK", [0x2d2c30, 0x1c1b1d, 0xe8c36a, 0xc9ccd0, 0x1c1b1d, 0xf2ead8, 0xe9cf86];
    TIN_BROWN = "Dark Brown", "Dunkelbraun", "BRN", [0x5a3421, 0x3c2215, 0xe8c36a, 0xc9ccd0, 0x3c2215, 0xf2ead8, 0xe9cf86];
    BOTTLE_GREEN = "Green", "Grün", "GRN", [0x2f4a3f, 0x23382f, 0x2f4a3f, 0xf2ead8, 0x23382f, 0xf2ead8, 0xe9cf86];
    BOTTLE_CLAY = "Clay", "Ton", "CLY", [0xb0623d, 0x2f4a3f, 0x2f4a3f, 0xf2ead8, 0x2f4a3f, 0xf2ead8, 0xe9cf86];
    BEECH = "Beech", "Buche", "BEE", [0xb5793f, 0x3b2a20, 0x5b3a1f, 0xb5793f, 0x3b2a20, 0x3b2a20, 0x3b2a20];
    PALE_BEECH = "Pale Beech", "Helle Buche", "PAL", [0xd6ab74, 0xd9c79f, 0x7a4a28, 0xd6ab74, 0xd9c79f, 0xd9c79f, 0xd9c79f];
    CEDAR = "Cedar", "Zeder", "CED", [0xc08a52, 0x8f5c32, 0xd9b35c, 0xc08a52, 0x8f5c32, 0x8f5c32, 0x8f5c32];
    WOOL = "Wool", "Wolle", "WOL", [0xe9e1d3, 0xa7643c, 0x5b3a1f, 0xd7c9ae, 0xa7643c, 0xa7643c, 0xa7643c];
    LACE_WHITE = "White", "Weiß", "WHT", [0x8a96a0, 0x2f4a3f, 0xc9ccc8, 0xf2ead8, 0x2f4a3f, 0xf5f2ea, 0xf5f2ea];
    LACE_BLACK = "Black", "Schwarz", "BLK", [0x8a96a0, 0xd9c9a3, 0x6a665f, 0xf2ead8, 0x2f4a3f, 0x2e2d30, 0x2e2d30];
    LACE_BROWN = "Brown", "Braun", "BRN", [0xb08a5e, 0xe3d3ae, 0xc9a45a, 0xf2ead8, 0x2f4a3f, 0x6b3e26, 0x6b3e26];
    LACE_RED = "Red", "Rot", "RED", [0xc8553d, 0x2f4a3f, 0xf2d7a0, 0xf2ead8, 0x2f4a3f, 0xbf4432, 0xbf4432];
    LACE_MUSTARD = "Mustard", "Senf", "MUS", [0xd9a23a, 0x39424d, 0x7a5220, 0xf2ead8, 0x2f4a3f, 0xdba73f, 0xdba73f];
}
