//! The queue of mails.

use contracts::notification::{MailFilter, MailStatus, MailTemplate, MailView};
use infra::sqlite::DbError;
use kernel::mutant::{Mutant, planted};
use kernel::{MailId, OrderId, StoreId, Timestamp};
use ring::digest::{SHA256, digest};
use rusqlite::{Connection, OptionalExtension as _, Row, named_params};
use serde::{Deserialize, Serialize};

use crate::mail::transport::file_name;

use super::{json, maybe_time, named, time, uuid};

/// What a mail is about, besides the order: ids, quantities, amounts.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Facts {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) shipment: Option<kernel::ShipmentId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) returned: Option<kernel::ReturnId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) refund: Option<kernel::RefundId>,
    /// Of a refund: minor units, in the order's currency.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) amount_minor: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) out_of_stock: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) stock: Option<LowStock>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) endpoint: Option<DisabledEndpoint>,
}

/// A SKU that runs low.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct LowStock {
    pub(crate) sku: String,
    pub(crate) location: String,
    pub(crate) available: i64,
    pub(crate) threshold: i64,
}

/// An endpoint that was switched off.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct DisabledEndpoint {
    pub(crate) url: String,
    pub(crate) reason: String,
}

/// A mail about to be queued.
#[derive(Clone, Debug)]
pub(crate) struct NewRow {
    pub(crate) id: MailId,
    pub(crate) dedupe: [u8; 32],
    pub(crate) template: MailTemplate,
    pub(crate) order: Option<OrderId>,
    pub(crate) facts: Facts,
    /// Wrapped key, sealed letter, hash of the reader.
    pub(crate) sealed: Option<(Vec<u8>, Vec<u8>, [u8; 32])>,
    pub(crate) at: Timestamp,
    pub(crate) expires_at: Timestamp,
}

/// A mail that is to be sent.
#[derive(Clone, Debug)]
pub(crate) struct DueRow {
    pub(crate) id: MailId,
    pub(crate) template: MailTemplate,
    pub(crate) order: Option<OrderId>,
    pub(crate) facts: Facts,
    pub(crate) wrapped_key: Option<Vec<u8>>,
    pub(crate) sealed: Option<Vec<u8>>,
    pub(crate) tries: u32,
    pub(crate) created_at: Timestamp,
    pub(crate) expires_at: Timestamp,
}

/// What makes a mail the same mail: texts of other services may name people, so only their hash is kept.
pub(crate) fn dedupe(parts: &[&str]) -> [u8; 32] {
    let mut text = Vec::new();
    for part in parts {
        text.extend_from_slice(&(part.len() as u64).to_be_bytes());
        text.extend_from_slice(part.as_bytes());
    }
    let mut hash = [0; 32];
    hash.copy_from_slice(digest(&SHA256, &text).as_ref());
    hash
}

/// Whether the mail is new. The same one again changes nothing.
pub(crate) fn insert(conn: &Connection, store: StoreId, row: &NewRow) -> Result<bool, DbError> {
    let sql = "insert into mails (store, id, dedupe, template, order_id, facts, wrapped_key, sealed, reader, status,
                                  next_at, created_at, expires_at)
               values (:store, :id, :dedupe, :template, :order, :facts, :key, :sealed, :reader, 'queued',
                       :at, :at, :expires)
               on conflict do nothing";
    let (key, sealed, reader) = match &row.sealed {
        Some((key, sealed, reader)) => (Some(key), Some(sealed), Some(reader)),
        None => (None, None, None),
    };
    let changed = conn.prepare_cached(sql)?.execute(named_params! {
        ":store": store.as_bytes(),
        ":id": row.id.as_bytes(),
        ":dedupe": row.dedupe,
        ":template": row.template.name(),
        ":order": row.order.as_ref().map(OrderId::as_bytes),
        ":facts": json(&row.facts)?,
        ":key": key,
        ":sealed": sealed,
        ":reader": reader,
        ":at": row.at.millis(),
        ":expires": row.expires_at.millis(),
    })?;
    Ok(changed == 1)
}

/// Whether a mail from `template` about `order` was ever queued.
pub(crate) fn exists(
    conn: &Connection,
    store: StoreId,
    order: OrderId,
    template: MailTemplate,
) -> Result<bool, DbError> {
    let sql = "select 1 from mails where store = :store and order_id = :order and template = :template limit 1";
    let found = conn.prepare_cached(sql)?.query_row(
        named_params! { ":store": store.as_bytes(), ":order": order.as_bytes(), ":template": template.name() },
        |_| Ok(()),
    );
    Ok(found.optional()?.is_some())
}

