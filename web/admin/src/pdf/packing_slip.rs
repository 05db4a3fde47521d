//! The packing slip of an order: what goes into the parcel and where it goes, without prices.

use contracts::ledger::{OrderLineView, OrderView};
use contracts::selling::Seller;

use super::sheet::{At, Face, LEFT, RIGHT, Sheet};
use super::{address_lines, letterhead};
use crate::parts::time_text;

/// The packing slip of `order` of `seller`, as PDF: everything that is there and not shipped yet, or the whole order
/// when all of it is shipped.
pub(crate) fn packing_slip(seller: &Seller, order: &OrderView) -> Vec<u8> {
    let title = format!("Packing slip {}", order.number);
    let mut sheet = Sheet::new(title.clone(), &seller.footer);
    letterhead(&mut sheet, seller);
    let address = order.contact.as_ref().map(|contact| address_lines(&contact.shipping_address)).unwrap_or_default();
    for line in &address {
        let broken = sheet.broken(line, 120, 4000);
        let height = sheet.block(At::Left(LEFT), 120, Face::Plain, &broken);
        sheet.down(height, 0);
    }
    sheet.down(300, 0);
    sheet.write(At::Left(LEFT), 180, Face::Bold, &title);
    sheet.write(At::Right(RIGHT), 100, Face::Plain, &time_text(order.placed_at.0));
    sheet.down(220, 0);
    sheet.write(At::Left(LEFT), 100, Face::Plain, &order.shipping_name.chars().take(80).collect::<String>());
    sheet.down(350, 300);
    for (at, text) in [(At::Left(LEFT), "Units"), (At::Left(1100), "Item"), (At::Left(4000), "SKU")] {
        sheet.write(at, 90, Face::Bold, text);
    }
    let there = |line: u32| order.sources.iter().filter(|s| s.line == line).map(|s| s.quantity).sum::<u32>();
    let to_pack = |line: &OrderLineView| match order.sources.is_empty() {
        true => line.quantity.saturating_sub(line.shipped),
        false => there(line.line),
    };
    let left: Vec<_> = order.lines.iter().map(|line| (line, to_pack(line))).collect();
    let all_shipped = left.iter().all(|(_, units)| *units == 0);
    for (line, units) in left {
        let units = if all_shipped { line.quantity } else { units };
        if units == 0 {
            continue;
        }
        sheet.down(220, 400);
        sheet.rule();
        sheet.write(At::Left(LEFT), 110, Face::Bold, &units.to_string());
        let text = [line.title.as_str(), line.variant_title.as_str()];
        let text = text.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(", ");
        let (item, sku) = (sheet.broken(&text, 100, 2800), sheet.broken(line.sku.as_str(), 90, RIGHT - 4000));
        let height = sheet.block(At::Left(1100), 100, Face::Plain, &item);
        let other = sheet.block(At::Left(4000), 90, Face::Plain, &sku);
        sheet.down(height.max(other) - 130, 0);
    }
    sheet.finish()
}
