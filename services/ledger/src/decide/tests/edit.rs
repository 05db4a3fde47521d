//! Edits: an order is changed before it is shipped, in one commit, and never becomes dearer.

use contracts::ledger::{AddedLine, OrderStatus, Oversell, RefundState};
use kernel::Rate;
use proptest::prelude::*;

use super::backorder::{bundle, policy};
use super::*;
use crate::decide::EditCommand;
use crate::order::edit::{adds_up, edited};

pub(crate) fn added(name: &str, quantity: u32, unit_minor: i64) -> AddedLine {
    AddedLine {
        line: Buy { lines: vec![("X", quantity, unit_minor)], ..Buy::new(1, &[]) }.line_of(name),
        tax_rate: Rate::ZERO,
        tax_name: "VAT".to_owned(),
        tax_included: true,
    }
}

pub(crate) fn edit(buy: &Buy, n: u64, lines: &[(u32, u32)], added: &[AddedLine]) -> Command {
    let edit = EditCommand {
        lines: quantities(lines),
        added: added.to_vec(),
        sealed_contact: None,
        expected_total: None,
        reason: "The customer called.".to_owned(),
    };
    Command::Edit { order: buy.id(), refund: refund_id(n), edit: Box::new(edit) }
}

fn readdress(buy: &Buy, sealed: &[u8]) -> Command {
    let Command::Edit { order, refund, mut edit } = edit(buy, 1, &[], &[]) else { unreachable!() };
    edit.sealed_contact = Some(sealed.to_vec());
    Command::Edit { order, refund, edit }
}

fn with_total(command: Command, total: i64) -> Command {
    let Command::Edit { order, refund, mut edit } = command else { unreachable!() };
    edit.expected_total = Some(eur(total));
    Command::Edit { order, refund, edit }
}

/// Two of A and one of B at 10.00, with 1.00 off A and delivery for 4.90: 33.90.
fn paid() -> (Shop, Buy) {
    let mut shop = Shop::with_stock(&[("A", 10), ("B", 10), ("C", 2)]);
    let buy = Buy { shipping: 490, discount: 100, ..Buy::new(1, &[("A", 2), ("B", 1)]) };
    shop.paid(&buy);
    (shop, buy)
}

fn lines(shop: &Shop, buy: &Buy) -> Vec<(String, u32)> {
    let view = shop.order(buy).view(Vec::new());
    view.lines.into_iter().map(|l| (format!("{}{}", l.line, l.sku), l.quantity)).collect()
}

#[test]
fn fewer_units_give_stock_and_money_back_in_one_commit() {
    let (mut shop, buy) = paid();
    let done = shop.ask_once(with_total(edit(&buy, 1, &[(1, 1)], &[]), 2_440), 50);
    let view = json(done.response().0);
    assert_eq!((done.response().0.status, &view["totals"]["total"]["amount_minor"]), (201, &2_440.into()));
    assert_eq!((&view["totals"]["discount"]["amount_minor"], &view["lines"][0]["quantity"]), (&50.into(), &1.into()));
    let order = shop.order(&buy);
    assert_eq!((order.frozen.discounts[0].amount, order.frozen.totals.due), (eur(50), eur(2_440)));
    assert_eq!((order.payment.amount_minor, order.payment.refund_pending_minor), (3_390, 950));
    assert_eq!((shop.level("A"), shop.level("B")), ((10, 0, 1), (10, 0, 1)));
    assert_eq!(shop.story(&buy)[3..], ["edited", "refund_requested"]);
    let woken = shop.wake(&buy);
    assert!(matches!(&woken.progress().next, Next::Refund { amount, .. } if amount.amount_minor == 950));
    shop.refund_seen(&buy, refund_id(1), RefundStatus::Succeeded).reply.unwrap();
    // What is left is refunded in full, and not a cent more.
    shop.ask(refund(&buy, 2, RefundRequest::default())).reply.unwrap();
    assert_eq!(shop.order(&buy).refunds[1].amount_minor, 2_440);
    let events = at_once(shop.engine.order_events(STORE, buy.id())).unwrap();
    let timeline = crate::order::view::timeline(&events);
    assert_eq!(timeline[3].text, "The order was changed: 1 instead of 2 × A. Reason: The customer called.");
    let audit = at_once(shop.engine.audit(0, 100)).unwrap();
    assert!(audit.iter().any(|a| a.entry.action == "order.edit" && a.entry.detail.contains("33.90")), "{audit:?}");
}

