//! Passwords: what is taken as one, and how it is kept. Argon2id as OWASP asks for it (19 MiB, two passes, one lane),
//! on threads that may block, a few at a time, so that a rush of logins costs bounded memory and never the shop.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use argon2::{Algorithm, Argon2, Params, Version};
use contracts::Result;
use kernel::{Failure, FieldError, Secret, SharedRng};
use tokio::sync::Semaphore;

/// The shortest password, in bytes.
pub(crate) const MIN_LEN: usize = 10;
/// The longest, in bytes: room for a passphrase, and a bound for the work of hashing.
pub(crate) const MAX_LEN: usize = 128;
const SALT: usize = 16;
const HASH: usize = 32;
/// Who may wait for a turn; one more is sent away.
const MAX_WAITING: usize = 256;

/// How dear a guess is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PasswordCost {
    pub memory_kib: u32,
    pub passes: u32,
    /// Passwords hashed at once; each takes `memory_kib`.
    pub at_once: usize,
}

impl Default for PasswordCost {
    fn default() -> Self {
        PasswordCost { memory_kib: 19 * 1024, passes: 2, at_once: 2 }
    }
}

/// Hashes and verifies.
pub(crate) struct Passwords {
    params: Params,
    turns: Semaphore,
    waiting: AtomicUsize,
    rng: SharedRng,
    /// Of a password that nobody has: verified when there is no account, so that the answer takes as long.
    dummy: String,
}

impl Passwords {
    pub(crate) fn new(cost: PasswordCost, rng: SharedRng) -> Result<Arc<Self>> {
        let params = Params::new(cost.memory_kib, cost.passes, 1, Some(HASH)).map_err(Failure::internal)?;
        let mut salt = [0; SALT];
        rng.fill(&mut salt);
        let dummy = phc(&params, &salt, &[0; HASH]);
        let turns = Semaphore::new(cost.at_once.max(1));
        Ok(Arc::new(Passwords { params, turns, waiting: AtomicUsize::new(0), rng, dummy }))
    }

    /// The PHC string under which `password` is kept.
    ///
    /// # Errors
    /// Unavailable when too many wait.
    pub(crate) async fn hash(&self, password: &Secret) -> Result<String> {
        let mut salt = [0; SALT];
        self.rng.fill(&mut salt);
        let (params, password) = (self.params.clone(), password.clone());
        self.work(move || Ok(phc(&params, &salt, &compute(params.clone(), &password, &salt)?))).await
    }

    /// Whether `password` is the one kept as `known`. Without one it takes as long and is false.
    ///
    /// # Errors
    /// Unavailable when too many wait; internal when `known` is not one of ours.
    pub(crate) async fn verify(&self, password: &Secret, known: Option<String>) -> Result<bool> {
        let exists = known.is_some();
        let (known, password) = (known.unwrap_or_else(|| self.dummy.clone()), password.clone());
        let same = self
            .work(move || {
                let (params, salt, expected) = read_phc(&known).ok_or_else(|| Failure::internal("no PHC string"))?;
                let found = compute(params, &password, &salt)?;
                Ok(kernel::secret::constant_time_eq(&found, &expected))
            })
            .await?;
        Ok(same && exists)
    }

    async fn work<T: Send + 'static>(&self, job: impl FnOnce() -> Result<T> + Send + 'static) -> Result<T> {
        let waiting = Waiting::enter(&self.waiting);
        if waiting.before >= MAX_WAITING {
            return Err(Failure::unavailable("Too many people are logging in. Please try again in a moment.", 2));
        }
        let turn = self.turns.acquire().await.map_err(Failure::internal)?;
        let done = tokio::task::spawn_blocking(job).await.map_err(Failure::internal)?;
        drop(turn);
        done
    }
}

/// One who waits, however that ends.
struct Waiting<'a> {
    count: &'a AtomicUsize,
    before: usize,
}

impl<'a> Waiting<'a> {
    fn enter(count: &'a AtomicUsize) -> Self {
        Waiting { count, before: count.fetch_add(1, Ordering::Relaxed) }
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.count.fetch_sub(1, Ordering::Relaxed);
    }
}

fn compute(params: Params, password: &Secret, salt: &[u8]) -> Result<[u8; HASH]> {
    let mut out = [0; HASH];
    let argon = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
    argon.hash_password_into(password.expose().as_bytes(), salt, &mut out).map_err(Failure::internal)?;
    Ok(out)
}

