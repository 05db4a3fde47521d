//! The handle: what it replays, shows, and compares with a provider's books.

use contracts::address::Address;
use contracts::ledger::{Contact, OrderStatus};
use contracts::payment::RefundStatus;
use infra::Spawner;
use kernel::{Clock, ErrorKind, SeededRng};

use super::*;
use crate::decide::tests::{Buy, HandClock, START, STORE, payment, shopper, sku, staff};
use crate::engine::memory::MemoryEngine;

struct Unheard;

impl Availability for Unheard {
    fn set_available(&self, _: StoreId, _: &Sku, _: bool) {}
}

struct World {
    ledger: Arc<LedgerService>,
    clock: Arc<HandClock>,
    vault: Vault,
    _tasks: Spawner,
}

async fn world() -> World {
    let tables = MemoryEngine::new();
    let clock = HandClock::new();
    let vault = Vault::from_bytes(&[7; 32]);
    let (ledger, run) = LedgerService::new(LedgerParts {
        engine: Box::new(tables.clone()),
        reader: Arc::new(tables),
        clock: clock.clone(),
        rng: Arc::new(SeededRng::new(3)),
        vault: vault.clone(),
        availability: Arc::new(Unheard),
    });
    let tasks = Spawner::new();
    tasks.spawn("batcher", run);
    let set = SetStock { location: "main".to_owned(), on_hand: 1_000 };
    ledger.set(STORE, &sku("A"), set, Actor::system()).await.unwrap();
    World { ledger, clock, vault, _tasks: tasks }
}

fn key(n: u64) -> Idempotency {
    Idempotency { scope: b"tests".to_vec(), key: format!("k{n}"), fingerprint: [1; 32] }
}

impl World {
    async fn place(&self, buy: &Buy) -> Progress {
        self.ledger.place(buy.place_command(), key(buy.n), shopper()).await.unwrap()
    }

    async fn see(&self, buy: &Buy, status: ProviderStatus, revision: u64) -> Progress {
        let seen = Observation::Payment { attempt: 1, payment: payment(buy, status, revision) };
        self.ledger.record(STORE, buy.id(), seen).await.unwrap()
    }

    /// Every key that the reconciler is shown, page by page.
    async fn pages(&self, since: Timestamp, until: Timestamp, limit: usize) -> Vec<OrderId> {
        let mut since = since;
        let mut seen = Vec::new();
        for pages in 0.. {
            assert!(pages < 1_000, "the pages never end");
            let (records, next) = self.ledger.changed(STORE, "test", since, until, limit).await.unwrap();
            seen.extend(records.into_iter().map(|r| r.order));
            match next {
                Some(next) => {
                    assert!(next > since, "the pages do not go on");
                    since = next;
                }
                None => break,
            }
        }
        seen
    }
}

#[tokio::test]
async fn a_key_is_replayed_once_its_request_has_an_answer() {
    let world = world().await;
    let buy = Buy::new(1, &[("A", 1)]);
    assert_eq!(world.ledger.replay(STORE, &key(1)).await.unwrap(), None);
    world.place(&buy).await;
    let busy = world.ledger.replay(STORE, &key(1)).await.unwrap_err();
    assert_eq!((busy.kind, busy.retry_after_s), (ErrorKind::Conflict, Some(1)));
    let answer = world.see(&buy, ProviderStatus::Captured, 1).await.response.unwrap();
    assert_eq!(world.ledger.replay(STORE, &key(1)).await.unwrap(), Some((buy.id(), answer)));
    let other = Idempotency { fingerprint: [2; 32], ..key(1) };
    assert_eq!(world.ledger.replay(STORE, &other).await.unwrap_err().kind, ErrorKind::Invalid);
    // Moving a boundary between scope and key is another key.
    let moved = Idempotency { scope: b"testsk".to_vec(), key: "1".to_owned(), ..key(1) };
    assert_eq!(world.ledger.replay(STORE, &moved).await.unwrap(), None);
    world.clock.pass(crate::decide::IDEMPOTENCY_MS);
    assert_eq!(world.ledger.replay(STORE, &key(1)).await.unwrap(), None);
}

#[tokio::test]
async fn orders_of_one_batch_are_never_split_between_the_pages_of_a_comparison() {
    let world = world().await;
    let mut all = Vec::new();
    let mut n = 0;
    // Many share a moment; then one each; then many again.
    for group in [7, 1, 1, 1, 600, 2, 3] {
        for _ in 0..group {
            n += 1;
            let buy = Buy::new(n, &[("A", 1)]);
            world.place(&buy).await;
            all.push(buy.id());
        }
        world.clock.pass(5);
    }
    let end = world.clock.now();
    for limit in [1, 2, 3, 5, 8, 100, 10_000] {
        assert_eq!(world.pages(START, end, limit).await, all, "{limit} a page");
    }
    // Half-open: from the second moment on, up to the last.
    assert_eq!(world.pages(START.plus_millis(5), end, 4).await, all[7..]);
    assert_eq!(world.pages(START.plus_millis(1), START.plus_millis(30), 4).await, all[7..all.len() - 3]);
    assert!(world.pages(end, end.plus_millis(100), 4).await.is_empty());
    let (other, next) = world.ledger.changed(STORE, "stripe", START, end, 10_000).await.unwrap();
    assert!(other.is_empty() && next.is_none());
}

