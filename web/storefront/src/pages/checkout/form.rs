//! What is typed into the checkout, kept as typed, and what is wrong with it.

use std::net::IpAddr;

use contracts::address::{Address, is_email};
use contracts::cart::CartAccess;
use contracts::checkout::MAX_GIFT_CARDS;
use kernel::{CartId, CustomerId, FieldError, Money};

use crate::cookies;
use crate::form::Fields;
use crate::phrases::Phrases;
use crate::site::Site;

/// The test provider's tokens, in the order shown. What they are called is in the phrases.
pub(crate) const TOKENS: [&str; 10] = [
    "tok_approve",
    "tok_3ds",
    "tok_slow",
    "tok_decline",
    "tok_insufficient_funds",
    "tok_timeout_charged",
    "tok_timeout_lost",
    "tok_webhook_late",
    "tok_webhook_first",
    "tok_webhook_twice",
];

#[derive(Clone, Debug)]
pub(crate) struct CheckoutForm {
    pub(crate) email: String,
    pub(crate) shipping: Address,
    /// Whether the invoice goes to another address.
    pub(crate) other_billing: bool,
    pub(crate) billing: Address,
    pub(crate) shipping_option: String,
    /// Codes as typed; what is empty is left out.
    pub(crate) gift_cards: Vec<String>,
    pub(crate) vat_id: String,
    /// Who is signed in; not a field, and set by whoever reads the form.
    pub(crate) customer: Option<CustomerId>,
    /// Where the form comes from; set as `customer` is.
    pub(crate) client: Option<IpAddr>,
    pub(crate) token: String,
}

fn address(fields: &Fields, prefix: &str, country: &str) -> Address {
    let text = |name: &str| fields.text(&format!("{prefix}{name}")).to_owned();
    let optional = |name: &str| Some(text(name)).filter(|text| !text.is_empty());
    Address {
        name: text("name"),
        line1: text("line1"),
        line2: optional("line2"),
        city: text("city"),
        region: optional("region"),
        postal_code: text("postal_code"),
        country: optional("country").unwrap_or_else(|| country.to_owned()),
    }
}

impl CheckoutForm {
    /// Reads the form; `country` is the one to begin with.
    pub(crate) fn read(fields: &Fields, country: &str) -> Self {
        CheckoutForm {
            email: fields.text("email").to_owned(),
            shipping: address(fields, "", country),
            other_billing: fields.get("other_billing").is_some(),
            billing: address(fields, "billing_", country),
            shipping_option: fields.text("shipping_option").to_owned(),
            gift_cards: (1..=MAX_GIFT_CARDS)
                .filter_map(|n| fields.get(&format!("gift_card_{n}")))
                .map(|code| code.chars().take(64).collect())
                .collect(),
            vat_id: fields.text("vat_id").chars().take(20).collect(),
            customer: None,
            client: None,
            token: fields.get("token").unwrap_or(TOKENS[0]).to_owned(),
        }
    }

    /// What must be changed before it can be sent, by the pointers that the API uses too.
    pub(crate) fn problems(&self, delivered_to: &[String]) -> Vec<FieldError> {
        let mut errors = Vec::new();
        let mut report = |pointer: &str, code: &str| {
            errors.push(FieldError { pointer: pointer.to_owned(), code: code.to_owned(), detail: String::new() });
        };
        if self.email.is_empty() {
            report("/email", "required");
        } else if !is_email(&self.email) {
            report("/email", "invalid_email");
        }
        if !delivered_to.is_empty() && !delivered_to.contains(&self.shipping.country) {
            report("/shipping_address/country", "not_delivered");
        }
        if self.shipping.postal_code.is_empty() && has_postal_codes(&self.shipping.country) {
            report("/shipping_address/postal_code", "required");
        }
        if self.shipping_option.is_empty() {
            report("/shipping_option", "required");
        }
        if !TOKENS.contains(&self.token.as_str()) {
            report("/payment/token", "required");
        }
        errors.extend(self.shipping.problems("/shipping_address"));
        if self.other_billing {
            errors.extend(self.billing.problems("/billing_address"));
        }
        errors
    }
}

