//! I10 of what leaves the shop: each event reaches each receiver, each mail its reader once; and I12 of the people who were
//! erased: nothing of them is left, wherever one looks.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use contracts::ledger::Orders;
use contracts::notification::{MailFilter, MailQueue, MailStatus, MailTemplate, MailView};
use kernel::{OrderId, PageRequest};
use ledger::engine::memory::Tables;
use rusqlite::types::ValueRef;

use super::super::outlets::{ENDPOINTS, LATE};
use super::super::world::{STORE, World};

/// What is on its way when somebody is erased may still arrive this long after.
const ON_ITS_WAY: Duration = Duration::from_secs(15);
/// What a receiver that answers hears of an event within, when nothing is in the way.
const SOON: Duration = Duration::from_secs(5);
/// How late a receiver that answers may hear of an event, apart from crashes and a clock that is set back.
const LATE_MS: u64 = 30_000;

pub async fn check(world: &Arc<World>, tables: &Tables) {
    webhooks_arrive(world, tables);
    let mails = mails(world).await;
    mails_are_told_once(world, tables, &mails);
    mails_arrive_once(world, &mails);
    erased_people_are_gone(world, tables, &mails).await;
    queues_tell_nobody(world);
}

/// I10: every event reached every receiver that wants it, and the one that answers in time.
fn webhooks_arrive(world: &World, tables: &Tables) {
    let arrived = world.arrived.webhooks.lock();
    let told_at = world.told_at.lock();
    let late = *world.arrived.late.lock();
    let patience = |counter: &std::sync::atomic::AtomicU64| counter.load(std::sync::atomic::Ordering::Relaxed);
    let late_ms = LATE_MS + patience(&world.set_back_ms) + 4_000 * patience(&world.crashes);
    // What happened later was not hurried.
    let hurried = world.hushed_at.lock().and_then(|at| at.checked_sub(SOON));
    for event in tables.events.values() {
        for (receiver, (url, types)) in ENDPOINTS.iter().enumerate() {
            let first = arrived.get(&(receiver, event.id.to_string()));
            let of_kind = types.is_empty() || event.kind.starts_with("order.");
            let wanted = of_kind && (receiver != LATE || late.is_some_and(|(_, made)| event.position > made));
            if receiver == LATE && first.is_some() && late.is_some_and(|(before, _)| event.position <= before) {
                world.violation(format!("I10: {} of before it was there reached {url}", event.kind));
            }
            match first.zip(told_at.get(&event.id)) {
                None if wanted && first.is_none() => {
                    world.violation(format!("I10: {} at {} never reached {url}", event.kind, event.position));
                }
                Some((first, told))
                    if receiver == 0
                        && hurried.is_some_and(|until| *told < until)
                        && (*first - *told).as_millis() > u128::from(late_ms) =>
                {
                    let after = (*first - *told).as_secs();
                    world.violation(format!("I10: {} reached {url} {after} s late", event.kind));
                }
                _ => {}
            }
        }
    }
}

async fn mails(world: &Arc<World>) -> Vec<MailView> {
    let (node, mut all, mut cursor) = (world.node(), Vec::new(), None);
    loop {
        match node.notification.mails(STORE, MailFilter::default(), PageRequest { limit: 100, cursor }).await {
            Ok(page) => {
                all.extend(page.items);
                cursor = page.next_cursor;
            }
            Err(error) => {
                world.violation(format!("the mails cannot be listed: {error}"));
                return all;
            }
        }
        if cursor.is_none() {
            return all;
        }
    }
}

/// I10: one mail for every event that is worth one.
fn mails_are_told_once(world: &World, tables: &Tables, mails: &[MailView]) {
    let mut events: BTreeMap<(String, &str), i64> = BTreeMap::new();
    for event in tables.events.values() {
        let template = match event.kind.as_str() {
            "order.placed" => MailTemplate::OrderConfirmation,
            "order.shipped" => MailTemplate::OrderShipped,
            "order.delivered" => MailTemplate::OrderDelivered,
            "order.refunded" => MailTemplate::OrderRefunded,
            "order.return_received" => MailTemplate::ReturnReceived,
            _ => continue,
        };
        *events.entry((event.aggregate.clone(), template.name())).or_default() += 1;
    }
    for mail in mails {
        let Some(order) = mail.order_id else { continue };
        *events.entry((format!("order:{order}"), mail.template.name())).or_default() -= 1;
    }
    for ((order, template), missing) in events {
        let may_be_one = template == MailTemplate::OrderCancelled.name() && missing == -1;
        if missing != 0 && !may_be_one {
            world.violation(format!("I10: {order} has {missing} more events than mails of {template}"));
        }
    }
}

