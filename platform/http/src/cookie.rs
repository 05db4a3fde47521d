//! Cookies, and whether a request comes from one of the shop's own pages.
//!
//! A session is a cookie that no script can read and no other site can send along with a form. Behind TLS its name begins
//! with `__Host-`, so that no neighbouring host can plant one; on plain HTTP, where browsers refuse such names, it is
//! the same name without.

use std::convert::Infallible;
use std::net::IpAddr;

use axum::extract::FromRequestParts;
use contracts::identity::Visitor;
use http::header::{COOKIE, HOST, ORIGIN, SET_COOKIE, USER_AGENT};
use http::request::Parts;
use http::{HeaderMap, HeaderValue};
use kernel::Secret;

/// The sessions that a browser can hold: one as a customer, one as staff, independent of each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SessionCookie {
    Customer,
    Staff,
}

impl SessionCookie {
    /// The cookie's name; `secure` says whether the shop's public address is `https://`.
    #[must_use]
    pub const fn name(self, secure: bool) -> &'static str {
        match (self, secure) {
            (SessionCookie::Customer, true) => "__Host-argosy-session",
            (SessionCookie::Customer, false) => "argosy-session",
            (SessionCookie::Staff, true) => "__Host-argosy-staff",
            (SessionCookie::Staff, false) => "argosy-staff",
        }
    }

    /// The token that a request carries.
    #[must_use]
    pub fn read(self, headers: &HeaderMap, secure: bool) -> Option<Secret> {
        let token = cookie(headers, self.name(secure))?;
        (!token.is_empty() && token.len() <= 128).then(|| Secret::new(token.to_owned()))
    }

    /// Gives the browser a session. A customer's outlives the browser, by `max_age_s`; a colleague's ends with it.
    pub fn set(self, out: &mut HeaderMap, secure: bool, token: &Secret, max_age_s: i64) {
        let age = match self {
            SessionCookie::Customer => format!("; Max-Age={}", max_age_s.max(0)),
            SessionCookie::Staff => String::new(),
        };
        self.put(out, secure, token.expose(), &age);
    }

    /// Takes the session away.
    pub fn clear(self, out: &mut HeaderMap, secure: bool) {
        self.put(out, secure, "", "; Max-Age=0");
    }

    fn put(self, out: &mut HeaderMap, secure: bool, value: &str, age: &str) {
        let secure_flag = if secure { "; Secure" } else { "" };
        let text = format!("{}={value}; Path=/{age}; HttpOnly; SameSite=Lax{secure_flag}", self.name(secure));
        // A token is made of letters, digits, hyphens and underscores.
        if let Ok(mut value) = HeaderValue::from_str(&text) {
            value.set_sensitive(true);
            out.append(SET_COOKIE, value);
        }
    }
}

/// The value of the cookie `name`.
#[must_use]
pub fn cookie<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers
        .get_all(COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find_map(|(key, value)| (key == name).then_some(value))
}

/// Whether a browser sent this request from one of the shop's own pages. None when nothing says where it is from:
/// browsers always say so of a post, other clients need not. `base_url` is the shop's public address.
#[must_use]
pub fn from_own_page(headers: &HeaderMap, base_url: Option<&str>) -> Option<bool> {
    if let Some(site) = headers.get("sec-fetch-site") {
        return Some(site == "same-origin" || site == "none");
    }
    let origin = headers.get(ORIGIN)?;
    let Some((_, authority)) = origin.to_str().ok().and_then(|origin| origin.split_once("://")) else {
        return Some(false);
    };
    let host = headers.get(HOST).and_then(|value| value.to_str().ok());
    let ours = base_url.and_then(|url| url.split_once("://")).map(|(_, ours)| ours);
    Some(host == Some(authority) || ours == Some(authority))
}

/// The address of the client, left in the extensions of a request by [`crate::serve`].
#[derive(Clone, Copy, Debug)]
pub struct ClientAddress(pub IpAddr);

/// [`ClientAddress`] as an argument of a handler; none when nobody found it out.
#[derive(Clone, Copy, Debug)]
pub struct Client(pub Option<IpAddr>);

impl<S: Send + Sync> FromRequestParts<S> for Client {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(Client(parts.extensions.get::<ClientAddress>().map(|address| address.0)))
    }
}

/// Who stands at the door, for throttling and for the list of sessions.
#[derive(Clone, Debug)]
pub struct Visit {
    address: Option<IpAddr>,
    user_agent: Option<String>,
    headers: HeaderMap,
}

impl Visit {
    /// As the accounts want to know it; `cookie` names the session that logging in would replace.
    #[must_use]
    pub fn visitor(self, cookie: SessionCookie, secure: bool) -> Visitor {
        let session = cookie.read(&self.headers, secure);
        Visitor { address: self.address, user_agent: self.user_agent, session }
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Visit {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        let mut headers = HeaderMap::new();
        for value in parts.headers.get_all(COOKIE) {
            headers.append(COOKIE, value.clone());
        }
        Ok(Visit {
            address: parts.extensions.get::<ClientAddress>().map(|address| address.0),
            user_agent: parts.headers.get(USER_AGENT).and_then(|v| v.to_str().ok()).map(str::to_owned),
            headers,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        HeaderMap::from_iter(pairs.iter().map(|(k, v)| (k.parse().unwrap(), HeaderValue::from_static(v))))
    }

    #[test]
    fn a_session_is_bound_to_the_host_behind_tls() {
        let token = Secret::new("argosy_c_abc".to_owned());
        let set = |cookie: SessionCookie, secure| {
            let mut out = HeaderMap::new();
            cookie.set(&mut out, secure, &token, 60);
            out[SET_COOKIE].to_str().unwrap().to_owned()
        };
        assert_eq!(
            set(SessionCookie::Customer, true),
            "__Host-argosy-session=argosy_c_abc; Path=/; Max-Age=60; HttpOnly; SameSite=Lax; Secure"
        );
        assert_eq!(set(SessionCookie::Staff, false), "argosy-staff=argosy_c_abc; Path=/; HttpOnly; SameSite=Lax");
        let request = headers(&[("cookie", "a=b; argosy-session=planted; __Host-argosy-session=mine")]);
        let read = |secure| SessionCookie::Customer.read(&request, secure).map(|token| token.expose().clone());
        assert_eq!((read(true).as_deref(), read(false).as_deref()), (Some("mine"), Some("planted")));
    }

    #[test]
    fn a_page_of_ours_is_told_from_others() {
        type Case = (&'static [(&'static str, &'static str)], Option<bool>);
        let cases: [Case; 9] = [
            (&[("sec-fetch-site", "same-origin")], Some(true)),
            (&[("sec-fetch-site", "none")], Some(true)),
            (&[("sec-fetch-site", "cross-site"), ("origin", "http://shop.test"), ("host", "shop.test")], Some(false)),
            (&[("sec-fetch-site", "same-site")], Some(false)),
            (&[("origin", "http://shop.test"), ("host", "shop.test")], Some(true)),
            (&[("origin", "http://evil.test"), ("host", "shop.test")], Some(false)),
            (&[("origin", "null"), ("host", "shop.test")], Some(false)),
            (&[("origin", "https://public.test"), ("host", "10.0.0.1:8080")], Some(true)),
            (&[("host", "shop.test")], None),
        ];
        for (pairs, expected) in cases {
            assert_eq!(from_own_page(&headers(pairs), Some("https://public.test")), expected, "{pairs:?}");
        }
    }
}
