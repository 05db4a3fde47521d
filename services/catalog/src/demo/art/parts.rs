//! What all shoes share: volume, laces, textures, marks.

use super::canvas::Canvas;
use super::colour::{BLACK, Rgb, WHITE};
use super::geometry::{Curve, Outline, P, between, lerp};

/// How the surface of a material looks close up.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Texture {
    Smooth,
    Mesh,
    Knit,
    Canvas,
    Felt,
    Quilt,
}

/// The small drawing that tells the brands apart.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Motif {
    None,
    /// Two arcs, like meridians on a globe.
    Meridians,
    /// Three slanted feathers.
    Feathers,
    /// A ridge of mountains.
    Ridge,
    /// A swell.
    Swell,
    /// A row of dots that grow.
    Dots,
    /// A leaf.
    Leaf,
    /// A single slanted bar.
    Bar,
}

/// The surface pattern of `texture` over the shape `d`.
pub(super) fn surface(c: &mut Canvas, d: &str, texture: Texture, base: Rgb) {
    let ink = if base.lightness() > 0.5 { BLACK } else { WHITE };
    let (paint, opacity) = match texture {
        Texture::Smooth => return,
        Texture::Mesh => (
            c.pattern(13.0, 11.0, 0.0, &format!(
                "<g fill=\"{ink}\"><ellipse cx=\"3.2\" cy=\"2.8\" rx=\"2.5\" ry=\"1.6\"/><ellipse cx=\"9.7\" cy=\"8.3\" rx=\"2.5\" ry=\"1.6\"/></g>"
            )),
            0.13,
        ),
        Texture::Knit => (
            c.pattern(12.0, 10.0, 8.0, &format!(
                "<path d=\"M0 2L6 7L12 2\" fill=\"none\" stroke=\"{ink}\" stroke-width=\"1.7\"/>"
            )),
            0.17,
        ),
        Texture::Canvas => (
            c.pattern(7.0, 7.0, 2.0, &format!(
                "<path d=\"M0 1.5H7M1.5 0V7\" stroke=\"{ink}\" stroke-width=\"1.2\"/>"
            )),
            0.10,
        ),
        Texture::Felt => (
            c.pattern(23.0, 19.0, 15.0, &format!(
                "<path d=\"M2 3l4 2M11 1l1 4M17 6l4-2M5 11l3-3M13 12l4 1M20 15l2 3M3 17l4-1M11 17l1-3\" stroke=\"{ink}\" \
                 stroke-width=\"1.3\" stroke-linecap=\"round\"/>"
            )),
            0.16,
        ),
        Texture::Quilt => (
            c.pattern(62.0, 62.0, 45.0, &format!(
                "<path d=\"M0 1.5H62M1.5 0V62\" stroke=\"{ink}\" stroke-width=\"3\"/>"
            )),
            0.16,
        ),
    };
    c.veil(d, paint, opacity);
}

/// Light from above and the front, shadow towards the ground and the heel, over an upper that reaches from
/// `floor` to `top` in height.
pub(super) fn volume(c: &mut Canvas, d: &str, floor: f64, top: f64, seam: &Curve) {
    let fall = c.linear(
        (0.0, top),
        (0.0, floor),
        &[(0.0, WHITE, 0.13), (0.38, WHITE, 0.03), (0.62, BLACK, 0.02), (1.0, BLACK, 0.20)],
    );
    c.fill(d, fall);
    let turn = c.linear(
        (0.0, 0.0),
        (100.0, 0.0),
        &[
            (0.0, BLACK, 0.22),
            (0.055, BLACK, 0.08),
            (0.14, BLACK, 0.0),
            (0.90, BLACK, 0.0),
            (0.97, BLACK, 0.06),
            (1.0, BLACK, 0.16),
        ],
    );
    c.fill(d, turn);
    // Where the upper meets the sole it lies in the sole's shade.
    c.line(&seam.d(), BLACK, 5.6, 0.07);
    c.line(&seam.d(), BLACK, 2.8, 0.12);
}

/// One row of laces over the throat, which runs from the ankle down to the toe. `reach` is how far the eyelets
/// lie below its edge, `over` how far the laces go beyond it.
pub(super) struct Lacing<'a> {
    pub(super) throat: &'a Curve,
    pub(super) rows: u32,
    pub(super) reach: f64,
    pub(super) over: f64,
    pub(super) width: f64,
    /// Metal hooks above this share of the rows; 1 for none.
    pub(super) hooks_from: f64,
    pub(super) bow: bool,
}

pub(super) fn laces(c: &mut Canvas, l: &Lacing<'_>, colour: Rgb, eyelet: Rgb) {
    let rim = colour.darker(0.34);
    for row in 0..l.rows {
        let t = lerp(0.035, 0.93, f64::from(row) / f64::from((l.rows - 1).max(1)));
        let (p, along) = l.throat.at(t);
        // The throat runs downwards to the toe, so its left is up and forward, over the tongue.
        let up = (-along.1, along.0);
        let hole = (p.0 - up.0 * l.reach, p.1 - up.1 * l.reach);
        let end = (p.0 + up.0 * l.over + along.0 * 0.9, p.1 + up.1 * l.over + along.1 * 0.9);
        let bar = Curve::through(&[hole, between(between(hole, end, 0.5), (p.0 + up.0, p.1 + up.1), 0.5), end]);
        if f64::from(row) / f64::from(l.rows) < l.hooks_from {
            c.dot(hole, l.width * 0.80, eyelet.darker(0.2));
            c.dot((hole.0, hole.1 + 0.12), l.width * 0.62, eyelet.lighter(0.25));
        } else {
            c.dot(hole, l.width * 0.62, eyelet.darker(0.45));
        }
        c.line(&bar.shifted(0.25, -0.55).d(), BLACK, l.width, 0.22);
        c.line(&bar.d(), rim, l.width + 0.3, 1.0);
        c.line(&bar.d(), colour, l.width, 1.0);
        c.line(&bar.shifted(-0.1, l.width * 0.2).d(), WHITE, l.width * 0.26, 0.4);
    }
    if l.bow {
        bow(c, l.throat.at(0.0).0, l.width * 0.86, colour);
    }
}

