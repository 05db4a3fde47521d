//! Boots with a shaft: Chelsea, lace-up, riding, winter and rubber boots, with flat or high heels.

use super::Palette;
use super::canvas::Canvas;
use super::colour::{BLACK, Rgb, WHITE};
use super::geometry::{Curve, Outline, P, between, blob, lerp};
use super::parts::{Lacing, Motif, Texture, laces, motif, surface, volume};
use super::sole::{Tread, below, lugs};

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Closing {
    /// Elastic at the side.
    Gusset,
    Laces(u32),
    /// A zip along the inside of the leg, and a plain outside with straps.
    Buckles(u32),
    Zip,
    /// Nothing: rubber boots.
    Pull,
}

/// A boot by its measures, all in hundredths of its length.
#[derive(Clone, Copy)]
pub(crate) struct Boot {
    /// Height of the shaft.
    pub shaft: f64,
    /// Front and back of the shaft at the top.
    pub leg: (f64, f64),
    /// Height of the heel under the foot, and how wide it is at the ground.
    pub heel: f64,
    pub block: f64,
    /// Thickness of the sole in front.
    pub platform: f64,
    pub spring: f64,
    pub tread: Tread,
    pub toe_box: f64,
    /// Where the toe ends in a point (1) or a round (0).
    pub point: f64,
    pub closing: Closing,
    pub texture: Texture,
    pub motif: Motif,
    /// A cap of a second material over the toe.
    pub cap: bool,
    /// Fur or fleece around the top.
    pub fur: bool,
    /// A light seam where sole and upper are sewn together.
    pub welt: bool,
}

struct Form {
    seam: Curve,
    ground: Curve,
    front: Curve,
    back: Curve,
    upper: String,
}

impl Boot {
    fn form(&self) -> Form {
        let (rise, p) = (self.heel + self.platform, self.platform);
        // How far the ball of the foot is the lowest point: the higher the heel, the steeper the arch.
        let seam = Curve::through(&[
            (2.6, rise + 0.6),
            (16.0, rise - 0.1),
            (30.0, lerp(rise, p, 0.20)),
            (46.0, lerp(rise, p, 0.66)),
            (62.0, p + 0.2),
            (80.0, p + self.spring * 0.2),
            (99.2, p + self.spring + 0.9),
        ]);
        let ground = Curve::through(&[
            (58.0, 0.1),
            (66.0, 0.0),
            (80.0, 0.0),
            (89.0, self.spring * 0.4),
            (95.5, self.spring * 0.9 + 0.2),
            (99.4, self.spring + p * 0.5),
        ]);
        let top = self.shaft;
        let (front_x, back_x) = self.leg;
        let ankle = rise + 17.0;
        let tall = ((top - ankle) / 60.0).clamp(0.0, 1.0);
        let mut back =
            vec![(3.6, rise - 1.0), (2.0, rise + 5.0), (2.4, rise + 11.0), (lerp(4.6, 6.6, tall), ankle + 4.0)];
        if top > ankle + 22.0 {
            // The calf is fuller than the ankle.
            back.push((lerp(6.6, back_x, 0.7), lerp(ankle, top, 0.55)));
        }
        back.push((back_x, top));
        let back = Curve::through(&back);
        let instep = rise * 0.62 + 31.5;
        let mut front = vec![(front_x, top)];
        if top > instep + 26.0 {
            front.push((lerp(front_x, 38.0, 0.62), lerp(top, instep + 9.0, 0.56)));
        }
        if top > instep + 11.0 {
            front.push((38.2, instep + 8.0));
        }
        front.extend([
            (42.6, instep + 1.2),
            (52.0, instep - 6.0),
            (68.0, lerp(instep - 6.0, self.toe_box + p, 0.60)),
            (85.5, self.toe_box + p - 1.2 * self.point),
            (94.4, lerp(self.toe_box + p, p + self.spring, lerp(0.28, 0.42, self.point))),
            (98.4, lerp(self.toe_box + p, p + self.spring, lerp(0.68, 0.74, self.point))),
            (99.0, p + self.spring),
        ]);
        let front = Curve::through(&front);
        let lip = Curve::through(&[(back_x, top), (lerp(back_x, front_x, 0.5), top - 0.9), (front_x, top)]);
        let upper = Outline::new(&back)
            .then(&lip)
            .then(&front)
            .line((98.6, p + self.spring - 1.0))
            .line((84.0, p - 1.0))
            .line((62.0, p - 1.4))
            .line((30.0, lerp(rise, p, 0.3) - 2.0))
            .line((14.0, rise - 2.0))
            .close();
        Form { seam, ground, front, back, upper }
    }

