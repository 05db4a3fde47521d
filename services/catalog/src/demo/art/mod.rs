//! The demo shop's artwork: shoes drawn as vector pictures from their measures and colours.
//!
//! Coordinates and colours are fractions, so this module computes with floats; no money comes near it.
#![allow(clippy::float_arithmetic)]

pub(crate) mod boot;
mod canvas;
mod colour;
mod geometry;
pub(crate) mod item;
pub(crate) mod laced;
pub(crate) mod parts;
pub(crate) mod sandal;
pub(crate) mod slip;
pub(crate) mod sole;

use boot::Boot;
use canvas::Canvas;
use colour::BLACK;
pub(crate) use colour::Rgb;
use item::Item;
use laced::Laced;
use sandal::Sandal;
use slip::Slip;

/// Width and height of every picture, in pixels at its natural size.
pub(crate) const SIZE: u32 = 1280;

/// The colours of one colourway.
#[derive(Clone, Copy)]
pub(crate) struct Palette {
    pub upper: Rgb,
    pub panel: Rgb,
    pub accent: Rgb,
    pub sole: Rgb,
    pub outsole: Rgb,
    pub lace: Rgb,
    pub lining: Rgb,
}

/// What is drawn.
#[derive(Clone, Copy)]
pub(crate) enum Model {
    Laced(Laced),
    Boot(Boot),
    Slip(Slip),
    Sandal(Sandal),
    Item(Item),
}

/// How it is shown.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shot {
    Side,
    /// Both shoes, one behind the other.
    Pair,
}

impl Model {
    /// Height in hundredths of the length.
    fn height(&self) -> f64 {
        match self {
            Model::Laced(laced) => laced.collar.max(laced.throat.0.1 + laced.tongue) + 2.0,
            Model::Boot(boot) => boot.shaft + 4.0,
            Model::Slip(slip) => slip.back.max(slip.mouth.1).max(slip.toe_box + slip.heel) + 2.0,
            Model::Sandal(sandal) => sandal.instep.max(sandal.heel + 14.0) + 2.0,
            Model::Item(item) => item.height(),
        }
    }

    /// Middle and half width of what touches the ground.
    fn stand(&self) -> (f64, f64) {
        match self {
            Model::Item(item) => item.stand(),
            _ => (50.0, 48.0),
        }
    }

    fn draw(&self, c: &mut Canvas, palette: &Palette) {
        match self {
            Model::Laced(laced) => laced.draw(c, palette),
            Model::Boot(boot) => boot.draw(c, palette),
            Model::Slip(slip) => slip.draw(c, palette),
            Model::Sandal(sandal) => sandal.draw(c, palette),
            Model::Item(item) => item.draw(c, palette),
        }
    }
}

/// The picture as an SVG document.
pub(crate) fn picture(model: &Model, palette: &Palette, shot: Shot) -> String {
    let mut c = Canvas::default();
    backdrop(&mut c, palette);
    let height = model.height();
    let scale = (10.5_f64).min(900.0 / height);
    match shot {
        Shot::Side => {
            let ground = 640.0 + height * scale * 0.5 + 14.0;
            place(&mut c, 640.0 - 50.0 * scale, ground, scale, |c| {
                shadow(c, model.stand());
                model.draw(c, palette);
            });
        }
        Shot::Pair => {
            let scale = scale * 0.84;
            let ground = 640.0 + height * scale * 0.5 + 90.0;
            place(&mut c, 640.0 - 38.0 * scale, ground - 150.0, scale * 0.95, |c| {
                shadow(c, model.stand());
                model.draw(c, palette);
            });
            place(&mut c, 640.0 - 62.0 * scale, ground, scale, |c| {
                shadow(c, model.stand());
                model.draw(c, palette);
            });
        }
    }
    c.finish(SIZE)
}

fn place(c: &mut Canvas, x: f64, y: f64, scale: f64, draw: impl FnOnce(&mut Canvas)) {
    c.moved(&format!("translate({x:.0} {y:.0}) scale({:.3})", scale / 10.0), draw);
}

/// A calm ground in a tint of the product's colour.
fn backdrop(c: &mut Canvas, palette: &Palette) {
    let hue = if palette.upper.chroma() > 0.035 { palette.upper } else { palette.accent };
    let tint = |lightness| hue.mix(Rgb(0xd8_c8_b0), 0.25).tint(lightness, 0.017);
    let all = "M0 0H1280V1280H0Z";
    let wall = c.radial(
        (60.0, -46.0),
        96.0,
        96.0,
        &[(0.0, tint(0.972), 1.0), (0.55, tint(0.954), 1.0), (1.0, tint(0.930), 1.0)],
    );
    c.fill(all, wall);
}

/// The shadow on the ground: wide and soft, with a darker core where the product touches.
fn shadow(c: &mut Canvas, (middle, half): (f64, f64)) {
    c.glow((middle + 1.0, -1.0), half * 1.2 + 2.0, 6.2, BLACK, 0.26);
    c.glow((middle - 2.0, -0.5), half * 0.96, 2.6, BLACK, 0.50);
}
