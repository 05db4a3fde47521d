//! Sends what is due. A mail that the server refused for now is tried again with growing pauses for three days, then
//! given up and shown in the list; a crash between the server's yes and ours sends it again under the same id.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use contracts::address::is_email;
use contracts::ledger::{OrderView, Orders};
use contracts::market::Market;
use contracts::notification::MailTemplate;
use futures::StreamExt as _;
use infra::sqlite::{Db, DbError};
use infra::vault::Vault;
use kernel::mutant::{Mutant, planted};
use kernel::{Failure, MailId, OrderId, Secret, SharedClock, SharedRng, StoreId};
use parking_lot::Mutex;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use super::letter::{Letter, Rendered, Shop};
use super::orders::{self, OrderMail};
use super::transport::{Mailbox, Outgoing, Refused, Transport, file_name};
use super::{accounts, sealed, staff};
use crate::service::{MailSettings, Readers};
use crate::store::mail::{self as rows, DueRow, Outcome};

/// Mails taken at a time.
const WINDOW: u32 = 16;
/// The least pause after a full window.
const BREATH: Duration = Duration::from_millis(250);
/// Mails on their way at the same time.
const SIDE_BY_SIDE: usize = 4;
/// Pauses after each try that failed, in seconds; the last one again and again until the mail is too late.
const PAUSES_S: [i64; 8] = [60, 300, 900, 3_600, 7_200, 14_400, 21_600, 28_800];
/// Files are kept this long.
const FILED_MS: i64 = 30 * 24 * 3_600_000;
/// What became of a mail is kept this long.
const KEPT_MS: i64 = 180 * 24 * 3_600_000;
/// Mails looked at together when sweeping.
const SWEEP: u32 = 100;
/// Files looked at in one round; the next goes on behind them.
const ROUND: usize = 500;
/// What is under way when the shop closes may take this long to finish.
const LAST_WORDS: Duration = Duration::from_secs(5);

pub(crate) struct Sender {
    pub(crate) store: StoreId,
    pub(crate) db: Db,
    pub(crate) orders: Arc<dyn Orders>,
    pub(crate) secret_of: Arc<dyn Fn(OrderId) -> Secret + Send + Sync>,
    pub(crate) vault: Vault,
    pub(crate) clock: SharedClock,
    pub(crate) rng: SharedRng,
    pub(crate) readers: Readers,
    pub(crate) settings: MailSettings,
    pub(crate) transport: Box<dyn Transport>,
    pub(crate) folder: PathBuf,
    pub(crate) wake: Arc<Notify>,
    pub(crate) swept: Arc<Swept>,
}

/// How far the folder was looked at, and whether somebody was erased, so that all of it is to be looked at now.
#[derive(Default)]
pub(crate) struct Swept {
    pub(crate) erased: AtomicBool,
    after: Mutex<Option<MailId>>,
}

/// A mail with its reader, ready to be sent.
struct Written {
    to: Mailbox,
    letter: Rendered,
}

/// Why a mail is not written.
enum Unwritten {
    /// There is nobody to write to, or nothing to say.
    Drop(String),
    /// What is needed cannot be read now.
    Later(Failure),
}

impl From<Failure> for Unwritten {
    fn from(failure: Failure) -> Self {
        Unwritten::Later(failure)
    }
}

impl Sender {
    pub(crate) async fn run(&self, poll: Duration, sweep_every: Duration, stop: CancellationToken) {
        let mut next_sweep = tokio::time::Instant::now();
        loop {
            let too_late = async {
                stop.cancelled().await;
                tokio::time::sleep(LAST_WORDS).await;
            };
            let started = tokio::time::Instant::now();
            let tried = tokio::select! {
                biased;
                tried = self.step() => tried,
                () = too_late => return,
            };
            let pause = match tried {
                Ok(tried) if tried == WINDOW as usize => infra::pace::pause(started.elapsed()).max(BREATH),
                Ok(_) => poll,
                Err(failure) => {
                    tracing::warn!(%failure, internal = failure.internal, "the queue of mails could not be worked on");
                    poll
                }
            };
            let erased = self.swept.erased.swap(false, Ordering::Relaxed);
            if erased || tokio::time::Instant::now() >= next_sweep {
                next_sweep = tokio::time::Instant::now() + sweep_every;
                let round = if erased { usize::MAX } else { ROUND };
                if let Err(failure) = self.sweep_some(round).await {
                    tracing::warn!(%failure, internal = failure.internal, "the folder of mails could not be swept");
                }
            }
            tokio::select! {
                biased;
                () = stop.cancelled() => return,
                () = self.wake.notified(), if pause == poll => {}
                () = tokio::time::sleep(pause) => {}
            }
        }
    }

    /// Sends what is due. How many mails were tried.
    pub(crate) async fn step(&self) -> Result<usize, Failure> {
        let (store, now) = (self.store, self.clock.now());
        let due = self.db.read(move |conn| rows::due(conn, store, now, WINDOW)).await?;
        let count = due.len();
        let mut tries = futures::stream::iter(due).map(|row| self.try_one(row)).buffer_unordered(SIDE_BY_SIDE);
        while let Some(outcome) = tries.next().await {
            outcome?;
        }
        Ok(count)
    }