/// Mails whose time has come, longest waiting first.
pub(crate) fn due(conn: &Connection, store: StoreId, now: Timestamp, limit: u32) -> Result<Vec<DueRow>, DbError> {
    let sql = "select id, template, order_id, facts, wrapped_key, sealed, tries, created_at, expires_at
                 from mails
                where store = :store and status = 'queued' and next_at <= :now
                order by next_at limit :limit";
    let mut statement = conn.prepare_cached(sql)?;
    let rows = statement.query_map(
        named_params! { ":store": store.as_bytes(), ":now": now.millis(), ":limit": limit },
        |row| {
            Ok(DueRow {
                id: MailId::from_uuid(uuid(row, "id")?),
                template: named(row, "template", MailTemplate::from_name)?,
                order: order_id(row)?,
                facts: serde_json::from_str(&row.get::<_, String>("facts")?).map_err(super::corrupt)?,
                wrapped_key: row.get("wrapped_key")?,
                sealed: row.get("sealed")?,
                tries: row.get("tries")?,
                created_at: time(row, "created_at")?,
                expires_at: time(row, "expires_at")?,
            })
        },
    )?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// What became of a try.
#[derive(Clone, Debug)]
pub(crate) enum Outcome {
    /// With the keyed hash of who got it, and its file.
    Sent {
        reader: [u8; 32],
        file: Option<String>,
    },
    Later {
        at: Timestamp,
        error: String,
    },
    Failed {
        error: String,
    },
    Dropped {
        why: String,
    },
}

/// Writes down what became of a try. What was sealed is destroyed as soon as it is not needed again. False when
/// the mail no longer waits.
pub(crate) fn record(
    conn: &Connection,
    store: StoreId,
    id: MailId,
    now: Timestamp,
    outcome: &Outcome,
) -> Result<bool, DbError> {
    let (status, next_at, sent_at, error, file, reader) = match outcome {
        Outcome::Sent { reader, file } => (MailStatus::Sent, None, Some(now), None, file.as_ref(), Some(reader)),
        Outcome::Later { at, error } => (MailStatus::Queued, Some(*at), None, Some(error), None, None),
        Outcome::Failed { error } => (MailStatus::Failed, None, None, Some(error), None, None),
        Outcome::Dropped { why } => (MailStatus::Dropped, None, None, Some(why), None, None),
    };
    let keep = matches!(status, MailStatus::Queued | MailStatus::Failed);
    let sql = "update mails
                  set status = :status, next_at = :next_at, sent_at = :sent_at, last_error = :error, file = :file,
                      tries = tries + 1, reader = coalesce(:reader, reader),
                      wrapped_key = iif(:keep, wrapped_key, null), sealed = iif(:keep, sealed, null)
                where store = :store and id = :id and status = 'queued'";
    let changed = conn.prepare_cached(sql)?.execute(named_params! {
        ":status": status.name(),
        ":next_at": next_at.map(Timestamp::millis),
        ":sent_at": sent_at.map(Timestamp::millis),
        ":error": error,
        ":file": file,
        ":reader": reader,
        ":keep": keep,
        ":store": store.as_bytes(),
        ":id": id.as_bytes(),
    })?;
    Ok(changed == 1)
}

/// Puts a mail that waits or was given up in front of the queue. Whether it is queued now.
pub(crate) fn retry(
    conn: &Connection,
    store: StoreId,
    id: MailId,
    now: Timestamp,
    expires: Timestamp,
) -> Result<bool, DbError> {
    // One with a link of its own is not tried for longer than the link works.
    let sql = "update mails
                  set status = 'queued', next_at = :now,
                      expires_at = iif(sealed is null, max(expires_at, :expires), expires_at)
                where store = :store and id = :id and status in ('queued', 'failed')";
    let changed = conn.prepare_cached(sql)?.execute(named_params! {
        ":now": now.millis(),
        ":expires": expires.millis(),
        ":store": store.as_bytes(),
        ":id": id.as_bytes(),
    })?;
    Ok(changed == 1)
}

pub(crate) fn get(conn: &Connection, store: StoreId, id: MailId) -> Result<Option<MailView>, DbError> {
    let sql = format!("select {VIEW} from mails where store = :store and id = :id");
    let found =
        conn.prepare_cached(&sql)?.query_row(named_params! { ":store": store.as_bytes(), ":id": id.as_bytes() }, view);
    Ok(found.optional()?)
}

/// A page of mails, latest first, behind `before`.
pub(crate) fn list(
    conn: &Connection,
    store: StoreId,
    filter: &MailFilter,
    before: Option<MailId>,
    limit: u32,
) -> Result<Vec<MailView>, DbError> {
    let sql = format!(
        "select {VIEW} from mails
          where store = :store and (:before is null or id < :before)
            and (:status is null or status = :status) and (:order is null or order_id = :order)
          order by id desc limit :limit"
    );
    let mut statement = conn.prepare_cached(&sql)?;
    let rows = statement.query_map(
        named_params! {
            ":store": store.as_bytes(),
            ":before": before.as_ref().map(MailId::as_bytes),
            ":status": filter.status.map(MailStatus::name),
            ":order": filter.order.as_ref().map(OrderId::as_bytes),
            ":limit": limit,
        },
        view,
    )?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

const VIEW: &str = "id, template, status, order_id, tries, created_at, next_at, sent_at, last_error, file";

fn view(row: &Row<'_>) -> rusqlite::Result<MailView> {
    Ok(MailView {
        id: MailId::from_uuid(uuid(row, "id")?),
        template: named(row, "template", MailTemplate::from_name)?,
        status: named(row, "status", MailStatus::from_name)?,
        order_id: order_id(row)?,
        tries: row.get("tries")?,
        created_at: time(row, "created_at")?.into(),
        next_at: maybe_time(row, "next_at")?.map(Into::into),
        sent_at: maybe_time(row, "sent_at")?.map(Into::into),
        last_error: row.get("last_error")?,
        file: row.get("file")?,
    })
}

fn order_id(row: &Row<'_>) -> rusqlite::Result<Option<OrderId>> {
    let bytes: Option<[u8; 16]> = row.get("order_id")?;
    Ok(bytes.map(|bytes| OrderId::from_uuid(uuid::Uuid::from_bytes(bytes))))
}

/// Drops what waits for `reader`, and tells the files that are to be deleted. How many mails there were. Until
/// [`forgotten`] says that the files are gone, the same files are told again.
pub(crate) fn forget(conn: &Connection, store: StoreId, reader: &[u8; 32]) -> Result<(u64, Vec<String>), DbError> {
    let params = named_params! { ":store": store.as_bytes(), ":reader": reader };
    // A mail without a file may have one all the same, of a try that did not hear how it ended.
    let sql = "select id, template, file from mails where store = :store and reader = :reader";
    let mut statement = conn.prepare_cached(sql)?;
    let name = |row: &Row<'_>| match row.get::<_, Option<String>>("file")? {
        Some(file) => Ok(file),
        None => Ok(file_name(MailId::from_uuid(uuid(row, "id")?), &row.get::<_, String>("template")?)),
    };
    let files: Vec<String> = statement.query_map(params, name)?.collect::<rusqlite::Result<_>>()?;
    let count = files.len() as u64;
    if planted(Mutant::ErasureForgetsQueue) {
        return Ok((count, files));
    }
    let sql = "update mails
                  set status = 'dropped', next_at = null, sealed = null, wrapped_key = null
                where store = :store and reader = :reader and status in ('queued', 'failed')";
    conn.prepare_cached(sql)?.execute(params)?;
    Ok((count, files))
}

/// Nothing points to `reader` any more, whose files are gone.
pub(crate) fn forgotten(conn: &Connection, store: StoreId, reader: &[u8; 32]) -> Result<(), DbError> {
    let sql = "update mails set file = null, reader = null
                where store = :store and reader = :reader and status <> 'queued'";
    conn.prepare_cached(sql)?.execute(named_params! { ":store": store.as_bytes(), ":reader": reader })?;
    Ok(())
}

/// A mail with a file: id, order, file name, when it was made.
pub(crate) type Filed = (MailId, Option<OrderId>, String, Timestamp);

/// Mails with a file behind `after`, oldest first.
pub(crate) fn filed(
    conn: &Connection,
    store: StoreId,
    after: Option<MailId>,
    limit: u32,
) -> Result<Vec<Filed>, DbError> {
    let sql = "select id, order_id, file, created_at from mails
                where store = :store and file is not null and (:after is null or id > :after)
                order by id limit :limit";
    let mut statement = conn.prepare_cached(sql)?;
    let rows = statement.query_map(
        named_params! {
            ":store": store.as_bytes(), ":after": after.as_ref().map(MailId::as_bytes), ":limit": limit,
        },
        |row| Ok((MailId::from_uuid(uuid(row, "id")?), order_id(row)?, row.get("file")?, time(row, "created_at")?)),
    )?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

pub(crate) fn unfile(conn: &Connection, store: StoreId, id: MailId) -> Result<(), DbError> {
    let sql = "update mails set file = null where store = :store and id = :id";
    conn.prepare_cached(sql)?.execute(named_params! { ":store": store.as_bytes(), ":id": id.as_bytes() })?;
    Ok(())
}

/// Drops mails that were given up and whose link does not work any more: nothing sealed is kept for nothing.
pub(crate) fn drop_expired(conn: &Connection, store: StoreId, now: Timestamp) -> Result<usize, DbError> {
    let sql = "update mails set status = 'dropped', sealed = null, wrapped_key = null
                where store = :store and status = 'failed' and sealed is not null and expires_at <= :now";
    Ok(conn.prepare_cached(sql)?.execute(named_params! { ":store": store.as_bytes(), ":now": now.millis() })?)
}

/// Deletes mails that were done with before `until` and have no file any more. How many.
pub(crate) fn prune(conn: &Connection, store: StoreId, until: Timestamp) -> Result<usize, DbError> {
    let sql = "delete from mails
                where store = :store and status <> 'queued' and file is null and created_at < :until";
    Ok(conn.prepare_cached(sql)?.execute(named_params! { ":store": store.as_bytes(), ":until": until.millis() })?)
}
