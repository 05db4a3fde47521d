//! Orders for more than there is (invariant I5), and goods that are made of others.
//!
//! What is not there is never taken out of stock: it is written on the order as a backorder, and counted on the rule of
//! its SKU, whose limit a constraint holds. Whatever brings units back or in is given, at the end of the very same
//! command, to those who wait, oldest order first; until then nobody else can take it.

use std::collections::BTreeSet;

use contracts::ledger::{BundleView, Oversell, PolicyView, SetBundle, SetPolicy, StockQuantity};
use kernel::mutant::{Mutant, planted};
use kernel::{Failure, Sku, Timestamp};
use serde_json::json;

use super::stock::MAX_UNITS;
use super::tx::Tx;
use super::{Command, Reply};
use crate::order::{HoldState, Phase};
use crate::state::StockRule;

/// Orders that are given goods in one command. Those behind them are woken for another.
pub(crate) const SERVED_AT_ONCE: usize = 64;
/// The most bundles that a SKU can be part of, and the most units of it in one.
const MAX_BUNDLES: usize = 50;
const MAX_PARTS: usize = 20;
const MAX_PER_BUNDLE: i64 = 999;

/// Ends a command: goods that came go to those who wait for them, and what can be bought by now is told.
pub(super) fn settle(tx: &mut Tx<'_>) -> Result<(), Failure> {
    if tx.state.rules.is_empty() && tx.effects.rules.is_empty() {
        return Ok(());
    }
    let mut touched: BTreeSet<Sku> = tx.effects.stock.iter().map(|l| l.sku.clone()).collect();
    if let Command::Wake { order } = &tx.envelope.command {
        touched.extend(tx.order(*order)?.skus().cloned());
    }
    let by_hand = matches!(
        &tx.envelope.command,
        Command::SetStock { .. } | Command::AdjustStock { .. } | Command::CountStock(_) | Command::Transfer { .. }
    );
    if by_hand || !planted(Mutant::BackorderPassedOver) {
        for sku in &touched {
            fill(tx, sku)?;
        }
    }
    touched.extend(tx.effects.rules.iter().map(|r| r.sku.clone()));
    tell(tx, touched);
    Ok(())
}

/// Gives what is there of `sku` to the orders that wait for it.
pub(super) fn fill(tx: &mut Tx<'_>, sku: &Sku) -> Result<(), Failure> {
    if tx.rule(sku).is_none_or(|r| r.backordered == 0) {
        return Ok(());
    }
    let Some(waiting) = tx.state.waiting.get(&(tx.store(), sku.clone())) else { return Ok(()) };
    let mut queue: Vec<_> = waiting.orders.values().copied().collect();
    if planted(Mutant::BackorderNewestFirst) {
        queue.reverse();
    }
    let mut last = None;
    for id in queue.into_iter().take(SERVED_AT_ONCE) {
        let there = tx.there(sku);
        if there == 0 {
            return Ok(());
        }
        last = Some(id);
        let mut order = tx.order(id)?;
        let wanted = order.backordered(sku);
        if wanted == 0 {
            continue;
        }
        let state = if order.head.phase == Phase::Confirmed { HoldState::Committed } else { HoldState::Held };
        let given = wanted.min(there);
        let Ok(holds) = tx.take_there(sku, given, state, order.head.number)? else { break };
        order.holds.extend(holds);
        tx.wait_less(&mut order, sku, given);
        let data = json!({ "sku": sku, "quantity": given, "remaining": wanted - given });
        tx.order_event(&mut order, "order.backorder_filled", data);
        tx.put_order(order);
    }
    // Others wait behind those that this command has looked at: the order looked at last is woken for them.
    let left = tx.there(sku) > 0 && tx.rule(sku).is_some_and(|r| r.backordered > 0);
    if let Some(id) = last.filter(|_| left) {
        let mut order = tx.order(id)?;
        order.head.due_at = Some(tx.now);
        tx.put_order(order);
    }
    Ok(())
}

/// Tells of every SKU with a rule, and every bundle of the `touched`, that can be bought now and could not before, or
/// the other way round, or only to be delivered later.
fn tell(tx: &mut Tx<'_>, mut touched: BTreeSet<Sku>) {
    let bundles: Vec<Sku> = touched.iter().filter_map(|sku| tx.rule(sku)).flat_map(|r| r.part_of).collect();
    touched.extend(bundles);
    let before = Tx::new(tx.state, tx.envelope, told_at(tx));
    for sku in touched {
        let Some(mut rule) = tx.rule(&sku) else { continue };
        let (available, backorder) = tx.can_be_bought(&sku);
        let until = tx.bought_until(&sku).filter(|_| backorder);
        for event in tx.effects.events.iter_mut().filter(|e| e.kind == "stock.availability_changed") {
            if event.data.get("sku").and_then(|s| s.as_str()) == Some(sku.as_str()) {
                event.data["sku_available"] = json!(available);
                event.data["backorder"] = json!(backorder);
                event.data["backorder_until"] = json!(until);
            }
        }
        let was = before.can_be_bought(&sku);
        if (was, before.bought_until(&sku).filter(|_| was.1)) != ((available, backorder), until) {
            rule.event_seq += 1;
            let seq = rule.event_seq;
            tx.put_rule(rule);
            let data = json!({
                "sku": sku, "available": available, "sku_available": available, "backorder": backorder,
                "backorder_until": until,
            });
            tx.event(format!("stock:{sku}"), seq, "stock.availability_changed", data);
        }
    }
}

