//! `argosy import`: a file of products, sent to the shop in one piece, so that it is taken in whole or not at all. Only a
//! file that is larger than the shop takes at once is cut between products.

mod customers;
mod orders;

use std::collections::HashMap;
use std::fmt::Write as _;
use std::ops::Range;
use std::process::ExitCode;

use anyhow::{Context as _, Result, bail};
use bytes::Bytes;
use catalog::import::{FileFormat, ImportReport};
use indicatif::{ProgressBar, ProgressStyle};

use super::say;
use crate::attach::with_shop;
use crate::cli::{FormatName, ImportCommand, ImportWhat};
use crate::client::Client;
use crate::config::keys::Settings;

/// Products in one part.
const PART_PRODUCTS: usize = 100;
/// Bytes after which a part is sent however few products it has; far below what the shop takes at once.
const PART_BYTES: usize = 8 * 1024 * 1024;
/// The largest file that is sent in one piece; what the shop takes at once, with some room.
const WHOLE_BYTES: usize = 60 * 1024 * 1024;
/// The most problems that are printed.
const PRINTED: usize = 50;
/// What the shop's own files of customers and of orders say of themselves.
const CUSTOMERS: &[u8] = b"argosy-customers-1";
const ORDERS: &[u8] = b"argosy-orders-";

