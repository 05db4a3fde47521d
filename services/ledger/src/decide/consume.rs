//! Inbox: webhooks and events take effect once (invariant I10). And forgetting people.

use kernel::mutant::{Mutant, planted};
use kernel::{EventId, Failure, OrderId, PersonId};
use serde_json::json;

use super::tx::Tx;
use super::{ConsumerEffect, Reply};
use crate::state::{NewEvent, Person, Sales, WebhookRow};

pub(super) fn webhook(tx: &mut Tx<'_>, provider: &str, id: &str, order: Option<OrderId>) -> Reply {
    let key = (tx.store(), provider.to_owned(), id.to_owned());
    let fresh = !tx.state.webhooks.contains(&key);
    if fresh {
        let row = WebhookRow { store: key.0, provider: key.1, id: key.2, order, at: tx.now };
        tx.effects.webhooks.push(row);
    }
    Reply::Fresh(fresh)
}

pub(super) fn consume(tx: &mut Tx<'_>, consumer: &str, event: EventId, effect: &ConsumerEffect) -> Reply {
    let key = (consumer.to_owned(), event);
    if tx.state.inbox.contains(&key) && !planted(Mutant::InboxMissing) {
        return Reply::Fresh(false);
    }
    if !tx.state.inbox.contains(&key) {
        tx.effects.inbox.push(key);
    }
    let store = tx.store();
    match effect {
        ConsumerEffect::Sales(units) => {
            for (sku, quantity) in units {
                let changed = tx.effects.sales.iter().find(|s| s.sku == *sku);
                let base = changed.or_else(|| tx.state.sales.get(&(store, sku.clone()))).map_or(0, |s| s.units);
                tx.effects.sales.retain(|s| s.sku != *sku);
                tx.effects.sales.push(Sales { store, sku: sku.clone(), units: base.saturating_add(*quantity) });
            }
        }
        ConsumerEffect::Feed { aggregate, aggregate_seq, kind, request_id, data } => {
            tx.effects.events.push(NewEvent {
                store,
                aggregate: aggregate.clone(),
                aggregate_seq: *aggregate_seq,
                kind: kind.clone().into(),
                request_id: request_id.clone(),
                data: data.clone(),
            });
        }
    }
    Reply::Fresh(true)
}

pub(super) fn erase(tx: &mut Tx<'_>, person: PersonId) -> Result<Reply, Failure> {
    let store = tx.store();
    let found = tx.state.people.get(&(store, person)).ok_or_else(|| Failure::not_found("person"))?;
    let fresh = found.wrapped_key.is_some();
    if fresh {
        tx.effects.people.push(Person { store, id: person, wrapped_key: None });
        // A key is destroyed once, so this is the first and last event of a person.
        tx.event(format!("person:{person}"), 1, "person.erased", json!({ "person_id": person }));
        tx.audit("person.erase", person.to_string(), String::new());
    }
    Ok(Reply::Fresh(fresh))
}
