//! Documents as plain forms: rows with fields, and what is wrong beside the field that it is about.

pub(crate) mod group;
pub(crate) mod prices;
pub(crate) mod promotion;
pub(crate) mod settings;
pub(crate) mod shipping;
pub(crate) mod tax;

use contracts::market::Texts;
use contracts::selling::{TermsDocument, TermsKind};
use kernel::{Currency, CustomerId, Failure, Money};
use maud::Markup;

use super::document::DocumentPage;
use crate::form::{Fields, Reading};
use crate::parts::{Field, Form};
use crate::rows;
use crate::site::Site;

/// The most rows of a long list that a page shows; the others are kept as they are.
pub(super) const SHOWN: usize = 100;
const HANDLE_HINT: &str = "Small letters, digits and hyphens. Empty: made of the name. It does not change later.";

/// What forms of documents offer to choose from.
#[derive(Clone, Debug, Default)]
pub(crate) struct Choices {
    pub(crate) locales: Vec<String>,
    pub(crate) currencies: Vec<Currency>,
    /// Handles and names.
    pub(crate) markets: Vec<(String, String)>,
    pub(crate) groups: Vec<(String, String)>,
    /// The customers of a group that are shown, with what they are called.
    pub(crate) members: Vec<(CustomerId, String)>,
    /// What promotions can name beside groups: goods, and ways to deliver.
    pub(crate) collections: Vec<(String, String)>,
    pub(crate) categories: Vec<(String, String)>,
    pub(crate) deliveries: Vec<(String, String)>,
    /// The shop's, in which times are meant.
    pub(crate) time_zone: String,
    /// What a new promotion is to do; empty when nothing was chosen.
    pub(crate) effect: String,
}

/// The inputs of the form at `action`.
pub(super) fn inputs(data: &DocumentPage, form: &Form<'_>, action: &str) -> Markup {
    let now = data.document.as_ref();
    let choices = &data.choices;
    match data.kind.kind {
        TermsKind::Promotion => promotion::inputs(form, action, choices, now),
        TermsKind::TaxZone => tax::inputs(form, action, now),
        TermsKind::ShippingZone => shipping::inputs(form, action, choices, now),
        TermsKind::PriceList => prices::inputs(form, action, choices, now, data.from),
        TermsKind::CustomerGroup => group::inputs(form, action, choices, now, data.from),
        TermsKind::Settings => settings::inputs(form, now),
    }
}

/// The form without rows in which nothing was typed.
pub(super) fn settled(kind: TermsKind, fields: &Fields) -> Fields {
    match kind {
        TermsKind::TaxZone => rows::typed(fields, "rates", &["class"]),
        TermsKind::ShippingZone => shipping::settled(fields),
        TermsKind::PriceList => prices::settled(fields),
        TermsKind::Promotion => rows::typed(fields, "effect-steps", &[]),
        TermsKind::CustomerGroup | TermsKind::Settings => fields.clone(),
    }
}

/// The document that was typed, over what the form does not show of the one `before`.
pub(super) async fn read(
    site: &Site,
    kind: TermsKind,
    choices: &Choices,
    fields: &Fields,
    before: Option<&TermsDocument>,
) -> Result<TermsDocument, Failure> {
    match kind {
        TermsKind::TaxZone => tax::read(fields, before),
        TermsKind::ShippingZone => shipping::read(choices, fields, before),
        TermsKind::PriceList => prices::read(choices, fields, before),
        TermsKind::CustomerGroup => group::read(site, fields, before).await,
        TermsKind::Settings => settings::read(fields, before),
        TermsKind::Promotion => promotion::read(site, choices, fields, before).await,
    }
}

/// The languages and currencies of the markets.
pub(super) fn money_and_words(site: &Site) -> Choices {
    Choices { locales: site.locales(), currencies: site.currencies(), ..Choices::default() }
}

/// What is wrong, at the fields of the form and counted from the first row that it shows.
pub(super) fn placed(kind: TermsKind, failure: Failure, fields: &Fields, choices: &Choices) -> Failure {
    match kind {
        TermsKind::Promotion => promotion::placed(failure, fields, choices),
        TermsKind::PriceList => prices::shifted(failure, fields),
        _ => failure,
    }
}

/// The first currency of the shop.
fn first(currencies: &[Currency]) -> Currency {
    currencies.first().copied().unwrap_or(Currency::EUR)
}

/// A box to tick for each of `all`, by handle and name; nothing when there is none.
fn ticks(form: &Form<'_>, name: &str, legend: &str, hint: &str, all: &[(String, String)], now: &[String]) -> Markup {
    maud::html! {
        @if !all.is_empty() {
            fieldset {
                legend { (legend) }
                @if !hint.is_empty() { p.hint { (hint) } }
                div.checks {
                    @for (handle, title) in all { (form.check(name, handle, title, now.contains(handle))) }
                }
                (form.mistakes(name))
            }
        }
    }
}

/// The input of a document's name in addresses, which is given once.
fn handle_input(form: &Form<'_>, now: Option<&TermsDocument>) -> Markup {
    let field = Field::new("handle", "Handle");
    match now {
        Some(now) => form.input(&field.value(now.handle()).readonly()),
        None => form.input(&field.hint(HANDLE_HINT)),
    }
}

/// The handle that was typed, or one made of `name`.
fn handle_of(fields: &Fields, field: &str, name: &str) -> String {
    fields.get(field).map_or_else(|| slug(name), str::to_owned)
}

