//! An SVG document under construction.

use std::fmt::Write as _;

use super::colour::{BLACK, Rgb, WHITE};
use super::geometry::{Curve, P};

/// What a shape is filled with: a colour or a gradient of the document.
#[derive(Clone)]
pub(super) struct Paint(String);

impl From<Rgb> for Paint {
    fn from(colour: Rgb) -> Self {
        Paint(colour.to_string())
    }
}

/// A stop of a gradient: where (0 to 1), colour, opacity.
pub(super) type Stop = (f64, Rgb, f64);

#[derive(Default)]
pub(super) struct Canvas {
    defs: String,
    body: String,
    ids: u32,
}

impl Canvas {
    fn id(&mut self) -> String {
        self.ids += 1;
        format!("a{}", self.ids)
    }

    fn stops(&mut self, stops: &[Stop]) {
        for (at, colour, opacity) in stops {
            let _ = write!(self.defs, "<stop offset=\"{at}\" stop-color=\"{colour}\"");
            if *opacity < 1.0 {
                let _ = write!(self.defs, " stop-opacity=\"{opacity}\"");
            }
            self.defs.push_str("/>");
        }
    }

    /// A linear gradient between two points of shoe space.
    pub(super) fn linear(&mut self, from: P, to: P, stops: &[Stop]) -> Paint {
        let id = self.id();
        let _ = write!(
            self.defs,
            "<linearGradient id=\"{id}\" gradientUnits=\"userSpaceOnUse\" x1=\"{:.0}\" y1=\"{:.0}\" x2=\"{:.0}\" y2=\"{:.0}\">",
            from.0 * 10.0,
            -from.1 * 10.0,
            to.0 * 10.0,
            -to.1 * 10.0
        );
        self.stops(stops);
        self.defs.push_str("</linearGradient>");
        Paint(format!("url(#{id})"))
    }

    /// A radial gradient around a point of shoe space, `rx` wide and `ry` high.
    pub(super) fn radial(&mut self, centre: P, rx: f64, ry: f64, stops: &[Stop]) -> Paint {
        let id = self.id();
        let _ = write!(
            self.defs,
            "<radialGradient id=\"{id}\" gradientUnits=\"userSpaceOnUse\" cx=\"0\" cy=\"0\" r=\"1\" \
             gradientTransform=\"translate({:.0} {:.0}) scale({:.1} {:.1})\">",
            centre.0 * 10.0,
            -centre.1 * 10.0,
            rx * 10.0,
            ry * 10.0
        );
        self.stops(stops);
        self.defs.push_str("</radialGradient>");
        Paint(format!("url(#{id})"))
    }

    /// A repeated tile of `w` by `h` SVG units with `content` in it.
    pub(super) fn pattern(&mut self, w: f64, h: f64, angle: f64, content: &str) -> Paint {
        let id = self.id();
        let _ = write!(
            self.defs,
            "<pattern id=\"{id}\" patternUnits=\"userSpaceOnUse\" width=\"{w}\" height=\"{h}\" \
             patternTransform=\"rotate({angle})\">{content}</pattern>"
        );
        Paint(format!("url(#{id})"))
    }

    pub(super) fn fill(&mut self, d: &str, paint: impl Into<Paint>) {
        let _ = write!(self.body, "<path d=\"{d}\" fill=\"{}\"/>", paint.into().0);
    }

    pub(super) fn veil(&mut self, d: &str, paint: impl Into<Paint>, opacity: f64) {
        let _ = write!(self.body, "<path d=\"{d}\" fill=\"{}\" fill-opacity=\"{opacity}\"/>", paint.into().0);
    }

    /// A line `width` hundredths of the shoe wide.
    pub(super) fn line(&mut self, d: &str, paint: impl Into<Paint>, width: f64, opacity: f64) {
        let _ = write!(
            self.body,
            "<path d=\"{d}\" fill=\"none\" stroke=\"{}\" stroke-width=\"{:.1}\" stroke-linecap=\"round\" \
             stroke-linejoin=\"round\"",
            paint.into().0,
            width * 10.0
        );
        if opacity < 1.0 {
            let _ = write!(self.body, " stroke-opacity=\"{opacity}\"");
        }
        self.body.push_str("/>");
    }

    /// Stitching: a fine dashed line.
    pub(super) fn stitch(&mut self, d: &str, colour: Rgb) {
        let _ = write!(
            self.body,
            "<path d=\"{d}\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"3.4\" stroke-linecap=\"round\" \
             stroke-dasharray=\"9 6.5\"/>"
        );
    }

    pub(super) fn dot(&mut self, centre: P, radius: f64, paint: impl Into<Paint>) {
        self.oval(centre, radius, radius, paint);
    }

    pub(super) fn oval(&mut self, centre: P, rx: f64, ry: f64, paint: impl Into<Paint>) {
        let _ = write!(
            self.body,
            "<ellipse cx=\"{:.1}\" cy=\"{:.1}\" rx=\"{:.1}\" ry=\"{:.1}\" fill=\"{}\"/>",
            centre.0 * 10.0,
            -centre.1 * 10.0,
            rx * 10.0,
            ry * 10.0,
            paint.into().0
        );
    }

    /// Everything drawn inside `draw` shows only within the outline `d`.
    pub(super) fn within(&mut self, d: &str, draw: impl FnOnce(&mut Canvas)) {
        let id = self.id();
        let _ = write!(self.defs, "<clipPath id=\"{id}\"><path d=\"{d}\"/></clipPath>");
        let _ = write!(self.body, "<g clip-path=\"url(#{id})\">");
        draw(self);
        self.body.push_str("</g>");
    }

    /// Everything drawn inside `draw` is moved by a transform in SVG terms.
    pub(super) fn moved(&mut self, transform: &str, draw: impl FnOnce(&mut Canvas)) {
        let _ = write!(self.body, "<g transform=\"{transform}\">");
        draw(self);
        self.body.push_str("</g>");
    }

    /// A piece of material: its shadow on what lies below, its fill, a fine light along its edge.
    pub(super) fn piece(&mut self, d: &str, edge: &Curve, colour: Rgb) {
        self.line(&edge.d(), BLACK, 1.5, 0.10);
        self.line(&edge.d(), BLACK, 0.8, 0.12);
        self.fill(d, colour);
        self.line(&edge.d(), colour.darker(0.22), 0.34, 0.9);
    }

    /// A soft light or shadow in the shape of an ellipse.
    pub(super) fn glow(&mut self, centre: P, rx: f64, ry: f64, colour: Rgb, opacity: f64) {
        let paint =
            self.radial(centre, rx, ry, &[(0.0, colour, opacity), (0.55, colour, opacity * 0.42), (1.0, colour, 0.0)]);
        self.oval(centre, rx, ry, paint);
    }

    pub(super) fn shine(&mut self, centre: P, rx: f64, ry: f64, opacity: f64) {
        self.glow(centre, rx, ry, WHITE, opacity);
    }

    /// The document, `size` SVG units wide and high.
    pub(super) fn finish(self, size: u32) -> String {
        format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{size}\" height=\"{size}\" viewBox=\"0 0 1280 1280\">\
             <defs>{}</defs>{}</svg>",
            self.defs, self.body
        )
    }
}
