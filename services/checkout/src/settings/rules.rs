//! What documents must be. Everything that is wrong is reported at once, each with its place.

use std::collections::BTreeSet;

use contracts::Result;
use contracts::market::{Texts, is_country};
use contracts::selling::{
    CustomerGroup, Effect, PriceList, Promotion, Selection, SellingSettings, ShippingZone, TaxZone, TermsDocument,
    TermsKind,
};
use kernel::{Failure, FieldError, Money, Rate};

use super::selling::Selling;
use super::zone::Zone;
use crate::promotion::{automatic_counter, normal_code};

const MAX_LIMIT: i64 = 1_000_000_000;
/// The most entries in a list of a document.
const MAX_ENTRIES: usize = 1_000;
/// The most prices in one price list.
const MAX_PRICES: usize = 100_000;

/// Collects what is wrong.
#[derive(Default)]
struct Problems(Vec<FieldError>);

impl Problems {
    fn add(&mut self, pointer: impl Into<String>, code: &str, detail: impl Into<String>) {
        self.0.push(FieldError { pointer: pointer.into(), code: code.to_owned(), detail: detail.into() });
    }

    fn expect(&mut self, good: bool, pointer: &str, code: &str, detail: &str) {
        if !good {
            self.add(pointer, code, detail);
        }
    }

    fn handle(&mut self, handle: &str, pointer: &str, max: usize) {
        let good = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
        if !(1..=max).contains(&handle.len()) || !handle.bytes().all(good) {
            self.add(pointer, "invalid_handle", format!("1 to {max} lower-case letters, digits and hyphens."));
        }
    }

    fn line(&mut self, text: &str, pointer: &str, max: usize) {
        if text.trim().is_empty() {
            self.add(pointer, "required", "This must not be empty.");
        } else if text.chars().count() > max {
            self.add(pointer, "too_long", format!("At most {max} characters."));
        } else if text.chars().any(char::is_control) {
            self.add(pointer, "invalid_characters", "Control characters such as line breaks are not allowed.");
        }
    }

    /// A text that may be empty and may have several lines.
    fn prose(&mut self, text: &str, pointer: &str, max: usize) {
        if text.chars().count() > max {
            self.add(pointer, "too_long", format!("At most {max} characters."));
        } else if text.chars().any(|c| c.is_control() && c != '\n') {
            self.add(pointer, "invalid_characters", "Control characters other than line breaks are not allowed.");
        }
    }

    fn texts(&mut self, texts: &Texts, pointer: &str) {
        if texts.0.is_empty() || texts.0.len() > 40 {
            self.add(pointer, "required", "This is needed in one to 40 languages.");
        }
        for (locale, text) in &texts.0 {
            let tag = |b: u8| b.is_ascii_alphanumeric() || b == b'-';
            if !(2..=12).contains(&locale.len()) || !locale.bytes().all(tag) {
                self.add(pointer, "unknown_locale", "Name the language as in `en` or `de-CH`.");
            } else {
                self.line(text, &format!("{pointer}/{locale}"), 100);
            }
        }
    }

    fn count(&mut self, count: usize, pointer: &str, max: usize) {
        if count > max {
            self.add(pointer, "too_many", format!("At most {max}."));
        }
    }

    fn amounts(&mut self, amounts: &[Money], pointer: &str, least: i64) {
        self.count(amounts.len(), pointer, 40);
        let mut seen = BTreeSet::new();
        for (i, amount) in amounts.iter().enumerate() {
            if amount.amount_minor < least {
                self.add(format!("{pointer}/{i}/amount_minor"), "too_small", format!("At least {least}."));
            }
            if !seen.insert(amount.currency) {
                self.add(format!("{pointer}/{i}/currency"), "repeated", "One amount per currency.");
            }
        }
    }

    fn rate(&mut self, rate: Rate, pointer: &str) {
        self.expect(rate.ppm() <= 1_000_000, pointer, "too_large", "At most 1,000,000 parts per million.");
    }

