//! Orders as an accountant and the next platform need them: a row for each line of an order, or each order as it is.

use std::io::Write;

use anyhow::{Context as _, Result, bail};
use contracts::address::Address;
use contracts::ledger::{OrderLineView, OrderSummary, OrderView};
use kernel::cell::escape;
use kernel::{Page, Timestamp};
use serde::Serialize;
use serde_json::Value;

use crate::cli::{ExportCommand, FormatName};
use crate::client::Client;

const COLUMNS: [&str; 45] = [
    "Number",
    "Id",
    "Placed at",
    "Status",
    "Payment",
    "Fulfilment",
    "Currency",
    "Items",
    "Discount",
    "Shipping",
    "Tax",
    "Tax added",
    "Total",
    "Gift card",
    "Captured",
    "Refunded",
    "Taxes",
    "Discounts",
    "Refunds",
    "Shipping option",
    "Tracking",
    "Email",
    "VAT id",
    "Shipping name",
    "Shipping line 1",
    "Shipping line 2",
    "Shipping city",
    "Shipping region",
    "Shipping postal code",
    "Shipping country",
    "Billing name",
    "Billing line 1",
    "Billing line 2",
    "Billing city",
    "Billing region",
    "Billing postal code",
    "Billing country",
    "Line",
    "SKU",
    "Title",
    "Variant",
    "Quantity",
    "Unit price",
    "Line discount",
    "Line total",
];

/// Writes the orders of the span, latest first, a page of them in memory at a time.
pub(super) async fn write(client: &Client, command: &ExportCommand, out: &mut (dyn Write + Send)) -> Result<u64> {
    let since = command.since.as_deref().map(moment).transpose()?;
    let until = command.until.as_deref().map(moment).transpose()?;
    let mut sheet = Sheet { out, written: 0, csv: command.format == FormatName::Csv, orders: 0 };
    sheet.begin()?;
    let mut cursor = None;
    loop {
        let behind = cursor.map(|cursor: String| format!("&cursor={cursor}")).unwrap_or_default();
        let answer = client.get(&format!("/api/v1/admin/orders?limit=100{behind}")).await?;
        let page: Page<OrderSummary> = serde_json::from_value(answer).context("the shop's answer cannot be read")?;
        for order in page.items {
            if since.is_some_and(|since| order.placed_at.0 < since) {
                return sheet.end();
            }
            if until.is_some_and(|until| order.placed_at.0 >= until) {
                continue;
            }
            let answer = client.get(&format!("/api/v1/admin/orders/{}", order.id)).await?;
            let mut order: OrderView = serde_json::from_value(answer).context("the shop's answer cannot be read")?;
            if command.without_names {
                (order.contact, order.person_id) = (None, None);
            }
            sheet.put(&order)?;
        }
        match page.next_cursor {
            Some(next) => cursor = Some(next),
            None => return sheet.end(),
        }
    }
}

/// A day or a moment, in UTC.
fn moment(text: &str) -> Result<Timestamp> {
    let whole = if text.len() == 10 { format!("{text}T00:00:00Z") } else { text.to_owned() };
    match serde_json::from_value(Value::from(whole)) {
        Ok(at) => Ok(at),
        Err(_) => bail!("{text} is no time; write it as 2026-01-31 or 2026-01-31T08:00:00Z"),
    }
}

/// The file as far as it is written.
struct Sheet<'a> {
    out: &'a mut (dyn Write + Send),
    written: u64,
    csv: bool,
    orders: u64,
}

impl Sheet<'_> {
    fn begin(&mut self) -> Result<()> {
        match self.csv {
            true => self.rows(&[COLUMNS.map(str::to_owned).to_vec()]),
            false => self.text("{\"format\":\"argosy-orders-1\",\n\"orders\":["),
        }
    }

    fn put(&mut self, order: &OrderView) -> Result<()> {
        let first = self.orders == 0;
        self.orders += 1;
        if self.csv {
            let rows: Result<Vec<_>> = order.lines.iter().enumerate().map(|(i, line)| cells(order, line, i)).collect();
            return self.rows(&rows?);
        }
        self.text(if first { "\n" } else { ",\n" })?;
        self.text(&serde_json::to_string(order)?)
    }

    fn end(mut self) -> Result<u64> {
        if !self.csv {
            self.text("\n]}\n")?;
        }
        Ok(self.written)
    }

    fn rows(&mut self, rows: &[Vec<String>]) -> Result<()> {
        let mut writer = csv::Writer::from_writer(Vec::new());
        for row in rows {
            writer.write_record(row.iter().map(|cell| escape(cell).into_owned()))?;
        }
        let bytes = writer.into_inner()?;
        self.out.write_all(&bytes)?;
        self.written += bytes.len() as u64;
        Ok(())
    }

    fn text(&mut self, text: &str) -> Result<()> {
        self.out.write_all(text.as_bytes())?;
        self.written += text.len() as u64;
        Ok(())
    }
}

