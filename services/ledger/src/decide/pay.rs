//! What was seen at the provider, and the passing of time: the payment side of the saga.

use contracts::ledger::{DEFAULT_LOCATION, RefundState};
use contracts::payment::{ProviderPayment, ProviderStatus, RefundStatus};
use contracts::saga::{Next, Observation, Progress};
use kernel::mutant::{Mutant, planted};
use kernel::{Failure, OrderId, RefundId};
use serde_json::json;

use super::place::{self, FIRST_LOOK_MS};
use super::tx::{self, Delta, Tx};
use super::{Reply, cancel, refund, voucher};
use crate::order::{Attempt, HoldState, Order, Phase, PhaseEvent};
use crate::state::MovementKind;

/// The pause before asking again: 1 s, 2 s, 4 s … at most 60 s.
fn backoff_ms(tries: u32) -> i64 {
    (1000_i64 << tries.min(6)).min(60_000)
}

/// The pause before a refund that failed `failed` times is made anew: 2 s, 4 s, 8 s … at most a day.
fn refund_pause_ms(failed: usize) -> i64 {
    (1000_i64 << failed.min(17)).min(24 * 3600 * 1000)
}

pub(super) fn record(tx: &mut Tx<'_>, id: OrderId, seen: &Observation) -> Result<Reply, Failure> {
    let mut order = tx.order(id)?;
    let before = order.next();
    let mut next = None;
    let mut waits = false;
    match seen {
        Observation::Payment { attempt, payment } if *attempt == order.payment.attempt => {
            apply_payment(tx, &mut order, payment)?;
            // What the provider has not decided, asking again at once would not decide either.
            waits = order.head.phase.is_undecided() || payment.status == ProviderStatus::Processing;
        }
        Observation::Missing { attempt } if *attempt == order.payment.attempt => {
            next = missing(tx, &mut order)?;
        }
        Observation::Unanswered { attempt } if *attempt == order.payment.attempt => {
            no_answer(tx, &mut order);
            waits = true;
        }
        Observation::Refused { attempt, why } if *attempt == order.payment.attempt => {
            next = refused(tx, &mut order, why);
        }
        // An attempt that is no longer the current one was decided for good before it was replaced.
        Observation::Payment { .. }
        | Observation::Missing { .. }
        | Observation::Unanswered { .. }
        | Observation::Refused { .. } => {}
        Observation::Refund { refund, seen } => match seen.status {
            RefundStatus::Succeeded => finish_refund(tx, &mut order, *refund, true),
            RefundStatus::Failed => finish_refund(tx, &mut order, *refund, false),
            RefundStatus::Pending => waits = retry_later(tx, &mut order),
        },
        Observation::RefundUnanswered { .. } => waits = retry_later(tx, &mut order),
        Observation::RefundRefused { refund, .. } => finish_refund(tx, &mut order, *refund, false),
    }
    settle(tx, &mut order)?;
    let stuck = order.next() == before && !matches!(before, Next::Wait { .. } | Next::Done);
    if next.is_none() && !waits && stuck && order.head.phase != Phase::Cancelled {
        // What was seen did not change what is to be done. Doing it again at once would not either.
        waits = retry_later(tx, &mut order);
    }
    if order.head.phase == Phase::Cancelled {
        next = Some(Next::Done);
    } else if waits {
        next = order.head.due_at.map(|until| Next::Wait { until });
    }
    finish(tx, order, next)
}

pub(super) fn wake(tx: &mut Tx<'_>, id: OrderId) -> Result<Reply, Failure> {
    let mut order = tx.order(id)?;
    if tx.now >= order.head.hold_until {
        expire(tx, &mut order)?;
    }
    if planted(Mutant::GiftCardCreditedAgain) && order.head.phase == Phase::Cancelled {
        voucher::release(tx, &order);
    }
    settle(tx, &mut order)?;
    finish(tx, order, None)
}

/// Writes the order back when it changed, and tells what to do next.
fn finish(tx: &mut Tx<'_>, order: Order, next: Option<Next>) -> Result<Reply, Failure> {
    tx.answer(&order);
    let progress = Progress {
        order: order.head.id,
        next: next.unwrap_or_else(|| order.next()),
        response: tx.told(&order),
        replayed: false,
    };
    let changed = tx.state.order(tx.store(), order.head.id).is_ok_and(|before| **before != order);
    if changed {
        tx.put_order(order);
    }
    Ok(Reply::Progress(progress))
}

