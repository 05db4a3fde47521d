//! Soles of laced shoes, and the rubber that all soles have in common.

use super::Palette;
use super::canvas::{Canvas, Paint};
use super::colour::{BLACK, Rgb, WHITE};
use super::geometry::{Curve, Outline, lerp};

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
        let rim = seam.part(0.014, 0.986);
        c.line(&rim.shifted(0.0, -0.45).d(), WHITE, 0.55, 0.45);
        c.line(&rim.d(), BLACK, 0.42, 0.42);
    }

    fn details(&self, c: &mut Canvas, k: &Palette, seam: &Curve, ground: &Curve) {
        match self.tread {
            Tread::Cup => self.cup(c, k, seam, ground),
            Tread::Foam => self.foam(c, k, ground),
            Tread::Stack => {
                let mid = Curve::through(&[
                    (-3.0, self.heel * 0.50),
                    (28.0, self.heel * 0.46),
                    (56.0, self.toe * 0.62),
                    (101.0, self.toe * 0.62 + self.spring * 0.8),
                ]);
                below(c, &mid, k.sole.mix(k.accent, 0.85));
                c.line(&mid.d(), BLACK, 0.4, 0.22);
                below(c, &ground.offset(1.4), k.outsole);
            }
            Tread::Lug => {
                let strip = ground.offset(2.2);
                below(c, &strip, k.outsole);
                c.line(&strip.d(), BLACK, 0.35, 0.35);
                c.line(&seam.shifted(0.0, -2.0).d(), BLACK, 0.5, 0.16);
                for x in (0..11).map(|i| 5.0 + f64::from(i) * 8.8) {
                    let low = ground.height(x);
                    let notch = Outline::at((x, low + 1.0)).line((x + 1.2, low + 3.6)).open();
                    c.line(&notch, k.outsole.line_on(), 0.5, 0.5);
                }
            }
            Tread::Crepe => {
                for i in 0..3 {
                    c.line(&ground.offset(1.3 + f64::from(i) * 1.7).d(), k.sole.line_on(), 0.4, 0.45);
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

    fn cup(&self, c: &mut Canvas, k: &Palette, seam: &Curve, ground: &Curve) {
        let line = k.sole.line_on();
        let strip = ground.offset(self.heel.min(self.toe) * 0.26);
        below(c, &strip, k.outsole);
        c.line(&strip.d(), BLACK, 0.3, 0.25);
        c.stitch(&seam.shifted(0.0, -1.55).part(0.015, 0.985).d(), line);
        // Ribs at the toe, where a sole is scuffed first.
        for x in (0..13).map(|i| 84.5 + f64::from(i) * 1.15) {
            let (low, high) = (strip.height(x) + 0.7, seam.height(x) - 2.5);
            if high > low {
                c.line(&Outline::at((x, low)).line((x + 0.15, high)).open(), line, 0.34, 0.5);
            }
        }
    }

    fn foam(&self, c: &mut Canvas, k: &Palette, ground: &Curve) {
        below(c, &ground.offset(1.5), k.outsole);
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
