//! Markets, locales and countries.

use std::collections::BTreeMap;

use kernel::Currency;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A BCP 47 language tag, lower case language with an optional region, e.g. `en` or `de-CH`.
pub type Locale = String;

/// A text in several languages.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(transparent)]
pub struct Texts(pub BTreeMap<Locale, String>);

impl Texts {
    #[must_use]
    pub fn en(text: impl Into<String>) -> Self {
        Texts(BTreeMap::from([("en".to_owned(), text.into())]))
    }

    /// The text for `locale`: exact, then its language, then English, then any.
    #[must_use]
    pub fn get(&self, locale: &str) -> &str {
        let language = locale.split('-').next().unwrap_or(locale);
        self.0
            .get(locale)
            .or_else(|| self.0.get(language))
            .or_else(|| self.0.get("en"))
            .or_else(|| self.0.values().next())
            .map_or("", String::as_str)
    }
}

/// Countries that share a currency, a locale and a way of showing prices.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Market {
    /// Short name in URLs and cookies, e.g. `eu`.
    pub handle: String,
    pub name: String,
    pub currency: Currency,
    pub locale: Locale,
    /// ISO 3166-1 alpha-2 codes of the countries delivered to. Empty: every country.
    pub countries: Vec<String>,
    /// Whether prices of this market include tax.
    pub prices_include_tax: bool,
}

/// The ISO 3166-1 alpha-2 codes, in one string to keep them readable.
const COUNTRIES: &str = "AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS \
    BT BV BW BY BZ CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE EG EH ER ES ET FI FJ \
    FK FM FO FR GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW GY HK HM HN HR HT HU ID IE IL IM IN IO IQ IR IS IT \
    JE JM JO JP KE KG KH KI KM KN KP KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN MO MP \
    MQ MR MS MT MU MV MW MX MY MZ NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM PN PR PS PT PW PY QA RE \
    RO RS RU RW SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF TG TH TJ TK TL TM TN TO TR TT TV \
    TW TZ UA UG UM US UY UZ VA VC VE VG VI VN VU WF WS YE YT ZA ZM ZW";

/// Whether `code` is an ISO 3166-1 alpha-2 code in capitals.
#[must_use]
pub fn is_country(code: &str) -> bool {
    code.len() == 2 && COUNTRIES.split_ascii_whitespace().any(|c| c == code)
}

/// Every country code, in alphabetical order.
pub fn countries() -> impl Iterator<Item = &'static str> {
    COUNTRIES.split_ascii_whitespace()
}
