//! Tables of orders: a row for each line of an order. What the order says as a whole stands on one of them, or on all.

use std::collections::HashMap;

use contracts::Result;
use contracts::address::Address;
use contracts::archive::{OrderImportOptions, OrderRecord, RecordContact, RecordLine, RecordPart, RecordTotals};
use contracts::catalog::TimestampSchema;
use kernel::cell::{escape, unescape};
use kernel::{Currency, Failure, Money};

use super::columns::{Column, Dialect, Header, OWN, Part};
use super::text::{self, joined, one_line};
use super::{Read, foreign};

/// Why an order cannot be read: in which column, and what to do.
pub(super) struct Wrong {
    pub(super) column: Column,
    pub(super) message: String,
}

/// The result of reading a cell.
pub(super) type Cell<T> = std::result::Result<T, Wrong>;

/// A row by what its cells mean.
pub(super) struct Row<'a> {
    pub(super) header: &'a Header,
    record: &'a csv::StringRecord,
}

impl Row<'_> {
    fn cell(&self, column: Column) -> &str {
        let cell = self.header.place(column).and_then(|at| self.record.get(at)).unwrap_or_default();
        // Our own cells come back byte for byte.
        if self.header.dialect == Dialect::Own { unescape(cell) } else { unescape(cell.trim()) }
    }

    pub(super) fn text(&self, column: Column) -> String {
        let cell = self.cell(column);
        if self.header.dialect == Dialect::Own { cell.to_owned() } else { one_line(cell) }
    }

    pub(super) fn some_text(&self, column: Column) -> Option<String> {
        Some(self.text(column)).filter(|text| !text.is_empty())
    }

    /// None when the cell is empty.
    pub(super) fn maybe_money(&self, column: Column, currency: Currency) -> Cell<Option<Money>> {
        let cell = self.cell(column).trim();
        if cell.is_empty() {
            return Ok(None);
        }
        text::amount(cell, currency).map(Some).map_err(|message| Wrong { column, message })
    }

    /// Nothing when the cell is empty.
    pub(super) fn money(&self, column: Column, currency: Currency) -> Cell<Money> {
        Ok(self.maybe_money(column, currency)?.unwrap_or(Money::zero(currency)))
    }

    pub(super) fn time(&self, column: Column) -> Cell<Option<TimestampSchema>> {
        let cell = self.cell(column);
        if cell.is_empty() {
            return Ok(None);
        }
        text::moment(cell).map(Some).ok_or_else(|| Wrong { column, message: text::NO_TIME.to_owned() })
    }

    fn parts(&self, column: Column, currency: Currency) -> Cell<Vec<RecordPart>> {
        text::parts(self.cell(column), currency).map_err(|message| Wrong { column, message })
    }

    /// The currency of the row, or the one that was given for rows without.
    pub(super) fn currency(&self, options: &OrderImportOptions) -> Cell<Currency> {
        let wrong = |message: &str| Wrong { column: Column::Currency, message: message.to_owned() };
        let code = self.cell(Column::Currency).trim().to_uppercase();
        if code.is_empty() {
            let message = "The file does not say in which currency this is. Name it with --currency.";
            return options.currency.ok_or_else(|| wrong(message));
        }
        Currency::parse(&code).map_err(|_| wrong("This is not an ISO 4217 currency such as EUR."))
    }

    /// A whole number of units, 1 or more. Some write `2.0`.
    pub(super) fn quantity(&self, column: Column) -> Cell<u32> {
        let cell = self.cell(column).trim();
        let whole = cell.split_once('.').filter(|(_, rest)| rest.bytes().all(|b| b == b'0')).map_or(cell, |(n, _)| n);
        let units = whole.parse().ok().filter(|units| *units > 0);
        units.ok_or_else(|| Wrong { column, message: "Write a whole number of units.".to_owned() })
    }

    /// The address whose parts are at `of`, when there is anything of it.
    pub(super) fn address(&self, of: fn(Part) -> Column) -> Option<Address> {
        let text = |part: Part| self.text(of(part));
        let some = |part: Part| self.some_text(of(part));
        let name = some(Part::Name)
            .unwrap_or_else(|| format!("{} {}", text(Part::FirstName), text(Part::LastName)).trim().to_owned());
        let line2 = match (some(Part::Line2), some(Part::Company)) {
            (Some(line), Some(company)) => Some(format!("{line}, {company}")),
            (line, company) => line.or(company),
        };
        let code = text(Part::PostalCode);
        let postal_code = match self.header.dialect {
            // With the apostrophe that keeps a spreadsheet from reading a number.
            Dialect::Shopify => code.strip_prefix('\'').unwrap_or(&code).to_owned(),
            Dialect::Own | Dialect::WooCommerce => code,
        };
        let address = Address {
            name,
            line1: text(Part::Line1),
            line2,
            city: text(Part::City),
            region: some(Part::Region),
            postal_code,
            country: text(Part::Country),
        };
        let texts = [&address.name, &address.line1, &address.city, &address.postal_code, &address.country];
        let nothing = texts.iter().all(|text| text.is_empty()) && address.line2.is_none() && address.region.is_none();
        (!nothing).then_some(address)
    }

    pub(super) fn contact(&self) -> Option<RecordContact> {
        let contact = RecordContact {
            email: self.text(Column::Email),
            shipping_address: self.address(Column::To),
            billing_address: self.address(Column::Bill),
            vat_id: self.some_text(Column::VatId),
        };
        (!contact.is_empty()).then_some(contact)
    }

    /// The words and times that all dialects have.
    pub(super) fn begin(&self, options: &OrderImportOptions) -> Cell<OrderRecord> {
        let currency = self.currency(options)?;
        let zero = Money::zero(currency);
        let placed_at = self.time(Column::PlacedAt)?;
        let no_time = || Wrong { column: Column::PlacedAt, message: text::NO_TIME.to_owned() };
        let reference = self.some_text(Column::Reference);
        Ok(OrderRecord {
            source: self.source(options),
            number: self.number(),
            reference,
            placed_at: placed_at.ok_or_else(no_time)?,
            cancelled_at: self.time(Column::CancelledAt)?,
            status: self.text(Column::Status),
            payment_status: self.text(Column::Payment),
            fulfilment_status: self.text(Column::Fulfilment),
            currency,
            totals: RecordTotals {
                items: self.money(Column::Items, currency)?,
                discount: self.money(Column::Discount, currency)?,
                shipping: self.money(Column::Shipping, currency)?,
                tax: self.money(Column::Tax, currency)?,
                tax_added: self.money(Column::TaxAdded, currency)?,
                total: self.money(Column::Total, currency)?,
                gift_card: self.money(Column::GiftCard, currency)?,
            },
            captured: self.money(Column::Captured, currency)?,
            refunded: zero,
            taxes: Vec::new(),
            discounts: Vec::new(),
            refunds: Vec::new(),
            shipping_name: self.text(Column::ShippingName),
            tracking: Vec::new(),
            lines: Vec::new(),
            contact: self.contact(),
        })
    }

    pub(super) fn source(&self, options: &OrderImportOptions) -> String {
        let given = options.source.clone().unwrap_or_else(|| self.header.dialect.source().to_owned());
        self.some_text(Column::Source).unwrap_or(given)
    }

    /// The number that people know, without the `#` that some shops put in front; the id when there is no other.
    pub(super) fn number(&self) -> String {
        let number = self.some_text(Column::Number).unwrap_or_else(|| self.text(Column::Reference));
        match self.header.dialect {
            Dialect::Own => number,
            Dialect::Shopify | Dialect::WooCommerce => number.trim_start_matches('#').to_owned(),
        }
    }
}

