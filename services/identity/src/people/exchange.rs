//! Customers in bulk: [`contracts::identity::CustomerExchange`].

use std::collections::HashSet;

use async_trait::async_trait;
use bytes::Bytes;
use contracts::Result;
use contracts::identity::{
    CustomerExchange, CustomerImport, CustomerImportReport, CustomerRecord, CustomerUndoReport, NewSavedAddress,
};
use infra::vault::PersonKey;
use kernel::{AddressId, CustomerId, Failure, FieldError, StoreId, Timestamp};
use ring::digest::{SHA256, digest};

use super::customer_data::MAX_ADDRESSES;
use super::{People, Profile, check_email, checked_locale, checked_name, error};
use crate::exchange;
use crate::store::customer::{self, AddressRow, CustomerRow};
use crate::store::customer_import;

/// An account in the making.
struct Account {
    row: CustomerRow,
    addresses: Vec<AddressRow>,
}

impl People {
    /// An account without a password, made at `created_at` and listed as of `listed_at`.
    fn account(
        &self,
        store: StoreId,
        record: &CustomerRecord,
        (created_at, listed_at): (Timestamp, Timestamp),
    ) -> Result<Account> {
        let rng = self.identity.rng().as_ref();
        let id = CustomerId::new(listed_at, rng);
        let (key, wrapped_key) = self.parts.vault.new_person(id.as_bytes(), rng);
        let email = record.email.trim().to_owned();
        let profile = Profile { email, name: record.name.clone(), locale: record.locale.clone() };
        let row = CustomerRow {
            id,
            email_hash: self.email_hash(store, &profile.email),
            wrapped_key,
            sealed: self.seal_profile(&key, &profile)?,
            password: None,
            verified_at: record.email_verified.then(|| self.now()),
            created_at,
        };
        Ok(Account { row, addresses: self.address_rows(&key, &record.addresses)? })
    }

    fn address_rows(&self, key: &PersonKey, addresses: &[NewSavedAddress]) -> Result<Vec<AddressRow>> {
        let rng = self.identity.rng().as_ref();
        // There is always one to start with.
        let default = addresses.iter().position(|saved| saved.default).unwrap_or(0);
        let sealed = (0..).zip(addresses).map(|(at, saved)| {
            // A millisecond each, so that they stay in their order.
            let id = AddressId::new(self.now().plus_millis(at), rng);
            let plain = serde_json::to_vec(&saved.address).map_err(Failure::internal)?;
            let is_default = usize::try_from(at) == Ok(default);
            Ok::<_, Failure>(AddressRow { id, sealed: key.seal(id.as_bytes(), &plain, rng), is_default })
        });
        sealed.collect()
    }

    /// What was changed since or used is left; what was not is gone.
    fn unmake(
        conn: &rusqlite::Connection,
        store: StoreId,
        people: Vec<(CustomerId, Vec<u8>)>,
    ) -> Result<CustomerUndoReport> {
        let mut report = CustomerUndoReport::default();
        for (id, sealed_hash) in people {
            let Some(row) = customer::find(conn, store, id)? else { continue };
            let untouched = row.password.is_none()
                && digest(&SHA256, &row.sealed).as_ref() == sealed_hash
                && !customer::has_orders(conn, store, id)?;
            if untouched {
                customer::unmake(conn, store, id)?;
                report.removed += 1;
            } else {
                report.kept += 1;
            }
        }
        Ok(report)
    }
}

/// What is wrong with a customer of a file; the name and the language are trimmed.
fn problems(record: &mut CustomerRecord) -> Vec<FieldError> {
    let mut errors = Vec::new();
    check_email(&mut errors, &record.email);
    record.name = checked_name(&mut errors, record.name.as_deref());
    record.locale = checked_locale(&mut errors, record.locale.as_deref());
    if record.addresses.len() > MAX_ADDRESSES {
        let detail = format!("An address book has at most {MAX_ADDRESSES} addresses.");
        errors.push(error("/addresses", "too_many_addresses", &detail));
    }
    for (i, saved) in record.addresses.iter().enumerate().take(MAX_ADDRESSES) {
        errors.extend(saved.address.problems(&format!("/addresses/{i}")));
    }
    errors
}

