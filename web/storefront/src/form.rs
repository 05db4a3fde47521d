//! Form posts and queries: read strictly, bounded, and for posts only from our own pages.

use axum::body::Body;
use axum::extract::FromRequest;
use axum::http::{Request, header};
use axum::response::Response;
use http_body_util::{BodyExt, Limited};

use crate::pages::error;
use crate::site::Site;

/// The most bytes of a form.
const MAX_BODY: usize = 64 * 1024;

/// The fields of a form or query, in order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Fields(Vec<(String, String)>);

impl Fields {
    /// Reads `application/x-www-form-urlencoded` text; nothing when it is not well-formed UTF-8 throughout.
    pub(crate) fn parse(text: &[u8]) -> Option<Fields> {
        text.split(|&b| b == b'&')
            .filter(|pair| !pair.is_empty())
            .map(|pair| {
                let split = pair.iter().position(|&b| b == b'=').unwrap_or(pair.len());
                Some((decode(&pair[..split])?, decode(pair.get(split + 1..).unwrap_or(b""))?))
            })
            .collect::<Option<Vec<_>>>()
            .map(Fields)
    }

    /// The first value of `name`, without spaces at its ends; empty when there is none.
    pub(crate) fn text(&self, name: &str) -> &str {
        self.0.iter().find(|(key, _)| key == name).map_or("", |(_, value)| value.trim())
    }

    /// The first value of `name` as it was typed; for passwords, whose spaces count.
    pub(crate) fn raw(&self, name: &str) -> &str {
        self.0.iter().find(|(key, _)| key == name).map_or("", |(_, value)| value)
    }

    /// Every field, in order.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        Some(self.text(name)).filter(|text| !text.is_empty())
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

impl FromRequest<Site> for Fields {
    type Rejection = Response;

    async fn from_request(request: Request<Body>, site: &Site) -> Result<Self, Response> {
        // A client that does not say where it is from carries nobody's cookies by accident; a session's cookie changes
        // nothing without that, which the front sees to.
        if http_kit::from_own_page(request.headers(), site.shop.handles.base_url.as_deref()) == Some(false) {
            return Err(error::cross_site(site));
        }
        let content_type = request.headers().get(header::CONTENT_TYPE).and_then(|v| v.to_str().ok()).unwrap_or("");
        let essence = content_type.split(';').next().unwrap_or("").trim();
        if !essence.eq_ignore_ascii_case("application/x-www-form-urlencoded") {
            return Err(error::malformed(site));
        }
        match Limited::new(request.into_body(), MAX_BODY).collect().await {
            Ok(body) => Fields::parse(&body.to_bytes()).ok_or_else(|| error::malformed(site)),
            Err(cause) if cause.is::<http_body_util::LengthLimitError>() => Err(error::too_large(site)),
            Err(_) => Err(error::malformed(site)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_are_decoded_strictly() {
        let fields = Fields::parse(b"name=Zo%C3%AB+M%26M&empty=&flag&name=second&sp=%20x%20").unwrap();
        assert_eq!(fields.text("name"), "Zoë M&M");
        assert_eq!(fields.text("sp"), "x");
        assert_eq!(fields.get("empty"), None);
        assert_eq!(fields.get("flag"), None);
        assert_eq!(Fields::parse(b""), Some(Fields::default()));
        for bad in [&b"a=%"[..], b"a=%g0", b"a=%C3", b"a=\xff", b"%f=1"] {
            assert_eq!(Fields::parse(bad), None, "{bad:?}");
        }
    }
}
