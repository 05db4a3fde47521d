//! `argosy backup verify`: is the backup whole, and are its databases sound.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context as _, Result};
use rusqlite::{Connection, OpenFlags};
use serde_json::json;

use super::manifest::{Manifest, PlainFile};
use super::{bar, files, keys};
use crate::cli::BackupVerify;
use crate::commands::say;

pub(super) fn run(command: &BackupVerify) -> Result<ExitCode> {
    let manifest = Manifest::read(&command.backup)?;
    let problems = problems(&command.backup, &manifest)?;
    if command.json {
        let answer = json!({ "taken_at": manifest.taken_at, "ledger": manifest.ledger, "problems": problems });
        say(&format!("{}\n", serde_json::to_string_pretty(&answer)?))?;
    } else if problems.is_empty() {
        let (databases, media) = (manifest.databases.len(), manifest.media.len());
        let pictures = if manifest.media_included { "pictures" } else { "pictures (elsewhere, not looked at)" };
        say(&format!(
            "The backup of {} is whole: {databases} databases and {media} {pictures} are as they were written.\n",
            manifest.taken_at.0
        ))?;
    } else {
        say(&format!("The backup of {} is damaged:\n- {}\n", manifest.taken_at.0, problems.join("\n- ")))?;
    }
    Ok(if problems.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// What is wrong with the files of a backup, one sentence each.
///
/// # Errors
/// When the directory cannot be read.
pub(crate) fn problems(backup: &Path, manifest: &Manifest) -> Result<Vec<String>> {
    let mut problems = Vec::new();
    let databases = manifest.databases.iter().map(|file| (file.name.as_str(), file.bytes, file.sha256.as_str()));
    let others = manifest.files.iter().map(plain);
    let media = manifest.media.iter().filter(|_| manifest.media_included).map(plain);
    let listed: Vec<(PathBuf, (&str, u64, &str))> = databases
        .chain(others)
        .map(|file| (backup.join(file.0), file))
        .chain(media.map(|file| (backup.join("media").join(file.0), file)))
        .collect();
    let bar = bar(listed.len() as u64, "{bar:40} {pos}/{len} files, {eta} left");
    for (path, (name, bytes, sha256)) in &listed {
        bar.inc(1);
        if !inside(name) {
            problems.push(format!("{name:?} is no name of a file"));
            continue;
        }
        match files::hashed(path, name) {
            Ok(found) if (found.bytes, found.sha256.as_str()) == (*bytes, *sha256) => {}
            Ok(_) => problems.push(format!("{name} is not as it was written")),
            Err(error) => problems.push(format!("{error:#}")),
        }
    }
    bar.finish_and_clear();
    for file in &manifest.databases {
        problems.extend(unsound(&backup.join(&file.name), &file.name));
    }
    let known: BTreeSet<&str> = manifest.databases.iter().map(|file| file.name.as_str()).collect();
    for entry in std::fs::read_dir(backup).with_context(|| format!("{} cannot be read", backup.display()))? {
        let name = entry?.file_name();
        let name = name.to_string_lossy();
        if name.ends_with(".db") && name != keys::FILE && !known.contains(name.as_ref()) {
            problems.push(format!("{name} does not belong to the backup"));
        }
    }
    if manifest.keys_included {
        match keys::Keys::open(&backup.join(keys::FILE)) {
            Ok(found) if keys::check_of(found.master()) == manifest.key_check => {}
            Ok(_) => problems.push("the keys are those of another shop".to_owned()),
            Err(error) => problems.push(format!("{error:#}")),
        }
    }
    Ok(problems)
}

fn plain(file: &PlainFile) -> (&str, u64, &str) {
    (&file.name, file.bytes, &file.sha256)
}

/// Whether `name` stays below the directory that it is looked up in.
fn inside(name: &str) -> bool {
    Path::new(name).components().all(|part| matches!(part, std::path::Component::Normal(_))) && !name.is_empty()
}

/// What SQLite finds wrong with a database.
pub(crate) fn unsound(path: &Path, name: &str) -> Vec<String> {
    let check = || -> rusqlite::Result<Vec<String>> {
        let conn =
            Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
        let mut found = Vec::new();
        let mut statement = conn.prepare("pragma integrity_check")?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            found.push(row.get::<_, String>(0)?);
        }
        found.retain(|text| text != "ok");
        let mut statement = conn.prepare("select \"table\", parent from pragma_foreign_key_check limit 10")?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            found.push(format!("a row of {} points to none of {}", row.get::<_, String>(0)?, row.get::<_, String>(1)?));
        }
        Ok(found)
    };
    match check() {
        Ok(found) => found.into_iter().map(|text| format!("{name}: {text}")).collect(),
        Err(error) => vec![format!("{name} cannot be opened: {error}")],
    }
}
