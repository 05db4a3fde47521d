//! Where parcels go: methods, each with its prices, step by step.

use contracts::selling::{ShippingBasis, ShippingMethod, ShippingStep, ShippingZone, TermsDocument};
use kernel::{Failure, Money};
use maud::{Markup, html};

use super::{Choices, amount_inputs, amounts, codes, first, handle_input, handle_of, texts};
use crate::form::{Fields, Reading};
use crate::parts::{Field, Form, name_of};
use crate::rows;

const MAX_STEP: i64 = 1_000_000_000;

fn zone(document: &TermsDocument) -> Option<&ShippingZone> {
    if let TermsDocument::ShippingZone(zone) = document { Some(zone) } else { None }
}

pub(super) fn inputs(form: &Form<'_>, action: &str, choices: &Choices, document: Option<&TermsDocument>) -> Markup {
    let now = document.and_then(zone);
    let methods = now.map_or(&[][..], |zone| &zone.methods);
    html! {
        div.fields {
            (form.input(&Field::new("name", "Zone").required().value(now.map_or("", |zone| zone.name.as_str()))))
            (handle_input(form, document))
            (form.input(&Field::new("countries", "Countries").value(&now.map(|zone| zone.countries.join(", ")).unwrap_or_default()).hint("Two letters each, such as AT, CH. Empty: everywhere.")))
            (form.input(&Field::new("regions", "Regions").value(&now.map(|zone| zone.regions.join(", ")).unwrap_or_default()).hint("Such as US-HI. Empty: whole countries.")))
            (form.input(&Field::new("position", "Position").kind("count").value(&now.map_or(0, |zone| zone.position).to_string()).hint("The first zone that has an address serves it.")))
        }
        fieldset.rows #methods {
            legend { "Ways to deliver" }
            @for row in 0..form.rows("methods", methods.len().max(1)) {
                (method_inputs(form, action, choices, row, form.now(methods, row)))
            }
            (form.add_row(action, "methods", "Add a way to deliver"))
        }
    }
}

fn method_inputs(form: &Form<'_>, action: &str, choices: &Choices, row: usize, now: Option<&ShippingMethod>) -> Markup {
    let at = |field: &str| format!("methods-{row}-{field}");
    let bases = [
        ("nothing", "The same for all"),
        ("weight", "Weight"),
        ("price", "Price of the goods"),
        ("quantity", "Number of units"),
    ];
    let bases = bases.map(|(value, text)| (value.to_owned(), text.to_owned()));
    let steps = now.map_or(&[][..], |method| &method.steps);
    let list = at("steps");
    html! {
        div.row {
            div.fields {
                @for locale in &choices.locales {
                    @let name = now.and_then(|method| method.name.0.get(locale)).map_or("", String::as_str);
                    (form.input(&Field::new(&at(&format!("name-{locale}")), &format!("Name ({locale})")).value(name)))
                }
                (form.input(&Field::new(&at("handle"), "Short name").value(now.map_or("", |method| method.handle.as_str())).hint("Empty: made of the name.")))
                (form.input(&Field::new(&at("days_min"), "Working days, from").kind("count").value(&now.map_or(2, |method| method.days_min).to_string())))
                (form.input(&Field::new(&at("days_max"), "Working days, to").kind("count").value(&now.map_or(4, |method| method.days_max).to_string())))
                (amount_inputs(form, &choices.currencies, &at("free_from"), "Free from", now.map_or(&[], |method| &method.free_from)))
                (form.input(&Field::new(&at("pick_up"), "Picked up at").value(now.and_then(|method| method.pick_up.as_deref()).unwrap_or("")).hint("Only when shoppers collect it.")))
                (form.select(&Field::new(&at("by"), "Price depends on").value(&now.map_or("nothing".to_owned(), |method| name_of(method.by))), &bases))
            }
            (form.row(action, "methods", row, "way to deliver"))
            fieldset.rows {
                legend { "Prices" }
                @for step in 0..form.rows(&list, steps.len().max(1)) {
                    @let known = form.now(steps, step);
                    @let name = |field: &str| format!("{list}-{step}-{field}");
                    div.row {
                        div.fields.narrow {
                            (form.input(&Field::new(&name("up_to"), "Up to").value(&up_to_text(now, known, choices)).hint("Grams, units, or an amount. Empty: no limit.")))
                            (amount_inputs(form, &choices.currencies, &name("prices"), "Price in", known.map_or(&[], |step| &step.prices)))
                        }
                        (form.row(action, &list, step, "price"))
                    }
                }
                (form.add_row(action, &list, "Add a price"))
            }
        }
    }
}

/// Limits of prices are amounts of the shop's first currency.
fn up_to_text(method: Option<&ShippingMethod>, step: Option<&ShippingStep>, choices: &Choices) -> String {
    let by = method.map_or(ShippingBasis::Nothing, |method| method.by);
    match step.and_then(|step| step.up_to) {
        None => String::new(),
        Some(limit) if by == ShippingBasis::Price => Money::new(limit, first(&choices.currencies)).decimal(),
        Some(limit) => limit.to_string(),
    }
}

/// The form without methods and prices in which nothing was typed.
pub(super) fn settled(fields: &Fields) -> Fields {
    let mut fields = fields.clone();
    for row in 0..rows::count(&fields, "methods") {
        fields = rows::typed(&fields, &format!("methods-{row}-steps"), &[]);
    }
    rows::typed(&fields, "methods", &["by", "days_min", "days_max"])
}

