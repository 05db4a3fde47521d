//! Text in the Windows Latin alphabet (WinAnsi), and how wide it is in Helvetica.

/// What a character that the alphabet does not have is printed as.
const MISSING: u8 = b'?';

/// The characters at 0x80 to 0x9F; a space where there is none.
const UPPER: [char; 32] = [
    '€', ' ', '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', ' ', 'Ž', ' ', ' ', '‘', '’', '“', '”', '•', '–',
    '—', '˜', '™', 'š', '›', 'œ', ' ', 'ž', 'Ÿ',
];

/// Widths of the characters 0x20 to 0x7E in Helvetica, in thousandths of the size (Adobe's metrics of the font).
const WIDTHS: [u16; 95] = [
    278, 278, 355, 556, 556, 889, 667, 191, 333, 333, 389, 584, 278, 333, 278, 278, 556, 556, 556, 556, 556, 556, 556,
    556, 556, 556, 278, 278, 584, 584, 584, 556, 1015, 667, 667, 722, 722, 667, 611, 778, 722, 278, 500, 667, 556, 833,
    722, 778, 667, 778, 722, 667, 611, 722, 667, 944, 667, 667, 611, 278, 278, 278, 469, 556, 333, 556, 556, 500, 556,
    556, 278, 556, 556, 222, 222, 500, 222, 833, 556, 556, 556, 556, 333, 500, 278, 556, 500, 722, 500, 500, 500, 334,
    260, 334, 584,
];

/// `text` as bytes of the alphabet. Marks that are not seen, such as those of direction, are left out; spaces of any
/// width are spaces. `lost` is set when something could not be printed.
pub(super) fn encode(text: &str, lost: &mut bool) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(text.len());
    for c in text.chars() {
        match c {
            ' '..='~' => bytes.push(u8::try_from(u32::from(c)).unwrap_or(MISSING)),
            '\u{a0}' | '\u{202f}' | '\u{2009}' | '\t' | '\n' => bytes.push(b' '),
            '\u{a1}'..='\u{ff}' => bytes.push(u8::try_from(u32::from(c)).unwrap_or(MISSING)),
            '\u{2212}' => bytes.push(0x96),
            '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}' => {}
            other => match UPPER.iter().position(|known| *known == other) {
                Some(at) => bytes.push(u8::try_from(0x80 + at).unwrap_or(MISSING)),
                None if other.is_control() => {}
                None => {
                    *lost = true;
                    bytes.push(MISSING);
                }
            },
        }
    }
    bytes
}

/// How wide `text` is, in thousandths of the size. Letters with accents count as wide as most letters are, which is
/// right to within a tenth.
pub(super) fn width(text: &[u8]) -> i32 {
    text.iter()
        .map(|byte| match byte {
            b' '..=b'~' => i32::from(WIDTHS[usize::from(byte - b' ')]),
            0xc0..=0xde => 700,
            0x97 => 1000,
            _ => 556,
        })
        .sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_can_be_printed_is() {
        let mut lost = false;
        assert_eq!(encode("Zoë – 5 €\u{202e}", &mut lost), b"Zo\xeb \x96 5 \x80");
        assert!(!lost);
        assert_eq!(encode("Ω鞋\u{7}", &mut lost), b"??");
        assert!(lost);
        assert_eq!(width(b"AV i"), 667 + 667 + 278 + 222);
    }
}
