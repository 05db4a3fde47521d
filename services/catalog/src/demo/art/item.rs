//! What stands beside the shoes: laces, brushes, tins, bottles, shoe trees, insoles.

use super::Palette;
use super::canvas::Canvas;
use super::colour::{BLACK, Rgb, WHITE};
use super::geometry::{Curve, Outline, P, blob, lerp};
use super::parts::{Motif, motif};

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Item {
    /// A pair of laces, folded and held by a paper band; flat ones are wider than round ones.
    Laces {
        flat: bool,
    },
    Brush,
    Tin,
    Spray,
    Bottle,
    Tree,
    Insoles,
}

impl Item {
    pub(super) fn height(self) -> f64 {
        match self {
            Item::Laces { .. } => 74.0,
            Item::Brush => 44.0,
            Item::Tin => 46.0,
            Item::Spray | Item::Bottle => 92.0,
            Item::Tree => 40.0,
            Item::Insoles => 78.0,
        }
    }

    /// Middle and half width of what touches the ground.
    pub(super) fn stand(self) -> (f64, f64) {
        match self {
            Item::Laces { .. } => (50.0, 30.0),
            Item::Brush => (50.0, 44.0),
            Item::Tin => (52.0, 40.0),
            Item::Spray | Item::Bottle => (50.0, 19.0),
            Item::Tree => (50.0, 46.0),
            Item::Insoles => (50.0, 34.0),
        }
    }

    pub(super) fn draw(self, c: &mut Canvas, k: &Palette) {
        match self {
            Item::Laces { flat } => lace_bundle(c, k, flat),
            Item::Brush => brush(c, k),
            Item::Tin => tin(c, k),
            Item::Spray => spray(c, k),
            Item::Bottle => bottle(c, k),
            Item::Tree => tree(c, k),
            Item::Insoles => insoles(c, k),
        }
    }
}

/// Light across a standing cylinder between `a` and `b`.
fn round(c: &mut Canvas, d: &str, a: f64, b: f64, strength: f64) {
    let light = c.linear(
        (a, 0.0),
        (b, 0.0),
        &[
            (0.0, BLACK, 0.34 * strength),
            (0.16, BLACK, 0.06 * strength),
            (0.27, WHITE, 0.42 * strength),
            (0.38, WHITE, 0.05 * strength),
            (0.66, BLACK, 0.02 * strength),
            (0.9, BLACK, 0.24 * strength),
            (1.0, BLACK, 0.38 * strength),
        ],
    );
    c.fill(d, light);
}