/// I10: what the shop calls sent arrived, and under its own id, so that a second copy can be told from a second mail.
fn mails_arrive_once(world: &World, mails: &[MailView]) {
    let arrived = world.arrived.mails.lock();
    for mail in mails {
        let there = arrived.iter().any(|got| got.id == mail.id);
        if mail.status == MailStatus::Sent && !there {
            world.violation(format!("I10: {} counts as sent and did not arrive", mail.template.name()));
        }
        if mail.status == MailStatus::Failed || mail.status == MailStatus::Queued {
            world.violation(format!("L1: {} ends {:?}", mail.template.name(), mail.status));
        }
    }
    for got in arrived.iter().filter(|got| !mails.iter().any(|mail| mail.id == got.id)) {
        world.violation(format!("I10: mail {} is a second one of the same event", got.id));
    }
}

/// I12: of somebody who was erased nothing can be read any more, and nothing is sent to them.
async fn erased_people_are_gone(world: &Arc<World>, tables: &Tables, mails: &[MailView]) {
    let erased = world.erased.lock().clone();
    for (id, gone) in &erased {
        let Some(number) = tables.orders.get(id).map(|o| o.head.number) else { continue };
        match world.node().ledger.order(STORE, *id).await {
            Ok(Some(view)) if view.contact.is_none() => {}
            Ok(_) => world.violation(format!("I12: order {number} still shows whose it is")),
            Err(error) => world.violation(format!("order {number} of somebody erased cannot be read: {error}")),
        }
        if tables.people.get(&(STORE, gone.person)).is_some_and(|p| p.wrapped_key.is_some()) {
            world.violation(format!("I12: the key to the person of order {number} is still there"));
        }
        let of_order = |mail: &&MailView| mail.order_id == Some(*id);
        for mail in mails.iter().filter(of_order) {
            let late = |got: &&super::super::outlets::Received| got.id == mail.id && got.at > gone.at + ON_ITS_WAY;
            if world.arrived.mails.lock().iter().any(|got| late(&got)) {
                world.violation(format!("I12: {} of order {number} is sent after erasure", mail.template.name()));
            }
            if mail.file.is_some() {
                world.violation(format!("I12: the file of a mail about order {number} is still there"));
            }
        }
        if let Some(buyer) = world.buyers.lock().get(id) {
            nothing_says(world, tables, *id, &buyer.name);
        }
    }
    for link in world.links.lock().iter() {
        let Some(forgotten) = link.forgotten else { continue };
        let about = |got: &&super::super::outlets::Received| got.text.contains(&link.url);
        if world.arrived.mails.lock().iter().filter(about).any(|got| got.at > forgotten + ON_ITS_WAY) {
            world.violation(format!("I12: shopper {} gets a link after erasure", link.shopper));
        }
        if world.arrived.folder.lock().values().any(|text| text.contains(&link.url)) {
            world.violation(format!("I12: a mail to shopper {} is left in the folder after erasure", link.shopper));
        }
    }
}

/// Looks for a name in everything that is kept in the open.
fn nothing_says(world: &World, tables: &Tables, order: OrderId, name: &str) {
    let bytes = |body: &[u8]| body.windows(name.len()).any(|window| window == name.as_bytes());
    // A name may be the beginning of another one's.
    let whole = |text: &str| text.contains(&format!("{name}\n")) || text.contains(&format!("{name}\r"));
    if world.arrived.folder.lock().values().any(|text| whole(text)) {
        world.violation(format!("I12: a mail in the folder still names who placed order {order}"));
    }
    let answers = tables.idempotency.values().filter_map(|row| row.answer.as_ref());
    if answers.into_iter().any(|answer| bytes(&answer.body)) {
        world.violation(format!("I12: a stored answer names who placed order {order}"));
    }
    if tables.events.values().any(|event| event.data.to_string().contains(name))
        || tables.audit.iter().any(|row| row.entry.detail.contains(name))
    {
        world.violation(format!("I12: an event or the audit chain names who placed order {order}"));
    }
}

/// I12: the queues hold ids; nobody's name or address stands in them.
fn queues_tell_nobody(world: &World) {
    let found = world.queues.read_now(|conn| {
        let mut found = Vec::new();
        for table in ["mails", "messages", "deliveries"] {
            let mut statement = conn.prepare(&format!("select * from {table}"))?;
            let columns = statement.column_count();
            let mut rows = statement.query([])?;
            while let Some(row) = rows.next()? {
                for column in 0..columns {
                    let bytes = match row.get_ref(column)? {
                        ValueRef::Text(bytes) | ValueRef::Blob(bytes) => bytes,
                        _ => continue,
                    };
                    let tells = |what: &[u8]| bytes.windows(what.len()).any(|w| w.eq_ignore_ascii_case(what));
                    if tells(b"@example.org") || tells(super::super::people::NAME.as_bytes()) {
                        found.push(table);
                    }
                }
            }
        }
        Ok::<_, infra::sqlite::DbError>(found)
    });
    match found {
        Ok(found) if found.is_empty() => {}
        Ok(found) => world.violation(format!("I12: {} names somebody in the open", found[0])),
        Err(error) => world.violation(format!("the queues cannot be read: {error}")),
    }
}
