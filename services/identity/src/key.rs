//! The text of an API key: `argosy_` and 43 characters of base64url, which are 32 random bytes.

use kernel::{Rng, Secret};
use ring::digest::{SHA256, digest};

const PREFIX: &str = "argosy_";
const BYTES: usize = 32;
const LENGTH: usize = PREFIX.len() + 43;

/// What is stored of a key.
pub(crate) type KeyHash = [u8; 32];

/// A new key.
pub(crate) fn generate(rng: &dyn Rng) -> Secret {
    let mut bytes = [0; BYTES];
    rng.fill(&mut bytes);
    Secret::new(format!("{PREFIX}{}", base64url(&bytes)))
}

/// The hash under which `key` would be stored; none when the text cannot be a key. An unsalted, fast hash is right
/// here, because a key is 256 random bits and not a password.
pub(crate) fn hash(key: &Secret) -> Option<KeyHash> {
    let text = key.expose();
    let body = text.strip_prefix(PREFIX).filter(|_| text.len() == LENGTH)?;
    if !body.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_') {
        return None;
    }
    let mut hash = [0; 32];
    hash.copy_from_slice(digest(&SHA256, text.as_bytes()).as_ref());
    Some(hash)
}

/// RFC 4648, section 5, without padding.
fn base64url(bytes: &[u8]) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let mut out = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let group = [chunk[0], *chunk.get(1).unwrap_or(&0), *chunk.get(2).unwrap_or(&0)];
        let bits = u32::from_be_bytes([0, group[0], group[1], group[2]]);
        for i in 0..=chunk.len() {
            out.push(char::from(ALPHABET[(bits >> (18 - 6 * i)) as usize & 63]));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use kernel::SeededRng;

    #[test]
    fn base64url_follows_the_rfc() {
        for (plain, encoded) in
            [("", ""), ("f", "Zg"), ("fo", "Zm8"), ("foo", "Zm9v"), ("foob", "Zm9vYg"), ("foobar", "Zm9vYmFy")]
        {
            assert_eq!(base64url(plain.as_bytes()), encoded);
        }
        assert_eq!(base64url(&[0xfb, 0xff]), "-_8");
    }

    #[test]
    fn only_the_text_of_a_key_has_a_hash() {
        let rng = SeededRng::new(1);
        let (one, two) = (generate(&rng), generate(&rng));
        assert_eq!(one.expose().len(), 50);
        assert!(hash(&one).is_some() && hash(&one) != hash(&two));
        let bad = |text: String| hash(&Secret::new(text)).is_none();
        assert!(bad(one.expose().replace("argosy_", "")));
        assert!(bad(format!("{}A", one.expose())) && bad(one.expose()[..49].to_owned()));
        assert!(bad(format!("{}!", &one.expose()[..49])) && bad(String::new()) && bad(one.expose().to_uppercase()));
    }
}
