//! I6 and I7 of promotions, gift cards, refunds and returns: what the shop promised of prices, against what it froze,
//! counted and gave back.

use std::collections::BTreeMap;

use contracts::checkout::DiscountTarget;
use contracts::ledger::{RefundState, ReturnStatus};
use contracts::selling::Effect;
use kernel::money::div_round;
use ledger::engine::memory::Tables;
use ledger::order::{Frozen, Order, Phase};

use super::super::selling::{WELCOME, WELCOME_LIMIT};
use super::super::world::World;
use super::healthy;

pub fn check(world: &World, tables: &Tables) {
    for order in tables.orders.values() {
        discounts_are_exact(world, order);
        let placed = world.placed_as.lock().get(&order.head.id).cloned();
        promotions_take_what_they_say(world, order, placed.as_ref().unwrap_or(&order.frozen));
    }
    uses_are_counted(world, tables);
    customers_keep_to_their_limit(world, tables);
    for order in healthy(world, tables) {
        tenders_get_their_share(world, order);
        returns_come_once(world, order);
    }
}

/// I6: each discount is the sum of its parts, each line's discount the sum of the parts about it.
fn discounts_are_exact(world: &World, order: &Order) {
    let mut lines: BTreeMap<u32, i64> = BTreeMap::new();
    let mut sum = 0;
    let goods = order.frozen.discounts.iter().filter(|d| d.target == DiscountTarget::Goods);
    for discount in goods {
        let parts: i64 = discount.lines.iter().map(|part| part.amount.amount_minor).sum();
        if parts != discount.amount.amount_minor {
            world.violation(format!("I6: {} of order {} loses cents", discount.label, order.head.number));
        }
        sum += parts;
        for part in &discount.lines {
            *lines.entry(part.line).or_default() += part.amount.amount_minor;
        }
    }
    let frozen = &order.frozen;
    let told = |(line, number): (&contracts::saga::PlacedLine, u32)| {
        line.discount_minor == lines.get(&number).copied().unwrap_or(0)
    };
    if sum != frozen.totals.discount.amount_minor || !frozen.lines.iter().zip(1..).all(told) {
        world.violation(format!(
            "I6: the discounts of order {} sum to {sum}, {} was taken off",
            order.head.number, frozen.totals.discount.amount_minor
        ));
    }
}

/// I6: a percentage is rounded once, over all that it is about; an amount is itself, or all that is left; what makes the
/// delivery free makes it free. That is of the order as it was placed: an edit takes its share of each line.
fn promotions_take_what_they_say(world: &World, order: &Order, frozen: &Frozen) {
    let mut left: Vec<i64> = frozen.lines.iter().map(|l| l.unit_minor * i64::from(l.quantity)).collect();
    for discount in &frozen.discounts {
        let number = order.head.number;
        if discount.target == DiscountTarget::Delivery {
            if frozen.totals.shipping.amount_minor != 0 {
                world.violation(format!("I6: the delivery of order {number} is free and paid for"));
            }
            continue;
        }
        let promotion = world.goods.promotions.iter().find(|p| Some(&p.handle) == discount.promotion.as_ref());
        let Some(promotion) = promotion else {
            world.violation(format!("I6: order {number} has a discount of no promotion"));
            continue;
        };
        let meant = |sku: &kernel::Sku| promotion.goods.is_everything() || promotion.goods.skus.contains(sku);
        let open: i64 = frozen.lines.iter().zip(&left).filter(|(l, _)| meant(&l.sku)).map(|(_, left)| left).sum();
        let expected = match &promotion.effect {
            Effect::Percentage { rate } => div_round(i128::from(open) * i128::from(rate.ppm()), 1_000_000).ok(),
            Effect::Fixed { amounts } => amounts.first().map(|amount| amount.amount_minor.min(open)),
            _ => None,
        };
        let amount = discount.amount.amount_minor;
        if expected.is_some_and(|expected| expected != amount) {
            world.violation(format!(
                "I6: {} takes {amount} off {open} of order {number} instead of {}",
                promotion.handle,
                expected.unwrap_or(0)
            ));
        }
        for part in &discount.lines {
            if let Some(left) = left.get_mut(part.line.saturating_sub(1) as usize) {
                *left -= part.amount.amount_minor;
            }
        }
    }
}