#[test]
fn lines_go_and_come_and_the_order_ships_as_it_is_then() {
    let (mut shop, buy) = paid();
    // B leaves, two C come for less; A stays.
    shop.ask(edit(&buy, 1, &[(2, 0)], &[added("C", 2, 400)])).reply.unwrap();
    assert_eq!(lines(&shop, &buy), [("1A".to_owned(), 2), ("3C".to_owned(), 2)]);
    assert_eq!((shop.level("B"), shop.level("C")), ((10, 0, 0), (2, 0, 2)));
    let order = shop.order(&buy);
    assert_eq!((order.frozen.totals.total, order.payment.refund_pending_minor), (eur(3_190), 200));
    let edit_view = &order.view(Vec::new()).edits[0];
    let changed: Vec<_> = edit_view.lines.iter().map(|l| (l.line, l.before, l.after)).collect();
    assert_eq!((changed, edit_view.refund_id), (vec![(2, 1, 0), (3, 0, 2)], Some(refund_id(1))));
    // A line that was taken off can come back, at its own price and within what was paid.
    shop.rejects(edit(&buy, 2, &[(2, 1)], &[]), "needs_payment", 100);
    shop.ask(edit(&buy, 2, &[(2, 1), (3, 0)], &[])).reply.unwrap_err();
    shop.ask(edit(&buy, 2, &[(2, 1), (1, 1)], &[])).reply.unwrap_err();
    shop.ask(edit(&buy, 2, &[(1, 1)], &[])).reply.unwrap();
    shop.ask(ship(&buy, 1, &[])).reply.unwrap();
    let sent = &shop.order(&buy).shipments[0].lines;
    assert_eq!(*sent, quantities(&[(1, 1), (3, 2)]));
    shop.rejects(edit(&buy, 3, &[(1, 0)], &[]), "already_shipped", 101);
    shop.ask(deliver(&buy, 1)).reply.unwrap();
    assert_eq!(shop.order(&buy).status(), OrderStatus::Closed);
    assert_eq!((shop.level("A"), shop.level("C")), ((9, 0, 0), (0, 0, 0)));
}

#[test]
fn what_cannot_be_changed_changes_nothing() {
    let (mut shop, buy) = paid();
    let many: Vec<_> = (0..21).map(|_| added("B", 1, 1)).collect();
    let refused = [
        (edit(&buy, 1, &[(1, 3)], &[]), "needs_payment"),
        (edit(&buy, 1, &[], &[added("C", 1, 1)]), "needs_payment"),
        (edit(&buy, 1, &[(1, 0), (2, 0)], &[]), "nothing_left"),
        (edit(&buy, 1, &[(1, 2)], &[]), "invalid_input"),
        (edit(&buy, 1, &[(4, 1)], &[]), "invalid_input"),
        (edit(&buy, 1, &[(1, 1), (1, 0)], &[]), "invalid_input"),
        (edit(&buy, 1, &[(1, 1_000)], &[]), "invalid_input"),
        (edit(&buy, 1, &[], &many), "invalid_input"),
        (edit(&buy, 1, &[(1, 1)], &[added("C", 3, 1)]), "out_of_stock"),
        (edit(&buy, 1, &[(1, 1)], &[added("ZZ", 1, 1)]), "out_of_stock"),
        (edit(&buy, 1, &[(1, 1)], &[added("C", 1, i64::MAX / 2)]), "amount_too_large"),
        (with_total(edit(&buy, 1, &[(1, 1)], &[]), 2_439), "price_changed"),
    ];
    for ((command, code), key) in refused.into_iter().zip(100..) {
        // An amount that is too large is found before the stock is looked at.
        if code == "amount_too_large" {
            assert!(shop.ask(command).reply.is_err());
            continue;
        }
        shop.rejects(command, code, key);
    }
    // A line of which units were refunded is settled; the others are not.
    shop.ask(refund_lines(&buy, 1, &[(1, 1)], true)).reply.unwrap();
    shop.rejects(edit(&buy, 2, &[(1, 1)], &[]), "line_settled", 200);
    shop.ask(edit(&buy, 2, &[(2, 0)], &[])).reply.unwrap();
    assert_eq!(lines(&shop, &buy), [("1A".to_owned(), 2)]);
    // What was given back as goodwill is not given back again.
    let other = Buy::new(2, &[("B", 2)]);
    shop.paid(&other);
    shop.ask(refund_amount(&other, 3, 1_500)).reply.unwrap();
    shop.rejects(edit(&other, 4, &[(1, 1)], &[]), "refund_exceeds_captured", 201);
    shop.ask(cancel(&other)).reply.unwrap();
    shop.rejects(edit(&other, 4, &[(1, 1)], &[]), "not_editable", 202);
}