    pub(super) fn draw(&self, c: &mut Canvas, k: &Palette) {
        let form = self.form();
        self.opening(c, k);
        c.fill(&form.upper, k.upper);
        c.within(&form.upper, |c| {
            surface(c, &form.upper, self.texture, k.upper);
            self.pieces(c, k, &form);
            volume(c, &form.upper, self.platform, self.shaft, &form.seam);
            c.shine((82.0, self.toe_box + self.platform + 0.5), 15.0, 7.0, 0.40);
            c.shine((30.0, lerp(self.heel, self.shaft, 0.55)), 6.0, self.shaft * 0.34, 0.22);
            c.shine((52.0, self.heel * 0.62 + 22.0), 14.0, 8.0, 0.16);
            // Two soft folds where the ankle bends.
            for (dy, width) in [(0.0, 0.9), (-4.6, 0.7)] {
                let y = self.heel * 0.62 + 27.0 + dy;
                let fold = Curve::through(&[(46.5 + dy * -0.6, y + 3.0), (40.0, y - 0.6), (33.0, y - 0.4)]);
                c.line(&fold.d(), BLACK, width, 0.09);
                c.line(&fold.shifted(0.1, -0.8).d(), WHITE, width, 0.09);
            }
        });
        self.collar(c, k);
        match self.closing {
            Closing::Laces(rows) => {
                let throat = self.throat(&form);
                let lacing =
                    Lacing { throat: &throat, rows, reach: 2.6, over: 1.7, width: 1.5, hooks_from: 0.42, bow: true };
                laces(c, &lacing, k.lace, k.accent);
            }
            Closing::Buckles(count) => {
                for i in 0..count {
                    let y = lerp(self.heel + 33.0, self.shaft - 9.0, f64::from(i) / f64::from(count.max(2) - 1));
                    buckle(c, &form, y, k.panel, k.accent);
                }
            }
            Closing::Gusset | Closing::Zip | Closing::Pull => {}
        }
        self.sole(c, k, &form);
    }

    fn throat(&self, form: &Form) -> Curve {
        let shares = if self.shaft > 62.0 { (0.03, 0.64) } else { (0.02, 0.53) };
        form.front.part(shares.0, shares.1)
    }

    fn opening(&self, c: &mut Canvas, k: &Palette) {
        let ((front, back), top) = (self.leg, self.shaft);
        let middle = (front + back) * 0.5;
        if matches!(self.closing, Closing::Laces(_)) {
            // The tongue looks out over the front edge.
            let d = Outline::at((front - 9.0, top - 10.0))
                .curve(&[
                    (front - 9.0, top + 1.0),
                    (front - 5.0, top + 6.4),
                    (front + 1.6, top + 5.6),
                    (front + 2.0, top - 4.0),
                ])
                .close();
            c.fill(&d, k.upper.darker(0.22));
        }
        let half = (front - back) * 0.5;
        c.oval((middle, top), half, 2.3, k.lining.darker(0.45));
        let inner = Curve::through(&[
            (back + 0.3, top),
            (middle - half * 0.72, top + 1.55),
            (middle, top + 2.2),
            (middle + half * 0.72, top + 1.55),
            (front - 0.3, top),
        ]);
        c.line(&inner.d(), k.upper.darker(0.15), 1.0, 1.0);
    }

