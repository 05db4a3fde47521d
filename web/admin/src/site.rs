//! The back office as its pages see it: collaborators, and the context every page is rendered in.

use std::sync::Arc;

use contracts::archive::PastOrders;
use contracts::catalog::{Catalog, CatalogRead};
use contracts::fulfilment::Fulfilments;
use contracts::identity::{Customers, Identity, Principal, Scope, Staff};
use contracts::ledger::{Books, History, InvariantReport, Inventory, OrderEdits, Orders, Stock, StockRules, Vouchers};
use contracts::market::Market;
use contracts::notification::{MailQueue, Webhooks};
use contracts::selling::SellingTerms;
use http_kit::{Caller, IdempotencyKey};
use kernel::{Currency, SharedClock, SharedRng, StoreId, Timestamp};
use parking_lot::Mutex;

use crate::form::Fields;
use crate::layout::Section;

/// What the back office needs to know and to call.
#[derive(Clone)]
pub struct Admin {
    pub orders: Arc<dyn Orders>,
    pub history: Arc<dyn History>,
    pub edits: Arc<dyn OrderEdits>,
    pub stock: Arc<dyn Stock>,
    pub inventory: Arc<dyn Inventory>,
    pub stock_rules: Arc<dyn StockRules>,
    pub vouchers: Arc<dyn Vouchers>,
    pub books: Arc<dyn Books>,
    pub catalog: Arc<dyn Catalog>,
    pub catalog_read: Arc<dyn CatalogRead>,
    pub customers: Arc<dyn Customers>,
    pub past_orders: Arc<dyn PastOrders>,
    pub staff: Arc<dyn Staff>,
    pub identity: Arc<dyn Identity>,
    pub terms: Arc<dyn SellingTerms>,
    pub mails: Arc<dyn MailQueue>,
    pub webhooks: Arc<dyn Webhooks>,
    pub fulfilments: Arc<dyn Fulfilments>,
    /// At least one; the first one's currency and language are suggested where one is needed.
    pub markets: Vec<Market>,
    pub store: StoreId,
    /// The shop's name in titles and on invoices.
    pub name: String,
    /// Scheme and authority of the public address; cookies are not `Secure` without an `https://` one.
    pub base_url: Option<String>,
    /// When the last backup was taken; none when nobody knows of one.
    pub last_backup: LastBackup,
    pub clock: SharedClock,
    pub rng: SharedRng,
}

/// Tells when the last backup was taken.
pub type LastBackup = Arc<dyn Fn() -> Option<Timestamp> + Send + Sync>;

/// What the last look at the books found.
#[derive(Clone)]
pub(crate) struct BooksChecked {
    pub(crate) at: Timestamp,
    pub(crate) reports: Arc<Vec<InvariantReport>>,
}

struct Shared {
    admin: Admin,
    books: Mutex<Option<BooksChecked>>,
}

/// The state of every handler.
#[derive(Clone)]
pub(crate) struct Site(Arc<Shared>);

impl Site {
    pub(crate) fn new(admin: Admin) -> Self {
        assert!(!admin.markets.is_empty(), "a shop needs a market");
        Site(Arc::new(Shared { admin, books: Mutex::new(None) }))
    }

    pub(crate) fn handles(&self) -> &Admin {
        &self.0.admin
    }

    pub(crate) fn store(&self) -> StoreId {
        self.0.admin.store
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.0.admin.clock.now()
    }

    pub(crate) fn secure(&self) -> bool {
        self.0.admin.base_url.as_deref().is_some_and(|url| url.starts_with("https://"))
    }

    /// Languages of the markets, each once, the first market's first.
    pub(crate) fn locales(&self) -> Vec<String> {
        let mut locales: Vec<String> = Vec::new();
        for market in &self.0.admin.markets {
            if !locales.contains(&market.locale) {
                locales.push(market.locale.clone());
            }
        }
        locales
    }

    /// Currencies of the markets, each once, the first market's first.
    pub(crate) fn currencies(&self) -> Vec<Currency> {
        let mut currencies: Vec<Currency> = Vec::new();
        for market in &self.0.admin.markets {
            if !currencies.contains(&market.currency) {
                currencies.push(market.currency);
            }
        }
        currencies
    }

    /// A new random text for a form, so that sending the form twice does it once.
    pub(crate) fn form_key(&self) -> String {
        let mut bytes = [0; 16];
        self.0.admin.rng.fill(&mut bytes);
        bytes.iter().map(|b| format!("{b:02x}")).collect()
    }

    pub(crate) fn remember_books(&self, checked: BooksChecked) {
        *self.0.books.lock() = Some(checked);
    }

    pub(crate) fn books(&self) -> Option<BooksChecked> {
        self.0.books.lock().clone()
    }

    pub(crate) fn context(&self, caller: &Caller, section: Section) -> PageContext {
        let admin = &self.0.admin;
        let (role, scopes) = match &caller.principal {
            Principal::Staff { role, scopes, .. } => (Some(role.clone()), scopes.clone()),
            Principal::ApiKey { scopes, .. } => (Some("API key".to_owned()), scopes.clone()),
            Principal::Anonymous | Principal::Customer { .. } => (None, Vec::new()),
        };
        PageContext { shop_name: admin.name.clone(), role, scopes, section, done: None }
    }
}

/// The key that a form was rendered with. One that was tampered away is a new form, refused by nobody.
pub(crate) fn key_of(site: &Site, fields: &Fields) -> IdempotencyKey {
    let sent = fields.text("key");
    let fine = (16..=100).contains(&sent.len()) && sent.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
    IdempotencyKey(if fine { sent.to_owned() } else { site.form_key() })
}

/// What every page needs beside its own data.
pub(crate) struct PageContext {
    pub(crate) shop_name: String,
    /// None when nobody is logged in.
    pub(crate) role: Option<String>,
    pub(crate) scopes: Vec<Scope>,
    pub(crate) section: Section,
    /// What was just done.
    pub(crate) done: Option<&'static str>,
}

impl PageContext {
    /// The same, saying what the address says was just done.
    pub(crate) fn after(mut self, asked: &Fields) -> Self {
        self.done = crate::parts::done(asked.text("done"));
        self
    }

    pub(crate) fn may(&self, scope: Scope) -> bool {
        self.scopes.contains(&Scope::Admin) || self.scopes.contains(&scope)
    }

    pub(crate) fn may_read(&self, scope: Scope) -> bool {
        self.may(scope) || self.scopes.contains(&Scope::ReadOnly)
    }
}