/// Whether addresses in `country` have postal codes, for the countries where leaving it out is surely a mistake.
fn has_postal_codes(country: &str) -> bool {
    const SURE: &str = "AT AU BE BG BR CA CH CY CZ DE DK EE ES FI FR GB GR HR HU IN IS IT JP LI LT LU LV MT MX NL NO NZ \
        PL PT RO SE SI SK US";
    SURE.split_ascii_whitespace().any(|known| known == country)
}

/// What travels in hidden fields: which cart at which version, under which key, at which price.
pub(crate) struct Promise {
    pub(crate) access: CartAccess,
    pub(crate) version: u64,
    pub(crate) key: String,
    pub(crate) total: Money,
    /// What was shown as left to pay after gift cards; pages from before there were any say nothing of it.
    pub(crate) due: Option<Money>,
}

impl Promise {
    /// None when the form was not made by this browser, or its cart is no longer known to it.
    pub(crate) fn read(site: &Site, headers: &axum::http::HeaderMap, fields: &Fields) -> Option<Promise> {
        let id: CartId = fields.text("cart_id").parse().ok()?;
        let key = fields.get("key").filter(|key| key.len() == 32 && key.bytes().all(|b| b.is_ascii_hexdigit()))?;
        Some(Promise {
            access: cookies::cart_for_order(headers, id)?,
            version: fields.text("cart_version").parse().ok()?,
            key: key.to_owned(),
            total: Money::new(fields.text("total").parse().ok()?, site.here().market.currency),
            due: fields.text("due").parse().ok().map(|minor| Money::new(minor, site.here().market.currency)),
        })
    }
}

/// The country to begin with: the first of the market, or one that fits its language and currency.
pub(crate) fn first_country(site: &Site) -> String {
    let market = &site.here().market;
    let guess = match (market.locale.split('-').next(), market.currency.code()) {
        (Some("de"), "CHF") => "CH",
        (Some("de"), _) | (_, "EUR") => "DE",
        (_, "GBP") => "GB",
        (_, "JPY") => "JP",
        _ => "US",
    };
    if market.countries.is_empty() || market.countries.iter().any(|code| code == guess) {
        guess.to_owned()
    } else {
        market.countries.first().cloned().unwrap_or_default()
    }
}

/// The sentence for an error of a field.
pub(crate) fn explain(t: &Phrases, error: &FieldError) -> String {
    let known = match error.code.as_str() {
        "required" if error.pointer == "/shipping_option" => t.choose_shipping,
        "required" if error.pointer == "/payment/token" => t.choose_payment,
        "required" => t.field_required,
        "too_long" => t.field_too_long,
        "invalid_characters" => t.field_characters,
        "invalid_email" => t.field_email,
        "unknown_country" => t.field_country,
        "not_delivered" => t.field_not_delivered,
        _ if error.pointer == "/email" => t.field_email,
        _ if error.detail.is_empty() => t.field_wrong,
        _ => return error.detail.clone(),
    };
    known.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_problem_is_found_at_once_and_input_is_kept() {
        let fields =
            Fields::parse(b"email=nope&name=Ann&country=DE&shipping_option=&token=tok_gold&other_billing=1").unwrap();
        let form = CheckoutForm::read(&fields, "AT");
        assert_eq!((form.email.as_str(), form.shipping.name.as_str()), ("nope", "Ann"));
        assert_eq!((form.shipping.country.as_str(), form.billing.country.as_str()), ("DE", "AT"));
        let found: Vec<String> =
            form.problems(&["AT".to_owned()]).into_iter().map(|e| format!("{} {}", e.pointer, e.code)).collect();
        for expected in [
            "/email invalid_email",
            "/shipping_address/country not_delivered",
            "/shipping_address/postal_code required",
            "/shipping_address/line1 required",
            "/shipping_address/city required",
            "/billing_address/name required",
            "/shipping_option required",
            "/payment/token required",
        ] {
            assert!(found.contains(&expected.to_owned()), "{expected} in {found:?}");
        }
    }

    #[test]
    fn a_complete_form_has_no_problems() {
        let text = b"email=a@b.co&name=Ann&line1=Road+1&city=Ulm&postal_code=89073&country=DE&shipping_option=standard&token=tok_3ds";
        let form = CheckoutForm::read(&Fields::parse(text).unwrap(), "AT");
        assert_eq!(form.problems(&["DE".to_owned()]), []);
    }
}
