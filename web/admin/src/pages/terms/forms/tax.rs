//! The taxes of a country or some of its regions: a row for each class of goods and time.

use contracts::selling::{TaxRate, TaxZone, TermsDocument};
use kernel::Failure;
use maud::{Markup, html};

use super::{handle_input, handle_of, listed};
use crate::form::{Fields, Reading};
use crate::parts::{Field, Form, percent_number};
use crate::rows;

fn zone(document: &TermsDocument) -> Option<&TaxZone> {
    if let TermsDocument::TaxZone(zone) = document { Some(zone) } else { None }
}

pub(super) fn inputs(form: &Form<'_>, action: &str, document: Option<&TermsDocument>) -> Markup {
    let now = document.and_then(zone);
    let rates = now.map_or(&[][..], |zone| &zone.rates);
    let regions = now.map(|zone| zone.regions.join(", ")).unwrap_or_default();
    html! {
        div.fields {
            (form.input(&Field::new("country", "Country").required().value(now.map_or("", |zone| zone.country.as_str())).hint("Two letters, such as CH.")))
            (form.input(&Field::new("name", "Name on invoices").required().value(now.map_or("VAT", |zone| zone.name.as_str()))))
            (form.input(&Field::new("regions", "Regions").value(&regions).hint("Such as CA, NY. Empty: the whole country.")))
            (handle_input(form, document))
        }
        fieldset.rows #rates {
            legend { "Rates" }
            p.hint { "Goods say which class they are of: standard, reduced, or a class of your own. Goods of the class zero are never taxed." }
            @for row in 0..form.rows("rates", rates.len().max(1)) {
                @let rate = form.now(rates, row);
                @let at = |field: &str| format!("rates-{row}-{field}");
                div.row {
                    div.fields.narrow {
                        (form.input(&Field::new(&at("class"), "Class").value(rate.map_or(if row == 0 && now.is_none() { "standard" } else { "" }, |rate| rate.class.as_str()))))
                        (form.input(&Field::new(&at("rate"), "Percent").kind("percent").value(&rate.map(|rate| percent_number(rate.rate)).unwrap_or_default())))
                        (form.input(&Field::new(&at("valid_from"), "From").kind("date").value(rate.and_then(|rate| rate.valid_from.as_deref()).unwrap_or(""))))
                        (form.input(&Field::new(&at("valid_until"), "Until, not included").kind("date").value(rate.and_then(|rate| rate.valid_until.as_deref()).unwrap_or(""))))
                    }
                    (form.row(action, "rates", row, "rate"))
                }
            }
            (form.add_row(action, "rates", "Add a rate"))
        }
    }
}

pub(super) fn read(fields: &Fields, before: Option<&TermsDocument>) -> Result<TermsDocument, Failure> {
    let mut read = Reading::new(fields);
    let country = read.line("country", 2, 2).to_ascii_uppercase();
    let name = read.line("name", 1, 60);
    let mut rates = Vec::new();
    for row in 0..rows::count(fields, "rates") {
        let at = |field: &str| format!("rates-{row}-{field}");
        let (class, rate) = (read.line(&at("class"), 1, 60), read.percent(&at("rate")));
        if rate.is_none() && fields.get(&at("rate")).is_none() {
            read.wrong(&at("rate"), "required", "Say how many percent; 0 for none.");
        }
        let (valid_from, valid_until) =
            (read.optional_line(&at("valid_from"), 10), read.optional_line(&at("valid_until"), 10));
        rates.extend(rate.map(|rate| TaxRate { class, rate, valid_from, valid_until }));
    }
    read.done()?;
    let regions = listed(fields, "regions");
    let named = [country.as_str()].into_iter().chain(regions.iter().map(String::as_str)).collect::<Vec<_>>().join("-");
    let handle = before.map_or_else(|| handle_of(fields, "handle", &named), |before| before.handle().to_owned());
    Ok(TermsDocument::TaxZone(TaxZone { handle, version: 0, country, regions, name, rates }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pages::terms::forms::tests::{form, wrong};

    #[test]
    fn rates_have_classes_and_times() {
        let typed = form(
            "country=us&name=Sales tax&regions=CA, New York&rates-0-row=&rates-0-class=standard&rates-0-rate=7.25\
             &rates-1-row=&rates-1-class=books&rates-1-rate=0&rates-1-valid_from=2026-01-01",
        );
        let TermsDocument::TaxZone(zone) = read(&typed, None).unwrap() else { panic!() };
        assert_eq!((zone.handle.as_str(), zone.country.as_str()), ("us-ca-new-york", "US"));
        assert_eq!(zone.regions, ["CA", "New York"]);
        let rates: Vec<_> = zone.rates.iter().map(|rate| (rate.class.as_str(), rate.rate.ppm())).collect();
        assert_eq!(rates, [("standard", 72_500), ("books", 0)]);
        assert_eq!(zone.rates[1].valid_from.as_deref(), Some("2026-01-01"));
        let bad = form("country=Germany&name=VAT&rates-0-row=&rates-0-class=standard");
        assert_eq!(wrong(read(&bad, None)), ["/country", "/rates-0-rate"]);
    }
}