/// `Winter sale, 2026!` as `winter-sale-2026`.
fn slug(name: &str) -> String {
    let mut slug = String::new();
    for c in name.chars() {
        match c.to_ascii_lowercase() {
            c if c.is_ascii_alphanumeric() => slug.push(c),
            _ if slug.is_empty() || slug.ends_with('-') => {}
            _ => slug.push('-'),
        }
        if slug.len() >= 30 {
            break;
        }
    }
    slug.trim_end_matches('-').to_owned()
}

/// An amount in each currency: `{name}-EUR`.
fn amount_inputs(form: &Form<'_>, currencies: &[Currency], name: &str, label: &str, now: &[Money]) -> Markup {
    maud::html! {
        @for currency in currencies {
            @let value = now.iter().find(|money| money.currency == *currency).map(|money| money.decimal()).unwrap_or_default();
            (form.input(&Field::new(&format!("{name}-{currency}"), &format!("{label} {currency}")).kind("money").value(&value)))
        }
    }
}

/// The amounts that were typed, with those of currencies that the form does not show.
fn amounts(read: &mut Reading<'_>, currencies: &[Currency], name: &str, before: &[Money]) -> Vec<Money> {
    let others = before.iter().copied().filter(|money| !currencies.contains(&money.currency));
    let typed = currencies.iter().filter_map(|currency| read.price(&format!("{name}-{currency}"), *currency));
    typed.chain(others).collect()
}

/// The texts that were typed into `{name}-{locale}`, with those of languages that the form does not show.
fn texts(read: &mut Reading<'_>, locales: &[String], name: &str, before: Option<&Texts>) -> Texts {
    let mut texts = before.cloned().unwrap_or_default();
    for locale in locales {
        match read.optional_line(&format!("{name}-{locale}"), 100) {
            Some(text) => texts.0.insert(locale.clone(), text),
            None => texts.0.remove(locale),
        };
    }
    texts
}

/// Names with commas between them, which may have spaces.
fn listed(fields: &Fields, name: &str) -> Vec<String> {
    let parts = fields.raw(name).split([',', ';', '\n']).map(str::trim);
    parts.filter(|part| !part.is_empty()).map(str::to_owned).collect()
}

/// Codes with commas or spaces between them, in capitals.
fn codes(read: &Reading<'_>, name: &str) -> Vec<String> {
    read.words(name).into_iter().map(|code| code.to_ascii_uppercase()).collect()
}

/// The rows of a long list that a form is about, counted in the document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Slice {
    from: usize,
    until: usize,
}

impl Slice {
    fn new(from: usize, len: usize) -> Self {
        let from = from.min(len);
        Slice { from, until: (from + SHOWN).min(len) }
    }

    /// Which rows the form was rendered with.
    fn of(fields: &Fields, len: usize) -> Self {
        let number = |name: &str| fields.text(name).parse::<usize>().unwrap_or(0).min(len);
        let from = number("from");
        Slice { from, until: number("until").max(from) }
    }

    /// `typed` in place of the rows of `before` that the form showed.
    fn replaced<T: Clone>(self, before: &[T], typed: Vec<T>) -> Vec<T> {
        let rest = before.get(self.until..).unwrap_or(&[]);
        before[..self.from.min(before.len())].iter().cloned().chain(typed).chain(rest.iter().cloned()).collect()
    }

    /// Where in the list one is, and the ways to the rest of it.
    fn pager(self, action: &str, len: usize, what: &str) -> Markup {
        maud::html! {
            input type="hidden" name="from" value=(self.from);
            input type="hidden" name="until" value=(self.until);
            @if len > SHOWN {
                p.muted { (what) " " (self.from + 1) " to " (self.until) " of " (len) ". Save before you go on to others." }
                nav.pager aria-label=(what) {
                    @if self.from > 0 { a.button.secondary href=(format!("{action}?from={}", self.from.saturating_sub(SHOWN))) { "Those before" } }
                    @if self.until < len { a.button.secondary href=(format!("{action}?from={}", self.until)) { "Those after" } }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    pub(super) fn choices() -> Choices {
        let currencies = vec![Currency::EUR, Currency::USD];
        Choices { locales: vec!["en".to_owned(), "de".to_owned()], currencies, ..Choices::default() }
    }

    /// A form as a browser sends it, with spaces as they are.
    pub(super) fn form(text: &str) -> Fields {
        Fields::parse(text.as_bytes()).unwrap()
    }

    /// Where a form is wrong.
    pub(super) fn wrong(read: Result<TermsDocument, Failure>) -> Vec<String> {
        read.unwrap_err().errors.into_iter().map(|error| error.pointer).collect()
    }

    #[test]
    fn handles_are_made_of_names() {
        assert_eq!(slug("Winter sale, 2026!"), "winter-sale-2026");
        assert_eq!(slug("  Über uns "), "ber-uns");
        assert_eq!(slug(&"long name ".repeat(9)).len(), 29);
    }

    #[test]
    fn a_slice_replaces_what_it_showed_and_nothing_else() {
        let before: Vec<usize> = (0..250).collect();
        let slice = Slice::new(100, before.len());
        assert_eq!(slice, Slice { from: 100, until: 200 });
        let after = slice.replaced(&before, vec![7]);
        assert_eq!((after.len(), after[99], after[100], after[101]), (151, 99, 7, 200));
        let sent = Fields::parse(b"from=100&until=200").unwrap();
        assert_eq!(Slice::of(&sent, 250), slice);
        let wild = Fields::parse(b"from=99999999&until=3").unwrap();
        assert_eq!(Slice::of(&wild, 5).replaced(&[1, 2, 3, 4, 5], vec![6]), [1, 2, 3, 4, 5, 6]);
    }
}
