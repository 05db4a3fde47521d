//! Low shoes without a closure: loafers, ballet flats, espadrilles, clogs and slippers.

use super::Palette;
use super::boot::frame;
use super::canvas::Canvas;
use super::colour::{BLACK, WHITE};
use super::geometry::{Curve, Outline, P, blob, lerp};
use super::parts::{Motif, Texture, motif, surface, volume};
use super::sole::below;

/// What is on the vamp.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Front {
    Plain,
    /// A raised seam and a strap with a slot.
    Penny,
    /// Two tassels on a cord.
    Tassel,
    /// A metal bar.
    Bar,
    /// A small bow at the edge.
    Bow,
    /// A strap over the instep with a buckle.
    Strap,
}

/// How the edge around the foot is finished.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Edge {
    Bound,
    /// A soft roll of fleece.
    Fleece,
    Rolled,
}

#[derive(Clone, Copy)]
pub(crate) struct Slip {
    /// Height of the back; below the sole's height for a mule.
    pub back: f64,
    /// Lowest point of the edge.
    pub dip: f64,
    /// Where the edge meets the vamp: how far forward, how high.
    pub mouth: (f64, f64),
    pub toe_box: f64,
    /// A round (0) or pointed (1) toe.
    pub point: f64,
    pub sole: f64,
    /// Height of the heel beyond the sole.
    pub heel: f64,
    pub block: f64,
    /// A braided jute sole.
    pub jute: bool,
    pub front: Front,
    pub edge: Edge,
    pub texture: Texture,
    pub motif: Motif,
}

struct Form {
    seam: Curve,
    edge: Curve,
    upper: String,
}

impl Slip {
    fn loafer(&self) -> bool {
        matches!(self.front, Front::Penny | Front::Bar | Front::Tassel)
    }

    fn mule(&self) -> bool {
        self.back < self.sole + self.heel + 6.0
    }

    fn form(&self) -> Form {
        let (rise, s) = (self.sole + self.heel, self.sole);
        let seam = Curve::through(&[
            (2.0, rise + 0.4),
            (18.0, rise - 0.2),
            (34.0, lerp(rise, s, 0.34)),
            (50.0, lerp(rise, s, 0.78)),
            (64.0, s),
            (82.0, s + 0.3),
            (99.0, s + 1.7),
        ]);
        let mouth = self.mouth;
        let edge = if self.mule() {
            Curve::through(&[
                (30.0, lerp(rise, s, 0.3) - 1.0),
                (33.0, self.dip - 3.0),
                (40.0, self.dip + 2.0),
                (lerp(40.0, mouth.0, 0.6), lerp(self.dip, mouth.1, 0.75)),
                mouth,
            ])
        } else {
            Curve::through(&[
                (3.2, self.back),
                (6.4, self.back - 0.2),
                (14.0, lerp(self.back, self.dip, 0.74)),
                (26.0, self.dip),
                (lerp(20.0, mouth.0, 0.58), lerp(self.dip, mouth.1, 0.22)),
                (lerp(20.0, mouth.0, 0.84), lerp(self.dip, mouth.1, 0.66)),
                mouth,
            ])
        };
        let nose = s + 1.2;
        let start = if self.mule() {
            Outline::at(edge.first())
        } else {
            Outline::at((3.0, rise - 1.0)).curve(&[
                (1.3, rise + 4.6),
                (2.2, lerp(rise, self.back, 0.62)),
                (3.2, self.back),
            ])
        };
        let upper = start
            .then(&edge)
            .curve(&[
                (lerp(mouth.0, 87.0, 0.46), lerp(mouth.1, self.toe_box, if self.loafer() { 0.55 } else { 0.38 })),
                (86.0, self.toe_box),
                (94.4, lerp(self.toe_box, nose, lerp(0.28, 0.46, self.point))),
                (98.4, lerp(self.toe_box, nose, lerp(0.70, 0.78, self.point))),
                (99.0, nose - 0.4),
            ])
            .line((98.0, nose - 3.0))
            .line((60.0, s - 1.6))
            .line((34.0, lerp(rise, s, 0.4) - 1.6))
            .close();
        Form { seam, edge, upper }
    }

