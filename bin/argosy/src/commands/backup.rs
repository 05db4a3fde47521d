//! `argosy backup`: a consistent copy of a shop, taken while it runs.
//!
//! A backup is a directory: `manifest.json`, the databases, `media` and the test provider's journal. [`freeze`] argues
//! why the databases fit together. What is not a database is copied after them: a picture's file is written before the
//! product that names it and never changed or deleted, and the test provider's journal is, like any provider's books,
//! further on than ours at most, which the reconciler puts right. Left out is what can be made anew (the index of the
//! search, renditions of pictures) and what would keep personal data in plain text (the folders of mails and of
//! requests to those who pack).

mod copy;
pub(crate) mod files;
mod freeze;
pub(crate) mod keys;
pub(crate) mod manifest;
#[cfg(test)]
mod tests;
pub(crate) mod verify;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context as _, Result, bail};
use indicatif::{ProgressBar, ProgressStyle};
use kernel::{Clock as _, SystemClock, Timestamp};
use serde_json::json;

use super::say;
use crate::cli::{BackupCommand, BackupSubcommand};
use crate::config::keys::Settings;
use freeze::Frozen;
use manifest::{DatabaseFile, FORMAT, LedgerPosition, Manifest, PlainFile};

/// Files beside the databases that are worth keeping, by their paths below the data directory.
const FILES: [&str; 1] = ["test-provider.journal"];
/// The file in the data directory that says when the last backup was taken. It is part of none.
const LAST: &str = "last-backup";
/// Where pictures are, below the data directory; in a backup they are in `media`.
pub(crate) const MEDIA: &str = "media/originals";

pub(crate) fn run(command: &BackupCommand, settings: &Settings) -> Result<ExitCode> {
    if let Some(BackupSubcommand::Verify(command)) = &command.verb {
        return verify::run(command);
    }
    let Some(to) = &command.to else { bail!("say where the backup is to go: argosy backup DIRECTORY") };
    let taken = take(command, &settings.data, to, &SystemClock)?;
    note(&settings.data, taken.manifest.taken_at.0);
    if command.json {
        let path = taken.path.display().to_string();
        let mut answer = serde_json::to_value(&taken.manifest)?;
        answer["path"] = json!(path);
        answer["manifest_sha256"] = json!(taken.manifest_sha256);
        // The names of ten thousand pictures are in the manifest.
        answer["media"] = json!(taken.manifest.media.len());
        say(&format!("{}\n", serde_json::to_string_pretty(&answer)?))?;
    } else {
        say(&told(&taken, command.keys_to.as_deref()))?;
    }
    Ok(ExitCode::SUCCESS)
}

/// Leaves word of when the last backup was taken, for the back office. A backup without it is as good.
fn note(data: &Path, taken_at: Timestamp) {
    let _ = std::fs::write(data.join(LAST), format!("{taken_at}\n"));
}

/// When the last backup of `data` was taken; none when there was none, or nobody left word.
pub(crate) fn last(data: &Path) -> Option<Timestamp> {
    Timestamp::parse(std::fs::read_to_string(data.join(LAST)).ok()?.trim()).ok()
}

struct Taken {
    path: PathBuf,
    manifest: Manifest,
    manifest_sha256: String,
}

fn told(taken: &Taken, keys_to: Option<&Path>) -> String {
    let Manifest { databases, media, ledger, .. } = &taken.manifest;
    let rows: u64 = databases.iter().map(|file| file.rows).sum();
    let mut text = format!(
        "Backup of {} in {}\n{} databases with {rows} rows, {} pictures, {} KiB; up to order {} and event {}.\n\
         SHA-256 of its manifest: {}\n",
        taken.manifest.taken_at.0,
        taken.path.display(),
        databases.len(),
        media.len(),
        taken.manifest.bytes() / 1024,
        ledger.last_number,
        ledger.last_position,
        taken.manifest_sha256,
    );
    text += &match keys_to {
        Some(place) => format!(
            "The keys are in {}. Keep it apart from the backups, and keep only the latest: whom the shop erased is then \
             erased in all of them.\n",
            place.display()
        ),
        None if taken.manifest.keys_included => {
            "The keys are in the backup: who has it can read names and addresses, also those of people erased later.\n"
                .to_owned()
        }
        None => {
            "The keys are NOT in the backup: without them, names, addresses and staff accounts cannot be restored. \
                 Write them with --keys-to FILE, or into the backup with --with-keys.\n"
                .to_owned()
        }
    };
    text
}

/// Takes a backup of `data` into `to`: a new directory, or a new one inside an existing one.
fn take(command: &BackupCommand, data: &Path, to: &Path, clock: &SystemClock) -> Result<Taken> {
    let master = keys::master_of(data)
        .with_context(|| format!("there is no shop in {}; name its directory with --data", data.display()))?;
    let path = destination(to, clock.now())?;
    let (parent, name) = (path.parent().unwrap_or(Path::new(".")), path.file_name().context("name a directory")?);
    let parent = if parent.as_os_str().is_empty() { Path::new(".") } else { parent };
    let work = parent.join(format!(".{}.{}.partial", name.to_string_lossy(), std::process::id()));
    files::private_dir(&work)?;
    let outcome = fill(command, data, &work, &master, clock);
    let taken = outcome.and_then(|(manifest, manifest_sha256)| {
        if let Some(place) = &command.keys_to {
            let fresh = place.with_extension(format!("{}.partial", std::process::id()));
            files::copy(&work.join(keys::FILE), &fresh, keys::FILE, None)?;
            keys::put_in_place(&fresh, place)?;
        }
        if !command.with_keys {
            std::fs::remove_file(work.join(keys::FILE))?;
        }
        files::sync_dir(&work)?;
        std::fs::rename(&work, &path).with_context(|| format!("{} cannot be made", path.display()))?;
        files::sync_dir(parent)?;
        Ok(Taken { path: path.clone(), manifest, manifest_sha256 })
    });
    if taken.is_err() {
        // Half a backup is none.
        let _ = std::fs::remove_dir_all(&work);
    }
    taken
}

