//! The service: takes mails, and runs what goes on in the background.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use contracts::Result;
use contracts::ledger::{Books, Orders};
use contracts::market::Market;
use contracts::notification::{MailFilter, MailPreview, MailQueue, MailStatus, MailTemplate, MailView, Mails, NewMail};
use infra::Spawner;
use infra::sqlite::{Db, DbError};
use infra::vault::Vault;
use kernel::{Cursor, Failure, MailId, OrderId, Page, PageRequest, Secret, SharedClock, SharedRng, StoreId};
use ring::hmac;
use tokio::sync::Notify;

use crate::follow::Follower;
use crate::mail::letter::Shop;
use crate::mail::sealed::{self, SealedMail};
use crate::mail::sender::{Sender, Swept};
use crate::mail::transport::{MailTransport, Mailbox, Transport};
use crate::mail::{self, MAILED_LATE_MS, samples};
use crate::store::mail::{NewRow, dedupe};
use crate::store::{self, Backlog, mail as rows};
use crate::webhook::{Client, Dispatcher, Post, WebhookSettings};

const FOLLOW_EVERY: Duration = Duration::from_millis(500);
const LOOK_EVERY: Duration = Duration::from_secs(1);
const SWEEP_EVERY: Duration = Duration::from_secs(60);

/// How mails are written and where they go.
#[derive(Clone, Debug)]
pub struct MailSettings {
    pub transport: MailTransport,
    pub from: Mailbox,
    /// Where the shop writes to its own people; nobody gets such mails without it.
    pub staff_to: Option<Mailbox>,
    pub store_name: String,
    /// Public address of the shop, without a slash at the end.
    pub base_url: String,
    /// The first is the default one; they say in which language a country reads.
    pub markets: Vec<Market>,
}

/// What the service is made of.
pub struct NotificationParts {
    pub store: StoreId,
    /// `notification.db` and the folder `mail/` are in it.
    pub data_dir: PathBuf,
    pub books: Arc<dyn Books>,
    pub orders: Arc<dyn Orders>,
    /// Tells the secret that shows an order.
    pub secret_of: Arc<dyn Fn(OrderId) -> Secret + Send + Sync>,
    pub vault: Vault,
    pub clock: SharedClock,
    pub rng: SharedRng,
    pub mail: MailSettings,
    pub webhooks: WebhookSettings,
}

/// Where the service writes and sends: files and the network, unless a simulation stands in for them.
pub struct Outlets {
    pub db: Db,
    pub mails: Box<dyn Transport>,
    pub webhooks: Arc<dyn Post>,
}

/// The notification service. Clones share everything.
#[derive(Clone)]
pub struct Notification(pub(crate) Arc<Inner>);

pub(crate) struct Inner {
    pub(crate) db: Db,
    pub(crate) vault: Vault,
    pub(crate) clock: SharedClock,
    pub(crate) rng: SharedRng,
    pub(crate) readers: Readers,
    pub(crate) follower: Follower,
    pub(crate) sender: Sender,
    pub(crate) dispatcher: Dispatcher,
}

/// Makes of an address a hash that only this shop can make.
#[derive(Clone)]
pub(crate) struct Readers(hmac::Key);

impl Readers {
    fn new(vault: &Vault) -> Self {
        Readers(hmac::Key::new(hmac::HMAC_SHA256, vault.derived("readers of mails", b"").as_bytes()))
    }

    pub(crate) fn hash(&self, address: &str) -> [u8; 32] {
        let tag = hmac::sign(&self.0, address.trim().to_lowercase().as_bytes());
        let mut hash = [0; 32];
        hash.copy_from_slice(tag.as_ref());
        hash
    }
}

impl std::fmt::Debug for Notification {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Notification").field("path", &self.0.db.path()).finish_non_exhaustive()
    }
}

