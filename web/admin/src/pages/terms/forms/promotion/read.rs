//! A promotion as it was typed.

use contracts::selling::{Effect, Minimum, Promotion, Selection, Stacking, TermsDocument, TierStep};
use kernel::{ErrorKind, Failure, Money, Rate, Sku};

use super::super::{Choices, amounts, first, handle_of, texts};
use super::{promotion, selections};
use crate::form::{Fields, Reading};
use crate::rows;
use crate::site::Site;

/// The most entries of one list.
const MAX_ENTRIES: usize = 1_000;

/// The codes that were typed.
pub(in crate::pages::terms::forms) fn codes(fields: &Fields) -> Vec<String> {
    let codes = fields.raw("codes").split_whitespace().map(|code| code.trim_end_matches([',', ';']));
    codes.filter(|code| !code.is_empty()).map(str::to_owned).collect()
}

/// The handles that were ticked, or typed with commas or spaces between them.
fn handles(fields: &Fields, name: &str) -> Vec<String> {
    let typed = fields.all(name).flat_map(|value| value.split(|c: char| c == ',' || c == ';' || c.is_whitespace()));
    typed.filter(|handle| !handle.is_empty()).map(str::to_owned).collect()
}

/// The document that was typed, over what the form does not show of the one `before`; its goods looked up.
pub(in crate::pages::terms::forms) async fn read(
    site: &Site,
    choices: &Choices,
    fields: &Fields,
    before: Option<&TermsDocument>,
) -> Result<TermsDocument, Failure> {
    let mut read = Reading::new(fields);
    let typed = typed(choices, &mut read, before);
    let known: Vec<&String> =
        before.and_then(promotion).iter().flat_map(|before| selections(before)).flat_map(|s| &s.products).collect();
    for name in ["goods-products", "effect-gets-products"] {
        for handle in handles(fields, name).iter().take(MAX_ENTRIES).filter(|handle| !known.contains(handle)) {
            match site.handles().catalog.document(site.store(), handle).await {
                Ok(_) => {}
                Err(failure) if failure.kind == ErrorKind::NotFound => {
                    read.wrong(name, "unknown_product", format!("There is no product {handle}."));
                }
                Err(failure) => return Err(failure),
            }
        }
    }
    read.done()?;
    typed.map(TermsDocument::Promotion).ok_or_else(|| Failure::invalid("invalid_input", "This is no promotion."))
}

/// None when something is wrong, which `read` knows.
pub(super) fn typed(choices: &Choices, read: &mut Reading<'_>, before: Option<&TermsDocument>) -> Option<Promotion> {
    let known = before.and_then(promotion);
    let Choices { locales, currencies, .. } = choices;
    let effect = effect(choices, read, known);
    let name = texts(read, locales, "name", known.map(|known| &known.name));
    let locale = locales.first().map_or("en", String::as_str);
    if name.0.is_empty() {
        read.wrong(&format!("name-{locale}"), "required", "Say what shoppers read.");
    }
    let goods = selection(choices, read, "goods");
    let minimum = Minimum {
        amounts: amounts(read, currencies, "minimum-amounts", known.map_or(&[], |known| &known.minimum.amounts)),
        quantity: units(read.integer("minimum-quantity", 0, 1_000_000)),
    };
    let (starts_at, ends_at) = (read.optional_line("starts_at", 25), read.optional_line("ends_at", 25));
    let codes = codes(read.fields);
    let limit = read.integer("limit", 1, 1_000_000_000);
    let limit_per_customer = read.integer("limit_per_customer", 1, 1_000_000_000);
    let priority = read.integer("priority", -1_000_000, 1_000_000).and_then(|n| i32::try_from(n).ok()).unwrap_or(0);
    let stacking = match read.fields.text("stacking") {
        "exclusive" => Stacking::Exclusive,
        _ => Stacking::Combine,
    };
    let handle = match before {
        Some(before) => before.handle().to_owned(),
        None => handle_of(read.fields, "handle", name.get(locale)),
    };
    Some(Promotion {
        handle,
        version: 0,
        name,
        enabled: read.fields.has("enabled"),
        codes,
        effect: effect?,
        goods,
        groups: read.fields.all("groups").map(str::to_owned).collect(),
        minimum,
        starts_at,
        ends_at,
        limit,
        limit_per_customer,
        priority,
        stacking,
    })
}

fn units(number: Option<i64>) -> u32 {
    number.and_then(|number| u32::try_from(number).ok()).unwrap_or(0)
}

