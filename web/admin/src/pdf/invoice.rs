//! The invoice of an order, with the prices and taxes that were frozen when it was placed, or changed by an edit since.

use contracts::ledger::{OrderView, RefundState};
use contracts::selling::Seller;
use kernel::Money;

use super::sheet::{At, Face, LEFT, RIGHT, Sheet};
use super::{address_lines, letterhead};
use crate::parts::{percent, time_text};

const QUANTITY: i32 = 3350;
const PRICE: i32 = 4150;
const TAX: i32 = 4750;

/// `119.00 EUR`, in characters that print.
fn amount(money: Money) -> String {
    money.to_string()
}

/// The invoice of `order` by `seller`, as PDF.
pub(crate) fn invoice(seller: &Seller, order: &OrderView) -> Vec<u8> {
    let title = format!("Invoice {}", order.number);
    let mut sheet = Sheet::new(title.clone(), &seller.footer);
    letterhead(&mut sheet, seller);
    let height = head(&mut sheet, order);
    sheet.down(height, 0);
    sheet.write(At::Left(LEFT), 180, Face::Bold, &title);
    sheet.down(400, 300);
    items(&mut sheet, order);
    sums(&mut sheet, order);
    sheet.finish()
}

/// To whom and when. How high it is.
fn head(sheet: &mut Sheet, order: &OrderView) -> i32 {
    let address = order.contact.as_ref().map(|c| c.billing_address.as_ref().unwrap_or(&c.shipping_address));
    let lines = address.map(address_lines).unwrap_or_default();
    let mut broken = Vec::new();
    for line in &lines {
        let one = sheet.broken(line, 100, 2600);
        broken.extend(one.into_iter().take(2));
    }
    let left = sheet.block(At::Left(LEFT), 100, Face::Plain, &broken);
    let facts = [
        format!("Order {}", order.number),
        format!("Date {}", time_text(order.placed_at.0).chars().take(10).collect::<String>()),
    ];
    let facts: Vec<Vec<u8>> = facts.iter().flat_map(|fact| sheet.broken(fact, 100, 2000)).collect();
    let right = sheet.block(At::Right(RIGHT), 100, Face::Plain, &facts);
    left.max(right) + 500
}

fn items(sheet: &mut Sheet, order: &OrderView) {
    let heads = [(At::Left(LEFT), "Item"), (At::Right(QUANTITY), "Quantity"), (At::Right(PRICE), "Price")];
    for (at, text) in heads.into_iter().chain([(At::Right(TAX), "Tax"), (At::Right(RIGHT), "Total")]) {
        sheet.write(at, 90, Face::Bold, text);
    }
    for line in &order.lines {
        sheet.down(200, 400);
        sheet.rule();
        let text = [line.title.as_str(), line.variant_title.as_str(), line.sku.as_str()];
        let text = text.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(", ");
        let broken = sheet.broken(&text, 90, 2300);
        sheet.write(At::Right(QUANTITY), 90, Face::Plain, &line.quantity.to_string());
        sheet.write(At::Right(PRICE), 90, Face::Plain, &amount(line.unit_price));
        sheet.write(At::Right(TAX), 90, Face::Plain, &amount(line.tax));
        sheet.write(At::Right(RIGHT), 90, Face::Plain, &amount(line.total));
        let height = sheet.block(At::Left(LEFT), 90, Face::Plain, &broken);
        sheet.down(height - 117, 0);
    }
}

fn sums(sheet: &mut Sheet, order: &OrderView) {
    let totals = &order.totals;
    let mut rows = vec![("Items".to_owned(), amount(totals.items))];
    for discount in &order.discounts {
        rows.push((discount.label.clone(), format!("-{}", amount(discount.amount))));
    }
    rows.push((format!("Delivery: {}", order.shipping_name), amount(totals.shipping)));
    for tax in &order.tax_lines {
        let included = if tax.included { ", included" } else { "" };
        rows.push((format!("{} {}{included}", tax.name, percent(tax.rate)), amount(tax.amount)));
    }
    sheet.down(300, 300);
    sheet.rule();
    for (label, value) in rows {
        let label = sheet.broken(&label, 90, 3000);
        sheet.write(At::Right(RIGHT), 90, Face::Plain, &value);
        let height = sheet.block(At::Left(2400), 90, Face::Plain, &label);
        sheet.down(height + 40, 200);
    }
    sheet.down(60, 200);
    sheet.write(At::Left(2400), 110, Face::Bold, "Total");
    sheet.write(At::Right(RIGHT), 110, Face::Bold, &amount(totals.total));
    if totals.gift_card.amount_minor != 0 {
        sheet.down(200, 100);
        sheet.write(At::Left(2400), 90, Face::Plain, "Paid by gift card");
        sheet.write(At::Right(RIGHT), 90, Face::Plain, &amount(totals.gift_card));
    }
    if let Some(edit) = order.edits.last() {
        let date = time_text(edit.at.0).chars().take(10).collect::<String>();
        sheet.down(200, 100);
        sheet.write(At::Left(2400), 90, Face::Plain, &format!("Changed on {date}; before that"));
        sheet.write(At::Right(RIGHT), 90, Face::Plain, &amount(edit.total_before));
    }
    let refunded = refunded_since(order);
    if refunded.amount_minor != 0 {
        sheet.down(200, 100);
        sheet.write(At::Left(2400), 90, Face::Plain, "Refunded since");
        sheet.write(At::Right(RIGHT), 90, Face::Plain, &amount(refunded));
    }
}

/// What was given back of the total that the invoice shows. What edits took off is not in that total any more.
fn refunded_since(order: &OrderView) -> Money {
    let of_edits = order.refunds.iter().filter(|refund| order.edits.iter().any(|e| e.refund_id == Some(refund.id)));
    let given = of_edits.map(|refund| match refund.status {
        RefundState::Succeeded => refund.amount.amount_minor,
        RefundState::Pending | RefundState::Failed => refund.gift_card.map_or(0, |part| part.amount_minor),
    });
    Money::new(order.refunded.amount_minor - given.sum::<i64>(), order.refunded.currency)
}

#[cfg(test)]
mod tests {
    use contracts::ledger::EditView;

    use super::*;

    #[test]
    fn what_an_edit_gave_back_is_not_refunded_of_the_new_total() {
        let mut order = crate::samples::order();
        let money = |minor| Money::new(minor, order.currency);
        let (nine, five) = (money(900), money(500));
        order.refunded = money(1_400);
        assert_eq!(refunded_since(&order), money(1_400));
        let mut refund = order.refunds[0].clone();
        (refund.status, refund.amount, refund.gift_card) = (RefundState::Succeeded, nine, None);
        order.edits = vec![EditView {
            at: order.placed_at,
            reason: "called".to_owned(),
            lines: Vec::new(),
            address_changed: false,
            total_before: order.totals.total,
            total: order.totals.total,
            refund_id: Some(refund.id),
        }];
        order.refunds = vec![refund];
        assert_eq!(refunded_since(&order), five);
        // Under way: only what gift cards have got is given back by now.
        (order.refunds[0].status, order.refunds[0].gift_card) = (RefundState::Pending, Some(five));
        assert_eq!(refunded_since(&order), nine);
    }
}
