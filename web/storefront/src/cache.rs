//! The page cache: whole answers in memory, so that a browse request is a lookup and a write.
//!
//! A page is good while the catalog's generation is the one it was rendered at. When a newer generation renders the same
//! bytes, the compressed forms and the ETag stay. The key is path and canonical query; each market has its own paths.

use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use axum::body::Body as HttpBody;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::Response;
use parking_lot::RwLock;

use crate::compress::{Body, Encoding};
use crate::respond;

const SHARDS: usize = 16;
/// Bytes of all pages together. A page of 30 kB with its compressed forms takes about 45 kB.
const MAX_BYTES: usize = 96 * 1024 * 1024;

/// Browsers ask again each time (an ETag makes that cheap); a shared cache may answer for a minute.
const CACHE_CONTROL: HeaderValue = HeaderValue::from_static("public, max-age=0, s-maxage=60, must-revalidate");

/// What a render gives to the cache.
pub(crate) struct Fresh {
    pub(crate) body: String,
    /// `None` for HTML.
    pub(crate) content_type: Option<&'static str>,
    /// Space-separated keys under which an edge may purge it.
    pub(crate) surrogate_keys: String,
}

/// An answer that is served many times.
pub(crate) struct Page {
    generation: AtomicU64,
    /// Used since the last sweep.
    used: AtomicBool,
    body: Body,
    etag: HeaderValue,
    /// Prepared per encoding: identity, gzip, brotli.
    headers: [HeaderMap; 3],
}

impl Page {
    pub(crate) fn new(fresh: Fresh, generation: u64) -> Self {
        let body = Body::new(fresh.body);
        let etag = etag(&body.plain);
        let mut common = HeaderMap::with_capacity(12);
        common.extend(respond::page_headers());
        if let Some(content_type) = fresh.content_type {
            common.insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
        }
        common.insert(header::CACHE_CONTROL, CACHE_CONTROL);
        common.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
        common.insert(header::ETAG, etag.clone());
        if let Ok(keys) = HeaderValue::from_str(&fresh.surrogate_keys) {
            common.insert("surrogate-key", keys);
        }
        let encoded = |encoding: Encoding| {
            let mut headers = common.clone();
            if let Some(name) = encoding.name() {
                headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static(name));
            }
            headers
        };
        let headers = [Encoding::Identity, Encoding::Gzip, Encoding::Brotli].map(encoded);
        Page { generation: AtomicU64::new(generation), used: AtomicBool::new(true), body, etag, headers }
    }

    /// The answer for a client with these request headers.
    pub(crate) fn respond(&self, request: &HeaderMap) -> Response {
        if request.get(header::IF_NONE_MATCH).is_some_and(|known| names(known, &self.etag)) {
            let mut response = Response::new(HttpBody::empty());
            *response.status_mut() = StatusCode::NOT_MODIFIED;
            *response.headers_mut() = self.headers[0].clone();
            response.headers_mut().remove(header::CONTENT_TYPE);
            return response;
        }
        let encoding = Encoding::accepted(request);
        let mut response = Response::new(HttpBody::from(self.body.encoded(encoding).clone()));
        *response.headers_mut() = self.headers[encoding as usize].clone();
        response
    }

    fn weight(&self) -> usize {
        self.body.weight() + 1024
    }
}

/// Weak, because the encodings of a page share it. Digits of SHA-256, so that nodes agree.
fn etag(body: &[u8]) -> HeaderValue {
    let digest = ring::digest::digest(&ring::digest::SHA256, body);
    let hex: String = digest.as_ref()[..12].iter().map(|b| format!("{b:02x}")).collect();
    HeaderValue::from_str(&format!("W/\"{hex}\"")).expect("hexadecimal digits can stand in a header")
}

/// Whether `If-None-Match: known` names `etag` (weak comparison, RFC 9110 section 13.1.2).
fn names(known: &HeaderValue, etag: &HeaderValue) -> bool {
    if known == etag {
        return true;
    }
    let (Ok(known), Ok(etag)) = (known.to_str(), etag.to_str()) else { return false };
    let strong = |tag: &str| tag.trim().trim_start_matches("W/").to_owned();
    known.trim() == "*" || known.split(',').any(|tag| strong(tag) == strong(etag))
}

type Shard = RwLock<HashMap<Box<str>, Arc<Page>>>;

pub(crate) struct PageCache {
    shards: [Shard; SHARDS],
    hasher: RandomState,
    max_shard_bytes: usize,
}

impl Default for PageCache {
    fn default() -> Self {
        Self::with_capacity(MAX_BYTES)
    }
}

