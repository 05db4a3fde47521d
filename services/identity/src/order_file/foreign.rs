//! What Shopify and the exporters of WooCommerce mean by their columns.

use contracts::archive::{OrderRecord, RecordLine, RecordPart};
use kernel::{Currency, Money, MoneyError};

use super::columns::{Column, Dialect};
use super::table::{Cell, Row, Wrong};
use super::text::{self, one_line};

fn too_large(column: Column) -> impl Fn(MoneyError) -> Wrong {
    move |_| Wrong { column, message: "This comes to more than can be counted.".to_owned() }
}

/// What a line costs, when the file does not say.
pub(super) fn line_total(unit_price: Money, quantity: u32, discount: Money) -> Cell<Money> {
    let price = unit_price.times(i64::from(quantity)).and_then(|price| price.minus(discount));
    price.map_err(too_large(Column::UnitPrice))
}

/// The price of one unit of `quantity` that cost `all`, rounded once: some shops write it with more decimals than there
/// are, and some not at all.
fn each(all: Money, quantity: u32) -> Cell<Money> {
    let each = kernel::money::div_round(i128::from(all.amount_minor), i128::from(quantity));
    let amount_minor = each.map_err(too_large(Column::UnitPrice))?;
    Ok(Money { amount_minor, ..all })
}

/// The lines that a row tells of.
pub(super) fn lines(row: &Row<'_>, currency: Currency, before: usize) -> Cell<Vec<RecordLine>> {
    let mut lines = Vec::new();
    if row.some_text(Column::Title).or_else(|| row.some_text(Column::Sku)).is_some() {
        lines.push(match row.header.dialect {
            Dialect::Shopify | Dialect::Own => shopify_line(row, currency)?,
            Dialect::WooCommerce => woocommerce_line(row, currency)?,
        });
    }
    // An exporter with all lines on one row writes either column, and one with a row for each line may repeat the first.
    if lines.is_empty() {
        let whole = row.text(Column::Lines);
        let pieces = whole.split(';').filter(|piece| !piece.trim().is_empty());
        let packed = pieces.map(|piece| packed_line(Column::Lines, piece, currency));
        lines = packed.collect::<Cell<Vec<_>>>()?;
        for column in row.header.packed() {
            if let Some(cell) = row.some_text(column) {
                lines.push(packed_line(column, &cell, currency)?);
            }
        }
    }
    for (line, number) in lines.iter_mut().zip(before + 1..) {
        line.line = u32::try_from(number).unwrap_or(u32::MAX);
    }
    Ok(lines)
}

fn shopify_line(row: &Row<'_>, currency: Currency) -> Cell<RecordLine> {
    let (quantity, unit_price) = (row.quantity(Column::Quantity)?, row.money(Column::UnitPrice, currency)?);
    let discount = row.money(Column::LineDiscount, currency)?;
    Ok(RecordLine {
        line: 0,
        sku: row.text(Column::Sku),
        title: row.text(Column::Title),
        variant_title: String::new(),
        quantity,
        unit_price,
        discount,
        total: line_total(unit_price, quantity, discount)?,
    })
}

fn woocommerce_line(row: &Row<'_>, currency: Currency) -> Cell<RecordLine> {
    let quantity = row.quantity(Column::Quantity)?;
    let (before, after) =
        (row.maybe_money(Column::LineSubtotal, currency)?, row.maybe_money(Column::LineTotal, currency)?);
    let known = before.or(after);
    let price = match (row.maybe_money(Column::UnitPrice, currency), known) {
        (Ok(Some(price)), _) => price,
        (Ok(None) | Err(_), Some(known)) => each(known, quantity)?,
        (Ok(None), None) => Money::zero(currency),
        (Err(wrong), None) => return Err(wrong),
    };
    woocommerce_amounts(row.text(Column::Sku), row.text(Column::Title), quantity, price, (before, after))
}

/// A line whose price is known, with what it came to before and after discounts as far as that is.
fn woocommerce_amounts(
    sku: String,
    title: String,
    quantity: u32,
    unit_price: Money,
    (before, after): (Option<Money>, Option<Money>),
) -> Cell<RecordLine> {
    let zero = Money::zero(unit_price.currency);
    let full = match before {
        Some(before) => before,
        None => after.map_or_else(|| line_total(unit_price, quantity, zero), Ok)?,
    };
    let total = after.unwrap_or(full);
    let discount = full.minus(total).map_err(too_large(Column::LineTotal))?;
    Ok(RecordLine { line: 0, sku, title, variant_title: String::new(), quantity, unit_price, discount, total })
}