fn apply_payment(tx: &mut Tx<'_>, order: &mut Order, payment: &ProviderPayment) -> Result<(), Failure> {
    if payment.revision < order.payment.revision {
        if planted(Mutant::OldStateOverwritesNew) {
            order.payment.revision = payment.revision;
            order.payment.captured_minor = payment.captured_minor;
        }
        return Ok(());
    }
    let newer = payment.revision > order.payment.revision;
    order.payment.revision = payment.revision;
    order.payment.reference = Some(payment.reference.clone());
    match payment.status {
        ProviderStatus::Processing => {
            no_answer(tx, order);
            Ok(())
        }
        ProviderStatus::RequiresAction => {
            action_required(tx, order, payment);
            Ok(())
        }
        ProviderStatus::Declined => {
            declined(tx, order, payment.decline_code.as_deref().unwrap_or("declined"));
            Ok(())
        }
        ProviderStatus::Voided => voided(tx, order),
        ProviderStatus::Authorised | ProviderStatus::Captured => {
            approved(tx, order, payment, newer)?;
            captured(tx, order, payment.captured_minor);
            Ok(())
        }
    }
}

/// The provider has money set aside for us.
fn approved(tx: &mut Tx<'_>, order: &mut Order, payment: &ProviderPayment, newer: bool) -> Result<(), Failure> {
    let fits = payment.amount == order.money(order.payment.amount_minor);
    match order.head.phase {
        Phase::Placing | Phase::Unknown | Phase::RequiresAction | Phase::Declined => {
            authorised(order, payment);
            if fits { confirm(tx, order) } else { cancel::begin(tx, order, "amount_mismatch") }
        }
        Phase::Confirmed | Phase::Closed => {
            if planted(Mutant::WebhookAndReturnBothComplete) && order.payment.captured_minor == 0 {
                commit_holds(tx, order)?;
                tell_placed(tx, order);
            }
            if newer && !fits {
                unexpected(tx, order, "AmountChanged");
            }
            Ok(())
        }
        Phase::Cancelling | Phase::Cancelled => {
            // The attempt was ended already, or its money is on its way back: nothing new.
            let p = &order.payment;
            let known = match p.state {
                Attempt::Voided => p.authorised_minor > 0 && payment.captured_minor == 0,
                Attempt::Authorised => {
                    order.head.phase == Phase::Cancelling || payment.captured_minor <= p.captured_minor
                }
                _ => false,
            };
            if known || planted(Mutant::LateApprovalIgnored) {
                return Ok(());
            }
            authorised(order, payment);
            order.payment.tries = 0;
            tx.advance(order, PhaseEvent::Approved);
            Ok(())
        }
    }
}

/// Writes down what is set aside. The token has done its work.
fn authorised(order: &mut Order, payment: &ProviderPayment) {
    let p = &mut order.payment;
    p.state = Attempt::Authorised;
    p.authorised_minor = payment.amount.amount_minor.max(p.captured_minor);
    p.token = None;
    p.action_url = None;
    p.decline_code = None;
}

/// Something that cannot be followed: told as an event, for a person to look at.
fn unexpected(tx: &mut Tx<'_>, order: &mut Order, event: &str) {
    let data = json!({ "phase": order.head.phase.name(), "event": event });
    tx.order_event(order, "order.unexpected_transition", data);
}

/// Turns the holds into commitments and the order into a confirmed one; or, when the stock is gone, into one to be
/// cancelled, whose authorisation is voided.
pub(super) fn confirm(tx: &mut Tx<'_>, order: &mut Order) -> Result<(), Failure> {
    order.payment.tries = 0;
    if commit_holds(tx, order)? {
        if tx.advance(order, PhaseEvent::Approved) && !planted(Mutant::EventBeforeCertainty) {
            tell_placed(tx, order);
        }
        if planted(Mutant::CouponCountedLate) {
            voucher::count_late(tx, order);
        }
        return Ok(());
    }
    tx.release_holds(order)?;
    cancel::take_off(order);
    voucher::release(tx, order);
    order.head.cancel_reason = Some("out_of_stock".to_owned());
    tx.advance(order, PhaseEvent::ApprovedTooLate);
    tx.order_event(order, "order.cancel_requested", json!({ "reason": "out_of_stock" }));
    if planted(Mutant::LoserCharged) {
        order.head.phase = Phase::Cancelled;
        order.head.due_at = None;
        order.payment.state = Attempt::Voided;
    }
    Ok(())
}