/// The PHC string format: parameters travel with each hash, so that they can be raised later.
fn phc(params: &Params, salt: &[u8], hash: &[u8]) -> String {
    let (m, t, p) = (params.m_cost(), params.t_cost(), params.p_cost());
    format!("$argon2id$v=19$m={m},t={t},p={p}${}${}", base64(salt), base64(hash))
}

fn read_phc(text: &str) -> Option<(Params, Vec<u8>, Vec<u8>)> {
    let mut parts = text.strip_prefix("$argon2id$v=19$")?.split('$');
    let (costs, salt, hash) = (parts.next()?, parts.next()?, parts.next()?);
    let cost =
        |name: &str| costs.split(',').find_map(|pair| pair.strip_prefix(name)?.strip_prefix('=')?.parse::<u32>().ok());
    let params = Params::new(cost("m")?, cost("t")?, cost("p")?, Some(HASH)).ok()?;
    Some((params, from_base64(salt)?, from_base64(hash)?))
}

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// RFC 4648, section 4, without padding.
fn base64(bytes: &[u8]) -> String {
    let mut out = String::new();
    for chunk in bytes.chunks(3) {
        let bits = u32::from_be_bytes([0, chunk[0], *chunk.get(1).unwrap_or(&0), *chunk.get(2).unwrap_or(&0)]);
        for i in 0..=chunk.len() {
            out.push(char::from(ALPHABET[(bits >> (18 - 6 * i)) as usize & 63]));
        }
    }
    out
}

fn from_base64(text: &str) -> Option<Vec<u8>> {
    let mut out = Vec::new();
    let (mut bits, mut count) = (0_u32, 0_u32);
    for byte in text.bytes() {
        let value = ALPHABET.iter().position(|b| *b == byte)?;
        bits = (bits << 6) | u32::try_from(value).ok()?;
        count += 6;
        if count >= 8 {
            count -= 8;
            out.push((bits >> count) as u8);
            bits &= (1 << count) - 1;
        }
    }
    Some(out)
}

/// What is left of most passwords that everybody uses, once digits and signs are taken away.
const COMMON: &[&str] = &[
    "",
    "password",
    "passwort",
    "passw",
    "pass",
    "qwertyuiop",
    "qwerty",
    "qwertz",
    "qwertzuiop",
    "asdfghjkl",
    "asdfgh",
    "zxcvbnm",
    "iloveyou",
    "letmein",
    "welcome",
    "willkommen",
    "hallo",
    "hello",
    "admin",
    "administrator",
    "changeme",
    "football",
    "baseball",
    "superman",
    "batman",
    "dragon",
    "monkey",
    "sunshine",
    "princess",
    "starwars",
    "whatever",
    "trustno",
    "michael",
    "jennifer",
    "charlie",
    "summer",
    "winter",
    "spring",
    "sommer",
    "fuckyou",
    "master",
    "secret",
    "geheim",
    "schatz",
    "login",
    "test",
    "testtest",
    "shop",
    "argosy",
    "abc",
    "abcd",
    "abcdef",
    "abcdefghij",
    "qazwsx",
    "qazwsxedc",
    "mypassword",
    "passwordpassword",
    "computer",
    "internet",
    "samsung",
    "liverpool",
    "arsenal",
    "chelsea",
];

/// What is wrong with `password` as a new one for `email`, if anything. Length is what counts: no rule about signs.
pub(crate) fn problem(pointer: &str, password: &Secret, email: &str) -> Option<FieldError> {
    let text = password.expose();
    let (code, detail) = if text.len() < MIN_LEN {
        ("too_short", format!("A password has at least {MIN_LEN} characters. Several words make a good one."))
    } else if text.len() > MAX_LEN {
        ("too_long", format!("A password has at most {MAX_LEN} bytes."))
    } else if is_common(text, email) {
        ("too_common", "Too many people use this password, or it is your e-mail address. Choose another.".to_owned())
    } else {
        return None;
    };
    Some(FieldError { pointer: pointer.to_owned(), code: code.to_owned(), detail })
}

