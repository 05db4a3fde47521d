//! The currency and language that a request asks for.

use contracts::Result;
use contracts::catalog::View;
use kernel::{Currency, Failure, StoreId};

use crate::CatalogService;
use crate::rules::is_locale;

impl CatalogService {
    /// # Errors
    /// `unknown_currency` when it is none, or nothing is sold in it; `unknown_locale` when it is no language tag.
    pub(crate) fn view(&self, store: StoreId, currency: Option<&str>, locale: Option<String>) -> Result<View> {
        let default = self.default_view();
        let currency = match currency {
            None => default.currency,
            Some(code) => {
                let known = Currency::parse(code).ok().filter(|currency| self.sells_in(store, *currency));
                let unknown =
                    || Failure::field("/currency", "unknown_currency", "The shop does not sell in this currency.");
                known.ok_or_else(unknown)?
            }
        };
        let locale = locale.unwrap_or_else(|| default.locale.clone());
        if !is_locale(&locale) {
            return Err(Failure::field("/locale", "unknown_locale", "Name the language as in `en` or `de-CH`."));
        }
        Ok(View { currency, locale })
    }
}
