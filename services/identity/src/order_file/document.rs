//! The shop's own JSON.

use std::collections::HashSet;

use contracts::Result;
use contracts::archive::OrderRecord;
use contracts::ledger::OrderView;
use kernel::Failure;
use serde::Deserialize;
use serde_json::value::RawValue;

use super::Read;

const FORMAT: &str = "argosy-orders-2";
/// Orders as the API shows them, as they were written before.
const EARLIER: &str = "argosy-orders-1";
pub(super) const HEADING: &str = "{\"format\":\"argosy-orders-2\",\n\"orders\":[";
pub(super) const ENDING: &str = "\n]}\n";

/// The document without its orders, which are read one by one so that each can be complained of.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Document<'a> {
    format: String,
    #[serde(default, borrow)]
    orders: Vec<&'a RawValue>,
}

/// The number alone, of an order that cannot be read as a whole.
#[derive(Deserialize)]
struct Numbered {
    number: String,
}

/// # Errors
/// `not_an_order_export`.
pub(super) fn read(text: &[u8]) -> Result<Read> {
    let refused = |detail: String| Failure::invalid("not_an_order_export", detail);
    let document: Document<'_> = serde_json::from_slice(text)
        .map_err(|error| refused(format!("These are not the orders of an Argosy shop: {error}.")))?;
    let earlier = document.format == EARLIER;
    if !earlier && document.format != FORMAT {
        return Err(refused(format!("The member `format` must say {FORMAT}.")));
    }
    let mut read = Read { rows: document.orders.len() as u64, ..Read::default() };
    let mut seen = HashSet::new();
    for (order, line) in document.orders.into_iter().zip(1..) {
        let parsed = match earlier {
            true => serde_json::from_str::<OrderView>(order.get()).map(|order| OrderRecord::of(&order)),
            false => serde_json::from_str::<OrderRecord>(order.get()),
        };
        let number = || serde_json::from_str::<Numbered>(order.get()).map(|order| order.number).unwrap_or_default();
        match parsed {
            Ok(record) => {
                if seen.insert((record.source.clone(), record.number.clone(), record.reference.clone())) {
                    read.orders.push((line, record));
                } else {
                    read.failed += 1;
                    read.complain(line, &record.number, "", "This order is in the file already; the first one counts.");
                }
            }
            Err(error) => {
                read.failed += 1;
                // Where it is wrong, not what stands there: that may be somebody's.
                let message = format!("This order cannot be read at column {}.", error.column());
                read.complain(line, &number(), "", &message);
            }
        }
    }
    Ok(read)
}

pub(super) fn written(record: &OrderRecord, first: bool) -> String {
    let text = serde_json::to_string(record).unwrap_or_default();
    if first { format!("\n{text}") } else { format!(",\n{text}") }
}
