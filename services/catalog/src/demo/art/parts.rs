//! What all shoes share: volume, laces, stitching, textures, soles.

use super::Palette;
use super::canvas::{Canvas, Paint};
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

/// How the sole is built, seen from the side.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Tread {
    /// A flat rubber cup stitched to the upper.
    Cup,
    /// Thick foam with sculpted sides and a thin outsole.
    Foam,
    /// Deep lugs for mud and rock.
    Lug,
    /// Crepe: soft and wavy at the ground.
    Crepe,
    /// Two stacked layers of foam.
    Stack,
}

#[derive(Clone, Copy)]
pub(crate) struct Sole {
    pub tread: Tread,
    pub heel: f64,
    pub toe: f64,
    /// How far the toe lifts off the ground.
    pub spring: f64,
    /// How far the heel reaches out behind the upper.
    pub flare: f64,
}

impl Sole {
    /// The seam between sole and upper, from heel to toe.
    pub(super) fn seam(&self) -> Curve {
        let (h, t, f) = (self.heel, self.toe, self.flare);
        match self.tread {
            Tread::Foam | Tread::Stack => Curve::through(&[
                (0.8 - f, h + 2.6),
                (9.0, h + 0.6),
                (26.0, h - 0.9),
                (44.0, lerp(h, t, 0.55) - 0.6),
                (64.0, t + 0.4),
                (84.0, t + self.spring * 0.35 + 0.6),
                (99.2, t + self.spring + 1.6),
            ]),
            Tread::Cup | Tread::Lug | Tread::Crepe => Curve::through(&[
                (0.6 - f, h),
                (22.0, h - 0.5),
                (50.0, lerp(h, t, 0.6) - 0.3),
                (74.0, t),
                (88.0, t + self.spring * 0.3 + 0.2),
                (99.4, t + self.spring * 0.9 + 1.0),
            ]),
        }
    }

    /// The edge on the ground, from heel to toe.
    fn ground(&self) -> Curve {
        let f = self.flare;
        match self.tread {
            Tread::Foam | Tread::Stack => Curve::through(&[
                (-0.2 - f, 3.2),
                (3.4 - f * 0.4, 0.9),
                (10.0, 0.0),
                (30.0, 0.0),
                (48.0, 0.35),
                (70.0, 0.0),
                (84.0, self.spring * 0.30),
                (93.5, self.spring * 0.75 + 0.2),
                (99.4, self.spring + 2.6),
            ]),
            Tread::Cup | Tread::Lug | Tread::Crepe => Curve::through(&[
                (1.2 - f, 2.0),
                (3.0 - f * 0.6, 0.4),
                (9.0, 0.0),
                (40.0, 0.0),
                (74.0, 0.0),
                (88.0, self.spring * 0.34),
                (96.0, self.spring * 0.8 + 0.6),
                (99.6, self.spring + 2.4),
            ]),
        }
    }

    fn outline(&self) -> String {
        let (seam, ground) = (self.seam(), self.ground());
        // The rim is rounded off at both ends.
        let rim = seam.part(0.010, 0.990);
        let (a, s, g) = (seam.first(), seam.last(), ground.last());
        Outline::new(&ground)
            .curve(&[(g.0 + 0.75, lerp(g.1, s.1, 0.5)), (s.0 + 0.35, s.1 - 1.1), rim.last()])
            .then(&rim.reversed())
            .curve(&[(a.0 - 0.35, a.1 - 1.1), (a.0 - 0.7, lerp(a.1, ground.first().1, 0.5)), ground.first()])
            .close()
    }

    pub(super) fn draw(&self, c: &mut Canvas, k: &Palette) {
        let outline = self.outline();
        let (seam, ground) = (self.seam(), self.ground());
        if self.tread == Tread::Lug {
            lugs(c, &ground, 15, k.outsole);
        }
        c.fill(&outline, k.sole);
        let (sole, outsole) = (*self, *k);
        c.within(&outline, |c| sole.details(c, &outsole, &seam, &ground));
        // A light on the upper rim, and the dark gap to the upper above it.
        c.line(&seam.shifted(0.0, -0.45).d(), WHITE, 0.55, 0.45);
        c.line(&seam.d(), BLACK, 0.42, 0.42);
    }