    fn pieces(&self, c: &mut Canvas, k: &Palette, form: &Form) {
        let rise = self.heel + self.platform;
        let seam = |x: f64| form.seam.height(x);
        // The counter around the heel.
        let counter =
            Curve::through(&[(-2.0, rise + 17.5), (8.0, rise + 16.6), (16.0, rise + 9.0), (24.0, seam(24.0) - 1.0)]);
        let around_heel = |c: &mut Canvas, colour: Rgb| {
            let d = Outline::new(&counter).lines(&[(-6.0, -2.0)]).close();
            c.piece(&d, &counter, colour);
            c.stitch(&counter.offset(-1.1).d(), colour.line_on());
        };
        match self.closing {
            Closing::Gusset => self.gusset(c, k, form),
            Closing::Laces(_) => {
                self.eyestay(c, k, form);
                around_heel(c, k.panel);
            }
            Closing::Buckles(_) | Closing::Zip => {
                around_heel(c, k.upper.mix(k.panel, 0.5));
                let instep = Curve::through(&[
                    (47.0, self.heel * 0.62 + 36.0),
                    (36.0, self.heel * 0.6 + 25.0),
                    (30.0, seam(30.0) - 1.0),
                ]);
                c.line(&instep.d(), BLACK, 0.5, 0.24);
                c.stitch(&instep.offset(-1.1).d(), k.upper.line_on());
                if self.closing == Closing::Zip {
                    self.zip(c, k, rise);
                }
            }
            Closing::Pull => {
                c.line(&counter.d(), BLACK, 0.5, 0.2);
                self.rubber_bands(c, k, form);
            }
        }
        if self.cap {
            let edge = Curve::through(&[
                (80.5, self.toe_box + self.platform + 7.0),
                (77.0, lerp(seam(78.0), self.toe_box, 0.55)),
                (80.0, seam(80.0) - 1.0),
            ]);
            let d = Outline::new(&edge).lines(&[(108.0, -2.0), (108.0, 40.0)]).close();
            c.piece(&d, &edge, k.panel);
            c.stitch(&edge.offset(1.1).d(), k.panel.line_on());
            c.stitch(&edge.offset(2.0).d(), k.panel.line_on());
        }
        motif(c, self.motif, (19.0, lerp(rise, self.shaft, 0.66)), 9.0, k.accent);
    }

    /// The elastic at the side, and the vamp's seam below it.
    fn gusset(&self, c: &mut Canvas, k: &Palette, form: &Form) {
        let (a, b, top) = (15.5, 29.0, self.shaft);
        let low = self.heel + self.platform + 13.0;
        let d = Outline::at((a - 1.4, top + 4.0))
            .curve(&[(a, lerp(low, top, 0.5)), (a + 4.6, low + 1.4), ((a + b) * 0.5, low)])
            .curve(&[(b - 4.2, low + 1.4), (b - 0.4, lerp(low, top, 0.5)), (b + 0.6, top + 4.0)])
            .close();
        c.line(&d, BLACK, 1.4, 0.16);
        c.fill(&d, k.outsole.mix(k.upper, 0.30));
        let ribs = c.pattern(8.0, 8.0, 0.0, "<path d=\"M1.5 0V8\" stroke=\"#000\" stroke-width=\"2.4\"/>");
        c.veil(&d, ribs, 0.30);
        c.line(&d, k.upper.darker(0.3), 0.45, 1.0);
        let vamp = Curve::through(&[
            (58.0, self.heel * 0.5 + 28.0),
            (53.0, self.heel * 0.5 + 19.0),
            (44.0, self.heel * 0.55 + 12.0),
            (38.0, form.seam.height(38.0) - 1.0),
        ]);
        c.line(&vamp.d(), BLACK, 0.5, 0.26);
        c.stitch(&vamp.offset(-1.1).d(), k.upper.line_on());
    }

