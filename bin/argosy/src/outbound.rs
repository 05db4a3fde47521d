//! What leaves the shop: mails, webhooks and parcels, wired to the ledger whose events they follow.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, Result};
use checkout::CheckoutService;
use contracts::checkout::Checkout as _;
use contracts::fulfilment::Carrier;
use fulfilment::carrier::{Faults, Simulated};
use fulfilment::{Fulfilment, FulfilmentParts, FulfilmentSettings};
use infra::Spawner;
use infra::vault::Vault;
use kernel::{SharedClock, SharedRng, StoreId};
use ledger::LedgerService;
use ledger::feed::Feed;
use notification::{MailSettings, MailTransport, Mailbox, Notification, NotificationParts};

use crate::config::keys::Settings;

/// What every part here is given.
pub(crate) struct Outbound<'a> {
    pub(crate) store: StoreId,
    pub(crate) data: &'a Path,
    pub(crate) settings: &'a Settings,
    /// Where the shop listens: its address in mails, when it has no public one.
    pub(crate) address: SocketAddr,
    pub(crate) ledger: &'a Arc<LedgerService>,
    pub(crate) checkout: &'a CheckoutService,
    pub(crate) vault: &'a Vault,
    pub(crate) clock: &'a SharedClock,
    pub(crate) rng: &'a SharedRng,
    pub(crate) spawner: &'a Spawner,
}

impl Outbound<'_> {
    /// Mails and outgoing webhooks, opened and started.
    ///
    /// # Errors
    /// When `notification.db` cannot be opened or the settings of mails do not fit together.
    pub(crate) fn notification(&self) -> Result<Notification> {
        let secrets = self.checkout.clone();
        let notification = Notification::open(NotificationParts {
            store: self.store,
            data_dir: self.data.to_owned(),
            books: self.ledger.clone(),
            orders: self.ledger.clone(),
            secret_of: Arc::new(move |order| secrets.order_secret(order)),
            vault: self.vault.clone(),
            clock: self.clock.clone(),
            rng: self.rng.clone(),
            mail: self.mail()?,
            webhooks: self.settings.webhooks,
        })
        .map_err(crate::shop::told)
        .context("notification.db")?;
        notification.start(&self.spawner.background());
        Ok(notification)
    }

    /// Requests to those who pack, carriers and parcels, opened and started.
    ///
    /// # Errors
    /// When `fulfilment.db` cannot be opened.
    pub(crate) fn fulfilment(&self, feed_every: Duration) -> Result<Arc<Fulfilment>> {
        let journey_ms = self.settings.parcel_minutes as i64 * 60_000;
        // The same installation makes the same fates, so that what was seen once can be seen again.
        let seed = u64::from_str_radix(&self.vault.derived("simulated carrier", b"")[..16], 16)?;
        let carrier: Arc<dyn Carrier> =
            Arc::new(Simulated::new(seed, self.clock.clone(), journey_ms, Faults::default()));
        let fulfilment = Fulfilment::open(FulfilmentParts {
            store: self.store,
            data_dir: self.data.to_owned(),
            books: self.ledger.clone(),
            orders: self.ledger.clone(),
            carriers: vec![carrier],
            clock: self.clock.clone(),
            rng: self.rng.clone(),
            settings: FulfilmentSettings {
                csv_drop: self.settings.csv_drop,
                // Some thirty looks at a journey; a real carrier would be asked every hour or two.
                track_every_ms: (journey_ms / 32).clamp(1_000, 3_600_000),
            },
        })
        .map_err(crate::shop::told)
        .context("fulfilment.db")?;
        let behind = self.spawner.background();
        fulfilment.start(&behind);
        let fulfilment = Arc::new(fulfilment);
        let feed = Feed { ledger: self.ledger.clone(), source: fulfilment.clone(), poll: feed_every };
        behind.spawn("feed-fulfilment", feed.run(behind.token()));
        Ok(fulfilment)
    }

    fn mail(&self) -> Result<MailSettings> {
        let settings = self.settings;
        let transport = match &settings.smtp_url {
            Some(url) => MailTransport::Smtp(url.clone()),
            None => MailTransport::Folder,
        };
        let from = match (&settings.mail_from, &transport) {
            (Some(from), _) => from.clone(),
            (None, MailTransport::Folder) => {
                Mailbox::parse("shop@argosy.invalid").map_err(anyhow::Error::msg).context("the sender of mails")?
            }
            (None, MailTransport::Smtp(_)) => {
                anyhow::bail!("mail.smtp_url is set, but mail.from is not: say whom the shop's mails come from")
            }
        };
        let base_url = crate::accounts::base_url(settings, self.address);
        Ok(MailSettings {
            transport,
            from,
            staff_to: settings.mail_staff_to.clone(),
            store_name: settings.store_name.clone(),
            base_url,
            markets: settings.terms.markets.clone(),
        })
    }
}
