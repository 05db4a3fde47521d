//! Curves in shoe space: x runs from the heel (0) to the toe (100), y from the ground (0) upwards.
//!
//! The unit is a hundredth of the shoe's length. Everything is mapped to SVG (ten SVG units each, y downwards) when it
//! is written, and only then.

use std::cell::OnceCell;

pub(super) type P = (f64, f64);

/// A smooth open curve through its points.
#[derive(Clone)]
pub(super) struct Curve {
    nodes: Vec<P>,
    /// Measured when first asked for.
    ruler: OnceCell<Ruler>,
}

fn minus(a: P, b: P) -> P {
    (a.0 - b.0, a.1 - b.1)
}

fn unit(v: P) -> P {
    let length = (v.0 * v.0 + v.1 * v.1).sqrt();
    if length < 1e-9 { (0.0, 0.0) } else { (v.0 / length, v.1 / length) }
}

pub(super) fn distance(a: P, b: P) -> f64 {
    let (x, y) = minus(a, b);
    (x * x + y * y).sqrt()
}

/// The point at `t` (0 to 1) on the way from `a` to `b`.
pub(super) fn between(a: P, b: P, t: f64) -> P {
    (a.0 + (b.0 - a.0) * t, a.1 + (b.1 - a.1) * t)
}

pub(super) fn lerp(a: f64, b: f64, t: f64) -> f64 {
    a + (b - a) * t
}

/// A curve as short straight lines, with the length up to each of their ends.
#[derive(Clone)]
struct Ruler {
    points: Vec<P>,
    lengths: Vec<f64>,
}

impl Ruler {
    fn new(points: Vec<P>) -> Ruler {
        let mut sum = 0.0;
        let mut lengths = vec![0.0];
        for w in points.windows(2) {
            sum += distance(w[0], w[1]);
            lengths.push(sum);
        }
        Ruler { points, lengths }
    }

    fn at(&self, t: f64) -> (P, P) {
        let last = self.points.len() - 1;
        let wanted = self.lengths[last] * t.clamp(0.0, 1.0);
        let i = self.lengths.partition_point(|&length| length < wanted).clamp(1, last);
        let (a, b) = (self.points[i - 1], self.points[i]);
        let span = self.lengths[i] - self.lengths[i - 1];
        let share = if span > 1e-9 { (wanted - self.lengths[i - 1]) / span } else { 0.0 };
        (between(a, b, share), unit(minus(b, a)))
    }
}

impl Curve {
    pub(super) fn through(points: &[P]) -> Curve {
        Curve::of(points.to_vec())
    }

    fn of(nodes: Vec<P>) -> Curve {
        Curve { nodes, ruler: OnceCell::new() }
    }

    pub(super) fn first(&self) -> P {
        self.nodes[0]
    }

    pub(super) fn last(&self) -> P {
        self.nodes[self.nodes.len() - 1]
    }

    /// Directions at the points: of the neighbours inside, mirrored from the inside at the ends.
    fn directions(&self) -> Vec<P> {
        let p = &self.nodes;
        let n = p.len();
        let mut out = vec![(0.0, 0.0); n];
        for i in 1..n.saturating_sub(1) {
            let (before, after) = (unit(minus(p[i], p[i - 1])), unit(minus(p[i + 1], p[i])));
            // The nearer neighbour has the greater say, which keeps uneven points from making loops.
            let (a, b) = (distance(p[i], p[i - 1]), distance(p[i + 1], p[i]));
            out[i] = unit((before.0 * b + after.0 * a, before.1 * b + after.1 * a));
        }
        if n == 2 {
            out[0] = unit(minus(p[1], p[0]));
            out[1] = out[0];
        } else if n > 2 {
            let mirror = |chord: P, inner: P| {
                let c = unit(chord);
                let dot = 2.0 * (c.0 * inner.0 + c.1 * inner.1);
                unit((c.0 * dot - inner.0, c.1 * dot - inner.1))
            };
            out[0] = mirror(minus(p[1], p[0]), out[1]);
            out[n - 1] = mirror(minus(p[n - 1], p[n - 2]), out[n - 2]);
        }
        out
    }

    /// Control points of each cubic piece.
    fn pieces(&self) -> Vec<[P; 4]> {
        let directions = self.directions();
        self.nodes
            .windows(2)
            .zip(directions.windows(2))
            .map(|(p, d)| {
                let reach = distance(p[0], p[1]) * 0.36;
                [
                    p[0],
                    (p[0].0 + d[0].0 * reach, p[0].1 + d[0].1 * reach),
                    (p[1].0 - d[1].0 * reach, p[1].1 - d[1].1 * reach),
                    p[1],
                ]
            })
            .collect()
    }

    fn ruler(&self) -> &Ruler {
        self.ruler.get_or_init(|| Ruler::new(self.flat()))
    }

    fn flat(&self) -> Vec<P> {
        let mut out = vec![self.first()];
        for [a, b, c, d] in self.pieces() {
            for step in 1..=12 {
                let t = f64::from(step) / 12.0;
                let s = 1.0 - t;
                let (w0, w1, w2, w3) = (s * s * s, 3.0 * s * s * t, 3.0 * s * t * t, t * t * t);
                out.push((w0 * a.0 + w1 * b.0 + w2 * c.0 + w3 * d.0, w0 * a.1 + w1 * b.1 + w2 * c.1 + w3 * d.1));
            }
        }
        out
    }

