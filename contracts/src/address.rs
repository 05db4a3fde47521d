//! Postal addresses and e-mail addresses, and the checks both get wherever they come in.

use kernel::FieldError;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::market::is_country;

/// Where something goes. Personal data: stored encrypted, never in events or logs.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Address {
    #[schema(min_length = 1, max_length = 200)]
    pub name: String,
    #[schema(min_length = 1, max_length = 200)]
    pub line1: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 200)]
    pub line2: Option<String>,
    #[schema(min_length = 1, max_length = 200)]
    pub city: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 200)]
    pub region: Option<String>,
    #[schema(max_length = 20)]
    pub postal_code: String,
    /// ISO 3166-1 alpha-2, e.g. `DE`.
    #[schema(pattern = "^[A-Z]{2}$", example = "DE")]
    pub country: String,
}

impl std::fmt::Debug for Address {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Address(…, {})", self.country)
    }
}

impl Address {
    /// What is wrong with this address, each under `pointer`; empty when nothing is.
    #[must_use]
    pub fn problems(&self, pointer: &str) -> Vec<FieldError> {
        let mut errors = Vec::new();
        let mut check = |field: &str, value: &str, required: bool, max: usize| {
            let (code, detail) = if required && value.trim().is_empty() {
                ("required", "This is needed to deliver the order.".to_owned())
            } else if value.chars().count() > max {
                ("too_long", format!("At most {max} characters."))
            } else if value.chars().any(char::is_control) {
                ("invalid_characters", "This contains characters that cannot be printed on a label.".to_owned())
            } else {
                return;
            };
            errors.push(FieldError { pointer: format!("{pointer}/{field}"), code: code.to_owned(), detail });
        };
        check("name", &self.name, true, 200);
        check("line1", &self.line1, true, 200);
        check("line2", self.line2.as_deref().unwrap_or(""), false, 200);
        check("city", &self.city, true, 200);
        check("region", self.region.as_deref().unwrap_or(""), false, 200);
        check("postal_code", &self.postal_code, false, 20);
        if !is_country(&self.country) {
            errors.push(FieldError {
                pointer: format!("{pointer}/country"),
                code: "unknown_country".to_owned(),
                detail: "Use a two-letter ISO 3166-1 code such as DE.".to_owned(),
            });
        }
        errors
    }
}

/// Whether `text` has the shape of an e-mail address: one @, something before it, a dotted host after it. Whether it
/// can be delivered to is known only by sending.
#[must_use]
pub fn is_email(text: &str) -> bool {
    let Some((local, host)) = text.rsplit_once('@') else { return false };
    text.len() <= 254
        && !local.is_empty()
        && local.len() <= 64
        && !text.chars().any(|c| c.is_whitespace() || c.is_control() || "<>,;\"\\()".contains(c))
        && !local.contains('@')
        && host.split('.').count() >= 2
        && host.split('.').all(|label| {
            !label.is_empty()
                && !label.starts_with('-')
                && !label.ends_with('-')
                && label.chars().all(|c| c.is_alphanumeric() || c == '-')
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_email_has_a_local_part_and_a_dotted_host() {
        for good in ["a@b.co", "ann.o'neil+shop@mail.example.org", "zoë@exämple.de"] {
            assert!(is_email(good), "{good}");
        }
        for bad in ["", "a", "a@", "@b.co", "a@b", "a b@c.de", "a@b..de", "a@@b.de", "a@b.de\r\nBcc: x@y.z", "a@-b.de"]
        {
            assert!(!is_email(bad), "{bad:?}");
        }
    }

    #[test]
    fn every_problem_of_an_address_is_reported() {
        let address = Address {
            name: " ".into(),
            line1: "x".repeat(201),
            line2: None,
            city: "Ulm\u{7}".into(),
            region: None,
            postal_code: "89073".into(),
            country: "XX".into(),
        };
        let pointers: Vec<_> = address.problems("/a").into_iter().map(|e| (e.pointer, e.code)).collect();
        let expect = [
            ("/a/name", "required"),
            ("/a/line1", "too_long"),
            ("/a/city", "invalid_characters"),
            ("/a/country", "unknown_country"),
        ];
        assert_eq!(pointers, expect.map(|(p, c)| (p.to_owned(), c.to_owned())));
    }
}
