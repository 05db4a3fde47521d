//! Customers and staff: what their accounts share.

mod archive;
mod customer_data;
mod customers;
mod exchange;
mod mails;
pub(crate) mod sessions;
mod staff;

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use contracts::Result;
use contracts::address::is_email;
use contracts::cart::CustomerCarts;
use contracts::identity::Visitor;
use contracts::ledger::{Actor, Books, OrderView, Orders};
use contracts::notification::{MailQueue, Mails, NewMail};
use infra::Spawner;
use infra::sqlite::{Db, DbError, Options, Synchronous};
use infra::vault::{PersonKey, Vault};
use kernel::{ErrorKind, Failure, FieldError, OrderId, PersonId, Secret, StoreId, Timestamp};
use rusqlite::Connection;
use serde::{Deserialize, Serialize};

use crate::Identity;
use crate::password::{PasswordCost, Passwords};
use crate::store;
use crate::store::session::Table;
use crate::throttle::{Attempt, Throttle, network};
use crate::token::{self, Kind, TokenHash};

const SWEEP_EVERY: Duration = Duration::from_secs(3600);

/// What accounts need of the other parts of the shop.
pub struct PeopleParts {
    pub vault: Vault,
    pub mails: Arc<dyn Letters>,
    pub carts: Arc<dyn CustomerCarts>,
    pub purchases: Arc<dyn Purchases>,
    pub spawner: Spawner,
    /// Scheme and authority of the shop, for links in mails, without a slash at the end. Never taken from a request: a
    /// forged `Host` would send people elsewhere with their tokens.
    pub base_url: String,
    /// Language of mails to people who chose none.
    pub locale: String,
    pub cost: PasswordCost,
}

/// The two things that accounts ask of the ledger.
#[async_trait]
pub trait Purchases: Send + Sync {
    async fn order(&self, store: StoreId, id: OrderId) -> Result<Option<OrderView>>;
    /// Destroys the key of a person of an order; none of that id is as good.
    async fn erase(&self, store: StoreId, person: PersonId, actor: Actor) -> Result<()>;
}

#[async_trait]
impl<T: Orders + Books> Purchases for T {
    async fn order(&self, store: StoreId, id: OrderId) -> Result<Option<OrderView>> {
        Orders::order(self, store, id).await
    }

    async fn erase(&self, store: StoreId, person: PersonId, actor: Actor) -> Result<()> {
        match Books::erase(self, store, person, actor).await {
            Err(failure) if failure.kind == ErrorKind::NotFound => Ok(()),
            done => done,
        }
    }
}

/// What accounts ask of the mails: to write one, and to forget all that went to somebody.
#[async_trait]
pub trait Letters: Send + Sync {
    async fn write(&self, store: StoreId, mail: NewMail) -> Result<()>;
    async fn forget(&self, store: StoreId, address: &Secret) -> Result<()>;
}

#[async_trait]
impl<T: Mails + MailQueue> Letters for T {
    async fn write(&self, store: StoreId, mail: NewMail) -> Result<()> {
        Mails::send(self, store, mail).await
    }

    async fn forget(&self, store: StoreId, address: &Secret) -> Result<()> {
        MailQueue::forget(self, store, address).await.map(|_| ())
    }
}

/// Customers and staff on SQLite, beside the keys in `identity.db`.
pub struct People {
    db: Db,
    identity: Identity,
    parts: PeopleParts,
    passwords: Arc<Passwords>,
    logins: Throttle,
    mails: Throttle,
}

impl std::fmt::Debug for People {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("People").field("path", &self.db.path()).finish_non_exhaustive()
    }
}

/// What is kept of a person, sealed.
#[derive(Clone, Serialize, Deserialize)]
struct Profile {
    /// As it was typed.
    email: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    locale: Option<String>,
}

const PROFILE: &[u8] = b"profile";