#[test]
fn a_payment_that_is_being_collected_is_waited_for() {
    let mut shop = Shop::with_stock(&[("A", 3)]);
    let buy = Buy::new(1, &[("A", 2)]);
    shop.place(&buy).reply.unwrap();
    shop.rejects(edit(&buy, 1, &[(1, 1)], &[]), "not_editable", 100);
    shop.see(&buy, ProviderStatus::Authorised, 1).reply.unwrap();
    let early = shop.ask_once(edit(&buy, 1, &[(1, 1)], &[]), 50);
    assert_eq!((early.failure().code.as_ref(), early.failure().retry_after_s), ("payment_open", Some(1)));
    shop.see(&buy, ProviderStatus::Captured, 2).reply.unwrap();
    // The same key: it was no answer, so it is decided now.
    let done = shop.ask_once(edit(&buy, 1, &[(1, 1)], &[]), 50);
    assert_eq!((done.response().0.status, done.response().1), (201, false));
    assert_eq!(shop.order(&buy).payment.refund_pending_minor, 1_000);
}

#[test]
fn every_tender_gets_its_share_of_what_an_order_costs_less() {
    let mut shop = Shop::with_stock(&[("A", 9)]);
    shop.ask(Command::IssueGiftCard { code_hash: hash(900), code: "G".to_owned(), balance: eur(1_000) }).reply.unwrap();
    let buy = Buy { gift_cards: vec![(hash(900), 1_000)], ..Buy::new(1, &[("A", 4)]) };
    shop.paid(&buy);
    shop.ask(edit(&buy, 1, &[(1, 2)], &[])).reply.unwrap();
    let order = shop.order(&buy);
    assert_eq!((order.frozen.totals.gift_card, order.frozen.totals.due), (eur(500), eur(1_500)));
    assert_eq!((order.gift_card_left(), order.payment.refund_pending_minor), (500, 1_500));
    // The provider refuses: what is owed can be refunded again, and the order's amounts stand.
    shop.refund_seen(&buy, refund_id(1), RefundStatus::Failed).reply.unwrap();
    assert_eq!((order.refunds[0].state, shop.order(&buy).refundable()), (RefundState::Pending, 3_500));
    // A cancelled order gives back all that is left.
    shop.ask(cancel(&buy)).reply.unwrap();
    let card = at_once(shop.engine.gift_card(STORE, hash(900))).unwrap().unwrap();
    assert_eq!((card.balance_minor, shop.order(&buy).payment.refund_pending_minor), (1_000, 3_000));
}

#[test]
fn goods_that_an_edit_frees_go_to_those_who_wait() {
    let mut shop = Shop::with_stock(&[("A", 2), ("B", 4)]);
    for name in ["A", "B"] {
        shop.ask(policy(name, Oversell::Backorder, None, None)).reply.unwrap();
    }
    let (first, second) = (Buy::new(1, &[("A", 2), ("B", 1)]), Buy::new(2, &[("A", 1)]));
    shop.paid(&first);
    shop.paid(&second);
    assert_eq!(shop.order(&second).backordered(&sku("A")), 1);
    shop.ask(edit(&first, 1, &[(1, 1)], &[])).reply.unwrap();
    assert_eq!((shop.order(&second).backordered(&sku("A")), shop.level("A")), (0, (2, 0, 2)));
    // What is added and not there is waited for, by name; and given up again first.
    shop.ask(edit(&first, 2, &[], &[added("B", 5, 0)])).reply.unwrap();
    assert_eq!((shop.order(&first).backordered(&sku("B")), shop.told(&first, "backordered")), (2, 1));
    shop.ask(edit(&first, 3, &[(3, 4)], &[])).reply.unwrap();
    assert_eq!((shop.order(&first).backordered(&sku("B")), shop.level("B")), (1, (4, 0, 4)));
}