fn bow(c: &mut Canvas, top: P, width: f64, colour: Rgb) {
    let (x, y) = (top.0 + 3.1, top.1 + 1.1);
    let rim = colour.darker(0.34);
    let strands = [
        Curve::through(&[
            (x, y),
            (x + 4.6, y + 2.5),
            (x + 9.2, y - 0.2),
            (x + 8.2, y - 2.7),
            (x + 3.8, y - 1.3),
            (x, y),
        ]),
        Curve::through(&[
            (x, y),
            (x - 2.6, y - 2.6),
            (x - 3.2, y - 6.2),
            (x - 5.5, y - 7.0),
            (x - 5.3, y - 3.4),
            (x - 2.6, y - 0.5),
            (x, y),
        ]),
        Curve::through(&[(x, y), (x + 2.4, y - 3.3), (x + 3.4, y - 7.4)]),
        Curve::through(&[(x, y), (x - 0.3, y - 3.9), (x - 1.7, y - 8.4)]),
    ];
    for strand in &strands {
        c.line(&strand.shifted(0.35, -0.6).d(), BLACK, width, 0.16);
    }
    for strand in strands.iter().rev() {
        c.line(&strand.d(), rim, width + 0.28, 1.0);
        c.line(&strand.d(), colour, width, 1.0);
    }
    c.oval((x, y), width * 1.05, width * 0.85, rim);
    c.oval((x, y + 0.1), width * 0.86, width * 0.68, colour.lighter(0.1));
}

/// The brand's mark in a field around `at`, `size` wide.
pub(super) fn motif(c: &mut Canvas, motif: Motif, at: P, size: f64, colour: Rgb) {
    let (x, y) = at;
    let s = size / 10.0;
    let p = |dx: f64, dy: f64| (x + dx * s, y + dy * s);
    let stroke = |c: &mut Canvas, points: &[P], width: f64| {
        let curve = Curve::through(points);
        c.line(&curve.shifted(0.12, -0.3).d(), BLACK, width * s, 0.18);
        c.line(&curve.d(), colour, width * s, 1.0);
    };
    match motif {
        Motif::None => {}
        Motif::Meridians => {
            stroke(c, &[p(-8.0, 6.5), p(-2.6, 2.6), p(1.0, -2.6), p(2.0, -8.0)], 1.7);
            stroke(c, &[p(-3.6, 8.0), p(2.4, 3.6), p(6.4, -2.2), p(7.6, -8.0)], 1.7);
        }
        Motif::Feathers => {
            for (i, lift) in [(0.0, 0.0), (1.0, 0.6), (2.0, 1.2)] {
                let dx = i * 5.2 - 6.0;
                let d = Outline::at(p(dx - 2.6, -6.0 + lift))
                    .curve(&[p(dx + 0.6, -1.6 + lift), p(dx + 5.4, 5.4 + lift)])
                    .line(p(dx + 8.2, 5.6 + lift))
                    .curve(&[p(dx + 3.0, -2.0 + lift), p(dx - 2.6, -6.0 + lift)])
                    .close();
                c.fill(&d, colour.mix(WHITE, i * 0.10));
            }
        }
        Motif::Ridge => {
            c.line(
                &Outline::at(p(-7.0, -3.4)).lines(&[p(-2.6, 2.8), p(0.2, -0.6), p(3.2, 4.4), p(7.6, -3.4)]).open(),
                colour,
                1.5 * s,
                1.0,
            );
        }
        Motif::Swell => {
            for dy in [2.4, -2.0] {
                stroke(
                    c,
                    &[p(-9.0, dy - 1.4), p(-5.0, dy + 1.6), p(-0.5, dy - 1.0), p(4.0, dy + 1.6), p(9.0, dy - 1.2)],
                    1.5,
                );
            }
        }
        Motif::Dots => {
            for (i, r) in [0.8, 1.15, 1.5, 1.9].into_iter().enumerate() {
                let dx = i as f64 * 4.4 - 6.6;
                c.dot(p(dx + 0.1, dx * -0.22 - 0.3), r * s, colour.darker(0.25));
                c.dot(p(dx, dx * -0.22), r * s, colour);
            }
        }
        Motif::Leaf => {
            let d = Outline::at(p(-6.0, -3.6))
                .curve(&[p(-3.6, 2.6), p(3.0, 4.4), p(7.0, 3.6)])
                .curve(&[p(4.8, -1.8), p(-0.8, -4.6), p(-6.0, -3.6)])
                .close();
            c.fill(&d, colour);
            stroke(c, &[p(-8.0, -5.0), p(-1.0, -0.6), p(4.6, 2.4)], 0.6);
        }
        Motif::Bar => {
            let d = Outline::at(p(-4.4, -8.0)).lines(&[p(-0.4, -8.0), p(5.4, 8.0), p(1.4, 8.0)]).close();
            c.fill(&d, colour);
        }
    }
}
