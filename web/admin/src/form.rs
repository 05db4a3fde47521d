//! Form posts and queries: read strictly and bounded, for posts only from our own pages; and what was typed into a form
//! that has to be shown again.

use std::convert::Infallible;

use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::http::header;
use axum::http::request::Parts;
use contracts::ledger::LineQuantity;
use http_kit::{Problem, read_body};
use kernel::{Currency, ErrorKind, Failure, FieldError, Money, MoneyError, Rate};

use crate::site::Site;

/// The most bytes of a form: a product with a long description in some languages and a hundred variants.
const MAX_BODY: usize = 1024 * 1024;
/// The most fields of a form.
const MAX_FIELDS: usize = 5_000;

/// The fields of a form or query, in order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Fields(Vec<(String, String)>);

impl Fields {
    /// Reads `application/x-www-form-urlencoded` text; nothing when it is not well-formed UTF-8 throughout.
    pub(crate) fn parse(text: &[u8]) -> Option<Fields> {
        let pairs = text
            .split(|&b| b == b'&')
            .filter(|pair| !pair.is_empty())
            .take(MAX_FIELDS + 1)
            .map(|pair| {
                let split = pair.iter().position(|&b| b == b'=').unwrap_or(pair.len());
                Some((decode(&pair[..split])?, decode(pair.get(split + 1..).unwrap_or(b""))?))
            })
            .collect::<Option<Vec<_>>>()?;
        (pairs.len() <= MAX_FIELDS).then_some(Fields(pairs))
    }

    pub(crate) fn of(pairs: Vec<(String, String)>) -> Fields {
        Fields(pairs)
    }

    /// The first value of `name` as it was typed; empty when there is none.
    pub(crate) fn raw(&self, name: &str) -> &str {
        self.0.iter().find(|(key, _)| key == name).map_or("", |(_, value)| value)
    }

    /// The first value of `name`, without spaces at its ends.
    pub(crate) fn text(&self, name: &str) -> &str {
        self.raw(name).trim()
    }

    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        Some(self.text(name)).filter(|text| !text.is_empty())
    }

    /// Every value of `name`.
    pub(crate) fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.0.iter().filter(move |(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    pub(crate) fn has(&self, name: &str) -> bool {
        self.0.iter().any(|(key, _)| key == name)
    }
}

fn decode(raw: &[u8]) -> Option<String> {
    let mut bytes = Vec::with_capacity(raw.len());
    let mut rest = raw.iter();
    while let Some(&byte) = rest.next() {
        bytes.push(match byte {
            b'+' => b' ',
            b'%' => {
                let digit = |b: Option<&u8>| b.and_then(|&b| char::from(b).to_digit(16));
                let (high, low) = (digit(rest.next())?, digit(rest.next())?);
                u8::try_from(high * 16 + low).ok()?
            }
            other => other,
        });
    }
    String::from_utf8(bytes).ok()
}

fn unreadable() -> Failure {
    Failure::new(ErrorKind::Malformed, "malformed_form", "This form could not be read. Go back and send it again.")
}

/// A post from another site is refused, whoever's cookies it carries.
pub(crate) fn from_us(request: &Request, site: &Site) -> Result<(), Failure> {
    if http_kit::from_own_page(request.headers(), site.handles().base_url.as_deref()) == Some(false) {
        let detail = "This form was sent from another site, so nothing was done. Open the back office and try there.";
        return Err(Failure::new(ErrorKind::Forbidden, "cross_site", detail));
    }
    Ok(())
}

pub(crate) fn content_type(request: &Request) -> &str {
    request.headers().get(header::CONTENT_TYPE).and_then(|v| v.to_str().ok()).unwrap_or("")
}

impl FromRequest<Site> for Fields {
    type Rejection = Problem;

    async fn from_request(request: Request, site: &Site) -> Result<Self, Problem> {
        from_us(&request, site)?;
        let essence = content_type(&request).split(';').next().unwrap_or("").trim();
        if !essence.eq_ignore_ascii_case("application/x-www-form-urlencoded") {
            return Err(unreadable().into());
        }
        let body = read_body(request, MAX_BODY).await?;
        Ok(Fields::parse(&body).ok_or_else(unreadable)?)
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

/// What was typed into a form that could not be done, and why.
#[derive(Clone, Debug, Default)]
pub(crate) struct Draft {
    /// Which form of the page.
    pub(crate) form: String,
    pub(crate) fields: Fields,
    pub(crate) failure: Option<Failure>,
}

impl Draft {
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

    /// A whole number within bounds; none when nothing is typed.
    pub(crate) fn integer(&mut self, name: &str, min: i64, max: i64) -> Option<i64> {
        let text = self.fields.get(name)?;
        let number = text.parse::<i64>().ok().filter(|number| (min..=max).contains(number));
        if number.is_none() {
            self.wrong(name, "out_of_range", format!("Write a whole number from {min} to {max}."));
        }
        number
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
    fn forms_are_decoded_strictly() {
        let fields = Fields::parse(b"name=Zo%C3%AB+M%26M&empty=&flag&name=second&sp=%20x%20").unwrap();
        assert_eq!(fields.text("name"), "Zoë M&M");
        assert_eq!(fields.all("name").collect::<Vec<_>>(), ["Zoë M&M", "second"]);
        assert_eq!((fields.text("sp"), fields.raw("sp")), ("x", " x "));
        assert_eq!((fields.get("empty"), fields.has("flag")), (None, true));
        for bad in [&b"a=%"[..], b"a=%g0", b"a=%C3", b"a=\xff", b"%f=1"] {
            assert_eq!(Fields::parse(bad), None, "{bad:?}");
        }
        assert_eq!(Fields::parse("a=1&".repeat(MAX_FIELDS + 1).as_bytes()), None, "too many fields");
    }

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
