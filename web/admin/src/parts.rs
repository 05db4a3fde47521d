//! What pages are made of: forms that keep what was typed, tables, states, amounts and times.

use contracts::catalog::TimestampSchema;
use kernel::{Failure, Money, Rate, Timestamp};
use maud::{Markup, PreEscaped, html};

use crate::form::{Draft, Fields};
use crate::rows;

/// What an address says was just done, in words. Only these can be shown.
const DONE: [(&str, &str); 46] = [
    ("edited", "The order is changed. What it costs less is on its way back."),
    ("shipped", "The shipment is recorded. The customer gets a mail."),
    ("delivered", "The shipment is delivered."),
    ("refunded", "The refund is on its way to the customer."),
    ("cancelled", "The order is cancelled; its stock is free again."),
    ("return-requested", "The return is recorded. Receive it when the goods are back."),
    ("return-received", "The return is received."),
    ("noted", "The note is in the timeline."),
    ("saved", "Saved."),
    ("created", "Created."),
    ("deleted", "Deleted."),
    ("stock", "The stock is changed."),
    ("picture", "The picture is added."),
    ("out", "You are logged out."),
    ("welcome", "Welcome. The shop is yours."),
    ("reset-sent", "If there is such an account, a mail with a link is on its way."),
    ("password", "Your password is set. Log in with it."),
    ("password-changed", "Your password is changed. You are logged out everywhere else."),
    ("invited", "The invitation is on its way by mail."),
    ("disabled", "They can no longer log in."),
    ("enabled", "They can log in again."),
    ("removed", "Removed."),
    ("revoked", "The key no longer works."),
    ("retried", "The mail is tried again now."),
    ("replayed", "The deliveries are sent once more."),
    ("advanced", "The fulfilment went on."),
    ("erased", "The customer's data is erased."),
    ("endpoint-on", "The endpoint gets events again."),
    ("endpoint-off", "The endpoint gets no more events."),
    ("ended", "That session has ended."),
    ("moved", "The pictures are in their new order."),
    ("option", "The variant is added."),
    ("checked", "The books were checked just now."),
    ("limit", "The limit is set."),
    ("ping-ok", "The endpoint took the test event."),
    ("ping-failed", "The endpoint did not take the test event; the list of deliveries says why."),
    ("member", "The colleague's role is changed."),
    ("unchanged", "Nothing was different, so nothing was changed."),
    ("reset", "Set back."),
    ("transferred", "The transfer is recorded."),
    ("received", "The goods are in the stock."),
    ("location-closed", "Orders are not served from there any more."),
    ("location-open", "Orders are served from there again."),
    ("promotion-on", "The promotion is switched on."),
    ("promotion-off", "The promotion is switched off. Carts that have it lose it."),
    ("promotion-ended", "The promotion has ended. Carts that have it lose it."),
];

pub(crate) fn done(key: &str) -> Option<&'static str> {
    DONE.iter().find(|(known, _)| *known == key).map(|(_, text)| *text)
}

/// `partially_shipped` as people write it: `Partially shipped`.
pub(crate) fn label(name: &str) -> String {
    let spaced = name.replace(['_', '-'], " ");
    let mut chars = spaced.chars();
    chars.next().map_or_else(String::new, |first| first.to_uppercase().chain(chars).collect())
}

/// The field of a form that the value at `pointer` is typed into: `/rates/0/rate_ppm` is the field `rates-0-rate`.
fn field_at(pointer: &str) -> String {
    let name = pointer.trim_start_matches('/').replace('/', "-");
    let units = ["_ppm", "_minor"];
    units.into_iter().find_map(|unit| name.strip_suffix(unit)).map_or(name.clone(), str::to_owned)
}

/// The same in words: `Rates 1, rate`.
fn place(pointer: &str) -> String {
    let mut words = String::new();
    for part in field_at(pointer).split('-') {
        match part.parse::<u32>() {
            Ok(row) => words.push_str(&format!(" {}", u64::from(row) + 1)),
            Err(_) if words.is_empty() => words.push_str(part),
            Err(_) => words.push_str(&format!(", {part}")),
        }
    }
    label(&words)
}

