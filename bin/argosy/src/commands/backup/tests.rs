use std::collections::BTreeSet;
use std::path::Path;

use rusqlite::Connection;

use super::*;

fn command() -> BackupCommand {
    BackupCommand { verb: None, to: None, with_keys: false, keys_to: None, without_media: false, json: false }
}

/// A data directory with a ledger of four persons, one of them erased, and a table that counts.
fn shop(dir: &Path) {
    std::fs::create_dir_all(dir.join("keys")).unwrap();
    std::fs::write(dir.join("keys/master"), [7; 32]).unwrap();
    let (engine, _reader) = ledger::engine::sqlite::open(&dir.join("ledger.db"), 1).unwrap();
    drop(engine);
    let conn = Connection::open(dir.join("ledger.db")).unwrap();
    conn.execute_batch(
        "insert into people values (zeroblob(16), x'01', x'aaaaaaaaaaaaaa'), (zeroblob(16), x'02', x'bbbbbbbbbbbbbb'),
                                   (zeroblob(16), x'03', null), (zeroblob(16), x'04', x'cccccccccccccc');",
    )
    .unwrap();
    let conn = Connection::open(dir.join("other.db")).unwrap();
    conn.execute_batch(
        "pragma journal_mode = wal; pragma user_version = 9;
         create table n (id integer primary key autoincrement, \"odd name\" text) strict;
         create table loose (v any);
         create index n_by_name on n (\"odd name\");
         insert into n values (5, 'five'), (-3, 'minus'), (70000, 'many'); delete from n where id = 70000;
         insert into loose values (1), (null), (x'00'), ('text'); delete from loose where v = 1;",
    )
    .unwrap();
}

fn dump(path: &Path) -> Vec<String> {
    let conn = Connection::open(path).unwrap();
    let texts = |sql: &str| -> Vec<String> {
        conn.prepare(sql).unwrap().query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect()
    };
    let mut all =
        texts("select type || ' ' || name || ' ' || coalesce(sql, '') from sqlite_schema order by type, name");
    for table in texts("select name from sqlite_schema where type = 'table' order by name") {
        let columns =
            texts(&format!("select 'quote(\"' || name || '\")' from pragma_table_info('{table}')")).join(" || ',' || ");
        let mut rows = texts(&format!("select '{table}: ' || {columns} from \"{table}\""));
        rows.sort();
        all.extend(rows);
    }
    all
}

#[test]
fn a_copy_has_everything_but_keys_and_a_restore_puts_them_back() {
    let dir = tempfile::tempdir().unwrap();
    let (data, to, key_file) = (dir.path().join("data"), dir.path().join("backup"), dir.path().join("keys.db"));
    shop(&data);
    let taken =
        take(&BackupCommand { keys_to: Some(key_file.clone()), ..command() }, &data, &to, &SystemClock).unwrap();
    assert!(!to.join(keys::FILE).exists());
    assert_eq!(dump(&data.join("other.db")), dump(&to.join("other.db")));
    let conn = Connection::open(to.join("other.db")).unwrap();
    assert_eq!(conn.query_row("pragma user_version", [], |row| row.get::<_, i64>(0)).unwrap(), 9);
    let copied = std::fs::read(to.join("ledger.db")).unwrap();
    for key in [[0xaa; 7], [0xbb; 7], [0xcc; 7]] {
        assert!(!copied.windows(7).any(|bytes| bytes == key), "a key is in the copy");
    }
    assert_eq!(verify::problems(&to, &taken.manifest).unwrap(), Vec::<String>::new());

    // Person 2 is erased; the next backup writes the file of keys anew, and the old backup is restored with it.
    Connection::open(data.join("ledger.db"))
        .unwrap()
        .execute_batch("update people set wrapped_key = null where id = x'02'")
        .unwrap();
    let again = BackupCommand { keys_to: Some(key_file.clone()), ..command() };
    take(&again, &data, &dir.path().join("next"), &SystemClock).unwrap();
    let found = keys::Keys::open(&key_file).unwrap();
    let conn = Connection::open(to.join("ledger.db")).unwrap();
    assert_eq!(found.put_into(&conn, "ledger.db").unwrap(), 2);
    assert_eq!(keys::erase_keyless(&conn, "ledger.db").unwrap(), 1);
    drop(conn);
    assert_eq!(dump(&to.join("ledger.db")), dump(&data.join("ledger.db")));
    let problems = verify::problems(&to, &taken.manifest).unwrap();
    assert_eq!(problems, ["ledger.db is not as it was written"]);
}

#[test]
fn a_backup_never_overwrites_and_leaves_nothing_half_done() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data");
    shop(&data);
    let to = dir.path().join("backups");
    std::fs::create_dir(&to).unwrap();
    let first = take(&command(), &data, &to, &SystemClock).unwrap();
    assert!(first.path.starts_with(&to) && first.path != to);
    assert!(take(&command(), &data, &first.path, &SystemClock).is_err());
    let unwritable = BackupCommand { keys_to: Some(dir.path().join("no/such/folder/keys.db")), ..command() };
    std::fs::write(dir.path().join("no"), "a file").unwrap();
    assert!(take(&unwritable, &data, &to.join("second"), &SystemClock).is_err());
    let left: Vec<_> = std::fs::read_dir(&to).unwrap().map(|entry| entry.unwrap().path()).collect();
    assert_eq!(left, [first.path]);
}

#[test]
fn a_busy_writer_is_seen_at_one_moment_of_two_databases() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data");
    shop(&data);
    let stop = std::sync::Arc::new(std::sync::atomic::AtomicBool::new(false));
    let (writing, path) = (std::sync::Arc::clone(&stop), data.clone());
    // First to one database, then to the other: at every moment the first is ahead by none or one.
    let writer = infra::thread::spawn_named("writer", move || {
        let open = |name: &str| {
            let conn = Connection::open(path.join(name)).unwrap();
            conn.busy_timeout(std::time::Duration::from_secs(5)).unwrap();
            conn
        };
        let (other, ledger) = (open("other.db"), open("ledger.db"));
        let mut written = 0;
        while !writing.load(std::sync::atomic::Ordering::Relaxed) {
            written += 1;
            other.execute("insert into n (\"odd name\") values ('w')", []).unwrap();
            ledger.execute("update meta set last_slot = ?1", [written]).unwrap();
        }
    });
    for round in 0..5 {
        let to = dir.path().join(format!("backup-{round}"));
        take(&command(), &data, &to, &SystemClock).unwrap();
        let number = |name: &str, sql: &str| -> i64 {
            Connection::open(to.join(name)).unwrap().query_row(sql, [], |row| row.get(0)).unwrap()
        };
        let first = number("other.db", "select count(*) from n where \"odd name\" = 'w'");
        let second = number("ledger.db", "select last_slot from meta");
        assert!((0..=1).contains(&(first - second)), "{first} and {second} are of two moments");
    }
    stop.store(true, std::sync::atomic::Ordering::Relaxed);
    writer.join().unwrap();
}

/// A new table with keys must say what becomes of a row without one.
#[test]
fn every_table_with_keys_is_known() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../services");
    let mut found = BTreeSet::new();
    for service in std::fs::read_dir(root).unwrap() {
        let Ok(migrations) = std::fs::read_dir(service.unwrap().path().join("migrations")) else { continue };
        for migration in migrations {
            let sql = std::fs::read_to_string(migration.unwrap().path()).unwrap();
            let mut table = "";
            for line in sql.lines().map(|line| line.split("--").next().unwrap_or_default().trim()) {
                table = line.strip_prefix("create table ").map_or(table, |rest| rest.trim_end_matches(" ("));
                if line.starts_with("wrapped_key") {
                    found.insert(table.to_owned());
                }
            }
        }
    }
    assert_eq!(found, keys::KEYED.iter().map(|keyed| keyed.table.to_owned()).collect());
}
