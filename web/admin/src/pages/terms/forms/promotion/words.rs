//! What a promotion does, in words that a merchant would say it with.

use contracts::selling::{Effect, Minimum, Promotion, Selection, Stacking, TierStep};
use kernel::{Currency, Money, Rate};

use super::super::Choices;
use crate::parts::{money, percent};

/// The most names of one list that a sentence has.
const NAMED: usize = 5;

/// `a, b and c`, or with another word before the last; what is too much is counted.
fn listed(names: &[String], word: &str) -> String {
    match names {
        [] => String::new(),
        [one] => one.clone(),
        _ if names.len() > NAMED => {
            format!("{} {word} {} others", names[..NAMED].join(", "), names.len() - NAMED)
        }
        [all @ .., last] => format!("{} {word} {last}", all.join(", ")),
    }
}

/// The names that handles have.
fn names(handles: &[String], known: &[(String, String)]) -> Vec<String> {
    let name =
        |handle: &String| known.iter().find(|(known, _)| known == handle).map_or(handle, |(_, name)| name).clone();
    handles.iter().map(name).collect()
}

fn units(count: u32) -> String {
    if count == 1 { "1 unit".to_owned() } else { format!("{count} units") }
}

fn orders(count: i64) -> String {
    if count == 1 { "one order".to_owned() } else { format!("{count} orders") }
}

/// Amounts of the currencies that a shopper can pay in: one or the other.
fn either(amounts: &[Money]) -> String {
    listed(&amounts.iter().map(|amount| money(*amount)).collect::<Vec<_>>(), "or")
}

/// `free` or `50% off`.
fn reduced(rate: Rate) -> String {
    if rate.ppm() >= 1_000_000 { "free".to_owned() } else { format!("{} off", percent(rate)) }
}

/// The goods named, such as `the collection Shoes and the product harbour-mug`; `everything` when none are.
fn goods(selection: &Selection, choices: &Choices, everything: &str) -> String {
    let mut parts = Vec::new();
    let mut part = |names: Vec<String>, one: &str, many: &str| {
        if !names.is_empty() {
            parts.push(format!("{} {}", if names.len() == 1 { one } else { many }, listed(&names, "and")));
        }
    };
    part(names(&selection.collections, &choices.collections), "the collection", "the collections");
    part(names(&selection.categories, &choices.categories), "the category", "the categories");
    part(selection.products.clone(), "the product", "the products");
    part(selection.skus.iter().map(|sku| sku.as_str().to_owned()).collect(), "the variant", "the variants");
    let named = if parts.is_empty() { everything.to_owned() } else { parts.join(", ") };
    if selection.not_reduced { format!("{named}, but not off what is reduced already") } else { named }
}

/// What it takes off, in one sentence.
pub(crate) fn effect(promotion: &Promotion, choices: &Choices) -> String {
    let about = |everything: &str| goods(&promotion.goods, choices, everything);
    match &promotion.effect {
        Effect::Percentage { rate } => format!("{} off {}.", percent(*rate), about("the whole order")),
        Effect::Fixed { amounts } => {
            format!("{} off {}, once for each order.", either(amounts), about("the whole order"))
        }
        Effect::FixedPerUnit { amounts } => format!("{} off each unit of {}.", either(amounts), about("everything")),
        Effect::BuyXGetY { buy, get, rate, gets: None } => {
            let verb = if *get == 1 { "is" } else { "are" };
            format!(
                "For {} of {} bought, {get} more {verb} {}: the cheapest.",
                units(*buy),
                about("anything"),
                reduced(*rate)
            )
        }
        Effect::BuyXGetY { buy, get, rate, gets: Some(gets) } => {
            let (gets, verb) = (goods(gets, choices, "anything"), if *get == 1 { "is" } else { "are" });
            let bought = about("anything else");
            format!(
                "For {} of {bought} bought, {} of {gets} {verb} {}: the cheapest.",
                units(*buy),
                units(*get),
                reduced(*rate)
            )
        }
        Effect::Tiers { steps } => {
            let steps: Vec<String> = steps.iter().map(step).collect();
            format!("Off {}: {}.", about("everything"), steps.join(", "))
        }
        Effect::FreeShipping { options, countries } => {
            let by = names(options, &choices.deliveries);
            let by = if by.is_empty() { String::new() } else { format!(" by {}", listed(&by, "or")) };
            let to = if countries.is_empty() { String::new() } else { format!(" to {}", listed(countries, "or")) };
            let with = match promotion.goods.is_everything() {
                true => String::new(),
                false => format!(", when the cart has something of {}", about("")),
            };
            format!("Delivery{by}{to} costs nothing{with}.")
        }
    }
}

