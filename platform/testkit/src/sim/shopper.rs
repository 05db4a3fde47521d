//! Shoppers: they double-click, come back, give up, change their minds, and try again with the same key when the shop
//! does not answer.

use std::sync::Arc;
use std::time::Duration;

use contracts::cart::CartAccess;
use contracts::checkout::{Checkout, PaymentChoice, PlaceOrder};
use contracts::ledger::{Actor, CancelRequest, Idempotency, Orders};
use kernel::{CartId, Clock, ErrorKind, Failure, OrderId, Secret};
use ledger::order::{Attempt, Phase};

use super::people;
use super::selling::{TWICE, WELCOME};
use super::world::{GIFT_CARDS, STORE, SimCart, World};

const TOKENS: [&str; 12] = [
    "tok_approve",
    "tok_approve",
    "tok_approve",
    "tok_decline",
    "tok_insufficient_funds",
    "tok_3ds",
    "tok_slow",
    "tok_timeout_charged",
    "tok_timeout_lost",
    "tok_webhook_first",
    "tok_webhook_twice",
    "tok_webhook_late",
];

/// How often a request is repeated under its key before the shopper gives up.
const PATIENCE: u32 = 25;

pub async fn shop(world: Arc<World>, n: u64) {
    let rounds = 1 + world.rng.below(3);
    for round in 0..rounds {
        world.pause(0, if world.goods.rush && round == 0 { 3 } else { 4_000 }).await;
        if world.rng.below(4) == 0 {
            people::forgets_password(&world, n, &format!("shopper{n}-round{round}")).await;
        }
        let cart = CartId::new(world.sim_clock.now(), world.ids.as_ref());
        fill(&world, cart, 1);
        // After a decline people try again; some change the cart before they do.
        for attempt in 0..3_u64 {
            let key = format!("shopper{n}-round{round}-try{attempt}");
            let declined = checkout(&world, n, cart, &key).await;
            if !declined {
                break;
            }
            world.pause(100, 3_000).await;
            if world.rng.below(3) == 0 {
                let version = world.carts.lock().get(&cart).map_or(1, |c| c.version);
                fill(&world, cart, version + 1);
            }
        }
    }
}

fn fill(world: &World, cart: CartId, version: u64) {
    let count = 1 + world.rng.below(2);
    let lines = (0..count).map(|_| {
        let sold: Vec<_> = world.goods.skus.iter().chain(&world.goods.bundle).collect();
        let sku = usize::try_from(world.rng.below(sold.len() as u64)).unwrap_or(0);
        // The same SKU may well come twice, or once more within a bundle: all is summed before stock is checked.
        (sold[sku].clone(), 1 + u32::try_from(world.rng.below(3)).unwrap_or(0))
    });
    let lines = lines.collect();
    let mut coupons = Vec::new();
    coupons.extend((world.rng.below(3) == 0).then(|| TWICE.to_owned()));
    coupons.extend((world.rng.below(3) == 0).then(|| WELCOME.to_owned()));
    world.carts.lock().insert(cart, SimCart { version, lines, coupons });
}

/// Places the order, with double clicks and second tabs. Whether the payment was declined.
async fn checkout(world: &Arc<World>, n: u64, cart: CartId, key: &str) -> bool {
    let pick = usize::try_from(world.rng.below(TOKENS.len() as u64)).unwrap_or(0);
    let token = TOKENS[pick];
    let mut wanted = wish(world, n, cart);
    wanted.payment.token = token.to_owned();
    let first = place(world, &wanted, n, key);
    let (order, declined) = match world.rng.below(6) {
        0 => {
            world.note("a double click");
            let (first, second) = tokio::join!(first, place(world, &wanted, n, key));
            (first.0.or(second.0), first.1)
        }
        1 => {
            world.note("a second tab");
            let other = format!("{key}-tab2");
            let mut approved = wanted.clone();
            approved.payment.token = "tok_approve".to_owned();
            let (first, second) = tokio::join!(first, place(world, &approved, n, &other));
            (first.0.or(second.0), first.1 && second.1)
        }
        _ => first.await,
    };
    if let Some(order) = order {
        afterwards(world, order, key).await;
    }
    declined
}

/// One request under one key, repeated until there is an answer. The order, and whether another try makes sense.
async fn place(world: &Arc<World>, wanted: &PlaceOrder, n: u64, key: &str) -> (Option<OrderId>, bool) {
    let buyer = people::buyer(n, key);
    let mut wanted = wanted.clone();
    wanted.shipping_address = people::address(&buyer);
    world.buyers.lock().insert(OrderId::derive(1, b"simulated", key), buyer);
    for _ in 0..PATIENCE {
        let node = world.node();
        let access = CartAccess { id: wanted.cart_id, secret: Secret::new(String::new()) };
        let once = idempotency(key, &wanted.payment.token);
        let request = node.front.place(STORE, &access, wanted.clone(), once, None);
        match tokio::time::timeout(Duration::from_secs(15), request).await {
            Ok(Ok(placed)) => {
                let order = Some(placed.order_id).filter(|id| !id.uuid().is_nil());
                world.told(key, &placed.response, order);
                if placed.response.status == 201
                    && let Some(order) = order
                {
                    world.acknowledged.lock().insert(order, key.to_owned());
                }
                return (order, placed.response.status == 402);
            }
            Ok(Err(failure)) => {
                world.note(&format!("refusal {} to {key}", failure.code));
                if failure.internal.as_deref().is_some_and(|why| why.contains("add up")) {
                    world.violation(format!("I6: the quote of {key} does not add up"));
                }
                if !matches!(failure.kind, ErrorKind::Unavailable) && failure.retry_after_s.is_none() {
                    return (None, used_up(world, &wanted, &failure));
                }
            }
            Err(_) => world.note(&format!("no answer to {key}")),
        }
        world.pause(200, 2_500).await;
    }
    (None, false)
}

