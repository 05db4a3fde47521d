//! Endpoints of outgoing webhooks.

use infra::sqlite::DbError;
use kernel::{StoreId, Timestamp, WebhookEndpointId};
use rusqlite::{Connection, OptionalExtension as _, Row, named_params};

use super::{json, maybe_time, time, uuid};

/// An endpoint as it is stored; the secrets are sealed.
#[derive(Clone, Debug)]
pub(crate) struct EndpointRow {
    pub(crate) id: WebhookEndpointId,
    pub(crate) url: String,
    pub(crate) description: String,
    pub(crate) event_types: Vec<String>,
    pub(crate) wrapped_key: Vec<u8>,
    pub(crate) secret: Vec<u8>,
    pub(crate) old_secret: Option<Vec<u8>>,
    pub(crate) old_expires_at: Option<Timestamp>,
    pub(crate) enabled: bool,
    pub(crate) disabled_reason: Option<String>,
    pub(crate) failing_since: Option<Timestamp>,
    pub(crate) created_at: Timestamp,
    /// It is told what stands behind this position of the feed.
    pub(crate) begins_after: u64,
}

impl EndpointRow {
    /// Whether it wants events of type `kind`.
    pub(crate) fn wants(&self, kind: &str) -> bool {
        self.event_types.is_empty() || self.event_types.iter().any(|wanted| fits(wanted, kind))
    }
}

fn fits(wanted: &str, kind: &str) -> bool {
    match wanted.strip_suffix('*') {
        Some(prefix) => kind.starts_with(prefix),
        None => wanted == kind,
    }
}

const ALL: &str = "id, url, description, event_types, wrapped_key, secret, old_secret, old_expires_at, enabled,
                   disabled_reason, failing_since, created_at, begins_after";

fn read(row: &Row<'_>) -> rusqlite::Result<EndpointRow> {
    let types: String = row.get("event_types")?;
    Ok(EndpointRow {
        id: WebhookEndpointId::from_uuid(uuid(row, "id")?),
        url: row.get("url")?,
        description: row.get("description")?,
        event_types: serde_json::from_str(&types).map_err(super::corrupt)?,
        wrapped_key: row.get("wrapped_key")?,
        secret: row.get("secret")?,
        old_secret: row.get("old_secret")?,
        old_expires_at: maybe_time(row, "old_expires_at")?,
        enabled: row.get("enabled")?,
        disabled_reason: row.get("disabled_reason")?,
        failing_since: maybe_time(row, "failing_since")?,
        created_at: time(row, "created_at")?,
        begins_after: row.get::<_, i64>("begins_after")?.unsigned_abs(),
    })
}

/// All endpoints, oldest first.
pub(crate) fn list(conn: &Connection, store: StoreId) -> Result<Vec<EndpointRow>, DbError> {
    let sql = format!("select {ALL} from endpoints where store = :store order by id");
    let mut statement = conn.prepare_cached(&sql)?;
    let rows = statement.query_map(named_params! { ":store": store.as_bytes() }, read)?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// Those that are switched on.
pub(crate) fn live(conn: &Connection, store: StoreId) -> Result<Vec<EndpointRow>, DbError> {
    Ok(list(conn, store)?.into_iter().filter(|endpoint| endpoint.enabled).collect())
}

pub(crate) fn get(conn: &Connection, store: StoreId, id: WebhookEndpointId) -> Result<Option<EndpointRow>, DbError> {
    let sql = format!("select {ALL} from endpoints where store = :store and id = :id");
    let found =
        conn.prepare_cached(&sql)?.query_row(named_params! { ":store": store.as_bytes(), ":id": id.as_bytes() }, read);
    Ok(found.optional()?)
}

/// Writes an endpoint, new or changed.
pub(crate) fn put(conn: &Connection, store: StoreId, row: &EndpointRow) -> Result<(), DbError> {
    let sql = "insert into endpoints (store, id, url, description, event_types, wrapped_key, secret, old_secret,
                                      old_expires_at, enabled, disabled_reason, failing_since, created_at,
                                      begins_after)
               values (:store, :id, :url, :description, :types, :key, :secret, :old, :old_expires, :enabled, :reason,
                       :failing, :at, :begins_after)
               on conflict (store, id) do update
                  set url = :url, description = :description, event_types = :types, secret = :secret,
                      old_secret = :old, old_expires_at = :old_expires, enabled = :enabled,
                      disabled_reason = :reason, failing_since = :failing";
    conn.prepare_cached(sql)?.execute(named_params! {
        ":store": store.as_bytes(),
        ":id": row.id.as_bytes(),
        ":url": row.url,
        ":description": row.description,
        ":types": json(&row.event_types)?,
        ":key": row.wrapped_key,
        ":secret": row.secret,
        ":old": row.old_secret,
        ":old_expires": row.old_expires_at.map(Timestamp::millis),
        ":enabled": row.enabled,
        ":reason": row.disabled_reason,
        ":failing": row.failing_since.map(Timestamp::millis),
        ":at": row.created_at.millis(),
        ":begins_after": row.begins_after.cast_signed(),
    })?;
    Ok(())
}

/// Whether there was such an endpoint. Its deliveries go with it.
pub(crate) fn delete(conn: &Connection, store: StoreId, id: WebhookEndpointId) -> Result<bool, DbError> {
    let sql = "delete from endpoints where store = :store and id = :id";
    let changed =
        conn.prepare_cached(sql)?.execute(named_params! { ":store": store.as_bytes(), ":id": id.as_bytes() })?;
    Ok(changed == 1)
}

/// Remembers since when nothing gets through, or that something did.
pub(crate) fn set_failing(
    conn: &Connection,
    store: StoreId,
    id: WebhookEndpointId,
    since: Option<Timestamp>,
) -> Result<(), DbError> {
    // The first failure counts; those after it change nothing.
    let sql = "update endpoints set failing_since = iif(:since is null, null, coalesce(failing_since, :since))
                where store = :store and id = :id and (:since is null) = (failing_since is not null)";
    conn.prepare_cached(sql)?.execute(named_params! {
        ":since": since.map(Timestamp::millis),
        ":store": store.as_bytes(),
        ":id": id.as_bytes(),
    })?;
    Ok(())
}

/// Switches an endpoint off. Whether it was on.
pub(crate) fn disable(conn: &Connection, store: StoreId, id: WebhookEndpointId, reason: &str) -> Result<bool, DbError> {
    let sql = "update endpoints set enabled = 0, disabled_reason = :reason
                where store = :store and id = :id and enabled = 1";
    let changed = conn.prepare_cached(sql)?.execute(named_params! {
        ":reason": reason, ":store": store.as_bytes(), ":id": id.as_bytes(),
    })?;
    Ok(changed == 1)
}

#[cfg(test)]
mod tests {
    use super::fits;

    #[test]
    fn a_star_stands_for_the_rest() {
        assert!(fits("order.*", "order.paid") && fits("*", "stock.low") && fits("order.paid", "order.paid"));
        assert!(
            !fits("order.*", "stock.low") && !fits("order.paid", "order.paid_twice") && !fits("order", "order.paid")
        );
    }
}