fn is_common(text: &str, email: &str) -> bool {
    let lower = text.to_lowercase();
    // As they are written to get past rules: 0 for o, @ for a.
    let plain: String = lower
        .trim_end_matches(|c: char| !c.is_alphabetic())
        .chars()
        .map(|c| match c {
            '0' => 'o',
            '@' | '4' => 'a',
            '3' => 'e',
            '$' | '5' => 's',
            '1' | '!' => 'i',
            other => other,
        })
        .collect();
    let letters = |text: &str| text.chars().filter(|c| c.is_alphabetic()).collect::<String>();
    let digits = lower.chars().filter(char::is_ascii_digit).count();
    let few = lower.chars().collect::<std::collections::BTreeSet<_>>().len() < 4;
    let email = email.trim().to_lowercase();
    let local = email.split('@').next().unwrap_or("");
    // A long row of random digits or signs is a password; a short one is a date or a telephone number.
    let short = lower.chars().count() < 16 || digits < 8;
    few || lower == email
        || (!local.is_empty() && (lower == local || letters(&lower) == letters(local) && !letters(local).is_empty()))
        || (short && (COMMON.contains(&letters(&lower).as_str()) || COMMON.contains(&letters(&plain).as_str())))
}

#[cfg(test)]
mod tests {
    use super::*;
    use kernel::SeededRng;

    fn cheap() -> Arc<Passwords> {
        let cost = PasswordCost { memory_kib: 64, passes: 1, at_once: 2 };
        Passwords::new(cost, Arc::new(SeededRng::new(1))).unwrap()
    }

    fn secret(text: &str) -> Secret {
        Secret::new(text.to_owned())
    }

    #[tokio::test]
    async fn only_the_password_itself_is_right() {
        let passwords = cheap();
        let kept = passwords.hash(&secret("correct horse battery")).await.unwrap();
        assert!(kept.starts_with("$argon2id$v=19$m=64,t=1,p=1$"), "{kept}");
        assert_ne!(kept, passwords.hash(&secret("correct horse battery")).await.unwrap(), "each has its own salt");
        assert!(passwords.verify(&secret("correct horse battery"), Some(kept.clone())).await.unwrap());
        for wrong in ["", "correct horse batterY", "correct horse battery "] {
            assert!(!passwords.verify(&secret(wrong), Some(kept.clone())).await.unwrap(), "{wrong}");
            assert!(!passwords.verify(&secret(wrong), None).await.unwrap());
        }
    }

    #[tokio::test]
    async fn a_hash_of_other_costs_still_verifies() {
        let dear = PasswordCost { memory_kib: 128, passes: 2, at_once: 1 };
        let dear = Passwords::new(dear, Arc::new(SeededRng::new(2))).unwrap();
        let kept = dear.hash(&secret("correct horse battery")).await.unwrap();
        assert!(cheap().verify(&secret("correct horse battery"), Some(kept)).await.unwrap());
    }

    /// The reference vector of the Argon2 command line: `echo -n password | argon2 somesalt -id -t 2 -m 16 -p 1`.
    #[test]
    fn the_hash_is_that_of_the_reference() {
        let params = Params::new(1 << 16, 2, 1, Some(HASH)).unwrap();
        let hash = compute(params, &secret("password"), b"somesalt").unwrap();
        let hex: String = hash.iter().map(|b| format!("{b:02x}")).collect();
        assert_eq!(hex, "09316115d5cf24ed5a15a31a3ba326e5cf32edc24702987c02b6566f61913cf7");
    }

    #[test]
    fn long_is_good_and_common_is_not() {
        let code = |text: &str| problem("/password", &secret(text), "zoe.miller@mail.test").map(|e| e.code);
        for good in [
            "correct horse battery",
            "xK3-99-pq!v",
            "ein langer satz",
            "7493018265930174",
            &"ü".repeat(3).repeat(9).replace("üüü", "aübö"),
        ] {
            assert_eq!(code(good), None, "{good}");
        }
        assert_eq!(code("short"), Some("too_short".to_owned()));
        assert_eq!(code(&"long words ".repeat(12)), Some("too_long".to_owned()));
        for common in [
            "password123",
            "P@ssw0rd123!",
            "1234567890",
            "aaaaaaaaaaaa",
            "qwertyuiop",
            "Sommer2026!",
            "zoe.miller",
            "Zoe.Miller1",
            "zoe.miller@mail.test",
        ] {
            assert_eq!(code(common), Some("too_common".to_owned()), "{common}");
        }
    }
}