fn lace_bundle(c: &mut Canvas, k: &Palette, flat: bool) {
    let w = if flat { 4.6 } else { 3.3 };
    let strand = |c: &mut Canvas, curve: &Curve, tone: f64| {
        let base = k.lace.darker(tone);
        c.line(&curve.shifted(0.4, -0.7).d(), BLACK, w, 0.16);
        c.line(&curve.d(), base.darker(0.30), w + 0.4, 1.0);
        c.line(&curve.d(), base, w, 1.0);
        c.line(&curve.d(), k.accent, w * 0.22, 0.9);
        c.line(&curve.offset(w * 0.26).d(), WHITE, w * 0.2, 0.35);
    };
    // Loops that fan out above and below the band.
    for (i, lean) in [(0, -13.0), (1, 13.0), (2, -6.5), (3, 6.5), (4, 0.0)] {
        let tone = 0.14 - f64::from(i) * 0.03;
        let (x, t) = (50.0 + lean * 0.30, 50.0 + lean * 1.55);
        let up = Curve::through(&[
            (x - 2.0, 38.0),
            (t - 5.4, 62.0),
            (t - 3.6, 70.5),
            (t + 1.2, 72.6),
            (t + 5.2, 69.0),
            (t + 5.4, 62.0),
            (x + 2.2, 38.0),
        ]);
        strand(c, &up, tone);
    }
    for (i, lean) in [(0, -12.0), (1, 12.0), (2, -4.5), (3, 4.5)] {
        let tone = 0.12 - f64::from(i) * 0.03;
        let (x, t) = (50.0 + lean * 0.30, 50.0 + lean * 1.5);
        let down = Curve::through(&[
            (x - 2.0, 36.0),
            (t - 5.0, 12.0),
            (t - 3.4, 4.4),
            (t + 0.8, 2.2),
            (t + 4.8, 5.0),
            (t + 5.0, 12.0),
            (x + 2.2, 36.0),
        ]);
        strand(c, &down, tone);
    }
    for (a, b) in [((46.0, 36.0), (24.0, 15.0)), ((54.0, 36.0), (77.0, 17.0))] {
        let bend: P = (lerp(a.0, b.0, 0.45), lerp(a.1, b.1, 0.32));
        let tail = Curve::through(&[a, bend, b]);
        strand(c, &tail, 0.0);
        let (p, d) = tail.at(1.0);
        let tip = Curve::through(&[p, (p.0 + d.0 * 6.4, p.1 + d.1 * 6.4)]);
        c.line(&tip.d(), k.accent.darker(0.35), w * 0.72, 1.0);
        c.line(&tip.d(), k.accent.mix(WHITE, 0.1), w * 0.56, 1.0);
    }
    // The paper band.
    let band = Outline::at((35.6, 31.4))
        .curve(&[(50.0, 29.6), (64.4, 31.4)])
        .curve(&[(65.2, 37.5), (64.4, 43.6)])
        .curve(&[(50.0, 41.8), (35.6, 43.6)])
        .curve(&[(34.8, 37.5), (35.6, 31.4)])
        .close();
    c.line(&band, BLACK, 1.8, 0.18);
    c.fill(&band, k.panel);
    c.within(&band, |c| {
        c.line(&Curve::through(&[(34.0, 34.2), (50.0, 32.4), (66.0, 34.2)]).d(), k.accent, 0.5, 0.9);
        c.line(&Curve::through(&[(34.0, 41.2), (50.0, 39.4), (66.0, 41.2)]).d(), k.accent, 0.5, 0.9);
        motif(c, Motif::Leaf, (50.0, 36.6), 3.6, k.accent);
    });
    round(c, &band, 34.0, 66.0, 0.6);
}

fn brush(c: &mut Canvas, k: &Palette) {
    // Bristles: tufts that spread towards the ground.
    for row in 0..2 {
        for i in 0..30 {
            let t = f64::from(i) / 29.0;
            let x = lerp(10.0, 90.0, t) + f64::from(row) * 1.2;
            let spread = (t - 0.5) * 5.0;
            let d = Outline::at((x - 1.9, 21.0))
                .lines(&[
                    (x - 1.9 + spread, 1.0 + f64::from((i * 7) % 3) * 0.35),
                    (x + 1.7 + spread, 0.8 + f64::from((i * 5) % 4) * 0.3),
                    (x + 1.9, 21.0),
                ])
                .close();
            let tone = f64::from((i * 11 + row * 5) % 6) * 0.035;
            c.fill(&d, k.panel.darker(0.18 - f64::from(row) * 0.12 + tone));
        }
    }
    let shade = c.linear((0.0, 22.0), (0.0, 10.0), &[(0.0, BLACK, 0.45), (1.0, BLACK, 0.0)]);
    c.fill("M70 -220H930V-60H70Z", shade);
    // The wooden back, waisted for the fingers.
    let wood = blob(&[
        (4.0, 22.0),
        (6.0, 19.4),
        (30.0, 18.8),
        (50.0, 18.8),
        (70.0, 18.8),
        (94.0, 19.4),
        (96.0, 22.0),
        (94.0, 29.0),
        (82.0, 36.0),
        (64.0, 37.6),
        (50.0, 37.0),
        (36.0, 37.6),
        (18.0, 36.0),
        (6.0, 29.0),
    ]);
    c.fill(&wood, k.upper);
    let k2 = *k;
    c.within(&wood, |c| {
        for i in 0..8 {
            let y = 20.0 + f64::from(i) * 2.3;
            let grain = Curve::through(&[
                (0.0, y),
                (22.0, y + 1.0),
                (40.0, y - 0.7),
                (60.0, y + 0.9),
                (80.0, y - 0.4),
                (100.0, y + 0.6),
            ]);
            c.line(&grain.d(), k2.upper.darker(0.35), 0.32, 0.42);
        }
        let groove = Curve::through(&[(0.0, 27.0), (14.0, 28.4), (50.0, 29.0), (86.0, 28.4), (100.0, 27.0)]);
        c.line(&groove.d(), BLACK, 1.0, 0.24);
        c.line(&groove.shifted(0.0, -0.8).d(), WHITE, 0.5, 0.25);
        motif(c, Motif::Leaf, (50.0, 33.0), 4.0, k2.accent);
    });
    let light = c.linear(
        (0.0, 38.0),
        (0.0, 18.0),
        &[(0.0, WHITE, 0.34), (0.3, WHITE, 0.04), (0.7, BLACK, 0.04), (1.0, BLACK, 0.34)],
    );
    c.fill(&wood, light);
}