/// The name that a unit of a closed set has in JSON.
pub(crate) fn name_of(value: impl serde::Serialize) -> String {
    serde_json::to_value(value).ok().and_then(|v| v.as_str().map(str::to_owned)).unwrap_or_default()
}

/// A state, in a colour that says whether somebody has to look.
pub(crate) fn state(value: impl serde::Serialize) -> Markup {
    let name = name_of(value);
    let tone = match name.as_str() {
        "confirmed" | "paid" | "shipped" | "delivered" | "active" | "sent" | "succeeded" | "received" | "closed" => {
            "good"
        }
        "payment_failed" | "declined" | "failed" | "unknown" | "disabled" => "bad",
        "unfulfilled" | "partially_shipped" | "pending" | "requires_action" | "requested" | "queued" | "invited"
        | "authorised" | "draft" | "planned" | "in_transit" | "partially_received" | "accepted" | "packed"
        | "labelled" => "wait",
        _ => "plain",
    };
    html! { span.state.(tone) { (label(&name)) } }
}

/// `79.99 EUR`, with thin spaces between thousands and a narrow no-break space before the currency.
pub(crate) fn money(money: Money) -> String {
    format!("{}\u{a0}{}", kernel::locale::grouped(&money.decimal(), '\u{202f}', '.'), money.currency)
}

/// `7.7%`.
pub(crate) fn percent(rate: Rate) -> String {
    format!("{}%", percent_number(rate))
}

/// `7.7`, as it is typed.
pub(crate) fn percent_number(rate: Rate) -> String {
    let (whole, part) = (rate.ppm() / 10_000, format!("{:04}", rate.ppm() % 10_000));
    let part = part.trim_end_matches('0');
    if part.is_empty() { whole.to_string() } else { format!("{whole}.{part}") }
}

/// `2026-11-22 14:05`.
pub(crate) fn time_text(at: Timestamp) -> String {
    let text = at.to_string();
    match (text.get(..10), text.get(11..16)) {
        (Some(day), Some(time)) => format!("{day} {time}"),
        _ => text,
    }
}

pub(crate) fn time(at: TimestampSchema) -> Markup {
    html! { time datetime=(at.0.to_string()) { (time_text(at.0)) } }
}

pub(crate) fn maybe_time(at: Option<TimestampSchema>) -> Markup {
    html! { @if let Some(at) = at { (time(at)) } @else { "–" } }
}

/// A text that somebody wrote, set apart from what is around it, whatever direction it is written in.
pub(crate) fn said(text: &str) -> Markup {
    html! { bdi { (text) } }
}

/// A value for an address: everything but letters, digits and `-._~` percent-encoded.
pub(crate) fn encoded(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}

/// A link to the next page of a list: `query` is what the list was asked for, without a cursor.
pub(crate) fn pager(path: &str, query: &[(&str, &str)], next_cursor: Option<&str>, first: bool) -> Markup {
    let address = |cursor: Option<&str>| {
        let mut address = path.to_owned();
        let asked = query.iter().copied().filter(|(_, value)| !value.is_empty());
        for (place, (name, value)) in asked.chain(cursor.map(|cursor| ("cursor", cursor))).enumerate() {
            address.push(if place == 0 { '?' } else { '&' });
            address.push_str(name);
            address.push('=');
            address.push_str(&encoded(value));
        }
        address
    };
    html! {
        @if next_cursor.is_some() || !first {
            nav.pager aria-label="Pages" {
                @if !first { a.button.secondary href=(address(None)) { "First page" } }
                @if let Some(cursor) = next_cursor {
                    a.button.secondary rel="next" href=(address(Some(cursor))) { "Next page" }
                }
            }
        }
    }
}

