//! Sandals: a footbed and straps.

use super::Palette;
use super::boot::frame;
use super::canvas::Canvas;
use super::colour::{BLACK, Rgb, WHITE};
use super::geometry::{Curve, Outline, P, between, lerp};
use super::parts::{Motif, motif};
use super::sole::{below, lugs};

/// How the foot is held.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Straps {
    /// Two broad bands with buckles.
    Two,
    /// One broad band: a slide.
    Slide,
    /// A toe post and two thin bands.
    Thong,
    /// Toe, instep and heel, for walking.
    Trek,
    /// Two narrow bands and a strap around the ankle.
    Ankle,
    /// Bands that cross, and a strap around the heel.
    Cross,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Bed {
    Cork,
    Foam,
    Leather,
    Jute,
}

#[derive(Clone, Copy)]
pub(crate) struct Sandal {
    pub straps: Straps,
    pub bed: Bed,
    /// Thickness under heel and toe.
    pub heel: f64,
    pub toe: f64,
    /// A heel block of this width instead of a full sole; 0 for none.
    pub block: f64,
    pub lugs: bool,
    /// Height of the instep band.
    pub instep: f64,
    pub motif: Motif,
}

/// A strap over the foot.
struct Band {
    /// Where it meets the sole, from the heel to the toe.
    feet: (f64, f64),
    /// Its upper corners.
    top: (P, P),
    /// In the second colour.
    second: bool,
    buckled: bool,
}

impl Band {
    fn colour(&self, k: &Palette) -> Rgb {
        if self.second { k.panel } else { k.upper }
    }

    fn near_side(&self, c: &mut Canvas, seam: &Curve, colour: Rgb, metal: Rgb) {
        let (feet, top) = (self.feet, self.top);
        let (a, b) = ((feet.0, seam.height(feet.0) - 1.4), (feet.1, seam.height(feet.1) - 1.4));
        let bow = |p: P, q: P, by: f64| {
            let m = between(p, q, 0.55);
            (m.0 + by * 0.5, m.1 + 0.6)
        };
        let left = Curve::through(&[a, bow(a, top.0, -1.2), top.0]);
        let right = Curve::through(&[top.1, bow(b, top.1, 1.4), b]);
        let crown = Curve::through(&[top.0, (lerp(top.0.0, top.1.0, 0.45), lerp(top.0.1, top.1.1, 0.45) + 0.5), top.1]);
        let d = Outline::new(&left).then(&crown).then(&right).close();
        c.line(&right.shifted(0.5, -0.3).d(), BLACK, 1.2, 0.14);
        c.fill(&d, colour);
        let light = c.linear(
            (0.0, top.0.1.max(top.1.1)),
            (0.0, a.1.min(b.1)),
            &[(0.0, WHITE, 0.26), (0.34, WHITE, 0.04), (0.6, BLACK, 0.02), (1.0, BLACK, 0.22)],
        );
        c.fill(&d, light);
        c.line(&d, colour.darker(0.28), 0.34, 0.9);
        c.stitch(&left.offset(-1.1).part(0.06, 0.97).d(), colour.line_on());
        c.stitch(&right.offset(-1.1).part(0.03, 0.94).d(), colour.line_on());
        if self.buckled {
            let m = between(between(a, b, 0.5), between(top.0, top.1, 0.5), 0.52);
            frame(c, m, 2.5, 2.2, metal);
        }
    }

