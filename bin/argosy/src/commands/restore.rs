//! `argosy restore`: a shop from a backup, in a directory of its own, checked before it is called restored.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context as _, Result, bail};
use contracts::ledger::InvariantReport;
use kernel::{Clock as _, SystemClock};
use rusqlite::Connection;
use serde::Serialize;

use super::backup::keys::{self, Keys};
use super::backup::manifest::Manifest;
use super::backup::{MEDIA, bar, files, verify};
use super::say;
use crate::cli::RestoreCommand;
use crate::config::keys::Settings;

/// What a restore did and found.
#[derive(Debug, Serialize)]
struct Restored {
    data: String,
    taken_at: contracts::catalog::TimestampSchema,
    orders: u64,
    last_position: i64,
    /// People whose names can be read again.
    people: u64,
    /// People whose keys are gone: erased since the backup, or all of them when there were no keys.
    erased: u64,
    /// Mails that wait in the queue; they are sent when the shop opens.
    mails_waiting: u64,
    invariants: Vec<InvariantReport>,
}

pub(crate) async fn run(command: &RestoreCommand, settings: &Settings) -> Result<ExitCode> {
    let restored = restore(command, &settings.data).await?;
    let broken = restored.invariants.iter().any(|report| !report.violations.is_empty());
    if command.json {
        say(&format!("{}\n", serde_json::to_string_pretty(&restored)?))?;
    } else {
        say(&told(&restored))?;
    }
    Ok(if broken { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

fn told(restored: &Restored) -> String {
    let Restored { data, taken_at, orders, last_position, people, erased, mails_waiting, invariants } = restored;
    let mut text = format!(
        "Restored into {data}: the shop as it was at {}.\n{orders} orders, events up to {last_position}; the keys of \
         {people} people were put in.\n",
        taken_at.0
    );
    if *erased > 0 {
        text += &format!("{erased} records had no key and were erased.\n");
    }
    if *mails_waiting > 0 {
        text += &format!("{mails_waiting} mails wait in the queue and are sent when the shop opens.\n");
    }
    for violation in invariants.iter().flat_map(|report| &report.violations) {
        text += &format!("- {}\n  What to do: {}\n", violation.detail, violation.remedy);
    }
    let broken = invariants.iter().filter(|report| !report.violations.is_empty()).count();
    text += &match broken {
        0 => "Every hash, the databases and the invariants of the ledger were checked: everything holds.\n".to_owned(),
        broken => format!("{broken} invariants are broken; see above.\n"),
    };
    text + &format!("Everybody is logged out. Open it with: argosy serve --data {data}\n")
}

async fn restore(command: &RestoreCommand, data: &Path) -> Result<Restored> {
    let manifest = Manifest::read(&command.backup)?;
    refuse_unless_empty(data)?;
    let keys = find_keys(command, &manifest)?;
    let problems = verify::problems(&command.backup, &manifest)?;
    if !problems.is_empty() {
        bail!("the backup is damaged and was not restored:\n- {}", problems.join("\n- "));
    }
    let (parent, name) = (data.parent(), data.file_name().context("name the directory with --data")?);
    let parent = parent.filter(|path| !path.as_os_str().is_empty()).unwrap_or(Path::new("."));
    crate::lock::create(parent)?;
    let work = parent.join(format!(".{}.{}.restoring", name.to_string_lossy(), std::process::id()));
    files::private_dir(&work)?;
    let mut outcome = fill(command, &manifest, keys.as_ref(), &work).await;
    if outcome.is_ok() {
        let put = put_in_place(&work, data, parent);
        outcome = put.and(outcome);
    }
    if outcome.is_err() {
        let _ = std::fs::remove_dir_all(&work);
    }
    let mut restored = outcome?;
    restored.data = data.display().to_string();
    Ok(restored)
}

fn refuse_unless_empty(data: &Path) -> Result<()> {
    match std::fs::read_dir(data).map(|mut entries| entries.next().is_some()) {
        Ok(true) => bail!(
            "{} is not empty; a restore never overwrites a shop. Name a new directory with --data",
            data.display()
        ),
        Ok(false) => Ok(()),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(error).with_context(|| format!("{} cannot be read", data.display())),
    }
}

fn put_in_place(work: &Path, data: &Path, parent: &Path) -> Result<()> {
    if data.is_dir() {
        // Fails when something was put into it meanwhile, as it should.
        std::fs::remove_dir(data).with_context(|| format!("{} is in use", data.display()))?;
    }
    std::fs::rename(work, data).with_context(|| format!("{} cannot be made", data.display()))?;
    files::sync_dir(parent)
}

/// The keys that belong to the backup; none only when that is asked for.
fn find_keys(command: &RestoreCommand, manifest: &Manifest) -> Result<Option<Keys>> {
    let inside = command.backup.join(keys::FILE);
    let path: PathBuf = match &command.keys {
        Some(path) => path.clone(),
        None if command.without_keys => return Ok(None),
        None if manifest.keys_included => inside,
        None => bail!(
            "the backup has no keys. Name the file that was written with --keys-to by --keys FILE. If it is lost, \
             --without-keys restores orders, stock and products, and erases everybody: customers, staff, addresses"
        ),
    };
    let found = Keys::open(&path)?;
    if keys::check_of(found.master()) != manifest.key_check {
        bail!("the keys in {} are those of another shop", path.display());
    }
    Ok(Some(found))
}

async fn fill(command: &RestoreCommand, manifest: &Manifest, keys: Option<&Keys>, work: &Path) -> Result<Restored> {
    let backup = &command.backup;
    let total = manifest.databases.len() + manifest.files.len() + manifest.media.len();
    let bar = bar(total as u64, "{bar:40} {pos}/{len} files, {eta} left");
    for name in manifest.databases.iter().map(|file| &file.name).chain(manifest.files.iter().map(|file| &file.name)) {
        files::copy(&backup.join(name), &work.join(name), name, None)?;
        bar.inc(1);
    }
    let pictures = match (&command.media_from, manifest.media_included) {
        (Some(folder), _) => folder.clone(),
        (None, true) => backup.join("media"),
        (None, false) if manifest.media.is_empty() => backup.clone(),
        (None, false) => bail!(
            "the backup names its {} pictures but does not have them; say where they are with --media-from DIRECTORY",
            manifest.media.len()
        ),
    };
    for file in &manifest.media {
        let copied = files::copy(&pictures.join(&file.name), &work.join(MEDIA).join(&file.name), &file.name, None)?;
        if copied != *file {
            bail!("the picture {} in {} is not the one of the backup", file.name, pictures.display());
        }
        bar.inc(1);
    }
    bar.finish_and_clear();
    let (mut people, mut erased, mut mails_waiting) = (0, 0, 0);
    for file in &manifest.databases {
        let conn = Connection::open(work.join(&file.name))?;
        conn.execute_batch("pragma foreign_keys = on; begin")?;
        if let Some(keys) = keys {
            people += keys.put_into(&conn, &file.name)?;
        }
        erased += keys::erase_keyless(&conn, &file.name)?;
        log_everybody_out(&conn, &file.name)?;
        if file.name == "notification.db" {
            let waiting = "select count(*) from mails where status = 'queued'";
            mails_waiting = conn.query_row(waiting, [], |row| row.get::<_, i64>(0))?.unsigned_abs();
        }
        conn.execute_batch("commit")?;
    }
    if let Some(keys) = keys {
        let mut file = {
            files::private_dir(&work.join("keys"))?;
            files::private_file(&work.join("keys").join("master"))?
        };
        std::io::Write::write_all(&mut file, keys.master())?;
        file.sync_all()?;
    }
    for file in &manifest.databases {
        let problems = verify::unsound(&work.join(&file.name), &file.name);
        if !problems.is_empty() {
            bail!("a restored database is not sound:\n- {}", problems.join("\n- "));
        }
    }
    let (invariants, orders) = doctor(&work.join("ledger.db")).await?;
    Ok(Restored {
        data: String::new(),
        taken_at: manifest.taken_at,
        orders,
        last_position: manifest.ledger.last_position,
        people,
        erased,
        mails_waiting,
        invariants,
    })
}

/// A session that was ended, or a password changed, after the backup must not open anything again.
fn log_everybody_out(conn: &Connection, database: &str) -> Result<()> {
    if database != "identity.db" {
        return Ok(());
    }
    for table in ["customer_sessions", "staff_sessions", "tokens"] {
        let known = "select count(*) from sqlite_schema where type = 'table' and name = ?1";
        if conn.query_row(known, [table], |row| row.get::<_, i64>(0))? > 0 {
            conn.execute(&format!("delete from {table}"), [])?;
        }
    }
    Ok(())
}

/// The invariants of the restored ledger, checked on the file alone: a shop that opened for it would begin to send
/// mails and ask providers.
async fn doctor(ledger: &Path) -> Result<(Vec<InvariantReport>, u64)> {
    let (engine, reader) = ledger::engine::sqlite::open(ledger, 1).context("the restored ledger cannot be opened")?;
    let reports = ledger::doctor::check(&reader, SystemClock.now()).await.map_err(crate::shop::told)?;
    drop((engine, reader));
    let orders = reports.iter().find(|report| report.id == "I2").map_or(0, |report| report.checked);
    Ok((reports, orders))
}