/// A table that scrolls by itself when it is wider than the page. `name` is for who cannot see it.
pub(crate) fn table(name: &str, heads: &[&str], rows: &[Markup], when_empty: &str) -> Markup {
    html! {
        @if rows.is_empty() {
            p.empty { (when_empty) }
        } @else {
            div.table role="region" aria-label=(name) tabindex="0" {
                table {
                    thead { tr { @for head in heads { th scope="col" { (head) } } } }
                    tbody { @for row in rows { (row) } }
                }
            }
        }
    }
}

/// One input of a form.
#[derive(Clone, Debug, Default)]
pub(crate) struct Field<'a> {
    pub(crate) name: &'a str,
    pub(crate) label: &'a str,
    kind: &'a str,
    value: &'a str,
    hint: &'a str,
    required: bool,
    autocomplete: &'a str,
    readonly: bool,
}

impl<'a> Field<'a> {
    pub(crate) fn new(name: &'a str, label: &'a str) -> Self {
        Field { name, label, kind: "text", ..Field::default() }
    }

    pub(crate) fn kind(mut self, kind: &'a str) -> Self {
        self.kind = kind;
        self
    }

    pub(crate) fn value(mut self, value: &'a str) -> Self {
        self.value = value;
        self
    }

    pub(crate) fn hint(mut self, hint: &'a str) -> Self {
        self.hint = hint;
        self
    }

    pub(crate) fn required(mut self) -> Self {
        self.required = true;
        self
    }

    pub(crate) fn autocomplete(mut self, value: &'a str) -> Self {
        self.autocomplete = value;
        self
    }

    pub(crate) fn readonly(mut self) -> Self {
        self.readonly = true;
        self
    }
}

/// A form of a page: when it is the one that could not be done, it shows what was typed and what is wrong.
pub(crate) struct Form<'a> {
    id: &'a str,
    draft: Option<&'a Draft>,
}

impl<'a> Form<'a> {
    pub(crate) fn new(id: &'a str, draft: &'a Draft) -> Self {
        Form { id, draft: (draft.form == id).then_some(draft) }
    }

    fn fields(&self) -> Option<&Fields> {
        self.draft.map(|draft| &draft.fields)
    }

    fn failure(&self) -> Option<&Failure> {
        self.draft.and_then(|draft| draft.failure.as_ref())
    }

    fn id_of(&self, name: &str) -> String {
        format!("{}-{name}", self.id)
    }

    /// What is typed into the field `name`, or else `current`.
    pub(crate) fn value<'b>(&'b self, name: &str, current: &'b str) -> &'b str {
        match self.fields() {
            Some(fields) if fields.has(name) => fields.raw(name),
            _ => current,
        }
    }

    fn errors<'b>(&'b self, name: &'b str) -> impl Iterator<Item = &'b str> {
        self.failure()
            .into_iter()
            .flat_map(|failure| &failure.errors)
            .filter_map(move |error| (field_at(&error.pointer) == name).then_some(error.detail.as_str()))
    }

    /// What went wrong, at the top of the form.
    pub(crate) fn complaint(&self) -> Markup {
        html! {
            @if let Some(failure) = self.failure() {
                div.notice.bad role="alert" {
                    p { (failure.detail) }
                    @if failure.errors.len() > 1 || failure.errors.iter().any(|e| e.detail != failure.detail) {
                        ul {
                            @for error in &failure.errors {
                                li { strong { (place(&error.pointer)) ": " } (error.detail) }
                            }
                        }
                    }
                }
            }
        }
    }

    /// What is wrong with boxes to tick, which have no field of their own.
    pub(crate) fn mistakes(&self, name: &str) -> Markup {
        html! { @for error in self.errors(name) { p.error { (error) } } }
    }

