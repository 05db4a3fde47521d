//! Invoices and packing slips.
//!
//! They are set in Helvetica, one of the fonts that every reader of PDF has, in the Windows Latin alphabet: Western
//! European languages print as they are. What it does not have (Greek, Cyrillic, Arabic, Chinese … and emoji) prints as
//! question marks, and a line at the end says so.

mod invoice;
mod packing_slip;
mod sheet;
mod win_ansi;

pub(crate) use invoice::invoice;
pub(crate) use packing_slip::packing_slip;

use contracts::address::Address;

/// An address as it stands on paper.
fn address_lines(address: &Address) -> Vec<String> {
    let mut lines = vec![address.name.clone(), address.line1.clone()];
    lines.extend(address.line2.clone());
    lines.push(format!("{} {}", address.postal_code, address.city));
    lines.extend(address.region.clone());
    lines.push(address.country.clone());
    lines
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples;

    fn text_of(pdf: &[u8]) -> String {
        String::from_utf8_lossy(pdf).into_owned()
    }

    #[test]
    fn an_invoice_says_what_was_bought_and_for_how_much() {
        let mut order = samples::order();
        order.lines[0].title = "Harbour Sneaker (blue)".to_owned();
        let pdf = invoice("Tide & Co", &order);
        assert!(pdf.starts_with(b"%PDF-1.7") && pdf.trim_ascii_end().ends_with(b"%%EOF"));
        let text = text_of(&pdf);
        for wanted in ["Invoice 1001", "Tide & Co", "Harbour Sneaker (blue)", "119.00 EUR", "19.00 EUR"] {
            assert!(text.contains(wanted), "{wanted} is missing in\n{text}");
        }
        assert!(text.contains("question marks"), "the sample's name is hostile");
    }

    #[test]
    fn a_packing_slip_names_no_price() {
        let text = text_of(&packing_slip("Tide & Co", &samples::order()));
        assert!(text.contains("Packing slip") && !text.contains("EUR"), "{text}");
    }

    #[test]
    fn a_long_order_has_many_pages() {
        let mut order = samples::order();
        let line = order.lines[0].clone();
        order.lines =
            (1..=300).map(|number| contracts::ledger::OrderLineView { line: number, ..line.clone() }).collect();
        for pdf in [invoice("Tide", &order), packing_slip("Tide", &order)] {
            let pages = text_of(&pdf).matches("/Type /Page\n").count();
            assert!((5..400).contains(&pages), "{pages}");
            assert!(text_of(&pdf).contains(&format!("Page {pages} of {pages}")));
        }
    }
}
