//! Compression of what is served many times: done once per version of a body.

use std::io::Write;
use std::sync::OnceLock;

use axum::http::{HeaderMap, header};
use bytes::Bytes;

/// Better ratios cost more time than they save on pages of some 30 kB.
const BROTLI_QUALITY: u32 = 5;
const BROTLI_WINDOW: u32 = 22;
const BUFFER: usize = 16 * 1024;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Encoding {
    Identity,
    Gzip,
    Brotli,
}

impl Encoding {
    /// The best that the client takes.
    pub(crate) fn accepted(headers: &HeaderMap) -> Encoding {
        let Some(accept) = headers.get(header::ACCEPT_ENCODING).and_then(|v| v.to_str().ok()) else {
            return Encoding::Identity;
        };
        let takes = |name: &str| {
            accept.split(',').any(|item| {
                let mut parts = item.split(';').map(str::trim);
                parts.next() == Some(name) && !parts.any(|q| matches!(q, "q=0" | "q=0.0" | "q=0.00" | "q=0.000"))
            })
        };
        if takes("br") {
            Encoding::Brotli
        } else if takes("gzip") {
            Encoding::Gzip
        } else {
            Encoding::Identity
        }
    }

    pub(crate) fn name(self) -> Option<&'static str> {
        match self {
            Encoding::Identity => None,
            Encoding::Gzip => Some("gzip"),
            Encoding::Brotli => Some("br"),
        }
    }
}

/// A body with its compressed forms, each made when first asked for.
#[derive(Debug)]
pub(crate) struct Body {
    pub(crate) plain: Bytes,
    gzip: OnceLock<Bytes>,
    brotli: OnceLock<Bytes>,
}

impl Body {
    pub(crate) fn new(plain: impl Into<Bytes>) -> Self {
        Body { plain: plain.into(), gzip: OnceLock::new(), brotli: OnceLock::new() }
    }

    pub(crate) fn encoded(&self, encoding: Encoding) -> &Bytes {
        match encoding {
            Encoding::Identity => &self.plain,
            Encoding::Gzip => self.gzip.get_or_init(|| gzip(&self.plain)),
            Encoding::Brotli => self.brotli.get_or_init(|| brotli(&self.plain)),
        }
    }

    /// Bytes held now.
    pub(crate) fn weight(&self) -> usize {
        self.plain.len() + self.gzip.get().map_or(0, Bytes::len) + self.brotli.get().map_or(0, Bytes::len)
    }
}

fn gzip(plain: &[u8]) -> Bytes {
    let mut encoder = flate2::write::GzEncoder::new(Vec::with_capacity(plain.len() / 3), flate2::Compression::new(6));
    encoder.write_all(plain).and_then(|()| encoder.finish()).expect("writing to memory cannot fail").into()
}

fn brotli(plain: &[u8]) -> Bytes {
    let mut out = Vec::with_capacity(plain.len() / 3);
    let mut encoder = brotli::CompressorWriter::new(&mut out, BUFFER, BROTLI_QUALITY, BROTLI_WINDOW);
    encoder.write_all(plain).expect("writing to memory cannot fail");
    drop(encoder);
    out.into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;
    use std::io::Read;

    #[test]
    fn every_encoding_gives_the_same_text_back() {
        let text = "a page with some words, some words and more words ".repeat(200);
        let body = Body::new(text.clone());
        let mut gunzipped = String::new();
        flate2::read::GzDecoder::new(&body.encoded(Encoding::Gzip)[..]).read_to_string(&mut gunzipped).unwrap();
        let mut unbrotlied = String::new();
        brotli::Decompressor::new(&body.encoded(Encoding::Brotli)[..], BUFFER).read_to_string(&mut unbrotlied).unwrap();
        assert!(gunzipped == text && unbrotlied == text);
        assert!(body.encoded(Encoding::Brotli).len() < text.len() / 20);
    }

    #[test]
    fn the_client_chooses_the_encoding() {
        let accepted = |text| {
            Encoding::accepted(&HeaderMap::from_iter([(header::ACCEPT_ENCODING, HeaderValue::from_static(text))]))
        };
        assert_eq!(accepted("gzip, deflate, br, zstd"), Encoding::Brotli);
        assert_eq!(accepted("gzip;q=1.0, br;q=0"), Encoding::Gzip);
        assert_eq!(accepted("deflate"), Encoding::Identity);
        assert_eq!(Encoding::accepted(&HeaderMap::new()), Encoding::Identity);
    }
}
