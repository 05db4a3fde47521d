//! Tables of customers: the shop's own, and what Shopify and WooCommerce export. The columns are found by their names.

use std::collections::HashMap;

use contracts::Result;
use contracts::address::Address;
use contracts::catalog::TimestampSchema;
use contracts::identity::{CustomerRecord, NewSavedAddress};
use kernel::Failure;
use kernel::cell::{escape, unescape};

use super::Read;

/// The columns of the shop's own table.
const HEADER: [&str; 13] = [
    "Email",
    "Name",
    "Locale",
    "Verified",
    "Created at",
    "Default address",
    "Address name",
    "Line 1",
    "Line 2",
    "City",
    "Region",
    "Postal code",
    "Country",
];

/// What a column means, by its place in [`HEADER`]; first and last names are put together.
const FIRST_NAME: usize = 100;
const LAST_NAME: usize = 101;
const COMPANY: usize = 102;
/// A postal code with the apostrophe that keeps a spreadsheet from reading a number.
const QUOTED_CODE: usize = 103;

/// Columns that exports of other shops have and that mean nothing for an account: passed over in silence.
const SILENT: [&str; 16] = [
    "customer id",
    "username",
    "last active",
    "orders",
    "total orders",
    "total spend",
    "total spent",
    "aov",
    "note",
    "tags",
    "tax exempt",
    "phone",
    "default address phone",
    "user id",
    "province",
    "country/region name",
];

fn meaning(lower: &str) -> Option<usize> {
    let own = HEADER.iter().position(|name| name.eq_ignore_ascii_case(lower));
    own.or(match lower {
        "e-mail" | "email address" | "billing email" | "user_email" => Some(0),
        "first name" | "billing first name" => Some(FIRST_NAME),
        "last name" | "billing last name" => Some(LAST_NAME),
        "sign up" | "date registered" => Some(4),
        "company" | "default address company" => Some(COMPANY),
        "address1" | "default address address1" | "address 1" | "billing address 1" => Some(7),
        "address2" | "default address address2" | "address 2" | "billing address 2" => Some(8),
        "default address city" | "billing city" => Some(9),
        "province code" | "default address province code" | "state" | "billing state" => Some(10),
        "zip" | "default address zip" => Some(QUOTED_CODE),
        "postcode" | "billing postcode" => Some(11),
        "country code" | "default address country code" | "country / region" | "billing country" => Some(12),
        _ => None,
    })
}

/// The cells of a row by what they mean.
struct Row<'a> {
    at: &'a HashMap<usize, usize>,
    record: &'a csv::StringRecord,
}

impl Row<'_> {
    fn cell(&self, column: usize) -> &str {
        let cell = self.at.get(&column).and_then(|&at| self.record.get(at)).unwrap_or_default();
        unescape(cell.trim())
    }

    fn text(&self, column: usize) -> Option<String> {
        let cell = self.cell(column);
        (!cell.is_empty()).then(|| cell.to_owned())
    }

    fn name(&self) -> Option<String> {
        self.text(1).or_else(|| {
            let name = format!("{} {}", self.cell(FIRST_NAME), self.cell(LAST_NAME)).trim().to_owned();
            (!name.is_empty()).then_some(name)
        })
    }

    fn postal_code(&self) -> String {
        let quoted = self.cell(QUOTED_CODE);
        let code = if quoted.is_empty() { self.cell(11) } else { quoted.strip_prefix('\'').unwrap_or(quoted) };
        code.to_owned()
    }

    /// The address, when the row has one: other shops give a country and a city alone to who never ordered.
    fn address(&self) -> Option<NewSavedAddress> {
        let line1 = self.text(7)?;
        let line2 = match (self.text(8), self.text(COMPANY)) {
            (Some(line), Some(company)) => Some(format!("{line}, {company}")),
            (line, company) => line.or(company),
        };
        let address = Address {
            name: self.text(6).or_else(|| self.name()).or_else(|| self.text(0))?,
            line1,
            line2,
            city: self.cell(9).to_owned(),
            region: self.text(10),
            postal_code: self.postal_code(),
            country: self.cell(12).to_uppercase(),
        };
        Some(NewSavedAddress { address, default: self.cell(5).eq_ignore_ascii_case("true") })
    }

    /// # Errors
    /// The column and what is wrong with it.
    fn record(&self) -> std::result::Result<CustomerRecord, (usize, &'static str)> {
        let created_at = match self.cell(4) {
            "" => None,
            // Other shops write the time of their own zone; the day is what they are sure of.
            text => Some(moment(text).ok_or((4, "Write the time as in 2026-11-22T08:30:00Z."))?),
        };
        let verified = self.cell(3);
        Ok(CustomerRecord {
            email: self.cell(0).to_owned(),
            name: self.name(),
            locale: self.text(2),
            email_verified: matches!(verified.to_lowercase().as_str(), "true" | "yes" | "1"),
            created_at,
            addresses: self.address().into_iter().collect(),
        })
    }
}

