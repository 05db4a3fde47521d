//! The key with which commands on this machine talk to the shop that runs here: `keys/local-admin`, readable by the
//! owner of the data directory only. Who can read it can read the databases beside it.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use contracts::identity::{Identity, NewApiKey, Scope};
use kernel::{Secret, StoreId};

fn path(data: &Path) -> PathBuf {
    data.join("keys").join("local-admin")
}

/// The key, as the shop left it.
///
/// # Errors
/// When there is none or it is not ours to read.
pub(crate) fn read(data: &Path) -> Result<Secret> {
    let path = path(data);
    let text = std::fs::read_to_string(&path).with_context(|| format!("{} cannot be read", path.display()))?;
    Ok(Secret::new(text.trim().to_owned()))
}

/// Makes sure that the key is there and opens the shop; a missing, damaged or revoked one is replaced.
///
/// # Errors
/// When a key cannot be made or written.
pub(crate) async fn ensure(data: &Path, identity: &dyn Identity) -> Result<()> {
    if let Ok(key) = read(data)
        && identity.authenticate(&key).await.is_ok()
    {
        return Ok(());
    }
    let new = NewApiKey { name: "commands on this machine".to_owned(), scopes: vec![Scope::Admin] };
    let key = identity.create_api_key(StoreId::DEFAULT, new).await?.key.unwrap_or_default();
    write(&path(data), &key)
}

fn write(path: &Path, key: &str) -> Result<()> {
    use std::os::unix::fs::OpenOptionsExt as _;
    let put = || {
        if let Some(folder) = path.parent() {
            crate::lock::create(folder)?;
        }
        // Whole or not at all: a new file takes the place of the old one.
        let fresh = path.with_extension("new");
        let _ = std::fs::remove_file(&fresh);
        let mut file = std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(&fresh)?;
        writeln!(file, "{key}")?;
        file.sync_all()?;
        anyhow::Ok(std::fs::rename(&fresh, path)?)
    };
    put().with_context(|| format!("{} cannot be written", path.display()))
}