/// The rows of one order.
#[derive(Default)]
struct Group {
    rows: Vec<(u64, csv::StringRecord)>,
}

/// # Errors
/// `not_an_order_export` when the columns are not those of orders.
pub(super) fn read(text: &[u8], options: &OrderImportOptions) -> Result<Read> {
    let mut reader = csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(text);
    let mut bytes = csv::ByteRecord::new();
    let _ = reader.read_byte_record(&mut bytes);
    let Some(header) = Header::of(&bytes) else {
        let detail = "This is not an export of orders: its first line must name the columns, with a number, a time and \
                      a total of each order among them.";
        return Err(Failure::invalid("not_an_order_export", detail));
    };
    let mut read = Read { ignored_columns: header.ignored.clone(), ..Read::default() };
    let mut groups: Vec<Group> = Vec::new();
    let mut known: HashMap<(String, String, String), usize> = HashMap::new();
    // Reading bytes from memory into records of any length cannot fail.
    while reader.read_byte_record(&mut bytes).unwrap_or(false) {
        if bytes.iter().all(|cell| cell.trim_ascii().is_empty()) {
            continue;
        }
        read.rows += 1;
        let line = bytes.position().map_or(0, csv::Position::line);
        let Ok(record) = csv::StringRecord::from_byte_record(bytes.clone()) else {
            read.failed += 1;
            read.complain(line, "", "", "This is not UTF-8. Export or save the file as UTF-8.");
            continue;
        };
        let row = Row { header: &header, record: &record };
        // Two orders of one number are told apart by their ids where every row has one: in our own table.
        let id = if header.dialect == Dialect::Own { row.text(Column::Reference) } else { String::new() };
        let key = (row.source(options), row.number(), id);
        let index = *known.entry(key).or_insert_with(|| {
            groups.push(Group::default());
            groups.len() - 1
        });
        groups[index].rows.push((line, record));
    }
    for group in groups {
        let rows: Vec<Row<'_>> = group.rows.iter().map(|(_, record)| Row { header: &header, record }).collect();
        let line = group.rows.first().map_or(0, |(line, _)| *line);
        match order(&rows, options) {
            Ok(record) => read.orders.push((line, record)),
            Err((at, wrong)) => {
                read.failed += 1;
                let line = group.rows.get(at).map_or(line, |(line, _)| *line);
                read.complain(line, &rows[0].number(), header.name(wrong.column), &wrong.message);
            }
        }
    }
    Ok(read)
}