    pub(super) fn draw(&self, c: &mut Canvas, k: &Palette) {
        let form = self.form();
        let (rise, mouth) = (self.sole + self.heel, self.mouth);
        self.inside(c, k, &form);
        c.fill(&form.upper, k.upper);
        c.within(&form.upper, |c| {
            surface(c, &form.upper, self.texture, k.upper);
            self.pieces(c, k, &form);
            volume(c, &form.upper, self.sole, self.back.max(mouth.1), &form.seam);
            c.shine((83.0, self.toe_box + 0.5), 15.0, 6.5, 0.42);
            c.shine((11.0, lerp(rise, self.back, 0.62)), 6.0, 8.0, 0.18);
            c.shine((52.0, lerp(self.sole, mouth.1, 0.55)), 18.0, 5.0, 0.14);
        });
        self.rim(c, k, &form);
        self.ornament(c, k, &form);
        self.draw_sole(c, k, &form);
    }

    fn inside(&self, c: &mut Canvas, k: &Palette, form: &Form) {
        let (rise, mouth) = (self.sole + self.heel, self.mouth);
        let far = if self.mule() {
            // The footbed lies open behind the vamp.
            let bed = Outline::at((1.8, rise))
                .curve(&[
                    (4.0, rise + 1.9),
                    (20.0, rise + 2.2),
                    (40.0, lerp(rise, self.sole, 0.3) + 3.4),
                    (mouth.0, self.sole + 4.0),
                ])
                .lines(&[(mouth.0, self.sole), (20.0, rise - 1.0)])
                .close();
            c.fill(&bed, k.lining);
            let shade = c.linear((20.0, 0.0), (44.0, 0.0), &[(0.0, BLACK, 0.0), (1.0, BLACK, 0.42)]);
            c.fill(&bed, shade);
            Curve::through(&[
                (36.0, rise + 1.6),
                (40.0, self.dip + 4.4),
                (lerp(40.0, mouth.0, 0.6), lerp(self.dip, mouth.1, 0.75) + 2.6),
                (mouth.0 + 1.0, mouth.1 + 0.8),
            ])
        } else {
            Curve::through(&[
                (3.8, self.back - 0.6),
                (7.0, self.back + 1.0),
                (15.0, lerp(self.back, self.dip, 0.66) + 2.4),
                (27.0, self.dip + 3.4),
                (lerp(20.0, mouth.0, 0.58), lerp(self.dip, mouth.1, 0.22) + 3.2),
                (lerp(20.0, mouth.0, 0.86), lerp(self.dip, mouth.1, 0.66) + 2.4),
                (mouth.0 + 0.8, mouth.1 + 0.3),
            ])
        };
        if self.loafer() {
            // The tongue stands up behind the strap.
            let d = Outline::at((mouth.0 - 6.0, mouth.1 - 6.0))
                .curve(&[
                    (mouth.0 - 5.4, mouth.1 + 0.4),
                    (mouth.0 - 3.4, mouth.1 + 2.7),
                    (mouth.0 + 0.6, mouth.1 + 2.2),
                ])
                .curve(&[(mouth.0 + 5.0, mouth.1 + 0.6), (mouth.0 + 9.0, mouth.1 - 4.0)])
                .close();
            c.fill(&d, k.upper.darker(0.16));
            c.line(&d, k.upper.darker(0.4), 0.3, 0.8);
        }
        if self.front == Front::Strap {
            let x = mouth.0 - 16.0;
            let strap = Curve::through(&[
                (x + 3.2, self.dip + 9.0),
                (x + 6.6, self.dip + 8.4),
                (x + 9.4, self.dip + 4.6),
                (x + 10.2, self.dip),
            ]);
            c.line(&strap.d(), k.panel.darker(0.45), 3.8, 1.0);
        }
        let hollow = Outline::new(&far).then(&form.edge.reversed().shifted(0.0, -1.4)).close();
        let depth = c.linear(
            (0.0, self.back.max(mouth.1) + 2.0),
            (0.0, self.dip - 1.0),
            &[(0.0, k.lining, 1.0), (1.0, k.lining.darker(0.45), 1.0)],
        );
        c.fill(&hollow, depth);
        c.line(&far.d(), k.upper.darker(0.18), 0.95, 1.0);
    }