fn tin(c: &mut Canvas, k: &Palette) {
    // The lid leans behind.
    c.moved("translate(640 -235) rotate(-14)", |c| {
        c.oval((0.7, -0.7), 24.6, 23.6, BLACK.lighter(0.1));
        c.oval((0.0, 0.0), 24.4, 23.4, k.upper.darker(0.35));
        c.oval((-0.8, 0.6), 23.4, 22.4, k.upper);
        let light = c.radial((-9.0, 9.0), 34.0, 34.0, &[(0.0, WHITE, 0.32), (0.5, WHITE, 0.03), (1.0, BLACK, 0.24)]);
        c.oval((-0.8, 0.6), 23.4, 22.4, light);
        for (r, w) in [(19.8, 0.5), (18.4, 0.22)] {
            let ring = blob(&[(-0.8 - r, 0.6), (-0.8, 0.6 + r * 0.957), (-0.8 + r, 0.6), (-0.8, 0.6 - r * 0.957)]);
            c.line(&ring, k.accent, w, 0.95);
        }
        motif(c, Motif::Leaf, (-0.6, 0.8), 10.5, k.accent);
    });
    // The open tin in front.
    let body = Outline::at((12.0, 17.0))
        .curve(&[
            (12.2, 9.0),
            (13.4, 4.4),
            (22.0, 1.0),
            (37.0, 0.0),
            (52.0, 1.0),
            (60.6, 4.4),
            (61.8, 9.0),
            (62.0, 17.0),
        ])
        .close();
    c.fill(&body, k.upper);
    let k2 = *k;
    c.within(&body, |c| {
        let band = Curve::through(&[(10.0, 9.4), (22.0, 6.0), (37.0, 5.0), (52.0, 6.0), (64.0, 9.4)]);
        c.line(&band.d(), k2.accent, 1.1, 1.0);
        c.line(&band.shifted(0.0, -1.8).d(), k2.accent, 0.35, 0.9);
    });
    round(c, &body, 12.0, 62.0, 1.0);
    c.oval((37.0, 17.0), 25.0, 6.4, k.sole.darker(0.12));
    c.oval((37.0, 17.2), 24.2, 5.9, k.sole.lighter(0.3));
    c.oval((37.0, 16.6), 22.6, 5.2, k.panel.darker(0.28));
    c.oval((37.0, 16.2), 22.0, 4.8, k.panel);
    c.shine((30.0, 17.4), 13.0, 2.4, 0.6);
    let swirl = Curve::through(&[(24.0, 16.4), (34.0, 18.2), (46.0, 16.8), (42.0, 14.4), (33.0, 15.2), (38.0, 16.6)]);
    c.line(&swirl.d(), k.panel.lighter(0.28), 0.55, 0.8);
}

fn spray(c: &mut Canvas, k: &Palette) {
    let body = Outline::at((32.0, 62.0))
        .lines(&[(32.0, 6.0)])
        .curve(&[(33.0, 2.6), (40.0, 0.7), (50.0, 0.2), (60.0, 0.7), (67.0, 2.6), (68.0, 6.0)])
        .line((68.0, 62.0))
        .curve(&[(66.4, 67.0), (61.0, 70.4), (50.0, 71.4), (39.0, 70.4), (33.6, 67.0), (32.0, 62.0)])
        .close();
    c.fill(&body, k.upper);
    label(c, k, &body, 32.0, 68.0);
    round(c, &body, 32.0, 68.0, 1.0);
    let collar = Outline::at((41.0, 69.0)).lines(&[(41.0, 74.0), (59.0, 74.0), (59.0, 69.0)]).close();
    c.fill(&collar, Rgb(0xc9_cc_cf));
    round(c, &collar, 41.0, 59.0, 1.0);
    let cap = Outline::at((38.6, 73.0))
        .line((38.6, 86.0))
        .curve(&[(39.6, 89.4), (44.0, 91.0), (50.0, 91.3), (56.0, 91.0), (60.4, 89.4), (61.4, 86.0)])
        .line((61.4, 73.0))
        .close();
    c.fill(&cap, k.panel);
    round(c, &cap, 38.6, 61.4, 1.0);
    c.oval((50.0, 84.0), 3.1, 2.1, k.panel.darker(0.4));
    c.oval((50.0, 84.0), 1.0, 0.8, k.accent);
}