/// Whether somebody else was faster with a code or a gift card. Some give their codes up then.
fn used_up(world: &World, wanted: &PlaceOrder, failure: &Failure) -> bool {
    if failure.code == "coupon_used_up"
        && world.rng.below(2) == 0
        && let Some(cart) = world.carts.lock().get_mut(&wanted.cart_id)
    {
        cart.coupons.clear();
        cart.version += 1;
    }
    matches!(failure.code.as_ref(), "coupon_used_up" | "gift_card_balance")
}

/// What a shopper orders, at what was seen a moment ago.
fn wish(world: &World, n: u64, cart: CartId) -> PlaceOrder {
    let cards = match world.rng.below(if world.goods.rush { 3 } else { 6 }) {
        0 => 1,
        1 => 2,
        _ => 0,
    };
    PlaceOrder {
        cart_id: cart,
        cart_version: world.carts.lock().get(&cart).map_or(1, |c| c.version),
        email: people::email(world, n),
        shipping_address: people::address(&people::buyer(n, "")),
        billing_address: None,
        shipping_option: "standard".to_owned(),
        payment: PaymentChoice { provider: "test".to_owned(), token: String::new() },
        expected_total: None,
        expected_due: None,
        gift_cards: GIFT_CARDS.iter().take(cards).map(|(code, _)| (*code).to_owned()).collect(),
        vat_id: None,
        customer: people::account(world, n),
        client: None,
    }
}

pub fn idempotency(key: &str, content: &str) -> Idempotency {
    let digest = ring::digest::digest(&ring::digest::SHA256, content.as_bytes());
    let fingerprint = digest.as_ref().try_into().expect("SHA-256 gives 32 bytes");
    Idempotency { scope: b"simulated".to_vec(), key: key.to_owned(), fingerprint }
}

/// What people do with an order: confirm it at their bank or not, come back to the shop, cancel.
async fn afterwards(world: &Arc<World>, order: OrderId, key: &str) {
    let waiting = world.database.with(|t| {
        t.orders
            .get(&order)
            .filter(|o| o.payment.state == Attempt::RequiresAction)
            .and_then(|o| o.payment.reference.clone())
    });
    if let Some(reference) = waiting {
        world.pause(100, 20_000).await;
        let choice = world.rng.below(10);
        if choice < 8 {
            world.outside.complete_action(&reference, choice < 6);
            world.note("the shopper decides at the provider");
            if world.rng.below(4) > 0 {
                comes_back(world, order).await;
            }
        }
    } else if world.rng.below(4) == 0 {
        comes_back(world, order).await;
    }
    if world.rng.below(6) == 0 {
        world.pause(0, 5_000).await;
        cancel(world, order, &format!("{key}-cancel")).await;
        if world.rng.below(2) == 0 {
            cancel(world, order, &format!("{key}-cancel-again")).await;
        }
    }
}

async fn comes_back(world: &Arc<World>, order: OrderId) {
    let node = world.node();
    let back = node.front.resume(STORE, order);
    world.note("the shopper comes back");
    // Nothing depends on it: webhook and resolver do the same.
    let _ = tokio::time::timeout(Duration::from_secs(15), back).await;
}

pub async fn cancel(world: &Arc<World>, order: OrderId, key: &str) {
    world.cancel_asked.lock().push(order);
    for _ in 0..PATIENCE {
        let node = world.node();
        let actor = Actor { name: "customer".to_owned(), request_id: None };
        let request = node.ledger.cancel(STORE, order, CancelRequest::default(), idempotency(key, "cancel"), actor);
        match tokio::time::timeout(Duration::from_secs(15), request).await {
            Ok(Ok(answer)) => {
                world.told(key, &answer.response, Some(order));
                return;
            }
            Ok(Err(_)) | Err(_) => world.pause(200, 2_500).await,
        }
    }
}

/// Orders that stand and have not been shipped whole.
pub fn open_orders(world: &World) -> Vec<OrderId> {
    world.database.with(|t| {
        let paid = |o: &ledger::order::Order| o.payment.captured_minor > 0 || o.payment.amount_minor == 0;
        let open = t.orders.values().filter(|o| o.head.phase == Phase::Confirmed && paid(o));
        open.map(|o| o.head.id).collect()
    })
}