/// I7: a promotion's uses are those of orders that stand, and no more than may be.
fn uses_are_counted(world: &World, tables: &Tables) {
    for coupon in tables.coupons.values() {
        let uses = || tables.coupon_uses.values().filter(|u| u.code == coupon.code && u.active);
        let counted = i64::try_from(uses().count()).unwrap_or(0);
        if counted != coupon.uses || coupon.limit.is_some_and(|limit| counted > limit) {
            world.violation(format!(
                "I7: {} counts {} of {counted} uses, of {:?} that may be",
                coupon.code, coupon.uses, coupon.limit
            ));
        }
        for used in uses() {
            let order = tables.numbers.get(&used.order).and_then(|id| tables.orders.get(id));
            if order.is_none_or(|o| o.head.phase == Phase::Cancelled) {
                world.violation(format!("I7: order {} is cancelled and keeps its use of {}", used.order, coupon.code));
            }
        }
    }
}

/// I7: nobody uses a code more often than one customer may, however the address is written.
fn customers_keep_to_their_limit(world: &World, tables: &Tables) {
    let buyers = world.buyers.lock();
    let mut uses: BTreeMap<u64, i64> = BTreeMap::new();
    for order in tables.orders.values() {
        let stands = !matches!(order.head.phase, Phase::Cancelled | Phase::Cancelling);
        if let (true, Some(buyer)) = (stands, buyers.get(&order.head.id))
            && order.frozen.coupons.iter().any(|code| code == WELCOME)
        {
            *uses.entry(buyer.shopper).or_default() += 1;
        }
    }
    for (shopper, count) in uses.into_iter().filter(|(_, count)| *count > WELCOME_LIMIT) {
        world.violation(format!("I7: shopper {shopper} has used {WELCOME} {count} times"));
    }
}

/// I2 and I6: no refund goes beyond what was paid, and after each the gift cards have got their share of all.
fn tenders_get_their_share(world: &World, order: &Order) {
    if !matches!(order.head.phase, Phase::Confirmed | Phase::Closed) {
        return;
    }
    let cards: i64 = order.frozen.gift_cards.iter().map(|(_, minor)| minor).sum();
    let paid = cards + order.payment.captured_minor;
    let given = || order.refunds.iter().filter(|r| r.state != RefundState::Failed);
    let back: i64 = given().map(|r| r.amount_minor).sum();
    if back > paid {
        world.violation(format!("I2: order {} gives back {back} of {paid}", order.head.number));
    }
    if cards == 0 || given().count() != order.refunds.len() {
        return;
    }
    let (mut sum, mut credited) = (0_i64, 0_i64);
    for refund in &order.refunds {
        sum += refund.amount_minor;
        credited += refund.gift_card_minor;
        let share = div_round(i128::from(sum) * i128::from(cards), i128::from(paid)).unwrap_or(0);
        if credited != share {
            world.violation(format!(
                "I6: of {sum} that order {} gave back, its gift cards have {credited} instead of {share}",
                order.head.number
            ));
        }
    }
}

/// I1: what came back is what was sent back, once.
fn returns_come_once(world: &World, order: &Order) {
    if order.refunds.iter().any(|r| r.state == RefundState::Failed) {
        return;
    }
    for line in &order.lines {
        let received = order.returns.iter().filter(|r| r.state == ReturnStatus::Received).flat_map(|r| &r.lines);
        let sent: u32 = received.filter(|l| l.line == line.line).map(|l| l.quantity).sum();
        if line.returned > sent + line.refunded || line.returned > line.shipped {
            world.violation(format!(
                "I1: {} units of a line of order {} came back, {sent} were sent",
                line.returned, order.head.number
            ));
        }
    }
}
