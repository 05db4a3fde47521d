//! What the shop writes to the world outside: a mail server or a folder of mails, receivers of webhooks, and the database
//! in which both queues are kept. All of them late, dead, forgetful, or heard twice.

use std::collections::BTreeMap;
use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Weak};
use std::time::Duration;

use async_trait::async_trait;
use contracts::notification::{NewWebhookEndpoint, Webhooks};
use infra::sqlite::{Db, DbError, Fate};
use infra::vault::Vault;
use kernel::{Failure, MailId, OrderId, Secret, WebhookEndpointId};
use ledger::LedgerService;
use notification::{
    MailSettings, MailTransport, Mailbox, Message, NoAnswer, Notification, NotificationParts, Outgoing, Outlets, Post,
    Refused, Transport, WebhookSettings,
};
use parking_lot::Mutex;
use tokio::time::Instant;

use super::world::{STORE, World};

/// The receivers: one that answers, one that is out of sorts, one that does not answer at all until the history heals, and
/// one that some histories make while orders are placed.
pub const ENDPOINTS: [(&str, &[&str]); 4] = [
    ("https://prompt.example.org/hook", &[]),
    ("https://moody.example.org/hook", &["order.*"]),
    ("https://dead.example.org/hook", &["order.*"]),
    ("https://late.example.org/hook", &["order.*"]),
];
/// The number of the one that is made later.
pub const LATE: usize = 3;
/// How long the shop waits for a receiver.
const DEADLINE: Duration = Duration::from_secs(10);

/// A mail as its reader has it.
pub struct Received {
    pub id: MailId,
    pub text: String,
    pub at: Instant,
}

/// What arrived outside. Survives every crash of the shop.
#[derive(Default)]
pub struct Arrived {
    pub mails: Mutex<Vec<Received>>,
    /// The folder of mails, by name of the file.
    pub folder: Mutex<BTreeMap<String, String>>,
    /// When each event came first to each receiver, by number and id.
    pub webhooks: Mutex<BTreeMap<(usize, String), Instant>>,
    /// The endpoints as the shop knows them.
    pub endpoints: Mutex<Vec<WebhookEndpointId>>,
    /// What had been told before the late endpoint was asked for, and when it was there: the positions of the last events.
    pub late: Mutex<Option<(u64, u64)>>,
}

/// The world as one process of the shop reaches it.
#[derive(Clone)]
pub struct Line {
    pub world: Weak<World>,
    pub alive: Arc<AtomicBool>,
}

impl Line {
    /// A killed process neither does nor hears anything more.
    async fn while_alive(&self) -> Arc<World> {
        match self.world.upgrade() {
            Some(world) if self.alive.load(Ordering::Relaxed) => world,
            _ => std::future::pending().await,
        }
    }
}

impl Fate for Line {
    fn before(&self) -> Pin<Box<dyn Future<Output = Result<(), DbError>> + Send + '_>> {
        Box::pin(async {
            let world = self.while_alive().await;
            if world.strikes(world.goods.database_faults / 8, "a service's database fails") {
                return Err(DbError::Commit("simulated".to_owned()));
            }
            Ok(())
        })
    }

    fn after(&self) -> Pin<Box<dyn Future<Output = Result<(), DbError>> + Send + '_>> {
        Box::pin(async {
            let world = self.while_alive().await;
            if world.strikes(world.goods.database_faults / 8, "a service's database does not say that it is done") {
                return Err(DbError::Commit("simulated".to_owned()));
            }
            Ok(())
        })
    }
}

/// Nothing befalls a database.
pub struct Calm;

impl Fate for Calm {
    fn before(&self) -> Pin<Box<dyn Future<Output = Result<(), DbError>> + Send + '_>> {
        Box::pin(async { Ok(()) })
    }
    fn after(&self) -> Pin<Box<dyn Future<Output = Result<(), DbError>> + Send + '_>> {
        Box::pin(async { Ok(()) })
    }
}

