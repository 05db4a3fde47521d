use std::sync::Arc;

use contracts::market::Texts;
use contracts::selling::{Minimum, Promotion, Selection, SellingSettings, Stacking, TermsDocument};
use kernel::ErrorKind;
use proptest::prelude::*;

use super::*;
use crate::quote::Terms;
use crate::shipping::ShippingTable;

fn eur(amount_minor: i64) -> Money {
    Money::new(amount_minor, Currency::EUR)
}

fn line(sku: &str, unit_price: Money, quantity: u32, class: &str) -> PricedLine {
    PricedLine {
        sku: Sku::new(sku).unwrap(),
        product_id: ProductId::from_uuid(uuid::Uuid::nil()),
        product_handle: "shoe".to_owned(),
        title: "A shoe".to_owned(),
        variant_title: String::new(),
        quantity,
        unit_price,
        compare_at: None,
        tax_class: class.to_owned(),
        weight_g: 500,
        requires_shipping: true,
        available: true,
        backorder: false,
        image: None,
        collections: Vec::new(),
        categories: Vec::new(),
    }
}

/// A promotion for everybody; the name it is shown under is its handle.
fn promotion(handle: &str, effect: Effect) -> TermsDocument {
    TermsDocument::Promotion(Promotion {
        handle: handle.to_owned(),
        version: 1,
        name: Texts::en(handle),
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
    })
}

/// Promotions that each take an amount off the order.
fn off(amounts: &[Money]) -> Vec<TermsDocument> {
    let one = |(i, amount): (usize, &Money)| promotion(&format!("p{i}"), Effect::Fixed { amounts: vec![*amount] });
    amounts.iter().enumerate().map(one).collect()
}

fn selling(terms: &Terms, documents: Vec<TermsDocument>) -> Selling {
    let documents = documents.into_iter().map(|d| ((d.kind(), d.handle().to_owned()), d));
    Selling::new(Arc::new(terms.clone()), documents.collect())
}

/// An order of `lines` in the first market of their currency.
fn order<'a>(selling: &'a Selling, lines: &'a [PricedLine], country: Option<&'a str>) -> Pricing<'a> {
    let currency = lines.first().map_or(Currency::EUR, |line| line.unit_price.currency);
    Pricing {
        cart_id: CartId::from_uuid(uuid::Uuid::nil()),
        cart_version: 3,
        currency,
        lines,
        market: selling.terms().market(currency, None).unwrap(),
        selling,
        now: Timestamp::from_millis(1_790_000_000_000),
        codes: &[],
        used_up: &[],
        groups: &[],
        to: country.map(Destination::country),
        shipping_option: None,
        reverse_charge: false,
        cards: &[],
        notes: &[],
    }
}

/// Prices `lines` on the default terms.
fn quote(lines: &[PricedLine], discounts: &[Money], country: Option<&str>, option: Option<&str>) -> Result<Quote> {
    let selling = selling(&Terms::default(), off(discounts));
    price(&Pricing { shipping_option: option, ..order(&selling, lines, country) })
}

fn settings(change: impl FnOnce(&mut SellingSettings)) -> TermsDocument {
    let mut settings = crate::settings::Selling::of(Arc::new(Terms::default())).settings;
    change(&mut settings);
    TermsDocument::Settings(settings)
}

#[test]
fn a_german_order_contains_its_tax() {
    let lines = [line("A", eur(7_999), 2, "standard"), line("B", eur(1_000), 1, "reduced")];
    let quote = quote(&lines, &[], Some("DE"), None).unwrap();
    // 159.98 contains 25.54 at 19 %; 10.00 contains 0.65 at 7 %; shipping of 4.90 contains 0.78 at 19 %.
    let tax: Vec<_> = quote.tax_lines.iter().map(|t| (t.rate.ppm(), t.amount.amount_minor, t.included)).collect();
    assert_eq!(tax, [(190_000, 2_554 + 78, true), (70_000, 65, true)]);
    let Totals { items, shipping, tax, tax_added, total, due, .. } = quote.totals;
    assert_eq!([items, shipping, tax, tax_added].map(|m| m.amount_minor), [16_998, 490, 2_697, 0]);
    assert_eq!((total, due), (eur(17_488), eur(17_488)));
    assert_eq!(quote.shipping_option.as_deref(), Some("standard"));
}