#[test]
fn bundles_are_added_and_taken_off_as_their_components() {
    let mut shop = Shop::with_stock(&[("A", 6), ("B", 3)]);
    shop.ask(bundle("S", &[("A", 2), ("B", 1)])).reply.unwrap();
    let buy = Buy { lines: vec![("S", 2, 1_000), ("A", 1, 1_000)], ..Buy::new(1, &[]) };
    shop.paid(&buy);
    assert_eq!((shop.level("A"), shop.level("B")), ((6, 0, 5), (3, 0, 2)));
    shop.ask(edit(&buy, 1, &[(1, 1)], &[])).reply.unwrap();
    assert_eq!((shop.level("A"), shop.level("B")), ((6, 0, 3), (3, 0, 1)));
    shop.ask(edit(&buy, 2, &[(2, 0)], &[added("S", 1, 900)])).reply.unwrap();
    assert_eq!((shop.level("A"), shop.level("B")), ((6, 0, 4), (3, 0, 2)));
    // The bundle becomes another one: the order's stays what it was.
    shop.ask(bundle("S", &[("A", 1)])).reply.unwrap();
    shop.ask(ship(&buy, 1, &[])).reply.unwrap();
    assert_eq!((shop.level("A"), shop.level("B")), ((2, 0, 0), (1, 0, 0)));
}

#[test]
fn an_address_is_sealed_again_and_nothing_else_changes() {
    let (mut shop, buy) = paid();
    let before = shop.order(&buy);
    shop.ask(readdress(&buy, &[9, 9])).reply.unwrap();
    let order = shop.order(&buy);
    let (contact, _) = at_once(shop.engine.contact(STORE, order.head.number)).unwrap().unwrap();
    assert_eq!((contact.sealed, contact.person), (vec![9, 9], before.head.person));
    assert_eq!(
        (&order.lines, &order.refunds, &order.frozen.totals),
        (&before.lines, &before.refunds, &before.frozen.totals)
    );
    assert!(order.frozen.edits[0].address_changed);
    let events = at_once(shop.engine.order_events(STORE, buy.id())).unwrap();
    let text = crate::order::view::timeline(&events)[3].text.clone();
    assert_eq!(text, "The order was changed: it goes to another address. Reason: The customer called.");
}

#[test]
fn an_order_is_shipped_from_where_its_goods_are() {
    let mut shop = Shop::with_stock(&[("A", 2)]);
    shop.stock("A", "east", 1);
    shop.stock("B", "east", 3);
    let buy = Buy::new(1, &[("A", 3), ("B", 1)]);
    shop.paid(&buy);
    let sources = |shop: &Shop| -> Vec<(u32, String, u32)> {
        shop.order(&buy).sources().into_iter().map(|s| (s.line, s.location, s.quantity)).collect()
    };
    let at = |line, place: &str, units| (line, place.to_owned(), units);
    assert_eq!(sources(&shop), [at(1, "east", 1), at(1, "main", 2), at(2, "east", 1)]);
    let events = at_once(shop.engine.order_events(STORE, buy.id())).unwrap();
    assert_eq!(events.iter().find(|e| e.kind == "order.placed").unwrap().data["sources"][1]["location"], "main");
    let from = |n, place: &str, lines: &[(u32, u32)]| {
        let Command::Ship { order, shipment, mut request } = ship(&buy, n, lines) else { unreachable!() };
        request.location = Some(place.to_owned());
        Command::Ship { order, shipment, request }
    };
    shop.rejects(from(1, "east", &[(1, 2)]), "not_there", 100);
    shop.rejects(from(1, "west", &[]), "not_there", 101);
    shop.rejects(from(1, "east", &[(1, 9)]), "invalid_input", 102);
    shop.ask(from(1, "east", &[])).reply.unwrap();
    assert_eq!(shop.order(&buy).shipments[0].lines, quantities(&[(1, 1), (2, 1)]));
    assert_eq!(sources(&shop), [at(1, "main", 2)]);
    let levels = at_once(shop.engine.levels(STORE, &sku("A"))).unwrap();
    let left: Vec<_> = levels.iter().map(|l| (l.location.as_str(), l.on_hand, l.committed)).collect();
    assert_eq!(left, [("east", 0, 0), ("main", 2, 2)]);
    shop.ask(from(2, "main", &[])).reply.unwrap();
    assert_eq!(shop.order(&buy).lines[0].shipped, 3);
}

