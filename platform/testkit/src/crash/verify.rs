//! Calling in the promises: requests are repeated, orders are looked at, stock is counted.

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, Result};
use contracts::ledger::{OrderStatus, OrderView};
use kernel::{Rng as _, SeededRng};
use parking_lot::Mutex;
use tokio::task::JoinSet;
use tokio::time::Instant;

use super::{Arena, AskId, Books};
use crate::load::Connection;
use crate::shop::{Buyer, Office};

/// Connections that look at the same time.
const LOOKERS: usize = 8;
/// Answers of the last round that are asked for again after a restart, and of all rounds before.
const SAMPLE_OF_ROUND: usize = 300;
const SAMPLE_OF_BEFORE: usize = 100;
/// How long everything may take to come to rest at the end.
const PATIENCE: Duration = Duration::from_secs(120);

/// What the final reckoning counted.
#[derive(Clone, Debug, Default)]
pub(super) struct Figures {
    pub(super) orders: usize,
    pub(super) invariants: usize,
    pub(super) checked: u64,
    pub(super) violations: Vec<String>,
    pub(super) lost: usize,
    pub(super) undecided: usize,
}

/// After a restart: what was never answered is asked again, and a sample of what was promised is looked at.
pub(super) async fn after_restart(arena: &mut Arena, first_of_round: AskId, rng: &SeededRng) -> Result<()> {
    let (open, sample, orders) = {
        let books = arena.books.lock();
        let open: Vec<_> = books.open().iter().copied().collect();
        let mut sample = drawn(first_of_round..books.asked(), SAMPLE_OF_ROUND, rng);
        sample.extend(drawn(0..first_of_round, SAMPLE_OF_BEFORE, rng));
        sample.retain(|id| !books.open().contains(id));
        let confirmed = books.confirmed();
        let late = confirmed.len().saturating_sub(SAMPLE_OF_ROUND);
        let orders: Vec<_> =
            confirmed[late..].iter().map(|id| (id.clone(), books.secret(id).map(str::to_owned))).collect();
        (open, sample, orders)
    };
    // A request that starts only now may wait for a provider that never answers; it is asked again later.
    repeat(arena, open, Duration::from_millis(300)).await?;
    repeat(arena, sample, Duration::from_secs(10)).await?;
    let (_, broken) = look(arena, orders, false).await?;
    let mut books = arena.books.lock();
    broken.into_iter().for_each(|what| books.fault(what));
    Ok(())
}

/// At the end: everything is asked again, everything is looked at, everything is counted.
pub(super) async fn reckoning(arena: &mut Arena) -> Result<Figures> {
    let began = Instant::now();
    while !arena.books.lock().open().is_empty() && began.elapsed() < PATIENCE {
        let open: Vec<_> = arena.books.lock().open().iter().copied().collect();
        repeat(arena, open, Duration::from_secs(5)).await?;
        tokio::time::sleep(Duration::from_millis(300)).await;
    }
    println!("{} requests are still without an answer", arena.books.lock().open().len());
    let undecided: Vec<_> = {
        let books = arena.books.lock();
        books
            .open()
            .iter()
            .map(|id| format!("{:?} was never answered, however often it was repeated", books.what(*id)))
            .collect()
    };
    let all: Vec<_> = {
        let books = arena.books.lock();
        books.orders().map(|(id, secret)| (id.to_owned(), secret.map(str::to_owned))).collect()
    };
    let (mut views, mut broken) = look(arena, all.clone(), true).await?;
    for pass in 1.. {
        if broken.is_empty() || began.elapsed() > PATIENCE {
            break;
        }
        if pass % 10 == 0 {
            println!("{} orders have not come to rest, such as: {}", broken.len(), broken[0]);
        }
        tokio::time::sleep(Duration::from_secs(1)).await;
        (views, broken) = look(arena, all.clone(), true).await?;
    }
    let answered: Vec<_> = {
        let books = arena.books.lock();
        (0..books.asked()).filter(|id| !books.open().contains(id)).collect()
    };
    repeat(arena, answered, Duration::from_secs(10)).await?;

    let mut connection = Connection::open(arena.shop.address).await?;
    let unknown = strangers(arena, &mut connection).await?;
    let stock = count(arena, &mut connection, &views).await?;
    let found = arena.office.settled(&mut connection, Duration::from_secs(60)).await?;
    let figures = Figures {
        orders: all.len(),
        invariants: found.items.len(),
        checked: found.items.iter().map(|report| report.checked).sum(),
        violations: found.violations(),
        lost: broken.len(),
        undecided: undecided.len(),
    };
    let mut books = arena.books.lock();
    let violated = figures.violations.iter().map(|v| format!("invariant {v}"));
    undecided.into_iter().chain(broken).chain(unknown).chain(stock).chain(violated).for_each(|what| books.fault(what));
    drop(books);
    Ok(figures)
}