/// Where the backup goes: `to` itself when there is nothing, a directory named after the time inside it otherwise.
fn destination(to: &Path, now: Timestamp) -> Result<PathBuf> {
    if !to.exists() {
        return Ok(to.to_owned());
    }
    if !to.is_dir() || to.join(manifest::FILE).exists() {
        bail!("{} is there already; name another place", to.display());
    }
    let time: String = now.to_string().chars().map(|c| if c == ':' || c == '.' { '-' } else { c }).collect();
    Ok(to.join(format!("argosy-{time}")))
}

fn fill(
    command: &BackupCommand,
    data: &Path,
    work: &Path,
    master: &[u8; 32],
    clock: &SystemClock,
) -> Result<(Manifest, String)> {
    let key_file = work.join(keys::FILE);
    keys::create(&key_file, master, clock.now().millis())?;
    let (frozen, taken_at) = freeze::freeze(data, work, &key_file, || clock.now())?;
    let ledger = frozen.iter().find(|one| one.name == "ledger.db").context("the ledger is missing")?;
    let ledger = ledger_position(ledger)?;
    let databases = copy_databases(frozen)?;
    let mut others = Vec::new();
    for name in FILES.into_iter().filter(|name| data.join(name).is_file()) {
        let whole_lines = length_of_whole_lines(&data.join(name))?;
        others.push(files::copy(&data.join(name), &work.join(name), name, Some(whole_lines))?);
    }
    let media = copy_media(&data.join(MEDIA), work, !command.without_media)?;
    let manifest = Manifest {
        format: FORMAT,
        program: env!("CARGO_PKG_VERSION").to_owned(),
        taken_at: taken_at.into(),
        ledger,
        databases,
        files: others,
        media,
        media_included: !command.without_media,
        keys_included: command.with_keys,
        key_check: keys::check_of(master),
    };
    let path = work.join(manifest::FILE);
    let mut file = files::private_file(&path)?;
    serde_json::to_writer_pretty(&mut file, &manifest)?;
    file.sync_all()?;
    Ok((manifest, files::hashed(&path, manifest::FILE)?.sha256))
}

fn copy_databases(frozen: Vec<Frozen>) -> Result<Vec<DatabaseFile>> {
    let total = frozen.iter().map(Frozen::rows).sum::<Result<u64>>()?;
    let bar = bar(total, "{bar:40} {human_pos}/{human_len} rows, {msg}, {eta} left");
    let mut copied = Vec::with_capacity(frozen.len());
    for one in frozen {
        bar.set_message(one.name.clone());
        let (name, path, schema_version) = (one.name.clone(), one.copy.clone(), one.schema.migration);
        let rows = one.copy(|rows| bar.inc(rows)).with_context(|| format!("{name} cannot be copied"))?;
        let PlainFile { bytes, sha256, .. } = files::hashed(&path, &name)?;
        copied.push(DatabaseFile { name, bytes, sha256, schema_version, rows });
    }
    bar.finish_and_clear();
    Ok(copied)
}

pub(crate) fn bar(length: u64, template: &str) -> ProgressBar {
    let style = ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar());
    ProgressBar::new(length).with_style(style)
}

/// Pictures, in order of their names; their bytes are copied when they are to be `included`.
fn copy_media(originals: &Path, work: &Path, included: bool) -> Result<Vec<PlainFile>> {
    let mut names = Vec::new();
    if originals.is_dir() {
        for entry in std::fs::read_dir(originals)? {
            // A picture that is being written has another name until it is whole.
            names.extend(entry?.file_name().into_string().ok().filter(|name| name.starts_with("sha256-")));
        }
    }
    names.sort();
    let bar = bar(names.len() as u64, "{bar:40} {pos}/{len} pictures, {eta} left");
    let one = |name: &String| {
        bar.inc(1);
        match included {
            true => files::copy(&originals.join(name), &work.join("media").join(name), name, None),
            false => files::hashed(&originals.join(name), name),
        }
    };
    let media = names.iter().map(one).collect();
    bar.finish_and_clear();
    media
}

fn ledger_position(ledger: &Frozen) -> Result<LedgerPosition> {
    let sql = "select last_position, last_number, audit_seq, audit_hash from main.meta";
    let position = ledger.conn.query_row(sql, [], |row| {
        Ok(LedgerPosition {
            last_position: row.get(0)?,
            last_number: row.get(1)?,
            audit_seq: row.get(2)?,
            audit_hash: files::hex(&row.get::<_, Vec<u8>>(3)?),
        })
    });
    position.context("the ledger's counters cannot be read")
}

/// Bytes up to the last line end: a line that is being written has not answered anybody.
fn length_of_whole_lines(path: &Path) -> Result<u64> {
    let text = std::fs::read(path).with_context(|| format!("{} cannot be read", path.display()))?;
    Ok(text.iter().rposition(|&byte| byte == b'\n').map_or(0, |last| last as u64 + 1))
}