impl People {
    /// Opens the accounts that are in the same file as the keys of `identity`.
    ///
    /// # Errors
    /// When the file cannot be opened, or `parts.cost` is none that Argon2 knows.
    pub fn open(identity: &Identity, parts: PeopleParts) -> Result<Self> {
        // Readers of its own: `identity` has a single one, which must never wait behind a list.
        let options = Options { synchronous: Synchronous::Full, readers: 2 };
        let db = Db::open(identity.path(), store::MIGRATIONS, options)?;
        let passwords = Passwords::new(parts.cost, Arc::clone(identity.rng()))?;
        let (logins, mails) = (Throttle::logins(), Throttle::mails());
        Ok(People { db, identity: identity.clone(), parts, passwords, logins, mails })
    }

    /// Forgets ended sessions and tokens from time to time, until the shop stops.
    pub fn start_sweeping(self: &Arc<Self>) {
        let (people, stop) = (Arc::clone(self), self.parts.spawner.token());
        self.parts.spawner.spawn("identity-sweep", async move {
            loop {
                if let Err(error) = people.sweep().await {
                    tracing::warn!(%error, "ended sessions could not be swept");
                }
                tokio::select! {
                    () = stop.cancelled() => return,
                    () = tokio::time::sleep(SWEEP_EVERY) => {}
                }
            }
        });
    }

    async fn sweep(&self) -> std::result::Result<usize, DbError> {
        let now = self.now();
        self.db
            .write(move |conn| {
                let mut gone = store::token::sweep(conn, now)?;
                for table in [Table::Customer, Table::Staff] {
                    let idle = now.plus_millis(-sessions::idle_ms(table));
                    gone += store::session::sweep(conn, table, now, idle)?;
                }
                Ok::<_, DbError>(gone)
            })
            .await
    }

    fn now(&self) -> Timestamp {
        self.identity.clock().now()
    }

    /// Under which an e-mail address is looked up. Keyed, so that whoever has the file alone cannot try addresses.
    fn email_hash(&self, store: StoreId, email: &str) -> String {
        let normal = email.trim().to_lowercase();
        self.parts.vault.derived("identity e-mail", &[store.as_bytes().as_slice(), normal.as_bytes()].concat())
    }

    fn seal_profile(&self, key: &PersonKey, profile: &Profile) -> Result<Vec<u8>> {
        let plain = serde_json::to_vec(profile).map_err(Failure::internal)?;
        Ok(key.seal(PROFILE, &plain, self.identity.rng().as_ref()))
    }

    fn open_person(&self, person: &[u8; 16], wrapped: &[u8], sealed: &[u8]) -> Result<(PersonKey, Profile)> {
        let key = self.parts.vault.unwrap_person(person, wrapped)?;
        let profile = serde_json::from_slice(&key.open(PROFILE, sealed)?).map_err(Failure::internal)?;
        Ok((key, profile))
    }

    /// A read on this thread: accounts are point reads of microseconds.
    fn read<T>(&self, job: impl FnOnce(&Connection) -> std::result::Result<T, DbError>) -> Result<T> {
        Ok(self.db.read_now(job)?)
    }

    async fn write<T, F>(&self, job: F) -> Result<T>
    where
        F: FnOnce(&Connection) -> Result<T> + Send + 'static,
        T: Send + 'static,
    {
        let done = self.db.write(job).await;
        // Whatever was written may have ended a session or taken a permission.
        self.identity.forget();
        done
    }

    /// A network as it is remembered.
    fn place(&self, store: StoreId, from: &Visitor) -> Option<String> {
        let network = network(from.address?);
        Some(self.parts.vault.derived("identity place", &[store.as_bytes().as_slice(), network.as_bytes()].concat()))
    }