    fn details(&self, c: &mut Canvas, k: &Palette, seam: &Curve, ground: &Curve) {
        let line = k.sole.line_on();
        match self.tread {
            Tread::Cup => {
                let strip = ground.offset(self.heel.min(self.toe) * 0.26);
                below(c, &strip, k.outsole);
                c.line(&strip.d(), BLACK, 0.3, 0.25);
                c.stitch(&seam.shifted(0.0, -1.55).part(0.015, 0.985).d(), line);
                // Ribs at the toe, where a sole is scuffed first.
                for i in 0..13 {
                    let x = 84.5 + f64::from(i) * 1.15;
                    let (low, high) = (strip.height(x) + 0.7, seam.height(x) - 2.5);
                    if high > low {
                        c.line(&Outline::at((x, low)).line((x + 0.15, high)).open(), line, 0.34, 0.5);
                    }
                }
            }
            Tread::Foam => {
                let strip = ground.offset(1.5);
                below(c, &strip, k.outsole);
                let flow = Curve::through(&[
                    (-3.0, self.heel * 0.62),
                    (14.0, self.heel * 0.40),
                    (36.0, self.heel * 0.52),
                    (58.0, self.toe * 0.52),
                    (80.0, self.toe * 0.66),
                    (101.0, self.toe + self.spring * 0.9),
                ]);
                c.line(&flow.d(), BLACK, 0.75, 0.10);
                c.line(&flow.shifted(0.0, -0.5).d(), WHITE, 0.5, 0.5);
                // The accent sits in the hollow behind the heel.
                let wedge = Outline::new(&flow.part(0.0, 0.34))
                    .curve(&[(18.0, self.heel * 0.40 - 1.6), (-3.0, self.heel * 0.62 - 4.0)])
                    .close();
                c.veil(&wedge, k.accent, 0.92);
            }
            Tread::Stack => {
                let mid = Curve::through(&[
                    (-3.0, self.heel * 0.50),
                    (28.0, self.heel * 0.46),
                    (56.0, self.toe * 0.62),
                    (101.0, self.toe * 0.62 + self.spring * 0.8),
                ]);
                below(c, &mid, k.sole.mix(k.accent, 0.85));
                c.line(&mid.d(), BLACK, 0.4, 0.22);
                let strip = ground.offset(1.4);
                below(c, &strip, k.outsole);
            }
            Tread::Lug => {
                let strip = ground.offset(2.2);
                below(c, &strip, k.outsole);
                c.line(&strip.d(), BLACK, 0.35, 0.35);
                let groove = seam.shifted(0.0, -2.0);
                c.line(&groove.d(), BLACK, 0.5, 0.16);
                for i in 0..11 {
                    let x = 5.0 + f64::from(i) * 8.8;
                    c.line(
                        &Outline::at((x, ground.height(x) + 1.0)).line((x + 1.2, ground.height(x) + 3.6)).open(),
                        k.outsole.line_on(),
                        0.5,
                        0.5,
                    );
                }
            }
            Tread::Crepe => {
                for i in 0..3 {
                    let wave = ground.offset(1.3 + f64::from(i) * 1.7);
                    c.line(&wave.d(), line, 0.4, 0.45);
                }
            }
        }
        let light = c.linear(
            (0.0, self.heel.max(self.toe) + 2.0),
            (0.0, 0.0),
            &[(0.0, WHITE, 0.16), (0.45, WHITE, 0.0), (1.0, BLACK, 0.20)],
        );
        below(c, &seam.shifted(0.0, 1.0), light);
        let ends = c.linear(
            (-4.0, 0.0),
            (103.0, 0.0),
            &[(0.0, BLACK, 0.20), (0.07, BLACK, 0.0), (0.92, BLACK, 0.0), (1.0, BLACK, 0.20)],
        );
        below(c, &seam.shifted(0.0, 1.0), ends);
    }
}

/// Fills everything below `curve`, down past the ground.
pub(super) fn below(c: &mut Canvas, curve: &Curve, paint: impl Into<Paint>) {
    let (a, b) = (curve.first(), curve.last());
    let d =
        Outline::new(curve).lines(&[(b.0 + 6.0, b.1), (b.0 + 6.0, -6.0), (a.0 - 6.0, -6.0), (a.0 - 6.0, a.1)]).close();
    c.fill(&d, paint);
}

/// Blocks of rubber that stand out below `ground`.
pub(super) fn lugs(c: &mut Canvas, ground: &Curve, count: u32, colour: Rgb) {
    for i in 0..count {
        let t = lerp(0.02, 0.97, f64::from(i) / f64::from(count - 1));
        let (p, along) = ground.at(t);
        let (w, h) = (if i % 3 == 0 { 2.2 } else { 1.8 }, 1.7);
        let down = (along.1, -along.0);
        let corner = |a: f64, d: f64| (p.0 + along.0 * a + down.0 * d, p.1 + along.1 * a + down.1 * d);
        let d = Outline::at(corner(-w, -1.0))
            .lines(&[
                corner(-w, h * 0.55),
                corner(-w + 0.6, h),
                corner(w - 0.9, h),
                corner(w, h * 0.4),
                corner(w, -1.0),
            ])
            .close();
        c.fill(&d, colour.darker(0.12));
    }
}
