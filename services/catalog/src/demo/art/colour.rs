//! Colours, mixed in Oklab so that shades of a hue keep their hue.

use std::fmt;

/// An sRGB colour.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Rgb(pub u32);

pub(super) const WHITE: Rgb = Rgb(0xff_ff_ff);
pub(super) const BLACK: Rgb = Rgb(0x10_0e_12);

impl Rgb {
    fn oklab(self) -> [f64; 3] {
        let linear = |shift: u32| {
            let v = f64::from((self.0 >> shift) & 0xff) / 255.0;
            if v <= 0.04045 { v / 12.92 } else { ((v + 0.055) / 1.055).powf(2.4) }
        };
        let (r, g, b) = (linear(16), linear(8), linear(0));
        let l = (0.412_221_47 * r + 0.536_332_54 * g + 0.051_445_99 * b).cbrt();
        let m = (0.211_903_5 * r + 0.680_699_55 * g + 0.107_396_96 * b).cbrt();
        let s = (0.088_302_46 * r + 0.281_718_84 * g + 0.629_978_7 * b).cbrt();
        [
            0.210_454_26 * l + 0.793_617_8 * m - 0.004_072_05 * s,
            1.977_998_5 * l - 2.428_592_2 * m + 0.450_593_7 * s,
            0.025_904_04 * l + 0.782_771_77 * m - 0.808_675_77 * s,
        ]
    }

    fn from_oklab([l, a, b]: [f64; 3]) -> Rgb {
        let l_ = (l + 0.396_337_78 * a + 0.215_803_76 * b).powi(3);
        let m_ = (l - 0.105_561_35 * a - 0.063_854_17 * b).powi(3);
        let s_ = (l - 0.089_484_18 * a - 1.291_485_5 * b).powi(3);
        let byte = |v: f64| {
            let v = if v <= 0.003_130_8 { v * 12.92 } else { 1.055 * v.powf(1.0 / 2.4) - 0.055 };
            // Clamped to 0..=255 before the cast.
            (v * 255.0).round().clamp(0.0, 255.0) as u32
        };
        let r = byte(4.076_741_7 * l_ - 3.307_711_6 * m_ + 0.230_969_93 * s_);
        let g = byte(-1.268_438 * l_ + 2.609_757_4 * m_ - 0.341_319_4 * s_);
        let b = byte(-0.004_196_09 * l_ - 0.703_418_6 * m_ + 1.707_614_7 * s_);
        Rgb(r << 16 | g << 8 | b)
    }

    /// This colour with `share` (0 to 1) of `other`.
    pub(super) fn mix(self, other: Rgb, share: f64) -> Rgb {
        let (a, b) = (self.oklab(), other.oklab());
        Rgb::from_oklab([0, 1, 2].map(|i| a[i] + (b[i] - a[i]) * share))
    }

    /// Perceived lightness, 0 to 1.
    pub(super) fn lightness(self) -> f64 {
        self.oklab()[0]
    }

    pub(super) fn lighter(self, by: f64) -> Rgb {
        self.mix(WHITE, by)
    }

    pub(super) fn darker(self, by: f64) -> Rgb {
        self.mix(BLACK, by)
    }

    /// The hue of this colour at `lightness`, as a tint with at most `chroma`.
    pub(super) fn tint(self, lightness: f64, chroma: f64) -> Rgb {
        let [_, a, b] = self.oklab();
        let size = a.hypot(b).max(1e-6);
        let scale = (chroma / size).min(0.55);
        Rgb::from_oklab([lightness, a * scale, b * scale])
    }

    pub(super) fn chroma(self) -> f64 {
        let [_, a, b] = self.oklab();
        a.hypot(b)
    }

    /// A line that shows on this colour without shouting: darker on light colours, lighter on dark ones.
    pub(super) fn line_on(self) -> Rgb {
        if self.lightness() > 0.55 { self.darker(0.28) } else { self.lighter(0.28) }
    }
}

impl fmt::Display for Rgb {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "#{:06x}", self.0)
    }
}