    fn pieces(&self, c: &mut Canvas, k: &Palette, form: &Form) {
        let (rise, mouth) = (self.sole + self.heel, self.mouth);
        let seam = |x: f64| form.seam.height(x);
        match self.front {
            Front::Penny | Front::Tassel | Front::Bar => {
                // The apron: a raised, hand-sewn seam around the vamp.
                let apron = Curve::through(&[
                    (mouth.0 - 12.0, lerp(self.dip, mouth.1, 0.4)),
                    (mouth.0 + 4.0, mouth.1 - 7.0),
                    (78.0, self.toe_box - 2.4),
                    (89.0, self.toe_box - 1.0),
                    (93.0, self.toe_box + 3.0),
                ]);
                c.line(&apron.shifted(0.2, -0.7).d(), BLACK, 1.3, 0.20);
                c.line(&apron.d(), k.upper.lighter(0.10), 1.1, 1.0);
                for i in 0..21 {
                    let (p, d) = apron.at(0.05 + f64::from(i) * 0.045);
                    c.line(
                        &Outline::at((p.0 - d.1 * -0.6, p.1 - d.0 * 0.6))
                            .line((p.0 - d.1 * 0.7 + 0.3, p.1 + d.0 * 0.7))
                            .open(),
                        k.upper.darker(0.4),
                        0.28,
                        0.8,
                    );
                }
            }
            Front::Strap | Front::Plain | Front::Bow => {}
        }
        if !self.mule() && self.texture != Texture::Felt {
            let counter =
                Curve::through(&[(15.0, self.back + 2.0), (16.0, lerp(rise, self.dip, 0.5)), (21.0, seam(21.0) - 1.0)]);
            c.line(&counter.d(), BLACK, 0.45, 0.2);
            c.stitch(&counter.shifted(-1.1, 0.0).d(), k.upper.line_on());
        }
        if self.jute {
            // The vamp is sewn on by hand, with a coarse thread.
            let edge = Curve::through(&[
                (mouth.0 + 1.0, mouth.1 + 2.0),
                (mouth.0 - 3.0, lerp(seam(56.0), mouth.1, 0.55)),
                (mouth.0 - 11.0, seam(mouth.0 - 11.0) - 1.0),
            ]);
            let d = Outline::new(&edge).lines(&[(106.0, -2.0), (106.0, 40.0)]).close();
            c.piece(&d, &edge, k.panel);
            surface(c, &d, self.texture, k.panel);
            for i in 0..12 {
                let (p, along) = edge.at(0.12 + f64::from(i) * 0.075);
                c.line(
                    &Outline::at((p.0 - along.1 * 0.9, p.1 + along.0 * 0.9))
                        .line((p.0 + along.1 * 0.9 + 0.5, p.1 - along.0 * 0.9))
                        .open(),
                    k.accent,
                    0.4,
                    0.9,
                );
            }
        }
        if self.texture == Texture::Felt {
            let band = Curve::through(&[
                (-2.0, rise + 4.6),
                (34.0, seam(34.0) + 4.8),
                (70.0, seam(70.0) + 4.8),
                (102.0, self.sole + 6.0),
            ]);
            let d = Outline::new(&band).lines(&[(104.0, -2.0), (-4.0, -2.0)]).close();
            c.piece(&d, &band, k.panel);
            c.stitch(&band.offset(-1.2).d(), k.accent);
        }
        motif(c, self.motif, (lerp(mouth.0, 86.0, 0.46), lerp(self.sole, self.toe_box, 0.72)), 8.0, k.accent);
    }

