//! A price list: for whom and when, and a row for each SKU, with prices of larger quantities below it.

use contracts::selling::{ListedPrice, PriceList, PriceTier, TermsDocument};
use kernel::{Currency, Failure, Money, Sku};
use maud::{Markup, html};

use super::{Choices, Slice, handle_input, handle_of, ticks};
use crate::form::{Fields, Reading};
use crate::parts::{Field, Form};
use crate::rows;

fn list(document: &TermsDocument) -> Option<&PriceList> {
    if let TermsDocument::PriceList(list) = document { Some(list) } else { None }
}

pub(super) fn inputs(
    form: &Form<'_>,
    action: &str,
    choices: &Choices,
    document: Option<&TermsDocument>,
    from: usize,
) -> Markup {
    let now = document.and_then(list);
    let currency = now.map(|list| list.currency).or(choices.currencies.first().copied()).unwrap_or(Currency::EUR);
    let mut currencies: Vec<String> = choices.currencies.iter().map(Currency::to_string).collect();
    if !currencies.contains(&currency.to_string()) {
        currencies.push(currency.to_string());
    }
    let currencies: Vec<_> = currencies.into_iter().map(|code| (code.clone(), code)).collect();
    let all = now.map_or(&[][..], |list| &list.prices);
    let slice = Slice::new(from, all.len());
    let prices = &all[slice.from..slice.until];
    html! {
        div.fields {
            (form.input(&Field::new("name", "Name").required().value(now.map_or("", |list| list.name.as_str()))))
            (handle_input(form, document))
            (form.select(&Field::new("currency", "Currency").value(&currency.to_string()), &currencies))
            (form.input(&Field::new("starts_at", "From").kind("datetime-local").value(now.and_then(|l| l.starts_at.as_deref()).unwrap_or("")).hint("In the shop's time zone. Empty: at once.")))
            (form.input(&Field::new("ends_at", "Until").kind("datetime-local").value(now.and_then(|l| l.ends_at.as_deref()).unwrap_or("")).hint("Empty: for good.")))
            (form.input(&Field::new("priority", "Priority").kind("count").value(&now.map_or(0, |list| list.priority).to_string()).hint("Of several lists, the highest gives the price.")))
        }
        div.checks {
            (form.check("sale", "yes", "A sale: the price before is shown crossed out", now.is_some_and(|list| list.sale)))
            (form.check("enabled", "yes", "Switched on", now.is_none_or(|list| list.enabled)))
        }
        (ticks(form, "markets", "Markets", "All markets of the currency, when none is ticked.", &choices.markets, now.map_or(&[], |list| &list.markets)))
        (ticks(form, "groups", "Customer groups", "Everybody, when none is ticked.", &choices.groups, now.map_or(&[], |list| &list.groups)))
        fieldset.rows #prices {
            legend { "Prices" }
            (slice.pager(action, all.len(), "Prices"))
            @for row in 0..form.rows("prices", prices.len().max(1)) {
                (price_inputs(form, action, currency, row, form.now(prices, row)))
            }
            (form.add_row(action, "prices", "Add a price"))
        }
    }
}

fn price_inputs(form: &Form<'_>, action: &str, currency: Currency, row: usize, now: Option<&ListedPrice>) -> Markup {
    let at = |field: &str| format!("prices-{row}-{field}");
    let decimal = |minor: i64| Money::new(minor, currency).decimal();
    let tiers = now.map_or(&[][..], |price| &price.tiers);
    let list = at("tiers");
    html! {
        div.row {
            div.fields {
                (form.input(&Field::new(&at("sku"), "SKU").value(now.map_or("", |price| price.sku.as_str()))))
                (form.input(&Field::new(&at("price"), "Price").kind("money").value(&now.map(|price| decimal(price.price_minor)).unwrap_or_default())))
            }
            (form.row(action, "prices", row, "price"))
            div.rows.wide {
                @for tier in 0..form.rows(&list, tiers.len()) {
                    @let known = form.now(tiers, tier);
                    @let name = |field: &str| format!("{list}-{tier}-{field}");
                    div.row {
                        div.fields.narrow {
                            (form.input(&Field::new(&name("from_quantity"), "From units").kind("count").value(&known.map(|tier| tier.from_quantity.to_string()).unwrap_or_default())))
                            (form.input(&Field::new(&name("price"), "Price of each").kind("money").value(&known.map(|tier| decimal(tier.price_minor)).unwrap_or_default())))
                        }
                        (form.row(action, &list, tier, "tier"))
                    }
                }
                (form.add_row(action, &list, "Add a price for more units"))
            }
        }
    }
}

/// The form without prices and tiers in which nothing was typed.
pub(super) fn settled(fields: &Fields) -> Fields {
    let mut fields = fields.clone();
    for row in 0..rows::count(&fields, "prices") {
        if rows::count(&fields, &format!("prices-{row}-tiers")) > 0 {
            fields = rows::typed(&fields, &format!("prices-{row}-tiers"), &[]);
        }
    }
    rows::typed(&fields, "prices", &[])
}