fn bottle(c: &mut Canvas, k: &Palette) {
    let body = Outline::at((30.0, 52.0))
        .lines(&[(30.0, 7.0)])
        .curve(&[(31.2, 2.4), (36.0, 0.5), (50.0, 0.1), (64.0, 0.5), (68.8, 2.4), (70.0, 7.0)])
        .line((70.0, 52.0))
        .curve(&[(67.6, 60.0), (59.0, 64.6), (56.6, 70.0)])
        .line((43.4, 70.0))
        .curve(&[(41.0, 64.6), (32.4, 60.0), (30.0, 52.0)])
        .close();
    c.fill(&body, k.upper);
    label(c, k, &body, 30.0, 70.0);
    round(c, &body, 30.0, 70.0, 0.9);
    let cap = Outline::at((42.0, 69.0))
        .line((42.0, 79.0))
        .curve(&[(46.0, 80.6), (54.0, 80.6), (58.0, 79.0)])
        .line((58.0, 69.0))
        .close();
    c.fill(&cap, k.panel);
    round(c, &cap, 42.0, 58.0, 1.0);
    for i in 0..7 {
        let x = 43.6 + f64::from(i) * 2.1;
        c.line(&Outline::at((x, 70.4)).line((x, 78.0)).open(), BLACK, 0.35, 0.25);
    }
    // The sponge with which it is put on.
    let sponge = Outline::at((44.6, 80.0))
        .line((44.8, 87.0))
        .curve(&[(46.6, 90.4), (50.0, 91.4), (53.4, 90.4), (55.2, 87.0)])
        .line((55.4, 80.0))
        .close();
    c.fill(&sponge, k.lining);
    round(c, &sponge, 44.6, 55.4, 0.7);
}

fn label(c: &mut Canvas, k: &Palette, body: &str, a: f64, b: f64) {
    let k = *k;
    let middle = (a + b) * 0.5;
    c.within(body, |c| {
        let top = Curve::through(&[(a - 1.0, 46.0), (middle, 44.2), (b + 1.0, 46.0)]);
        let low = Curve::through(&[(b + 1.0, 14.0), (middle, 12.2), (a - 1.0, 14.0)]);
        let d = Outline::new(&top).then(&low).close();
        c.fill(&d, k.sole);
        c.line(&top.d(), k.accent, 0.9, 1.0);
        c.line(&low.d(), k.accent, 0.9, 1.0);
        motif(c, Motif::Leaf, (middle, 33.6), 8.0, k.accent);
        for (y, half) in [(23.6, 8.0), (21.0, 10.5), (18.6, 6.5)] {
            c.line(
                &Curve::through(&[(middle - half, y + 0.1), (middle, y - 0.3), (middle + half, y + 0.1)]).d(),
                k.accent.mix(k.sole, 0.35),
                0.7,
                0.9,
            );
        }
    });
}

