//! Percent-encoding, read strictly: what is not valid is refused, never guessed at.

use std::borrow::Cow;

/// The text is not valid percent-encoding of UTF-8.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct BadEncoding;

/// Decodes `%XX`; `+` means a space when `form` is set.
pub(crate) fn percent_decode(text: &str, form: bool) -> Result<Cow<'_, str>, BadEncoding> {
    let bytes = text.as_bytes();
    if !bytes.iter().any(|&b| b == b'%' || (form && b == b'+')) {
        return Ok(Cow::Borrowed(text));
    }
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        match bytes[at] {
            b'%' => {
                let digit = |i: usize| bytes.get(i).and_then(|&b| char::from(b).to_digit(16)).ok_or(BadEncoding);
                // Two hexadecimal digits make at most 255.
                out.push((digit(at + 1)? * 16 + digit(at + 2)?) as u8);
                at += 3;
            }
            b'+' if form => {
                out.push(b' ');
                at += 1;
            }
            other => {
                out.push(other);
                at += 1;
            }
        }
    }
    String::from_utf8(out).map(Cow::Owned).map_err(|_| BadEncoding)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decoding_is_strict() {
        assert_eq!(percent_decode("a%20b+c", false).unwrap(), "a b+c");
        assert_eq!(percent_decode("a%20b+c", true).unwrap(), "a b c");
        assert_eq!(percent_decode("%C3%A9", false).unwrap(), "é");
        for bad in ["%", "%a", "%zz", "%ff", "%C3", "%+1", "%é"] {
            assert_eq!(percent_decode(bad, false), Err(BadEncoding), "{bad}");
        }
    }
}