fn moment(text: &str) -> Option<TimestampSchema> {
    let parse = |text: &str| serde_json::from_value(serde_json::Value::from(text)).ok();
    parse(text).or_else(|| parse(&format!("{}T00:00:00Z", text.get(..10)?)))
}

/// # Errors
/// `not_a_customer_export` when there is no column of e-mail addresses.
pub(super) fn read(text: &[u8]) -> Result<Read> {
    let mut reader = csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(text);
    let mut bytes = csv::ByteRecord::new();
    let _ = reader.read_byte_record(&mut bytes);
    let (mut at, mut read) = (HashMap::new(), Read::default());
    for (i, cell) in bytes.iter().enumerate() {
        let name = unescape(String::from_utf8_lossy(cell).trim()).to_owned();
        let lower = name.to_lowercase();
        match meaning(&lower) {
            Some(column) => {
                at.entry(column).or_insert(i);
            }
            None if name.is_empty() || SILENT.contains(&lower.as_str()) => {}
            None => read.ignored_columns.push(name),
        }
    }
    if !at.contains_key(&0) {
        let detail = "This is not an export of customers: its first line must name the columns, Email among them.";
        return Err(Failure::invalid("not_a_customer_export", detail));
    }
    let mut known: HashMap<String, usize> = HashMap::new();
    // Reading bytes from memory into records of any length cannot fail.
    while reader.read_byte_record(&mut bytes).unwrap_or(false) {
        if bytes.iter().all(|cell| cell.trim_ascii().is_empty()) {
            continue;
        }
        read.rows += 1;
        let line = bytes.position().map_or(0, csv::Position::line);
        let Ok(record) = csv::StringRecord::from_byte_record(bytes.clone()) else {
            read.failed += 1;
            read.complain(line, "", "This is not UTF-8. Export or save the file as UTF-8.");
            continue;
        };
        match (Row { at: &at, record: &record }).record() {
            Ok(customer) => match known.get(&customer.email.to_lowercase()) {
                // Another row of somebody is another address.
                Some(&index) => read.customers[index].1.addresses.extend(customer.addresses),
                None => {
                    known.insert(customer.email.to_lowercase(), read.customers.len());
                    read.customers.push((line, customer));
                }
            },
            Err((column, message)) => {
                read.failed += 1;
                read.complain(line, HEADER.get(column).copied().unwrap_or_default(), message);
            }
        }
    }
    Ok(read)
}

pub(super) fn heading() -> String {
    lines(std::iter::once(HEADER.map(str::to_owned).to_vec()))
}

pub(super) fn written<'a>(records: impl Iterator<Item = &'a CustomerRecord>) -> String {
    lines(records.flat_map(|record| {
        let rows = record.addresses.len().max(1);
        (0..rows).map(move |row| cells(record, row))
    }))
}

fn cells(record: &CustomerRecord, row: usize) -> Vec<String> {
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    let created_at = record.created_at.map(|at| at.0.to_string()).unwrap_or_default();
    let mut cells = vec![
        record.email.clone(),
        text(&record.name),
        text(&record.locale),
        record.email_verified.to_string(),
        created_at,
    ];
    match record.addresses.get(row) {
        None => cells.resize(HEADER.len(), String::new()),
        Some(NewSavedAddress { address, default }) => cells.extend([
            default.to_string(),
            address.name.clone(),
            address.line1.clone(),
            text(&address.line2),
            address.city.clone(),
            text(&address.region),
            address.postal_code.clone(),
            address.country.clone(),
        ]),
    }
    cells
}