fn effect(choices: &Choices, read: &mut Reading<'_>, before: Option<&Promotion>) -> Option<Effect> {
    let before = before.map(|before| &before.effect);
    match read.fields.text("effect-kind") {
        "percentage" => Some(Effect::Percentage { rate: needed_percent(read, "effect-rate")? }),
        kind @ ("fixed" | "fixed_per_unit") => {
            let amounts = off(choices, read, before);
            Some(if kind == "fixed" { Effect::Fixed { amounts } } else { Effect::FixedPerUnit { amounts } })
        }
        "buy_x_get_y" => {
            let mut number = |name: &str| read.needed_integer(name, 1, 1000);
            let (buy, get) = (number("effect-buy"), number("effect-get"));
            let rate = needed_percent(read, "effect-rate");
            let gets = selection(choices, read, "effect-gets");
            if gets.is_everything() && gets.not_reduced {
                let detail = "Name goods too, or leave this out.";
                read.wrong("effect-gets-products", "required", detail);
            }
            let gets = (!gets.is_everything()).then_some(gets);
            Some(Effect::BuyXGetY { buy: units(Some(buy?)), get: units(Some(get?)), rate: rate?, gets })
        }
        "tiers" => {
            let count = rows::count(read.fields, "effect-steps");
            let known = match before {
                Some(Effect::Tiers { steps }) => &steps[..],
                _ => &[],
            };
            let steps: Vec<_> = (0..count).map(|row| step(choices, read, row, known.get(row))).collect();
            if steps.is_empty() {
                read.wrong("effect-steps", "required", "Add a step, with its percentage.");
            }
            Some(Effect::Tiers { steps: steps.into_iter().collect::<Option<_>>()? })
        }
        "free_shipping" => {
            let countries = handles(read.fields, "effect-countries");
            let countries = countries.iter().map(|country| country.to_ascii_uppercase()).collect();
            Some(Effect::FreeShipping { options: handles(read.fields, "effect-options"), countries })
        }
        _ => {
            read.wrong("effect-kind", "required", "Choose what it does.");
            None
        }
    }
}

fn needed_percent(read: &mut Reading<'_>, name: &str) -> Option<Rate> {
    if read.fields.get(name).is_none() {
        read.wrong(name, "required", "Say how many percent.");
    }
    read.percent(name)
}

/// The amounts that are taken off, each more than nothing.
fn off(choices: &Choices, read: &mut Reading<'_>, before: Option<&Effect>) -> Vec<Money> {
    let known = match before {
        Some(Effect::Fixed { amounts } | Effect::FixedPerUnit { amounts }) => &amounts[..],
        _ => &[],
    };
    let amounts = amounts(read, &choices.currencies, "effect-amounts", known);
    for nothing in amounts.iter().filter(|amount| amount.amount_minor == 0) {
        let name = format!("effect-amounts-{}", nothing.currency);
        read.wrong(&name, "out_of_range", "Write an amount of more than 0.");
    }
    let typed = choices.currencies.iter().any(|c| read.fields.get(&format!("effect-amounts-{c}")).is_some());
    if amounts.is_empty() && !typed {
        let name = format!("effect-amounts-{}", first(&choices.currencies));
        read.wrong(&name, "required", "Say how much, in one currency at least.");
    }
    amounts
}

fn step(choices: &Choices, read: &mut Reading<'_>, row: usize, before: Option<&TierStep>) -> Option<TierStep> {
    let at = |field: &str| format!("effect-steps-{row}-{field}");
    let from_quantity = units(read.integer(&at("from_quantity"), 0, 1_000_000));
    let known = before.map_or(&[][..], |before| &before.from_amounts);
    let from_amounts = amounts(read, &choices.currencies, &at("from_amounts"), known);
    let rate = needed_percent(read, &at("rate"));
    let typed = choices.currencies.iter().any(|c| read.fields.get(&at(&format!("from_amounts-{c}"))).is_some());
    if from_amounts.is_empty() && !typed && read.fields.get(&at("from_quantity")).is_none() {
        read.wrong(&at("from_quantity"), "required", "Say from how many units, or from which amount.");
    }
    Some(TierStep { from_quantity, from_amounts, rate: rate? })
}

fn selection(choices: &Choices, read: &mut Reading<'_>, prefix: &str) -> Selection {
    let at = |field: &str| format!("{prefix}-{field}");
    let mut chosen = |field: &str, known: &[(String, String)]| {
        let all = handles(read.fields, &at(field));
        for handle in all.iter().filter(|handle| known.iter().all(|(known, _)| known != *handle)) {
            read.wrong(&at(field), "unknown", format!("There is no {handle} any more."));
        }
        all
    };
    let collections = chosen("collections", &choices.collections);
    let categories = chosen("categories", &choices.categories);
    let mut skus = Vec::new();
    for line in read.fields.raw(&at("skus")).lines().map(str::trim).filter(|line| !line.is_empty()) {
        match Sku::new(line) {
            Ok(sku) => skus.push(sku),
            Err(_) => read.wrong(&at("skus"), "invalid_sku", "A SKU has at most 64 characters."),
        }
    }
    Selection {
        products: handles(read.fields, &at("products")),
        collections,
        categories,
        skus,
        not_reduced: read.fields.has(&at("not_reduced")),
    }
}