    /// The piece that carries the eyelets.
    fn eyestay(&self, c: &mut Canvas, k: &Palette, form: &Form) {
        let throat = self.throat(form);
        let inner = throat.offset(-5.4);
        let end = throat.last();
        let edge = Curve::through(&[
            (self.leg.0 - 6.4, self.shaft + 3.0),
            inner.point(0.15),
            inner.point(0.4),
            inner.point(0.65),
            inner.point(0.85),
            (end.0 + 1.0, end.1 - 7.6),
            (end.0 + 6.0, end.1 - 5.0),
            (end.0 + 8.0, end.1 + 2.0),
        ]);
        let beyond = [(end.0 + 10.0, end.1 + 12.0), (self.leg.0 + 24.0, self.shaft + 8.0)];
        let d = Outline::new(&edge).lines(&beyond).close();
        c.piece(&d, &edge, k.panel);
        c.stitch(&edge.offset(1.1).d(), k.panel.line_on());
    }

    /// The coloured bands around the top and the foot of a rubber boot.
    fn rubber_bands(&self, c: &mut Canvas, k: &Palette, form: &Form) {
        let (rise, top) = (self.heel + self.platform, self.shaft);
        let seam = |x: f64| form.seam.height(x);
        let band = Curve::through(&[(-4.0, top - 6.0), (20.0, top - 6.8), (60.0, top - 6.0)]);
        let d = Outline::new(&band).lines(&[(60.0, top + 6.0), (-4.0, top + 6.0)]).close();
        c.piece(&d, &band, k.accent);
        let foot = Curve::through(&[
            (-2.0, rise + 7.0),
            (30.0, seam(30.0) + 6.4),
            (62.0, seam(62.0) + 6.4),
            (100.0, self.platform + self.spring + 5.0),
        ]);
        let d = Outline::new(&foot).lines(&[(104.0, -4.0), (-4.0, -4.0)]).close();
        c.piece(&d, &foot, k.panel);
    }

    fn zip(&self, c: &mut Canvas, k: &Palette, rise: f64) {
        let line = Curve::through(&[(24.0, self.shaft + 1.0), (24.6, lerp(rise, self.shaft, 0.5)), (25.6, rise + 9.0)]);
        c.line(&line.d(), BLACK, 2.6, 0.14);
        c.line(&line.d(), k.panel.darker(0.25), 1.9, 1.0);
        c.line(&line.d(), k.accent, 0.62, 1.0);
        let pull = (24.1, self.shaft - 4.6);
        c.fill(
            &blob(&[
                (pull.0 - 0.8, pull.1),
                (pull.0 + 0.8, pull.1),
                (pull.0 + 1.0, pull.1 - 4.4),
                (pull.0 - 1.0, pull.1 - 4.4),
            ]),
            k.accent,
        );
        c.stitch(&line.shifted(-2.0, 0.0).d(), k.upper.line_on());
        c.stitch(&line.shifted(2.0, 0.0).d(), k.upper.line_on());
    }

    fn collar(&self, c: &mut Canvas, k: &Palette) {
        let ((front, back), top) = (self.leg, self.shaft);
        let lip = Curve::through(&[(back + 0.2, top), (lerp(back, front, 0.5), top - 0.9), (front - 0.2, top)]);
        if self.fur {
            let wool = k.lining.lighter(0.25);
            for (row, dy) in [(0.0, -2.0), (1.0, 0.4)] {
                for i in 0..9 {
                    let t = f64::from(i) / 8.0;
                    let p = lip.point(t);
                    let wobble = f64::from((i * 7 + 3) % 5) * 0.22;
                    let at = (p.0 + row * 0.6, p.1 + dy + wobble);
                    c.dot((at.0 + 0.2, at.1 - 0.5), 2.75, wool.darker(0.16 - row * 0.05));
                    c.dot(at, 2.5, wool.darker(0.05 - row * 0.05));
                }
            }
            return;
        }
        c.line(&lip.shifted(0.0, -0.7).d(), k.panel.darker(0.2), 1.3, 1.0);
        c.stitch(&lip.shifted(0.0, -2.5).d(), k.upper.line_on());
        if matches!(self.closing, Closing::Gusset | Closing::Laces(_)) {
            let tab = Curve::through(&[
                (back + 1.4, top - 5.0),
                (back + 0.4, top + 0.6),
                (back + 1.0, top + 4.6),
                (back + 3.4, top + 4.4),
                (back + 3.6, top - 4.6),
            ]);
            c.line(&tab.d(), k.accent.darker(0.35), 1.75, 1.0);
            c.line(&tab.d(), k.accent, 1.35, 1.0);
        }
    }