    /// The point at the share `t` of the length, and the direction there.
    pub(super) fn at(&self, t: f64) -> (P, P) {
        self.ruler().at(t)
    }

    pub(super) fn point(&self, t: f64) -> P {
        self.at(t).0
    }

    /// The height of the curve at `x`, for curves that run from left to right.
    pub(super) fn height(&self, x: f64) -> f64 {
        let flat = &self.ruler().points;
        for w in flat.windows(2) {
            if w[0].0 <= x && x <= w[1].0 {
                let span = w[1].0 - w[0].0;
                return if span > 1e-9 { lerp(w[0].1, w[1].1, (x - w[0].0) / span) } else { w[0].1 };
            }
        }
        if x < flat[0].0 { flat[0].1 } else { flat[flat.len() - 1].1 }
    }

    /// The curve moved sideways by `by`: to the left of its direction when positive.
    pub(super) fn offset(&self, by: f64) -> Curve {
        let nodes = (self.nodes.len() * 3).clamp(5, 16);
        Curve::of(
            (0..nodes)
                .map(|i| {
                    let (p, d) = self.at(i as f64 / (nodes - 1) as f64);
                    (p.0 - d.1 * by, p.1 + d.0 * by)
                })
                .collect(),
        )
    }

    /// The curve between two shares of its length.
    pub(super) fn part(&self, from: f64, to: f64) -> Curve {
        let nodes = (self.nodes.len() * 3).clamp(5, 16);
        Curve::of((0..nodes).map(|i| self.point(lerp(from, to, i as f64 / (nodes - 1) as f64))).collect())
    }

    pub(super) fn reversed(&self) -> Curve {
        Curve::of(self.nodes.iter().rev().copied().collect())
    }

    pub(super) fn shifted(&self, x: f64, y: f64) -> Curve {
        Curve::of(self.nodes.iter().map(|p| (p.0 + x, p.1 + y)).collect())
    }

    /// SVG path data of the curve alone.
    pub(super) fn d(&self) -> String {
        Outline::new(self).data
    }
}

/// SVG path data under construction: smooth runs joined at corners.
pub(super) struct Outline {
    data: String,
    at: P,
}

/// Writes a point in tenths of an SVG unit; by hand, since a shop's pictures have half a million numbers.
fn put(out: &mut String, p: P) {
    put_number(out, p.0);
    out.push(' ');
    put_number(out, -p.1);
}

fn put_number(out: &mut String, v: f64) {
    // Coordinates stay within a few thousand.
    let tenths = (v * 100.0).round() as i32;
    if tenths < 0 {
        out.push('-');
    }
    let tenths = tenths.unsigned_abs();
    let mut digits = [0; 10];
    let mut n = 0;
    let mut whole = tenths / 10;
    while n == 0 || whole > 0 {
        digits[n] = b'0' + (whole % 10) as u8;
        whole /= 10;
        n += 1;
    }
    out.extend(digits[..n].iter().rev().map(|&digit| char::from(digit)));
    if !tenths.is_multiple_of(10) {
        out.push('.');
        out.push(char::from(b'0' + (tenths % 10) as u8));
    }
}

impl Outline {
    pub(super) fn new(curve: &Curve) -> Outline {
        let mut outline = Outline { data: String::from("M"), at: curve.first() };
        put(&mut outline.data, curve.first());
        outline.then(curve)
    }

    pub(super) fn at(p: P) -> Outline {
        let mut outline = Outline { data: String::from("M"), at: p };
        put(&mut outline.data, p);
        outline
    }

    /// Goes straight to the start of `curve`, then along it.
    pub(super) fn then(mut self, curve: &Curve) -> Outline {
        if distance(self.at, curve.first()) > 0.01 {
            self = self.line(curve.first());
        }
        for [_, b, c, d] in curve.pieces() {
            self.data.push('C');
            put(&mut self.data, b);
            self.data.push(' ');
            put(&mut self.data, c);
            self.data.push(' ');
            put(&mut self.data, d);
        }
        self.at = curve.last();
        self
    }

    /// A smooth run from here through `points`.
    pub(super) fn curve(self, points: &[P]) -> Outline {
        let mut all = vec![self.at];
        all.extend_from_slice(points);
        let curve = Curve::of(all);
        self.then(&curve)
    }

    pub(super) fn line(mut self, to: P) -> Outline {
        self.data.push('L');
        put(&mut self.data, to);
        self.at = to;
        self
    }

    pub(super) fn lines(self, points: &[P]) -> Outline {
        points.iter().fold(self, |outline, &p| outline.line(p))
    }

    pub(super) fn close(mut self) -> String {
        self.data.push('Z');
        self.data
    }

    pub(super) fn open(self) -> String {
        self.data
    }
}

/// A closed smooth shape through `points`.
pub(super) fn blob(points: &[P]) -> String {
    // Two extra points at each end make the seam as smooth as the rest.
    let n = points.len();
    let mut all: Vec<P> = vec![points[n - 2], points[n - 1]];
    all.extend_from_slice(points);
    all.extend_from_slice(&points[..2]);
    let pieces = Curve::of(all).pieces();
    let mut outline = Outline::at(points[0]);
    for [_, b, c, d] in &pieces[2..2 + n] {
        outline.data.push('C');
        put(&mut outline.data, *b);
        outline.data.push(' ');
        put(&mut outline.data, *c);
        outline.data.push(' ');
        put(&mut outline.data, *d);
    }
    outline.close()
}
