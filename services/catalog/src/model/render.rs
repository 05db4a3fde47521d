//! Answers as bytes: JSON, compressed both ways, under the hash of its content.

use std::io::Write;
use std::sync::Arc;

use bytes::Bytes;
use contracts::catalog::Rendered;
use flate2::Compression;
use flate2::write::GzEncoder;
use ring::digest::{SHA256, digest};
use serde::Serialize;

/// Below this many bytes a compressed answer saves no packet.
const WORTH_COMPRESSING: usize = 860;
const BROTLI_QUALITY: i32 = 5;

/// `value` as JSON. The ETag is a hash of the bytes: every node and every start gives the same one.
pub(crate) fn json<T: Serialize>(value: &T, surrogate_keys: &str) -> Rendered {
    // The views are plain structs with string keys, so they always have a JSON form.
    let body = serde_json::to_vec(value).expect("a view is always JSON");
    let hash = digest(&SHA256, &body);
    let etag = hash.as_ref()[..12].iter().fold(String::from("\""), |text, byte| text + &format!("{byte:02x}")) + "\"";
    Rendered {
        gzip: smaller(&body, gzip),
        brotli: smaller(&body, brotli),
        body: Bytes::from(body),
        etag: Arc::from(etag),
        surrogate_keys: Arc::from(surrogate_keys),
    }
}

fn smaller(body: &[u8], compress: fn(&[u8]) -> std::io::Result<Vec<u8>>) -> Option<Bytes> {
    if body.len() < WORTH_COMPRESSING {
        return None;
    }
    compress(body).ok().filter(|packed| packed.len() < body.len()).map(Bytes::from)
}

fn gzip(body: &[u8]) -> std::io::Result<Vec<u8>> {
    let mut encoder = GzEncoder::new(Vec::with_capacity(body.len() / 3), Compression::new(6));
    encoder.write_all(body)?;
    encoder.finish()
}

fn brotli(body: &[u8]) -> std::io::Result<Vec<u8>> {
    let params = brotli::enc::BrotliEncoderParams {
        quality: BROTLI_QUALITY,
        lgwin: 18,
        size_hint: body.len(),
        ..Default::default()
    };
    let mut packed = Vec::with_capacity(body.len() / 3);
    brotli::BrotliCompress(&mut &*body, &mut packed, &params)?;
    Ok(packed)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Read;

    #[test]
    fn every_encoding_carries_the_same_bytes() {
        let value = vec!["the quick brown fox"; 100];
        let rendered = json(&value, "k");
        let mut plain = Vec::new();
        flate2::read::GzDecoder::new(&rendered.gzip.unwrap()[..]).read_to_end(&mut plain).unwrap();
        assert_eq!(plain, rendered.body);
        plain.clear();
        brotli::BrotliDecompress(&mut &rendered.brotli.unwrap()[..], &mut plain).unwrap();
        assert_eq!(plain, rendered.body);
        assert_eq!(rendered.etag, json(&value, "other").etag);
        assert_ne!(rendered.etag, json(&"other", "k").etag);
        assert!(json(&"short", "k").gzip.is_none());
    }
}
