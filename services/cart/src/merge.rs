//! Merging carts: copies of one cart in several regions, and a guest's cart into a customer's.

use kernel::Timestamp;
use kernel::mutant::{Mutant, planted};

use crate::hlc::Region;
use crate::state::CartState;

/// What both replicas of one cart have seen. Per line the later write stands, ties go to the higher region; a removal
/// reaches what it had seen, so an addition made elsewhere at the same moment wins. Commutative, associative and
/// idempotent: copies may be merged in any order, any number of times.
#[must_use]
pub fn merge(a: &CartState, b: &CartState) -> CartState {
    let mut merged = a.clone();
    merged.clock = a.clock.max(b.clock);
    for (sku, line) in &b.lines {
        merged.lines.entry(sku.clone()).or_default().join(line);
    }
    for (code, coupon) in &b.coupons {
        merged.coupons.entry(code.clone()).or_default().join(coupon);
    }
    merged
}

/// Brings a guest's cart into a customer's: per line the larger quantity, and the coupon codes of both. Repeating it
/// changes nothing, and the order in which several guest carts arrive does not matter to what the cart holds. The
/// result can have more lines than a single cart may be filled with; nothing of what a shopper chose is dropped.
///
/// Written in `region` at `now`, as a change like any other. Returns the cart and whether anything changed.
#[must_use]
pub fn adopt(customer: &CartState, guest: &CartState, region: Region, now: Timestamp) -> (CartState, bool) {
    let mut cart = customer.clone();
    // What is written next must be later than anything either cart has seen.
    cart.clock = cart.clock.max(guest.clock);
    let mut changed = false;
    for (sku, quantity) in guest.lines() {
        let held = cart.quantity(&sku);
        let quantity = if planted(Mutant::MergeAddsTwice) { held + quantity } else { quantity };
        if quantity > held {
            changed |= cart.set_line(region, now, &sku, quantity);
        }
    }
    for code in guest.coupons() {
        changed |= cart.add_coupon(region, now, &code);
    }
    if changed { (cart, true) } else { (customer.clone(), false) }
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use kernel::Sku;
    use proptest::prelude::*;

    use super::*;

    fn sku(n: u8) -> Sku {
        Sku::new(&format!("S{n}")).unwrap()
    }

    fn at(millis: i64) -> Timestamp {
        Timestamp::from_millis(millis)
    }

    #[derive(Clone, Debug)]
    enum Step {
        /// Region, wall clock (which may jump about), SKU, quantity.
        Set(usize, i64, u8, u32),
        AddCoupon(usize, i64, u8),
        RemoveCoupon(usize, u8),
        /// One replica hears from another.
        Sync(usize, usize),
    }

    fn steps() -> impl Strategy<Value = Vec<Step>> {
        let region = 0_usize..3;
        let step = prop_oneof![
            4 => (region.clone(), 0_i64..50, 0_u8..4, 0_u32..5).prop_map(|(r, t, s, q)| Step::Set(r, t, s, q)),
            1 => (region.clone(), 0_i64..50, 0_u8..2).prop_map(|(r, t, c)| Step::AddCoupon(r, t, c)),
            1 => (region.clone(), 0_u8..2).prop_map(|(r, c)| Step::RemoveCoupon(r, c)),
            2 => (region.clone(), region).prop_map(|(a, b)| Step::Sync(a, b)),
        ];
        prop::collection::vec(step, 0..40)
    }

    /// Three replicas of one cart after a history of changes and partial syncs.
    fn replicas(steps: &[Step]) -> [CartState; 3] {
        let mut carts = [CartState::new(), CartState::new(), CartState::new()];
        for step in steps {
            match *step {
                Step::Set(r, t, s, q) => drop(carts[r].set_line(Region(r as u16), at(t), &sku(s), q)),
                Step::AddCoupon(r, t, c) => drop(carts[r].add_coupon(Region(r as u16), at(t), &format!("C{c}"))),
                Step::RemoveCoupon(r, c) => drop(carts[r].remove_coupon(&format!("C{c}"))),
                Step::Sync(a, b) => carts[a] = merge(&carts[a], &carts[b]),
            }
        }
        carts
    }

    fn content(cart: &CartState) -> (BTreeMap<Sku, u32>, BTreeSet<String>) {
        (cart.lines().into_iter().collect(), cart.coupons().into_iter().collect())
    }

    proptest! {
        #[test]
        fn merging_is_commutative_associative_and_idempotent(steps in steps()) {
            let [a, b, c] = replicas(&steps);
            prop_assert_eq!(merge(&a, &b), merge(&b, &a));
            prop_assert_eq!(merge(&a, &merge(&b, &c)), merge(&merge(&a, &b), &c));
            prop_assert_eq!(merge(&a, &a), a.clone());
            let ab = merge(&a, &b);
            prop_assert_eq!(merge(&ab, &b), ab);
        }

        #[test]
        fn adopting_takes_the_maximum_in_any_order_and_any_number_of_times(
            one in steps(), two in steps(), three in steps(),
        ) {
            let [customer, ..] = replicas(&one);
            let [_, guest, _] = replicas(&two);
            let [.., other] = replicas(&three);
            let adopt = |cart: &CartState, guest: &CartState| super::adopt(cart, guest, Region(0), at(60)).0;

            let adopted = adopt(&customer, &guest);
            for (sku, quantity) in customer.lines().iter().chain(&guest.lines()) {
                prop_assert!(adopted.quantity(sku) >= *quantity);
            }
            for (sku, quantity) in adopted.lines() {
                prop_assert_eq!(quantity, customer.quantity(&sku).max(guest.quantity(&sku)));
            }
            let again = super::adopt(&adopted, &guest, Region(0), at(70));
            prop_assert_eq!((&again.0, again.1), (&adopted, false));
            prop_assert_eq!(content(&adopt(&customer, &guest)), content(&adopt(&guest, &customer)));
            prop_assert_eq!(
                content(&adopt(&adopt(&customer, &guest), &other)),
                content(&adopt(&customer, &adopt(&guest, &other)))
            );
        }

        #[test]
        fn replicas_that_heard_everything_agree(steps in steps()) {
            let [a, b, c] = replicas(&steps);
            let first = merge(&merge(&a, &b), &c);
            let second = merge(&merge(&c, &a), &merge(&b, &a));
            prop_assert_eq!(first.lines(), second.lines());
            prop_assert_eq!(first.coupons(), second.coupons());
        }
    }

    #[test]
    fn an_addition_wins_over_a_removal_made_at_the_same_moment() {
        let mut base = CartState::new();
        base.set_line(Region(0), at(100), &sku(1), 1);
        let (mut here, mut there) = (base.clone(), base);
        here.set_line(Region(0), at(500), &sku(1), 0);
        there.set_line(Region(1), at(200), &sku(1), 3);
        assert_eq!(merge(&here, &there).quantity(&sku(1)), 3);
        assert_eq!(merge(&there, &here).quantity(&sku(1)), 3);
    }

    #[test]
    fn an_addition_by_a_region_with_a_slow_clock_survives_a_removal_it_never_heard_of() {
        let mut here = CartState::new();
        here.set_line(Region(0), at(1_000), &sku(1), 2);
        here.set_line(Region(0), at(1_001), &sku(1), 0);
        let mut there = CartState::new();
        there.set_line(Region(1), at(5), &sku(1), 4);
        assert_eq!(merge(&here, &there).quantity(&sku(1)), 4);
    }

    #[test]
    fn a_removal_reaches_what_it_had_seen() {
        let mut here = CartState::new();
        here.set_line(Region(0), at(1), &sku(1), 2);
        let stale = here.clone();
        here.set_line(Region(0), at(2), &sku(1), 0);
        assert_eq!(merge(&here, &stale).quantity(&sku(1)), 0);
        assert_eq!(merge(&stale, &here).lines(), []);
    }

    #[test]
    fn the_later_quantity_stands_and_ties_go_to_the_higher_region() {
        let mut base = CartState::new();
        base.set_line(Region(0), at(1), &sku(1), 1);
        let (mut here, mut there) = (base.clone(), base);
        here.set_line(Region(1), at(50), &sku(1), 5);
        there.set_line(Region(2), at(40), &sku(1), 9);
        assert_eq!(merge(&here, &there).quantity(&sku(1)), 5);
        there.set_line(Region(2), at(50), &sku(1), 7);
        assert_eq!(merge(&here, &there).quantity(&sku(1)), 7, "same time: region 2 over region 1");
    }
}