fn lines(rows: impl Iterator<Item = Vec<String>>) -> String {
    let mut writer = csv::Writer::from_writer(Vec::new());
    for row in rows {
        // Into memory, with as many cells as every other row: it cannot fail.
        let _ = writer.write_record(row.iter().map(|cell| escape(cell).into_owned()));
    }
    writer.into_inner().map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exports_of_other_shops_are_read() {
        let shopify = "Customer ID,First Name,Last Name,Email,Accepts Email Marketing,Default Address Company,Default Address Address1,Default Address Address2,Default Address City,Default Address Province Code,Default Address Country Code,Default Address Zip,Default Address Phone,Phone,Total Spent,Total Orders,Note,Tax Exempt,Tags\n\
            '7001,Ann,Archer,ann@mail.test,yes,Archer Ltd,1 Quay Street,Floor 2,Ulm,BW,de,'89073,,,10.00,1,,no,\n\
            '7002,,,bob@mail.test,no,,,,,,,,,,0.00,0,,no,\n";
        let parsed = read(shopify.as_bytes()).unwrap();
        assert_eq!(
            (parsed.rows, parsed.failed, parsed.ignored_columns),
            (2, 0, vec!["Accepts Email Marketing".to_owned()])
        );
        let ann = &parsed.customers[0].1;
        assert_eq!(
            (ann.email.as_str(), ann.name.as_deref(), ann.email_verified),
            ("ann@mail.test", Some("Ann Archer"), false)
        );
        let address = &ann.addresses[0].address;
        assert_eq!((address.country.as_str(), address.postal_code.as_str()), ("DE", "89073"));
        assert_eq!(address.line2.as_deref(), Some("Floor 2, Archer Ltd"));
        assert!(parsed.customers[1].1.addresses.is_empty() && parsed.customers[1].1.name.is_none());

        let woocommerce = "Name,Username,Last Active,Sign Up,Email,Orders,Total Spend,AOV,Country / Region,City,Region,Postal Code\n\
            Ann Archer,ann,2026-01-02 10:00:00,2025-03-04 11:22:33,ann@mail.test,3,100,33,DE,Ulm,,89073\n";
        let parsed = read(woocommerce.as_bytes()).unwrap();
        let ann = &parsed.customers[0].1;
        assert_eq!((ann.addresses.len(), ann.name.as_deref()), (0, Some("Ann Archer")), "a city alone is no address");
        assert_eq!(ann.created_at.unwrap().0.to_string(), "2025-03-04T00:00:00.000Z");
    }

    #[test]
    fn the_own_table_comes_back_with_hostile_names() {
        let address = |line1: &str, default| NewSavedAddress {
            address: Address {
                name: "=1+1".into(),
                line1: line1.into(),
                line2: None,
                city: "Ulm".into(),
                region: None,
                postal_code: "'089".into(),
                country: "DE".into(),
            },
            default,
        };
        let ann = CustomerRecord {
            email: "+ann@mail.test".into(),
            name: Some("@SUM(1,2)".into()),
            locale: Some("de".into()),
            email_verified: true,
            created_at: moment("2026-01-02T03:04:05.678Z"),
            addresses: vec![address("'-1", false), address("2 Quay", true)],
        };
        let bob = CustomerRecord { email: "bob@mail.test".into(), ..CustomerRecord::default() };
        let text = format!("{}{}", heading(), written([&ann, &bob].into_iter()));
        assert!(text.lines().skip(1).all(|line| line.starts_with(['\'', 'b'])), "{text}");
        let parsed = read(text.as_bytes()).unwrap();
        assert_eq!((parsed.rows, parsed.failed), (3, 0));
        assert_eq!(parsed.customers.into_iter().map(|(_, c)| c).collect::<Vec<_>>(), [ann, bob]);
        assert_eq!(read(b"Name\nAnn\n").unwrap_err().code, "not_a_customer_export");
    }
}