/// Sends requests again, each for at most `patience`; the books judge the answers.
async fn repeat(arena: &Arena, asks: Vec<AskId>, patience: Duration) -> Result<()> {
    let address = arena.shop.address;
    let mut lookers = JoinSet::new();
    for part in shared_out(asks) {
        lookers.spawn(repeat_part(address, Arc::clone(&arena.books), part, patience));
    }
    while let Some(ended) = lookers.join_next().await {
        ended??;
    }
    Ok(())
}

async fn repeat_part(
    address: SocketAddr,
    books: Arc<Mutex<Books>>,
    part: Vec<AskId>,
    patience: Duration,
) -> Result<()> {
    let mut connection = Connection::open(address).await.context("the shop is gone")?;
    for id in part {
        let wire = books.lock().wire(id);
        match connection.send_within(&wire, patience).await {
            Ok(answer) => {
                books.lock().answered(id, answer.status, answer.body);
            }
            // Too late: still open, if it was. The connection is spoilt.
            Err(_) => connection = Connection::open(address).await.context("the shop is gone")?,
        }
    }
    Ok(())
}

/// Looks at orders, with their secret where it is known. What they are, and which promises do not hold.
async fn look(
    arena: &Arena,
    orders: Vec<(String, Option<String>)>,
    settled: bool,
) -> Result<(Vec<OrderView>, Vec<String>)> {
    let mut lookers = JoinSet::new();
    for part in shared_out(orders) {
        lookers.spawn(look_part(arena.office.clone(), part));
    }
    let (mut views, mut broken) = (Vec::new(), Vec::new());
    while let Some(ended) = lookers.join_next().await {
        let (seen, missing) = ended??;
        let books = arena.books.lock();
        broken.extend(seen.iter().flat_map(|view| books.judge(view, settled)));
        broken.extend(missing);
        views.extend(seen);
    }
    Ok((views, broken))
}

async fn look_part(office: Office, part: Vec<(String, Option<String>)>) -> Result<(Vec<OrderView>, Vec<String>)> {
    let mut connection = Connection::open(office.host).await.context("the shop is gone")?;
    let (mut seen, mut missing) = (Vec::new(), Vec::new());
    for (id, secret) in part {
        let request = match &secret {
            Some(secret) => Buyer { host: office.host }.status_request(&id, secret),
            None => office.request("GET", &format!("/admin/orders/{id}")).bytes(),
        };
        let answer = connection.send_within(&request, Duration::from_secs(10)).await?;
        match answer.json::<OrderView>() {
            Ok(view) if answer.status == 200 => seen.push(view),
            _ => {
                missing.push(format!("LOST: order {id} was acknowledged, and is {}: {}", answer.status, answer.text()))
            }
        }
    }
    Ok((seen, missing))
}

