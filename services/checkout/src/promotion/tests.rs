use contracts::checkout::NoteReason as Why;
use contracts::market::Texts;
use contracts::selling::{Minimum, Selection, TierStep};
use kernel::{Money, Rate};
use proptest::prelude::*;

use super::*;

fn eur(minor: i64) -> Money {
    Money::new(minor, Currency::EUR)
}

fn ppm(rate: u32) -> Rate {
    Rate::from_ppm(rate)
}

/// A promotion for everybody and everything, without a code.
fn promotion(handle: &str, effect: Effect) -> Active {
    let promotion = Promotion {
        handle: handle.to_owned(),
        version: 1,
        name: Texts::en(handle.to_uppercase()),
        enabled: true,
        codes: Vec::new(),
        effect,
        goods: Selection::default(),
        groups: Vec::new(),
        minimum: Minimum::default(),
        starts_at: None,
        ends_at: None,
        limit: None,
        limit_per_customer: None,
        priority: 0,
        stacking: Stacking::Combine,
    };
    Active { promotion, from: None, until: None }
}

fn percent(handle: &str, percent: u32) -> Active {
    promotion(handle, Effect::Percentage { rate: ppm(percent * 10_000) })
}

fn with(mut active: Active, change: impl FnOnce(&mut Promotion)) -> Active {
    change(&mut active.promotion);
    active
}

fn coded(active: Active, code: &str) -> Active {
    with(active, |p| p.codes = vec![code.to_owned()])
}

fn item(sku: &str, quantity: u32, unit: i64) -> Item {
    Item {
        sku: Sku::new(sku).unwrap(),
        product: sku.to_lowercase(),
        collections: vec!["summer".to_owned()],
        categories: vec!["boots".to_owned(), "shoes".to_owned()],
        quantity,
        subtotal: unit * i64::from(quantity),
        reduced: false,
    }
}

fn visit<'a>(items: &'a [Item], codes: &'a [String]) -> Visit<'a> {
    Visit {
        currency: Currency::EUR,
        now: Timestamp::from_millis(1_000),
        locale: "en",
        codes,
        used_up: &[],
        groups: &[],
        country: None,
        items,
    }
}

fn codes(codes: &[&str]) -> Vec<String> {
    codes.iter().map(|c| normal_code(c)).collect()
}

/// What each promotion takes, by handle.
fn taken(promotions: &[Active], outcome: &Outcome) -> Vec<(String, Vec<i64>)> {
    let name = |t: &Taken| (promotions[t.promotion].promotion.handle.clone(), t.lines.clone());
    outcome.goods.iter().map(name).collect()
}

fn reasons(outcome: &Outcome) -> Vec<Why> {
    outcome.notes.iter().map(|n| n.reason).collect()
}

#[test]
fn percentages_compose_and_those_of_goods_come_first() {
    let items = [item("A", 1, 10_000), item("B", 1, 10_000)];
    let promotions = [
        with(percent("all", 10), |p| p.priority = -5),
        with(percent("one", 20), |p| p.goods.products = vec!["a".to_owned()]),
    ];
    let outcome = apply(&promotions, &visit(&items, &[])).unwrap();
    // 20 % off A leaves 80.00; 10 % of 180.00 is 18.00, 8.00 of it off A.
    let expected = [("one".to_owned(), vec![2_000, 0]), ("all".to_owned(), vec![800, 1_000])];
    assert_eq!(taken(&promotions, &outcome), expected);
    assert_eq!(outcome.notes, []);
}

#[test]
fn an_exclusive_promotion_is_used_alone_and_only_when_it_is_better() {
    let items = [item("A", 1, 10_000)];
    let sale = with(percent("sale20", 20), |p| p.stacking = Stacking::Exclusive);
    let promotions = [coded(percent("summer10", 10), "SUMMER10"), sale, percent("welcome", 5)];
    let typed = codes(&[" summer10"]);
    let outcome = apply(&promotions, &visit(&items, &typed)).unwrap();
    assert_eq!(taken(&promotions, &outcome), [("sale20".to_owned(), vec![2_000])]);
    let told: Vec<_> = outcome.notes.iter().map(|n| n.detail.as_str()).collect();
    let expected = [
        "SUMMER10 is not combined with SALE20: the better one is used.",
        "WELCOME is not combined with SALE20: the better one is used.",
    ];
    assert_eq!(told, expected);
    // With a larger code, those that combine are the better choice.
    let promotions = [coded(percent("summer25", 25), "SUMMER25"), promotions[1].clone(), promotions[2].clone()];
    let typed = codes(&["SUMMER25"]);
    let outcome = apply(&promotions, &visit(&items, &typed)).unwrap();
    let expected = [("summer25".to_owned(), vec![2_500]), ("welcome".to_owned(), vec![375])];
    assert_eq!(taken(&promotions, &outcome), expected);
    assert_eq!((reasons(&outcome), outcome.notes[0].instead.as_deref()), (vec![Why::NotCombined], Some("SUMMER25")));
}