#[test]
fn the_price_stays_and_the_tax_in_it_follows_the_country() {
    let lines = [line("A", eur(12_100), 1, "standard")];
    let total = |country| {
        let quote = quote(&lines, &[], Some(country), None).unwrap();
        (quote.totals.items.amount_minor, quote.lines[0].tax.amount_minor)
    };
    assert_eq!(total("NL"), (12_100, 2_100));
    assert_eq!(total("HU"), (12_100, 2_572));
    assert_eq!(total("CH"), (12_100, 907));
}

#[test]
fn an_exclusive_market_adds_its_tax() {
    let mut terms = Terms::default();
    let usd = |amount| Money::new(amount, Currency::USD);
    terms.tax.0.insert(
        "US".to_owned(),
        crate::tax::CountryTax { name: "Sales tax".to_owned(), standard: Rate::from_ppm(88_750), reduced: Rate::ZERO },
    );
    let lines = [line("A", usd(9_999), 1, "standard")];
    let selling = selling(&terms, Vec::new());
    let quote = price(&Pricing { shipping_option: Some("express"), ..order(&selling, &lines, Some("US")) }).unwrap();
    // 8.875 % of 99.99 is 8.874, of 24.95 is 2.214.
    assert_eq!(quote.totals.tax_added, usd(887 + 221));
    assert_eq!(quote.totals.total, usd(9_999 + 2_495 + 887 + 221));
    assert_eq!(quote.tax_lines[0].name, "Sales tax");
    assert!(!quote.tax_lines[0].included);
}

#[test]
fn without_an_address_shipping_and_tax_are_open() {
    let quote = quote(&[line("A", eur(1_000), 1, "standard")], &[], None, None).unwrap();
    assert!(quote.shipping_options.is_empty() && quote.tax_lines.is_empty() && quote.shipping_option.is_none());
    assert_eq!(quote.totals.total, eur(1_000));
}

#[test]
fn nothing_to_ship_costs_no_shipping() {
    let mut card = line("CARD", eur(2_500), 1, "zero");
    card.requires_shipping = false;
    let quote = quote(&[card], &[], Some("DE"), None).unwrap();
    assert_eq!(quote.shipping_option.as_deref(), Some("none"));
    assert_eq!((quote.totals.total, quote.totals.tax), (eur(2_500), eur(0)));
}

#[test]
fn what_cannot_be_done_is_said() {
    let lines = [line("A", eur(1_000), 1, "standard")];
    let refused = quote(&lines, &[], Some("DE"), Some("pigeon")).unwrap_err();
    assert_eq!(
        (refused.code.as_ref(), refused.errors[0].pointer.as_str()),
        ("unknown_shipping_option", "/shipping_option")
    );

    let terms = Terms { shipping: ShippingTable { zones: Vec::new() }, ..Terms::default() };
    let selling = selling(&terms, Vec::new());
    let nowhere = order(&selling, &lines, Some("JP"));
    let refused = price(&nowhere).unwrap_err();
    assert_eq!(
        (refused.code.as_ref(), refused.errors[0].pointer.as_str()),
        ("not_delivered", "/shipping_address/country")
    );

    for lines in [
        vec![line("A", eur(i64::MAX / 2), 3, "standard")],
        vec![line("A", eur(i64::MAX), 1, "standard"), line("B", eur(1), 1, "standard")],
        vec![line("A", eur(i64::MAX), 1, "standard")],
    ] {
        let refused = quote(&lines, &[], Some("DE"), None).unwrap_err();
        assert_eq!((refused.kind, refused.code.as_ref()), (ErrorKind::Invalid, "amount_too_large"));
    }
}

#[test]
fn an_order_discount_is_never_more_than_the_goods() {
    let lines = [line("A", eur(1_000), 1, "standard"), line("B", eur(500), 2, "standard")];
    let quote = quote(&lines, &[eur(1_500), eur(1_500), eur(1)], Some("DE"), None).unwrap();
    let taken: Vec<_> = quote.discounts.iter().map(|d| d.amount.amount_minor).collect();
    assert_eq!(taken, [1_500, 500], "what took nothing off is not shown");
    assert_eq!(quote.totals.total, quote.totals.shipping);
}

