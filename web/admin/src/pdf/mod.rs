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
use contracts::selling::Seller;

use sheet::{At, Face, LEFT, RIGHT, Sheet};

/// An address as it stands on paper.
fn address_lines(address: &Address) -> Vec<String> {
    let mut lines = vec![address.name.clone(), address.line1.clone()];
    lines.extend(address.line2.clone());
    lines.push(format!("{} {}", address.postal_code, address.city));
    lines.extend(address.region.clone());
    lines.push(address.country.clone());
    lines
}

/// Who sells: the name on the left, the address and the VAT id on the right. Goes on below them.
fn letterhead(sheet: &mut Sheet, seller: &Seller) {
    let name = sheet.broken(&seller.name, 110, 2600);
    let left = sheet.block(At::Left(LEFT), 110, Face::Bold, &name);
    let vat_id = (!seller.vat_id.is_empty()).then(|| format!("VAT id {}", seller.vat_id));
    let mut lines = Vec::new();
    for line in seller.address.lines().chain(vat_id.as_deref()) {
        lines.extend(sheet.broken(line, 80, 2000));
    }
    let right = sheet.block(At::Right(RIGHT), 80, Face::Plain, &lines);
    sheet.down(left.max(right) + 300, 0);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples;

    fn seller(name: &str) -> Seller {
        Seller { name: name.to_owned(), ..Seller::default() }
    }

    fn text_of(pdf: &[u8]) -> String {
        String::from_utf8_lossy(pdf).into_owned()
    }

    #[test]
    fn an_invoice_says_what_was_bought_and_for_how_much() {
        let mut order = samples::order();
        order.lines[0].title = "Harbour Sneaker (blue)".to_owned();
        let pdf = invoice(&seller("Tide & Co"), &order);
        assert!(pdf.starts_with(b"%PDF-1.7") && pdf.trim_ascii_end().ends_with(b"%%EOF"));
        let text = text_of(&pdf);
        for wanted in ["Invoice 1001", "Tide & Co", "Harbour Sneaker (blue)", "119.00 EUR", "19.00 EUR"] {
            assert!(text.contains(wanted), "{wanted} is missing in\n{text}");
        }
        assert!(text.contains("question marks"), "the sample's name is hostile");
    }

    #[test]
    fn a_packing_slip_names_no_price() {
        let text = text_of(&packing_slip(&seller("Tide & Co"), &samples::order()));
        assert!(text.contains("Packing slip") && !text.contains("EUR"), "{text}");
    }

    #[test]
    fn the_seller_stands_on_every_paper() {
        let seller = Seller {
            name: "Tide & Co GmbH".to_owned(),
            address: "1 Quay\n28195 Bremen\nGermany".to_owned(),
            vat_id: "DE123456789".to_owned(),
            footer: "Bank: NL00 TIDE 0000 0001\nThank you!".to_owned(),
        };
        let mut order = samples::order();
        let line = order.lines[0].clone();
        order.lines = vec![line; 60];
        for pdf in [invoice(&seller, &order), packing_slip(&seller, &order)] {
            let text = text_of(&pdf);
            for wanted in ["Tide & Co GmbH", "1 Quay", "28195 Bremen", "VAT id DE123456789"] {
                assert_eq!(text.matches(wanted).count(), 1, "{wanted}");
            }
            let pages = text.matches("/Type /Page\n").count();
            for wanted in ["Bank: NL00 TIDE 0000 0001", "Thank you!"] {
                assert_eq!(text.matches(wanted).count(), pages, "{wanted} is at the end of every page");
            }
        }
        let hostile = Seller {
            name: samples::HOSTILE(),
            address: samples::HOSTILE(),
            vat_id: samples::HOSTILE(),
            footer: samples::HOSTILE(),
        };
        assert!(invoice(&hostile, &samples::order()).starts_with(b"%PDF"));
    }

    #[test]
    fn a_long_order_has_many_pages() {
        let mut order = samples::order();
        let line = order.lines[0].clone();
        order.lines =
            (1..=300).map(|number| contracts::ledger::OrderLineView { line: number, ..line.clone() }).collect();
        for pdf in [invoice(&seller("Tide"), &order), packing_slip(&seller("Tide"), &order)] {
            let pages = text_of(&pdf).matches("/Type /Page\n").count();
            assert!((5..400).contains(&pages), "{pages}");
            assert!(text_of(&pdf).contains(&format!("Page {pages} of {pages}")));
        }
    }
}
