//! Who shops: the same person under several spellings and sometimes logged in, who forgets a password, and who may ask to
//! be forgotten.

use std::sync::Arc;
use std::time::Duration;

use contracts::address::Address;
use contracts::ledger::{Actor, Books};
use contracts::notification::{MailQueue, Mails, Message, NewMail};
use kernel::{CustomerId, OrderId, PersonId, Secret};
use tokio::time::Instant;

use super::world::{STORE, World};

/// The name of everybody, before what tells one order from another.
pub const NAME: &str = "Ada of";

/// Who placed an order.
#[derive(Clone, Debug)]
pub struct Buyer {
    pub shopper: u64,
    /// Stands in the address of this order and nowhere else.
    pub name: String,
}

/// A person who was erased, with what was known of them.
#[derive(Clone, Debug)]
pub struct Erased {
    pub person: PersonId,
    pub at: Instant,
}

/// A link that somebody was to get by mail.
#[derive(Clone, Debug)]
pub struct Link {
    pub shopper: u64,
    pub url: String,
    pub asked: Instant,
    /// When its reader's mails were forgotten.
    pub forgotten: Option<Instant>,
}

pub fn buyer(shopper: u64, key: &str) -> Buyer {
    Buyer { shopper, name: format!("{NAME} {key}") }
}

/// The address of a shopper, as it is typed this time.
pub fn email(world: &World, shopper: u64) -> String {
    match world.rng.below(3) {
        0 => format!("Shopper{shopper}@example.org"),
        1 => format!("SHOPPER{shopper}@EXAMPLE.ORG"),
        _ => format!("shopper{shopper}@example.org"),
    }
}

/// Every other shopper has an account, and is logged in half of the time.
pub fn account(world: &World, shopper: u64) -> Option<CustomerId> {
    let logged_in = world.rng.below(2) == 0 && shopper.is_multiple_of(2);
    logged_in.then(|| CustomerId::from_uuid(uuid::Uuid::from_u128(0xACC0 + u128::from(shopper))))
}

pub fn address(buyer: &Buyer) -> Address {
    Address {
        name: buyer.name.clone(),
        line1: "1 High Street".to_owned(),
        line2: None,
        city: "Ulm".to_owned(),
        region: None,
        postal_code: "89073".to_owned(),
        country: "DE".to_owned(),
    }
}

/// Asks for a link to set a new password.
pub async fn forgets_password(world: &Arc<World>, shopper: u64, key: &str) {
    let url = format!("https://shop.example/reset/{key}");
    let asked = Instant::now();
    for _ in 0..10 {
        let mail = NewMail {
            key: format!("reset {key}"),
            to: Secret::new(email(world, shopper)),
            locale: "en".to_owned(),
            message: Message::PasswordReset { url: Secret::new(url.clone()), valid_minutes: 600 },
        };
        let node = world.node();
        let sent = node.notification.send(STORE, mail);
        if let Ok(Ok(())) = tokio::time::timeout(Duration::from_secs(5), sent).await {
            world.note(&format!("{key} is sent a link"));
            world.links.lock().push(Link { shopper, url, asked, forgotten: None });
            return;
        }
        world.pause(100, 1_000).await;
    }
}

/// Erases whoever placed an order: as the back office does, the person of this order, or as the page of an account does,
/// the mails first and then the people of all orders.
pub async fn erase(world: &Arc<World>, order: OrderId) {
    let Some(shopper) = world.buyers.lock().get(&order).map(|b| b.shopper) else { return };
    if world.rng.below(2) == 0 {
        let person = world.database.with(|t| t.orders.get(&order).map(|o| o.head.person));
        if let Some(person) = person {
            erase_person(world, order, person).await;
        }
        return;
    }
    let address = Secret::new(format!("shopper{shopper}@example.org"));
    let mut forgotten = false;
    for _ in 0..25 {
        let node = world.node();
        let forget = node.notification.forget(STORE, &address);
        if let Ok(Ok(_)) = tokio::time::timeout(Duration::from_secs(5), forget).await {
            forgotten = true;
            break;
        }
        world.pause(100, 1_000).await;
    }
    if forgotten {
        let now = Instant::now();
        for link in world.links.lock().iter_mut().filter(|l| l.shopper == shopper && l.forgotten.is_none()) {
            link.forgotten = Some(now);
        }
    }
    let orders: Vec<(OrderId, PersonId)> = world.database.with(|t| {
        let buyers = world.buyers.lock();
        let theirs = t.orders.values().filter(|o| buyers.get(&o.head.id).is_some_and(|b| b.shopper == shopper));
        theirs.map(|o| (o.head.id, o.head.person)).collect()
    });
    for (order, person) in orders {
        erase_person(world, order, person).await;
    }
}

async fn erase_person(world: &Arc<World>, order: OrderId, person: PersonId) {
    for _ in 0..25 {
        let node = world.node();
        let actor = Actor { name: "key:merchant".to_owned(), request_id: None };
        let erase = node.ledger.erase(STORE, person, actor);
        if let Ok(Ok(())) = tokio::time::timeout(Duration::from_secs(15), erase).await {
            world.note(&format!("{person} is erased"));
            world.erased.lock().entry(order).or_insert(Erased { person, at: Instant::now() });
            return;
        }
        world.pause(200, 2_000).await;
    }
}
