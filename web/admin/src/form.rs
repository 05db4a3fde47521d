//! Form posts and queries, and what was typed into a form that has to be shown again.

use std::convert::Infallible;

use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::http::request::Parts;
use contracts::ledger::LineQuantity;
pub(crate) use http_kit::Fields;
use http_kit::{FormFault, Problem, read_form};
use kernel::{Currency, ErrorKind, Failure, FieldError, Money, MoneyError, Rate};

use crate::site::Site;

/// The most bytes of a form: a product with a long description in some languages and a hundred variants.
const MAX_BODY: usize = 1024 * 1024;

/// The page of a form that was not read.
pub(crate) fn unread(fault: FormFault) -> Problem {
    let failure = match fault {
        FormFault::Body(problem) => return problem,
        FormFault::CrossSite => {
            let detail =
                "This form was sent from another site, so nothing was done. Open the back office and try there.";
            Failure::new(ErrorKind::Forbidden, "cross_site", detail)
        }
        FormFault::Unreadable => {
            let detail = "This form could not be read. Go back and send it again.";
            Failure::new(ErrorKind::Malformed, "malformed_form", detail)
        }
    };
    failure.into()
}

impl FromRequest<Site> for Fields {
    type Rejection = Problem;

    async fn from_request(request: Request, site: &Site) -> Result<Self, Problem> {
        read_form(request, site.handles().base_url.as_deref(), MAX_BODY).await.map_err(unread)
    }
}

/// The query of an address. One that cannot be read asks for nothing.
pub(crate) struct Asked(pub(crate) Fields);

impl<S: Send + Sync> FromRequestParts<S> for Asked {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(Asked(parts.uri.query().and_then(|query| Fields::parse(query.as_bytes())).unwrap_or_default()))
    }
}

/// What was typed into a form that is shown again, and why it could not be done.
#[derive(Clone, Debug, Default)]
pub(crate) struct Draft {
    /// Which form of the page.
    pub(crate) form: String,
    pub(crate) fields: Fields,
    /// None when only rows were added or removed.
    pub(crate) failure: Option<Failure>,
}

impl Draft {
    pub(crate) fn typed(form: impl Into<String>, fields: Fields) -> Self {
        Draft { form: form.into(), fields, failure: None }
    }

    pub(crate) fn new(form: impl Into<String>, fields: Fields, failure: Failure) -> Self {
        Draft { form: form.into(), fields, failure: Some(failure) }
    }
}

/// Reads the values of a form, and remembers all that is wrong with them.
pub(crate) struct Reading<'a> {
    pub(crate) fields: &'a Fields,
    errors: Vec<FieldError>,
}

impl<'a> Reading<'a> {
    pub(crate) fn new(fields: &'a Fields) -> Self {
        Reading { fields, errors: Vec::new() }
    }

    pub(crate) fn wrong(&mut self, name: &str, code: &str, detail: impl Into<String>) {
        self.errors.push(FieldError { pointer: format!("/{name}"), code: code.to_owned(), detail: detail.into() });
    }

    fn length(&mut self, name: &str, text: &str, min: usize, max: usize) {
        let length = text.chars().count();
        if length < min {
            self.wrong(name, "required", "This is needed.");
        } else if length > max {
            self.wrong(name, "too_long", format!("At most {max} characters."));
        }
    }

    /// A text of one line.
    pub(crate) fn line(&mut self, name: &str, min: usize, max: usize) -> String {
        let text = self.fields.text(name);
        if text.chars().any(char::is_control) {
            self.wrong(name, "invalid_characters", "This contains characters that cannot be printed.");
        } else {
            self.length(name, text, min, max);
        }
        text.to_owned()
    }

    pub(crate) fn optional_line(&mut self, name: &str, max: usize) -> Option<String> {
        Some(self.line(name, 0, max)).filter(|text| !text.is_empty())
    }

    /// A text that may have several lines.
    pub(crate) fn prose(&mut self, name: &str, min: usize, max: usize) -> String {
        let text = self.fields.text(name);
        if text.chars().any(|c| c.is_control() && !matches!(c, '\n' | '\r' | '\t')) {
            self.wrong(name, "invalid_characters", "This contains characters that cannot be printed.");
        } else {
            self.length(name, text, min, max);
        }
        text.replace("\r\n", "\n")
    }