    fn rim(&self, c: &mut Canvas, k: &Palette, form: &Form) {
        match self.edge {
            Edge::Bound => {
                c.line(&form.edge.offset(-0.35).d(), k.panel.darker(0.12), 1.0, 1.0);
                c.stitch(&form.edge.offset(-1.7).part(0.02, 0.98).d(), k.upper.line_on());
            }
            Edge::Rolled => {
                let roll = form.edge.offset(-0.8);
                c.line(&roll.shifted(0.2, -0.6).d(), BLACK, 2.2, 0.16);
                c.line(&roll.d(), k.panel, 2.1, 1.0);
                c.line(&roll.offset(0.5).d(), WHITE, 0.5, 0.3);
            }
            Edge::Fleece => {
                let wool = k.lining.lighter(0.2);
                for (row, dy) in [(0.0, -1.6), (1.0, 0.6)] {
                    for i in 0..17 {
                        let p = form.edge.point(f64::from(i) / 16.0);
                        let at = (p.0 + row * 0.7, p.1 + dy + f64::from((i * 7 + 3) % 5) * 0.2);
                        c.dot((at.0 + 0.2, at.1 - 0.5), 2.45, wool.darker(0.17 - row * 0.05));
                        c.dot(at, 2.2, wool.darker(0.05 - row * 0.05));
                    }
                }
            }
        }
    }

    fn ornament(&self, c: &mut Canvas, k: &Palette, form: &Form) {
        match self.front {
            Front::Plain => {}
            Front::Penny | Front::Bar | Front::Tassel => self.saddle(c, k, form),
            Front::Bow => bow(c, k, (self.mouth.0 + 1.2, self.mouth.1 - 0.2)),
            Front::Strap => self.buckled_strap(c, k, form),
        }
    }

    /// The strap across a loafer, and what is on it.
    fn saddle(&self, c: &mut Canvas, k: &Palette, form: &Form) {
        let (x, y) = self.mouth;
        let seam = |x: f64| form.seam.height(x);
        let top = Curve::through(&[
            (x + 0.6, y + 4.0),
            (x - 3.6, y - 5.0),
            (x - 9.4, lerp(seam(x), y, 0.36)),
            (x - 16.5, seam(x - 16.5) - 1.0),
        ]);
        let low = Curve::through(&[
            (x + 5.0, seam(x + 5.0) - 1.0),
            (x + 3.6, lerp(seam(x), y, 0.34)),
            (x + 6.2, y - 7.4),
            (x + 10.6, y + 2.0),
        ]);
        let d = Outline::new(&top).then(&low).close();
        let light = c.linear((0.0, y), (0.0, self.sole), &[(0.0, WHITE, 0.20), (0.4, WHITE, 0.0), (1.0, BLACK, 0.22)]);
        c.within(&form.upper, |c| {
            c.line(&low.shifted(0.4, -0.3).d(), BLACK, 1.3, 0.16);
            c.line(&top.shifted(-0.3, -0.3).d(), BLACK, 1.0, 0.12);
            c.fill(&d, k.panel);
            c.fill(&d, light);
            c.line(&d, k.panel.darker(0.3), 0.34, 0.9);
            c.stitch(&top.offset(1.0).d(), k.panel.line_on());
            c.stitch(&low.offset(1.0).d(), k.panel.line_on());
        });
        let middle = (x + 1.2, y - 8.6);
        match self.front {
            Front::Penny => {
                let slot = blob(&[
                    (middle.0 - 3.0, middle.1 + 0.5),
                    (middle.0, middle.1 + 1.0),
                    (middle.0 + 3.2, middle.1 - 0.5),
                    (middle.0, middle.1 - 1.0),
                ]);
                c.fill(&slot, k.panel.darker(0.62));
                c.line(&slot, k.panel.lighter(0.14), 0.3, 0.7);
            }
            Front::Bar => metal_bar(c, k, middle),
            _ => tassels(c, k, middle),
        }
    }

