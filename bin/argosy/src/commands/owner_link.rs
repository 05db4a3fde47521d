//! `argosy owner-link`: straight on `identity.db`, as `argosy api-key`.

use std::process::ExitCode;
use std::sync::Arc;

use anyhow::{Context as _, Result, bail};
use identity::Identity;
use kernel::{SystemClock, SystemRng};

use super::say;
use crate::accounts;
use crate::config::keys::Settings;
use crate::lock::{Claim, DataDir, Holder};

pub(crate) async fn run(settings: &Settings) -> Result<ExitCode> {
    crate::lock::create(&settings.data)?;
    let identity = Identity::open(&settings.data, Arc::new(SystemClock), Arc::new(SystemRng::new()))
        .with_context(|| format!("the accounts in {} cannot be opened", settings.data.display()))?;
    // A shop that runs may listen elsewhere than the configuration says.
    let address = match DataDir::claim(&settings.data)? {
        Claim::Held(Some(Holder { address: Some(address), .. })) => address,
        Claim::Held(_) | Claim::Ours(_) => settings.listen,
    };
    let Some(link) = accounts::owner_link(&identity, &accounts::base_url(settings, address)).await? else {
        bail!("the shop has an owner already; who lost the password asks for a new one at /admin/forgot")
    };
    eprintln!("Open this link in a browser. It works once, for a day.");
    say(&format!("{link}\n"))?;
    Ok(ExitCode::SUCCESS)
}