const COUNTRIES: [&str; 6] = ["DE", "HU", "CH", "DK", "US", "JP"];

fn arbitrary_lines() -> impl Strategy<Value = Vec<(i64, u32, usize)>> {
    prop::collection::vec((0_i64..5_000_000, 1_u32..1000, 0_usize..3), 1..12)
}

proptest! {
    /// Invariant I6, for every market, way of rounding and tender: the total is the sum of its components, none is
    /// negative, and the lines sum to the totals exactly.
    #[test]
    fn totals_are_sums_of_their_parts(
        lines in arbitrary_lines(),
        discounts in prop::collection::vec(1_i64..10_000_000, 0..4),
        rate in 0_u32..1_000_001,
        (market, country) in (0_usize..3, 0_usize..6),
        (express, per_order, reverse_charge, free) in any::<(bool, bool, bool, bool)>(),
        cards in prop::collection::vec(0_i64..900_000_000, 0..3),
    ) {
        let mut terms = Terms::default();
        terms.tax.0.insert("US".to_owned(), crate::tax::CountryTax {
            name: "Sales tax".to_owned(), standard: Rate::from_ppm(88_750), reduced: Rate::from_ppm(12_345),
        });
        let currency = terms.markets[market].currency;
        let money = |amount| Money::new(amount, currency);
        let lines: Vec<PricedLine> = lines
            .iter()
            .enumerate()
            .map(|(i, &(unit, quantity, class))| {
                line(&format!("S{i}"), money(unit), quantity, ["standard", "reduced", "zero"][class])
            })
            .collect();
        let discounts: Vec<Money> = discounts.iter().map(|&amount| money(amount)).collect();
        let mut documents = off(&discounts);
        documents.push(promotion("percent", Effect::Percentage { rate: Rate::from_ppm(rate) }));
        if free {
            let (options, countries) = (vec!["express".to_owned()], Vec::new());
            documents.push(promotion("free", Effect::FreeShipping { options, countries }));
        }
        let rounding = if per_order { TaxRounding::PerOrder } else { TaxRounding::PerLine };
        documents.push(settings(|s| s.tax_rounding = rounding));
        let selling = selling(&terms, documents);
        let cards: Vec<HeldCard> = cards
            .iter()
            .map(|&balance| HeldCard { ending: "1234".to_owned(), code_hash: [1; 32], balance: money(balance) })
            .collect();
        let pricing = Pricing {
            shipping_option: Some(if express { "express" } else { "standard" }),
            reverse_charge,
            cards: &cards,
            ..order(&selling, &lines, Some(COUNTRIES[country]))
        };
        let quote = price(&pricing).unwrap();

        let t = &quote.totals;
        let minor = |m: Money| m.amount_minor;
        for part in [t.items, t.discount, t.shipping, t.tax, t.tax_added, t.total, t.gift_card, t.due] {
            prop_assert!(minor(part) >= 0 && part.currency == currency);
        }
        prop_assert_eq!(minor(t.total), minor(t.items) - minor(t.discount) + minor(t.shipping) + minor(t.tax_added));
        prop_assert_eq!(minor(t.due), minor(t.total) - minor(t.gift_card));
        prop_assert_eq!(quote.gift_cards.iter().map(|c| minor(c.amount)).sum::<i64>(), minor(t.gift_card));
        let held: i64 = cards.iter().map(|c| minor(c.balance)).sum();
        prop_assert_eq!(minor(t.gift_card), held.min(minor(t.total)));
        let included = pricing.market.prices_include_tax && !reverse_charge;
        prop_assert_eq!(minor(t.tax_added), if included { 0 } else { minor(t.tax) });
        prop_assert!(!reverse_charge || minor(t.tax) == 0);
        let sum = |f: fn(&QuoteLine) -> Money| quote.lines.iter().map(|l| minor(f(l))).sum::<i64>();
        prop_assert_eq!(sum(|l| l.subtotal), minor(t.items));
        prop_assert_eq!(sum(|l| l.discount), minor(t.discount));
        prop_assert_eq!(quote.tax_lines.iter().map(|l| minor(l.amount)).sum::<i64>(), minor(t.tax));
        let shipping_tax = minor(t.tax) - sum(|l| l.tax);
        prop_assert!((0..=minor(t.shipping)).contains(&shipping_tax));
        for line in &quote.lines {
            prop_assert!(minor(line.discount) >= 0 && minor(line.discount) <= minor(line.subtotal));
            prop_assert!(minor(line.tax) >= 0 && minor(line.tax) <= minor(line.subtotal) - minor(line.discount));
        }
        let goods = || quote.discounts.iter().filter(|d| d.target == DiscountTarget::Goods);
        prop_assert_eq!(goods().map(|d| minor(d.amount)).sum::<i64>(), minor(t.discount));
        for discount in goods() {
            prop_assert_eq!(discount.lines.iter().map(|l| minor(l.amount)).sum::<i64>(), minor(discount.amount));
        }
        let delivered_free = free && express && quote.discounts.iter().any(|d| d.target == DiscountTarget::Delivery);
        prop_assert_eq!(delivered_free, free && express);
        prop_assert!(!delivered_free || minor(t.shipping) == 0);
    }

    /// Whatever the amounts, the answer is a quote or a refusal, never a panic or a wrong sum.
    #[test]
    fn huge_amounts_are_refused_or_right(units in prop::collection::vec((0_i64..i64::MAX, 1_u32..1000), 1..5)) {
        let lines: Vec<_> = units.iter().map(|&(unit, n)| line("S", eur(unit), n, "standard")).collect();
        match quote(&lines, &[eur(i64::MAX)], Some("DE"), None) {
            Ok(quote) => {
                let exact: i128 = units.iter().map(|&(unit, n)| i128::from(unit) * i128::from(n)).sum();
                prop_assert_eq!(i128::from(quote.totals.items.amount_minor), exact);
            }
            Err(failure) => prop_assert_eq!(failure.code.as_ref(), "amount_too_large"),
        }
    }

    /// One more unit never makes the order cheaper, whatever percentage is off.
    #[test]
    fn more_goods_never_cost_less(unit in 0_i64..100_000, n in 1_u32..100, rate in 0_u32..1_000_001) {
        let percent = promotion("percent", Effect::Percentage { rate: Rate::from_ppm(rate) });
        let selling = selling(&Terms::default(), vec![percent]);
        let total = |n| {
            let lines = [line("A", eur(unit), n, "standard")];
            price(&order(&selling, &lines, Some("DE"))).unwrap().totals.total.amount_minor
        };
        prop_assert!(total(n) <= total(n + 1));
    }
}