    fn countries(&mut self, countries: &[String], pointer: &str) {
        for (i, country) in countries.iter().enumerate() {
            let known = is_country(country);
            self.expect(known, &format!("{pointer}/{i}"), "unknown_country", "Use a two-letter ISO 3166-1 code.");
        }
    }

    fn times(&mut self, zone: &Zone, starts_at: &Option<String>, ends_at: &Option<String>) {
        let mut at = |text: &Option<String>, pointer: &str| {
            let instant = text.as_deref().map(|text| zone.instant(text));
            let detail = "Give day and time of the shop's time zone, as in 2026-11-27T00:00.";
            self.expect(instant != Some(None), pointer, "invalid_time", detail);
            instant.flatten()
        };
        if let (Some(start), Some(end)) = (at(starts_at, "/starts_at"), at(ends_at, "/ends_at")) {
            self.expect(start < end, "/ends_at", "before_start", "The end must be after the start.");
        }
    }

    fn groups(&mut self, groups: &[String], selling: &Selling) {
        self.count(groups.len(), "/groups", MAX_ENTRIES);
        for (i, group) in groups.iter().enumerate() {
            let known = selling.documents.contains_key(&(TermsKind::CustomerGroup, group.clone()));
            self.expect(known, &format!("/groups/{i}"), "unknown_group", "There is no such customer group.");
        }
    }
}

/// # Errors
/// `invalid_input` with every problem found.
pub(super) fn check(document: &TermsDocument, selling: &Selling) -> Result<()> {
    let mut problems = Problems::default();
    // The name under which the ledger counts a promotion has 40 characters, five of them its own.
    problems.handle(document.handle(), "/handle", if document.kind() == TermsKind::Promotion { 30 } else { 60 });
    match document {
        TermsDocument::Promotion(promotion) => check_promotion(promotion, selling, &mut problems),
        TermsDocument::TaxZone(zone) => check_tax_zone(zone, selling, &mut problems),
        TermsDocument::ShippingZone(zone) => check_shipping_zone(zone, &mut problems),
        TermsDocument::PriceList(list) => check_price_list(list, selling, &mut problems),
        TermsDocument::CustomerGroup(group) => check_group(group, &mut problems),
        TermsDocument::Settings(settings) => check_settings(settings, &mut problems),
    }
    if problems.0.is_empty() { Ok(()) } else { Err(Failure::fields(problems.0)) }
}

fn zone_of(selling: &Selling) -> Zone {
    Zone::named(&selling.settings.time_zone).unwrap_or_default()
}

fn check_promotion(p: &Promotion, selling: &Selling, problems: &mut Problems) {
    problems.texts(&p.name, "/name");
    problems.count(p.codes.len(), "/codes", MAX_ENTRIES);
    let others = || selling.promotions.iter().map(|a| &a.promotion).filter(|other| other.handle != p.handle);
    for (i, code) in p.codes.iter().enumerate() {
        let pointer = format!("/codes/{i}");
        let printable = |c: char| !c.is_control() && !c.is_whitespace() && c != ':';
        if !(1..=40).contains(&code.chars().count()) || !code.chars().all(printable) {
            problems.add(&pointer, "invalid_code", "A code is 1 to 40 characters without spaces and colons.");
        } else if p.codes[..i].iter().any(|c| normal_code(c) == normal_code(code)) {
            problems.add(&pointer, "repeated", "Name each code once.");
        } else if let Some(other) = others().find(|o| o.codes.iter().any(|c| normal_code(c) == normal_code(code))) {
            problems.add(&pointer, "code_taken", format!("The promotion {} has this code.", other.handle));
        }
    }
    debug_assert!(p.handle.len() > 30 || automatic_counter(&p.handle).len() <= 40);
    for (limit, pointer) in [(p.limit, "/limit"), (p.limit_per_customer, "/limit_per_customer")] {
        let good = limit.is_none_or(|limit| (1..=MAX_LIMIT).contains(&limit));
        problems.expect(good, pointer, "out_of_range", "From 1 to 1,000,000,000; leave it out for no limit.");
    }
    check_selection(&p.goods, "/goods", problems);
    problems.groups(&p.groups, selling);
    problems.amounts(&p.minimum.amounts, "/minimum/amounts", 0);
    problems.times(&zone_of(selling), &p.starts_at, &p.ends_at);
    match &p.effect {
        Effect::Percentage { rate } => problems.rate(*rate, "/effect/rate_ppm"),
        Effect::Fixed { amounts } | Effect::FixedPerUnit { amounts } => {
            problems.expect(!amounts.is_empty(), "/effect/amounts", "required", "Name an amount for each currency.");
            problems.amounts(amounts, "/effect/amounts", 1);
        }
        Effect::BuyXGetY { buy, get, rate, gets } => {
            for (units, pointer) in [(buy, "/effect/buy"), (get, "/effect/get")] {
                problems.expect((1..=1000).contains(units), pointer, "out_of_range", "From 1 to 1,000 units.");
            }
            problems.rate(*rate, "/effect/rate_ppm");
            if let Some(gets) = gets {
                check_selection(gets, "/effect/gets", problems);
                let named = !gets.is_everything();
                problems.expect(named, "/effect/gets", "required", "Name the goods that are reduced, or leave it out.");
            }
        }
        Effect::Tiers { steps } => {
            problems.expect(!steps.is_empty(), "/effect/steps", "required", "Name at least one step.");
            problems.count(steps.len(), "/effect/steps", 50);
            for (i, step) in steps.iter().enumerate() {
                problems.rate(step.rate, &format!("/effect/steps/{i}/rate_ppm"));
                problems.amounts(&step.from_amounts, &format!("/effect/steps/{i}/from_amounts"), 0);
            }
        }
        Effect::FreeShipping { options, countries } => {
            problems.count(options.len(), "/effect/options", MAX_ENTRIES);
            problems.countries(countries, "/effect/countries");
        }
    }
}