    fn buckled_strap(&self, c: &mut Canvas, k: &Palette, form: &Form) {
        let x = self.mouth.0 - 16.0;
        let seam = |x: f64| form.seam.height(x);
        let strap = Curve::through(&[
            (x + 4.4, self.dip + 9.2),
            (x + 1.6, self.dip + 7.4),
            (x - 1.2, self.dip + 1.0),
            (x - 3.0, lerp(seam(x), self.dip, 0.45)),
            (x - 4.2, seam(x - 4.0) + 2.2),
        ]);
        c.line(&strap.shifted(0.8, -0.3).d(), BLACK, 3.8, 0.16);
        c.line(&strap.d(), k.panel.darker(0.3), 4.1, 1.0);
        c.line(&strap.d(), k.panel, 3.6, 1.0);
        c.stitch(&strap.offset(1.1).d(), k.panel.line_on());
        c.stitch(&strap.offset(-1.1).d(), k.panel.line_on());
        frame(c, (x - 2.6, lerp(seam(x), self.dip, 0.56)), 2.3, 2.1, k.accent);
    }

    fn draw_sole(&self, c: &mut Canvas, k: &Palette, form: &Form) {
        let (rise, s) = (self.sole + self.heel, self.sole);
        let seam = &form.seam;
        let breast = 3.0 + self.block;
        let outline = if self.heel < 0.6 {
            Outline::at((1.4, rise))
                .curve(&[(0.8, rise * 0.5), (2.6, 0.3), (6.0, 0.0)])
                .curve(&[(40.0, 0.1), (74.0, 0.0), (90.0, 0.3), (97.0, 1.0), (99.8, 2.2 + s * 0.3), (99.0, s + 1.7)])
                .then(&seam.reversed())
                .close()
        } else {
            let arch = lerp(rise, s, 0.3) - s * 0.8;
            Outline::at((1.4, rise + 0.2))
                .curve(&[(1.2, rise - 1.4), (2.2, rise * 0.4), (2.7, 0.3)])
                .lines(&[(3.1, 0.0), (breast, 0.0), (breast + 0.9, (arch - 0.7).max(0.9))])
                .curve(&[(breast + 4.4, arch.max(1.3)), (46.0, lerp(arch.max(1.3), 0.1, 0.60)), (58.0, 0.0)])
                .curve(&[(66.0, 0.0), (80.0, 0.0), (92.0, 0.6), (97.6, 1.2), (99.7, 2.0 + s * 0.3), (99.0, s + 1.7)])
                .then(&seam.reversed())
                .close()
        };
        c.fill(&outline, k.sole);
        let (slip, k) = (*self, *k);
        c.within(&outline, |c| {
            if slip.jute {
                let rope = c.pattern(17.0, 17.0, 0.0, "<path d=\"M-4 13L8 3M5 18L18 7\" stroke=\"#5b4426\" stroke-width=\"3.2\" stroke-linecap=\"round\"/>");
                c.veil(&outline, rope, 0.5);
                for i in 1..4 {
                    c.line(&Curve::through(&[(-1.0, f64::from(i) * 1.9 + 0.6), (50.0, f64::from(i) * 1.9), (101.0, f64::from(i) * 1.9 + 1.0)]).d(), BLACK, 0.3, 0.3);
                }
                below(c, &Curve::through(&[(-2.0, 1.3), (50.0, 1.1), (101.0, 2.2)]), k.outsole);
            } else {
                below(c, &Curve::through(&[(-2.0, 1.2), (50.0, 1.1), (92.0, 1.4), (101.0, 2.6)]), k.outsole);
                if slip.sole > 3.4 {
                    c.stitch(&seam.shifted(0.0, -1.2).part(0.02, 0.985).d(), k.sole.line_on());
                }
            }
            let light = c.linear((0.0, rise), (0.0, 0.0), &[(0.0, WHITE, 0.14), (0.5, WHITE, 0.0), (1.0, BLACK, 0.20)]);
            c.fill(&outline, light);
            let ends = c.linear((0.0, 0.0), (101.0, 0.0), &[(0.0, BLACK, 0.2), (0.07, BLACK, 0.0), (0.93, BLACK, 0.0), (1.0, BLACK, 0.2)]);
            c.fill(&outline, ends);
        });
        let covered = if slip.mule() { seam.part(0.30, 1.0) } else { seam.clone() };
        c.line(&seam.shifted(0.0, -0.35).d(), WHITE, 0.4, 0.3);
        c.line(&covered.d(), BLACK, 0.42, 0.42);
    }
}