#[test]
fn tax_is_rounded_once_for_each_line_or_for_the_order() {
    let lines =
        [line("A", eur(103), 1, "standard"), line("B", eur(103), 1, "standard"), line("C", eur(103), 1, "reduced")];
    let taxes = |rounding| {
        let selling = selling(&Terms::default(), vec![settings(|s| s.tax_rounding = rounding)]);
        let quote = price(&order(&selling, &lines, Some("DE"))).unwrap();
        let of_rates: Vec<i64> = quote.tax_lines.iter().map(|t| t.amount.amount_minor).collect();
        (quote.lines.iter().map(|l| l.tax.amount_minor).collect::<Vec<_>>(), of_rates)
    };
    // 16.445 in each line and 78.235 in the shipping, against 111.126 in all of them; 6.738 at the reduced rate.
    assert_eq!(taxes(TaxRounding::PerLine), (vec![16, 16, 7], vec![16 + 16 + 78, 7]));
    assert_eq!(taxes(TaxRounding::PerOrder), (vec![17, 16, 7], vec![111, 7]));
}

#[test]
fn a_business_that_owes_the_tax_pays_the_price_without_it() {
    let lines = [line("A", eur(12_000), 2, "standard")];
    let selling = selling(&Terms::default(), Vec::new());
    let quote = price(&Pricing { reverse_charge: true, ..order(&selling, &lines, Some("FR")) }).unwrap();
    // 20 % are in 120.00 and in the 7.90 of the delivery.
    assert_eq!((quote.lines[0].unit_price, quote.totals.shipping), (eur(10_000), eur(658)));
    assert_eq!((quote.totals.total, quote.totals.tax), (eur(20_658), eur(0)));
    assert_eq!((quote.tax_lines[0].name.as_str(), quote.reverse_charge), ("VAT, reverse charge", true));
}