    /// What is seen of its inside, over there.
    fn far_side(&self, c: &mut Canvas, seam: &Curve, colour: Rgb) {
        let (feet, top) = (self.feet, self.top);
        let (a, b) = ((feet.0 + 3.0, seam.height(feet.0) + 1.6), (feet.1 + 3.0, seam.height(feet.1) + 1.6));
        let (s, t) = ((top.0.0 + 1.8, top.0.1 + 0.8), (top.1.0 + 1.6, top.1.1 + 0.5));
        let d = Outline::at(a)
            .curve(&[(lerp(a.0, s.0, 0.5) - 0.6, lerp(a.1, s.1, 0.56)), s])
            .line(t)
            .curve(&[(lerp(b.0, t.0, 0.5) + 1.4, lerp(b.1, t.1, 0.56)), b])
            .close();
        let inner = colour.mix(Rgb(0xd9_c3_a2), 0.35).darker(0.30);
        c.fill(&d, inner);
        let shade = c.linear((0.0, s.1.max(t.1)), (0.0, a.1.min(b.1)), &[(0.0, BLACK, 0.0), (1.0, BLACK, 0.35)]);
        c.fill(&d, shade);
    }
}

impl Sandal {
    fn seam(&self) -> Curve {
        let (h, t) = (self.heel, self.toe);
        Curve::through(&[
            (1.0, h + 2.0),
            (8.0, h + 0.6),
            (22.0, lerp(h, t, 0.14)),
            (42.0, lerp(h, t, 0.52) + 1.6),
            (58.0, lerp(h, t, 0.86) + 0.6),
            (78.0, t),
            (92.0, t + 1.0),
            (99.4, t + 3.0),
        ])
    }

    pub(super) fn draw(&self, c: &mut Canvas, k: &Palette) {
        let seam = self.seam();
        self.back_straps(c, k, &seam);
        // The far rim of the footbed.
        let rim = seam.shifted(0.0, 2.0);
        let far = Curve::through(&[
            seam.point(0.004),
            rim.point(0.035),
            rim.point(0.12),
            rim.point(0.3),
            rim.point(0.5),
            rim.point(0.7),
            rim.point(0.88),
            rim.point(0.965),
            seam.point(0.996),
        ]);
        let bed = Outline::new(&far).then(&seam.reversed()).close();
        c.fill(&bed, k.lining);
        c.line(&far.d(), k.lining.darker(0.22), 0.4, 0.8);
        self.sole(c, k, &seam);
        self.front_straps(c, k, &seam);
    }

    fn bands(&self) -> Vec<Band> {
        let h = self.instep;
        let plain = |feet, top| Band { feet, top, second: false, buckled: false };
        match self.straps {
            Straps::Two => vec![
                Band { buckled: true, ..plain((33.0, 53.0), ((36.5, h - 1.0), (52.0, h - 4.4))) },
                Band { buckled: true, ..plain((59.0, 81.0), ((60.0, h - 7.4), (78.0, h - 11.6))) },
            ],
            Straps::Slide => vec![plain((44.0, 81.0), ((46.0, h - 0.6), (78.0, h - 9.0)))],
            Straps::Thong => Vec::new(),
            Straps::Trek => vec![
                Band { second: true, ..plain((31.0, 43.0), ((37.0, h + 1.6), (47.0, h - 2.2))) },
                plain((62.0, 82.0), ((62.0, h - 7.4), (78.0, h - 11.4))),
            ],
            Straps::Ankle => vec![
                plain((63.0, 70.5), ((61.0, h - 8.0), (68.0, h - 10.2))),
                plain((76.0, 84.5), ((73.0, h - 12.4), (81.0, h - 14.8))),
            ],
            Straps::Cross => vec![
                Band { second: true, ..plain((64.0, 75.0), ((46.0, h), (55.0, h - 2.4))) },
                plain((46.0, 57.0), ((62.0, h - 6.0), (72.0, h - 10.2))),
            ],
        }
    }

    fn heel_strap(&self) -> bool {
        matches!(self.straps, Straps::Trek | Straps::Ankle | Straps::Cross)
    }

    fn ankle_height(&self) -> f64 {
        self.heel + if self.straps == Straps::Ankle { 27.0 } else { 21.0 }
    }

    fn back_straps(&self, c: &mut Canvas, k: &Palette, seam: &Curve) {
        if self.straps == Straps::Thong {
            self.thong(c, k, seam, 2.2, true);
        }
        for band in self.bands() {
            band.far_side(c, seam, band.colour(k));
        }
        if self.heel_strap() {
            let y = self.ankle_height();
            let far = Curve::through(&[(4.6, y + 0.6), (14.0, y + 2.8), (27.0, y + 2.0), (38.0, y - 1.0)]);
            c.line(&far.d(), k.upper.darker(0.42), 3.2, 1.0);
        }
    }