/// An order of several rates with prices that contain tax or do not, as a quote makes it.
fn taxed(lines: &[(u32, i64, i64, u32)], included: bool, told: bool) -> crate::order::Frozen {
    use contracts::checkout::LineDiscount;
    let mut shop = Shop::with_stock(&[("A", 1_000_000)]);
    let buy = Buy::new(1, &[("A", 1)]);
    shop.paid(&buy);
    let mut frozen = (*shop.order(&buy).frozen).clone();
    frozen.lines.clear();
    let mut by_rate = std::collections::BTreeMap::new();
    for (quantity, unit, discount, rate) in lines {
        let base = unit * i64::from(*quantity);
        let discount = *discount % (base + 1);
        let rate = Rate::from_ppm(*rate * 10_000);
        let net = eur(base - discount);
        let tax = if included { net.included_share(rate) } else { net.share(rate) }.unwrap().amount_minor;
        *by_rate.entry(rate).or_insert(0) += tax;
        let mut line = Buy { lines: vec![("A", *quantity, *unit)], ..Buy::new(1, &[]) }.line_of("A");
        (line.discount_minor, line.tax_minor) = (discount, tax);
        line.total_minor = net.amount_minor + if included { 0 } else { tax };
        line.tax_rate = told.then_some(rate);
        frozen.lines.push(line);
    }
    let sum = |part: fn(&PlacedLine) -> i64| frozen.lines.iter().map(part).sum::<i64>();
    let (items, discount) = (sum(|l| l.unit_minor * i64::from(l.quantity)), sum(|l| l.discount_minor));
    let tax = sum(|l| l.tax_minor);
    let added = if included { 0 } else { tax };
    let total = items - discount + added;
    let parts = frozen.lines.iter().zip(1..).filter(|(l, _)| l.discount_minor > 0);
    let parts: Vec<_> = parts.map(|(l, line)| LineDiscount { line, amount: eur(l.discount_minor) }).collect();
    let mut off = Discount::of_goods("Less", Some("TEN".to_owned()), eur(discount));
    off.lines = if told { parts } else { Vec::new() };
    frozen.discounts = if discount > 0 { vec![off] } else { Vec::new() };
    let line = |(rate, amount)| TaxLine { name: "VAT".to_owned(), rate, amount: eur(amount), included };
    frozen.tax_lines = by_rate.into_iter().filter(|(_, tax)| *tax > 0).map(line).collect();
    frozen.totals = Totals {
        items: eur(items),
        discount: eur(discount),
        shipping: eur(0),
        tax: eur(tax),
        tax_added: eur(added),
        total: eur(total),
        gift_card: eur(0),
        due: eur(total),
    };
    assert!(adds_up(&frozen));
    frozen
}

proptest! {
    /// Whatever is taken off or put on, every sum is the sum of its parts; and taking off in steps costs within a cent of
    /// each rounding what taking off at once does.
    #[test]
    fn amounts_add_up_after_any_edit(
        lines in prop::collection::vec((1_u32..9, 0_i64..5_000, 0_i64..9_000, prop::sample::select(vec![0_u32, 7, 19])), 1..5),
        wanted in prop::collection::vec(0_u32..12, 5),
        included in any::<bool>(),
        told in any::<bool>(),
    ) {
        let frozen = taxed(&lines, included, told);
        let count = frozen.lines.len();
        let after = edited(&frozen, Currency::EUR, &wanted[..count], &[]).unwrap();
        let mut due = after.clone();
        due.totals.due = due.totals.total;
        prop_assert!(adds_up(&due), "{:?}", after);
        for (before, after) in frozen.lines.iter().zip(&after.lines) {
            prop_assert!(after.discount_minor <= before.discount_minor, "an edit grants nothing");
            if before.quantity == after.quantity {
                prop_assert_eq!((before.total_minor, before.tax_minor), (after.total_minor, after.tax_minor));
            }
            if after.quantity < before.quantity {
                prop_assert!(after.total_minor <= before.total_minor);
            }
        }
        let none = edited(&after, Currency::EUR, &vec![0; count], &[]).unwrap();
        prop_assert_eq!((none.totals.total, none.totals.tax, none.discounts.len()), (eur(0), eur(0), 0));
    }
}