fn check_selection(selection: &Selection, pointer: &str, problems: &mut Problems) {
    let lists = [
        (selection.products.len(), "products"),
        (selection.collections.len(), "collections"),
        (selection.categories.len(), "categories"),
        (selection.skus.len(), "skus"),
    ];
    for (count, name) in lists {
        problems.count(count, &format!("{pointer}/{name}"), MAX_ENTRIES);
    }
}

fn check_tax_zone(zone: &TaxZone, selling: &Selling, problems: &mut Problems) {
    problems.expect(is_country(&zone.country), "/country", "unknown_country", "Use a two-letter ISO 3166-1 code.");
    problems.line(&zone.name, "/name", 60);
    problems.count(zone.regions.len(), "/regions", MAX_ENTRIES);
    problems.count(zone.rates.len(), "/rates", 200);
    let standard = zone.rates.iter().any(|rate| rate.class == "standard");
    problems.expect(standard, "/rates", "required", "A rate of the class standard is needed.");
    let clock = zone_of(selling);
    for (i, rate) in zone.rates.iter().enumerate() {
        let at = |field: &str| format!("/rates/{i}/{field}");
        problems.line(&rate.class, &at("class"), 60);
        problems.rate(rate.rate, &at("rate_ppm"));
        let day = |day: &Option<String>| day.as_deref().map(|day| clock.day_begins(day));
        let (from, until) = (day(&rate.valid_from), day(&rate.valid_until));
        for (day, field) in [(from, "valid_from"), (until, "valid_until")] {
            problems.expect(day != Some(None), &at(field), "invalid_day", "Give a day as in 2026-01-01.");
        }
        if let (Some(Some(from)), Some(Some(until))) = (from, until) {
            problems.expect(from < until, &at("valid_until"), "before_start", "The end must be after the start.");
        }
    }
}