#[test]
fn the_cheapest_of_every_group_is_free() {
    let three_for_two = |gets| Effect::BuyXGetY { buy: 2, get: 1, rate: ppm(1_000_000), gets };
    let promotions = [promotion("three", three_for_two(None))];
    let off = |items: &[Item]| apply(&promotions, &visit(items, &[])).unwrap().goods.first().map(|t| t.lines.clone());
    assert_eq!(off(&[item("A", 2, 3_000)]), None);
    assert_eq!(off(&[item("A", 3, 3_000)]), Some(vec![3_000]));
    assert_eq!(off(&[item("A", 5, 3_000), item("B", 1, 1_000)]), Some(vec![3_000, 1_000]));
    assert_eq!(off(&[item("A", 8, 3_000), item("B", 1, 1_000)]), Some(vec![6_000, 1_000]));
    // Shoes bought, socks at half their price.
    let socks = Selection { skus: vec![Sku::new("SOCK").unwrap()], ..Selection::default() };
    let half = Effect::BuyXGetY { buy: 1, get: 2, rate: ppm(500_000), gets: Some(socks) };
    let promotions = [promotion("socks", half)];
    let items = [item("A", 1, 9_000), item("SOCK", 3, 999)];
    let outcome = apply(&promotions, &visit(&items, &[])).unwrap();
    assert_eq!(outcome.goods[0].lines, [0, 999], "half of two of three socks, rounded once");
    assert_eq!(apply(&promotions, &visit(&items[1..], &[])).unwrap().goods, []);
}

#[test]
fn amounts_are_clamped_and_steps_are_reached() {
    let items = [item("A", 2, 1_000), item("B", 1, 500)];
    let off =
        |effect| apply(&[promotion("p", effect)], &visit(&items, &[])).unwrap().goods.first().map(|t| t.lines.clone());
    assert_eq!(off(Effect::Fixed { amounts: vec![eur(1_000)] }), Some(vec![800, 200]));
    assert_eq!(off(Effect::Fixed { amounts: vec![eur(9_999)] }), Some(vec![2_000, 500]));
    assert_eq!(off(Effect::FixedPerUnit { amounts: vec![eur(700)] }), Some(vec![1_400, 500]));
    let step = |from_quantity, amounts: &[i64], rate| TierStep {
        from_quantity,
        from_amounts: amounts.iter().map(|a| eur(*a)).collect(),
        rate: ppm(rate),
    };
    let tiers = |steps: Vec<TierStep>| off(Effect::Tiers { steps });
    assert_eq!(tiers(vec![step(3, &[], 100_000), step(4, &[], 200_000)]), Some(vec![200, 50]));
    assert_eq!(tiers(vec![step(0, &[2_500], 200_000), step(0, &[2_501], 500_000)]), Some(vec![400, 100]));
    assert_eq!(tiers(vec![step(0, &[9_999], 200_000)]), None);
}

#[test]
fn what_does_not_apply_says_why() {
    let items = [item("A", 1, 1_000)];
    let at = |from, until| Active { from, until, ..coded(percent("p", 10), "X") };
    let moment = |ms| Some(Timestamp::from_millis(ms));
    let cases = [
        (at(moment(1_001), None), Some(Why::NotStarted)),
        (at(moment(1_000), moment(1_001)), None),
        (at(None, moment(1_000)), Some(Why::Ended)),
        (with(at(None, None), |p| p.groups = vec!["vip".to_owned()]), Some(Why::NotForYou)),
        (with(at(None, None), |p| p.goods.products = vec!["b".to_owned()]), Some(Why::NotForTheseGoods)),
        (with(at(None, None), |p| p.goods.categories = vec!["shoes".to_owned()]), None),
        (with(at(None, None), |p| p.minimum.amounts = vec![eur(1_001)]), Some(Why::BelowMinimum)),
        (with(at(None, None), |p| p.minimum.amounts = vec![eur(1_000)]), None),
        (with(at(None, None), |p| p.minimum.quantity = 2), Some(Why::BelowMinimum)),
        (with(at(None, None), |p| p.minimum.amounts = vec![Money::new(1, Currency::USD)]), Some(Why::NotInCurrency)),
        (
            with(at(None, None), |p| p.effect = Effect::Fixed { amounts: vec![Money::new(1, Currency::USD)] }),
            Some(Why::NotInCurrency),
        ),
        (with(at(None, None), |p| p.enabled = false), Some(Why::UnknownCode)),
        (with(at(None, None), |p| p.limit = Some(5)), Some(Why::UsedUp)),
        (coded(percent("p", 0), "X"), Some(Why::NoEffect)),
        (coded(percent("p", 10), "Y"), Some(Why::UnknownCode)),
        (
            with(at(None, None), |p| {
                p.effect = Effect::FreeShipping { options: Vec::new(), countries: vec!["DE".to_owned()] };
            }),
            Some(Why::NotToCountry),
        ),
    ];
    let (typed, used_up) = (codes(&["x"]), codes(&["X"]));
    for (active, expected) in cases {
        let visit = Visit { used_up: &used_up, country: Some("FR"), ..visit(&items, &typed) };
        let outcome = apply(std::slice::from_ref(&active), &visit).unwrap();
        assert_eq!(reasons(&outcome), Vec::from_iter(expected), "{active:?}");
        assert_eq!(outcome.goods.is_empty(), expected.is_some(), "{active:?}");
        assert!(outcome.notes.iter().all(|n| n.code.as_deref() == Some("X") && n.detail.contains('X')));
    }
}