    fn thong(&self, c: &mut Canvas, k: &Palette, seam: &Curve, dx: f64, far: bool) {
        let h = self.instep;
        let rise = if far { 2.4 } else { 0.0 };
        let a = (38.0 + dx, seam.height(38.0) + rise);
        let bed = seam.height(78.0);
        let strap = Curve::through(&[
            a,
            (49.0 + dx, bed + h * 0.33 + rise),
            (61.0 + dx * 0.8, bed + h * 0.42 + rise),
            (72.5 + dx * 0.3, bed + h * 0.30 + rise * 0.6),
            (79.5, bed + 0.8),
        ]);
        let colour = if far { k.upper.darker(0.42) } else { k.upper };
        if !far {
            c.line(&strap.shifted(0.3, -0.8).d(), BLACK, 3.2, 0.16);
        }
        c.line(&strap.d(), colour.darker(0.25), 3.7, 1.0);
        c.line(&strap.d(), colour, 3.2, 1.0);
        if !far {
            c.line(&strap.offset(0.7).d(), WHITE, 0.7, 0.35);
            c.line(&strap.offset(-0.7).d(), k.accent, 0.5, 0.9);
        }
    }

    fn front_straps(&self, c: &mut Canvas, k: &Palette, seam: &Curve) {
        if self.straps == Straps::Thong {
            self.thong(c, k, seam, 0.0, false);
            return;
        }
        for band in self.bands() {
            band.near_side(c, seam, band.colour(k), k.accent);
        }
        if self.heel_strap() {
            let y = self.ankle_height();
            // The piece that rises from the heel, then the strap around the ankle.
            let d = Outline::at((3.0, seam.height(3.0) - 1.4))
                .curve(&[(1.6, lerp(self.heel, y, 0.4)), (3.4, y + 1.6)])
                .curve(&[(6.0, y + 2.0), (9.2, y - 0.4)])
                .curve(&[(11.5, lerp(self.heel, y, 0.55)), (20.5, seam.height(20.5) - 1.4)])
                .close();
            c.fill(&d, k.upper);
            let light =
                c.linear((1.0, 0.0), (18.0, 0.0), &[(0.0, BLACK, 0.26), (0.4, WHITE, 0.10), (1.0, BLACK, 0.06)]);
            c.fill(&d, light);
            c.line(&d, k.upper.darker(0.28), 0.34, 0.9);
            let front = if self.straps == Straps::Ankle { 38.6 } else { 40.0 };
            let strap = Curve::through(&[(4.0, y), (14.0, y - 3.2), (27.0, y - 3.6), (front, y - 0.6)]);
            c.line(&strap.shifted(0.2, -0.9).d(), BLACK, 3.6, 0.16);
            c.line(&strap.d(), k.upper.darker(0.28), 3.8, 1.0);
            c.line(&strap.d(), k.upper, 3.3, 1.0);
            c.line(&strap.offset(0.9).d(), WHITE, 0.6, 0.28);
            if self.straps == Straps::Trek {
                let patch = strap.part(0.34, 0.72);
                c.line(&patch.d(), k.panel, 3.3, 1.0);
                motif(c, self.motif, patch.point(0.5), 2.6, k.accent);
            } else {
                frame(c, (22.0, y - 3.5), 2.1, 2.2, k.accent);
            }
        } else if self.straps == Straps::Slide {
            motif(c, self.motif, (60.0, self.instep - 7.0), 8.0, k.accent);
        }
    }