fn step(step: &TierStep) -> String {
    let mut from = Vec::new();
    if step.from_quantity > 0 {
        from.push(units(step.from_quantity));
    }
    if !step.from_amounts.is_empty() {
        from.push(either(&step.from_amounts));
    }
    let from = if from.is_empty() { "the first unit".to_owned() } else { from.join(" and ") };
    format!("{} from {from} on", percent(step.rate))
}

fn least(minimum: &Minimum) -> Option<String> {
    let mut parts = Vec::new();
    if !minimum.amounts.is_empty() {
        parts.push(format!("goods for {}", either(&minimum.amounts)));
    }
    if minimum.quantity > 0 {
        parts.push(units(minimum.quantity));
    }
    (!parts.is_empty()).then(|| format!("Only when the cart has at least {} of what it is about.", parts.join(" and ")))
}

/// `2026-11-27T00:00` as `2026-11-27 00:00`.
fn local(time: &str) -> String {
    time.replace('T', " ")
}

/// When it holds, such as `from 2026-11-27 00:00`; none for always.
pub(crate) fn when(promotion: &Promotion) -> Option<String> {
    match (&promotion.starts_at, &promotion.ends_at) {
        (None, None) => None,
        (Some(from), None) => Some(format!("from {}", local(from))),
        (None, Some(until)) => Some(format!("until {}", local(until))),
        (Some(from), Some(until)) => Some(format!("from {} until {}", local(from), local(until))),
    }
}

/// The currencies of the shop in which it does not hold, because an amount is missing.
fn left_out(promotion: &Promotion, currencies: &[Currency]) -> Vec<String> {
    let amounts: &[Money] = match &promotion.effect {
        Effect::Fixed { amounts } | Effect::FixedPerUnit { amounts } => amounts,
        _ => &[],
    };
    let lacks = |amounts: &[Money], currency: Currency| {
        !amounts.is_empty() && amounts.iter().all(|amount| amount.currency != currency)
    };
    let without = |currency: &&Currency| lacks(amounts, **currency) || lacks(&promotion.minimum.amounts, **currency);
    currencies.iter().filter(without).map(Currency::to_string).collect()
}

