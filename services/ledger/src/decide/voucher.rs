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

/// The name of the row that counts how often `customer` used `code`. It is a coupon row like any other, so that its
/// limit is held by the same constraint and its uses are given back on the same way.
pub(super) fn counter(code: &str, customer: &Hash) -> String {
    format!("{code} {}", tx::hex(customer))
}

/// Sets the limits of a coupon. `customer_limit` None leaves the limit for each customer as it is.
pub(super) fn put_coupon(
    tx: &mut Tx<'_>,
    code: &str,
    limit: Option<i64>,
    customer_limit: Option<Option<i64>>,
) -> Result<Reply, Failure> {
    if code.is_empty() || code.chars().count() > 40 || code.chars().any(|c| c.is_control() || c.is_whitespace()) {
        return Err(Failure::field("/code", "invalid_code", "A code is 1 to 40 characters without spaces."));
    }
    let known = tx.state.coupons.get(&(tx.store(), code.to_owned()));
    let uses = known.map_or(0, |c| c.uses);
    let customer_limit = customer_limit.unwrap_or_else(|| known.and_then(|c| c.customer_limit));
    if customer_limit.is_some_and(|limit| limit < 1) {
        return Err(Failure::field("/limit_per_customer", "too_small", "A customer may use it at least once."));
    }
    if limit.is_some_and(|limit| limit < uses || limit < 0) {
        return Err(Failure::field("/limit", "below_uses", format!("The coupon was used {uses} times already.")));
    }
    tx.effects.coupons.push(Coupon { store: tx.store(), code: code.to_owned(), limit, uses, customer_limit });
    let detail = customer_limit.map_or_else(|| format!("{limit:?}"), |each| format!("{limit:?}, {each} each"));
    tx.audit("coupon.put", code.to_owned(), detail);
    Ok(Reply::Coupon(CouponView { code: code.to_owned(), limit, uses, limit_per_customer: customer_limit }))
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
    Ok(Reply::GiftCard(GiftCardView { code: code.to_owned(), balance, code_hash }))
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
        if tender.amount_minor <= 0
            || (tender.amount_minor > card.balance_minor && !planted(Mutant::GiftCardCheckedOutside))
        {
            return Err(Failure::conflict("gift_card_balance", "The gift card does not hold that much any more."));
        }
        book(tx, card, -tender.amount_minor, Some(number));
    }
    Ok(())
}

/// Counts a use of each coupon, for all and for the customer. Returns the rows that were counted, which is what is given
/// back when the order is cancelled.
pub(super) fn use_coupons(
    tx: &mut Tx<'_>,
    codes: &[String],
    customers: &[Hash],
    number: i64,
) -> Result<Vec<String>, Failure> {
    let mut counted: Vec<String> = Vec::new();
    for code in codes {
        // Several discounts of one coupon are one use of it.
        if counted.contains(code) {
            continue;
        }
        counted.push(code.clone());
        // An unlimited coupon that the ledger was never told of needs no counting.
        let Some(coupon) = coupon(tx, code) else { continue };
        let each = coupon.customer_limit;
        use_once(tx, coupon, number, || {
            Failure::conflict("coupon_used_up", format!("The coupon {code} was used as often as it can be."))
        })?;
        let Some(limit) = each else { continue };
        if customers.is_empty() {
            return Err(Failure::internal("a coupon is limited for each customer and the order has none"));
        }
        for customer in customers {
            let row = counter(code, customer);
            if counted.contains(&row) {
                continue;
            }
            let fresh = Coupon { store: tx.store(), code: row.clone(), limit: None, uses: 0, customer_limit: None };
            let known = self::coupon(tx, &row).unwrap_or(fresh);
            use_once(tx, Coupon { limit: Some(limit), ..known }, number, || {
                let detail = format!("You have used the coupon {code} as often as one customer can.");
                Failure::conflict("coupon_used_up", detail).with_extra("code", json!(code))
            })?;
            counted.push(row);
        }
    }
    Ok(counted)
}

/// The row as this command has left it.
fn coupon(tx: &Tx<'_>, code: &str) -> Option<Coupon> {
    let changed = tx.effects.coupons.iter().find(|c| c.code == code);
    changed.or_else(|| tx.state.coupons.get(&(tx.store(), code.to_owned()))).cloned()
}

fn use_once(
    tx: &mut Tx<'_>,
    mut coupon: Coupon,
    number: i64,
    used_up: impl FnOnce() -> Failure,
) -> Result<(), Failure> {
    if coupon.limit.is_some_and(|limit| coupon.uses >= limit) && !planted(Mutant::PromotionCheckedAtQuote) {
        return Err(used_up());
    }
    if !planted(Mutant::CouponCountedLate) {
        coupon.uses += 1;
    }
    let (store, code) = (coupon.store, coupon.code.clone());
    tx.effects.coupons.retain(|c| c.code != code);
    tx.effects.coupons.push(coupon);
    tx.effects.coupon_uses.push(CouponUse { store, code, order: number, active: true });
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
    release_promotions(tx, order);
    credit(tx, order, order.gift_card_left());
    if !order.frozen.gift_cards.is_empty() {
        let cards: Vec<_> = order.frozen.gift_cards.iter().map(|(_, amount)| amount).collect();
        tracing::debug!(order = %order.head.id, amounts = %json!(cards), "gift cards are credited again");
    }
}

/// Gives back the uses of coupons.
pub(super) fn release_promotions(tx: &mut Tx<'_>, order: &Order) {
    let store = tx.store();
    let number = order.head.number;
    for code in &order.frozen.coupons {
        if planted(Mutant::CancelledOrderKeepsPromotion) {
            break;
        }
        let key = (store, code.clone(), number);
        let changed = tx.effects.coupon_uses.iter().rev().find(|u| u.code == *code && u.order == number);
        let used = changed.or_else(|| tx.state.coupon_uses.get(&key)).filter(|u| u.active).cloned();
        let Some(mut used) = used else { continue };
        let Some(mut coupon) = coupon(tx, code) else { continue };
        coupon.uses -= 1;
        used.active = false;
        tx.effects.coupons.retain(|c| c.code != *code);
        tx.effects.coupons.push(coupon);
        tx.effects.coupon_uses.push(used);
    }
}

/// Gives `amount` back to the order's gift cards, in the order in which they paid: the first is made whole first. What
/// earlier refunds gave back is left out.
pub(super) fn credit(tx: &mut Tx<'_>, order: &Order, mut amount: i64) {
    let mut before = order.gift_card_credited();
    for (hash, paid) in &order.frozen.gift_cards {
        let already = before.min(*paid);
        before -= already;
        let part = amount.min(paid - already);
        if part == 0 {
            continue;
        }
        amount -= part;
        if let Some(card) = tx::unhex(hash).and_then(|hash| card(tx, hash)) {
            book(tx, card, part, Some(order.head.number));
        }
    }
}
