//! The data directory, which belongs to one process at a time.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Seek, Write};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, anyhow};
use serde::{Deserialize, Serialize};

/// Who holds a data directory, as written in its file `lock`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Holder {
    pub(crate) pid: u32,
    /// Where the shop listens; none while it is starting.
    pub(crate) address: Option<SocketAddr>,
}

/// A data directory that this process holds. The operating system lets go of it however the process ends.
#[derive(Debug)]
pub(crate) struct DataDir {
    path: PathBuf,
    lock: File,
}

/// The outcome of asking for a data directory.
#[derive(Debug)]
pub(crate) enum Claim {
    Ours(DataDir),
    /// Another process holds it; who, when it can be told.
    Held(Option<Holder>),
}

impl DataDir {
    /// Makes the directory when it is missing and takes its lock, unless another process has it.
    ///
    /// # Errors
    /// When the directory cannot be made or written to.
    pub(crate) fn claim(path: &Path) -> Result<Claim> {
        create(path)?;
        let file = path.join("lock");
        let lock = OpenOptions::new().create(true).truncate(false).read(true).write(true).open(&file);
        let lock = lock.with_context(|| format!("{} cannot be written", file.display()))?;
        match lock.try_lock() {
            Ok(()) => {
                let mut held = DataDir { path: path.to_owned(), lock };
                held.announce(None)?;
                Ok(Claim::Ours(held))
            }
            Err(TryLockError::WouldBlock) => Ok(Claim::Held(holder(path))),
            Err(TryLockError::Error(error)) => {
                Err(error).with_context(|| format!("{} cannot be locked", file.display()))
            }
        }
    }

    /// As [`Self::claim`], for a process that can do nothing without it.
    ///
    /// # Errors
    /// Also when another process holds it: a message that names it and says what to do.
    pub(crate) fn hold(path: &Path) -> Result<Self> {
        match Self::claim(path)? {
            Claim::Ours(held) => Ok(held),
            Claim::Held(holder) => Err(refusal(path, holder)),
        }
    }

    /// Tells other processes where this one listens.
    ///
    /// # Errors
    /// When the lock cannot be written.
    pub(crate) fn announce(&mut self, address: Option<SocketAddr>) -> Result<()> {
        let holder = serde_json::to_string(&Holder { pid: std::process::id(), address })?;
        self.lock.set_len(0)?;
        self.lock.rewind()?;
        writeln!(self.lock, "{holder}").context("the lock of the data directory cannot be written")
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }
}

/// Makes `path`, readable by its owner only: it holds keys and personal data.
///
/// # Errors
/// When it cannot be made.
pub(crate) fn create(path: &Path) -> Result<()> {
    use std::os::unix::fs::DirBuilderExt as _;
    let made = std::fs::DirBuilder::new().recursive(true).mode(0o700).create(path);
    made.with_context(|| format!("the data directory {} cannot be made", path.display()))
}

fn holder(path: &Path) -> Option<Holder> {
    serde_json::from_str(&std::fs::read_to_string(path.join("lock")).ok()?).ok()
}

fn refusal(path: &Path, holder: Option<Holder>) -> anyhow::Error {
    let who = match &holder {
        Some(Holder { pid, address: Some(address) }) => format!("process {pid}, which serves http://{address}"),
        Some(Holder { pid, address: None }) => format!("process {pid}, which is starting"),
        None => "another process".to_owned(),
    };
    anyhow!(
        "the data directory {} is in use by {who}. Stop that process first, or name another directory with --data",
        path.display()
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_directory_is_held_by_one_and_says_by_whom() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("data");
        let mut ours = DataDir::hold(&path).unwrap();
        let starting = DataDir::hold(&path).unwrap_err().to_string();
        assert!(starting.contains("which is starting"), "{starting}");
        ours.announce(Some(([127, 0, 0, 1], 8080).into())).unwrap();
        let refused = DataDir::hold(&path).unwrap_err().to_string();
        let pid = std::process::id();
        assert!(refused.contains(&format!("process {pid}, which serves http://127.0.0.1:8080")), "{refused}");
        assert!(refused.contains("--data"), "{refused}");
        drop(ours);
        DataDir::hold(&path).unwrap();
    }
}