fn metal_bar(c: &mut Canvas, k: &Palette, (x, y): P) {
    let bar = Curve::through(&[(x - 4.6, y + 0.5), (x + 4.8, y - 0.5)]);
    c.line(&bar.shifted(0.1, -0.6).d(), BLACK, 1.8, 0.3);
    c.line(&bar.d(), k.accent.darker(0.2), 1.7, 1.0);
    c.line(&bar.shifted(0.0, 0.3).d(), k.accent.lighter(0.45), 0.6, 1.0);
    for end in [bar.first(), bar.last()] {
        c.dot(end, 1.5, k.accent.darker(0.25));
        c.dot((end.0 - 0.1, end.1 + 0.2), 1.1, k.accent.lighter(0.15));
    }
}

fn tassels(c: &mut Canvas, k: &Palette, (x, y): P) {
    for (dx, lean) in [(-1.8, -1.4), (2.8, 1.6)] {
        let (x, y) = (x + dx, y + 2.4);
        let d = Outline::at((x - 0.8, y))
            .curve(&[(x - 1.7 + lean, y - 3.4), (x - 2.1 + lean * 1.6, y - 7.2)])
            .line((x + 2.0 + lean * 1.6, y - 7.4))
            .curve(&[(x + 1.5 + lean, y - 3.4), (x + 0.8, y)])
            .close();
        c.line(&d, BLACK, 0.8, 0.2);
        c.fill(&d, k.panel.darker(0.28));
        for i in -2..=2 {
            let f = f64::from(i) * 0.75;
            let thread = Outline::at((x + f * 0.3, y - 1.0)).line((x + f + lean * 1.5, y - 7.0)).open();
            c.line(&thread, k.panel.lighter(0.16), 0.26, 0.8);
        }
        c.dot((x, y), 1.35, k.panel.darker(0.2));
        c.dot((x - 0.1, y + 0.2), 1.0, k.panel.lighter(0.12));
    }
}

fn bow(c: &mut Canvas, k: &Palette, (x, y): P) {
    for (ends, droop) in [([(-7.0, 2.6), (-7.6, -1.4)], 0.0), ([(7.0, 0.6), (6.2, -3.4)], -0.6)] {
        let [far, near] = ends;
        let d = Outline::at((x, y + 0.6))
            .curve(&[(x + far.0 * 0.5, y + far.1 * 0.75 + 0.8), (x + far.0, y + far.1)])
            .curve(&[(x + near.0 * 1.06, y + (far.1 + near.1) * 0.5), (x + near.0, y + near.1)])
            .curve(&[(x + near.0 * 0.5, y + near.1 * 0.6 + droop), (x, y - 0.8)])
            .close();
        c.line(&d, BLACK, 1.0, 0.18);
        c.fill(&d, k.panel);
        let light = c.linear((x, y), (x + far.0, y), &[(0.0, BLACK, 0.3), (0.45, WHITE, 0.16), (1.0, BLACK, 0.06)]);
        c.fill(&d, light);
        c.line(&d, k.panel.darker(0.3), 0.3, 0.8);
    }
    c.oval((x, y), 1.6, 1.4, k.panel.darker(0.12));
    c.oval((x - 0.2, y + 0.3), 0.9, 0.7, k.panel.lighter(0.16));
}