fn check_shipping_zone(zone: &ShippingZone, problems: &mut Problems) {
    problems.line(&zone.name, "/name", 100);
    problems.countries(&zone.countries, "/countries");
    problems.count(zone.regions.len(), "/regions", MAX_ENTRIES);
    for (i, region) in zone.regions.iter().enumerate() {
        let good = region.split_once('-').is_some_and(|(country, rest)| is_country(country) && !rest.is_empty());
        problems.expect(good, &format!("/regions/{i}"), "invalid_region", "Country and region, as in US-HI.");
    }
    problems.count(zone.methods.len(), "/methods", 50);
    for (i, method) in zone.methods.iter().enumerate() {
        let at = |field: &str| format!("/methods/{i}/{field}");
        problems.handle(&method.handle, &at("handle"), 60);
        let repeated = zone.methods[..i].iter().any(|m| m.handle == method.handle);
        problems.expect(!repeated, &at("handle"), "repeated", "Each method has a handle of its own.");
        problems.texts(&method.name, &at("name"));
        problems.expect(!method.steps.is_empty(), &at("steps"), "required", "Name at least one price.");
        problems.count(method.steps.len(), &at("steps"), 100);
        let mut before = 0;
        for (n, step) in method.steps.iter().enumerate() {
            problems.amounts(&step.prices, &at(&format!("steps/{n}/prices")), 0);
            let up_to = step.up_to.unwrap_or(i64::MAX);
            let rising = up_to > before;
            problems.expect(rising, &at(&format!("steps/{n}/up_to")), "not_rising", "Name the steps in rising order.");
            before = up_to;
        }
        problems.amounts(&method.free_from, &at("free_from"), 0);
        let days = method.days_min <= method.days_max && method.days_max <= 365;
        problems.expect(days, &at("days_max"), "out_of_range", "At least days_min, at most 365.");
        if let Some(place) = &method.pick_up {
            problems.line(place, &at("pick_up"), 300);
        }
    }
}

fn check_price_list(list: &PriceList, selling: &Selling, problems: &mut Problems) {
    problems.line(&list.name, "/name", 100);
    problems.groups(&list.groups, selling);
    for (i, market) in list.markets.iter().enumerate() {
        let known = selling.terms.markets.iter().any(|m| m.handle == *market && m.currency == list.currency);
        let detail = "There is no such market with the currency of this list.";
        problems.expect(known, &format!("/markets/{i}"), "unknown_market", detail);
    }
    problems.times(&zone_of(selling), &list.starts_at, &list.ends_at);
    problems.count(list.prices.len(), "/prices", MAX_PRICES);
    let mut skus = BTreeSet::new();
    for (i, price) in list.prices.iter().enumerate() {
        let at = |field: &str| format!("/prices/{i}/{field}");
        problems.expect(skus.insert(&price.sku), &at("sku"), "repeated", "Name each SKU once.");
        problems.expect(price.price_minor >= 0, &at("price_minor"), "too_small", "A price is not negative.");
        problems.count(price.tiers.len(), &at("tiers"), 50);
        for (n, tier) in price.tiers.iter().enumerate() {
            let good = tier.from_quantity >= 2 && tier.price_minor >= 0;
            problems.expect(good, &at(&format!("tiers/{n}")), "out_of_range", "From 2 units, at a price of 0 or more.");
        }
    }
}

fn check_group(group: &CustomerGroup, problems: &mut Problems) {
    problems.line(&group.name, "/name", 100);
    problems.count(group.customers.len(), "/customers", MAX_PRICES);
}

fn check_settings(settings: &SellingSettings, problems: &mut Problems) {
    problems.expect(settings.handle == "shop", "/handle", "invalid_handle", "There is one document, called shop.");
    let zone = Zone::named(&settings.time_zone).is_ok();
    problems.expect(zone, "/time_zone", "unknown_time_zone", "Name a zone such as Europe/Berlin.");
    problems.expect(is_country(&settings.country), "/country", "unknown_country", "Use a two-letter ISO 3166-1 code.");
    for (i, state) in settings.us_states.iter().enumerate() {
        let known = crate::tax::is_us_state(state);
        problems.expect(
            known,
            &format!("/us_states/{i}"),
            "unknown_state",
            "Use the two letters of a state, as in CA.",
        );
    }
    let seller = &settings.seller;
    for (text, pointer, max) in [(&seller.name, "/seller/name", 100), (&seller.vat_id, "/seller/vat_id", 50)] {
        if !text.is_empty() {
            problems.line(text, pointer, max);
        }
    }
    problems.prose(&seller.address, "/seller/address", 500);
    problems.prose(&seller.footer, "/seller/footer", 500);
}
