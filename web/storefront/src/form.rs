//! Form posts and queries: read strictly, bounded, and for posts only from our own pages.

use axum::body::Body;
use axum::extract::FromRequest;
use axum::http::{HeaderMap, Request, header};
use axum::response::Response;
use http_body_util::{BodyExt, Limited};

use crate::pages::error;
use crate::site::{Site, host};

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

/// Whether a browser sent this request from one of our own pages. Browsers always say where a post comes from; a
/// client that says nothing carries nobody's cookies by accident.
fn is_ours(headers: &HeaderMap, base_url: Option<&str>) -> bool {
    if let Some(site) = headers.get("sec-fetch-site") {
        return site == "same-origin" || site == "none";
    }
    let Some(origin) = headers.get(header::ORIGIN) else { return true };
    let Some((_, authority)) = origin.to_str().ok().and_then(|origin| origin.split_once("://")) else { return false };
    host(headers) == Some(authority)
        || base_url.and_then(|url| url.split_once("://")).is_some_and(|(_, ours)| ours == authority)
}

impl FromRequest<Site> for Fields {
    type Rejection = Response;

    async fn from_request(request: Request<Body>, site: &Site) -> Result<Self, Response> {
        if !is_ours(request.headers(), site.shop.handles.base_url.as_deref()) {
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
    use axum::http::HeaderValue;

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

    #[test]
    fn only_our_own_pages_may_post() {
        let headers = |pairs: &[(&'static str, &'static str)]| {
            HeaderMap::from_iter(pairs.iter().map(|(k, v)| (k.parse().unwrap(), HeaderValue::from_static(v))))
        };
        let cases: [(&[(&str, &str)], bool); 9] = [
            (&[("sec-fetch-site", "same-origin")], true),
            (&[("sec-fetch-site", "none")], true),
            (&[("sec-fetch-site", "cross-site"), ("origin", "http://shop.test"), ("host", "shop.test")], false),
            (&[("sec-fetch-site", "same-site")], false),
            (&[("origin", "http://shop.test"), ("host", "shop.test")], true),
            (&[("origin", "http://evil.test"), ("host", "shop.test")], false),
            (&[("origin", "null"), ("host", "shop.test")], false),
            (&[("origin", "https://public.test"), ("host", "10.0.0.1:8080")], true),
            (&[("host", "shop.test")], true),
        ];
        for (pairs, expected) in cases {
            assert_eq!(is_ours(&headers(pairs), Some("https://public.test")), expected, "{pairs:?}");
        }
    }
}