/// The empty database of a history, before any process has opened it. Made once for each thread: making it takes longer
/// than most histories.
pub fn database() -> Db {
    thread_local! {
        static MADE: Db = notification::in_memory(Arc::new(Calm)).expect("the schema is that of every shop");
    }
    let made = MADE.with(Db::clone);
    let empty =
        "delete from deliveries; delete from messages; delete from endpoints; delete from mails; delete from cursors";
    made.read_now(|conn| conn.execute_batch(empty).map_err(DbError::from)).expect("a row can always be deleted");
    made
}

/// The notification service of one process.
pub fn notification(world: &Arc<World>, ledger: &Arc<LedgerService>, alive: &Arc<AtomicBool>) -> Notification {
    let line = Line { world: Arc::downgrade(world), alive: Arc::clone(alive) };
    let parts = NotificationParts {
        store: STORE,
        data_dir: std::path::PathBuf::new(),
        books: Arc::clone(ledger) as Arc<dyn contracts::ledger::Books>,
        orders: Arc::clone(ledger) as Arc<dyn contracts::ledger::Orders>,
        secret_of: Arc::new(|_: OrderId| Secret::new("secret".to_owned())),
        vault: Vault::from_bytes(&[7; 32]),
        clock: world.clock(),
        rng: Arc::clone(&world.ids),
        mail: MailSettings {
            transport: MailTransport::Folder,
            from: Mailbox::parse("Shop <shop@shop.example>").expect("a plain mailbox"),
            staff_to: None,
            store_name: "Shop".to_owned(),
            base_url: "https://shop.example".to_owned(),
            markets: checkout::quote::Terms::default().markets,
        },
        webhooks: WebhookSettings::default(),
    };
    let outlets = Outlets {
        db: world.queues.under(Arc::new(line.clone())),
        mails: Box::new(MailServer(line.clone())),
        webhooks: Arc::new(Receivers(line)),
    };
    Notification::over(parts, outlets)
}

fn endpoint((url, types): (&str, &[&str])) -> NewWebhookEndpoint {
    let event_types = types.iter().map(|&kind| kind.to_owned()).collect();
    NewWebhookEndpoint { url: url.to_owned(), description: String::new(), event_types }
}

/// Makes an endpoint while orders are placed, just before somebody finds that the clock is fast.
pub async fn subscribe_late(world: &Arc<World>) {
    let last = || world.database.with(|t| t.events.last_key_value().map_or(0, |(position, _)| *position));
    let before = last();
    for _ in 0..25 {
        let node = world.node();
        let made = node.notification.create_endpoint(STORE, endpoint(ENDPOINTS[LATE]));
        if let Ok(Ok(_)) = tokio::time::timeout(Duration::from_secs(5), made).await {
            *world.arrived.late.lock() = Some((before, last()));
            world.note("one more wants to hear");
            world.set_clock_back(world.rng.below(30_000));
            return;
        }
        world.pause(100, 1_000).await;
    }
}

/// Makes the endpoints before anything happens.
pub async fn subscribe(world: &Arc<World>, notification: &Notification) {
    for known in &ENDPOINTS[..LATE] {
        match notification.create_endpoint(STORE, endpoint(*known)).await {
            Ok(made) => world.arrived.endpoints.lock().push(made.id),
            Err(error) => world.violation(format!("making an endpoint failed: {error}")),
        }
    }
}

/// A mail server, or in some histories the folder.
struct MailServer(Line);

#[async_trait]
impl Transport for MailServer {
    async fn send(&self, mail: &Outgoing<'_>) -> Result<Option<String>, Refused> {
        let world = self.0.while_alive().await;
        let (way_ms, rate) = (1 + world.rng.below(60), world.goods.network_faults);
        tokio::time::sleep(Duration::from_millis(way_ms)).await;
        if world.strikes(rate, "the mail server is away") {
            return Err(Refused::ForNow("It is away.".to_owned()));
        }
        let file = world.goods.mail_folder.then(|| mail.file_name());
        if let Some(file) = &file {
            world.arrived.folder.lock().insert(file.clone(), mail.text().to_owned());
        }
        let received = Received { id: mail.id(), text: mail.text().to_owned(), at: Instant::now() };
        world.note(&format!("mail {} is taken", mail.id()));
        world.arrived.mails.lock().push(received);
        let world = self.0.while_alive().await;
        if world.strikes(rate / 2, "the mail server's yes is lost") {
            return Err(Refused::ForNow("It did not answer.".to_owned()));
        }
        Ok(file)
    }

