//! Shoppers: they double-click, come back, give up, change their minds, and try again with the same key when the shop
//! does not answer.

use std::sync::Arc;
use std::time::Duration;

use contracts::address::Address;
use contracts::cart::CartAccess;
use contracts::checkout::{Checkout, PaymentChoice, PlaceOrder};
use contracts::ledger::{Actor, CancelRequest, Idempotency, Orders};
use contracts::saga::{GiftCardTender, NewPerson, PlaceCommand, PlacedLine, SagaLedger};
use kernel::{CartId, Clock, Currency, ErrorKind, Money, OrderId, PersonId, ProductId, Secret};
use ledger::order::{Attempt, Phase};

use super::node::unit_minor;
use super::world::{STORE, SimCart, World};

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
        world.pause(0, 4_000).await;
        if world.rng.below(8) == 0 {
            pay_by_gift_card(&world, n, round).await;
            continue;
        }
        let cart = CartId::new(world.sim_clock.now(), world.ids.as_ref());
        fill(&world, cart, 1);
        // After a decline people try again; some change the cart before they do.
        for attempt in 0..3_u64 {
            let key = format!("shopper{n}-round{round}-try{attempt}");
            let declined = checkout(&world, cart, &key).await;
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
    let coupon = (world.rng.below(3) == 0).then(|| "TWICE".to_owned());
    world.carts.lock().insert(cart, SimCart { version, lines, coupon });
}

/// Places the order, with double clicks and second tabs. Whether the payment was declined.
async fn checkout(world: &Arc<World>, cart: CartId, key: &str) -> bool {
    let pick = usize::try_from(world.rng.below(TOKENS.len() as u64)).unwrap_or(0);
    let token = TOKENS[pick];
    let version = world.carts.lock().get(&cart).map_or(1, |c| c.version);
    let first = place(world, cart, version, key, token);
    let (order, declined) = match world.rng.below(6) {
        0 => {
            world.note("a double click");
            let (first, second) = tokio::join!(first, place(world, cart, version, key, token));
            (first.0.or(second.0), first.1)
        }
        1 => {
            world.note("a second tab");
            let other = format!("{key}-tab2");
            let (first, second) = tokio::join!(first, place(world, cart, version, &other, "tok_approve"));
            (first.0.or(second.0), first.1 && second.1)
        }
        _ => first.await,
    };
    if let Some(order) = order {
        afterwards(world, order, key).await;
    }
    declined
}

/// One request under one key, repeated until there is an answer. The order, and whether its payment was declined.
async fn place(world: &Arc<World>, cart: CartId, version: u64, key: &str, token: &str) -> (Option<OrderId>, bool) {
    for _ in 0..PATIENCE {
        let node = world.node();
        let access = CartAccess { id: cart, secret: Secret::new(String::new()) };
        let request = node.front.place(STORE, &access, order(cart, version, token), idempotency(key, token), None);
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
                if !matches!(failure.kind, ErrorKind::Unavailable) && failure.retry_after_s.is_none() {
                    return (None, false);
                }
            }
            Err(_) => world.note(&format!("no answer to {key}")),
        }
        world.pause(200, 2_500).await;
    }
    (None, false)
}

fn order(cart: CartId, version: u64, token: &str) -> PlaceOrder {
    PlaceOrder {
        cart_id: cart,
        cart_version: version,
        email: "shopper@example.org".to_owned(),
        shipping_address: Address {
            name: "A Shopper".to_owned(),
            line1: "1 High Street".to_owned(),
            line2: None,
            city: "Ulm".to_owned(),
            region: None,
            postal_code: "89073".to_owned(),
            country: "DE".to_owned(),
        },
        billing_address: None,
        shipping_option: "post".to_owned(),
        payment: PaymentChoice { provider: "test".to_owned(), token: token.to_owned() },
        expected_total: None,
        expected_due: None,
        gift_cards: Vec::new(),
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

/// An order that is paid in part by the gift card, placed through the saga's own door.
async fn pay_by_gift_card(world: &Arc<World>, n: u64, round: u64) {
    let key = format!("shopper{n}-round{round}-card");
    let sku = world.goods.skus[0].clone();
    let unit = unit_minor(&sku);
    let eur = |minor| Money::new(minor, Currency::EUR);
    let paid = if world.rng.below(3) == 0 { unit } else { 500 };
    let node = world.node();
    let id = OrderId::derive(1, b"simulated", &key);
    let pick = usize::try_from(world.rng.below(TOKENS.len() as u64)).unwrap_or(0);
    let totals = contracts::checkout::Totals {
        items: eur(unit),
        discount: eur(0),
        shipping: eur(0),
        tax: eur(0),
        tax_added: eur(0),
        total: eur(unit),
        gift_card: eur(paid),
        due: eur(unit - paid),
    };
    let command = PlaceCommand {
        store: STORE,
        order: id,
        cart: CartId::new(world.sim_clock.now(), world.ids.as_ref()),
        cart_version: 1,
        currency: Currency::EUR,
        lines: vec![PlacedLine {
            sku,
            product: ProductId::from_uuid(uuid::Uuid::nil()),
            product_handle: "shoe".to_owned(),
            title: "Shoe".to_owned(),
            variant_title: String::new(),
            quantity: 1,
            unit_minor: unit,
            discount_minor: 0,
            tax_minor: 0,
            total_minor: unit,
            image: None,
            tax_rate: None,
        }],
        discounts: Vec::new(),
        tax_lines: Vec::new(),
        shipping_option: "post".to_owned(),
        shipping_name: "Post".to_owned(),
        totals,
        coupons: Vec::new(),
        customers: Vec::new(),
        gift_cards: vec![GiftCardTender {
            code_hash: ledger::service::code_hash(super::world::gift_card().expose()),
            amount_minor: paid,
        }],
        person: NewPerson {
            id: PersonId::new(world.sim_clock.now(), world.ids.as_ref()),
            wrapped_key: vec![1],
            sealed_contact: vec![2],
        },
        provider: "test".to_owned(),
        token: Secret::new(TOKENS[pick].to_owned()),
        return_url: String::new(),
        hold_ms: world.goods.hold_ms,
    };
    let placed = node.ledger.place(command, idempotency(&key, "card"), Actor::system());
    if let Ok(Ok(progress)) = tokio::time::timeout(Duration::from_secs(15), placed).await {
        world.note(&format!("{key} is placed"));
        if progress.response.as_ref().is_none_or(|r| r.status < 300) {
            comes_back(world, progress.order).await;
            if world.rng.below(2) == 0 {
                cancel(world, progress.order, &format!("{key}-cancel")).await;
            }
        }
    }
}

/// Orders that stand and have not been shipped whole.
pub fn open_orders(world: &World) -> Vec<OrderId> {
    world.database.with(|t| {
        let open = t.orders.values().filter(|o| o.head.phase == Phase::Confirmed && o.payment.captured_minor > 0);
        open.map(|o| o.head.id).collect()
    })
}
