//! Past orders and whom they were for.

use contracts::archive::PastOrderFilter;
use infra::sqlite::DbError;
use kernel::{PastOrderId, PersonId, StoreId, Timestamp};
use rusqlite::types::Value;
use rusqlite::{Connection, OptionalExtension as _, Row, named_params, params, params_from_iter};

use super::uuid;

/// A person of the archive who was not erased.
#[derive(Clone, Debug)]
pub(crate) struct PersonRow {
    pub(crate) id: PersonId,
    /// None for who is known without an e-mail address.
    pub(crate) email_hash: Option<String>,
    /// None after erasure.
    pub(crate) wrapped_key: Option<Vec<u8>>,
}

#[derive(Clone, Debug)]
pub(crate) struct PastOrderRow {
    pub(crate) id: PastOrderId,
    pub(crate) source: String,
    /// What makes it the same order again.
    pub(crate) key: String,
    pub(crate) number: String,
    pub(crate) placed_at: Timestamp,
    /// The order as JSON, without whom it was for.
    pub(crate) record: String,
    pub(crate) person: Option<PersonId>,
    /// Sealed.
    pub(crate) contact: Option<Vec<u8>>,
    pub(crate) version: i64,
    pub(crate) imported_at: Timestamp,
}

const COLUMNS: &str = "id, source, key, number, placed_at, record, person, contact, version, imported_at";

fn read(row: &Row<'_>) -> rusqlite::Result<PastOrderRow> {
    Ok(PastOrderRow {
        id: PastOrderId::from_uuid(uuid(row.get(0)?)),
        source: row.get(1)?,
        key: row.get(2)?,
        number: row.get(3)?,
        placed_at: Timestamp::from_millis(row.get(4)?),
        record: row.get(5)?,
        person: person(row.get(6)?),
        contact: row.get(7)?,
        version: row.get(8)?,
        imported_at: Timestamp::from_millis(row.get(9)?),
    })
}

fn person(bytes: Option<[u8; 16]>) -> Option<PersonId> {
    bytes.map(|bytes| PersonId::from_uuid(uuid(bytes)))
}

/// Writes a past order, new or known.
pub(crate) fn put(conn: &Connection, store: StoreId, row: &PastOrderRow) -> Result<(), DbError> {
    let sql = "insert into past_orders (store, id, source, key, number, placed_at, record, person, contact, version, imported_at)
               values (:store, :id, :source, :key, :number, :placed_at, :record, :person, :contact, :version, :imported_at)
               on conflict (store, id) do update
                  set number = excluded.number, placed_at = excluded.placed_at, record = excluded.record,
                      person = excluded.person, contact = excluded.contact, version = excluded.version,
                      imported_at = excluded.imported_at";
    conn.prepare_cached(sql)?.execute(named_params! {
        ":store": store.as_bytes(),
        ":id": row.id.as_bytes(),
        ":source": row.source,
        ":key": row.key,
        ":number": row.number,
        ":placed_at": row.placed_at.millis(),
        ":record": row.record,
        ":person": row.person.map(|id| *id.as_bytes()),
        ":contact": row.contact,
        ":version": row.version,
        ":imported_at": row.imported_at.millis(),
    })?;
    Ok(())
}

pub(crate) fn remove(conn: &Connection, store: StoreId, id: PastOrderId) -> Result<(), DbError> {
    let sql = "delete from past_orders where store = ?1 and id = ?2";
    conn.prepare_cached(sql)?.execute(params![store.as_bytes(), id.as_bytes()])?;
    Ok(())
}

pub(crate) fn find(conn: &Connection, store: StoreId, id: PastOrderId) -> Result<Option<PastOrderRow>, DbError> {
    let sql = format!("select {COLUMNS} from past_orders where store = ?1 and id = ?2");
    Ok(conn.prepare_cached(&sql)?.query_row(params![store.as_bytes(), id.as_bytes()], read).optional()?)
}

