use kernel::ErrorKind;
use proptest::prelude::*;

use super::*;
use crate::quote::Terms;

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
        discount: Money::zero(unit_price.currency),
        tax_class: class.to_owned(),
        requires_shipping: true,
        available: true,
        image: None,
    }
}

fn off(amount: Money) -> Discount {
    Discount { label: "Spring".to_owned(), code: None, amount }
}

/// Prices `lines` on the default terms.
fn quote(lines: &[PricedLine], discounts: &[Discount], country: Option<&str>, option: Option<&str>) -> Result<Quote> {
    let terms = Terms::default();
    let currency = lines.first().map_or(Currency::EUR, |line| line.unit_price.currency);
    price(&Pricing {
        cart_id: CartId::from_uuid(uuid::Uuid::nil()),
        cart_version: 3,
        currency,
        lines,
        order_discounts: discounts,
        market: terms.market(currency, None).unwrap(),
        tax: &terms.tax,
        shipping: &terms.shipping,
        country,
        shipping_option: option,
    })
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
    let quote = price(&Pricing {
        cart_id: CartId::from_uuid(uuid::Uuid::nil()),
        cart_version: 1,
        currency: Currency::USD,
        lines: &lines,
        order_discounts: &[],
        market: &terms.markets[2],
        tax: &terms.tax,
        shipping: &terms.shipping,
        country: Some("US"),
        shipping_option: Some("express"),
    })
    .unwrap();
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
    let nowhere = Pricing {
        cart_id: CartId::from_uuid(uuid::Uuid::nil()),
        cart_version: 1,
        currency: Currency::EUR,
        lines: &lines,
        order_discounts: &[],
        market: &terms.markets[0],
        tax: &terms.tax,
        shipping: &terms.shipping,
        country: Some("JP"),
        shipping_option: None,
    };
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
    let quote = quote(&lines, &[off(eur(1_500)), off(eur(1_500)), off(eur(1))], Some("DE"), None).unwrap();
    let taken: Vec<_> = quote.discounts.iter().map(|d| d.amount.amount_minor).collect();
    assert_eq!(taken, [1_500, 500], "what took nothing off is not shown");
    assert_eq!(quote.totals.total, quote.totals.shipping);
}

const COUNTRIES: [&str; 6] = ["DE", "HU", "CH", "DK", "US", "JP"];

fn arbitrary_lines() -> impl Strategy<Value = Vec<(i64, u32, usize, i64)>> {
    prop::collection::vec((0_i64..5_000_000, 1_u32..1000, 0_usize..3, 0_i64..2_000_000), 1..12)
}

proptest! {
    /// Invariant I6, for every market: the total is the sum of its components, none is negative, and the lines sum to
    /// the totals exactly.
    #[test]
    fn totals_are_sums_of_their_parts(
        lines in arbitrary_lines(),
        discounts in prop::collection::vec(0_i64..10_000_000, 0..4),
        market in 0_usize..3,
        country in 0_usize..6,
        express in any::<bool>(),
    ) {
        let mut terms = Terms::default();
        terms.tax.0.insert("US".to_owned(), crate::tax::CountryTax {
            name: "Sales tax".to_owned(), standard: Rate::from_ppm(88_750), reduced: Rate::from_ppm(12_345),
        });
        let market = &terms.markets[market];
        let money = |amount| Money::new(amount, market.currency);
        let lines: Vec<PricedLine> = lines
            .iter()
            .enumerate()
            .map(|(i, &(unit, quantity, class, discount))| PricedLine {
                discount: money(discount),
                ..line(&format!("S{i}"), money(unit), quantity, ["standard", "reduced", "zero"][class])
            })
            .collect();
        let discounts: Vec<Discount> = discounts.iter().map(|&amount| off(money(amount))).collect();
        let quote = price(&Pricing {
            cart_id: CartId::from_uuid(uuid::Uuid::nil()),
            cart_version: 1,
            currency: market.currency,
            lines: &lines,
            order_discounts: &discounts,
            market,
            tax: &terms.tax,
            shipping: &terms.shipping,
            country: Some(COUNTRIES[country]),
            shipping_option: Some(if express { "express" } else { "standard" }),
        }).unwrap();

        let t = &quote.totals;
        let minor = |m: Money| m.amount_minor;
        for part in [t.items, t.discount, t.shipping, t.tax, t.tax_added, t.total, t.gift_card, t.due] {
            prop_assert!(minor(part) >= 0 && part.currency == market.currency);
        }
        prop_assert_eq!(minor(t.total), minor(t.items) - minor(t.discount) + minor(t.shipping) + minor(t.tax_added));
        prop_assert_eq!(t.due, t.total);
        prop_assert_eq!(minor(t.tax_added), if market.prices_include_tax { 0 } else { minor(t.tax) });
        let sum = |f: fn(&QuoteLine) -> Money| quote.lines.iter().map(|l| minor(f(l))).sum::<i64>();
        prop_assert_eq!(sum(|l| l.subtotal), minor(t.items));
        prop_assert_eq!(sum(|l| l.discount), minor(t.discount));
        prop_assert_eq!(quote.tax_lines.iter().map(|l| minor(l.amount)).sum::<i64>(), minor(t.tax));
        let shipping_rate = terms.tax.rate(COUNTRIES[country], "standard");
        let shipping_tax = minor(tax_on(t.shipping, shipping_rate, market.prices_include_tax).unwrap());
        prop_assert_eq!(sum(|l| l.tax) + shipping_tax, minor(t.tax));
        for line in &quote.lines {
            prop_assert!(minor(line.discount) >= 0 && minor(line.discount) <= minor(line.subtotal));
            prop_assert!(minor(line.tax) >= 0 && minor(line.tax) <= minor(line.subtotal) - minor(line.discount));
        }
        // The order's discounts are those of the lines beyond their own.
        let own: i64 = lines.iter().zip(&quote.lines).map(|(i, l)| minor(i.discount).min(minor(l.subtotal))).sum();
        prop_assert_eq!(quote.discounts.iter().map(|d| minor(d.amount)).sum::<i64>() + own, minor(t.discount));
        let asked: i64 = discounts.iter().map(|d| minor(d.amount)).sum();
        prop_assert_eq!(minor(t.discount), (own + asked).min(minor(t.items)), "all that was asked, up to the goods");
    }

    /// Whatever the amounts, the answer is a quote or a refusal, never a panic or a wrong sum.
    #[test]
    fn huge_amounts_are_refused_or_right(units in prop::collection::vec((0_i64..i64::MAX, 1_u32..1000), 1..5)) {
        let lines: Vec<_> = units.iter().map(|&(unit, n)| line("S", eur(unit), n, "standard")).collect();
        match quote(&lines, &[off(eur(i64::MAX))], Some("DE"), None) {
            Ok(quote) => {
                let exact: i128 = units.iter().map(|&(unit, n)| i128::from(unit) * i128::from(n)).sum();
                prop_assert_eq!(i128::from(quote.totals.items.amount_minor), exact);
            }
            Err(failure) => prop_assert_eq!(failure.code.as_ref(), "amount_too_large"),
        }
    }
}
