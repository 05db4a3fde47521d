//! A CSV file, read twice: first where each row stands, then, product by product, what it says.

use std::collections::HashMap;
use std::io::Read as _;
use std::ops::Range;

use bytes::Bytes;
use csv::ByteRecord;

/// More bytes than any description has: a quotation mark was left open.
const MAX_CELL: usize = 1024 * 1024;

/// A row of our own behind the last one. When it does not come out as a row, a quotation mark was left open and the
/// rest of the file stands inside a cell.
const END: &[u8] = b"\n\0end of file\0";

/// A row and the line in the file where it begins.
pub(super) struct Row {
    pub(super) line: u64,
    pub(super) record: ByteRecord,
    /// Its last cell has the rest of the file in it.
    unclosed: bool,
}

/// Where a row stands.
#[derive(Clone, Debug)]
pub(super) struct Place {
    bytes: Range<usize>,
    pub(super) line: u64,
    unclosed: bool,
}

/// The rows of each product, in the order in which the products come first.
pub(super) type Products = Vec<(String, Vec<Place>)>;

pub(super) struct Table {
    file: Bytes,
    pub(super) header: ByteRecord,
}

impl Table {
    /// None when there is no header.
    pub(super) fn open(file: &Bytes) -> Option<Self> {
        let file = if file.starts_with(b"\xef\xbb\xbf") { file.slice(3..) } else { file.clone() };
        let mut header = ByteRecord::new();
        let found = reader(&file[..]).read_byte_record(&mut header).unwrap_or(false);
        found.then_some(Table { file, header })
    }

    /// Gives every row below the header that is not blank to `take`, with its place.
    pub(super) fn each(&self, mut take: impl FnMut(&ByteRecord, Place)) {
        let file = &self.file[..];
        let mut reader = reader(file.chain(END));
        let (mut record, mut lines) = (ByteRecord::new(), Lines { file, at: 0, line: 1 });
        let mut start = usize::MAX;
        // Reading bytes from memory into records of any length cannot fail.
        while reader.read_byte_record(&mut record).unwrap_or(false) {
            let end = usize::try_from(reader.position().byte()).unwrap_or(usize::MAX).min(file.len());
            let is_header = start == usize::MAX;
            let bytes = std::mem::replace(&mut start, end)..end;
            let last = record.iter().next_back().unwrap_or_default();
            if is_header || record.iter().all(|cell| cell.trim_ascii().is_empty()) || last == &END[1..] {
                continue;
            }
            let line = lines.of(bytes.start);
            take(&record, Place { bytes, line, unclosed: last.ends_with(&END[1..]) });
        }
    }

    /// The rows at `places`, read again.
    pub(super) fn rows(&self, places: &[Place]) -> Vec<Row> {
        let mut rows = Vec::with_capacity(places.len());
        for run in places.chunk_by(|a, b| a.bytes.end == b.bytes.start && !a.unclosed && !b.unclosed) {
            let (Some(first), Some(last)) = (run.first(), run.last()) else { continue };
            if first.unclosed {
                rows.push(Row { line: first.line, record: ByteRecord::new(), unclosed: true });
                continue;
            }
            let part = &self.file[first.bytes.start..last.bytes.end];
            let mut reader = csv::ReaderBuilder::new()
                .has_headers(false)
                .flexible(true)
                .buffer_capacity(part.len().clamp(1, 8_192))
                .from_reader(part);
            for place in run {
                let mut record = ByteRecord::new();
                let _ = reader.read_byte_record(&mut record);
                rows.push(Row { line: place.line, record, unclosed: false });
            }
        }
        rows
    }
}

fn reader<R: std::io::Read>(file: R) -> csv::Reader<R> {
    csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(file)
}

/// Rows by the key that their product has; `key` gives none for a row that names no product.
pub(super) fn by_key(
    table: &Table,
    key: impl Fn(&ByteRecord) -> String,
    mut nameless: impl FnMut(u64),
) -> (u64, Products) {
    let (mut rows, mut products) = (0, Products::new());
    let mut known: HashMap<String, usize> = HashMap::new();
    table.each(|record, place| {
        rows += 1;
        let key = key(record);
        if key.is_empty() {
            return nameless(place.line);
        }
        match known.get(&key) {
            Some(&index) => products[index].1.push(place),
            None => {
                known.insert(key.clone(), products.len());
                products.push((key, vec![place]));
            }
        }
    });
    (rows, products)
}

/// What keeps rows from being read: line, name of the column (empty: the row as a whole) and message. `columns` are the
/// positions that mean something, with their names; `width` is that of the header.
pub(super) fn unreadable<'a>(
    rows: &[Row],
    columns: impl Iterator<Item = (usize, &'a str)> + Clone,
    width: usize,
) -> Vec<(u64, String, &'static str)> {
    let mut found = Vec::new();
    for row in rows {
        if row.unclosed {
            let message = "A quotation mark opens in this row and is never closed; the rest of the file is lost.";
            found.push((row.line, String::new(), message));
            continue;
        }
        if row.record.iter().skip(width).any(|cell| !cell.is_empty()) {
            let message = "This row has more cells than the header. Is a quotation mark missing?";
            found.push((row.line, String::new(), message));
        }
        let mut broken: Vec<(String, &str)> = Vec::new();
        for (at, name) in columns.clone() {
            let cell = row.record.get(at).unwrap_or_default();
            if cell.len() > MAX_CELL {
                let message = "This cell has more than a million characters. Is a quotation mark missing?";
                broken.push((name.to_owned(), message));
            } else if std::str::from_utf8(cell).is_err() {
                broken.push((name.to_owned(), "This is not UTF-8. Export or save the file as UTF-8."));
            }
        }
        broken.sort();
        found.extend(broken.into_iter().map(|(column, message)| (row.line, column, message)));
    }
    found
}

/// Counts lines as an editor does. The reader's own count is one short where lines end in CR LF.
struct Lines<'a> {
    file: &'a [u8],
    at: usize,
    line: u64,
}

impl Lines<'_> {
    /// The line of the record that begins at `byte`, or after the line ends there. Asked in ascending order.
    fn of(&mut self, byte: usize) -> u64 {
        let start = byte.min(self.file.len());
        let is_end = |at: usize| match self.file[at] {
            b'\n' => true,
            b'\r' => self.file.get(at + 1) != Some(&b'\n'),
            _ => false,
        };
        while self.at < self.file.len() && (self.at < start || matches!(self.file[self.at], b'\r' | b'\n')) {
            self.line += u64::from(is_end(self.at));
            self.at += 1;
        }
        self.line
    }
}