pub(crate) async fn run(command: &ImportCommand, settings: &Settings) -> Result<ExitCode> {
    let file = std::fs::read(&command.file).with_context(|| format!("{} cannot be read", command.file.display()))?;
    match command.what.unwrap_or_else(|| what(&file)) {
        ImportWhat::Customers => return customers::run(command, file.into(), settings).await,
        ImportWhat::Orders => return orders::run(command, file.into(), settings).await,
        ImportWhat::Products => {}
    }
    let told = FileFormat::of(&file);
    let parts = match (file.len() <= WHOLE_BYTES, command.format, told) {
        (true, _, _) => vec![Part { csv: file.into(), products: 0, lines: Vec::new() }],
        (false, Some(FormatName::Shopify | FormatName::Csv), _)
        | (false, None, FileFormat::Shopify | FileFormat::Csv) => {
            let parts = split(&file).with_context(|| format!("{} is no CSV file", command.file.display()))?;
            drop(file);
            parts
        }
        (false, _, _) => bail!("the file is larger than the {} MiB that the shop takes", WHOLE_BYTES >> 20),
    };
    let report = with_shop(settings, async |client| send(client, command, parts).await).await?;
    if command.json {
        say(&format!("{}\n", serde_json::to_string_pretty(&report)?))?;
    } else {
        say(&told_of(&report))?;
    }
    Ok(if report.errors.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Orders have numbers and totals; customers have e-mail addresses, and nothing that products have.
fn what(file: &[u8]) -> ImportWhat {
    let head = &file[..file.len().min(64 * 1024)];
    let head = head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(head);
    if head.trim_ascii_start().first() == Some(&b'{') {
        let says = |format: &[u8]| head.windows(format.len()).take(200).any(|part| part == format);
        return match (says(CUSTOMERS), says(ORDERS)) {
            (true, _) => ImportWhat::Customers,
            (_, true) => ImportWhat::Orders,
            _ => ImportWhat::Products,
        };
    }
    let mut header = csv::ByteRecord::new();
    let _ = csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(head).read_byte_record(&mut header);
    let names: Vec<String> = header.iter().map(|cell| String::from_utf8_lossy(cell).trim().to_lowercase()).collect();
    let has = |wanted: &[&str]| names.iter().any(|name| wanted.contains(&name.as_str()));
    let own = has(&["number"]) && has(&["placed at"]);
    let shopify = has(&["name"]) && has(&["financial status", "lineitem name"]);
    let woocommerce = has(&["order_id", "order_number", "order id", "order number"])
        && has(&["order_total", "order total amount", "order_date", "order date", "date"]);
    if own || shopify || woocommerce {
        return ImportWhat::Orders;
    }
    let customers = has(&["email", "e-mail", "email address", "billing email", "user_email"])
        && !has(&["handle", "sku", "regular price", "on hand"]);
    if customers { ImportWhat::Customers } else { ImportWhat::Products }
}

async fn send(client: &Client, command: &ImportCommand, parts: Vec<Part>) -> Result<ImportReport> {
    let mut parameters = vec![format!("dry_run={}", command.dry_run)];
    parameters.extend(command.format.map(|format| format!("format={}", format.name())));
    let named = [("currency", &command.currency), ("locale", &command.locale), ("location", &command.location)];
    for (name, value) in named {
        if let Some(value) = value {
            parameters.push(format!("{name}={}", encoded(value)));
        }
    }
    let path = format!("/api/v1/admin/imports?{}", parameters.join("&"));
    let products = parts.iter().map(|part| part.products as u64).sum();
    let bar = if parts.len() == 1 { ProgressBar::new_spinner() } else { ProgressBar::new(products) };
    if parts.len() == 1 {
        bar.set_message("The shop takes the file in");
        bar.enable_steady_tick(std::time::Duration::from_millis(100));
    } else {
        bar.set_style(
            ProgressStyle::with_template("{bar:40} {pos}/{len} products, {per_sec}, {eta} left")
                .unwrap_or_else(|_| ProgressStyle::default_bar()),
        );
    }
    let mut whole = ImportReport { dry_run: command.dry_run, ..ImportReport::default() };
    for mut part in parts {
        let csv = std::mem::take(&mut part.csv);
        let kind = if csv.trim_ascii_start().first() == Some(&b'{') { "application/json" } else { "text/csv" };
        let report: ImportReport = client.post_for(&path, kind, csv).await?;
        add(&mut whole, report, &part);
        bar.inc(part.products as u64);
    }
    bar.finish_and_clear();
    Ok(whole)
}

/// Adds the report of one part, with the lines of the whole file.
fn add(whole: &mut ImportReport, report: ImportReport, part: &Part) {
    whole.rows += report.rows;
    whole.products.created += report.products.created;
    whole.products.updated += report.products.updated;
    whole.products.unchanged += report.products.unchanged;
    whole.products.failed += report.products.failed;
    whole.stock.extend(report.stock);
    whole.stock_at.extend(report.stock_at);
    whole.stock_changes += report.stock_changes;
    whole.effects.sum(report.effects);
    // Of several parts, each is a change of its own; `argosy undo` lists them.
    whole.change = report.change.or(whole.change);
    whole.ignored_columns = report.ignored_columns;
    whole.errors.extend(report.errors.into_iter().map(|mut error| {
        error.line = part.line(error.line);
        error
    }));
    whole.errors.sort_by_key(|error| error.line);
}

/// A piece of the file that is a file itself: the header, and all rows of some products.
struct Part {
    csv: Bytes,
    products: usize,
    /// Lines of this part and the lines of the whole file at which the rows there begin.
    lines: Vec<(u64, u64)>,
}

impl Part {
    /// The line of the whole file that is `line` here.
    fn line(&self, line: u64) -> u64 {
        let before = self.lines.iter().rev().find(|(here, _)| *here <= line);
        before.map_or(line, |(here, there)| there + (line - here))
    }
}

/// The rows of one product: where they are in the file, and on which line each begins.
type Rows = Vec<(Range<usize>, u64)>;

/// Cuts the file between products. Rows of a product belong together wherever they stand.
fn split(file: &[u8]) -> Result<Vec<Part>> {
    let mut reader = csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(file);
    let mut record = csv::ByteRecord::new();
    if !reader.read_byte_record(&mut record)? {
        bail!("it is empty");
    }
    let header_end = offset(&reader);
    let handle = record.iter().position(|name| {
        let name = name.strip_prefix(b"\xef\xbb\xbf").unwrap_or(name);
        name.trim_ascii().eq_ignore_ascii_case(b"handle")
    });
    // Without the column it is no product export; the shop says so better than we can.
    let handle = handle.unwrap_or(0);
    let mut products: Vec<Rows> = Vec::new();
    let mut by_handle: HashMap<Vec<u8>, usize> = HashMap::new();
    let (mut start, mut line) = (header_end, 1 + newlines(&file[..header_end]));
    while reader.read_byte_record(&mut record)? {
        let end = offset(&reader);
        // What ends the row before, and blank lines, stand in front of the row.
        let blank = file[start..end].iter().take_while(|byte| matches!(byte, b'\n' | b'\r')).count();
        line += newlines(&file[start..start + blank]);
        start += blank;
        let key = record.get(handle).unwrap_or_default().to_vec();
        let index = *by_handle.entry(key).or_insert_with(|| {
            products.push(Rows::new());
            products.len() - 1
        });
        products[index].push((start..end, line));
        line += newlines(&file[start..end]);
        start = end;
    }
    Ok(gather(file, &file[..header_end], &products))
}

fn offset(reader: &csv::Reader<&[u8]>) -> usize {
    usize::try_from(reader.position().byte()).unwrap_or(usize::MAX)
}

fn gather(file: &[u8], header: &[u8], products: &[Rows]) -> Vec<Part> {
    let mut parts = Vec::new();
    let mut rest = products;
    loop {
        let (mut csv, mut lines, mut taken) = (Vec::new(), Vec::new(), 0);
        put_row(&mut csv, header);
        for rows in rest {
            for (range, line) in rows {
                lines.push((newlines(&csv) + 1, *line));
                put_row(&mut csv, &file[range.clone()]);
            }
            taken += 1;
            if taken == PART_PRODUCTS || csv.len() >= PART_BYTES {
                break;
            }
        }
        parts.push(Part { csv: csv.into(), products: taken, lines });
        rest = &rest[taken..];
        if rest.is_empty() {
            return parts;
        }
    }
}

/// Adds a row with a plain line end, so that lines count alike whatever the file's own ends are.
fn put_row(csv: &mut Vec<u8>, row: &[u8]) {
    let ends = row.iter().rev().take_while(|byte| matches!(byte, b'\n' | b'\r')).count();
    csv.extend_from_slice(&row[..row.len() - ends]);
    csv.push(b'\n');
}

fn newlines(text: &[u8]) -> u64 {
    text.iter().filter(|&&byte| byte == b'\n').count() as u64
}

/// Percent-encodes what is not plainly part of a value.
fn encoded(text: &str) -> String {
    let mut out = String::new();
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            let _ = write!(out, "%{byte:02X}");
        }
    }
    out
}