#[test]
fn sales_tax_is_collected_where_the_shop_says() {
    let usd = |minor| Money::new(minor, Currency::USD);
    let lines = [line("A", usd(10_000), 1, "standard"), line("B", usd(10_000), 1, "zero")];
    let selling = selling(&Terms::default(), vec![settings(|s| s.us_states = vec!["CA".to_owned()])]);
    let tax = |region| {
        let to = Some(Destination { country: "US", region: Some(region) });
        let quote = price(&Pricing { to, ..order(&selling, &lines, None) }).unwrap();
        (quote.lines[0].tax.amount_minor, quote.totals.tax_added.amount_minor)
    };
    // 7.25 % of 100.00 and of 9.95 for the delivery.
    assert_eq!(tax("California"), (725, 725 + 72));
    assert_eq!(tax("NV"), (0, 0));
}

#[test]
fn gift_cards_pay_in_their_order_as_far_as_they_reach() {
    let lines = [line("A", eur(10_000), 1, "standard")];
    let selling = selling(&Terms::default(), Vec::new());
    let card =
        |ending: &str, balance| HeldCard { ending: ending.to_owned(), code_hash: [1; 32], balance: eur(balance) };
    let cards = [card("AAAA", 4_000), card("BBBB", 90_000), card("CCCC", 5)];
    let quote = price(&Pricing { cards: &cards, ..order(&selling, &lines, Some("DE")) }).unwrap();
    let paid: Vec<_> = quote.gift_cards.iter().map(|c| (c.ending.as_str(), c.amount.amount_minor)).collect();
    assert_eq!(paid, [("AAAA", 4_000), ("BBBB", 6_490), ("CCCC", 0)]);
    assert_eq!((quote.totals.total, quote.totals.due), (eur(10_490), eur(0)));
}

#[test]
fn what_is_counted_is_what_was_used() {
    let limited = |handle: &str, code: Option<&str>, effect| {
        let TermsDocument::Promotion(p) = promotion(handle, effect) else { unreachable!("a promotion") };
        let codes = code.map(str::to_owned).into_iter().collect();
        TermsDocument::Promotion(Promotion { limit_per_customer: Some(1), codes, ..p })
    };
    let free = |options: &[&str]| Effect::FreeShipping {
        options: options.iter().map(|o| (*o).to_owned()).collect(),
        countries: Vec::new(),
    };
    let ten = || Effect::Percentage { rate: Rate::from_ppm(100_000) };
    let documents = vec![
        limited("welcome", None, ten()),
        limited("ten", Some("TEN"), ten()),
        limited("ship", Some("SHIP"), free(&["standard"])),
        promotion("open", ten()),
    ];
    let selling = selling(&Terms::default(), documents);
    let lines = [line("A", eur(10_000), 1, "standard")];
    let codes = ["TEN".to_owned(), "SHIP".to_owned()];
    let by = |option| {
        let pricing = Pricing { codes: &codes, shipping_option: Some(option), ..order(&selling, &lines, Some("DE")) };
        price(&pricing).unwrap()
    };
    let quote = by("standard");
    assert_eq!(quote.counted, ["TEN", "AUTO:WELCOME", "SHIP"]);
    let shipped = quote.discounts.last().unwrap();
    assert_eq!(
        (shipped.target, shipped.amount, shipped.code.as_deref()),
        (DiscountTarget::Delivery, eur(490), Some("SHIP"))
    );
    assert_eq!(quote.shipping_options[0].price_before, Some(eur(490)));
    assert_eq!(by("express").counted, ["TEN", "AUTO:WELCOME"], "what did not help is not used");
    assert_eq!(quote.totals.discount, eur(2_710));
}
