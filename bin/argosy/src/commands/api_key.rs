//! `argosy api-key`: straight on `identity.db`, which a running shop looks at again by itself.

use std::process::ExitCode;
use std::sync::Arc;

use anyhow::{Context as _, Result, bail};
use contracts::identity::{ApiKeyView, Identity as _, NewApiKey};
use identity::Identity;
use kernel::{Failure, StoreId, SystemClock, SystemRng};

use super::say;
use crate::cli::{ApiKeyCommand, ApiKeyCreate};
use crate::config::keys::Settings;

const STORE: StoreId = StoreId::DEFAULT;

pub(crate) async fn run(command: ApiKeyCommand, settings: &Settings) -> Result<ExitCode> {
    crate::lock::create(&settings.data)?;
    let identity = Identity::open(&settings.data, Arc::new(SystemClock), Arc::new(SystemRng::new()))
        .with_context(|| format!("the keys in {} cannot be opened", settings.data.display()))?;
    match command {
        ApiKeyCommand::Create(create) => make(&identity, create).await?,
        ApiKeyCommand::List { json } => list(&identity, json).await?,
        ApiKeyCommand::Revoke { id } => {
            let Ok(parsed) = id.parse() else { bail!("{id:?} is no id of a key; `argosy api-key list` shows them") };
            identity.revoke_api_key(STORE, parsed).await.map_err(told)?;
            say(&format!("Revoked {id}.\n"))?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

async fn make(identity: &Identity, create: ApiKeyCreate) -> Result<()> {
    let scopes = create.scopes.into_iter().map(Into::into).collect();
    let view = identity.create_api_key(STORE, NewApiKey { name: create.name, scopes }).await.map_err(told)?;
    if create.json {
        say(&format!("{}\n", serde_json::to_string_pretty(&view)?))?;
    } else {
        eprintln!("Key {} ({}). It is shown only now; keep it like a password.", view.id, view.name);
        say(&format!("{}\n", view.key.unwrap_or_default()))?;
    }
    Ok(())
}

async fn list(identity: &Identity, json: bool) -> Result<()> {
    let keys = identity.api_keys(STORE).await.map_err(told)?;
    if json {
        say(&format!("{}\n", serde_json::to_string_pretty(&keys)?))?;
        return Ok(());
    }
    if keys.is_empty() {
        say("There are no keys. Make one with `argosy api-key create --name NAME --scope admin`.\n")?;
    }
    for key in &keys {
        say(&format!("{}\n", line(key)))?;
    }
    Ok(())
}

fn line(key: &ApiKeyView) -> String {
    let scopes: Vec<String> =
        key.scopes.iter().filter_map(|scope| serde_json::to_value(scope).ok()?.as_str().map(str::to_owned)).collect();
    let state = key.revoked_at.map_or_else(|| "active".to_owned(), |at| format!("revoked {}", at.0));
    format!("{}  {}  {}  {}  {state}", key.id, key.created_at.0, scopes.join(","), key.name)
}

/// What a person can do about a failure, field by field where it names fields.
fn told(failure: Failure) -> anyhow::Error {
    let fields: Vec<String> = failure.errors.iter().map(|error| error.detail.clone()).collect();
    let text = if fields.is_empty() { failure.detail.clone() } else { fields.join(" ") };
    match failure.internal {
        Some(internal) => anyhow::anyhow!("{internal}"),
        None => anyhow::anyhow!("{text}"),
    }
}