/// Whether every unit of the order is committed now. Holds that expired are taken again if the stock is still there.
fn commit_holds(tx: &mut Tx<'_>, order: &mut Order) -> Result<bool, Failure> {
    let number = order.head.number;
    let nothing = order.holds.is_empty() && order.backorders.is_empty();
    let expired = order.holds.iter().any(|h| h.state == HoldState::Released) || nothing;
    if expired && !planted(Mutant::ExpiryAndClaimBothWin) {
        tx.release_holds(order)?;
        let wanted = tx::summed(order.lines.iter().flat_map(|l| order.goods(l, l.quantity)));
        return Ok(match tx.take(&wanted, HoldState::Committed, number)? {
            Ok((holds, backorders)) => {
                order.holds = holds;
                order.backorders = backorders;
                place::tell_backorders(tx, order);
                true
            }
            Err(_) => false,
        });
    }
    for hold in &mut order.holds {
        let held = if hold.state == HoldState::Held { -hold.quantity } else { 0 };
        let delta = Delta { held, committed: hold.quantity, ..Delta::default() };
        tx.move_stock(&hold.sku, &hold.location, MovementKind::Commit, delta, Some(number), None)?;
        hold.state = HoldState::Committed;
    }
    Ok(true)
}

pub(super) fn tell_placed(tx: &mut Tx<'_>, order: &mut Order) {
    let lines: Vec<_> =
        order.lines.iter().map(|l| json!({ "line": l.line, "sku": l.sku, "quantity": l.quantity })).collect();
    let total = order.frozen.totals.total;
    let mut data = json!({ "lines": lines, "total_minor": total.amount_minor, "currency": total.currency, "cart_id": order.head.cart });
    // Most orders are whole at the one location of their shop; of others whoever packs has to know.
    let apart = order.holds.iter().any(|h| h.location != DEFAULT_LOCATION);
    if apart || !order.backorders.is_empty() {
        data["sources"] = json!(order.sources());
    }
    tx.order_event(order, "order.placed", data);
}

fn captured(tx: &mut Tx<'_>, order: &mut Order, captured_minor: i64) {
    if captured_minor <= order.payment.captured_minor || order.payment.state != Attempt::Authorised {
        return;
    }
    order.payment.captured_minor = captured_minor;
    // More than was set aside cannot be collected; should a provider do it, the books say what happened.
    order.payment.authorised_minor = order.payment.authorised_minor.max(captured_minor);
    order.payment.tries = 0;
    let data = json!({ "amount_minor": captured_minor, "currency": order.head.currency });
    tx.order_event(order, "order.paid", data);
}

fn declined(tx: &mut Tx<'_>, order: &mut Order, code: &str) {
    let p = &order.payment;
    let undecided = matches!(p.state, Attempt::Sent | Attempt::Unknown | Attempt::RequiresAction);
    // What we were about to give back, the provider took away itself.
    let gone = order.head.phase == Phase::Cancelling && p.state == Attempt::Authorised && p.captured_minor == 0;
    if undecided || gone {
        order.payment.state = Attempt::Declined;
        order.payment.decline_code = Some(code.to_owned());
        order.payment.token = None;
        order.payment.action_url = None;
    }
    if tx.advance(order, PhaseEvent::Declined) {
        tx.order_event(order, "order.payment_declined", json!({ "decline_code": code }));
    }
}

