//! Mails: what they say ([`orders`], [`accounts`], [`staff`]), how that looks ([`letter`]), and how it gets out
//! ([`sender`], [`transport`]).

pub(crate) mod accounts;
mod format;
pub(crate) mod letter;
pub(crate) mod orders;
mod phrases;
pub(crate) mod samples;
pub(crate) mod sealed;
pub(crate) mod sender;
pub(crate) mod staff;
#[cfg(test)]
mod tests;
pub(crate) mod transport;

use contracts::notification::{MailTemplate, Message};

/// A mail is tried for this long, and then given up.
pub(crate) const MAILED_LATE_MS: i64 = 3 * 24 * 3_600_000;

/// The template behind a message that a service asks for.
pub(crate) const fn template_of(message: &Message) -> MailTemplate {
    match message {
        Message::PasswordReset { .. } => MailTemplate::PasswordReset,
        Message::EmailVerification { .. } => MailTemplate::EmailVerification,
        Message::AlreadyRegistered { .. } => MailTemplate::AlreadyRegistered,
        Message::StaffInvitation { .. } => MailTemplate::StaffInvitation,
    }
}

/// How long a message makes sense, in milliseconds: one with a link as long as the link works.
pub(crate) fn valid_ms(message: &Message) -> i64 {
    match message {
        Message::PasswordReset { valid_minutes, .. }
        | Message::EmailVerification { valid_minutes, .. }
        | Message::StaffInvitation { valid_minutes, .. } => (i64::from(*valid_minutes) * 60_000).min(MAILED_LATE_MS),
        Message::AlreadyRegistered { .. } => MAILED_LATE_MS,
    }
}
