//! Shoes closed over a throat: sneakers, runners, hiking boots, children's shoes with straps.

use super::Palette;
use super::canvas::Canvas;
use super::colour::{BLACK, Rgb, WHITE};
use super::geometry::{Curve, Outline, P, between, blob, lerp};
use super::parts::{Lacing, Motif, Texture, laces, motif, surface, volume};
use super::sole::{Sole, Tread};

/// How the front of the upper is reinforced.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Toe {
    Plain,
    /// A rubber cap, as on a gym shoe.
    Cap,
    /// A band around the toe.
    Guard,
    /// A band that sweeps back along the side.
    Wing,
    /// A smooth vamp with a row of holes.
    Perforated,
}

/// The pieces on the side.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Side {
    Plain,
    /// A band from the laces to the sole.
    Saddle,
    /// Thin supporting films.
    Ribs,
    /// A curved overlay that runs to the heel.
    Sweep,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Heel {
    Plain,
    /// A stitched-on piece around the back.
    Counter,
    /// A small tab at the top.
    Tab,
    /// A moulded clip.
    Clip,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Closure {
    Laces(u32),
    Straps(u32),
    /// Elastic cord with a lock.
    Cord(u32),
}

/// A laced shoe by its measures, all in hundredths of its length.
#[derive(Clone, Copy)]
pub(crate) struct Laced {
    pub sole: Sole,
    /// Height of the collar at the back, and of its lowest point.
    pub collar: f64,
    pub dip: f64,
    /// Top and bottom of the throat.
    pub throat: (P, P),
    /// How much the throat hangs below its straight line.
    pub sag: f64,
    /// Height of the toe box.
    pub toe_box: f64,
    /// How far the tongue stands out above the throat.
    pub tongue: f64,
    pub toe: Toe,
    pub side: Side,
    pub heel: Heel,
    pub closure: Closure,
    pub texture: Texture,
    pub motif: Motif,
    /// A thick, soft edge around the ankle.
    pub padded: bool,
}

struct Form {
    seam: Curve,
    back: Curve,
    collar: Curve,
    throat: Curve,
    upper: String,
}

impl Laced {
    fn form(&self) -> Form {
        let seam = self.sole.seam();
        let base = self.sole.heel + if matches!(self.sole.tread, Tread::Foam | Tread::Stack) { 1.4 } else { 0.0 };
        let rise = self.collar - base;
        let back = Curve::through(&[
            (3.0, base - 2.0),
            (1.5, base + rise * 0.16),
            (1.3, base + rise * 0.36),
            (3.4, base + rise * 0.70),
            (2.2, self.collar),
        ]);
        let (top, low) = self.throat;
        let collar = Curve::through(&[
            (2.2, self.collar),
            (4.6, self.collar + 0.9),
            (7.4, lerp(self.collar, self.dip, 0.30)),
            (lerp(7.0, top.0, 0.42), self.dip),
            (lerp(7.0, top.0, 0.76), lerp(self.dip, top.1, 0.34)),
            top,
        ]);
        let middle = between(top, low, 0.5);
        let throat = Curve::through(&[
            top,
            (lerp(top.0, low.0, 0.24), lerp(top.1, low.1, 0.26) - self.sag * 0.75),
            (middle.0, middle.1 - self.sag),
            (lerp(top.0, low.0, 0.8), lerp(top.1, low.1, 0.8) - self.sag * 0.6),
            low,
        ]);
        let nose = self.sole.toe + self.sole.spring;
        let upper = Outline::new(&back)
            .then(&collar)
            .then(&throat)
            .curve(&[
                (low.0 + (87.0 - low.0) * 0.45, lerp(low.1, self.toe_box, 0.44)),
                (87.0, self.toe_box),
                (94.6, lerp(self.toe_box, nose, 0.26)),
                (98.3, lerp(self.toe_box, nose, 0.66)),
                (98.9, nose),
            ])
            .line((98.9, nose - 4.0))
            .line((50.0, 2.0))
            .close();
        Form { seam, back, collar, throat, upper }
    }

    pub(super) fn draw(&self, c: &mut Canvas, k: &Palette) {
        let form = self.form();
        self.inside(c, k, &form);
        c.fill(&form.upper, k.upper);
        c.within(&form.upper, |c| {
            surface(c, &form.upper, self.texture, k.upper);
            self.toe_pieces(c, k, &form);
            self.side_pieces(c, k, &form);
            self.heel_pieces(c, k, &form);
            self.eyestay(c, k, &form);
            volume(c, &form.upper, self.sole.toe, self.collar.max(self.throat.0.1), &form.seam);
            // Light on the toe box, on the heel's bulge and along the eyestay.
            c.shine((81.0, self.toe_box + 1.0), 15.0, 6.5, 0.34);
            c.shine((9.0, lerp(self.sole.heel, self.collar, 0.62)), 7.0, 11.0, 0.16);
            c.shine((42.0, lerp(self.sole.heel, self.throat.0.1, 0.5)), 20.0, 9.0, 0.10);
        });
        self.collar_edge(c, k, &form);
        match self.closure {
            Closure::Laces(rows) => laces(c, &self.lacing(&form, rows, 1.75, true), k.lace, k.accent),
            Closure::Cord(rows) => {
                laces(c, &self.lacing(&form, rows, 0.95, false), k.lace, k.accent);
                let (x, y) = (self.throat.0.0 + 4.6, self.throat.0.1 - 1.2);
                c.fill(
                    &blob(&[(x - 1.4, y - 2.6), (x + 1.6, y - 2.4), (x + 1.5, y + 1.4), (x - 1.5, y + 1.2)]),
                    k.accent.darker(0.15),
                );
            }
            Closure::Straps(count) => self.straps(c, k, &form, count),
        }
        self.sole.draw(c, k);
        if self.heel == Heel::Tab || self.heel == Heel::Clip {
            let loop_ = Curve::through(&[
                (2.7, self.collar - 5.0),
                (-0.6, self.collar - 1.0),
                (0.6, self.collar + 2.6),
                (4.4, self.collar + 0.6),
            ]);
            c.line(&loop_.d(), k.accent.darker(0.3), 1.7, 1.0);
            c.line(&loop_.d(), k.accent, 1.35, 1.0);
        }
    }

    fn lacing<'a>(&self, form: &'a Form, rows: u32, width: f64, bow: bool) -> Lacing<'a> {
        Lacing { throat: &form.throat, rows, reach: 2.7, over: 2.9, width, hooks_from: 0.0, bow }
    }

    /// The far side of the opening, the lining and the tongue, which the upper then covers in part.
    fn inside(&self, c: &mut Canvas, k: &Palette, form: &Form) {
        let (top, low) = self.throat;
        let far = Curve::through(&[
            (3.0, self.collar - 0.4),
            (5.6, self.collar + 1.5),
            (lerp(7.0, top.0, 0.40), self.dip + 3.6),
            (lerp(7.0, top.0, 0.76), lerp(self.dip, top.1, 0.34) + 3.6),
            (top.0 + 2.0, top.1 + 1.0),
        ]);
        let hollow = Outline::new(&far).line((top.0 + 2.0, top.1 - 8.0)).line((8.0, self.dip - 6.0)).close();
        let depth = c.linear(
            (0.0, self.collar + 2.0),
            (0.0, self.dip - 3.0),
            &[(0.0, k.lining, 1.0), (1.0, k.lining.darker(0.55), 1.0)],
        );
        c.fill(&hollow, depth);
        c.line(&far.d(), k.upper.darker(0.25), 1.0, 1.0);
        let rim = form.throat.offset(2.7);
        let tip = (top.0 + 1.2, top.1 + self.tongue);
        let tongue = Outline::at((top.0 - 2.2, top.1 - 7.0))
            .curve(&[(top.0 - 4.6, top.1 + self.tongue * 0.46), (top.0 - 4.4, tip.1 - 0.6), (tip.0 - 1.6, tip.1 + 0.7)])
            .curve(&[
                (tip.0 + 1.5, tip.1 - 0.2),
                rim.point(0.12),
                rim.point(0.3),
                rim.point(0.5),
                rim.point(0.75),
                (low.0 + 0.4, low.1 - 0.5),
            ])
            .line((low.0, low.1 - 3.0))
            .close();
        let fall = c.linear(
            (top.0 - 4.0, 0.0),
            (low.0, 0.0),
            &[
                (0.0, k.upper.mix(k.panel, 0.5).darker(0.22), 1.0),
                (0.35, k.upper.mix(k.panel, 0.5), 1.0),
                (1.0, k.upper.mix(k.panel, 0.5).darker(0.12), 1.0),
            ],
        );
        c.fill(&tongue, fall);
        c.line(
            &Curve::through(&[(top.0 - 4.4, tip.1 - 0.8), (tip.0 - 1.6, tip.1 + 0.7), (tip.0 + 1.4, tip.1 - 0.5)]).d(),
            k.upper.mix(k.panel, 0.5).lighter(0.25),
            0.7,
            0.8,
        );
        // A label near the top of the tongue.
        if self.tongue > 5.0 {
            let label = Curve::through(&[(top.0 - 2.9, tip.1 - 2.4), (top.0 + 1.0, tip.1 - 2.2)]);
            c.line(&label.d(), k.accent, 1.9, 1.0);
        }
    }

    fn toe_pieces(&self, c: &mut Canvas, k: &Palette, form: &Form) {
        let low = self.throat.1;
        let floor = -2.0;
        let seam = |x: f64| form.seam.height(x);
        match self.toe {
            Toe::Plain => {}
            Toe::Cap => {
                let edge = Curve::through(&[
                    (79.0, self.toe_box + 6.0),
                    (77.4, lerp(seam(78.0), self.toe_box, 0.5)),
                    (80.4, seam(80.0) - 1.0),
                ]);
                let d = Outline::new(&edge).lines(&[(110.0, floor), (110.0, 40.0)]).close();
                c.piece(&d, &edge, k.sole.mix(k.panel, 0.08));
                c.line(&edge.shifted(1.3, 0.0).d(), k.sole.line_on(), 0.3, 0.6);
            }
            Toe::Guard => {
                let edge = Curve::through(&[
                    (53.0, seam(53.0) - 2.0),
                    (61.0, seam(61.0) + 2.6),
                    (72.0, lerp(seam(72.0), self.toe_box, 0.40) + 1.2),
                    (86.0, lerp(seam(86.0), self.toe_box, 0.55)),
                    (100.0, self.toe_box * 0.92),
                ]);
                let d = Outline::new(&edge).lines(&[(110.0, floor), (50.0, floor)]).close();
                c.piece(&d, &edge, k.panel);
                c.stitch(&edge.offset(-1.15).d(), k.panel.line_on());
            }
            Toe::Wing => {
                let edge = Curve::through(&[
                    (34.0, seam(34.0) - 2.0),
                    (46.0, seam(46.0) + 3.2),
                    (58.0, seam(58.0) + 4.8),
                    (68.0, low.1 - 4.4),
                    (74.0, low.1 - 1.0),
                    (79.0, self.toe_box + 6.0),
                ]);
                let d = Outline::new(&edge).lines(&[(110.0, 40.0), (110.0, floor), (30.0, floor)]).close();
                c.piece(&d, &edge, k.panel);
                c.stitch(&edge.offset(-1.15).d(), k.panel.line_on());
            }
            Toe::Perforated => {
                let edge = Curve::through(&[
                    (low.0 - 3.0, low.1 + 3.0),
                    (low.0 + 5.0, low.1 - 6.0),
                    (low.0 - 1.0, seam(low.0) - 1.0),
                ]);
                c.line(&edge.d(), BLACK, 0.5, 0.28);
                c.stitch(&edge.shifted(-1.2, 0.0).d(), k.upper.line_on());
                for row in 0..3 {
                    for i in 0..6 {
                        let x = 71.5 + f64::from(i) * 3.0 + f64::from(row) * 1.2;
                        let y = lerp(low.1, self.toe_box, (x - low.0) / 34.0) - 2.0 - f64::from(row) * 1.9;
                        c.oval((x, y), 0.46, 0.36, k.upper.darker(0.45));
                    }
                }
            }
        }
    }

    fn side_pieces(&self, c: &mut Canvas, k: &Palette, form: &Form) {
        let (top, low) = self.throat;
        let seam = |x: f64| form.seam.height(x);
        let height = lerp(self.sole.heel, top.1, 0.46);
        match self.side {
            Side::Plain => {}
            Side::Saddle => {
                let (a, b) = (form.throat.point(0.16), form.throat.point(0.72));
                let rear = Curve::through(&[a, (a.0 + 0.5, lerp(a.1, seam(34.0), 0.45)), (33.0, seam(33.0) - 2.0)]);
                let front = Curve::through(&[(60.0, seam(60.0) - 2.0), (b.0 + 2.5, lerp(b.1, seam(58.0), 0.5)), b]);
                let d = Outline::new(&rear).then(&front).close();
                c.piece(&d, &rear, k.panel);
                c.line(&front.d(), k.panel.darker(0.22), 0.34, 0.9);
                c.stitch(&rear.offset(1.1).d(), k.panel.line_on());
                c.stitch(&front.offset(1.1).d(), k.panel.line_on());
            }
            Side::Ribs => {
                for i in 0..4 {
                    let t = 0.20 + f64::from(i) * 0.2;
                    let p = form.throat.point(t);
                    let foot = (p.0 - 5.5 + f64::from(i) * 1.4, seam(p.0) - 1.0);
                    let rib = Curve::through(&[p, (between(p, foot, 0.5).0 + 2.2, between(p, foot, 0.5).1), foot]);
                    c.line(&rib.shifted(0.3, -0.2).d(), BLACK, 2.2, 0.14);
                    c.line(&rib.d(), k.panel, 2.0, 1.0);
                    c.line(&rib.shifted(-0.5, 0.1).d(), WHITE, 0.36, 0.35);
                }
            }
            Side::Sweep => {
                let upper = Curve::through(&[
                    (-2.0, lerp(self.sole.heel, self.collar, 0.62)),
                    (16.0, lerp(self.sole.heel, self.dip, 0.52)),
                    (34.0, seam(34.0) + 6.4),
                    (50.0, seam(50.0) + 6.0),
                    (low.0 + 1.0, low.1 - 3.2),
                ]);
                let under = Curve::through(&[
                    (low.0 + 3.5, low.1 - 6.4),
                    (50.0, seam(50.0) + 1.8),
                    (34.0, seam(34.0) + 1.2),
                    (14.0, lerp(self.sole.heel, self.dip, 0.16)),
                    (-2.0, lerp(self.sole.heel, self.collar, 0.22)),
                ]);
                let d = Outline::new(&upper).then(&under).close();
                c.piece(&d, &upper, k.panel);
                c.line(&under.d(), k.panel.darker(0.22), 0.34, 0.9);
                c.stitch(&upper.offset(-1.1).d(), k.panel.line_on());
            }
        }
        let at = match (self.side, self.closure) {
            (Side::Saddle, _) => (43.5, height - 0.5),
            // Straps come down over the middle of the side.
            (_, Closure::Straps(_)) => (23.0, lerp(self.sole.heel, self.dip, 0.42)),
            _ => (30.0, height),
        };
        let small = self.side == Side::Sweep || matches!(self.closure, Closure::Straps(_));
        let size = if small { 6.5 } else { 11.0 };
        motif(c, self.motif, at, size, k.accent);
    }

    fn heel_pieces(&self, c: &mut Canvas, k: &Palette, form: &Form) {
        let seam = |x: f64| form.seam.height(x);
        match self.heel {
            Heel::Plain => {
                let edge = Curve::through(&[
                    (15.5, self.dip + 6.0),
                    (17.0, lerp(seam(16.0), self.dip, 0.5)),
                    (22.0, seam(22.0) - 1.0),
                ]);
                c.stitch(&edge.d(), k.upper.line_on());
            }
            Heel::Counter | Heel::Tab => {
                let high = if self.heel == Heel::Tab { self.collar - 7.0 } else { self.collar + 2.0 };
                let edge = if self.heel == Heel::Tab {
                    Curve::through(&[
                        (-2.0, high),
                        (8.0, high - 1.6),
                        (16.0, lerp(seam(16.0), high, 0.5)),
                        (25.0, seam(25.0) - 1.0),
                    ])
                } else {
                    Curve::through(&[
                        (9.6, high),
                        (12.4, lerp(seam(13.0), high, 0.66)),
                        (16.4, lerp(seam(16.0), high, 0.32)),
                        (25.0, seam(25.0) - 1.0),
                    ])
                };
                let d = Outline::new(&edge).lines(&[(-8.0, -2.0), (-8.0, high)]).close();
                c.piece(&d, &edge, k.panel);
                c.stitch(&edge.offset(-1.15).d(), k.panel.line_on());
            }
            Heel::Clip => {
                let edge = Curve::through(&[
                    (-2.0, lerp(seam(0.0), self.collar, 0.66)),
                    (9.0, lerp(seam(9.0), self.collar, 0.46)),
                    (21.0, seam(21.0) + 2.6),
                    (34.0, seam(34.0) - 1.0),
                ]);
                let d = Outline::new(&edge).lines(&[(-8.0, -2.0)]).close();
                c.piece(&d, &edge, k.accent);
                c.line(&edge.offset(-1.6).d(), k.accent.lighter(0.3), 0.5, 0.8);
            }
        }
        // The seam down the back.
        c.line(&form.back.shifted(1.0, 0.0).d(), BLACK, 0.4, 0.18);
    }

    fn eyestay(&self, c: &mut Canvas, k: &Palette, form: &Form) {
        if matches!(self.closure, Closure::Straps(_)) {
            return;
        }
        let (top, low) = self.throat;
        let inner = form.throat.offset(-5.2);
        let n = inner.point(0.9);
        let edge = Curve::through(&[
            (top.0 - 5.6, top.1 - 4.2),
            inner.point(0.12),
            inner.point(0.35),
            inner.point(0.6),
            inner.point(0.8),
            (n.0 + 2.0, n.1 - 0.2),
            (low.0 + 5.6, low.1 - 3.4),
            (low.0 + 6.2, low.1 + 1.4),
        ]);
        let d = Outline::new(&edge)
            .lines(&[(low.0 + 4.0, low.1 + 8.0), (top.0 + 8.0, top.1 + 8.0), (top.0 - 8.0, top.1 + 8.0)])
            .close();
        let colour = k.panel.mix(k.upper, if self.texture == Texture::Knit { 0.35 } else { 0.0 });
        c.piece(&d, &edge, colour);
        c.stitch(&edge.offset(1.05).d(), colour.line_on());
    }

    fn collar_edge(&self, c: &mut Canvas, k: &Palette, form: &Form) {
        let edge = form.collar.part(0.03, 0.97);
        if self.padded {
            let pad = edge.offset(-1.3);
            c.line(&pad.shifted(0.2, -0.5).d(), BLACK, 3.0, 0.14);
            c.line(&pad.d(), k.lining.mix(k.upper, 0.35), 2.9, 1.0);
            c.line(&pad.offset(0.65).d(), WHITE, 0.7, 0.22);
            c.stitch(&pad.offset(-1.9).d(), k.upper.line_on());
        } else {
            c.line(&edge.offset(-0.35).d(), k.panel.darker(0.18), 0.9, 1.0);
            c.stitch(&edge.offset(-1.7).d(), k.upper.line_on());
        }
    }

    fn straps(&self, c: &mut Canvas, k: &Palette, form: &Form, count: u32) {
        for i in 0..count {
            let t = if count == 1 { 0.36 } else { lerp(0.20, 0.70, f64::from(i) / f64::from(count - 1)) };
            strap(c, k.panel, k.accent, form.throat.at(t), lerp(20.0, 14.0, f64::from(i) / 2.0));
        }
    }
}