fn voided(tx: &mut Tx<'_>, order: &mut Order) -> Result<(), Failure> {
    if order.head.phase == Phase::Cancelled {
        return Ok(());
    }
    order.payment.token = None;
    match order.head.phase {
        // The provider let the authorisation lapse before it was collected: there is no money for these goods.
        Phase::Confirmed if order.payment.captured_minor == 0 && order.lines.iter().all(|l| l.shipped == 0) => {
            order.payment.state = Attempt::Voided;
            cancel::begin(tx, order, "authorisation_lapsed")
        }
        // The goods are gone and so is the money, which asking again does not bring back: the doctor names the order.
        Phase::Confirmed | Phase::Closed if order.payment.state == Attempt::Authorised => {
            if order.payment.captured_minor == 0 {
                order.payment.state = Attempt::Voided;
            }
            unexpected(tx, order, "Voided");
            Ok(())
        }
        Phase::Confirmed | Phase::Closed => Ok(()),
        Phase::Placing | Phase::Unknown | Phase::RequiresAction | Phase::Declined => {
            declined(tx, order, "cancelled_at_provider");
            Ok(())
        }
        Phase::Cancelling | Phase::Cancelled => {
            order.payment.state = Attempt::Voided;
            Ok(())
        }
    }
}

fn action_required(tx: &mut Tx<'_>, order: &mut Order, payment: &ProviderPayment) {
    if order.head.phase.is_undecided() {
        order.payment.action_url.clone_from(&payment.next_action_url);
    }
    if matches!(order.payment.state, Attempt::Sent | Attempt::Unknown) {
        order.payment.state = Attempt::RequiresAction;
    }
    if !order.head.extended && order.head.phase.is_undecided() {
        // Time for the shopper to do what the provider asks: the hold is extended, once.
        order.head.extended = true;
        let granted = order.head.hold_until.millis_since(order.head.placed_at);
        order.head.hold_until = order.head.hold_until.plus_millis(granted);
    }
    if tx.advance(order, PhaseEvent::ActionRequired) {
        tx.order_event(order, "order.action_required", json!({}));
    }
}

fn no_answer(tx: &mut Tx<'_>, order: &mut Order) {
    order.payment.tries = order.payment.tries.saturating_add(1);
    order.head.due_at = Some(tx.now.plus_millis(backoff_ms(order.payment.tries)));
    if order.payment.state == Attempt::Sent {
        order.payment.state = Attempt::Unknown;
    }
    if tx.advance(order, PhaseEvent::NoAnswer) {
        tx.order_event(order, "order.payment_unknown", json!({}));
    }
    if planted(Mutant::NewKeyAfterUnknown) && order.head.phase == Phase::Unknown {
        order.payment.attempt += 1;
    }
}

/// The provider never heard of the attempt: ask again under the same key, or give up when time is over.
fn missing(tx: &mut Tx<'_>, order: &mut Order) -> Result<Option<Next>, Failure> {
    match order.head.phase {
        Phase::Placing | Phase::Unknown | Phase::RequiresAction if tx.now < order.head.hold_until => {
            order.head.due_at = Some(tx.now.plus_millis(FIRST_LOOK_MS));
            Ok(Some(order.authorise()))
        }
        Phase::Placing | Phase::Unknown | Phase::RequiresAction => {
            order.payment.state = Attempt::Abandoned;
            order.payment.decline_code = Some("no_answer".to_owned());
            cancel::begin(tx, order, "expired")?;
            Ok(None)
        }
        Phase::Cancelling => {
            if matches!(order.payment.state, Attempt::Sent | Attempt::Unknown | Attempt::RequiresAction) {
                order.payment.state = Attempt::Abandoned;
                order.payment.decline_code = Some("no_answer".to_owned());
            }
            Ok(None)
        }
        Phase::Declined | Phase::Confirmed | Phase::Closed | Phase::Cancelled => Ok(None),
    }
}

/// The provider refused a call for good. Before the payment is decided that is a decline; afterwards the provider's
/// books say what is true, so they are asked.
fn refused(tx: &mut Tx<'_>, order: &mut Order, why: &str) -> Option<Next> {
    if order.head.phase.is_undecided() {
        declined(tx, order, why);
        return None;
    }
    if matches!(order.next(), Next::Wait { .. } | Next::Done) {
        return None;
    }
    retry_later(tx, order);
    let p = &order.payment;
    let find = Next::Find { attempt: p.attempt, provider: p.provider.clone(), key: p.key(order.head.id) };
    // The look itself may count as a try, so an odd count comes round again, and with it another look.
    if p.tries % 2 == 1 { Some(find) } else { order.head.due_at.map(|until| Next::Wait { until }) }
}

