//! Code 128, set B: the bars on a label.

/// Widths of bars and gaps by value, six to a symbol.
const WIDTHS: &str = "212222 222122 222221 121223 121322 131222 122213 122312 132212 221213 221312 231212 112232 122132 \
    122231 113222 123122 123221 223211 221132 221231 213212 223112 312131 311222 321122 321221 312212 322112 322211 \
    212123 212321 232121 111323 131123 131321 112313 132113 132311 211313 231113 231311 112133 112331 132131 113123 \
    113321 133121 313121 211331 231131 213113 213311 213131 311123 311321 331121 312113 312311 332111 314111 221411 \
    431111 111224 111422 121124 121421 141122 141221 112214 112412 122114 122411 142112 142211 241211 221114 413111 \
    241112 134111 111242 121142 121241 114212 124112 124211 411212 421112 421211 212141 214121 412121 111143 111341 \
    131141 114113 114311 411113 411311 113141 114131 311141 411131";
const START_B: usize = 104;
const START_B_WIDTHS: &str = "211214";
const STOP_WIDTHS: &str = "2331112";

/// The bars for `text` as offset and width in modules, and the width of it all. Nothing for a text that set B lacks.
pub(crate) fn bars(text: &str) -> Option<(Vec<(u32, u32)>, u32)> {
    let table: Vec<&str> = WIDTHS.split_ascii_whitespace().collect();
    let values: Vec<usize> =
        text.bytes().map(|b| (32..127).contains(&b).then(|| usize::from(b) - 32)).collect::<Option<_>>()?;
    let sum = values.iter().enumerate().fold(START_B, |sum, (i, value)| sum + (i + 1) * value);
    let symbols = std::iter::once(START_B_WIDTHS)
        .chain(values.iter().map(|value| table[*value]))
        .chain([table[sum % 103], STOP_WIDTHS]);
    let (mut bars, mut offset) = (Vec::new(), 0);
    for symbol in symbols {
        for (i, width) in symbol.bytes().enumerate() {
            let width = u32::from(width - b'0');
            if i.is_multiple_of(2) {
                bars.push((offset, width));
            }
            offset += width;
        }
    }
    Some((bars, offset))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_symbol_has_eleven_modules_and_the_stop_thirteen() {
        let table: Vec<&str> = WIDTHS.split_ascii_whitespace().collect();
        assert_eq!(table.len(), 103);
        for symbol in &table {
            assert_eq!(symbol.bytes().map(|b| u32::from(b - b'0')).sum::<u32>(), 11, "{symbol}");
        }
        let (bars, width) = bars("SIM-42").unwrap();
        // Start, six characters, check, stop.
        assert_eq!(width, 8 * 11 + 13);
        assert_eq!(bars.len(), 8 * 3 + 4);
    }

    #[test]
    fn the_check_symbol_is_that_of_the_standard() {
        // The well-known example: "PJJ123C" in set B has the check value 55… computed here the long way.
        let text = "PJJ123C";
        let sum: usize = 104 + text.bytes().enumerate().map(|(i, b)| (i + 1) * (usize::from(b) - 32)).sum::<usize>();
        assert_eq!(sum % 103, 55);
        assert!(bars("é").is_none());
    }
}