    fn explained(&self, name: &str, hint: &str) -> (Markup, Option<String>) {
        let id = self.id_of(name);
        let errors: Vec<&str> = self.errors(name).collect();
        let mut by: Vec<String> = Vec::new();
        if !hint.is_empty() {
            by.push(format!("{id}-hint"));
        }
        if !errors.is_empty() {
            by.push(format!("{id}-error"));
        }
        let markup = html! {
            @if !hint.is_empty() { p.hint id=(format!("{id}-hint")) { (hint) } }
            @if !errors.is_empty() { p.error id=(format!("{id}-error")) { @for error in &errors { (error) " " } } }
        };
        (markup, (!by.is_empty()).then(|| by.join(" ")))
    }

    pub(crate) fn input(&self, field: &Field<'_>) -> Markup {
        let id = self.id_of(field.name);
        let (explanation, by) = self.explained(field.name, field.hint);
        let wrong = self.errors(field.name).next().is_some();
        // A password is never sent back.
        let value = if field.kind == "password" { "" } else { self.value(field.name, field.value) };
        let amount = matches!(field.kind, "money" | "count" | "percent");
        let kind = if amount { "text" } else { field.kind };
        let mode = match field.kind {
            "money" | "percent" => Some("decimal"),
            "count" => Some("numeric"),
            _ => None,
        };
        html! {
            div.field {
                label for=(id) { (field.label) }
                input id=(id) type=(kind) name=(field.name) value=(value) dir="auto" required[field.required]
                    readonly[field.readonly] inputmode=[mode]
                    autocomplete=(if field.autocomplete.is_empty() { "off" } else { field.autocomplete })
                    aria-invalid=[wrong.then_some("true")] aria-describedby=[by];
                (explanation)
            }
        }
    }

    /// A text of several lines.
    pub(crate) fn area(&self, field: &Field<'_>, rows: u32) -> Markup {
        let id = self.id_of(field.name);
        let (explanation, by) = self.explained(field.name, field.hint);
        let wrong = self.errors(field.name).next().is_some();
        html! {
            div.field.wide {
                label for=(id) { (field.label) }
                // The first line break after the tag is not part of the text.
                textarea id=(id) name=(field.name) rows=(rows) dir="auto" required[field.required]
                    spellcheck=(if field.kind == "code" { "false" } else { "true" })
                    class=[(field.kind == "code").then_some("code")]
                    aria-invalid=[wrong.then_some("true")] aria-describedby=[by] {
                    (PreEscaped("\n")) (self.value(field.name, field.value))
                }
                (explanation)
            }
        }
    }

    pub(crate) fn select(&self, field: &Field<'_>, choices: &[(String, String)]) -> Markup {
        let id = self.id_of(field.name);
        let (explanation, by) = self.explained(field.name, field.hint);
        let chosen = self.value(field.name, field.value);
        html! {
            div.field {
                label for=(id) { (field.label) }
                select id=(id) name=(field.name) aria-describedby=[by] {
                    @for (value, text) in choices {
                        option value=(value) selected[value == chosen] { (text) }
                    }
                }
                (explanation)
            }
        }
    }

    /// How many rows `list` has: those typed, or else as many as there are `now`.
    pub(crate) fn rows(&self, list: &str, now: usize) -> usize {
        self.fields().map_or(now, |fields| rows::count(fields, list))
    }

