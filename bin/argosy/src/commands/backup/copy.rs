//! A database, row by row, into a fresh file: nothing of what was deleted from the old one is in it.

use std::path::Path;

use anyhow::{Context as _, Result};
use rusqlite::{Connection, params};

use super::files::private_file;
use super::freeze::Frozen;
use super::keys::KEYED;

/// Rows in one step of a copy.
const STEP: i64 = 20_000;

/// What the tables of a database are.
pub(super) struct Schema {
    /// SQLite's own count of changes of the schema.
    pub(super) version: i64,
    /// Number of the last migration.
    pub(super) migration: i64,
    tables: Vec<Table>,
    /// Indexes, triggers and views, made when the rows are in.
    rest: Vec<String>,
    user_version: i64,
    has_sequence: bool,
}

struct Table {
    name: String,
    sql: String,
    columns: Vec<String>,
    has_rowid: bool,
}

impl Schema {
    pub(super) fn read(conn: &Connection) -> Result<Self> {
        let number = |sql: &str| conn.query_row(sql, [], |row| row.get::<_, i64>(0));
        let mut tables = Vec::new();
        let sql = "select l.name, s.sql, l.wr from pragma_table_list l join sqlite_schema s on s.name = l.name
                    where l.schema = 'main' and l.type = 'table' and l.name not like 'sqlite\\_%' escape '\\'
                    order by s.rowid";
        let mut statement = conn.prepare(sql)?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            let name: String = row.get(0)?;
            let mut columns = conn.prepare("select name from pragma_table_info(?1) order by cid")?;
            let columns = columns.query_map([&name], |row| row.get(0))?.collect::<rusqlite::Result<Vec<String>>>()?;
            tables.push(Table { sql: row.get(1)?, columns, has_rowid: row.get::<_, i64>(2)? == 0, name });
        }
        let sql = "select sql from sqlite_schema where type <> 'table' and sql is not null order by rowid";
        let rest = conn.prepare(sql)?.query_map([], |row| row.get(0))?.collect::<rusqlite::Result<Vec<String>>>()?;
        let known = |table: &str| number(&format!("select count(*) from sqlite_schema where name = '{table}'"));
        let migration = match known("refinery_schema_history")? {
            0 => 0,
            _ => number("select coalesce(max(version), 0) from refinery_schema_history")?,
        };
        Ok(Schema {
            version: number("pragma main.schema_version")?,
            migration,
            tables,
            rest,
            user_version: number("pragma main.user_version")?,
            has_sequence: known("sqlite_sequence")? > 0,
        })
    }

    /// A new file at `path` with these tables, empty.
    pub(super) fn make_tables(&self, path: &Path) -> Result<()> {
        private_file(path)?;
        let conn = Connection::open(path)?;
        conn.execute_batch("pragma foreign_keys = off; pragma synchronous = off; begin")?;
        for table in &self.tables {
            conn.execute_batch(&table.sql)?;
        }
        conn.execute_batch(&format!("commit; pragma user_version = {}", self.user_version))?;
        Ok(())
    }

    fn make_the_rest(&self, path: &Path) -> Result<()> {
        let conn = Connection::open(path)?;
        conn.execute_batch("pragma synchronous = off; begin")?;
        for sql in &self.rest {
            conn.execute_batch(sql)?;
        }
        conn.execute_batch("commit")?;
        Ok(())
    }
}

impl Frozen {
    /// How many rows there are to copy.
    pub(super) fn rows(&self) -> Result<u64> {
        let count = |table: &Table| {
            let sql = format!("select count(*) from main.{}", quoted(&table.name));
            self.conn.query_row(&sql, [], |row| row.get::<_, i64>(0)).map(i64::unsigned_abs)
        };
        Ok(self.schema.tables.iter().map(count).sum::<rusqlite::Result<u64>>()?)
    }

    /// Copies every row, keys into the file of keys and everything else into the copy, and finishes the copy. `done`
    /// hears of every step.
    pub(super) fn copy(self, mut done: impl FnMut(u64)) -> Result<u64> {
        let mut rows = 0;
        for table in &self.schema.tables {
            let mut heard = |step: u64| {
                rows += step;
                done(step);
            };
            self.copy_table(table, &mut heard).with_context(|| format!("table {} of {}", table.name, self.name))?;
        }
        if self.schema.has_sequence {
            self.conn.execute_batch(
                "delete from copy.sqlite_sequence; insert into copy.sqlite_sequence select * from main.sqlite_sequence",
            )?;
        }
        self.conn.execute_batch("commit")?;
        let Frozen { conn, schema, copy, .. } = self;
        drop(conn);
        schema.make_the_rest(&copy)?;
        std::fs::File::open(&copy)?.sync_all()?;
        Ok(rows)
    }

    fn copy_table(&self, table: &Table, done: &mut impl FnMut(u64)) -> Result<()> {
        let keyed = KEYED.iter().any(|keyed| keyed.database == self.name && keyed.table == table.name);
        if keyed {
            let sql = format!(
                "insert into keys.person_keys select ?1, ?2, store, id, wrapped_key from main.{}
                  where wrapped_key is not null",
                quoted(&table.name)
            );
            self.conn.execute(&sql, params![self.name, table.name])?;
        }
        let into = table.columns.iter().map(|column| quoted(column)).collect::<Vec<_>>().join(", ");
        let from = |column: &String| match keyed && column == "wrapped_key" {
            true => "iif(wrapped_key is null, null, x'')".to_owned(),
            false => quoted(column),
        };
        let from = table.columns.iter().map(from).collect::<Vec<_>>().join(", ");
        let name = quoted(&table.name);
        if !table.has_rowid {
            let sql = format!("insert into copy.{name} ({into}) select {from} from main.{name}");
            done(self.conn.execute(&sql, [])? as u64);
            return Ok(());
        }
        let sql = format!(
            "insert into copy.{name} (rowid, {into})
             select rowid, {from} from main.{name} where rowid >= ?1 order by rowid limit {STEP}"
        );
        let mut insert = self.conn.prepare(&sql)?;
        let last = format!("select max(rowid) from copy.{name}");
        let mut from = i64::MIN;
        loop {
            let step = insert.execute([from])?;
            done(step as u64);
            if (step as i64) < STEP {
                return Ok(());
            }
            let last: i64 = self.conn.query_row(&last, [], |row| row.get(0))?;
            let Some(next) = last.checked_add(1) else { return Ok(()) };
            from = next;
        }
    }
}

fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}