    /// How far the heel leans in from its back to the ground.
    fn lean(&self) -> f64 {
        (self.heel * 0.10).min(2.6)
    }

    /// Where the front of the heel meets the ground.
    fn breast(&self) -> f64 {
        2.4 + self.lean() + self.block
    }

    /// From the heel's back down, along its tread, up its breast, through the arch to the ball and the toe.
    fn sole_outline(&self, form: &Form) -> String {
        let (rise, p) = (self.heel + self.platform, self.platform);
        let (seam, ground) = (&form.seam, &form.ground);
        let (lean, breast) = (self.lean(), self.breast());
        let arch = lerp(rise, p, 0.30) - p * 0.72;
        Outline::at((1.9, rise + 0.2))
            .curve(&[(1.5, rise - 1.6), (2.2 + lean * 0.6, rise * 0.45), (2.6 + lean, 0.3)])
            .lines(&[(3.0 + lean, 0.0), (breast, 0.0), (breast + lean * 0.4 + 0.8, (arch - 0.8).max(1.0))])
            .curve(&[
                (breast + 4.4 + lean * 0.4, arch.max(1.5)),
                (46.0, lerp(arch.max(1.5), 0.2, 0.56)),
                ground.first(),
            ])
            .then(ground)
            .curve(&[
                (ground.last().0 + 0.5, p * 0.75 + self.spring),
                (seam.last().0 + 0.2, seam.last().1 - 0.5),
                seam.point(0.992),
            ])
            .then(&seam.part(0.008, 0.992).reversed())
            .close()
    }

    fn sole(&self, c: &mut Canvas, k: &Palette, form: &Form) {
        let (seam, ground) = (&form.seam, &form.ground);
        if self.tread == Tread::Lug {
            lugs(c, &Curve::through(&[(2.8, 0.0), (13.0, 0.0), (2.8 + self.block, 0.0)]), 5, k.outsole);
            lugs(c, ground, 9, k.outsole);
        }
        let outline = self.sole_outline(form);
        c.fill(&outline, k.sole);
        c.within(&outline, |c| {
            below(c, &ground.offset(self.platform * 0.34), k.outsole);
            self.heel_layers(c, k);
            if self.welt {
                c.stitch(&seam.shifted(0.0, -1.1).part(0.02, 0.985).d(), k.sole.line_on().mix(k.accent, 0.35));
            }
            self.sole_light(c, &outline);
        });
        c.line(&seam.shifted(0.0, -0.35).d(), WHITE, 0.4, 0.28);
        c.line(&seam.part(0.010, 0.990).d(), BLACK, 0.42, 0.42);
    }

    /// The rubber under the heel; a stacked heel shows its layers above it.
    fn heel_layers(&self, c: &mut Canvas, k: &Palette) {
        let (rise, end) = (self.heel + self.platform, self.breast() + 4.0);
        let rubber = Outline::at((-4.0, 1.5)).lines(&[(end, 1.5), (end, -4.0), (-4.0, -4.0)]).close();
        c.fill(&rubber, k.outsole);
        c.line(&Curve::through(&[(-2.0, 1.5), (end - 2.0, 1.5)]).d(), BLACK, 0.3, 0.3);
        let layers = if self.heel > 3.0 { (self.heel / 2.4) as u32 } else { 0 };
        for y in (1..=layers).map(|i| 1.5 + f64::from(i) * 2.4).filter(|&y| y < rise - 1.6) {
            c.line(&Curve::through(&[(-1.0, y), (34.0, y)]).d(), k.sole.line_on(), 0.28, 0.5);
        }
    }