    /// The `row`-th of what there is now; none when the form shows what was typed.
    pub(crate) fn now<'b, T>(&self, values: &'b [T], row: usize) -> Option<&'b T> {
        if self.draft.is_some() { None } else { values.get(row) }
    }

    /// What makes a row be there, and the button that takes it away. `what` is for who hears the button's name alone.
    pub(crate) fn row(&self, action: &str, list: &str, row: usize, what: &str) -> Markup {
        let top = list.split('-').next().unwrap_or(list);
        html! {
            input type="hidden" name=(format!("{list}-{row}-{}", rows::MARK)) value="";
            button.quiet type="submit" name=(rows::BUTTON) value=(format!("remove {list}-{row}")) formnovalidate
                formaction=(format!("{action}#{top}")) aria-label=(format!("Remove {what} {}", row + 1)) { "Remove" }
        }
    }

    /// The button that adds a row.
    pub(crate) fn add_row(&self, action: &str, list: &str, words: &str) -> Markup {
        let top = list.split('-').next().unwrap_or(list);
        html! {
            p.actions {
                button.secondary type="submit" name=(rows::BUTTON) value=(format!("add {list}")) formnovalidate
                    formaction=(format!("{action}#{top}")) { (words) }
            }
        }
    }

    /// A box to tick. Its value is sent only when it is ticked.
    pub(crate) fn check(&self, name: &str, value: &str, text: &str, ticked: bool) -> Markup {
        // A value may be anything; an id has no spaces.
        let id = format!("{}-{name}-{}", self.id, encoded(value));
        let ticked = match self.fields() {
            Some(fields) => fields.all(name).any(|sent| sent == value),
            None => ticked,
        };
        html! {
            div.check {
                input id=(id) type="checkbox" name=(name) value=(value) checked[ticked];
                label for=(id) { (text) }
            }
        }
    }
}

/// What the return key presses in a form whose first button would be one of a row.
pub(crate) fn default_button() -> Markup {
    html! { button.default type="submit" tabindex="-1" aria-hidden="true" {} }
}

/// Choices of which the value is the text.
pub(crate) fn choices<'a>(values: impl IntoIterator<Item = &'a str>) -> Vec<(String, String)> {
    values.into_iter().map(|value| (value.to_owned(), label(value))).collect()
}

/// A button that is a form by itself.
pub(crate) fn button(action: &str, key: Option<&str>, class: &str, text: &str) -> Markup {
    html! {
        form.inline method="post" action=(action) {
            @if let Some(key) = key { input type="hidden" name="key" value=(key); }
            button class=(class) type="submit" { (text) }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use kernel::Currency;

    #[test]
    fn amounts_rates_and_names_are_written_for_people() {
        assert_eq!(money(Money::new(123_456_789, Currency::EUR)), "1\u{202f}234\u{202f}567.89\u{a0}EUR");
        assert_eq!(money(Money::new(-5, Currency::EUR)), "\u{2212}0.05\u{a0}EUR");
        assert_eq!((percent(Rate::from_ppm(77_000)), percent(Rate::from_ppm(190_000))), ("7.7%".into(), "19%".into()));
        assert_eq!(label("partially_shipped"), "Partially shipped");
        assert_eq!(encoded("a b/ü&"), "a%20b%2F%C3%BC%26");
        assert_eq!(
            (field_at("/rates/0/rate_ppm"), place("/rates/0/rate_ppm")),
            ("rates-0-rate".into(), "Rates 1, rate".into())
        );
        assert_eq!(place("/to"), "To");
        assert_eq!(time_text(Timestamp::from_millis(1_700_000_000_123)), "2023-11-14 22:13");
    }

    #[test]
    fn a_form_keeps_what_was_typed_and_never_a_password() {
        let fields = Fields::parse(b"title=%3Cb%3E&password=secret&size=m").unwrap();
        let draft = Draft::new("edit", fields, Failure::field("/title", "bad", "Not that."));
        let form = Form::new("edit", &draft);
        let title = form.input(&Field::new("title", "Title").value("before")).into_string();
        assert!(title.contains("value=\"&lt;b&gt;\"") && title.contains("Not that."), "{title}");
        let password = form.input(&Field::new("password", "Password").kind("password")).into_string();
        assert!(!password.contains("secret"), "{password}");
        let other = Form::new("other", &draft).input(&Field::new("title", "Title").value("before")).into_string();
        assert!(other.contains("before") && !other.contains("Not that."), "{other}");
    }

    #[test]
    fn what_was_done_is_one_of_ours() {
        assert_eq!(done("<script>"), None);
        let mut keys: Vec<_> = DONE.iter().map(|(key, _)| key).collect();
        keys.sort_unstable();
        keys.dedup();
        assert_eq!(keys.len(), DONE.len());
    }
}