/// When it was last told what can be bought: a pre-order that ends was told of while it still ran.
fn told_at(tx: &Tx<'_>) -> Timestamp {
    let Command::EndPreorders { skus } = &tx.envelope.command else { return tx.now };
    let rules = skus.iter().filter_map(|sku| tx.state.rules.get(&(tx.store(), sku.clone())));
    rules.filter_map(|rule| rule.until).min().map_or(tx.now, |until| until.min(tx.now).plus_millis(-1))
}

/// Ends the pre-orders of `skus` whose time is over: they are what they are by then, sold as far as there are any.
pub(super) fn end(tx: &mut Tx<'_>, skus: &[Sku]) -> Reply {
    let mut any = false;
    for sku in skus {
        let Some(mut rule) = tx.rule(sku).filter(|r| r.until.is_some_and(|until| until <= tx.now)) else { continue };
        any = true;
        rule.policy = Oversell::Deny;
        (rule.limit, rule.until) = (None, None);
        tx.put_rule(rule);
    }
    Reply::Fresh(any)
}

pub(super) fn put_policy(tx: &mut Tx<'_>, sku: &Sku, request: &SetPolicy) -> Result<Reply, Failure> {
    if request.limit.is_some_and(|limit| !(0..=MAX_UNITS).contains(&limit)) {
        return Err(Failure::field("/limit", "out_of_range", format!("A limit is 0 to {MAX_UNITS} units.")));
    }
    if request.until.is_some() && request.policy != Oversell::Preorder {
        return Err(Failure::field("/until", "only_for_preorder", "Only a pre-order ends at a time."));
    }
    if request.limit.is_some() && request.policy == Oversell::Deny {
        return Err(Failure::field("/limit", "nothing_to_limit", "Nothing is sold beyond what is there."));
    }
    let mut rule = tx.rule_or_new(sku);
    if !rule.components.is_empty() {
        let detail = "This is a bundle. What is sold beyond what is there is up to its components.";
        return Err(Failure::conflict("is_bundle", detail));
    }
    if request.limit.is_some_and(|limit| limit < rule.backordered) {
        let detail = format!("{} units are owed already.", rule.backordered);
        return Err(Failure::field("/limit", "below_backordered", detail));
    }
    rule.policy = request.policy;
    rule.limit = request.limit;
    rule.until = request.until.map(|until| until.0);
    tx.audit("stock.policy", sku.to_string(), format!("{:?}, at most {:?}", request.policy, request.limit));
    let view = rule.policy_view();
    tx.put_rule(rule);
    Ok(Reply::Policy(view))
}

pub(super) fn put_bundle(tx: &mut Tx<'_>, sku: &Sku, request: &SetBundle) -> Result<Reply, Failure> {
    check_components(tx, sku, &request.components)?;
    let mut rule = tx.rule_or_new(sku);
    if !request.components.is_empty() {
        let own = tx.levels(sku).iter().any(|l| l.on_hand != 0 || l.held != 0 || l.committed != 0);
        if own || rule.backordered > 0 {
            let detail = "This SKU has stock or orders of its own. Set its stock to 0 and settle its orders first.";
            return Err(Failure::conflict("has_stock", detail));
        }
        if !rule.part_of.is_empty() {
            return Err(Failure::conflict("is_component", "This SKU is part of another bundle."));
        }
        rule.policy = Oversell::Deny;
        (rule.limit, rule.until) = (None, None);
    }
    let gone: Vec<_> = rule.components.iter().map(|c| c.sku.clone()).collect();
    for part in gone {
        let mut component = tx.rule_or_new(&part);
        component.part_of.retain(|bundle| bundle != sku);
        tx.put_rule(component);
    }
    for (i, part) in request.components.iter().enumerate() {
        let mut component = tx.rule_or_new(&part.sku);
        if component.part_of.len() >= MAX_BUNDLES {
            let detail = format!("A SKU can be part of at most {MAX_BUNDLES} bundles.");
            return Err(Failure::field(format!("/components/{i}/sku"), "too_many_bundles", detail));
        }
        component.part_of.push(sku.clone());
        tx.put_rule(component);
    }
    rule.components.clone_from(&request.components);
    let components = request.components.clone();
    let parts: Vec<_> = components.iter().map(|c| format!("{} x {}", c.quantity, c.sku)).collect();
    tx.audit("stock.bundle", sku.to_string(), parts.join(", "));
    tx.put_rule(rule);
    let available = tx.bundles_there(&components);
    Ok(Reply::Bundle(BundleView { sku: sku.clone(), components, available }))
}

fn check_components(tx: &Tx<'_>, sku: &Sku, components: &[StockQuantity]) -> Result<(), Failure> {
    if components.len() > MAX_PARTS {
        return Err(Failure::field("/components", "too_many", format!("A bundle has at most {MAX_PARTS} components.")));
    }
    for (i, part) in components.iter().enumerate() {
        let pointer = format!("/components/{i}");
        if components[..i].iter().any(|c| c.sku == part.sku) {
            return Err(Failure::field(format!("{pointer}/sku"), "repeated_sku", "Name each SKU once."));
        }
        if part.sku == *sku || tx.rule(&part.sku).is_some_and(|r| !r.components.is_empty()) {
            return Err(Failure::field(format!("{pointer}/sku"), "is_bundle", "A bundle is not made of bundles."));
        }
        if !(1..=MAX_PER_BUNDLE).contains(&part.quantity) {
            let detail = format!("1 to {MAX_PER_BUNDLE} units of a component.");
            return Err(Failure::field(format!("{pointer}/quantity"), "out_of_range", detail));
        }
    }
    Ok(())
}

impl StockRule {
    #[must_use]
    pub fn policy_view(&self) -> PolicyView {
        PolicyView {
            sku: self.sku.clone(),
            policy: self.policy,
            limit: self.limit,
            until: self.until.map(Into::into),
            backordered: self.backordered,
        }
    }
}
