//! What holds for all sales, and who sells.

use contracts::selling::{Seller, SellingSettings, TaxRounding, TermsDocument};
use kernel::Failure;
use maud::{Markup, html};

use super::codes;
use crate::form::{Fields, Reading};
use crate::parts::{Field, Form, name_of};

fn settings(document: &TermsDocument) -> Option<&SellingSettings> {
    if let TermsDocument::Settings(settings) = document { Some(settings) } else { None }
}

pub(super) fn inputs(form: &Form<'_>, document: Option<&TermsDocument>) -> Markup {
    let now = document.and_then(settings);
    let seller = now.map(|settings| settings.seller.clone()).unwrap_or_default();
    let rounding = [("per_line", "Once for each line"), ("per_order", "Once for each rate of an order")];
    let rounding = rounding.map(|(value, text)| (value.to_owned(), text.to_owned()));
    html! {
        fieldset #seller {
            legend { "Who sells" }
            p.hint { "It stands on invoices and packing slips." }
            div.fields {
                (form.input(&Field::new("seller-name", "Seller's name").value(&seller.name).hint("Empty: the shop's name.")))
                (form.input(&Field::new("seller-vat_id", "VAT id").value(&seller.vat_id)))
                (form.area(&Field::new("seller-address", "Seller's address").value(&seller.address).hint("As on a letter, with line breaks."), 4))
                (form.area(&Field::new("seller-footer", "Footer of invoices and packing slips").value(&seller.footer).hint("Such as a bank account, a register number, or thanks."), 3))
            }
        }
        fieldset #sales {
            legend { "Sales" }
            div.fields {
                (form.input(&Field::new("time_zone", "Time zone").required().value(now.map_or("", |s| s.time_zone.as_str())).hint("Such as Europe/Berlin: in which dates of promotions, prices and taxes are meant.")))
                (form.input(&Field::new("country", "Country").required().value(now.map_or("", |s| s.country.as_str())).hint("Two letters: where the shop is taxed.")))
                (form.select(&Field::new("tax_rounding", "Tax is rounded").value(&now.map(|s| name_of(s.tax_rounding)).unwrap_or_default()), &rounding))
                (form.input(&Field::new("us_states", "States with sales tax").value(&now.map(|s| s.us_states.join(", ")).unwrap_or_default()).hint("States of the United States in which you collect it, such as CA, NY.")))
            }
            (form.check("reverse_charge", "yes", "Sell without VAT to businesses with a VAT id in other countries of the European Union", now.is_some_and(|s| s.reverse_charge)))
        }
    }
}

pub(super) fn read(fields: &Fields, before: Option<&TermsDocument>) -> Result<TermsDocument, Failure> {
    let mut read = Reading::new(fields);
    let seller = Seller {
        name: read.line("seller-name", 0, 100),
        address: read.prose("seller-address", 0, 500),
        vat_id: read.line("seller-vat_id", 0, 50),
        footer: read.prose("seller-footer", 0, 500),
    };
    let (time_zone, country) = (read.line("time_zone", 1, 60), read.line("country", 2, 2).to_ascii_uppercase());
    let us_states = codes(&read, "us_states");
    read.done()?;
    let tax_rounding = match fields.text("tax_rounding") {
        "per_order" => TaxRounding::PerOrder,
        _ => TaxRounding::PerLine,
    };
    Ok(TermsDocument::Settings(SellingSettings {
        handle: before.map_or("shop", TermsDocument::handle).to_owned(),
        version: 0,
        time_zone,
        country,
        tax_rounding,
        reverse_charge: fields.has("reverse_charge"),
        us_states,
        seller,
    }))
}
