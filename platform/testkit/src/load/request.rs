//! Requests as bytes, made once and sent many times.

use std::fmt::Write as _;
use std::net::SocketAddr;

use bytes::Bytes;

/// A request in the making.
#[derive(Clone, Debug)]
pub struct Request(String);

/// `GET path`, ready to be sent.
#[must_use]
pub fn get(host: SocketAddr, path: &str) -> Bytes {
    Request::new(host, "GET", path).bytes()
}

impl Request {
    #[must_use]
    pub fn new(host: SocketAddr, method: &str, path: &str) -> Self {
        Request(format!("{method} {path} HTTP/1.1\r\nhost: {host}\r\n"))
    }

    /// Adds a header. Neither part may contain line breaks.
    #[must_use]
    pub fn header(mut self, name: &str, value: &str) -> Self {
        debug_assert!(!name.contains(['\r', '\n']) && !value.contains(['\r', '\n']), "a header is one line");
        // Writing to a String cannot fail.
        let _ = write!(self.0, "{name}: {value}\r\n");
        self
    }

    /// The request without a body.
    #[must_use]
    pub fn bytes(mut self) -> Bytes {
        self.0.push_str("\r\n");
        self.0.into()
    }

    /// The request with a JSON body.
    #[must_use]
    pub fn json(self, body: &str) -> Bytes {
        self.body("application/json", body)
    }

    /// The request with a body of `content_type`.
    #[must_use]
    pub fn body(self, content_type: &str, body: &str) -> Bytes {
        let mut head = self.header("content-type", content_type).header("content-length", &body.len().to_string()).0;
        head.push_str("\r\n");
        head.push_str(body);
        head.into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_is_what_http_says() {
        let host = "127.0.0.1:8080".parse().unwrap();
        assert_eq!(&get(host, "/readyz")[..], b"GET /readyz HTTP/1.1\r\nhost: 127.0.0.1:8080\r\n\r\n");
        let post = Request::new(host, "POST", "/carts").header("cart-secret", "s").json("{}");
        assert_eq!(
            &post[..],
            b"POST /carts HTTP/1.1\r\nhost: 127.0.0.1:8080\r\ncart-secret: s\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n{}"
        );
    }
}