#[test]
fn reduced_goods_are_left_out_and_members_of_a_group_are_let_in() {
    let items = [Item { reduced: true, ..item("A", 1, 1_000) }, item("B", 1, 1_000)];
    let promotions = [with(percent("vip", 10), |p| {
        p.groups = vec!["vip".to_owned()];
        p.goods.not_reduced = true;
    })];
    assert_eq!(apply(&promotions, &visit(&items, &[])).unwrap(), Outcome::default(), "no word of what is for others");
    let groups = ["vip".to_owned()];
    let visit = Visit { groups: &groups, ..visit(&items, &[]) };
    assert_eq!(apply(&promotions, &visit).unwrap().goods[0].lines, [0, 100]);
}

fn arbitrary() -> impl Strategy<Value = Active> {
    let effect = prop_oneof![
        (0_u32..1_200_000).prop_map(|rate| Effect::Percentage { rate: ppm(rate) }),
        (0_i64..400_000).prop_map(|amount| Effect::Fixed { amounts: vec![eur(amount)] }),
        (0_i64..9_000).prop_map(|amount| Effect::FixedPerUnit { amounts: vec![eur(amount)] }),
        (1_u32..4, 1_u32..4, 0_u32..1_000_001, any::<bool>()).prop_map(|(buy, get, rate, other)| {
            let gets = Selection { skus: vec![Sku::new("S1").unwrap()], ..Selection::default() };
            Effect::BuyXGetY { buy, get, rate: ppm(rate), gets: other.then_some(gets) }
        }),
        (0_u32..9, 0_u32..1_000_001).prop_map(|(from_quantity, rate)| Effect::Tiers {
            steps: vec![TierStep { from_quantity, from_amounts: Vec::new(), rate: ppm(rate) }],
        }),
    ];
    (effect, any::<bool>(), any::<bool>(), -2_i32..3).prop_map(|(effect, exclusive, some, priority)| {
        with(promotion("p", effect), |p| {
            p.priority = priority;
            p.goods.not_reduced = some;
            p.stacking = if exclusive { Stacking::Exclusive } else { Stacking::Combine };
        })
    })
}

proptest! {
    /// Whatever the promotions: no line is taken below nothing, what each takes is the sum of its parts, and more
    /// promotions never cost the shopper anything.
    #[test]
    fn discounts_are_exact_and_never_negative(
        promotions in prop::collection::vec(arbitrary(), 0..6),
        lines in prop::collection::vec((1_u32..40, 0_i64..90_000, any::<bool>()), 1..8),
    ) {
        let items: Vec<Item> = lines
            .iter()
            .enumerate()
            .map(|(i, &(quantity, unit, reduced))| Item { reduced, ..item(&format!("S{i}"), quantity, unit) })
            .collect();
        let all = apply(&promotions, &visit(&items, &[])).unwrap();
        let mut left: Vec<i64> = items.iter().map(|item| item.subtotal).collect();
        for taken in &all.goods {
            prop_assert!(taken.total() > 0);
            for (left, part) in left.iter_mut().zip(&taken.lines) {
                prop_assert!(*part >= 0);
                *left -= part;
            }
        }
        prop_assert!(left.iter().all(|left| *left >= 0));
        for i in 0..promotions.len() {
            let one = apply(&promotions[i..=i], &visit(&items, &[])).unwrap();
            let exclusive = promotions[i].promotion.stacking == Stacking::Exclusive;
            prop_assert!(!exclusive || total(&one.goods) <= total(&all.goods), "an exclusive one is a choice by itself");
        }
    }

    /// A percentage of the whole order is rounded once, at every quantity.
    #[test]
    fn a_percentage_of_the_order_is_rounded_once(quantity in 1_u32..500, unit in 0_i64..100_000, rate in 0_u32..1_000_001) {
        let items = [item("A", quantity, unit), item("B", 3, 333)];
        let promotions = [promotion("p", Effect::Percentage { rate: ppm(rate) })];
        let outcome = apply(&promotions, &visit(&items, &[])).unwrap();
        let exact = Money::new(unit * i64::from(quantity) + 999, Currency::EUR).share(ppm(rate)).unwrap();
        prop_assert_eq!(total(&outcome.goods), exact.amount_minor);
    }
}