impl Notification {
    /// Opens `notification.db`. Nothing is sent before [`Self::start`].
    ///
    /// # Errors
    /// When the database, the folder or the SMTP address cannot be used: which, and why.
    pub fn open(parts: NotificationParts) -> Result<Self> {
        let db = store::open(&parts.data_dir)?;
        let mails = parts.mail.transport.open(&parts.data_dir.join("mail"), &parts.mail.from)?;
        let webhooks = Arc::new(Client::new(parts.webhooks));
        Ok(Self::over(parts, Outlets { db, mails, webhooks }))
    }

    /// As [`Self::open`], over a database and ways out that the caller has.
    #[must_use]
    pub fn over(parts: NotificationParts, outlets: Outlets) -> Self {
        let Outlets { db, mails: transport, webhooks } = outlets;
        let (mail_wake, webhook_wake) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
        let readers = Readers::new(&parts.vault);
        let swept = Arc::<Swept>::default();
        let folder = parts.data_dir.join("mail");
        let follower = Follower {
            store: parts.store,
            books: parts.books,
            db: db.clone(),
            clock: Arc::clone(&parts.clock),
            rng: Arc::clone(&parts.rng),
            staff: parts.mail.staff_to.is_some(),
            mail_wake: Arc::clone(&mail_wake),
            webhook_wake: Arc::clone(&webhook_wake),
            swept: Arc::clone(&swept),
        };
        let dispatcher = Dispatcher::new(
            &parts.webhooks,
            (parts.store, db.clone(), parts.vault.clone()),
            (Arc::clone(&parts.clock), Arc::clone(&parts.rng)),
            (webhook_wake, Arc::clone(&mail_wake)),
            webhooks,
        );
        let sender = Sender {
            store: parts.store,
            db: db.clone(),
            orders: parts.orders,
            secret_of: parts.secret_of,
            vault: parts.vault.clone(),
            clock: Arc::clone(&parts.clock),
            rng: Arc::clone(&parts.rng),
            readers: readers.clone(),
            settings: parts.mail,
            transport,
            folder,
            wake: mail_wake,
            swept,
        };
        Notification(Arc::new(Inner {
            db,
            vault: parts.vault,
            clock: parts.clock,
            rng: parts.rng,
            readers,
            follower,
            sender,
            dispatcher,
        }))
    }

    /// Follows the events, sends mails and delivers webhooks in the background until the drain.
    pub fn start(&self, spawner: &Spawner) {
        let (inner, stop) = (Arc::clone(&self.0), spawner.token());
        spawner.spawn("notification-events", async move {
            loop {
                let pause = inner.follower.pause_after(FOLLOW_EVERY).await;
                tokio::select! {
                    biased;
                    () = stop.cancelled() => return,
                    () = tokio::time::sleep(pause) => {}
                }
            }
        });
        let (inner, stop) = (Arc::clone(&self.0), spawner.token());
        spawner.spawn("notification-mails", async move { inner.sender.run(LOOK_EVERY, SWEEP_EVERY, stop).await });
        let (inner, own, stop) = (Arc::clone(&self.0), spawner.clone(), spawner.token());
        spawner.spawn("notification-webhooks", async move { inner.dispatcher.run(LOOK_EVERY, &own, stop).await });
    }

    /// Takes the events that are there, for whoever drives the service without a clock of its own.
    ///
    /// # Errors
    /// When they cannot be read.
    pub async fn follow(&self) -> Result<usize> {
        self.0.follower.step().await
    }

    /// Sends the mails that are due. How many were tried.
    ///
    /// # Errors
    /// When the queue cannot be read or written.
    pub async fn send_due(&self) -> Result<usize> {
        self.0.sender.step().await
    }

    /// Deletes the files of mails whose person was erased or that are too old.
    ///
    /// # Errors
    /// When the queue cannot be read or written.
    pub async fn sweep(&self) -> Result<usize> {
        self.0.sender.sweep().await
    }

    /// Delivers the webhooks that are due, and waits for them. How many were tried.
    ///
    /// # Errors
    /// When the deliveries cannot be read or written.
    pub async fn deliver_due(&self) -> Result<usize> {
        self.0.dispatcher.step_and_wait().await
    }