pub(super) fn read(
    choices: &Choices,
    fields: &Fields,
    before: Option<&TermsDocument>,
) -> Result<TermsDocument, Failure> {
    let mut read = Reading::new(fields);
    let known = before.and_then(zone);
    let name = read.line("name", 1, 100);
    let position = read.integer("position", -1_000_000, 1_000_000).and_then(|n| i32::try_from(n).ok()).unwrap_or(0);
    let (countries, regions) = (codes(&read, "countries"), codes(&read, "regions"));
    let mut methods = Vec::new();
    for row in 0..rows::count(fields, "methods") {
        methods.push(method(choices, &mut read, row, known));
    }
    if methods.is_empty() {
        read.wrong("methods", "required", "Add a way to deliver, with its name and a price.");
    }
    read.done()?;
    let handle = before.map_or_else(|| handle_of(fields, "handle", &name), |before| before.handle().to_owned());
    Ok(TermsDocument::ShippingZone(ShippingZone { handle, version: 0, name, countries, regions, position, methods }))
}

fn method(choices: &Choices, read: &mut Reading<'_>, row: usize, zone: Option<&ShippingZone>) -> ShippingMethod {
    let at = |field: &str| format!("methods-{row}-{field}");
    let Choices { locales, currencies, .. } = choices;
    let typed = read.fields.text(&at("handle")).to_owned();
    let before = zone.and_then(|zone| zone.methods.iter().find(|method| method.handle == typed));
    let name = texts(read, locales, &at("name"), before.map(|method| &method.name));
    if name.0.is_empty() {
        let first = locales.first().map_or("en", String::as_str);
        read.wrong(&at(&format!("name-{first}")), "required", "Say what shoppers read.");
    }
    let handle = handle_of(read.fields, &at("handle"), name.get(locales.first().map_or("en", String::as_str)));
    let by = match read.fields.text(&at("by")) {
        "weight" => ShippingBasis::Weight,
        "price" => ShippingBasis::Price,
        "quantity" => ShippingBasis::Quantity,
        _ => ShippingBasis::Nothing,
    };
    let mut days =
        |name: &str| read.needed_integer(&at(name), 0, 365).and_then(|days| u16::try_from(days).ok()).unwrap_or(0);
    let (days_min, days_max) = (days("days_min"), days("days_max"));
    let free_from = amounts(read, currencies, &at("free_from"), before.map_or(&[], |method| &method.free_from));
    let pick_up = read.optional_line(&at("pick_up"), 300);
    let list = at("steps");
    let mut steps = Vec::new();
    for step in 0..rows::count(read.fields, &list) {
        let (limit, prices) = (format!("{list}-{step}-up_to"), format!("{list}-{step}-prices"));
        let up_to = match by {
            ShippingBasis::Price => read.price(&limit, first(currencies)).map(|money| money.amount_minor),
            _ => read.integer(&limit, 1, MAX_STEP),
        };
        let known = before.and_then(|method| method.steps.get(step)).map_or(&[][..], |step| &step.prices);
        let amounts = amounts(read, currencies, &prices, known);
        if amounts.is_empty() {
            read.wrong(&format!("{prices}-{}", first(currencies)), "required", "Say what it costs; 0 when it is free.");
        }
        steps.push(ShippingStep { up_to, prices: amounts });
    }
    if steps.is_empty() {
        read.wrong(&list, "required", "Add a price; 0 when it is free.");
    }
    ShippingMethod { handle, name, by, steps, free_from, days_min, days_max, pick_up }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pages::terms::forms::tests::{choices, form, wrong};

    #[test]
    fn a_zone_is_read_with_its_steps() {
        let typed = form(
            "name=Near us&countries=at, ch&position=2&methods-0-row=&methods-0-name-en=Parcel&methods-0-by=price\
             &methods-0-days_min=1&methods-0-days_max=3&methods-0-free_from-EUR=100&methods-0-steps-0-row=\
             &methods-0-steps-0-up_to=50.00&methods-0-steps-0-prices-EUR=4.90&methods-0-steps-1-row=\
             &methods-0-steps-1-prices-EUR=9&methods-0-steps-2-row=&methods-1-row=&methods-1-days_min=2&methods-1-by=nothing",
        );
        let TermsDocument::ShippingZone(zone) = read(&choices(), &settled(&typed), None).unwrap() else { panic!() };
        assert_eq!(
            (zone.handle.as_str(), zone.countries, zone.position),
            ("near-us", vec!["AT".into(), "CH".into()], 2)
        );
        assert_eq!(zone.methods.len(), 1, "a way of which nothing was typed is none");
        let method = &zone.methods[0];
        assert_eq!((method.handle.as_str(), method.by, method.days_max), ("parcel", ShippingBasis::Price, 3));
        let steps: Vec<_> = method.steps.iter().map(|step| (step.up_to, step.prices[0].amount_minor)).collect();
        assert_eq!(steps, [(Some(5_000), 490), (None, 900)]);
        assert_eq!(method.free_from[0].amount_minor, 10_000);
    }

    #[test]
    fn what_is_wrong_is_said_of_its_field() {
        let typed = form("name=&methods-0-row=&methods-0-name-en=Parcel&methods-0-days_min=x&methods-0-days_max=3");
        let told = wrong(read(&choices(), &settled(&typed), None));
        assert_eq!(told, ["/name", "/methods-0-days_min", "/methods-0-steps"]);
    }
}