    fn outline(&self, seam: &Curve) -> String {
        if self.block > 0.0 {
            let arch = lerp(self.heel, self.toe, 0.3) - 3.0;
            return Outline::at((1.0, self.heel + 2.0))
                .curve(&[(1.0, self.heel - 1.0), (2.4, self.heel * 0.4), (3.6, 0.3)])
                .lines(&[(4.0, 0.0), (4.0 + self.block, 0.0), (5.6 + self.block, arch - 1.4)])
                .curve(&[(10.0 + self.block, arch - 0.4), (46.0, lerp(arch, 0.1, 0.58)), (60.0, 0.0)])
                .curve(&[
                    (70.0, 0.0),
                    (82.0, 0.0),
                    (93.0, 0.6),
                    (99.0, 2.2),
                    (99.8, self.toe + 1.6),
                    (99.4, self.toe + 3.0),
                ])
                .then(&seam.reversed())
                .close();
        }
        Outline::at((1.0, self.heel + 2.0))
            .curve(&[(0.2, self.heel * 0.55), (2.4, 0.5), (7.0, 0.0)])
            .curve(&[
                (40.0, 0.2),
                (74.0, 0.0),
                (88.0, 0.7),
                (97.0, 2.2),
                (100.0, self.toe * 0.6 + 2.0),
                (99.4, self.toe + 3.0),
            ])
            .then(&seam.reversed())
            .close()
    }

    fn sole(&self, c: &mut Canvas, k: &Palette, seam: &Curve) {
        let outline = self.outline(seam);
        if self.lugs {
            lugs(c, &Curve::through(&[(4.0, 0.2), (40.0, 0.2), (74.0, 0.0), (88.0, 0.7), (97.0, 2.4)]), 13, k.outsole);
        }
        c.fill(&outline, k.sole);
        let (sandal, k) = (*self, *k);
        c.within(&outline, |c| {
            match sandal.bed {
                Bed::Cork => {
                    let grain = c.pattern(37.0, 31.0, 12.0, "<g fill=\"#6b4526\"><ellipse cx=\"5\" cy=\"6\" rx=\"3\" ry=\"1.6\"/><ellipse cx=\"19\" cy=\"13\" rx=\"2.2\" ry=\"1.3\"/><ellipse cx=\"30\" cy=\"5\" rx=\"2.6\" ry=\"1.2\"/><ellipse cx=\"11\" cy=\"23\" rx=\"2\" ry=\"1.4\"/><ellipse cx=\"27\" cy=\"25\" rx=\"3.2\" ry=\"1.5\"/></g>");
                    c.veil(&outline, grain, 0.42);
                }
                Bed::Jute => {
                    let rope = c.pattern(17.0, 17.0, 0.0, "<path d=\"M-4 13L8 3M5 18L18 7\" stroke=\"#5b4426\" stroke-width=\"3.2\" stroke-linecap=\"round\"/>");
                    c.veil(&outline, rope, 0.5);
                }
                Bed::Foam => {
                    let flow = seam.shifted(0.0, -(sandal.toe * 0.46));
                    c.line(&flow.d(), k.accent, 1.0, 0.9);
                    c.line(&flow.shifted(0.0, -0.7).d(), WHITE, 0.35, 0.4);
                }
                Bed::Leather => c.stitch(&seam.shifted(0.0, -1.2).part(0.02, 0.98).d(), k.sole.line_on()),
            }
            below(c, &Curve::through(&[(-2.0, 2.0), (50.0, 1.9), (84.0, 2.0), (101.0, 5.0)]), k.outsole);
            let light = c.linear((0.0, sandal.heel + 2.0), (0.0, 0.0), &[(0.0, WHITE, 0.16), (0.5, WHITE, 0.0), (1.0, BLACK, 0.18)]);
            c.fill(&outline, light);
            let ends = c.linear((0.0, 0.0), (101.0, 0.0), &[(0.0, BLACK, 0.22), (0.07, BLACK, 0.0), (0.93, BLACK, 0.0), (1.0, BLACK, 0.22)]);
            c.fill(&outline, ends);
        });
        c.line(&seam.d(), k.lining.lighter(0.25), 0.7, 0.9);
    }
}