    async fn try_one(&self, row: DueRow) -> Result<(), Failure> {
        let outcome = self.send(&row).await;
        match &outcome {
            Outcome::Sent { .. } => {
                tracing::info!(mail = %row.id, template = row.template.name(), order = row.order.map(tracing::field::display), "a mail was sent");
            }
            Outcome::Later { error, .. } => {
                tracing::warn!(mail = %row.id, template = row.template.name(), error, "a mail is tried again later");
            }
            Outcome::Failed { error } => {
                tracing::error!(mail = %row.id, template = row.template.name(), error, "a mail is given up");
            }
            Outcome::Dropped { why } => {
                tracing::info!(mail = %row.id, template = row.template.name(), why, "a mail was dropped");
            }
        }
        let (store, now, file) = (self.store, self.clock.now(), file_name(row.id, row.template.name()));
        // An earlier try may have written the file without hearing so.
        if matches!(outcome, Outcome::Dropped { .. } | Outcome::Failed { .. }) {
            self.delete(&file).await?;
        }
        let stood = self.db.write(move |conn| rows::record(conn, store, row.id, now, &outcome)).await?;
        if !stood {
            // Its reader was forgotten meanwhile.
            self.delete(&file).await?;
        }
        Ok(())
    }

    async fn send(&self, row: &DueRow) -> Outcome {
        let now = self.clock.now();
        if row.expires_at <= now {
            // A link that no longer works is not sent; a mail about an order was tried for days.
            return match row.sealed {
                Some(_) => Outcome::Dropped { why: "Its link would not work any more.".to_owned() },
                None => Outcome::Failed { error: "It could not be sent for three days.".to_owned() },
            };
        }
        let written = match self.write(row).await {
            Ok(written) => written,
            Err(Unwritten::Drop(why)) => return Outcome::Dropped { why },
            Err(Unwritten::Later(failure)) => {
                tracing::warn!(mail = %row.id, %failure, internal = failure.internal, "a mail could not be written");
                return self.later(row, "It could not be written; the log says why.".to_owned());
            }
        };
        let outgoing = Outgoing {
            id: if planted(Mutant::MailForEachTry) { MailId::new(now, self.rng.as_ref()) } else { row.id },
            template: row.template.name(),
            from: &self.settings.from,
            to: &written.to,
            letter: &written.letter,
            at: row.created_at,
        };
        match self.transport.send(&outgoing).await {
            Ok(file) => Outcome::Sent { reader: self.readers.hash(written.to.address()), file },
            Err(Refused::ForNow(error)) => self.later(row, error),
            Err(Refused::ForGood(error)) => Outcome::Failed { error },
        }
    }

    fn later(&self, row: &DueRow, error: String) -> Outcome {
        let step = PAUSES_S.get(row.tries as usize).or(PAUSES_S.last()).copied().unwrap_or(3_600);
        // A tenth of jitter, so that a server which comes back is not met by everything at once.
        let jitter = i64::try_from(self.rng.below((step * 100).unsigned_abs())).unwrap_or_default();
        let at = self.clock.now().plus_secs(step).plus_millis(jitter);
        if at >= row.expires_at { Outcome::Failed { error } } else { Outcome::Later { at, error } }
    }

    async fn write(&self, row: &DueRow) -> Result<Written, Unwritten> {
        if let (Some(wrapped), Some(sealed)) = (&row.wrapped_key, &row.sealed) {
            let (to, locale, message) = sealed::unseal(&self.vault, row.id, wrapped, sealed)?.open();
            let to = mailbox(&to)?;
            return Ok(self.written(to, &accounts::letter(&message, &self.shop(), &locale), &locale));
        }
        match row.order {
            Some(order) => self.write_of_order(row, order).await,
            None => self.write_to_staff(row),
        }
    }

    async fn write_of_order(&self, row: &DueRow, id: OrderId) -> Result<Written, Unwritten> {
        let gone = |why: &str| Unwritten::Drop(why.to_owned());
        let mut order = self.orders.order(self.store, id).await?.ok_or_else(|| gone("There is no such order."))?;
        let contact = order.contact.take().ok_or_else(|| gone("The person was erased."))?;
        let locale = locale_of(&self.settings.markets, &order, &contact.shipping_address.country);
        let url = format!("{}/orders/{id}?key={}", self.settings.base_url, (self.secret_of)(id).expose());
        let mail = OrderMail { order: &order, contact: &contact, url, locale };
        let facts = &row.facts;
        let letter = match row.template {
            MailTemplate::OrderConfirmation => orders::confirmation(&mail),
            MailTemplate::OrderShipped => orders::shipped(&mail, facts.shipment),
            MailTemplate::OrderDelivered => orders::delivered(&mail, facts.shipment),
            MailTemplate::OrderRefunded => {
                orders::refunded(&mail, facts.refund, facts.amount_minor.unwrap_or_default())
            }
            MailTemplate::OrderCancelled => orders::cancelled(&mail, facts.out_of_stock == Some(true)),
            MailTemplate::ReturnReceived => orders::return_received(&mail, facts.returned),
            other => return Err(gone(&format!("{} is not about an order.", other.name()))),
        };
        let to = mailbox(&contact.email)?;
        Ok(self.written(to, &letter, locale))
    }

