//! Personal data is encrypted under one key per person, and that key under the shop's master key. Destroying the
//! person's key makes every copy of the data unreadable, in every table, log and backup.

use std::path::Path;

use kernel::{Failure, Rng};
use ring::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use ring::hmac;

/// The key of one person. Lives in memory only while something is sealed or opened with it.
#[derive(Clone)]
pub struct PersonKey([u8; 32]);

/// The master key of an installation, kept beside the data in `keys/master` with mode 0600.
#[derive(Clone)]
pub struct Vault {
    wrap: LessSafeKey,
    derive: hmac::Key,
}

/// What was sealed cannot be opened: the key is another, or the bytes were changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the sealed data cannot be opened with this key")]
pub struct CannotOpen;

impl From<CannotOpen> for Failure {
    fn from(error: CannotOpen) -> Self {
        Failure::internal(error)
    }
}

fn aead(key: &[u8; 32]) -> LessSafeKey {
    LessSafeKey::new(UnboundKey::new(&AES_256_GCM, key).expect("the key has the length of AES-256"))
}

fn seal(key: &LessSafeKey, context: &[u8], plain: &[u8], rng: &dyn Rng) -> Vec<u8> {
    let mut nonce = [0; NONCE_LEN];
    rng.fill(&mut nonce);
    let mut out = Vec::with_capacity(NONCE_LEN + plain.len() + AES_256_GCM.tag_len());
    out.extend_from_slice(&nonce);
    let mut body = plain.to_vec();
    key.seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), Aad::from(context), &mut body)
        .expect("the message is far below the limit of AES-GCM");
    out.extend_from_slice(&body);
    out
}

fn open(key: &LessSafeKey, context: &[u8], sealed: &[u8]) -> Result<Vec<u8>, CannotOpen> {
    let (nonce, body) = sealed.split_at_checked(NONCE_LEN).ok_or(CannotOpen)?;
    let nonce = Nonce::try_assume_unique_for_key(nonce).map_err(|_| CannotOpen)?;
    let mut body = body.to_vec();
    let plain = key.open_in_place(nonce, Aad::from(context), &mut body).map_err(|_| CannotOpen)?;
    Ok(plain.to_vec())
}

impl Vault {
    #[must_use]
    pub fn from_bytes(master: &[u8; 32]) -> Self {
        let root = hmac::Key::new(hmac::HMAC_SHA256, master);
        let sub = |label: &[u8]| -> [u8; 32] {
            hmac::sign(&root, label).as_ref().try_into().expect("SHA-256 gives 32 bytes")
        };
        Vault {
            wrap: aead(&sub(b"argosy wrap 1")),
            derive: hmac::Key::new(hmac::HMAC_SHA256, &sub(b"argosy derive 1")),
        }
    }

    /// Reads the master key at `path`, or makes one there.
    ///
    /// # Errors
    /// When the file cannot be read or written, or is not 32 bytes long.
    pub fn open(path: &Path, rng: &dyn Rng) -> std::io::Result<Self> {
        use std::io::Write;
        use std::os::unix::fs::OpenOptionsExt;
        match std::fs::read(path) {
            Ok(bytes) => {
                let master = <[u8; 32]>::try_from(bytes.as_slice()).map_err(|_| {
                    std::io::Error::new(std::io::ErrorKind::InvalidData, "the master key is not 32 bytes long")
                })?;
                Ok(Self::from_bytes(&master))
            }
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                if let Some(parent) = path.parent() {
                    std::fs::create_dir_all(parent)?;
                }
                let mut master = [0; 32];
                rng.fill(&mut master);
                let mut file = std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
                file.write_all(&master)?;
                file.sync_all()?;
                Ok(Self::from_bytes(&master))
            }
            Err(error) => Err(error),
        }
    }

    /// A secret that follows from the master key, `purpose` and `subject`; 32 hexadecimal characters.
    #[must_use]
    pub fn derived(&self, purpose: &str, subject: &[u8]) -> String {
        let mut context = hmac::Context::with_key(&self.derive);
        context.update(purpose.as_bytes());
        context.update(&[0]);
        context.update(subject);
        let tag = context.sign();
        let mut text = String::with_capacity(32);
        for byte in &tag.as_ref()[..16] {
            const HEX: &[u8; 16] = b"0123456789abcdef";
            text.push(char::from(HEX[usize::from(byte >> 4)]));
            text.push(char::from(HEX[usize::from(byte & 15)]));
        }
        text
    }

    /// A new person's key, and its wrapped form for the table of people.
    #[must_use]
    pub fn new_person(&self, person: &[u8; 16], rng: &dyn Rng) -> (PersonKey, Vec<u8>) {
        let mut key = [0; 32];
        rng.fill(&mut key);
        let wrapped = seal(&self.wrap, person, &key, rng);
        (PersonKey(key), wrapped)
    }

    /// # Errors
    /// [`CannotOpen`] when `wrapped` is another person's, or was wrapped under another master key.
    pub fn unwrap_person(&self, person: &[u8; 16], wrapped: &[u8]) -> Result<PersonKey, CannotOpen> {
        let key = open(&self.wrap, person, wrapped)?;
        key.try_into().map(PersonKey).map_err(|_| CannotOpen)
    }
}

impl PersonKey {
    /// Encrypts `plain`; `context` must be given again to open it.
    #[must_use]
    pub fn seal(&self, context: &[u8], plain: &[u8], rng: &dyn Rng) -> Vec<u8> {
        seal(&aead(&self.0), context, plain, rng)
    }

    /// # Errors
    /// [`CannotOpen`] when key or context is another, or the bytes were changed.
    pub fn open(&self, context: &[u8], sealed: &[u8]) -> Result<Vec<u8>, CannotOpen> {
        open(&aead(&self.0), context, sealed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use kernel::SeededRng;

    #[test]
    fn only_the_right_person_opens_what_was_sealed() {
        let rng = SeededRng::new(1);
        let vault = Vault::from_bytes(&[7; 32]);
        let (ann, wrapped) = vault.new_person(&[1; 16], &rng);
        let sealed = ann.seal(b"order 1", b"Ann, 1 High Street", &rng);
        let again = vault.unwrap_person(&[1; 16], &wrapped).unwrap();
        assert_eq!(again.open(b"order 1", &sealed).unwrap(), b"Ann, 1 High Street");
        assert!(again.open(b"order 2", &sealed).is_err());
        assert!(vault.unwrap_person(&[2; 16], &wrapped).is_err());
        assert!(Vault::from_bytes(&[8; 32]).unwrap_person(&[1; 16], &wrapped).is_err());
        assert!(ann.open(b"order 1", &sealed[..5]).is_err());
    }

    #[test]
    fn the_master_key_is_made_once_and_private() {
        use std::os::unix::fs::PermissionsExt;
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("keys/master");
        let rng = SeededRng::new(2);
        let first = Vault::open(&path, &rng).unwrap();
        let second = Vault::open(&path, &rng).unwrap();
        assert_eq!(first.derived("order", b"x"), second.derived("order", b"x"));
        assert_ne!(first.derived("order", b"x"), first.derived("order", b"y"));
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    }
}