/// `name:Shoe|product_id:7|sku:S-1|quantity:2|subtotal:20.00|total:18.00`.
fn packed_line(column: Column, text: &str, currency: Currency) -> Cell<RecordLine> {
    let wrong = |message: String| Wrong { column, message };
    let field = |names: &[&str]| {
        let mut fields = text.split('|').filter_map(|field| field.split_once(':'));
        fields.find(|(name, _)| names.contains(&name.trim())).map(|(_, value)| one_line(value))
    };
    let money = |names: &[&str]| match field(names).filter(|value| !value.is_empty()) {
        Some(value) => text::amount(&value, currency).map(Some).map_err(wrong),
        None => Ok(None),
    };
    let quantity = field(&["quantity", "qty"]).and_then(|text| text.parse().ok()).filter(|units| *units > 0);
    let quantity: u32 = quantity.ok_or_else(|| wrong("This line does not say how many units it is of.".to_owned()))?;
    let (before, after) = (money(&["subtotal", "sub_total"])?, money(&["total"])?);
    let known = before.or(after).ok_or_else(|| wrong("This line does not say what it cost.".to_owned()))?;
    let (sku, title) = (field(&["sku"]).unwrap_or_default(), field(&["name"]).unwrap_or_default());
    woocommerce_amounts(sku, title, quantity, each(known, quantity)?, (before, after))
}

/// What the lines come to, before discounts.
fn items(record: &OrderRecord) -> Cell<Money> {
    let zero = Money::zero(record.currency);
    let sum =
        record.lines.iter().try_fold(zero, |sum, line| sum.plus(line.total).and_then(|sum| sum.plus(line.discount)));
    sum.map_err(too_large(Column::Total))
}

/// Whether tax was added to the prices: only then do they not come to the total without it.
fn settle_tax(record: &mut OrderRecord, net: Money) -> Cell<()> {
    let totals = &mut record.totals;
    let before = net.plus(totals.shipping).map_err(too_large(Column::Total))?;
    if before != totals.total && before.plus(totals.tax).is_ok_and(|sum| sum == totals.total) {
        totals.tax_added = totals.tax;
    }
    Ok(())
}

/// What was taken off, by the code that did it.
fn settle_discount(row: &Row<'_>, record: &mut OrderRecord) {
    if record.totals.discount.amount_minor > 0 {
        let label = row.some_text(Column::DiscountCode).unwrap_or_else(|| "Discount".to_owned());
        record.discounts = vec![RecordPart { label, amount: record.totals.discount }];
    }
}

/// Shopify writes refunds as amounts, WooCommerce's exporters with a minus or without.
fn refunded(row: &Row<'_>, currency: Currency) -> Cell<Money> {
    let cell = row.text(Column::Refunded);
    match cell.strip_prefix('-').unwrap_or(&cell) {
        "" => Ok(Money::zero(currency)),
        plain => text::amount(plain, currency).map_err(|message| Wrong { column: Column::Refunded, message }),
    }
}

pub(super) fn shopify(row: &Row<'_>, record: &mut OrderRecord) -> Cell<()> {
    let currency = record.currency;
    record.status = if record.cancelled_at.is_some() { "cancelled" } else { "confirmed" }.to_owned();
    if record.fulfilment_status.is_empty() {
        record.fulfilment_status = "unfulfilled".to_owned();
    }
    record.totals.items = items(record)?;
    // The subtotal is without the discounts, those of lines included, which the amount of the discount may leave out.
    let net = match row.maybe_money(Column::Subtotal, currency)? {
        Some(subtotal) => subtotal,
        None => record.totals.items.minus(record.totals.discount).map_err(too_large(Column::Discount))?,
    };
    settle_tax(record, net)?;
    settle_discount(row, record);
    for number in 1..=5 {
        if let Some(amount) = row.maybe_money(Column::TaxAmount(number), currency)? {
            let label = row.text(Column::TaxName(number));
            record.taxes.push(RecordPart { label, amount });
        }
    }
    record.refunded = refunded(row, currency)?;
    let paid = ["paid", "partially_paid", "partially_refunded", "refunded"];
    if paid.contains(&record.payment_status.as_str()) {
        let owed = row.money(Column::Outstanding, currency)?;
        let captured = record.totals.total.minus(owed).map_err(too_large(Column::Outstanding))?;
        record.captured = Money { amount_minor: captured.amount_minor.max(0), ..captured };
    }
    Ok(())
}

pub(super) fn woocommerce(row: &Row<'_>, record: &mut OrderRecord) -> Cell<()> {
    let currency = record.currency;
    let status = record.status.to_lowercase();
    record.status = status.strip_prefix("wc-").unwrap_or(&status).to_owned();
    if !row.header.has(Column::Items) {
        record.totals.items = items(record)?;
    }
    let with_delivery = record.totals.tax.plus(row.money(Column::ShippingTax, currency)?);
    let net = record.totals.items.minus(record.totals.discount).map_err(too_large(Column::Discount))?;
    settle_tax(record, net)?;
    if record.totals.tax_added.amount_minor == 0 {
        // Some count the tax on the delivery apart.
        let without = record.totals.tax;
        record.totals.tax = with_delivery.map_err(too_large(Column::Tax))?;
        settle_tax(record, net)?;
        if record.totals.tax_added.amount_minor == 0 {
            record.totals.tax = without;
        }
    }
    settle_discount(row, record);
    record.refunded = refunded(row, currency)?;
    if ["completed", "processing", "refunded"].contains(&record.status.as_str()) {
        record.captured = record.totals.total;
    }
    Ok(())
}