#[async_trait]
impl CustomerExchange for People {
    async fn import_customers(
        &self,
        store: StoreId,
        file: Bytes,
        dry_run: bool,
        actor: &str,
    ) -> Result<CustomerImportReport> {
        let read = tokio::task::spawn_blocking(move || exchange::read(&file)).await;
        let mut read = read.map_err(|error| Failure::internal(format!("the import was stopped: {error}")))??;
        let (now, mut accounts) = (self.now(), Vec::new());
        let (mut last, mut seen) = (Timestamp::EPOCH, HashSet::new());
        let mut report = CustomerImportReport { rows: read.rows, dry_run, ..CustomerImportReport::default() };
        for (line, mut record) in std::mem::take(&mut read.customers) {
            let wrong = problems(&mut record);
            if !wrong.is_empty() {
                read.failed += 1;
                for wrong in wrong {
                    read.complain(line, wrong.pointer.trim_start_matches('/'), &wrong.detail);
                }
                continue;
            }
            let hash = self.email_hash(store, &record.email);
            let is_known = self.read(|conn| customer::by_email(conn, store, &hash))?.is_some();
            if is_known || !seen.insert(hash) {
                report.known += 1;
                continue;
            }
            // Lists go by the ids, which go by time: customers stay in the order of the file.
            let made = record.created_at.map_or(now, |at| at.0.min(now)).max(Timestamp::EPOCH);
            last = made.max(last.plus_millis(1));
            accounts.push(self.account(store, &record, (made, last))?);
        }
        report.errors = read.errors;
        report.errors.sort_by_key(|error| error.line);
        (report.failed, report.ignored_columns) = (read.failed, read.ignored_columns);
        report.created = accounts.len() as u64;
        if dry_run || accounts.is_empty() {
            return Ok(report);
        }
        let actor = actor.to_owned();
        let (import, created, known) = self
            .write(move |conn| {
                let import = customer_import::begin(conn, store, now, &actor)?;
                let (mut created, mut known) = (0, 0);
                for Account { row, addresses } in accounts {
                    // Somebody may have registered while the file was read.
                    if customer::by_email(conn, store, &row.email_hash)?.is_some() {
                        known += 1;
                        continue;
                    }
                    customer::put(conn, store, &row)?;
                    for address in &addresses {
                        customer::put_address(conn, store, row.id, address)?;
                    }
                    let sealed_hash = digest(&SHA256, &row.sealed);
                    customer_import::add(conn, store, import, row.id, sealed_hash.as_ref())?;
                    created += 1;
                }
                Ok((import, created, known))
            })
            .await?;
        (report.import, report.created) = (Some(import), created);
        report.known += known;
        tracing::info!(import, created, "customers were imported");
        Ok(report)
    }

    async fn customer_imports(&self, store: StoreId) -> Result<Vec<CustomerImport>> {
        let rows = self.db.read(move |conn| customer_import::list(conn, store)).await?;
        let view = |row: customer_import::ImportRow| CustomerImport {
            id: row.id,
            at: row.at.into(),
            actor: row.actor,
            customers: row.customers,
            undone_at: row.undone_at.map(Into::into),
        };
        Ok(rows.into_iter().map(view).collect())
    }

    async fn undo_customer_import(&self, store: StoreId, id: i64) -> Result<CustomerUndoReport> {
        let now = self.now();
        let report = self
            .write(move |conn| {
                match customer_import::find(conn, store, id)? {
                    None => return Err(Failure::not_found("import")),
                    Some(Some(at)) => {
                        let detail = format!("This import was taken back at {at}.");
                        return Err(Failure::conflict("already_undone", detail));
                    }
                    Some(None) => {}
                }
                let report = Self::unmake(conn, store, customer_import::people(conn, store, id)?)?;
                customer_import::mark_undone(conn, store, id, now)?;
                Ok(CustomerUndoReport { import: id, ..report })
            })
            .await?;
        tracing::info!(import = id, removed = report.removed, kept = report.kept, "an import of customers was undone");
        Ok(report)
    }

    async fn customer_records(
        &self,
        store: StoreId,
        after: Option<CustomerId>,
        limit: u32,
    ) -> Result<Vec<(CustomerId, CustomerRecord)>> {
        let rows = self.db.read(move |conn| customer::list_up(conn, store, after, limit)).await?;
        let record = |row: &CustomerRow| {
            let (_, profile) = self.open_customer(row)?;
            let addresses = self.saved_addresses(store, row.id)?;
            let saved = addresses.into_iter().map(|a| NewSavedAddress { address: a.address, default: a.default });
            let record = CustomerRecord {
                email: profile.email,
                name: profile.name,
                locale: profile.locale,
                email_verified: row.verified_at.is_some(),
                created_at: Some(row.created_at.into()),
                addresses: saved.collect(),
            };
            Ok::<_, Failure>((row.id, record))
        };
        // Somebody who was erased meanwhile is left out.
        let records = rows.iter().map(record).filter(|read| !matches!(read, Err(failure) if is_gone(failure)));
        records.collect()
    }
}

fn is_gone(failure: &Failure) -> bool {
    failure.kind == kernel::ErrorKind::NotFound
}