    /// What waits and what was given up, for the meters.
    ///
    /// # Errors
    /// When the queues cannot be read.
    pub fn backlog(&self) -> Result<Backlog> {
        let store = self.0.follower.store;
        Ok(self.0.db.read_now(|conn| store::backlog(conn, store))?)
    }

    /// Where mails go that are not sent by SMTP.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.0.sender.folder
    }
}

#[async_trait]
impl Mails for Notification {
    async fn send(&self, store: StoreId, new: NewMail) -> Result<()> {
        let inner = &self.0;
        let now = inner.clock.now();
        let id = MailId::new(now, inner.rng.as_ref());
        let template = mail::template_of(&new.message);
        let reader = inner.readers.hash(new.to.expose());
        let sealed = SealedMail::new(&new);
        let (wrapped, letter) = sealed::seal(&inner.vault, id, &sealed, inner.rng.as_ref())?;
        let row = NewRow {
            id,
            dedupe: dedupe(&["asked", template.name(), &new.key]),
            template,
            order: None,
            facts: rows::Facts::default(),
            sealed: Some((wrapped, letter, reader)),
            at: now,
            expires_at: now.plus_millis(mail::valid_ms(&new.message)),
        };
        let fresh = inner.db.write(move |conn| rows::insert(conn, store, &row)).await?;
        if fresh {
            inner.sender.wake.notify_one();
        }
        Ok(())
    }
}

#[async_trait]
impl MailQueue for Notification {
    async fn mails(&self, store: StoreId, filter: MailFilter, page: PageRequest) -> Result<Page<MailView>> {
        let before = before(page.cursor.as_deref())?;
        let limit = page.limit;
        let mut items = self.0.db.read(move |conn| rows::list(conn, store, &filter, before, limit + 1)).await?;
        let more = items.len() > limit as usize;
        items.truncate(limit as usize);
        let last = items.last().filter(|_| more);
        let next_cursor = last.map(|mail| Cursor::encode(&[&mail.id.to_string()]).as_str().to_owned());
        Ok(Page { items, next_cursor })
    }

    async fn retry(&self, store: StoreId, id: MailId) -> Result<MailView> {
        let now = self.0.clock.now();
        let expires = now.plus_millis(MAILED_LATE_MS);
        let (queued, found) = self
            .0
            .db
            .write(move |conn| {
                let queued = rows::retry(conn, store, id, now, expires)?;
                Ok::<_, DbError>((queued, rows::get(conn, store, id)?))
            })
            .await?;
        let found = found.ok_or_else(|| Failure::not_found("mail"))?;
        if !queued {
            let detail = match found.status {
                MailStatus::Sent => "This mail was sent. A second one would confuse its reader.",
                _ => "There is nobody to send this mail to any more.",
            };
            return Err(Failure::conflict("mail_done", detail));
        }
        self.0.sender.wake.notify_one();
        Ok(found)
    }

    fn preview(&self, template: MailTemplate, locale: &str) -> MailPreview {
        let settings = &self.0.sender.settings;
        let shop = Shop { name: settings.store_name.clone(), base_url: settings.base_url.clone() };
        let rendered = samples::letter(template, &shop, locale).render(&shop, locale);
        MailPreview { subject: rendered.subject, text: rendered.text, html: rendered.html }
    }

    async fn forget(&self, store: StoreId, address: &Secret) -> Result<u64> {
        let reader = self.0.readers.hash(address.expose());
        let (count, files) = self.0.db.write(move |conn| rows::forget(conn, store, &reader)).await?;
        // The files first: whoever is stopped in between finds them again the next time.
        for file in files {
            self.0.sender.delete(&file).await?;
        }
        self.0.db.write(move |conn| rows::forgotten(conn, store, &reader)).await?;
        Ok(count)
    }
}

fn before(cursor: Option<&str>) -> Result<Option<MailId>> {
    let Some(text) = cursor else { return Ok(None) };
    let parts = Cursor::decode(text, 1)?;
    let id = parts.first().and_then(|id| id.parse().ok());
    let wrong = || Failure::invalid("invalid_cursor", "This cursor was not made by this list.");
    id.map(Some).ok_or_else(wrong)
}