    /// A decimal amount; none when nothing is typed.
    pub(crate) fn money(&mut self, name: &str, currency: Currency) -> Option<Money> {
        let text = self.fields.get(name)?;
        match Money::parse_decimal(text, currency) {
            Ok(money) => Some(money),
            Err(error) => {
                let detail = match error {
                    MoneyError::ExcessDecimals => format!("{currency} has {} decimals.", currency.exponent()),
                    MoneyError::Overflow => "This is more than can be counted.".to_owned(),
                    _ => "Write an amount such as 79.99, without separators of thousands.".to_owned(),
                };
                self.wrong(name, "invalid_amount", detail);
                None
            }
        }
    }

    /// As [`Self::money`], of nothing or more.
    pub(crate) fn price(&mut self, name: &str, currency: Currency) -> Option<Money> {
        let money = self.money(name, currency)?;
        if money.amount_minor < 0 {
            self.wrong(name, "out_of_range", "Write an amount of 0 or more.");
            return None;
        }
        Some(money)
    }

    /// Words with commas, spaces or line breaks between them.
    pub(crate) fn words(&self, name: &str) -> Vec<String> {
        let words = self.fields.raw(name).split(|c: char| c == ',' || c == ';' || c.is_whitespace());
        words.filter(|word| !word.is_empty()).map(str::to_owned).collect()
    }

    /// A whole number within bounds; none when nothing is typed.
    pub(crate) fn integer(&mut self, name: &str, min: i64, max: i64) -> Option<i64> {
        let text = self.fields.get(name)?;
        let number = text.parse::<i64>().ok().filter(|number| (min..=max).contains(number));
        if number.is_none() {
            self.wrong(name, "out_of_range", format!("Write a whole number from {min} to {max}."));
        }
        number
    }

    /// As [`Self::integer`], of what must be typed.
    pub(crate) fn needed_integer(&mut self, name: &str, min: i64, max: i64) -> Option<i64> {
        if self.fields.get(name).is_none() {
            self.wrong(name, "required", format!("Write a whole number from {min} to {max}."));
        }
        self.integer(name, min, max)
    }

    /// A percentage such as `7.7`; none when nothing is typed.
    pub(crate) fn percent(&mut self, name: &str) -> Option<Rate> {
        let text = self.fields.get(name)?.trim_end_matches('%').trim_end();
        let (whole, part) = text.split_once('.').unwrap_or((text, ""));
        let digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
        let scaled = (!whole.is_empty() && digits(whole) && digits(part) && part.len() <= 4)
            .then(|| format!("{whole}{part:0<4}").parse::<u32>().ok().filter(|ppm| *ppm <= 1_000_000))
            .flatten();
        if scaled.is_none() {
            self.wrong(name, "invalid_percentage", "Write a percentage from 0 to 100, such as 7.7.");
        }
        scaled.map(Rate::from_ppm)
    }

    /// The quantities typed for the lines of an order, as `quantity-1`, `quantity-2` …; those of nothing left out.
    pub(crate) fn quantities(&mut self, lines: impl Iterator<Item = u32>) -> Vec<LineQuantity> {
        let mut asked = Vec::new();
        for line in lines {
            let name = format!("quantity-{line}");
            if let Some(quantity) = self.integer(&name, 0, 1_000_000).and_then(|q| u32::try_from(q).ok())
                && quantity > 0
            {
                asked.push(LineQuantity { line, quantity });
            }
        }
        asked
    }

    /// # Errors
    /// 422 `invalid_input` with everything that is wrong.
    pub(crate) fn done(self) -> Result<(), Failure> {
        if self.errors.is_empty() { Ok(()) } else { Err(Failure::fields(self.errors)) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_wrong_is_told_at_once() {
        let fields = Fields::parse(b"a=&b=1.999&c=7&d=107&e=a%1b&f=8.1%25&quantity-1=2&quantity-2=0").unwrap();
        let mut read = Reading::new(&fields);
        read.line("a", 1, 9);
        assert_eq!(read.money("b", Currency::EUR), None);
        assert_eq!(read.integer("c", 0, 6), None);
        assert_eq!(read.percent("d"), None);
        read.prose("e", 0, 9);
        assert_eq!(read.percent("f"), Some(Rate::from_ppm(81_000)));
        assert_eq!(read.quantities([1, 2, 3].into_iter()), [LineQuantity { line: 1, quantity: 2 }]);
        let pointers: Vec<_> = read.done().unwrap_err().errors.into_iter().map(|e| e.pointer).collect();
        assert_eq!(pointers, ["/a", "/b", "/c", "/d", "/e"]);
    }
}
