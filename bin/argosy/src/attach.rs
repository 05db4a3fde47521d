//! How commands work on a shop's data: through the shop that runs on it, or through one that they open for themselves
//! on a port of loopback. Either way it is the shop's own API that does the work, so a command cannot do what the API
//! would refuse.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;

use anyhow::{Context as _, Result, bail};

use crate::client::Client;
use crate::config::keys::{FirstStart, Settings};
use crate::lifecycle::OpenShop;
use crate::local_key;
use crate::lock::{Claim, DataDir, Holder};

/// Runs `work` with a client of the shop on `settings.data`.
///
/// # Errors
/// Those of `work`; when the shop is starting or cannot be opened.
pub(crate) async fn with_shop<T>(settings: &Settings, work: impl AsyncFnOnce(&Client) -> Result<T>) -> Result<T> {
    match DataDir::claim(&settings.data)? {
        Claim::Held(Some(Holder { address: Some(address), .. })) => {
            let key = local_key::read(&settings.data).with_context(|| {
                format!("the key of the shop at http://{address} is not in {}", settings.data.display())
            })?;
            work(&Client::new(address, key)).await
        }
        Claim::Held(_) => {
            bail!("the shop on {} is starting or closing; try again in a moment", settings.data.display())
        }
        Claim::Ours(data) => with_own_shop(settings, data, work).await,
    }
}

async fn with_own_shop<T>(
    settings: &Settings,
    data: DataDir,
    work: impl AsyncFnOnce(&Client) -> Result<T>,
) -> Result<T> {
    crate::telemetry::start_quietly();
    // A command never makes a demo shop, and must not take the address of a shop that is started meanwhile.
    let settings = Settings { first_start: FirstStart::Empty, ops_listen: None, ..settings.clone() };
    let listen = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    let mut open = OpenShop::open(&settings, data, listen).await?;
    let key = local_key::read(&settings.data)?;
    let client = Client::new(open.address, key);
    let outcome = open.serve_until(work(&client)).await;
    open.close().await;
    outcome
}

/// Whether there is anything in the data directory.
pub(crate) fn has_data(path: &Path) -> bool {
    path.join("catalog.db").is_file()
}