/// Orders that the shop has and no answer ever spoke of: a request that took effect twice, or a ghost.
async fn strangers(arena: &Arena, connection: &mut Connection) -> Result<Vec<String>> {
    let listed = arena.office.orders(connection).await?;
    let books = arena.books.lock();
    let known: BTreeSet<&str> = books.orders().map(|(id, _)| id).collect();
    let ids: BTreeSet<String> = listed.iter().map(|order| order.id.to_string()).collect();
    let strange = ids.iter().filter(|id| !known.contains(id.as_str()));
    let mut told: Vec<_> =
        strange.map(|id| format!("order {id} exists, but no request was answered with it")).collect();
    told.extend(known.iter().filter(|id| !ids.contains(**id)).map(|id| format!("LOST: order {id} is in no list")));
    if ids.len() != listed.len() {
        told.push(format!("{} orders are listed under {} ids", listed.len(), ids.len()));
    }
    drop(books);
    Ok(told)
}

/// Units of one SKU in orders.
#[derive(Default)]
struct Units {
    shipped: i64,
    returned: i64,
    committed: i64,
    held: i64,
}

/// Stock is where orders and adjustments say: initial + adjustments = on hand + shipped - returned; what confirmed
/// orders still wait for is committed, what undecided and declined ones wait for is held.
async fn count(arena: &Arena, connection: &mut Connection, views: &[OrderView]) -> Result<Vec<String>> {
    let mut units: BTreeMap<String, Units> = BTreeMap::new();
    for view in views {
        for line in &view.lines {
            let of = units.entry(line.sku.to_string()).or_default();
            of.shipped += i64::from(line.shipped);
            of.returned += i64::from(line.returned);
            let waiting = i64::from(line.quantity) - i64::from(line.shipped);
            match view.status {
                OrderStatus::Confirmed | OrderStatus::Closed => of.committed += waiting,
                OrderStatus::Pending | OrderStatus::PaymentFailed => of.held += waiting,
                OrderStatus::Cancelled => {}
            }
        }
    }
    let mut wrong = Vec::new();
    for sku in arena.goods.iter() {
        let of = units.remove(sku).unwrap_or_default();
        let level = arena.office.stock(connection, sku).await?;
        let on_hand = arena.books.lock().on_hand(sku, of.shipped, of.returned);
        let expected = (on_hand, of.committed, of.held);
        if (level.on_hand, level.committed, level.held) != expected {
            wrong.push(format!(
                "stock of {sku}: on hand, committed and held are {:?}, and must be {expected:?}",
                (level.on_hand, level.committed, level.held)
            ));
        }
    }
    Ok(wrong)
}

/// `count` numbers of `range`, each at most once.
fn drawn(range: std::ops::Range<usize>, count: usize, rng: &SeededRng) -> Vec<usize> {
    if range.len() <= count {
        return range.collect();
    }
    let mut drawn = BTreeSet::new();
    while drawn.len() < count {
        drawn.insert(range.start + usize::try_from(rng.below(range.len() as u64)).unwrap_or(0));
    }
    drawn.into_iter().collect()
}

/// As many parts as there are connections; none is empty.
fn shared_out<T>(all: Vec<T>) -> Vec<Vec<T>> {
    let mut parts: Vec<Vec<T>> = (0..LOOKERS).map(|_| Vec::new()).collect();
    for (i, item) in all.into_iter().enumerate() {
        parts[i % LOOKERS].push(item);
    }
    parts.retain(|part| !part.is_empty());
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sample_has_no_doubles_and_stays_in_its_range() {
        let rng = SeededRng::new(1);
        assert_eq!(drawn(3..6, 10, &rng), [3, 4, 5]);
        let sample = drawn(100..1000, 50, &rng);
        assert_eq!(sample.len(), 50);
        assert!(sample.is_sorted() && sample.iter().all(|n| (100..1000).contains(n)));
    }

    #[test]
    fn work_is_shared_out_whole() {
        let parts = shared_out((0..20).collect());
        assert_eq!(parts.len(), LOOKERS);
        assert_eq!(parts.concat().into_iter().collect::<BTreeSet<_>>().len(), 20);
        assert!(shared_out(Vec::<u8>::new()).is_empty());
    }
}
