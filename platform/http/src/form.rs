//! Form posts and queries of pages: read strictly, bounded, and for posts only from the shop's own pages.

use axum::extract::Request;
use http::HeaderMap;
use http::header::CONTENT_TYPE;

use crate::{Problem, from_own_page, read_body};

/// The most fields of a form.
pub const MAX_FIELDS: usize = 5_000;

/// The fields of a form or query, in order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Fields(Vec<(String, String)>);

impl Fields {
    /// Reads `application/x-www-form-urlencoded` text; nothing when it is not well-formed UTF-8 throughout, or has more
    /// than [`MAX_FIELDS`] fields.
    #[must_use]
    pub fn parse(text: &[u8]) -> Option<Fields> {
        let pairs = text
            .split(|&b| b == b'&')
            .filter(|pair| !pair.is_empty())
            .take(MAX_FIELDS + 1)
            .map(|pair| {
                let split = pair.iter().position(|&b| b == b'=').unwrap_or(pair.len());
                Some((decode(&pair[..split])?, decode(pair.get(split + 1..).unwrap_or(b""))?))
            })
            .collect::<Option<Vec<_>>>()?;
        (pairs.len() <= MAX_FIELDS).then_some(Fields(pairs))
    }

    #[must_use]
    pub fn of(pairs: Vec<(String, String)>) -> Fields {
        Fields(pairs)
    }

    /// The first value of `name` as it was typed, for passwords, whose spaces count; empty when there is none.
    #[must_use]
    pub fn raw(&self, name: &str) -> &str {
        self.0.iter().find(|(key, _)| key == name).map_or("", |(_, value)| value)
    }

    /// The first value of `name`, without spaces at its ends.
    #[must_use]
    pub fn text(&self, name: &str) -> &str {
        self.raw(name).trim()
    }

    /// As [`Self::text`]; none when that is empty.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        Some(self.text(name)).filter(|text| !text.is_empty())
    }

    /// Every value of `name`.
    pub fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.0.iter().filter(move |(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    #[must_use]
    pub fn has(&self, name: &str) -> bool {
        self.0.iter().any(|(key, _)| key == name)
    }

    /// Every field, in order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }
}

fn decode(raw: &[u8]) -> Option<String> {
    let mut bytes = Vec::with_capacity(raw.len());
    let mut rest = raw.iter();
    while let Some(&byte) = rest.next() {
        bytes.push(match byte {
            b'+' => b' ',
            b'%' => {
                let digit = |b: Option<&u8>| b.and_then(|&b| char::from(b).to_digit(16));
                let (high, low) = (digit(rest.next())?, digit(rest.next())?);
                u8::try_from(high * 16 + low).ok()?
            }
            other => other,
        });
    }
    String::from_utf8(bytes).ok()
}

/// Why a form was not read.
#[derive(Debug)]
pub enum FormFault {
    /// It was sent from a page of another site, whoever's cookies it carries.
    CrossSite,
    /// It is no form, or not well-formed.
    Unreadable,
    /// Its body is too large, came too slowly, or broke off.
    Body(Problem),
}

/// # Errors
/// [`FormFault::CrossSite`]. A client that does not say where it is from carries nobody's cookies by accident; what the
/// cookie of a session changes without that, [`crate::Front`] sees to.
pub fn from_us(headers: &HeaderMap, base_url: Option<&str>) -> Result<(), FormFault> {
    if from_own_page(headers, base_url) == Some(false) { Err(FormFault::CrossSite) } else { Ok(()) }
}

/// What a body is said to be; empty when nothing is said.
#[must_use]
pub fn content_type(headers: &HeaderMap) -> &str {
    headers.get(CONTENT_TYPE).and_then(|v| v.to_str().ok()).unwrap_or("")
}

/// Reads the form that `request` posts, of at most `limit` bytes.
///
/// # Errors
/// When it is from another site, no form, or its body cannot be read.
pub async fn read_form(request: Request, base_url: Option<&str>, limit: usize) -> Result<Fields, FormFault> {
    from_us(request.headers(), base_url)?;
    let essence = content_type(request.headers()).split(';').next().unwrap_or("").trim();
    if !essence.eq_ignore_ascii_case("application/x-www-form-urlencoded") {
        return Err(FormFault::Unreadable);
    }
    let body = read_body(request, limit).await.map_err(FormFault::Body)?;
    Fields::parse(&body).ok_or(FormFault::Unreadable)
}

#[cfg(test)]
mod tests {
    use axum::body::Body;

    use super::*;

    #[test]
    fn forms_are_decoded_strictly() {
        let fields = Fields::parse(b"name=Zo%C3%AB+M%26M&empty=&flag&name=second&sp=%20x%20").unwrap();
        assert_eq!(fields.text("name"), "Zoë M&M");
        assert_eq!(fields.all("name").collect::<Vec<_>>(), ["Zoë M&M", "second"]);
        assert_eq!((fields.text("sp"), fields.raw("sp")), ("x", " x "));
        assert_eq!((fields.get("empty"), fields.get("flag"), fields.has("flag")), (None, None, true));
        assert_eq!(fields.iter().nth(1), Some(("empty", "")));
        assert_eq!(Fields::parse(b""), Some(Fields::default()));
        for bad in [&b"a=%"[..], b"a=%g0", b"a=%C3", b"a=\xff", b"%f=1"] {
            assert_eq!(Fields::parse(bad), None, "{bad:?}");
        }
        assert_eq!(Fields::parse("a=1&".repeat(MAX_FIELDS + 1).as_bytes()), None, "too many fields");
    }

    #[tokio::test]
    async fn a_form_is_small_and_from_our_own_pages() {
        let read = async |origin: &str, kind: &str, body: &'static str| {
            let request = Request::post("/form").header("host", "shop").header("origin", origin);
            let request = request.header(CONTENT_TYPE, kind).body(Body::from(body)).unwrap();
            read_form(request, Some("https://shop"), 8).await
        };
        let (own, kind) = ("https://shop", "application/x-www-form-urlencoded; charset=utf-8");
        assert_eq!(read(own, kind, "a=1").await.unwrap().text("a"), "1");
        assert!(matches!(read("https://evil", kind, "a=1").await, Err(FormFault::CrossSite)));
        assert!(matches!(read(own, "text/plain", "a=1").await, Err(FormFault::Unreadable)));
        assert!(matches!(read(own, kind, "a=%").await, Err(FormFault::Unreadable)));
        assert!(matches!(read(own, kind, "a=12345678").await, Err(FormFault::Body(_))));
    }
}