/// All that it says, a sentence each.
pub(crate) fn sentences(promotion: &Promotion, choices: &Choices) -> Vec<String> {
    let mut told = vec![effect(promotion, choices)];
    let groups = names(&promotion.groups, &choices.groups);
    if !groups.is_empty() {
        told.push(format!("For customers of {}, once they are logged in.", listed(&groups, "or")));
    }
    told.push(match &promotion.codes[..] {
        [] => "It applies by itself.".to_owned(),
        codes => format!("Shoppers type {}.", listed(codes, "or")),
    });
    told.extend(least(&promotion.minimum));
    let left_out = left_out(promotion, &choices.currencies);
    if !left_out.is_empty() {
        told.push(format!("Not for who pays in {}: it lacks an amount in it.", listed(&left_out, "or")));
    }
    if let Some(when) = when(promotion) {
        told.push(format!("It holds {when}, {} time.", choices.time_zone));
    }
    let each = if promotion.codes.len() > 1 { " with each code" } else { "" };
    match (promotion.limit, promotion.limit_per_customer) {
        (None, None) => {}
        (Some(all), None) => told.push(format!("For {} in all{each}.", orders(all))),
        (None, Some(one)) => told.push(format!("For {} of each customer{each}.", orders(one))),
        (Some(all), Some(one)) => {
            told.push(format!("For {} in all{each}, and {} of each customer.", orders(all), orders(one)));
        }
    }
    told.push(match (&promotion.effect, promotion.stacking) {
        (Effect::FreeShipping { .. }, _) => "It goes with every other promotion.".to_owned(),
        (_, Stacking::Combine) => "It is used together with others.".to_owned(),
        (_, Stacking::Exclusive) => "It is used alone, when it takes more off than the others together.".to_owned(),
    });
    if !promotion.enabled {
        told.push("It is switched off: nobody gets it.".to_owned());
    }
    told
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn told(more: &Value) -> Vec<String> {
        let mut body = json!({ "name": { "en": "X" }, "effect": { "kind": "percentage", "rate_ppm": 100_000 } });
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let pair = |handle: &str, name: &str| vec![(handle.to_owned(), name.to_owned())];
        let choices = Choices {
            currencies: vec![Currency::EUR, Currency::USD],
            collections: pair("shoes", "Shoes"),
            groups: pair("trade", "Trade"),
            deliveries: pair("post", "Parcel"),
            time_zone: "Europe/Berlin".to_owned(),
            ..Choices::default()
        };
        sentences(&serde_json::from_value(body).unwrap(), &choices)
    }

    #[test]
    fn effects_are_said_as_people_say_them() {
        let first = |more: Value| told(&more).remove(0);
        assert_eq!(first(json!({})), "10% off the whole order.");
        let goods = json!({ "collections": ["shoes"], "skus": ["A", "B"], "not_reduced": true });
        assert_eq!(
            first(json!({ "goods": goods })),
            "10% off the collection Shoes, the variants A and B, but not off what is reduced already."
        );
        let euros = json!([{ "amount_minor": 500, "currency": "EUR" }]);
        assert_eq!(
            first(json!({ "effect": { "kind": "fixed", "amounts": euros } })),
            "5.00\u{a0}EUR off the whole order, once for each order."
        );
        assert_eq!(
            first(json!({ "effect": { "kind": "buy_x_get_y", "buy": 2, "get": 1 } })),
            "For 2 units of anything bought, 1 more is free: the cheapest."
        );
        let gets =
            json!({ "kind": "buy_x_get_y", "buy": 1, "get": 2, "rate_ppm": 500_000, "gets": { "products": ["mug"] } });
        assert_eq!(
            first(json!({ "effect": gets })),
            "For 1 unit of anything else bought, 2 units of the product mug are 50% off: the cheapest."
        );
        let steps = json!([{ "from_quantity": 3, "rate_ppm": 50_000 }, { "from_amounts": euros, "rate_ppm": 100_000 }]);
        assert_eq!(
            first(json!({ "effect": { "kind": "tiers", "steps": steps } })),
            "Off everything: 5% from 3 units on, 10% from 5.00\u{a0}EUR on."
        );
        let free = json!({ "kind": "free_shipping", "options": ["post"], "countries": ["AT", "CH"] });
        assert_eq!(first(json!({ "effect": free })), "Delivery by Parcel to AT or CH costs nothing.");
    }

    #[test]
    fn conditions_are_sentences_of_their_own() {
        let euros = json!([{ "amount_minor": 5000, "currency": "EUR" }]);
        let all = told(&json!({
            "groups": ["trade"], "codes": ["A", "B"], "minimum": { "amounts": euros, "quantity": 3 },
            "starts_at": "2026-11-27T00:00", "limit": 100, "limit_per_customer": 1, "stacking": "exclusive",
            "enabled": false,
        }));
        let expected = [
            "10% off the whole order.",
            "For customers of Trade, once they are logged in.",
            "Shoppers type A or B.",
            "Only when the cart has at least goods for 50.00\u{a0}EUR and 3 units of what it is about.",
            "Not for who pays in USD: it lacks an amount in it.",
            "It holds from 2026-11-27 00:00, Europe/Berlin time.",
            "For 100 orders in all with each code, and one order of each customer.",
            "It is used alone, when it takes more off than the others together.",
            "It is switched off: nobody gets it.",
        ];
        assert_eq!(all, expected);
    }
}
