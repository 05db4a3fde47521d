//! What a backup says of itself: `manifest.json`, written last.

use std::path::Path;

use anyhow::{Context as _, Result, bail};
use contracts::catalog::TimestampSchema;
use serde::{Deserialize, Serialize};

/// The file that makes a directory a backup.
pub(crate) const FILE: &str = "manifest.json";
/// Grows when an older program could not read what a newer one writes.
pub(crate) const FORMAT: u32 = 1;

/// A backup: what is in it, and of which moment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Manifest {
    pub(crate) format: u32,
    /// Version of the program that took it.
    pub(crate) program: String,
    /// The moment whose state it holds.
    pub(crate) taken_at: TimestampSchema,
    pub(crate) ledger: LedgerPosition,
    pub(crate) databases: Vec<DatabaseFile>,
    /// Other files, by their paths below the data directory.
    pub(crate) files: Vec<PlainFile>,
    /// Pictures, by their names; the bytes are in `media` unless `media_included` is false.
    pub(crate) media: Vec<PlainFile>,
    pub(crate) media_included: bool,
    /// Whether `keys.db` is in the backup.
    pub(crate) keys_included: bool,
    /// Tells the right master key from a wrong one without being of use for anything else.
    pub(crate) key_check: String,
}

/// Where the books stood.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct LedgerPosition {
    /// Position of the last event.
    pub(crate) last_position: i64,
    /// Number of the last order.
    pub(crate) last_number: i64,
    pub(crate) audit_seq: i64,
    /// Head of the audit chain, hexadecimal.
    pub(crate) audit_hash: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct DatabaseFile {
    pub(crate) name: String,
    pub(crate) bytes: u64,
    pub(crate) sha256: String,
    /// Number of its last migration.
    pub(crate) schema_version: i64,
    pub(crate) rows: u64,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct PlainFile {
    pub(crate) name: String,
    pub(crate) bytes: u64,
    pub(crate) sha256: String,
}

impl Manifest {
    /// # Errors
    /// When `backup` is no backup, or one of a newer program.
    pub(crate) fn read(backup: &Path) -> Result<Self> {
        let path = backup.join(FILE);
        let text = std::fs::read(&path)
            .with_context(|| format!("{} is no backup: its {FILE} cannot be read", backup.display()))?;
        let head: serde_json::Value = serde_json::from_slice(&text).context("the manifest is damaged")?;
        match head["format"].as_u64() {
            Some(format) if format > u64::from(FORMAT) => bail!(
                "the backup was taken by argosy {}, which is newer than this one; restore it with that version",
                head["program"].as_str().unwrap_or("of another version")
            ),
            _ => serde_json::from_value(head).context("the manifest is damaged"),
        }
    }

    /// Bytes of everything in the backup.
    pub(crate) fn bytes(&self) -> u64 {
        let databases = self.databases.iter().map(|file| file.bytes).sum::<u64>();
        let media = if self.media_included { self.media.iter().map(|file| file.bytes).sum() } else { 0 };
        databases + media + self.files.iter().map(|file| file.bytes).sum::<u64>()
    }
}
