//! Signatures of webhooks: `t=<unix seconds>,v1=<hex HMAC-SHA256 of "t.body">`, the scheme that Stripe made common.
//!
//! The time is signed with the body, so that a webhook caught on its way cannot be sent again next week.

use kernel::{ErrorKind, Failure, Secret, Timestamp};
use ring::hmac;

/// The header that carries the signature.
pub const SIGNATURE_HEADER: &str = "Provider-Signature";
/// How far the signed time may be from now, either way.
pub const TOLERANCE_S: i64 = 300;

/// Signs and verifies with one secret.
#[derive(Clone)]
pub struct Signer(hmac::Key);

impl Signer {
    #[must_use]
    pub fn new(secret: &Secret) -> Self {
        Signer(hmac::Key::new(hmac::HMAC_SHA256, secret.expose().as_bytes()))
    }

    /// The header's value for `body`, signed at `now`.
    #[must_use]
    pub fn sign(&self, body: &[u8], now: Timestamp) -> String {
        let at_s = now.millis().div_euclid(1_000);
        format!("t={at_s},v1={}", hex(self.context(&at_s.to_string(), body).sign().as_ref()))
    }

    /// # Errors
    /// Unauthenticated `invalid_signature` when the header cannot be read, no `v1` of it fits the body, or its time
    /// is more than [`TOLERANCE_S`] seconds from `now`.
    pub fn verify(&self, header: &str, body: &[u8], now: Timestamp) -> Result<(), Failure> {
        let mut at = None;
        let mut signatures = Vec::new();
        for part in header.split(',') {
            match part.trim().split_once('=') {
                Some(("t", value)) if at.is_none() => at = Some(value),
                Some(("v1", value)) => signatures.extend(unhex(value)),
                // Other schemes may stand beside ours while a provider moves from one to the next.
                _ => {}
            }
        }
        let at = at.ok_or_else(|| refuse("it has no time"))?;
        let at_s: i64 = at.parse().map_err(|_| refuse("its time is not a number"))?;
        // The text is signed as it stands, so nothing is lost by reading the number from it.
        let expected = self.context(at, body).sign();
        let fits = |signature: &Vec<u8>| kernel::secret::constant_time_eq(signature, expected.as_ref());
        if !signatures.iter().any(fits) {
            return Err(refuse("it does not fit the body"));
        }
        let age_s = now.millis().div_euclid(1_000).saturating_sub(at_s);
        if age_s.saturating_abs() > TOLERANCE_S {
            return Err(refuse("its time is too far from now"));
        }
        Ok(())
    }

    fn context(&self, at: &str, body: &[u8]) -> hmac::Context {
        let mut context = hmac::Context::with_key(&self.0);
        context.update(at.as_bytes());
        context.update(b".");
        context.update(body);
        context
    }
}

fn refuse(why: &str) -> Failure {
    Failure::new(ErrorKind::Unauthenticated, "invalid_signature", format!("The signature was not accepted: {why}."))
}

fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    bytes.iter().flat_map(|b| [b >> 4, b & 15]).map(|digit| char::from(DIGITS[usize::from(digit)])).collect()
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    if text.len() != 64 || !text.bytes().all(|b| b.is_ascii_hexdigit()) {
        return None;
    }
    (0..64).step_by(2).map(|i| u8::from_str_radix(&text[i..i + 2], 16).ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::from_millis(1_700_000_000_123);
    const BODY: &[u8] = br#"{"id":"evt_1"}"#;

    fn signer() -> Signer {
        Signer::new(&Secret::new("whsec_test".to_owned()))
    }

    #[test]
    fn the_scheme_is_hmac_sha256_over_time_dot_body() {
        // Computed with: printf '1700000000.{"id":"evt_1"}' | openssl dgst -sha256 -hmac whsec_test
        let expected = "t=1700000000,v1=c89214b5b5da833daed6f0b8c5bb6bd58cea9022bd80ccc78230f3942d632925";
        assert_eq!(signer().sign(BODY, NOW), expected);
    }

    #[test]
    fn a_good_signature_passes_within_five_minutes_either_way() {
        let header = signer().sign(BODY, NOW);
        for seconds in [-300, -1, 0, 299, 300] {
            assert_eq!(signer().verify(&header, BODY, NOW.plus_secs(seconds)), Ok(()), "{seconds}");
        }
        for seconds in [-302, 301, 86_400] {
            assert!(signer().verify(&header, BODY, NOW.plus_secs(seconds)).is_err(), "{seconds}");
        }
    }

    #[test]
    fn a_changed_body_time_or_secret_fails() {
        let header = signer().sign(BODY, NOW);
        assert!(signer().verify(&header, br#"{"id":"evt_2"}"#, NOW).is_err());
        assert!(signer().verify(&header.replace("t=1700000000", "t=1700000001"), BODY, NOW).is_err());
        assert!(Signer::new(&Secret::new("other".to_owned())).verify(&header, BODY, NOW).is_err());
        let failure = signer().verify("", BODY, NOW).unwrap_err();
        assert_eq!((failure.kind, failure.code.as_ref()), (ErrorKind::Unauthenticated, "invalid_signature"));
    }

    #[test]
    fn any_good_v1_passes_and_other_schemes_are_ignored() {
        let good = signer().sign(BODY, NOW);
        let (time, v1) = good.split_once(',').unwrap();
        let header = format!("{time}, v0=abc, v1={}, {v1}", "0".repeat(64));
        assert_eq!(signer().verify(&header, BODY, NOW), Ok(()));
    }

    #[test]
    fn nonsense_is_refused_without_a_panic() {
        let v1 = "0".repeat(64);
        for header in ["", ",", "t=", "t=1", "v1=", "t=x,v1=00", &format!("t={},v1={v1}", i64::MIN), "t=1,v1=é", "=,="]
        {
            assert!(signer().verify(header, BODY, NOW).is_err(), "{header}");
        }
    }
}
