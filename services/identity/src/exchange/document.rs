//! The shop's own JSON.

use contracts::Result;
use contracts::identity::CustomerRecord;
use kernel::Failure;
use serde::Deserialize;
use serde_json::value::RawValue;

use super::Read;

const FORMAT: &str = "argosy-customers-1";
pub(super) const HEADING: &str = "{\"format\":\"argosy-customers-1\",\n\"customers\":[";
pub(super) const ENDING: &str = "\n]}\n";

/// The document without its customers, which are read one by one so that each can be complained of.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Document<'a> {
    format: String,
    #[serde(default, borrow)]
    customers: Vec<&'a RawValue>,
}

/// # Errors
/// `not_a_customer_export`.
pub(super) fn read(text: &[u8]) -> Result<Read> {
    let refused = |detail: String| Failure::invalid("not_a_customer_export", detail);
    let document: Document<'_> = serde_json::from_slice(text)
        .map_err(|error| refused(format!("These are not the customers of an Argosy shop: {error}.")))?;
    if document.format != FORMAT {
        return Err(refused(format!("The member `format` must say {FORMAT}.")));
    }
    let mut read = Read { rows: document.customers.len() as u64, ..Read::default() };
    for (customer, line) in document.customers.into_iter().zip(1..) {
        match serde_json::from_str::<CustomerRecord>(customer.get()) {
            Ok(record) => read.customers.push((line, record)),
            Err(error) => {
                read.failed += 1;
                // Where it is wrong, not what stands there: that is somebody's.
                let message = format!("This customer cannot be read at column {}.", error.column());
                read.complain(line, "", &message);
            }
        }
    }
    Ok(read)
}

pub(super) fn written<'a>(records: impl Iterator<Item = &'a CustomerRecord>, first: bool) -> String {
    let mut text = String::new();
    for (i, record) in records.enumerate() {
        text.push_str(if first && i == 0 { "\n" } else { ",\n" });
        text.push_str(&serde_json::to_string(record).unwrap_or_default());
    }
    text
}
