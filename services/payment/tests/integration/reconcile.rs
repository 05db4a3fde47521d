//! Rounds of reconciliation against the test provider: what differs is found, its order is woken, and it stays under
//! watch until both books agree.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use crate::support::{World, eur, order, request, world};
use async_trait::async_trait;
use contracts::Result;
use contracts::payment::{PaymentBooks, PaymentRecord, Provider, ProviderStatus};
use kernel::{StoreId, Timestamp};
use parking_lot::Mutex;
use payment::providers::test::{Settings, Webhooks};
use payment::reconciler::{DiscrepancyKind, Progress, Reconciler};

#[derive(Default)]
struct Books(Mutex<BTreeMap<String, (Timestamp, PaymentRecord)>>);

impl Books {
    fn put(&self, at: Timestamp, n: u32, status: Option<ProviderStatus>, captured_minor: i64) {
        self.put_attempt(at, n, 1, status, captured_minor);
    }

    fn put_attempt(&self, at: Timestamp, n: u32, attempt: u32, status: Option<ProviderStatus>, captured_minor: i64) {
        let key = format!("{}:{attempt}", order(n));
        let record = PaymentRecord {
            key: key.clone(),
            order: order(n),
            amount: eur(1_000),
            captured_minor,
            refunded_minor: 0,
            status,
            order_stands: true,
        };
        self.0.lock().insert(key, (at, record));
    }
}

#[async_trait]
impl PaymentBooks for Books {
    async fn by_keys(&self, _: StoreId, _: &str, keys: &[String]) -> Result<Vec<PaymentRecord>> {
        let books = self.0.lock();
        Ok(keys.iter().filter_map(|key| books.get(key).map(|(_, record)| record.clone())).collect())
    }

    async fn changed(
        &self,
        _: StoreId,
        _: &str,
        since: Timestamp,
        until: Timestamp,
        _: usize,
    ) -> Result<(Vec<PaymentRecord>, Option<Timestamp>)> {
        let books = self.0.lock();
        let within = books.values().filter(|(at, _)| (since..until).contains(at));
        Ok((within.map(|(_, record)| record.clone()).collect(), None))
    }
}

fn reconciler(world: &World, books: &Arc<Books>) -> Reconciler {
    Reconciler {
        store: StoreId::DEFAULT,
        provider: Arc::new(world.provider.clone()),
        books: books.clone(),
        checkout: world.shop.clone(),
        clock: world.clock.clone(),
        quiet_ms: 60_000,
    }
}

async fn minutes(n: u64) {
    tokio::time::sleep(Duration::from_secs(n * 60)).await;
}

fn quiet_world() -> World {
    world(Settings { webhooks: Webhooks::OnlySpecial, ..Settings::default() })
}

#[tokio::test(start_paused = true)]
async fn a_capture_that_we_missed_is_found_and_watched_until_we_know_it() {
    let (world, books) = (quiet_world(), Arc::new(Books::default()));
    let reconciler = reconciler(&world, &books);
    let mut progress = Progress::default();
    let payment = world.provider.authorise(request(1, "tok_approve")).await.unwrap();
    world.provider.capture(&payment.reference, "c", eur(1_000)).await.unwrap();
    books.put(world.clock.now(), 1, Some(ProviderStatus::Authorised), 0);

    let round = reconciler.reconcile_once(&mut progress).await.unwrap();
    assert_eq!(round.discrepancies, [], "both sides get a moment to hear of each other");

    minutes(2).await;
    for n in 1..=2 {
        let round = reconciler.reconcile_once(&mut progress).await.unwrap();
        assert_eq!(round.discrepancies.len(), 1);
        assert_eq!(round.discrepancies[0].kind, DiscrepancyKind::BehindProvider);
        assert_eq!(world.shop.count("resume"), n, "its order is woken in every round until it agrees");
    }
    books.put(world.clock.now(), 1, Some(ProviderStatus::Captured), 1_000);
    assert_eq!(reconciler.reconcile_once(&mut progress).await.unwrap().discrepancies, []);
    assert!(progress.watched.is_empty());
}

#[tokio::test(start_paused = true)]
async fn money_without_an_order_and_an_order_without_its_money_are_found() {
    let (world, books) = (quiet_world(), Arc::new(Books::default()));
    let reconciler = reconciler(&world, &books);
    let payment = world.provider.authorise(request(1, "tok_approve")).await.unwrap();
    world.provider.capture(&payment.reference, "c", eur(1_000)).await.unwrap();
    books.put(world.clock.now(), 2, Some(ProviderStatus::Captured), 1_000);
    world.provider.authorise(request(3, "tok_approve")).await.unwrap();
    books.put(world.clock.now(), 3, Some(ProviderStatus::Authorised), 0);
    minutes(2).await;
    let round = reconciler.reconcile_once(&mut Progress::default()).await.unwrap();
    let mut found: Vec<_> = round.discrepancies.iter().map(|d| (d.kind, d.order.unwrap())).collect();
    found.sort();
    assert_eq!(found, [(DiscrepancyKind::MoneyWithoutOrder, order(1)), (DiscrepancyKind::MissingAtProvider, order(2))]);
    assert_eq!((round.compared, round.more), (3, false));
}

#[tokio::test(start_paused = true)]
async fn a_second_charge_of_one_order_is_found_though_the_first_is_long_past() {
    let (world, books) = (quiet_world(), Arc::new(Books::default()));
    let reconciler = reconciler(&world, &books);
    let mut progress = Progress::default();
    let mut found = Vec::new();
    for attempt in 1..=2 {
        let mut request = request(1, "tok_approve");
        request.key = format!("{}:{attempt}", order(1));
        let payment = world.provider.authorise(request).await.unwrap();
        world.provider.capture(&payment.reference, "c", eur(1_000)).await.unwrap();
        books.put_attempt(world.clock.now(), 1, attempt, Some(ProviderStatus::Captured), 1_000);
        minutes(10).await;
        found = reconciler.reconcile_once(&mut progress).await.unwrap().discrepancies;
    }
    assert_eq!(found.iter().map(|d| d.kind).collect::<Vec<_>>(), [DiscrepancyKind::PaidTwice]);
}

#[tokio::test(start_paused = true)]
async fn more_payments_than_fit_a_round_are_all_compared() {
    let (world, books) = (quiet_world(), Arc::new(Books::default()));
    let reconciler = reconciler(&world, &books);
    for n in 0..1_200 {
        world.provider.authorise(request(n, "tok_approve")).await.unwrap();
        if n % 100 == 0 {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    }
    minutes(2).await;
    let (mut progress, mut found) = (Progress::default(), std::collections::BTreeSet::new());
    for rounds in 1.. {
        let round = reconciler.reconcile_once(&mut progress).await.unwrap();
        found.extend(round.discrepancies.into_iter().map(|d| d.key));
        if !round.more {
            break;
        }
        assert!(rounds < 10, "the rounds come to an end");
    }
    assert_eq!(found.len(), 1_200);
}
