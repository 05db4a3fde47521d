//! A mail of another service at rest: sealed under a key of its own, which is destroyed with it.

use contracts::notification::{Message, NewMail};
use infra::vault::{PersonKey, Vault};
use kernel::{Failure, MailId, Rng, Secret};
use serde::{Deserialize, Serialize};

/// Whom a mail goes to and what it says.
#[derive(Serialize, Deserialize)]
pub(crate) struct SealedMail {
    to: String,
    locale: String,
    message: Stored,
}

/// A [`Message`] with its secrets laid open: only ever sealed.
#[derive(Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Stored {
    PasswordReset { url: String, valid_minutes: u32 },
    EmailVerification { url: String, valid_minutes: u32 },
    AlreadyRegistered { login_url: String },
    StaffInvitation { url: String, invited_by: String, role: String, valid_minutes: u32 },
}

impl SealedMail {
    pub(crate) fn new(mail: &NewMail) -> Self {
        let message = match &mail.message {
            Message::PasswordReset { url, valid_minutes } => {
                Stored::PasswordReset { url: url.expose().clone(), valid_minutes: *valid_minutes }
            }
            Message::EmailVerification { url, valid_minutes } => {
                Stored::EmailVerification { url: url.expose().clone(), valid_minutes: *valid_minutes }
            }
            Message::AlreadyRegistered { login_url } => Stored::AlreadyRegistered { login_url: login_url.clone() },
            Message::StaffInvitation { url, invited_by, role, valid_minutes } => Stored::StaffInvitation {
                url: url.expose().clone(),
                invited_by: invited_by.clone(),
                role: role.clone(),
                valid_minutes: *valid_minutes,
            },
        };
        SealedMail { to: mail.to.expose().clone(), locale: mail.locale.clone(), message }
    }

    /// Address, locale and message.
    pub(crate) fn open(self) -> (String, String, Message) {
        let message = match self.message {
            Stored::PasswordReset { url, valid_minutes } => {
                Message::PasswordReset { url: Secret::new(url), valid_minutes }
            }
            Stored::EmailVerification { url, valid_minutes } => {
                Message::EmailVerification { url: Secret::new(url), valid_minutes }
            }
            Stored::AlreadyRegistered { login_url } => Message::AlreadyRegistered { login_url },
            Stored::StaffInvitation { url, invited_by, role, valid_minutes } => {
                Message::StaffInvitation { url: Secret::new(url), invited_by, role, valid_minutes }
            }
        };
        (self.to, self.locale, message)
    }
}

/// The wrapped key of a mail, and the mail sealed with it.
pub(crate) fn seal(vault: &Vault, id: MailId, mail: &SealedMail, rng: &dyn Rng) -> Result<(Vec<u8>, Vec<u8>), Failure> {
    let plain = serde_json::to_vec(mail).map_err(Failure::internal)?;
    let (key, wrapped): (PersonKey, Vec<u8>) = vault.new_person(id.as_bytes(), rng);
    Ok((wrapped, key.seal(b"mail", &plain, rng)))
}

/// # Errors
/// When it was sealed under another master key, or changed.
pub(crate) fn unseal(vault: &Vault, id: MailId, wrapped: &[u8], sealed: &[u8]) -> Result<SealedMail, Failure> {
    let plain = vault.unwrap_person(id.as_bytes(), wrapped)?.open(b"mail", sealed)?;
    serde_json::from_slice(&plain).map_err(Failure::internal)
}
