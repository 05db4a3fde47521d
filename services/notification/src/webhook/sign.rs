//! Signatures by the Standard Webhooks convention: `v1,` and the base64 of HMAC-SHA256 over `id.timestamp.body`.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use kernel::Rng;
use ring::hmac;

/// Bytes of a secret; the convention asks for 24 to 64.
const SECRET_LEN: usize = 32;

/// A new secret.
pub(crate) fn new_secret(rng: &dyn Rng) -> Vec<u8> {
    let mut secret = vec![0; SECRET_LEN];
    rng.fill(&mut secret);
    secret
}

/// A secret as its owner keeps it.
pub(crate) fn shown(secret: &[u8]) -> String {
    format!("whsec_{}", STANDARD.encode(secret))
}

/// The header `webhook-signature`: one signature for each secret, so that a receiver can change over in peace.
pub(crate) fn signature(secrets: &[Vec<u8>], id: &str, timestamp_s: i64, body: &str) -> String {
    let content = format!("{id}.{timestamp_s}.{body}");
    let one = |secret: &Vec<u8>| {
        let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, secret), content.as_bytes());
        format!("v1,{}", STANDARD.encode(tag.as_ref()))
    };
    secrets.iter().map(one).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of the convention's reference libraries.
    #[test]
    fn signatures_are_those_of_the_convention() {
        let secret = STANDARD.decode("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").unwrap();
        let made = signature(
            std::slice::from_ref(&secret),
            "msg_p5jXN8AQM9LWM0D4loKWxJek",
            1_614_265_330,
            r#"{"test": 2432232314}"#,
        );
        assert_eq!(made, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
        assert_eq!(shown(&secret), "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw");
        assert_eq!(signature(&[secret.clone(), secret], "a", 1, "{}").split(' ').count(), 2);
    }
}
