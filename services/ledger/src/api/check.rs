//! The shape of the input: lengths, counts and ranges, as the schemas say. All that is wrong is told at once.

use contracts::cart::{MAX_LINES, MAX_QUANTITY};
use contracts::ledger::LineQuantity;
use kernel::{Failure, FieldError};

/// What was found wrong so far.
#[derive(Default)]
pub(super) struct Faults(Vec<FieldError>);

impl Faults {
    pub(super) fn add(&mut self, pointer: impl Into<String>, code: &str, detail: impl Into<String>) {
        self.0.push(FieldError { pointer: pointer.into(), code: code.to_owned(), detail: detail.into() });
    }

    /// A text of one line. Spaces alone are no text.
    pub(super) fn line_of_text(&mut self, pointer: &str, text: &str, min: usize, max: usize) {
        if text.chars().any(char::is_control) {
            self.add(pointer, "invalid_characters", "This contains characters that cannot be printed.");
        } else {
            self.length(pointer, text, min, max);
        }
    }

    /// A text that may have several lines.
    pub(super) fn prose(&mut self, pointer: &str, text: &str, min: usize, max: usize) {
        if text.chars().any(|c| c.is_control() && !matches!(c, '\n' | '\r' | '\t')) {
            self.add(pointer, "invalid_characters", "This contains characters that cannot be printed.");
        } else {
            self.length(pointer, text, min, max);
        }
    }

    fn length(&mut self, pointer: &str, text: &str, min: usize, max: usize) {
        if text.trim().chars().count() < min {
            self.add(pointer, "required", format!("Write {min} to {max} characters."));
        } else if text.chars().count() > max {
            self.add(pointer, "too_long", format!("At most {max} characters."));
        }
    }

    pub(super) fn range(&mut self, pointer: &str, value: i64, min: i64, max: i64) {
        if !(min..=max).contains(&value) {
            self.add(pointer, "out_of_range", format!("This must be within {min} and {max}."));
        }
    }

    /// Lines of an order, named in `/lines`.
    pub(super) fn lines(&mut self, lines: &[LineQuantity]) {
        if lines.is_empty() {
            self.add("/lines", "required", "Name at least one line.");
        }
        if lines.len() > MAX_LINES {
            self.add("/lines", "too_many", format!("An order has at most {MAX_LINES} lines."));
            return;
        }
        for (i, asked) in lines.iter().enumerate() {
            if lines[..i].iter().any(|before| before.line == asked.line) {
                self.add(format!("/lines/{i}/line"), "repeated_line", "Name each line once.");
            }
            if asked.quantity == 0 {
                self.add(format!("/lines/{i}/quantity"), "too_small", "At least one unit.");
            } else if asked.quantity > MAX_QUANTITY {
                self.add(format!("/lines/{i}/quantity"), "too_large", format!("At most {MAX_QUANTITY} units."));
            }
        }
    }

    /// # Errors
    /// 422 `invalid_input` with every fault.
    pub(super) fn done(self) -> Result<(), Failure> {
        if self.0.is_empty() { Ok(()) } else { Err(Failure::fields(self.0)) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(check: impl FnOnce(&mut Faults)) -> Vec<(String, String)> {
        let mut faults = Faults::default();
        check(&mut faults);
        let errors = faults.done().err().map(|failure| failure.errors).unwrap_or_default();
        errors.into_iter().map(|error| (error.pointer, error.code)).collect()
    }

    fn codes(check: impl FnOnce(&mut Faults)) -> Vec<String> {
        found(check).into_iter().map(|(_, code)| code).collect()
    }

    #[test]
    fn texts_have_a_length_and_can_be_printed() {
        assert!(codes(|f| f.line_of_text("/a", "é", 1, 1)).is_empty());
        assert!(codes(|f| f.line_of_text("/a", "", 0, 1)).is_empty());
        assert!(codes(|f| f.prose("/a", "a\r\n\tb", 1, 9)).is_empty());
        assert_eq!(codes(|f| f.line_of_text("/a", "  ", 1, 9)), ["required"]);
        assert_eq!(codes(|f| f.line_of_text("/a", "ab", 0, 1)), ["too_long"]);
        assert_eq!(codes(|f| f.line_of_text("/a", "a\nb", 0, 9)), ["invalid_characters"]);
        assert_eq!(codes(|f| f.prose("/a", "a\u{1b}[1m", 0, 9)), ["invalid_characters"]);
    }

    #[test]
    fn every_wrong_line_is_named() {
        let lines = |pairs: &[(u32, u32)]| -> Vec<LineQuantity> {
            pairs.iter().map(|&(line, quantity)| LineQuantity { line, quantity }).collect()
        };
        assert!(codes(|f| f.lines(&lines(&[(1, 1), (2, 999)]))).is_empty());
        assert_eq!(codes(|f| f.lines(&[])), ["required"]);
        let many: Vec<_> = (1..=101).map(|line| (line, 0)).collect();
        assert_eq!(codes(|f| f.lines(&lines(&many))), ["too_many"]);
        let expected = [("/lines/0/quantity", "too_small"), ("/lines/1/line", "repeated_line")];
        let expected = expected.into_iter().chain([("/lines/2/quantity", "too_large")]);
        let expected: Vec<_> = expected.map(|(p, c)| (p.to_owned(), c.to_owned())).collect();
        assert_eq!(found(|f| f.lines(&lines(&[(1, 0), (1, 1), (3, 1000)]))), expected);
    }
}