pub(super) fn read(
    choices: &Choices,
    fields: &Fields,
    before: Option<&TermsDocument>,
) -> Result<TermsDocument, Failure> {
    let mut read = Reading::new(fields);
    let known = before.and_then(list);
    let name = read.line("name", 1, 100);
    let currency = Currency::parse(fields.text("currency")).ok();
    if currency.is_none() {
        read.wrong("currency", "unknown_currency", "Choose a currency.");
    }
    let currency = currency.or(choices.currencies.first().copied()).unwrap_or(Currency::EUR);
    let priority = read.integer("priority", -1_000_000, 1_000_000).and_then(|n| i32::try_from(n).ok()).unwrap_or(0);
    let (starts_at, ends_at) = (read.optional_line("starts_at", 25), read.optional_line("ends_at", 25));
    let mut typed = Vec::new();
    for row in 0..rows::count(fields, "prices") {
        typed.extend(price(&mut read, row, currency));
    }
    read.done()?;
    let all = known.map_or(&[][..], |list| &list.prices);
    let ticked = |name: &str| fields.all(name).map(str::to_owned).collect();
    Ok(TermsDocument::PriceList(PriceList {
        handle: before.map_or_else(|| handle_of(fields, "handle", &name), |before| before.handle().to_owned()),
        version: 0,
        name,
        enabled: fields.has("enabled"),
        currency,
        markets: ticked("markets"),
        groups: ticked("groups"),
        starts_at,
        ends_at,
        priority,
        sale: fields.has("sale"),
        prices: Slice::of(fields, all.len()).replaced(all, typed),
    }))
}

fn price(read: &mut Reading<'_>, row: usize, currency: Currency) -> Option<ListedPrice> {
    let at = |field: &str| format!("prices-{row}-{field}");
    let sku = Sku::new(read.fields.text(&at("sku"))).ok();
    if sku.is_none() {
        read.wrong(&at("sku"), "required", "Write the SKU of a variant.");
    }
    let price = needed_price(read, &at("price"), currency);
    let list = at("tiers");
    let mut tiers = Vec::new();
    for tier in 0..rows::count(read.fields, &list) {
        let from = read.needed_integer(&format!("{list}-{tier}-from_quantity"), 2, 1_000_000);
        let price = needed_price(read, &format!("{list}-{tier}-price"), currency);
        if let (Some(from), Some(price_minor)) = (from.and_then(|from| u32::try_from(from).ok()), price) {
            tiers.push(PriceTier { from_quantity: from, price_minor });
        }
    }
    Some(ListedPrice { sku: sku?, price_minor: price?, tiers })
}

/// In minor units.
fn needed_price(read: &mut Reading<'_>, name: &str, currency: Currency) -> Option<i64> {
    if read.fields.get(name).is_none() {
        read.wrong(name, "required", "Say what it costs.");
    }
    read.price(name, currency).map(|money| money.amount_minor)
}

/// Pointers to prices, counted from the first one that the form shows.
pub(super) fn shifted(mut failure: Failure, fields: &Fields) -> Failure {
    let from = fields.text("from").parse::<usize>().unwrap_or(0);
    for error in &mut failure.errors {
        let Some((row, field)) = error.pointer.strip_prefix("/prices/").and_then(|rest| rest.split_once('/')) else {
            continue;
        };
        if let Some(row) = row.parse::<usize>().ok().and_then(|row| row.checked_sub(from)) {
            error.pointer = format!("/prices/{row}/{field}");
        }
    }
    failure
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pages::terms::forms::tests::{choices, form, wrong};

    fn listed(fields: &Fields, before: Option<&TermsDocument>) -> PriceList {
        match read(&choices(), &settled(fields), before).unwrap() {
            TermsDocument::PriceList(list) => list,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_sale_is_read_with_its_tiers() {
        let typed = form(
            "name=Winter sale&currency=EUR&sale=yes&enabled=yes&starts_at=2026-12-01T00:00&groups=friends&prices-0-row=\
             &prices-0-sku=A&prices-0-price=49.99&prices-0-tiers-0-row=&prices-0-tiers-0-from_quantity=10\
             &prices-0-tiers-0-price=45&prices-1-row=",
        );
        let list = listed(&typed, None);
        assert_eq!((list.handle.as_str(), list.sale, list.enabled), ("winter-sale", true, true));
        assert_eq!((list.starts_at.as_deref(), list.ends_at), (Some("2026-12-01T00:00"), None));
        assert_eq!((list.groups, list.prices.len()), (vec!["friends".to_owned()], 1));
        let tiers = vec![PriceTier { from_quantity: 10, price_minor: 4_500 }];
        assert_eq!(list.prices[0], ListedPrice { sku: Sku::new("A").unwrap(), price_minor: 4_999, tiers });
    }

    #[test]
    fn prices_that_are_not_shown_stay() {
        let price = |n: usize| format!("{{\"sku\":\"S{n:03}\",\"price_minor\":{n}}}");
        let prices: Vec<String> = (0..150).map(price).collect();
        let json =
            format!("{{\"handle\":\"x\",\"name\":\"X\",\"currency\":\"EUR\",\"prices\":[{}]}}", prices.join(","));
        let before = TermsDocument::PriceList(serde_json::from_str(&json).unwrap());
        let typed = form("name=X&currency=EUR&from=100&until=150&prices-0-row=&prices-0-sku=NEW&prices-0-price=1");
        let after = listed(&typed, Some(&before));
        assert_eq!((after.handle.as_str(), after.prices.len()), ("x", 101));
        assert_eq!((after.prices[99].sku.as_str(), after.prices[100].sku.as_str()), ("S099", "NEW"));
        let failure = Failure::field("/prices/100/sku", "repeated", "Name each SKU once.");
        assert_eq!(shifted(failure, &typed).errors[0].pointer, "/prices/0/sku");
    }

    #[test]
    fn a_price_needs_a_sku_and_an_amount() {
        let typed = form("name=X&currency=EUR&prices-0-row=&prices-0-sku=A&prices-1-row=&prices-1-price=-3");
        assert_eq!(wrong(read(&choices(), &typed, None)), ["/prices-0-price", "/prices-1-sku", "/prices-1-price"]);
    }
}