impl PageCache {
    pub(crate) fn with_capacity(bytes: usize) -> Self {
        PageCache {
            shards: std::array::from_fn(|_| Shard::default()),
            hasher: RandomState::new(),
            max_shard_bytes: bytes / SHARDS,
        }
    }

    fn shard(&self, key: &str) -> &Shard {
        #[allow(clippy::cast_possible_truncation)] // Only the low bits choose the shard.
        let index = self.hasher.hash_one(key) as usize % SHARDS;
        &self.shards[index]
    }

    /// The page under `key`, when it was rendered at `generation`.
    pub(crate) fn get(&self, key: &str, generation: u64) -> Option<Arc<Page>> {
        let page = self.shard(key).read().get(key)?.clone();
        if page.generation.load(Ordering::Acquire) != generation {
            return None;
        }
        if !page.used.load(Ordering::Relaxed) {
            page.used.store(true, Ordering::Relaxed);
        }
        Some(page)
    }

    /// Keeps what was rendered. `generation` was read before the rendering began, so that a change in between is not
    /// missed.
    pub(crate) fn put(&self, key: &str, generation: u64, fresh: Fresh) -> Arc<Page> {
        let shard = self.shard(key);
        if let Some(old) = shard.read().get(key)
            && old.body.plain == fresh.body.as_bytes()
        {
            old.generation.fetch_max(generation, Ordering::AcqRel);
            return old.clone();
        }
        let page = Arc::new(Page::new(fresh, generation));
        let mut pages = shard.write();
        pages.insert(key.into(), page.clone());
        let mut bytes: usize = pages.values().map(|page| page.weight()).sum();
        if bytes > self.max_shard_bytes {
            // Out go pages that nobody asked for since the last sweep, then any, down to half.
            pages.retain(|name, page| {
                let keep = page.used.swap(false, Ordering::Relaxed) || **name == *key;
                bytes -= if keep { 0 } else { page.weight() };
                keep
            });
            pages.retain(|name, page| {
                let keep = bytes <= self.max_shard_bytes / 2 || **name == *key;
                bytes -= if keep { 0 } else { page.weight() };
                keep
            });
        }
        page
    }

    #[cfg(test)]
    fn bytes(&self) -> usize {
        self.shards.iter().map(|shard| shard.read().values().map(|page| page.weight()).sum::<usize>()).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fresh(body: &str) -> Fresh {
        Fresh { body: body.to_owned(), content_type: None, surrogate_keys: "product:1".to_owned() }
    }

    #[test]
    fn a_page_is_good_for_its_generation_only() {
        let cache = PageCache::default();
        let first = cache.put("/a", 1, fresh("one"));
        assert!(Arc::ptr_eq(&first, &cache.get("/a", 1).unwrap()));
        assert!(cache.get("/a", 2).is_none() && cache.get("/b", 1).is_none());
        let same = cache.put("/a", 2, fresh("one"));
        assert!(Arc::ptr_eq(&first, &same), "the same bytes keep their compressed forms");
        assert!(cache.get("/a", 2).is_some());
        assert!(!Arc::ptr_eq(&first, &cache.put("/a", 3, fresh("two"))));
    }

    #[test]
    fn the_cache_never_grows_beyond_its_bound() {
        let cache = PageCache::with_capacity(1 << 20);
        for i in 0..2_000 {
            cache.put(&format!("/products/{i}"), 1, fresh(&"x".repeat(5_000)));
        }
        assert!(cache.bytes() <= 1 << 20);
        assert!(cache.get("/products/1999", 1).is_some(), "what was just rendered is kept");
    }

    #[test]
    fn a_known_page_is_answered_with_304() {
        let page = Page::new(fresh("hello"), 1);
        let etag = page.respond(&HeaderMap::new()).headers()[header::ETAG].clone();
        let strong = etag.to_str().unwrap().trim_start_matches("W/").to_owned();
        for known in [etag.to_str().unwrap(), &strong, &format!("\"other\", {strong}"), "*"] {
            let request = HeaderMap::from_iter([(header::IF_NONE_MATCH, HeaderValue::from_str(known).unwrap())]);
            assert_eq!(page.respond(&request).status(), StatusCode::NOT_MODIFIED, "{known}");
        }
        let request = HeaderMap::from_iter([(header::IF_NONE_MATCH, HeaderValue::from_static("\"other\""))]);
        let response = page.respond(&request);
        assert_eq!(response.status(), StatusCode::OK);
        assert_eq!(response.headers()[header::VARY], "accept-encoding");
        assert!(response.headers()[header::CACHE_CONTROL].to_str().unwrap().starts_with("public"));
    }
}