#[tokio::test]
async fn our_books_say_what_is_known_of_a_payment() {
    let world = world().await;
    let buy = Buy::new(1, &[("A", 1)]);
    world.place(&buy).await;
    let ours = async || {
        let keys = [format!("{}:1", buy.id()), format!("{}:2", buy.id()), "nonsense".to_owned()];
        let records = world.ledger.by_keys(STORE, "test", &keys).await.unwrap();
        assert_eq!(records.len(), 1);
        assert!(world.ledger.by_keys(STORE, "stripe", &keys).await.unwrap().is_empty());
        (records[0].status, records[0].captured_minor, records[0].refunded_minor, records[0].order_stands)
    };
    assert_eq!(ours().await, (None, 0, 0, true));
    world.see(&buy, ProviderStatus::RequiresAction, 1).await;
    assert_eq!(ours().await, (Some(ProviderStatus::RequiresAction), 0, 0, true));
    world.see(&buy, ProviderStatus::Authorised, 2).await;
    assert_eq!(ours().await, (Some(ProviderStatus::Authorised), 0, 0, true));
    world.see(&buy, ProviderStatus::Captured, 3).await;
    assert_eq!(ours().await, (Some(ProviderStatus::Captured), 1_000, 0, true));
    let cancel = CancelRequest { reason: "no".to_owned() };
    world.ledger.cancel(STORE, buy.id(), cancel, key(50), shopper()).await.unwrap();
    let order = world.ledger.reader().order(STORE, buy.id()).await.unwrap().unwrap();
    let seen = contracts::payment::ProviderRefund {
        key: "k".to_owned(),
        payment_reference: "pay_1".to_owned(),
        amount: Money::new(1_000, kernel::Currency::EUR),
        status: RefundStatus::Succeeded,
    };
    let refunded = Observation::Refund { refund: order.refunds[0].id, seen };
    world.ledger.record(STORE, buy.id(), refunded).await.unwrap();
    assert_eq!(ours().await, (Some(ProviderStatus::Captured), 1_000, 1_000, false));
    // Nothing to pay, nothing to compare.
    let free = Buy { lines: vec![("A", 1, 0)], ..Buy::new(2, &[]) };
    world.place(&free).await;
    assert!(world.ledger.by_keys(STORE, "test", &[format!("{}:1", free.id())]).await.unwrap().is_empty());
}

#[tokio::test]
async fn a_contact_is_shown_until_its_person_is_erased() {
    let world = world().await;
    let buy = Buy::new(1, &[("A", 1)]);
    let contact = Contact {
        vat_id: None,
        email: "ada@example.com".to_owned(),
        shipping_address: Address {
            name: "Ada".to_owned(),
            line1: "1 High Street".to_owned(),
            line2: None,
            city: "Berlin".to_owned(),
            region: None,
            postal_code: "10115".to_owned(),
            country: "DE".to_owned(),
        },
        billing_address: None,
    };
    let mut command = buy.place_command();
    let rng = SeededRng::new(9);
    let (person_key, wrapped) = world.vault.new_person(command.person.id.as_bytes(), &rng);
    command.person.wrapped_key = wrapped;
    command.person.sealed_contact = person_key.seal(buy.id().as_bytes(), &serde_json::to_vec(&contact).unwrap(), &rng);
    let person = command.person.id;
    world.ledger.place(command, key(1), shopper()).await.unwrap();
    let view = world.ledger.order(STORE, buy.id()).await.unwrap().unwrap();
    assert_eq!((view.contact, view.status), (Some(contact), OrderStatus::Pending));
    assert_eq!(view.timeline.iter().map(|t| t.event.as_str()).collect::<Vec<_>>(), ["order.created"]);
    world.ledger.erase(STORE, person, staff()).await.unwrap();
    let view = world.ledger.order(STORE, buy.id()).await.unwrap().unwrap();
    assert_eq!((view.contact, view.number.as_str()), (None, "1"));
    assert!(world.ledger.invariants().await.unwrap().iter().all(|r| r.violations.is_empty()));
}

#[tokio::test]
async fn a_rejected_placing_has_an_answer_and_no_order() {
    let world = world().await;
    let refused = world.place(&Buy::new(1, &[("NONE", 1)])).await;
    assert_eq!(
        (refused.response.unwrap().status, refused.next, refused.replayed),
        (409, contracts::saga::Next::Done, false)
    );
    assert!(world.place(&Buy::new(1, &[("NONE", 1)])).await.replayed);
}
