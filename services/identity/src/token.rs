//! The text of a token: a prefix that says what it opens, and 43 characters of base64url, which are 32 random bytes.

use kernel::{Rng, Secret};
use ring::digest::{SHA256, digest};

const BYTES: usize = 32;
const BODY: usize = 43;

/// What is stored of a token.
pub(crate) type TokenHash = [u8; 32];

/// What a token opens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    ApiKey,
    CustomerSession,
    StaffSession,
    /// Works once: a reset, a verification, an invitation, the setup.
    Once,
}

impl Kind {
    /// No prefix followed by 43 characters is as long as another, so a token has one kind only.
    const fn prefix(self) -> &'static str {
        match self {
            Kind::ApiKey => "argosy_",
            Kind::CustomerSession => "argosy_c_",
            Kind::StaffSession => "argosy_st_",
            Kind::Once => "",
        }
    }
}

/// A new token.
pub(crate) fn generate(kind: Kind, rng: &dyn Rng) -> Secret {
    let mut bytes = [0; BYTES];
    rng.fill(&mut bytes);
    Secret::new(format!("{}{}", kind.prefix(), base64url(&bytes)))
}

/// What `token` would open and the hash under which it would be stored; none when the text cannot be a token. An
/// unsalted, fast hash is right here, because a token is 256 random bits and not a password.
pub(crate) fn read(token: &Secret) -> Option<(Kind, TokenHash)> {
    let text = token.expose();
    let kind = [Kind::ApiKey, Kind::CustomerSession, Kind::StaffSession, Kind::Once]
        .into_iter()
        .find(|kind| text.len() == kind.prefix().len() + BODY && text.starts_with(kind.prefix()))?;
    let body = &text.as_bytes()[kind.prefix().len()..];
    body.iter().all(|b| b.is_ascii_alphanumeric() || *b == b'-' || *b == b'_').then(|| (kind, hash(text)))
}

/// The hash of a token of `kind`.
pub(crate) fn hash_of(kind: Kind, token: &Secret) -> Option<TokenHash> {
    read(token).filter(|(found, _)| *found == kind).map(|(_, hash)| hash)
}

fn hash(text: &str) -> TokenHash {
    let mut hash = [0; 32];
    hash.copy_from_slice(digest(&SHA256, text.as_bytes()).as_ref());
    hash
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
    fn a_token_is_known_by_its_hash_only() {
        let rng = SeededRng::new(1);
        for kind in [Kind::ApiKey, Kind::CustomerSession, Kind::StaffSession, Kind::Once] {
            let (a, b) = (generate(kind, &rng), generate(kind, &rng));
            let (found, hash) = read(&a).unwrap();
            assert_eq!(found, kind);
            assert_ne!(hash, read(&b).unwrap().1);
            assert_eq!(hash_of(kind, &a), Some(hash));
        }
        assert_eq!(generate(Kind::ApiKey, &rng).expose().len(), 50);
        assert_eq!(hash_of(Kind::ApiKey, &generate(Kind::StaffSession, &rng)), None);
    }

    #[test]
    fn other_texts_are_no_tokens() {
        let good = generate(Kind::ApiKey, &SeededRng::new(1)).expose().clone();
        for bad in [
            String::new(),
            "argosy_".to_owned(),
            format!("{good}A"),
            good.replace("argosy_", "argosx_"),
            good.replacen('_', "ü", 1),
        ] {
            assert!(read(&Secret::new(bad.clone())).is_none_or(|(kind, _)| kind != Kind::ApiKey), "{bad}");
        }
        let mut broken = good;
        broken.replace_range(10..11, "+");
        assert!(read(&Secret::new(broken)).is_none());
    }

    #[test]
    fn base64url_is_that_of_the_rfc() {
        assert_eq!(base64url(b"foobar"), "Zm9vYmFy");
        assert_eq!(base64url(b"fooba"), "Zm9vYmE");
        assert_eq!(base64url(&[0xfb, 0xff]), "-_8");
    }
}
