//! Counts of stock as a table: `SKU,Location,On hand`. What is in a spreadsheet after somebody has counted.

use contracts::Result;
use contracts::ledger::DEFAULT_LOCATION;
use kernel::cell::{escape, unescape};
use kernel::{Failure, Sku};

use super::MAX_UNITS;
use super::document::StockCount;
use super::draft::Source;

const HEADER: [&str; 3] = ["SKU", "Location", "On hand"];

/// # Errors
/// `not_a_stock_table` when there is no header with the columns SKU and On hand.
pub(crate) fn read(file: &[u8]) -> Result<Source> {
    let file = file.strip_prefix(b"\xef\xbb\xbf").unwrap_or(file);
    let mut reader = csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(file);
    let mut record = csv::ByteRecord::new();
    let first = reader.read_byte_record(&mut record).unwrap_or(false);
    let column = |name: &str| {
        let named = |cell: &[u8]| String::from_utf8_lossy(cell).trim().eq_ignore_ascii_case(name);
        record.iter().position(named)
    };
    let (Some(sku), Some(on_hand), true) = (column(HEADER[0]), column(HEADER[2]), first) else {
        let detail = "This is no table of stock: its first line must name the columns SKU and On hand.";
        return Err(Failure::invalid("not_a_stock_table", detail));
    };
    let (location, mut source) = (column(HEADER[1]), Source::default());
    // Reading bytes from memory into records of any length cannot fail.
    while reader.read_byte_record(&mut record).unwrap_or(false) {
        if record.iter().all(|cell| cell.trim_ascii().is_empty()) {
            continue;
        }
        source.rows += 1;
        let line = record.position().map_or(0, csv::Position::line);
        let cell = |at: usize| {
            let text = std::str::from_utf8(record.get(at).unwrap_or_default()).unwrap_or("\u{0}");
            unescape(text.trim())
        };
        match count(cell(sku), location.map_or("", cell), cell(on_hand)) {
            Ok(count) => source.stock_at.push(count),
            Err((column, message)) => {
                source.failed += 1;
                source.complain(line, cell(sku), column, message);
            }
        }
    }
    Ok(source)
}

fn count(sku: &str, location: &str, on_hand: &str) -> std::result::Result<StockCount, (&'static str, &'static str)> {
    let sku = Sku::new(sku).map_err(|_| (HEADER[0], "A SKU has 1 to 64 printable characters."))?;
    let location = if location.is_empty() { DEFAULT_LOCATION } else { location };
    if location.chars().count() > 64 || location.chars().any(char::is_control) {
        return Err((HEADER[1], "A location has at most 64 printable characters."));
    }
    let units = on_hand.parse().ok().filter(|units| (0..=MAX_UNITS).contains(units));
    let on_hand = units.ok_or((HEADER[2], "This is not a number of units."))?;
    Ok(StockCount { sku, location: location.to_owned(), on_hand })
}

/// The table that [`read`] reads.
///
/// # Errors
/// When it does not fit into memory.
pub(crate) fn write(counts: &[StockCount]) -> csv::Result<Vec<u8>> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(HEADER)?;
    for count in counts {
        let on_hand = count.on_hand.to_string();
        writer.write_record([escape(count.sku.as_str()).as_ref(), escape(&count.location).as_ref(), &on_hand])?;
    }
    writer.into_inner().map_err(|error| error.into_error().into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_comes_back_and_bad_rows_are_named() {
        let count = |sku: &str, location: &str, on_hand| StockCount {
            sku: Sku::new(sku).unwrap(),
            location: location.to_owned(),
            on_hand,
        };
        let counts = vec![count("=A", "main", 3), count("B,\"2\"", "+shelf", 0)];
        let file = write(&counts).unwrap();
        assert!(String::from_utf8_lossy(&file).starts_with("SKU,Location,On hand\n'=A,main,3\n"));
        let again = read(&file).unwrap();
        assert_eq!((again.stock_at, again.errors.len(), again.rows), (counts, 0, 2));

        let bad = read(b"on hand,sku\n5,S-1\n-1,S-2\nmany,S-3\n1,\n").unwrap();
        assert_eq!(bad.stock_at, [count("S-1", "main", 5)]);
        let lines: Vec<_> = bad.errors.iter().map(|error| (error.line, error.column.as_str())).collect();
        assert_eq!(lines, [(3, "On hand"), (4, "On hand"), (5, "SKU")]);
        assert_eq!(read(b"a,b\n1,2\n").unwrap_err().code, "not_a_stock_table");
    }
}
