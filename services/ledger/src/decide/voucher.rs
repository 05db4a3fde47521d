//! Coupons and gift cards (invariant I7): used when the order is placed, given back when it is cancelled.

use contracts::ledger::{CouponView, GiftCardView};
use contracts::saga::GiftCardTender;
use kernel::mutant::{Mutant, planted};
use kernel::{Currency, Failure, Money};
use serde_json::json;

use super::Reply;
use super::tx::{self, Tx};
use crate::order::Order;
use crate::state::{Coupon, CouponUse, GiftCard, GiftCardEntry, Hash};

pub(super) fn put_coupon(tx: &mut Tx<'_>, code: &str, limit: Option<i64>) -> Result<Reply, Failure> {
    if code.is_empty() || code.chars().count() > 40 || code.chars().any(|c| c.is_control() || c.is_whitespace()) {
        return Err(Failure::field("/code", "invalid_code", "A code is 1 to 40 characters without spaces."));
    }
    let uses = tx.state.coupons.get(&(tx.store(), code.to_owned())).map_or(0, |c| c.uses);
    if limit.is_some_and(|limit| limit < uses || limit < 0) {
        return Err(Failure::field("/limit", "below_uses", format!("The coupon was used {uses} times already.")));
    }
    tx.effects.coupons.push(Coupon { store: tx.store(), code: code.to_owned(), limit, uses });
    tx.audit("coupon.put", code.to_owned(), format!("{limit:?}"));
    Ok(Reply::Coupon(CouponView { code: code.to_owned(), limit, uses }))
}

pub(super) fn issue(tx: &mut Tx<'_>, code_hash: Hash, code: &str, balance: Money) -> Result<Reply, Failure> {
    if balance.amount_minor <= 0 {
        return Err(Failure::field("/balance/amount_minor", "too_small", "A gift card holds a positive amount."));
    }
    if tx.state.gift_cards.contains_key(&(tx.store(), code_hash)) {
        return Err(Failure::conflict("gift_card_exists", "A gift card with this code was issued already."));
    }
    let card = GiftCard { store: tx.store(), code_hash, currency: balance.currency, balance_minor: 0, seq: 0 };
    book(tx, card, balance.amount_minor, None);
    tx.audit("gift_card.issue", tx::hex(&code_hash[..4]), balance.to_string());
    Ok(Reply::GiftCard(GiftCardView { code: code.to_owned(), balance }))
}

fn card(tx: &Tx<'_>, code_hash: Hash) -> Option<GiftCard> {
    let changed = tx.effects.gift_cards.iter().rev().find(|c| c.code_hash == code_hash);
    changed.or_else(|| tx.state.gift_cards.get(&(tx.store(), code_hash))).cloned()
}

/// One entry, and the balance that follows from it.
fn book(tx: &mut Tx<'_>, mut card: GiftCard, delta_minor: i64, order: Option<i64>) {
    card.seq += 1;
    card.balance_minor += delta_minor;
    let (store, code_hash, seq) = (card.store, card.code_hash, card.seq);
    tx.effects.gift_card_entries.push(GiftCardEntry { store, code_hash, seq, delta_minor, order, at: tx.now });
    tx.effects.gift_cards.retain(|c| c.code_hash != code_hash);
    tx.effects.gift_cards.push(card);
}

pub(super) fn pay_by_gift_cards(
    tx: &mut Tx<'_>,
    tenders: &[GiftCardTender],
    currency: Currency,
    number: i64,
) -> Result<(), Failure> {
    for tender in tenders {
        let unknown = || Failure::invalid("gift_card_unknown", "There is no such gift card in this currency.");
        let card = card(tx, tender.code_hash).filter(|c| c.currency == currency).ok_or_else(unknown)?;
        if tender.amount_minor <= 0 || tender.amount_minor > card.balance_minor {
            return Err(Failure::conflict("gift_card_balance", "The gift card does not hold that much any more."));
        }
        book(tx, card, -tender.amount_minor, Some(number));
    }
    Ok(())
}

pub(super) fn use_coupons(tx: &mut Tx<'_>, codes: &[String], number: i64) -> Result<(), Failure> {
    for (i, code) in codes.iter().enumerate() {
        // Several discounts of one coupon are one use of it.
        if codes[..i].contains(code) {
            continue;
        }
        let store = tx.store();
        // An unlimited coupon that the ledger was never told of needs no counting.
        let changed = tx.effects.coupons.iter().find(|c| c.code == *code);
        let Some(mut coupon) = changed.or_else(|| tx.state.coupons.get(&(store, code.clone()))).cloned() else {
            continue;
        };
        if coupon.limit.is_some_and(|limit| coupon.uses >= limit) {
            return Err(Failure::conflict(
                "coupon_used_up",
                format!("The coupon {code} was used as often as it can be."),
            ));
        }
        if !planted(Mutant::CouponCountedLate) {
            coupon.uses += 1;
        }
        tx.effects.coupons.retain(|c| c.code != *code);
        tx.effects.coupons.push(coupon);
        tx.effects.coupon_uses.push(CouponUse { store, code: code.clone(), order: number, active: true });
    }
    Ok(())
}

/// The bug of counting a coupon's use only when the payment succeeds.
pub(super) fn count_late(tx: &mut Tx<'_>, order: &Order) {
    for code in &order.frozen.coupons {
        if let Some(mut coupon) = tx.state.coupons.get(&(tx.store(), code.clone())).cloned() {
            coupon.uses += 1;
            tx.effects.coupons.push(coupon);
        }
    }
}

/// Gives back what a cancelled order used.
pub(super) fn release(tx: &mut Tx<'_>, order: &Order) {
    let store = tx.store();
    let number = order.head.number;
    for code in &order.frozen.coupons {
        let key = (store, code.clone(), number);
        let changed = tx.effects.coupon_uses.iter().rev().find(|u| u.code == *code && u.order == number);
        let used = changed.or_else(|| tx.state.coupon_uses.get(&key)).filter(|u| u.active).cloned();
        let Some(mut used) = used else { continue };
        let changed = tx.effects.coupons.iter().find(|c| c.code == *code);
        let Some(mut coupon) = changed.or_else(|| tx.state.coupons.get(&(store, code.clone()))).cloned() else {
            continue;
        };
        coupon.uses -= 1;
        used.active = false;
        tx.effects.coupons.retain(|c| c.code != *code);
        tx.effects.coupons.push(coupon);
        tx.effects.coupon_uses.push(used);
    }
    for (hash, amount) in &order.frozen.gift_cards {
        if let Some(card) = tx::unhex(hash).and_then(|hash| card(tx, hash)) {
            book(tx, card, *amount, Some(number));
        }
    }
    if !order.frozen.gift_cards.is_empty() {
        let cards: Vec<_> = order.frozen.gift_cards.iter().map(|(_, amount)| amount).collect();
        tracing::debug!(order = %order.head.id, amounts = %json!(cards), "gift cards are credited again");
    }
}