    fn write_to_staff(&self, row: &DueRow) -> Result<Written, Unwritten> {
        let nobody = || Unwritten::Drop("Staff has no address for mails (mail.staff_to).".to_owned());
        let to = self.settings.staff_to.clone().ok_or_else(nobody)?;
        let locale = self.settings.markets.first().map_or("en", |market| market.locale.as_str());
        let letter = match (&row.facts.stock, &row.facts.endpoint) {
            (Some(stock), _) => staff::low_stock(stock, locale),
            (_, Some(endpoint)) => staff::endpoint_disabled(endpoint, locale),
            _ => return Err(Unwritten::Drop("There is nothing to say.".to_owned())),
        };
        Ok(self.written(to, &letter, locale))
    }

    fn written(&self, to: Mailbox, letter: &Letter, locale: &str) -> Written {
        Written { to, letter: letter.render(&self.shop(), locale) }
    }

    fn shop(&self) -> Shop {
        Shop { name: self.settings.store_name.clone(), base_url: self.settings.base_url.clone() }
    }

    /// Deletes the files of mails whose person was erased, of mails that are too old, and what is known of old mails.
    /// How many files there were.
    pub(crate) async fn sweep(&self) -> Result<usize, Failure> {
        *self.swept.after.lock() = None;
        self.sweep_some(usize::MAX).await
    }

    /// Looks at `most` files, behind those of the round before; from the first again behind the last.
    async fn sweep_some(&self, most: usize) -> Result<usize, Failure> {
        let (store, now) = (self.store, self.clock.now());
        let (mut looked, mut deleted) = (0, 0);
        while looked < most {
            let after = *self.swept.after.lock();
            let filed = self.db.read(move |conn| rows::filed(conn, store, after, SWEEP)).await?;
            let last = filed.last().map(|(id, ..)| *id);
            looked += filed.len();
            let whole = filed.len() == SWEEP as usize;
            for (id, order, file, created_at) in filed {
                let old = now.millis_since(created_at) > FILED_MS;
                if old || (self.is_erased(order).await? && !planted(Mutant::ErasureForgetsFiles)) {
                    self.delete(&file).await?;
                    self.db.write(move |conn| rows::unfile(conn, store, id)).await?;
                    deleted += 1;
                }
            }
            *self.swept.after.lock() = last.filter(|_| whole);
            if !whole {
                break;
            }
        }
        let until = now.plus_millis(-KEPT_MS);
        let tidy = self.db.write(move |conn| {
            rows::drop_expired(conn, store, now)?;
            rows::prune(conn, store, until)
        });
        tidy.await?;
        Ok(deleted)
    }

    async fn is_erased(&self, order: Option<OrderId>) -> Result<bool, Failure> {
        let Some(order) = order else { return Ok(false) };
        let found = self.orders.order(self.store, order).await?;
        Ok(found.is_none_or(|order| order.contact.is_none()))
    }

    /// Deletes a file of the folder. One that is gone is fine.
    pub(crate) async fn delete(&self, file: &str) -> Result<(), Failure> {
        self.transport.delete(&self.folder, file).await
    }
}

fn mailbox(address: &str) -> Result<Mailbox, Unwritten> {
    let wrong = || Unwritten::Drop("The address is none that can be written to.".to_owned());
    if !is_email(address) {
        return Err(wrong());
    }
    Mailbox::parse(address).map_err(|_| wrong())
}

/// The language of the market that the order was placed in.
fn locale_of<'a>(markets: &'a [Market], order: &OrderView, country: &str) -> &'a str {
    let same = |market: &&Market| market.currency == order.currency;
    let there = |market: &&Market| market.countries.is_empty() || market.countries.iter().any(|c| c == country);
    let found = markets.iter().filter(same).find(there).or_else(|| markets.iter().find(same)).or(markets.first());
    found.map_or("en", |market| market.locale.as_str())
}

/// Queues a mail to staff about an endpoint that was switched off.
pub(crate) fn endpoint_disabled(
    store: StoreId,
    endpoint: rows::DisabledEndpoint,
    key: &str,
    (now, rng): (kernel::Timestamp, &dyn kernel::Rng),
) -> impl FnOnce(&rusqlite::Connection) -> Result<bool, DbError> + Send + 'static {
    let row = rows::NewRow {
        id: MailId::new(now, rng),
        dedupe: rows::dedupe(&["endpoint", key]),
        template: MailTemplate::WebhookEndpointDisabled,
        order: None,
        facts: rows::Facts { endpoint: Some(endpoint), ..rows::Facts::default() },
        sealed: None,
        at: now,
        expires_at: now.plus_millis(super::MAILED_LATE_MS),
    };
    move |conn| rows::insert(conn, store, &row)
}