fn tree(c: &mut Canvas, k: &Palette) {
    let wood = k.upper;
    let heel = blob(&[
        (4.0, 7.0),
        (10.0, 2.0),
        (22.0, 1.4),
        (31.0, 4.0),
        (32.0, 14.0),
        (29.0, 24.0),
        (20.0, 31.0),
        (10.0, 29.0),
        (4.6, 19.0),
    ]);
    let toe = blob(&[
        (52.0, 4.4),
        (62.0, 1.4),
        (84.0, 1.0),
        (96.0, 3.0),
        (98.6, 7.6),
        (93.0, 13.4),
        (78.0, 20.0),
        (66.0, 27.0),
        (57.0, 29.0),
        (51.0, 23.0),
        (50.0, 12.0),
    ]);
    for dy in [12.0, 18.0] {
        let rod = Curve::through(&[(26.0, dy), (60.0, dy)]);
        c.line(&rod.d(), Rgb(0x6e_71_76), 1.9, 1.0);
        c.line(&rod.shifted(0.0, 0.35).d(), WHITE, 0.55, 0.7);
    }
    let coil = Curve::through(
        &(0..13).map(|i| (33.0 + f64::from(i) * 1.4, if i % 2 == 0 { 9.8 } else { 14.2 })).collect::<Vec<_>>(),
    );
    c.line(&coil.d(), Rgb(0x8d_91_97), 0.7, 1.0);
    for (d, seed) in [(&heel, 2.0), (&toe, 7.0)] {
        c.fill(d, wood);
        c.within(d, |c| {
            for i in 0..13 {
                let y = -1.0 + f64::from(i) * 2.7;
                let grain = Curve::through(&[
                    (0.0, y),
                    (24.0, y + seed * 0.4),
                    (52.0, y - 0.8),
                    (74.0, y + 2.6),
                    (100.0, y - 4.0),
                ]);
                c.line(&grain.d(), wood.darker(0.4), 0.34, 0.4);
            }
        });
        let light = c.linear(
            (0.0, 30.0),
            (0.0, 0.0),
            &[(0.0, WHITE, 0.36), (0.35, WHITE, 0.05), (0.65, BLACK, 0.03), (1.0, BLACK, 0.34)],
        );
        c.fill(d, light);
    }
    c.dot((17.0, 30.4), 4.0, k.accent.darker(0.25));
    c.dot((16.8, 30.8), 3.5, k.accent);
    c.shine((15.8, 32.0), 2.4, 1.8, 0.7);
    motif(c, Motif::Leaf, (68.0, 14.0), 5.0, wood.darker(0.5));
}

fn insoles(c: &mut Canvas, k: &Palette) {
    for (dx, lean, flip) in [(33.0, -7.0, 1.0), (67.0, 7.0, -1.0)] {
        let at = |x: f64, y: f64| (x * flip, y);
        let points = [
            at(-7.4, 6.0),
            at(0.0, 0.4),
            at(7.8, 6.4),
            at(8.4, 20.0),
            at(7.4, 34.0),
            at(10.6, 50.0),
            at(11.4, 61.0),
            at(6.0, 72.6),
            at(-2.6, 75.0),
            at(-9.6, 66.0),
            at(-11.4, 53.0),
            at(-9.0, 38.0),
            at(-8.4, 20.0),
        ];
        let d = blob(&points);
        c.moved(&format!("translate({:.0} -8) rotate({lean})", dx * 10.0), |c| {
            c.moved("translate(9 14)", |c| c.veil(&d, BLACK, 0.20));
            c.moved("translate(3 7)", |c| c.fill(&d, k.sole.darker(0.2)));
            c.fill(&d, k.upper);
            let k2 = *k;
            c.within(&d, |c| {
                let felt = c.pattern(15.0, 13.0, 20.0, "<path d=\"M2 3l3 1.4M9 8l3-2M4 10l2 1.6\" stroke=\"#000\" stroke-width=\"1.2\" stroke-linecap=\"round\"/>");
                c.veil(&d, felt, 0.16);
                let cup = blob(&[at(-8.0, 8.0), at(0.0, 1.0), at(8.0, 8.0), at(8.0, 22.0), at(4.0, 32.0), at(-4.0, 30.0), at(-8.0, 22.0)]);
                c.fill(&cup, k2.panel);
                c.line(&cup, k2.panel.darker(0.25), 0.4, 0.8);
                for i in 0..5 {
                    let y = 48.0 + f64::from(i) * 3.4;
                    for j in 0..5 {
                        c.oval(at(-6.0 + f64::from(j) * 3.2, y), 0.75, 0.95, k2.upper.darker(0.25));
                    }
                }
                motif(c, Motif::Leaf, (0.0, 15.0), 4.2, k2.accent);
            });
            let light = c.linear((-12.0, 0.0), (12.0, 0.0), &[(0.0, WHITE, 0.22), (0.4, WHITE, 0.0), (1.0, BLACK, 0.20)]);
            c.fill(&d, light);
            c.line(&d, k.upper.darker(0.3), 0.4, 0.8);
        });
    }
}
