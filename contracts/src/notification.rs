//! Notification: mails to people. What the shop tells of orders follows from events; a service that must write to
//! somebody about something else (a password, an invitation) asks for it here.

use async_trait::async_trait;
use kernel::{Secret, StoreId};

use crate::Result;
use crate::market::Locale;

/// A mail that a service asks for. It is stored sealed, sent in the background and tried again when the server is away.
#[derive(Clone, Debug)]
pub struct NewMail {
    /// The same key is sent once, however often it is asked for.
    pub key: String,
    /// Address of the reader.
    pub to: Secret,
    pub locale: Locale,
    pub message: Message,
}

/// What a mail says. Its words, in text and HTML, are the notification service's.
#[derive(Clone, Debug)]
pub enum Message {
    /// Somebody asked to set a new password; `url` works once and for `valid_minutes`.
    PasswordReset { url: Secret, valid_minutes: u32 },
    /// Asks a new customer to show that the address is theirs.
    EmailVerification { url: Secret, valid_minutes: u32 },
    /// Somebody registered with an address that has an account; its owner is told, the other is not.
    AlreadyRegistered { login_url: String },
    /// A colleague is invited to the back office.
    StaffInvitation { url: Secret, invited_by: String, role: String, valid_minutes: u32 },
}

/// Takes mails.
#[async_trait]
pub trait Mails: Send + Sync {
    /// Resolves when the mail is stored, not when it is sent.
    ///
    /// # Errors
    /// When it could not be stored.
    async fn send(&self, store: StoreId, mail: NewMail) -> Result<()>;
}
