//! Cells that a spreadsheet would run as a formula, made harmless and read again as they were.

/// What a formula begins with, in the widths that spreadsheets take for it.
const FORMULA: [char; 11] = ['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠'];

/// Whether the text begins with a formula, whatever number of apostrophes stands before it.
fn would_run(text: &str) -> bool {
    text.trim_start_matches('\'').starts_with(FORMULA)
}

/// With an apostrophe in front where a spreadsheet would run the text, or where it would be taken for one of ours.
#[must_use]
pub fn escape(text: &str) -> std::borrow::Cow<'_, str> {
    if would_run(text) { format!("'{text}").into() } else { text.into() }
}

/// The text that [`escape`] was given.
#[must_use]
pub fn unescape(cell: &str) -> &str {
    match cell.strip_prefix('\'') {
        Some(rest) if would_run(rest) => rest,
        _ => cell,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn every_cell_comes_back_and_none_runs(text in "['=+@\\-\t\r\n＝A-Za-z0-9 \"|(),!]{0,12}") {
            let cell = escape(&text);
            prop_assert!(!cell.starts_with(FORMULA));
            prop_assert_eq!(unescape(&cell), text.as_str());
        }
    }

    #[test]
    fn plain_cells_stay_as_they_are() {
        for plain in ["", "Shoe", "'123", "'", "a=b", "it's"] {
            assert_eq!((escape(plain).as_ref(), unescape(plain)), (plain, plain));
        }
        assert_eq!(escape("=1+1"), "'=1+1");
        assert_eq!(unescape("''=1"), "'=1");
    }
}