    async fn delete(&self, _: &std::path::Path, file: &str) -> Result<(), Failure> {
        let world = self.0.while_alive().await;
        world.arrived.folder.lock().remove(file);
        Ok(())
    }
}

/// What becomes of one request to a receiver.
enum Manner {
    Takes,
    TakesTwice,
    Refuses,
    /// Takes it, and its answer comes too late.
    TakesUnheard,
    Silent,
}

struct Receivers(Line);

impl Receivers {
    fn manner(world: &World, receiver: usize) -> Manner {
        let chaos = world.chaos.load(Ordering::Relaxed);
        match receiver {
            1 if chaos => match world.rng.below(8) {
                0 => Manner::Refuses,
                1 => Manner::TakesUnheard,
                2 => Manner::Silent,
                3 => Manner::TakesTwice,
                _ => Manner::Takes,
            },
            2 if chaos => Manner::Silent,
            _ => Manner::Takes,
        }
    }

    fn take(world: &World, receiver: usize, message: &Message<'_>) {
        if message.body.contains("@example") || message.body.contains(super::people::NAME) {
            world.violation(format!("I12: a webhook tells who somebody is: {}", message.body));
        }
        let mut arrived = world.arrived.webhooks.lock();
        arrived.entry((receiver, message.id.to_owned())).or_insert_with(Instant::now);
    }
}

#[async_trait]
impl Post for Receivers {
    async fn bring(&self, url: &str, message: &Message<'_>) -> Result<u16, NoAnswer> {
        let world = self.0.while_alive().await;
        let receiver = ENDPOINTS.iter().position(|(known, _)| *known == url).unwrap_or(0);
        let way_ms = 1 + world.rng.below(30);
        tokio::time::sleep(Duration::from_millis(way_ms)).await;
        let manner = Self::manner(&world, receiver);
        let answer = match manner {
            Manner::Takes => {
                Self::take(&world, receiver, message);
                Ok(204)
            }
            Manner::TakesTwice => {
                world.fault("a receiver is told twice");
                Self::take(&world, receiver, message);
                Self::take(&world, receiver, message);
                Ok(200)
            }
            Manner::Refuses => {
                world.fault("a receiver refuses");
                Ok(503)
            }
            Manner::TakesUnheard => {
                world.fault("a receiver's answer is lost");
                Self::take(&world, receiver, message);
                tokio::time::sleep(DEADLINE).await;
                Err("There was no answer.".to_owned())
            }
            Manner::Silent => {
                tokio::time::sleep(DEADLINE).await;
                Err("There was no answer.".to_owned())
            }
        };
        self.0.while_alive().await;
        answer
    }
}

/// After the history: the days go by until nothing waits any more.
pub async fn see_out(world: &Arc<World>) {
    let notification = notification(world, &world.node().ledger, &Arc::new(AtomicBool::new(true)));
    for hour in 0..100 {
        let done: Result<(), Failure> = async {
            while notification.follow().await? > 0 {}
            while notification.send_due().await? > 0 {}
            notification.deliver_due().await?;
            notification.sweep().await?;
            Ok(())
        }
        .await;
        if let Err(error) = done {
            world.violation(format!("mails and webhooks cannot be worked on: {error}"));
            return;
        }
        match notification.backlog() {
            Ok(left) if left.mails_queued == 0 && left.deliveries_pending == 0 => {
                world.note(&format!("mails and webhooks are done after {hour} hours"));
                return;
            }
            Ok(_) => world.set_clock_forward(3_600_000),
            Err(error) => return world.violation(format!("the queues cannot be read: {error}")),
        }
    }
    world.violation("L1: mails or webhooks still wait after four days".to_owned());
}
