//! Customers and staff, wired to what they need of the other parts.

use std::net::SocketAddr;
use std::sync::Arc;

use anyhow::{Context as _, Result};
use cart::CartService;
use identity::{Identity, Letters, PasswordCost, People, PeopleHandles, PeopleParts};
use infra::Spawner;
use infra::vault::Vault;
use kernel::StoreId;
use ledger::LedgerService;

use crate::config::keys::Settings;

/// What accounts are given.
pub(crate) struct Accounts<'a> {
    pub(crate) settings: &'a Settings,
    /// Where the shop listens: its address in mails, when it has no public one.
    pub(crate) address: SocketAddr,
    pub(crate) identity: &'a Identity,
    pub(crate) vault: &'a Vault,
    pub(crate) mails: Arc<dyn Letters>,
    pub(crate) carts: &'a Arc<CartService>,
    pub(crate) ledger: &'a Arc<LedgerService>,
    pub(crate) spawner: &'a Spawner,
}

/// Whether cookies are for TLS only.
pub(crate) fn secure(settings: &Settings) -> bool {
    settings.base_url.as_deref().is_some_and(|url| url.starts_with("https://"))
}

/// The shop's address in links.
pub(crate) fn base_url(settings: &Settings, address: SocketAddr) -> String {
    settings.base_url.clone().unwrap_or_else(|| format!("http://{address}"))
}

impl Accounts<'_> {
    /// # Errors
    /// When `identity.db` cannot be opened.
    pub(crate) fn open(self) -> Result<Arc<People>> {
        let locale = self.settings.terms.markets.first().map_or("en", |market| market.locale.as_str()).to_owned();
        let parts = PeopleParts {
            vault: self.vault.clone(),
            mails: self.mails,
            carts: self.carts.clone(),
            purchases: self.ledger.clone(),
            spawner: self.spawner.clone(),
            base_url: base_url(self.settings, self.address),
            locale,
            cost: PasswordCost::default(),
        };
        let people = Arc::new(People::open(self.identity, parts).map_err(crate::shop::told).context("identity.db")?);
        people.start_sweeping();
        Ok(people)
    }
}

/// Tells the ledger's routes whose an order is.
pub(crate) fn owns(people: &Arc<People>) -> ledger::api::Owns {
    let people = Arc::clone(people);
    Arc::new(move |store, customer, order| people.owns(store, customer, order))
}

/// The routes of accounts.
pub(crate) fn routes(settings: &Settings, people: &Arc<People>) -> utoipa_axum::router::OpenApiRouter {
    let handles = PeopleHandles {
        customers: people.clone(),
        staff: people.clone(),
        exchange: people.clone(),
        archive: people.clone(),
        secure: secure(settings),
    };
    identity::people_routes(handles)
}

/// A link that creates the owner, when there is none yet.
///
/// # Errors
/// When `identity.db` cannot be written.
pub(crate) async fn owner_link(identity: &Identity, base_url: &str) -> Result<Option<String>> {
    let token = identity.setup_token(StoreId::DEFAULT).await.map_err(crate::shop::told)?;
    Ok(token.map(|token| format!("{base_url}/admin/setup/{}", token.expose())))
}
