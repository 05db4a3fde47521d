//! Roles: those that come with the shop, and those that a merchant made.

use contracts::identity::{OWNER, RoleView, Scope};
use infra::sqlite::DbError;
use kernel::StoreId;
use rusqlite::{Connection, OptionalExtension as _, params};

use super::{names, scopes_of};

/// Handle, name and scopes of the roles that come with the shop.
pub(crate) const BUILT_IN: [(&str, &str, &[Scope]); 5] = [
    (OWNER, "Owner", &[Scope::Admin]),
    (
        "manager",
        "Manager",
        &[
            Scope::Catalog,
            Scope::Orders,
            Scope::Stock,
            Scope::ReadOnly,
            Scope::Customers,
            Scope::Promotions,
            Scope::Settings,
            Scope::Staff,
            Scope::Notifications,
            Scope::Fulfilment,
        ],
    ),
    ("support", "Support", &[Scope::Orders, Scope::Customers, Scope::ReadOnly]),
    ("fulfilment", "Fulfilment", &[Scope::Fulfilment, Scope::Stock]),
    ("read_only", "Read only", &[Scope::ReadOnly]),
];

fn built_in(handle: &str) -> Option<RoleView> {
    BUILT_IN.iter().find(|(own, _, _)| *own == handle).map(|(handle, name, scopes)| RoleView {
        handle: (*handle).to_owned(),
        name: (*name).to_owned(),
        scopes: scopes.to_vec(),
        built_in: true,
    })
}

pub(crate) fn is_built_in(handle: &str) -> bool {
    BUILT_IN.iter().any(|(own, _, _)| *own == handle)
}

pub(crate) fn find(conn: &Connection, store: StoreId, handle: &str) -> Result<Option<RoleView>, DbError> {
    if let Some(role) = built_in(handle) {
        return Ok(Some(role));
    }
    let sql = "select name, scopes from roles where store = ?1 and handle = ?2";
    let found = conn.prepare_cached(sql)?.query_row(params![store.as_bytes(), handle], |row| {
        let scopes = scopes_of(&row.get::<_, String>(1)?)?;
        Ok(RoleView { handle: handle.to_owned(), name: row.get(0)?, scopes, built_in: false })
    });
    Ok(found.optional()?)
}

pub(crate) fn scopes(conn: &Connection, store: StoreId, handle: &str) -> Result<Option<Vec<Scope>>, DbError> {
    Ok(find(conn, store, handle)?.map(|role| role.scopes))
}

pub(crate) fn list(conn: &Connection, store: StoreId) -> Result<Vec<RoleView>, DbError> {
    let mut roles: Vec<RoleView> = BUILT_IN.iter().filter_map(|(handle, _, _)| built_in(handle)).collect();
    let mut statement =
        conn.prepare_cached("select handle, name, scopes from roles where store = ?1 order by handle")?;
    let rows = statement.query_map(params![store.as_bytes()], |row| {
        let scopes = scopes_of(&row.get::<_, String>(2)?)?;
        Ok(RoleView { handle: row.get(0)?, name: row.get(1)?, scopes, built_in: false })
    })?;
    for role in rows {
        roles.push(role?);
    }
    Ok(roles)
}

pub(crate) fn put(conn: &Connection, store: StoreId, role: &RoleView) -> Result<(), DbError> {
    let sql = "insert into roles (store, handle, name, scopes) values (?1, ?2, ?3, ?4)
               on conflict (store, handle) do update set name = excluded.name, scopes = excluded.scopes";
    conn.prepare_cached(sql)?.execute(params![store.as_bytes(), role.handle, role.name, names(&role.scopes)?])?;
    Ok(())
}

/// How many roles a merchant made.
pub(crate) fn count(conn: &Connection, store: StoreId) -> Result<i64, DbError> {
    let mut statement = conn.prepare_cached("select count(*) from roles where store = ?1")?;
    Ok(statement.query_row(params![store.as_bytes()], |row| row.get(0))?)
}

pub(crate) fn delete(conn: &Connection, store: StoreId, handle: &str) -> Result<bool, DbError> {
    let sql = "delete from roles where store = ?1 and handle = ?2";
    Ok(conn.prepare_cached(sql)?.execute(params![store.as_bytes(), handle])? == 1)
}