fn told_of(report: &ImportReport) -> String {
    let counts = report.products;
    let would = if report.dry_run { "Nothing was changed. It would be:\n" } else { "" };
    let mut text = format!(
        "{would}{} rows: {} products created, {} updated, {} unchanged, {} left out; stock of {} SKUs changed.\n",
        report.rows, counts.created, counts.updated, counts.unchanged, counts.failed, report.stock_changes
    );
    let effects = report.effects;
    let lines = [
        (effects.variants_new, "variants are new"),
        (effects.variants_removed, "variants are no longer there"),
        (effects.prices_up, "prices rise"),
        (effects.prices_down, "prices drop"),
        (effects.prices_halved, "prices drop by more than half"),
        (effects.prices_removed, "prices are no longer there"),
    ];
    for (count, what) in lines.into_iter().filter(|(count, _)| *count > 0) {
        let _ = writeln!(text, "{count} {what}.");
    }
    if let Some(change) = report.change {
        let _ = writeln!(text, "Take it back with: argosy undo {change}");
    }
    if !report.ignored_columns.is_empty() {
        let _ = writeln!(text, "Columns without a place in the catalog: {}.", report.ignored_columns.join(", "));
    }
    for error in report.errors.iter().take(PRINTED) {
        let column = if error.column.is_empty() { String::new() } else { format!(", {}", error.column) };
        let _ = writeln!(text, "line {}, {}{column}: {}", error.line, error.handle, error.message);
    }
    if let Some(more) = report.errors.len().checked_sub(PRINTED).filter(|more| *more > 0) {
        let _ = writeln!(text, "… and {more} more; --json shows all of them.");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_cut_between_products_and_remembers_its_lines() {
        let mut file = String::from("Handle,Title,Body\r\n");
        for n in 0..250 {
            // A row with a line break inside, and a second row of the same product at the end of the file.
            file.push_str(&format!("shoe-{n},Shoe,\"two\nlines\"\r\n"));
        }
        file.push_str("\r\nshoe-0,,late\r\n");
        let parts = split(file.as_bytes()).unwrap();
        assert_eq!(parts.iter().map(|part| part.products).collect::<Vec<_>>(), [100, 100, 50]);
        let first = String::from_utf8(parts[0].csv.to_vec()).unwrap();
        assert!(first.starts_with("Handle,Title,Body\nshoe-0,Shoe,\"two\nlines\"\nshoe-0,,late\nshoe-1,"), "{first}");
        assert!(parts[1].csv.starts_with(b"Handle,Title,Body\nshoe-100,"));

        let line_of = |needle: &str| file[..file.find(needle).unwrap()].matches('\n').count() as u64 + 1;
        for part in &parts {
            let text = String::from_utf8(part.csv.to_vec()).unwrap();
            let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(text.as_bytes());
            for record in reader.records().skip(1).map(Result::unwrap) {
                let here = record.position().unwrap().line();
                let needle =
                    if &record[2] == "late" { "shoe-0,,late".to_owned() } else { format!("{},Shoe", &record[0]) };
                assert_eq!(part.line(here), line_of(&needle), "{record:?}");
            }
        }
    }

    #[test]
    fn a_file_with_a_header_only_is_one_part() {
        let parts = split(b"Handle,Title").unwrap();
        assert_eq!((parts.len(), parts[0].products), (1, 0));
        assert!(split(b"").is_err());
    }

    #[test]
    fn a_file_is_known_by_its_beginning() {
        use ImportWhat::{Customers, Orders, Products};
        for (file, expected) in [
            ("First Name,Last Name,Email\n", Customers),
            ("\u{feff}Email,Name\n", Customers),
            ("{\"format\":\"argosy-customers-1\",", Customers),
            ("Name,Email,Financial Status,Paid at\n", Orders),
            ("order_id,order_number,date,status,billing_email,order_total\n", Orders),
            ("Order Number,Order Status,Order Date,Email (Billing)\n", Orders),
            ("Number,Id,Source,Placed at,Email\n", Orders),
            ("{\"format\":\"argosy-orders-2\",", Orders),
            ("{\"format\":\"argosy-catalog-1\",", Products),
            ("Handle,Title,Email\n", Products),
            ("SKU,On hand\n", Products),
            ("", Products),
        ] {
            assert_eq!(what(file.as_bytes()), expected, "{file}");
        }
    }

    #[test]
    fn parameters_are_encoded() {
        assert_eq!(encoded("Lager 1/ä"), "Lager%201%2F%C3%A4");
    }
}