    /// Waits for its turn, verifies `password`, and counts what came of it. `kept` is none when there is no account.
    ///
    /// # Errors
    /// 401 `invalid_credentials`, 429.
    async fn verify(
        &self,
        store: StoreId,
        account: &str,
        password: &Secret,
        kept: Option<String>,
        from: &Visitor,
    ) -> Result<()> {
        let place = self.place(store, from);
        let known = match &place {
            Some(place) => self.read(|conn| store::place::is_known(conn, store, account, place))?,
            None => false,
        };
        let attempt = Attempt { account, network: from.address.map(network), known };
        self.logins.admit(&attempt)?;
        // Longer than any password that was ever taken: not hashed, but as slow as one that is.
        let fits = password.expose().len() <= crate::password::MAX_LEN;
        let (given, kept) = if fits { (password.clone(), kept) } else { (Secret::default(), None) };
        if self.passwords.verify(&given, kept).await? {
            self.logins.succeeded(&attempt);
            return Ok(());
        }
        self.logins.failed(&attempt);
        Err(wrong_credentials())
    }

    /// Counts a request that sends a mail to `account`.
    ///
    /// # Errors
    /// 429.
    fn count_mail(&self, account: &str, from: &Visitor) -> Result<()> {
        let attempt = Attempt { account, network: from.address.map(network), known: false };
        self.mails.admit(&attempt)?;
        self.mails.failed(&attempt);
        Ok(())
    }

    /// A token that works once, and the hash to store.
    fn once(&self) -> Result<(Secret, TokenHash)> {
        let token = token::generate(Kind::Once, self.identity.rng().as_ref());
        let hash = token::hash_of(Kind::Once, &token).ok_or_else(|| Failure::internal("a new token is none"))?;
        Ok((token, hash))
    }
}

/// The hash of the session that a request came with, to be ended when another takes its place.
fn session_hash(kind: Kind, from: &Visitor) -> Option<TokenHash> {
    token::hash_of(kind, from.session.as_ref()?)
}

/// The one answer to a pair of e-mail address and password that opens nothing, whatever is wrong with it.
fn wrong_credentials() -> Failure {
    let detail = "This e-mail address and this password do not belong together.";
    Failure::new(ErrorKind::Unauthenticated, "invalid_credentials", detail)
}

/// The one answer to a mailed token that does not work, whatever is wrong with it.
fn bad_token() -> Failure {
    let detail = "This link was used before or has expired. Ask for a new one.";
    let mut failure = Failure::field("/token", "invalid_token", detail);
    failure.code = "invalid_token".into();
    failure
}

fn once_hash(token: &Secret) -> Result<TokenHash> {
    token::hash_of(Kind::Once, token).ok_or_else(bad_token)
}

fn error(pointer: &str, code: &str, detail: &str) -> FieldError {
    FieldError { pointer: pointer.to_owned(), code: code.to_owned(), detail: detail.to_owned() }
}

fn check_email(errors: &mut Vec<FieldError>, email: &str) {
    if !is_email(email.trim()) {
        errors.push(error("/email", "invalid_email", "This does not look like an e-mail address."));
    }
}

/// The name, trimmed; none when it is empty.
fn checked_name(errors: &mut Vec<FieldError>, name: Option<&str>) -> Option<String> {
    let name = name.map(str::trim).filter(|name| !name.is_empty())?;
    if name.chars().count() > 200 || name.chars().any(char::is_control) {
        errors.push(error("/name", "invalid_name", "A name has up to 200 printable characters."));
    }
    Some(name.to_owned())
}

fn checked_locale(errors: &mut Vec<FieldError>, locale: Option<&str>) -> Option<String> {
    let locale = locale.map(str::trim).filter(|locale| !locale.is_empty())?;
    let fine = locale.len() <= 35 && locale.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
    if !fine {
        errors.push(error("/locale", "invalid_locale", "Name a language such as de or de-CH."));
    }
    Some(locale.to_owned())
}

fn refuse(errors: Vec<FieldError>) -> Result<()> {
    if errors.is_empty() { Ok(()) } else { Err(Failure::fields(errors)) }
}