/// A row: what the order says as a whole stands on its first one, so that columns can be summed.
fn cells(order: &OrderView, line: &OrderLineView, index: usize) -> Result<Vec<String>> {
    let mut cells = vec![order.number.clone(), order.id.to_string(), order.placed_at.0.to_string()];
    let mut head = whole(order)?;
    if index > 0 {
        head.fill(String::new());
    }
    cells.append(&mut head);
    cells.extend([
        line.line.to_string(),
        line.sku.to_string(),
        line.title.clone(),
        line.variant_title.clone(),
        line.quantity.to_string(),
        line.unit_price.decimal(),
        line.discount.decimal(),
        line.total.decimal(),
    ]);
    Ok(cells)
}

/// From Status to Billing country.
fn whole(order: &OrderView) -> Result<Vec<String>> {
    let totals = &order.totals;
    let mut cells = vec![
        word(&order.status)?,
        word(&order.payment_status)?,
        word(&order.fulfilment_status)?,
        order.currency.to_string(),
    ];
    for amount in [totals.items, totals.discount, totals.shipping, totals.tax, totals.tax_added, totals.total] {
        cells.push(amount.decimal());
    }
    cells.extend([totals.gift_card.decimal(), order.captured.decimal(), order.refunded.decimal()]);
    let taxes =
        order.tax_lines.iter().map(|tax| format!("{} {}: {}", tax.name, percent(tax.rate.ppm()), tax.amount.decimal()));
    let discounts = order.discounts.iter().map(|discount| format!("{}: {}", discount.label, discount.amount.decimal()));
    let refunds = order.refunds.iter().map(|refund| format!("{}: {}", refund.at.0, refund.amount.decimal()));
    let tracking = order.shipments.iter().filter_map(|shipment| shipment.tracking.clone());
    cells.extend([list(taxes), list(discounts), list(refunds), order.shipping_name.clone(), list(tracking)]);
    let contact = order.contact.as_ref();
    cells.push(contact.map(|contact| contact.email.clone()).unwrap_or_default());
    cells.push(contact.and_then(|contact| contact.vat_id.clone()).unwrap_or_default());
    cells.extend(address(contact.map(|contact| &contact.shipping_address)));
    cells.extend(address(contact.and_then(|contact| contact.billing_address.as_ref())));
    Ok(cells)
}

fn address(address: Option<&Address>) -> [String; 7] {
    let Some(address) = address else { return Default::default() };
    [
        address.name.clone(),
        address.line1.clone(),
        address.line2.clone().unwrap_or_default(),
        address.city.clone(),
        address.region.clone().unwrap_or_default(),
        address.postal_code.clone(),
        address.country.clone(),
    ]
}

/// 190,000 parts of a million are `19 %`; digits behind the point as far as there are any.
fn percent(ppm: u32) -> String {
    let text = format!("{}.{:04}", ppm / 10_000, ppm % 10_000);
    format!("{} %", text.trim_end_matches('0').trim_end_matches('.'))
}

fn list(parts: impl Iterator<Item = String>) -> String {
    parts.collect::<Vec<_>>().join("; ")
}

/// As in the API.
fn word(value: &impl Serialize) -> Result<String> {
    Ok(serde_json::to_value(value)?.as_str().unwrap_or_default().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_and_days_are_written_as_people_do() {
        assert_eq!([190_000, 81_000, 0, 200].map(percent), ["19 %", "8.1 %", "0 %", "0.02 %"]);
        assert_eq!(moment("2026-01-31").unwrap(), moment("2026-01-31T00:00:00Z").unwrap());
        assert!(moment("soon").is_err() && moment("31.01.2026").is_err());
    }
}
