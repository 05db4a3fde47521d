//! The mails that accounts ask for. Sent in the background: whether there is anybody to write to must not show in how
//! long an answer takes.

use contracts::notification::{Message, NewMail};
use kernel::{Secret, StoreId};

use super::People;

pub(super) const RESET_MINUTES: u32 = 60;
pub(super) const VERIFY_MINUTES: u32 = 3 * 24 * 60;
pub(super) const INVITE_MINUTES: u32 = 3 * 24 * 60;

impl People {
    /// A link of the shop that carries a token.
    pub(super) fn link(&self, path: &str, token: &Secret) -> Secret {
        Secret::new(format!("{}{path}/{}", self.parts.base_url, token.expose()))
    }

    /// Asks for a mail. `key` names it: the same is sent once.
    pub(super) fn mail(&self, store: StoreId, key: String, to: &str, locale: Option<&str>, message: Message) {
        let locale = locale.unwrap_or(&self.parts.locale).to_owned();
        let mail = NewMail { key, to: Secret::new(to.to_owned()), locale, message };
        let mails = std::sync::Arc::clone(&self.parts.mails);
        self.parts.spawner.spawn("mail", async move {
            if let Err(failure) = mails.write(store, mail).await {
                tracing::error!(%failure, internal = failure.internal, "a mail of an account could not be stored");
            }
        });
    }
}