/// A hook-and-loop strap that crosses the throat at a point and comes down the side.
fn strap(c: &mut Canvas, colour: Rgb, accent: Rgb, (p, along): (P, P), length: f64) {
    let up = (-along.1, along.0);
    let w = 3.7;
    let at = |a: f64, u: f64| (p.0 + along.0 * a + up.0 * u, p.1 + along.1 * a + up.1 * u);
    let upper =
        Curve::through(&[at(-w * 0.9, 3.6), at(-w, 0.0), at(-w * 1.15, -length * 0.5), at(-w * 1.25, -length + 2.0)]);
    let tip = Curve::through(&[
        at(-w * 1.25, -length + 2.0),
        at(-w * 0.7, -length - 0.4),
        at(w * 0.4, -length - 0.2),
        at(w * 0.85, -length + 2.2),
    ]);
    let lower =
        Curve::through(&[at(w * 0.85, -length + 2.2), at(w * 0.95, -length * 0.5), at(w, 0.0), at(w * 0.9, 3.6)]);
    let d = Outline::new(&upper).then(&tip).then(&lower).close();
    c.line(&tip.shifted(0.3, -0.7).d(), BLACK, 1.6, 0.16);
    c.line(&lower.shifted(0.4, -0.4).d(), BLACK, 1.2, 0.12);
    c.fill(&d, colour);
    let light =
        c.linear(at(0.0, 3.6), at(0.0, -length), &[(0.0, WHITE, 0.20), (0.35, WHITE, 0.02), (1.0, BLACK, 0.10)]);
    c.fill(&d, light);
    c.line(&d, colour.darker(0.25), 0.34, 0.8);
    c.stitch(&upper.offset(1.0).d(), colour.line_on());
    c.stitch(&lower.offset(1.0).d(), colour.line_on());
    let patch = Curve::through(&[at(-w * 0.6, -length + 3.4), at(w * 0.3, -length + 3.6)]);
    c.line(&patch.d(), accent, 1.5, 1.0);
}