pub(crate) fn by_key(
    conn: &Connection,
    store: StoreId,
    source: &str,
    key: &str,
) -> Result<Option<PastOrderRow>, DbError> {
    let sql = format!("select {COLUMNS} from past_orders where store = ?1 and source = ?2 and key = ?3");
    Ok(conn.prepare_cached(&sql)?.query_row(params![store.as_bytes(), source, key], read).optional()?)
}

/// Up to `limit` past orders, latest first, behind the one at `after`; those of `person` only when there is one. The
/// filter's e-mail address is the caller's to make a person of.
pub(crate) fn list(
    conn: &Connection,
    store: StoreId,
    filter: &PastOrderFilter,
    person: Option<PersonId>,
    after: Option<(Timestamp, PastOrderId)>,
    limit: u32,
) -> Result<Vec<PastOrderRow>, DbError> {
    let blob = |bytes: &[u8; 16]| Value::Blob(bytes.to_vec());
    let (mut sql, mut values) =
        (format!("select {COLUMNS} from past_orders where store = ?"), vec![blob(store.as_bytes())]);
    let mut narrow = |clause: &str, value: Option<Value>| {
        if let Some(value) = value {
            sql.push_str(clause);
            values.push(value);
        }
    };
    narrow(" and person = ?", person.map(|id| blob(id.as_bytes())));
    narrow(" and number = ?", filter.number.clone().map(Value::Text));
    narrow(" and source = ?", filter.source.clone().map(Value::Text));
    narrow(" and placed_at >= ?", filter.since.map(|at| Value::Integer(at.millis())));
    narrow(" and placed_at < ?", filter.until.map(|at| Value::Integer(at.millis())));
    if let Some((at, id)) = after {
        narrow(" and (placed_at, id) < (?, ", Some(Value::Integer(at.millis())));
        narrow("?)", Some(blob(id.as_bytes())));
    }
    narrow(" order by placed_at desc, id desc limit ?", Some(Value::Integer(i64::from(limit))));
    let mut statement = conn.prepare_cached(&sql)?;
    let rows = statement.query_map(params_from_iter(values), read)?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

// ---- People ----

pub(crate) fn put_person(conn: &Connection, store: StoreId, row: &PersonRow) -> Result<(), DbError> {
    let sql = "insert into past_people (store, id, email_hash, wrapped_key) values (?1, ?2, ?3, ?4)";
    let key = params![store.as_bytes(), row.id.as_bytes(), row.email_hash, row.wrapped_key];
    conn.prepare_cached(sql)?.execute(key)?;
    Ok(())
}

fn read_person(row: &Row<'_>) -> rusqlite::Result<PersonRow> {
    Ok(PersonRow { id: PersonId::from_uuid(uuid(row.get(0)?)), email_hash: row.get(1)?, wrapped_key: row.get(2)? })
}

pub(crate) fn find_person(conn: &Connection, store: StoreId, id: PersonId) -> Result<Option<PersonRow>, DbError> {
    let sql = "select id, email_hash, wrapped_key from past_people where store = ?1 and id = ?2";
    Ok(conn.prepare_cached(sql)?.query_row(params![store.as_bytes(), id.as_bytes()], read_person).optional()?)
}

pub(crate) fn person_by_email(conn: &Connection, store: StoreId, hash: &str) -> Result<Option<PersonRow>, DbError> {
    let sql = "select id, email_hash, wrapped_key from past_people where store = ?1 and email_hash = ?2";
    Ok(conn.prepare_cached(sql)?.query_row(params![store.as_bytes(), hash], read_person).optional()?)
}

/// Destroys the key and with it everything that is sealed, also what an undo would put back. Whether there was a key.
pub(crate) fn erase_person(conn: &Connection, store: StoreId, id: PersonId, now: Timestamp) -> Result<bool, DbError> {
    let key = params![store.as_bytes(), id.as_bytes()];
    let sql = "update past_people set email_hash = null, wrapped_key = null, erased_at = ?3
                where store = ?1 and id = ?2 and erased_at is null";
    let erased = conn.prepare_cached(sql)?.execute(params![store.as_bytes(), id.as_bytes(), now.millis()])? > 0;
    conn.prepare_cached("update past_orders set contact = null where store = ?1 and person = ?2")?.execute(key)?;
    conn.prepare_cached("update past_order_changes set contact = null where store = ?1 and person = ?2")?
        .execute(key)?;
    Ok(erased)
}

/// Removes a person whom no past order is for any more, nor would be after an undo. Who was erased stays, so that the
/// id is never used again.
pub(crate) fn forget_idle_person(conn: &Connection, store: StoreId, id: PersonId) -> Result<(), DbError> {
    let sql = "delete from past_people
                where store = ?1 and id = ?2 and erased_at is null
                  and not exists (select 1 from past_orders where store = ?1 and person = ?2)
                  and not exists (select 1 from past_order_changes where store = ?1 and person = ?2)";
    conn.prepare_cached(sql)?.execute(params![store.as_bytes(), id.as_bytes()])?;
    Ok(())
}

// ---- Imports ----

/// The most imports of a store that are kept; older ones cannot be taken back any more.
const KEPT: i64 = 20;

pub(crate) struct ImportRow {
    pub(crate) id: i64,
    pub(crate) at: Timestamp,
    pub(crate) actor: String,
    pub(crate) undone_at: Option<Timestamp>,
    pub(crate) orders: u64,
}

/// Begins an import and forgets those that are too old. Its number.
pub(crate) fn begin_import(conn: &Connection, store: StoreId, at: Timestamp, actor: &str) -> Result<i64, DbError> {
    let sql = "insert into past_order_imports (store, at, actor) values (?1, ?2, ?3)";
    conn.prepare_cached(sql)?.execute(params![store.as_bytes(), at.millis(), actor])?;
    let id = conn.last_insert_rowid();
    let sql = "select distinct person from past_order_changes where store = ?1 and person is not null and import in
               (select id from past_order_imports where store = ?1 order by id desc limit -1 offset ?2)";
    let people: Vec<[u8; 16]> = conn
        .prepare_cached(sql)?
        .query_map(params![store.as_bytes(), KEPT], |row| row.get(0))?
        .collect::<rusqlite::Result<_>>()?;
    let sql = "delete from past_order_imports where store = ?1 and id in
               (select id from past_order_imports where store = ?1 order by id desc limit -1 offset ?2)";
    conn.prepare_cached(sql)?.execute(params![store.as_bytes(), KEPT])?;
    for person in people {
        forget_idle_person(conn, store, PersonId::from_uuid(uuid(person)))?;
    }
    Ok(id)
}

/// Notes that the import made `version` of an order, and what was `before`.
pub(crate) fn note_change(
    conn: &Connection,
    store: StoreId,
    import: i64,
    (id, version): (PastOrderId, i64),
    before: Option<&PastOrderRow>,
) -> Result<(), DbError> {
    let sql = "insert into past_order_changes
                      (store, import, order_id, version, record, person, contact, before, imported_at)
               values (:store, :import, :order_id, :version, :record, :person, :contact, :before, :imported_at)";
    conn.prepare_cached(sql)?.execute(named_params! {
        ":store": store.as_bytes(),
        ":import": import,
        ":order_id": id.as_bytes(),
        ":version": version,
        ":record": before.map(|row| &row.record),
        ":person": before.and_then(|row| row.person).map(|id| *id.as_bytes()),
        ":contact": before.and_then(|row| row.contact.as_ref()),
        ":before": before.map(|row| row.version),
        ":imported_at": before.map(|row| row.imported_at.millis()),
    })?;
    Ok(())
}

/// Latest first.
pub(crate) fn imports(conn: &Connection, store: StoreId) -> Result<Vec<ImportRow>, DbError> {
    let sql = "select id, at, actor, undone_at,
                      (select count(*) from past_order_changes c where c.store = i.store and c.import = i.id)
                 from past_order_imports i where store = ?1 order by id desc";
    let mut statement = conn.prepare_cached(sql)?;
    let rows = statement.query_map(params![store.as_bytes()], |row| {
        Ok(ImportRow {
            id: row.get(0)?,
            at: Timestamp::from_millis(row.get(1)?),
            actor: row.get(2)?,
            undone_at: row.get::<_, Option<i64>>(3)?.map(Timestamp::from_millis),
            orders: row.get::<_, i64>(4)?.unsigned_abs(),
        })
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// Whether the import is there, and when it was taken back.
pub(crate) fn find_import(conn: &Connection, store: StoreId, id: i64) -> Result<Option<Option<Timestamp>>, DbError> {
    let sql = "select undone_at from past_order_imports where store = ?1 and id = ?2";
    let found = conn.prepare_cached(sql)?.query_row(params![store.as_bytes(), id], |row| row.get::<_, Option<i64>>(0));
    Ok(found.optional()?.map(|at| at.map(Timestamp::from_millis)))
}

/// What an import changed.
pub(crate) struct ChangeRow {
    pub(crate) id: PastOrderId,
    /// That the import made.
    pub(crate) version: i64,
    pub(crate) before: Option<BeforeRow>,
}

/// An order as it was before an import.
pub(crate) struct BeforeRow {
    pub(crate) record: String,
    pub(crate) person: Option<PersonId>,
    pub(crate) contact: Option<Vec<u8>>,
    pub(crate) version: i64,
    pub(crate) imported_at: Timestamp,
}

pub(crate) fn changes(conn: &Connection, store: StoreId, import: i64) -> Result<Vec<ChangeRow>, DbError> {
    let sql = "select order_id, version, record, person, contact, before, imported_at
                 from past_order_changes where store = ?1 and import = ?2";
    let mut statement = conn.prepare_cached(sql)?;
    let rows = statement.query_map(params![store.as_bytes(), import], |row| {
        let before = match row.get::<_, Option<String>>(2)? {
            None => None,
            Some(record) => Some(BeforeRow {
                record,
                person: person(row.get(3)?),
                contact: row.get(4)?,
                version: row.get(5)?,
                imported_at: Timestamp::from_millis(row.get(6)?),
            }),
        };
        Ok(ChangeRow { id: PastOrderId::from_uuid(uuid(row.get(0)?)), version: row.get(1)?, before })
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// Everybody whom orders of the import are for, or were before it.
pub(crate) fn people_of_import(conn: &Connection, store: StoreId, import: i64) -> Result<Vec<PersonId>, DbError> {
    let sql = "select person from past_order_changes where store = ?1 and import = ?2 and person is not null
                union
               select o.person from past_order_changes c join past_orders o on o.store = c.store and o.id = c.order_id
                where c.store = ?1 and c.import = ?2 and o.person is not null";
    let mut statement = conn.prepare_cached(sql)?;
    let rows = statement.query_map(params![store.as_bytes(), import], |row| row.get::<_, [u8; 16]>(0))?;
    Ok(rows.map(|bytes| bytes.map(|bytes| PersonId::from_uuid(uuid(bytes)))).collect::<rusqlite::Result<_>>()?)
}

/// Notes that an import was taken back; what was before it is needed no longer.
pub(crate) fn mark_undone(conn: &Connection, store: StoreId, id: i64, at: Timestamp) -> Result<(), DbError> {
    let sql = "update past_order_imports set undone_at = ?3 where store = ?1 and id = ?2";
    conn.prepare_cached(sql)?.execute(params![store.as_bytes(), id, at.millis()])?;
    let sql = "delete from past_order_changes where store = ?1 and import = ?2";
    conn.prepare_cached(sql)?.execute(params![store.as_bytes(), id])?;
    Ok(())
}
