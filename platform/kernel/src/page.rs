//! Pages of a list: a bounded limit and an opaque cursor that stays stable while the list changes.

use serde::{Deserialize, Serialize};

use crate::failure::{ErrorKind, Failure};

pub const DEFAULT_LIMIT: u32 = 24;
pub const MAX_LIMIT: u32 = 100;

/// An opaque position in a list. Its text is URL-safe; its content is known only to the list that made it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Cursor(String);

impl Cursor {
    /// A cursor that carries `parts`, the sort key of the last item shown.
    #[must_use]
    pub fn encode(parts: &[&str]) -> Self {
        let raw = parts.join("\u{1f}");
        Cursor(raw.bytes().map(|b| format!("{b:02x}")).collect())
    }

    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// # Errors
    /// `invalid_cursor` when the text was not made by [`Cursor::encode`] with `parts` parts.
    pub fn decode(text: &str, parts: usize) -> Result<Vec<String>, Failure> {
        let invalid = || Failure::new(ErrorKind::Invalid, "invalid_cursor", "This cursor was not made by this list.");
        if text.len() > 1024 || !text.len().is_multiple_of(2) || !text.is_ascii() {
            return Err(invalid());
        }
        let bytes = (0..text.len())
            .step_by(2)
            .map(|i| u8::from_str_radix(&text[i..i + 2], 16))
            .collect::<Result<Vec<_>, _>>()
            .map_err(|_| invalid())?;
        let raw = String::from_utf8(bytes).map_err(|_| invalid())?;
        let found: Vec<String> = raw.split('\u{1f}').map(str::to_owned).collect();
        if found.len() == parts { Ok(found) } else { Err(invalid()) }
    }
}

/// Which part of a list is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PageRequest {
    pub limit: u32,
    pub cursor: Option<String>,
}

impl Default for PageRequest {
    fn default() -> Self {
        PageRequest { limit: DEFAULT_LIMIT, cursor: None }
    }
}

impl PageRequest {
    /// # Errors
    /// `invalid_limit` when `limit` is not within 1 to [`MAX_LIMIT`].
    pub fn new(limit: Option<u32>, cursor: Option<String>) -> Result<Self, Failure> {
        let limit = limit.unwrap_or(DEFAULT_LIMIT);
        if limit == 0 || limit > MAX_LIMIT {
            return Err(Failure::field("/limit", "invalid_limit", format!("Ask for 1 to {MAX_LIMIT} items.")));
        }
        Ok(PageRequest { limit, cursor })
    }
}

/// One part of a list, and where the next begins.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Page<T> {
    pub items: Vec<T>,
    /// Pass as `cursor` for the next page; null on the last.
    pub next_cursor: Option<String>,
}

impl<T> Page<T> {
    #[must_use]
    pub fn map<U>(self, f: impl FnMut(T) -> U) -> Page<U> {
        Page { items: self.items.into_iter().map(f).collect(), next_cursor: self.next_cursor }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_carries_its_parts_and_refuses_others() {
        let cursor = Cursor::encode(&["Zoë's shoe", "42"]);
        assert_eq!(Cursor::decode(cursor.as_str(), 2).unwrap(), ["Zoë's shoe", "42"]);
        for bad in ["", "zz", "abc", "é0", &"00".repeat(2000)] {
            assert!(Cursor::decode(bad, 2).is_err(), "{bad}");
        }
        assert!(Cursor::decode(cursor.as_str(), 3).is_err());
    }

    #[test]
    fn limits_are_kept() {
        assert!(PageRequest::new(Some(0), None).is_err());
        assert!(PageRequest::new(Some(101), None).is_err());
        assert_eq!(PageRequest::new(None, None).unwrap().limit, DEFAULT_LIMIT);
    }
}