    fn sole_light(&self, c: &mut Canvas, outline: &str) {
        let rise = self.heel + self.platform;
        let light = c.linear((0.0, rise), (0.0, 0.0), &[(0.0, WHITE, 0.14), (0.5, WHITE, 0.0), (1.0, BLACK, 0.20)]);
        c.fill(outline, light);
        // The arch lies in shadow, the ends turn away.
        let shade = c.linear(
            (0.0, 0.0),
            (102.0, 0.0),
            &[
                (0.0, BLACK, 0.22),
                (0.06, BLACK, 0.0),
                (0.20, BLACK, 0.0),
                (0.34, BLACK, 0.24),
                (0.58, BLACK, 0.10),
                (0.66, BLACK, 0.0),
                (0.92, BLACK, 0.0),
                (1.0, BLACK, 0.22),
            ],
        );
        c.fill(outline, shade);
    }
}

/// A strap across the shaft at height `y`, with its buckle.
fn buckle(c: &mut Canvas, form: &Form, y: f64, colour: Rgb, metal: Rgb) {
    let edge = |curve: &Curve| {
        // The shaft's outline where it crosses this height.
        let mut best = (f64::MAX, (0.0, 0.0));
        for i in 0..=60 {
            let p: P = curve.point(f64::from(i) / 60.0);
            if (p.1 - y).abs() < best.0 {
                best = ((p.1 - y).abs(), p);
            }
        }
        best.1
    };
    let (a, b) = (edge(&form.back), edge(&form.front));
    let w = 2.1;
    let top = Curve::through(&[(a.0 - 0.5, y + w + 0.6), (lerp(a.0, b.0, 0.5), y + w - 1.2), (b.0 + 0.6, y + w + 0.4)]);
    let low = top.shifted(0.0, -2.0 * w);
    let d = Outline::new(&top).then(&low.reversed()).close();
    let light = c.linear(
        (a.0, 0.0),
        (b.0, 0.0),
        &[(0.0, BLACK, 0.28), (0.2, BLACK, 0.0), (0.62, WHITE, 0.18), (0.8, WHITE, 0.0), (1.0, BLACK, 0.16)],
    );
    c.within(&form.upper, |c| {
        c.line(&low.shifted(0.0, -0.4).d(), BLACK, 1.0, 0.2);
        c.fill(&d, colour);
        c.fill(&d, light);
        c.line(&top.d(), colour.darker(0.3), 0.3, 0.8);
        c.stitch(&top.shifted(0.0, -0.9).d(), colour.line_on());
        c.stitch(&low.shifted(0.0, 0.9).d(), colour.line_on());
    });
    let m = between(a, b, 0.36);
    frame(c, (m.0, y - 0.7), 3.0, 2.9, metal);
}

/// A metal frame with its pin.
pub(super) fn frame(c: &mut Canvas, at: P, w: f64, h: f64, metal: Rgb) {
    let d = Outline::at((at.0 - w, at.1 - h))
        .lines(&[(at.0 + w, at.1 - h), (at.0 + w, at.1 + h), (at.0 - w, at.1 + h)])
        .close();
    c.line(&d, BLACK, 1.5, 0.3);
    c.line(&d, metal.darker(0.25), 1.15, 1.0);
    c.line(&d, metal.lighter(0.25), 0.5, 1.0);
    c.line(&Outline::at((at.0 - w, at.1)).line((at.0 + w * 0.7, at.1)).open(), metal.lighter(0.1), 0.75, 1.0);
}