/// Puts the next step off, further with every try. True, so that the caller waits.
fn retry_later(tx: &mut Tx<'_>, order: &mut Order) -> bool {
    order.payment.tries = order.payment.tries.saturating_add(1);
    order.head.due_at = Some(tx.now.plus_millis(backoff_ms(order.payment.tries)));
    true
}

fn finish_refund(tx: &mut Tx<'_>, order: &mut Order, id: RefundId, succeeded: bool) {
    let currency = order.head.currency;
    let Some(found) = order.refunds.iter_mut().find(|r| r.id == id) else { return };
    let outcome = if succeeded { RefundState::Succeeded } else { RefundState::Failed };
    if found.state != RefundState::Pending {
        if found.state != outcome {
            unexpected(tx, order, if succeeded { "RefundSucceeded" } else { "RefundFailed" });
        }
        return;
    }
    let (amount, by_provider) = (found.amount_minor, found.provider_minor());
    found.state = outcome;
    order.payment.refund_pending_minor -= by_provider;
    order.payment.tries = 0;
    if !succeeded {
        refund::free_lines(order, id);
    }
    if succeeded {
        order.payment.refunded_minor += by_provider;
    } else if order.head.phase == Phase::Cancelling {
        let failed = order.refunds.iter().filter(|r| r.state == RefundState::Failed).count();
        order.head.due_at = Some(tx.now.plus_millis(refund_pause_ms(failed)));
    }
    let kind = if succeeded { "order.refunded" } else { "order.refund_failed" };
    tx.order_event(order, kind, json!({ "refund_id": id, "amount_minor": amount, "currency": currency }));
}

/// The hold's time is over. Exactly one of expiry and claim finds the hold still held.
fn expire(tx: &mut Tx<'_>, order: &mut Order) -> Result<(), Failure> {
    match order.head.phase {
        Phase::Declined | Phase::RequiresAction => cancel::begin(tx, order, "expired"),
        Phase::Placing | Phase::Unknown
            if !order.backorders.is_empty() || order.holds.iter().any(|h| h.state == HoldState::Held) =>
        {
            tx.release_holds(order)?;
            tx.order_event(order, "order.hold_expired", json!({}));
            Ok(())
        }
        _ => Ok(()),
    }
}

/// Brings the order to where its payment allows it to be, and decides when to look again.
pub(super) fn settle(tx: &mut Tx<'_>, order: &mut Order) -> Result<(), Failure> {
    let now = tx.now;
    let soon = now.plus_millis(backoff_ms(order.payment.tries));
    let undecided = matches!(order.payment.state, Attempt::Sent | Attempt::Unknown | Attempt::RequiresAction);
    let p = &order.payment;
    match order.head.phase {
        Phase::Placing | Phase::Unknown => {
            let later = order.head.due_at.filter(|due| *due > now).unwrap_or(soon);
            order.head.due_at = Some(later);
        }
        Phase::RequiresAction | Phase::Declined => order.head.due_at = Some(order.head.hold_until),
        Phase::Cancelling if undecided => order.head.due_at = Some(soon),
        Phase::Cancelling if p.state == Attempt::Authorised && p.captured_minor == 0 => order.head.due_at = Some(soon),
        Phase::Cancelling => {
            let owed = order.payment.refundable() > 0 && p.state == Attempt::Authorised;
            // A refund that failed is made anew when its pause is over, not at once and without end.
            let failed = order.refunds.iter().any(|r| r.state == RefundState::Failed);
            let pausing = failed && order.head.due_at.is_some_and(|due| due > now);
            if owed && !pausing {
                cancel::refund_rest(tx, order);
            }
            if order.payment.refund_pending_minor > 0 {
                order.head.due_at = Some(soon);
            } else if !owed && tx.advance(order, PhaseEvent::MoneyBack) {
                order.head.due_at = None;
                tx.order_event(order, "order.cancelled", json!({}));
            }
        }
        Phase::Cancelled => order.head.due_at = None,
        Phase::Confirmed | Phase::Closed => {
            let to_capture = p.state == Attempt::Authorised && p.captured_minor == 0;
            let work = to_capture || p.refund_pending_minor > 0;
            order.head.due_at = work.then(|| order.head.due_at.filter(|due| *due > now && p.tries > 0).unwrap_or(soon));
        }
    }
    Ok(())
}