/// # Errors
/// Which row it is, and what is wrong with it.
fn order(rows: &[Row<'_>], options: &OrderImportOptions) -> std::result::Result<OrderRecord, (usize, Wrong)> {
    // The row that speaks for the order as a whole, wherever a spreadsheet sorted it to.
    let head = rows.iter().position(|row| !row.cell(Column::Total).is_empty()).unwrap_or(0);
    let at_head = |wrong| (head, wrong);
    let mut record = rows[head].begin(options).map_err(at_head)?;
    for (i, row) in rows.iter().enumerate() {
        let lines = match row.header.dialect {
            Dialect::Own => own_line(row, record.currency, record.lines.len()).map(|line| line.into_iter().collect()),
            Dialect::Shopify | Dialect::WooCommerce => foreign::lines(row, record.currency, record.lines.len()),
        };
        record.lines.extend(lines.map_err(|wrong: Wrong| (i, wrong))?);
    }
    match rows[head].header.dialect {
        Dialect::Own => own(&rows[head], &mut record),
        Dialect::Shopify => foreign::shopify(&rows[head], &mut record),
        Dialect::WooCommerce => foreign::woocommerce(&rows[head], &mut record),
    }
    .map_err(at_head)?;
    Ok(record)
}

fn own(row: &Row<'_>, record: &mut OrderRecord) -> Cell<()> {
    let currency = record.currency;
    record.refunded = row.money(Column::Refunded, currency)?;
    record.taxes = row.parts(Column::Taxes, currency)?;
    record.discounts = row.parts(Column::Discounts, currency)?;
    record.refunds = row.parts(Column::Refunds, currency)?;
    let tracking = row.text(Column::Tracking);
    record.tracking = tracking.split("; ").filter(|_| !tracking.is_empty()).map(str::to_owned).collect();
    Ok(())
}

/// The line of a row; none when the order has none.
fn own_line(row: &Row<'_>, currency: Currency, before: usize) -> Cell<Option<RecordLine>> {
    if [Column::Sku, Column::Title, Column::Quantity].into_iter().all(|column| row.cell(column).is_empty()) {
        return Ok(None);
    }
    let next = u32::try_from(before).unwrap_or(u32::MAX).saturating_add(1);
    let line = match row.cell(Column::Line) {
        "" => next,
        text => {
            text.parse().map_err(|_| Wrong { column: Column::Line, message: "Number lines 1, 2, 3.".to_owned() })?
        }
    };
    let (quantity, unit_price) = (row.quantity(Column::Quantity)?, row.money(Column::UnitPrice, currency)?);
    let discount = row.money(Column::LineDiscount, currency)?;
    let total = row.maybe_money(Column::LineTotal, currency)?;
    Ok(Some(RecordLine {
        line,
        sku: row.text(Column::Sku),
        title: row.text(Column::Title),
        variant_title: row.text(Column::Variant),
        quantity,
        unit_price,
        discount,
        total: match total {
            Some(total) => total,
            None => foreign::line_total(unit_price, quantity, discount)?,
        },
    }))
}

pub(super) fn heading() -> String {
    lines(std::iter::once(OWN.map(|(name, _)| name.to_owned()).to_vec()))
}

pub(super) fn written(record: &OrderRecord) -> String {
    let rows = record.lines.len().max(1);
    lines((0..rows).map(|row| cells(record, row)))
}

/// From Number to Line total.
fn cells(record: &OrderRecord, row: usize) -> Vec<String> {
    let mut cells = vec![
        record.number.clone(),
        record.reference.clone().unwrap_or_default(),
        record.source.clone(),
        record.placed_at.0.to_string(),
    ];
    let mut head = whole(record);
    if row > 0 {
        head.fill(String::new());
    }
    cells.append(&mut head);
    match record.lines.get(row) {
        None => cells.resize(OWN.len(), String::new()),
        Some(line) => cells.extend([
            line.line.to_string(),
            line.sku.clone(),
            line.title.clone(),
            line.variant_title.clone(),
            line.quantity.to_string(),
            line.unit_price.decimal(),
            line.discount.decimal(),
            line.total.decimal(),
        ]),
    }
    cells
}

/// From Cancelled at to Billing country.
fn whole(record: &OrderRecord) -> Vec<String> {
    let totals = &record.totals;
    let cancelled = record.cancelled_at.map(|at| at.0.to_string()).unwrap_or_default();
    let mut cells = vec![
        cancelled,
        record.status.clone(),
        record.payment_status.clone(),
        record.fulfilment_status.clone(),
        record.currency.to_string(),
    ];
    for amount in [totals.items, totals.discount, totals.shipping, totals.tax, totals.tax_added, totals.total] {
        cells.push(amount.decimal());
    }
    cells.extend([totals.gift_card.decimal(), record.captured.decimal(), record.refunded.decimal()]);
    cells.extend([&record.taxes, &record.discounts, &record.refunds].map(|parts| joined(parts)));
    cells.extend([record.shipping_name.clone(), record.tracking.join("; ")]);
    let contact = record.contact.as_ref();
    cells.push(contact.map(|contact| contact.email.clone()).unwrap_or_default());
    cells.push(contact.and_then(|contact| contact.vat_id.clone()).unwrap_or_default());
    cells.extend(address(contact.and_then(|contact| contact.shipping_address.as_ref())));
    cells.extend(address(contact.and_then(|contact| contact.billing_address.as_ref())));
    cells
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

fn lines(rows: impl Iterator<Item = Vec<String>>) -> String {
    let mut writer = csv::Writer::from_writer(Vec::new());
    for row in rows {
        // Into memory, with as many cells as every other row: it cannot fail.
        let _ = writer.write_record(row.iter().map(|cell| escape(cell).into_owned()));
    }
    writer.into_inner().map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).unwrap_or_default()
}
