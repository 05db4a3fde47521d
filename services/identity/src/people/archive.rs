//! Past orders: [`contracts::archive::PastOrders`]. They live beside the accounts because whom they were for is looked
//! up by the same keyed hash, so that a person sees, takes along and has erased both in one go.

use std::collections::BTreeMap;

use async_trait::async_trait;
use bytes::Bytes;
use contracts::Result;
use contracts::archive::{
    ARGOSY, OrderImport, OrderImportOptions, OrderImportReport, OrderRecord, OrderUndoReport, PastOrderFilter,
    PastOrderSummary, PastOrderView, PastOrders, RecordContact, is_source,
};
use infra::sqlite::DbError;
use infra::vault::Vault;
use kernel::{
    Currency, Cursor, CustomerId, Failure, Money, OrderId, Page, PageRequest, PastOrderId, PersonId, SharedRng,
    StoreId, Timestamp,
};
use rusqlite::Connection;

use super::People;
use crate::order_file;
use crate::store::customer::CustomerRow;
use crate::store::past_order::{self, BeforeRow, ChangeRow, ImportRow, PastOrderRow, PersonRow};

/// Past orders read at a time when all of somebody are.
const CHUNK: u32 = 100;

/// An order of a file on its way into the archive.
struct Arrival {
    /// Its id, should it be new.
    id: PastOrderId,
    key: String,
    record: OrderRecord,
    /// The record as it is stored, without whom it was for.
    text: String,
    contact: Option<RecordContact>,
    email_hash: Option<String>,
}

/// What came of an arrival.
enum Taken {
    Created,
    Updated,
    Unchanged,
}

/// Why an import ends without a commit.
enum Halt {
    /// It was only asked what would change, or nothing did.
    Nothing(Box<OrderImportReport>),
    Failed(Failure),
}

impl From<DbError> for Halt {
    fn from(error: DbError) -> Self {
        Halt::Failed(error.into())
    }
}

impl From<Failure> for Halt {
    fn from(failure: Failure) -> Self {
        Halt::Failed(failure)
    }
}

/// What writing to the archive needs, on the writer's thread.
struct Archivist {
    store: StoreId,
    vault: Vault,
    rng: SharedRng,
    now: Timestamp,
}

impl Archivist {
    /// Puts an order where it belongs, and notes for `import` what was before.
    fn take(&self, conn: &Connection, import: i64, arrival: &Arrival) -> Result<Taken> {
        let (store, record) = (self.store, &arrival.record);
        let known = past_order::by_key(conn, store, &record.source, &arrival.key)?;
        let fresh = PastOrderRow {
            id: known.as_ref().map_or(arrival.id, |row| row.id),
            source: record.source.clone(),
            key: arrival.key.clone(),
            number: record.number.clone(),
            placed_at: record.placed_at.0,
            record: arrival.text.clone(),
            person: None,
            contact: None,
            version: known.as_ref().map_or(1, |row| row.version + 1),
            imported_at: self.now,
        };
        let Some(known) = known else {
            let (person, contact) = self.seal(conn, arrival, fresh.id, None)?;
            let row = PastOrderRow { person, contact, ..fresh };
            past_order::put(conn, store, &row)?;
            past_order::note_change(conn, store, import, (row.id, row.version), None)?;
            return Ok(Taken::Created);
        };
        let person = match known.person {
            Some(id) => past_order::find_person(conn, store, id)?,
            None => None,
        };
        let erased = person.as_ref().is_some_and(|person| person.wrapped_key.is_none());
        // A file without names takes none away, and who was erased does not come back with the next file.
        let stays = erased || arrival.contact.is_none() || arrival.contact == self.open(&known, person.as_ref())?;
        if stays && known.record == arrival.text {
            return Ok(Taken::Unchanged);
        }
        let (person, contact) = match stays {
            true => (known.person, known.contact.clone()),
            false => self.seal(conn, arrival, fresh.id, person)?,
        };
        let row = PastOrderRow { person, contact, ..fresh };
        past_order::put(conn, store, &row)?;
        past_order::note_change(conn, store, import, (row.id, row.version), Some(&known))?;
        Ok(Taken::Updated)
    }

    /// Whom an order was for, as it is stored; `before` is who it was for until now.
    fn seal(
        &self,
        conn: &Connection,
        arrival: &Arrival,
        id: PastOrderId,
        before: Option<PersonRow>,
    ) -> Result<(Option<PersonId>, Option<Vec<u8>>)> {
        let Some(contact) = &arrival.contact else { return Ok((None, None)) };
        let found = match &arrival.email_hash {
            Some(hash) => past_order::person_by_email(conn, self.store, hash)?,
            None => before.filter(|person| person.email_hash.is_none()),
        };
        let rng = self.rng.as_ref();
        let (person, key) = match found.and_then(|person| person.wrapped_key.map(|wrapped| (person.id, wrapped))) {
            Some((person, wrapped)) => (person, self.vault.unwrap_person(person.as_bytes(), &wrapped)?),
            None => {
                let person = PersonId::new(self.now, rng);
                let (key, wrapped) = self.vault.new_person(person.as_bytes(), rng);
                let (email_hash, wrapped_key) = (arrival.email_hash.clone(), Some(wrapped));
                past_order::put_person(conn, self.store, &PersonRow { id: person, email_hash, wrapped_key })?;
                (person, key)
            }
        };
        let plain = serde_json::to_vec(contact).map_err(Failure::internal)?;
        Ok((Some(person), Some(key.seal(id.as_bytes(), &plain, rng))))
    }

    fn open(&self, row: &PastOrderRow, person: Option<&PersonRow>) -> Result<Option<RecordContact>> {
        open_contact(&self.vault, row, person)
    }

    /// What a later import changed is left; everything else is as it was before.
    fn put_back(&self, conn: &Connection, change: ChangeRow, report: &mut OrderUndoReport) -> Result<()> {
        let current = past_order::find(conn, self.store, change.id)?;
        match (current, change.before) {
            (Some(current), before) if current.version == change.version => {
                match before {
                    Some(before) => {
                        past_order::put(conn, self.store, &restored(&current, before)?)?;
                        report.restored += 1;
                    }
                    None => {
                        past_order::remove(conn, self.store, change.id)?;
                        report.removed += 1;
                    }
                }
                Ok(())
            }
            _ => {
                report.kept += 1;
                Ok(())
            }
        }
    }
}

fn restored(current: &PastOrderRow, before: BeforeRow) -> Result<PastOrderRow> {
    let BeforeRow { record, person, contact, version, imported_at } = before;
    let order: OrderRecord = serde_json::from_str(&record).map_err(Failure::internal)?;
    let (number, placed_at) = (order.number, order.placed_at.0);
    Ok(PastOrderRow { number, placed_at, record, person, contact, version, imported_at, ..current.clone() })
}

/// None when there is none, or who it was is erased.
fn open_contact(vault: &Vault, row: &PastOrderRow, person: Option<&PersonRow>) -> Result<Option<RecordContact>> {
    let (Some(sealed), Some(person)) = (&row.contact, person) else { return Ok(None) };
    let Some(wrapped) = &person.wrapped_key else { return Ok(None) };
    let key = vault.unwrap_person(person.id.as_bytes(), wrapped)?;
    Ok(Some(serde_json::from_slice(&key.open(row.id.as_bytes(), sealed)?).map_err(Failure::internal)?))
}

fn summary(row: &PastOrderRow) -> Result<PastOrderSummary> {
    let order: OrderRecord = serde_json::from_str(&row.record).map_err(Failure::internal)?;
    Ok(PastOrderSummary {
        id: row.id,
        source: order.source,
        number: order.number,
        placed_at: order.placed_at,
        status: order.status,
        payment_status: order.payment_status,
        fulfilment_status: order.fulfilment_status,
        total: order.totals.total,
        units: order.lines.iter().map(|line| u64::from(line.quantity)).sum(),
    })
}

/// An address of which nothing is known is none, however a file writes that.
fn tidy(contact: RecordContact) -> Option<RecordContact> {
    let some = |address: Option<contracts::address::Address>| {
        address.filter(|a| {
            let texts = [&a.name, &a.line1, &a.city, &a.postal_code, &a.country];
            !texts.iter().all(|text| text.is_empty()) || a.line2.is_some() || a.region.is_some()
        })
    };
    let contact = RecordContact {
        email: contact.email.trim().to_owned(),
        shipping_address: some(contact.shipping_address),
        billing_address: some(contact.billing_address),
        vat_id: contact.vat_id.filter(|id| !id.is_empty()),
    };
    (!contact.is_empty()).then_some(contact)
}

impl People {
    fn archivist(&self, store: StoreId) -> Archivist {
        let (vault, rng) = (self.parts.vault.clone(), SharedRng::clone(self.identity.rng()));
        Archivist { store, vault, rng, now: self.now() }
    }

    /// Whether the order is one of this shop, which needs no history of it beside the order itself.
    async fn is_own(&self, store: StoreId, record: &OrderRecord) -> Result<bool> {
        let reference = record.reference.as_deref().filter(|_| record.source == ARGOSY);
        let Some(id) = reference.and_then(|text| text.parse::<OrderId>().ok()) else { return Ok(false) };
        Ok(self.parts.purchases.order(store, id).await?.is_some_and(|order| order.number == record.number))
    }

    fn arrival(&self, store: StoreId, id: PastOrderId, mut record: OrderRecord) -> Result<Arrival> {
        let contact = record.contact.take().and_then(tidy);
        let email = contact.as_ref().map(|contact| contact.email.as_str()).filter(|email| !email.is_empty());
        // Numbers of two Argosy shops may be the same, and their ids are not.
        let unique = record.reference.as_ref().filter(|_| record.source == ARGOSY);
        Ok(Arrival {
            id,
            key: unique.unwrap_or(&record.number).clone(),
            email_hash: email.map(|email| self.email_hash(store, email)),
            text: serde_json::to_string(&record).map_err(Failure::internal)?,
            contact,
            record,
        })
    }

    /// The orders of a file that can be taken in; the report tells of all others.
    async fn arrivals(
        &self,
        store: StoreId,
        read: order_file::Read,
        report: &mut OrderImportReport,
    ) -> Result<Vec<Arrival>> {
        let (now, rng, mut arrivals) = (self.now(), self.identity.rng().as_ref(), Vec::new());
        (report.rows, report.failed) = (read.rows, read.failed);
        (report.errors, report.ignored_columns) = (read.errors, read.ignored_columns);
        for ((line, record), place) in read.orders.into_iter().zip(1..) {
            let wrong = record.problems();
            if !wrong.is_empty() {
                report.failed += 1;
                for wrong in wrong {
                    let column = wrong.pointer.trim_start_matches('/');
                    order_file::note(&mut report.errors, line, &record.number, column, &wrong.detail);
                }
                continue;
            }
            if self.is_own(store, &record).await? {
                report.own += 1;
                continue;
            }
            for doubt in record.doubts() {
                report.doubtful += 1;
                order_file::note(&mut report.warnings, line, &record.number, "", &doubt);
            }
            // Files begin with the latest. Of orders of the same moment, the one that stands first is the later one.
            let id = PastOrderId::new(now.plus_millis(-place), rng);
            arrivals.push(self.arrival(store, id, record)?);
        }
        report.errors.sort_by_key(|error| error.line);
        Ok(arrivals)
    }

    fn past_view(&self, store: StoreId, row: &PastOrderRow) -> Result<PastOrderView> {
        let person = match row.person {
            Some(id) => self.read(|conn| past_order::find_person(conn, store, id))?,
            None => None,
        };
        let mut order: OrderRecord = serde_json::from_str(&row.record).map_err(Failure::internal)?;
        order.contact = open_contact(&self.parts.vault, row, person.as_ref())?;
        let erased = person.is_some_and(|person| person.wrapped_key.is_none());
        Ok(PastOrderView { id: row.id, imported_at: row.imported_at.into(), erased, order })
    }

    /// The person of the archive who has the customer's address, once that is known to be theirs.
    fn past_person(&self, store: StoreId, customer: &CustomerRow) -> Result<Option<PersonId>> {
        if customer.verified_at.is_none() {
            return Ok(None);
        }
        let found = self.read(|conn| past_order::person_by_email(conn, store, &customer.email_hash))?;
        Ok(found.map(|person| person.id))
    }

    /// All past orders of the customer, latest first.
    pub(super) async fn all_past_orders(&self, store: StoreId, customer: &CustomerRow) -> Result<Vec<PastOrderView>> {
        let Some(person) = self.past_person(store, customer)? else { return Ok(Vec::new()) };
        let (mut after, mut all) = (None, Vec::new());
        loop {
            let rows = self.past_rows(store, PastOrderFilter::default(), Some(person), after, CHUNK).await?;
            let Some(last) = rows.last() else { return Ok(all) };
            after = Some((last.placed_at, last.id));
            for row in &rows {
                all.push(self.past_view(store, row)?);
            }
        }
    }

    async fn past_rows(
        &self,
        store: StoreId,
        filter: PastOrderFilter,
        person: Option<PersonId>,
        after: Option<(Timestamp, PastOrderId)>,
        limit: u32,
    ) -> Result<Vec<PastOrderRow>> {
        Ok(self.db.read(move |conn| past_order::list(conn, store, &filter, person, after, limit)).await?)
    }

    async fn past_page(
        &self,
        store: StoreId,
        filter: PastOrderFilter,
        person: Option<PersonId>,
        page: PageRequest,
    ) -> Result<Page<PastOrderSummary>> {
        let after = page.cursor.as_deref().map(position).transpose()?;
        let mut rows = self.past_rows(store, filter, person, after, page.limit + 1).await?;
        let more = rows.len() > page.limit as usize;
        rows.truncate(page.limit as usize);
        let at = |row: &PastOrderRow| Cursor::encode(&[&row.placed_at.millis().to_string(), &row.id.to_string()]);
        let next_cursor = rows.last().filter(|_| more).map(|row| at(row).as_str().to_owned());
        Ok(Page { items: rows.iter().map(summary).collect::<Result<_>>()?, next_cursor })
    }
}

fn position(cursor: &str) -> Result<(Timestamp, PastOrderId)> {
    let invalid = || Failure::invalid("invalid_cursor", "This cursor was not made by this list.");
    let parts = Cursor::decode(cursor, 2)?;
    let at = parts[0].parse().map(Timestamp::from_millis).map_err(|_| invalid())?;
    Ok((at, parts[1].parse().map_err(|_| invalid())?))
}

/// Writes what arrived in one transaction, which a dry run takes back.
fn import(
    archivist: &Archivist,
    conn: &Connection,
    arrivals: &[Arrival],
    mut report: OrderImportReport,
    actor: &str,
) -> std::result::Result<OrderImportReport, Halt> {
    let import = past_order::begin_import(conn, archivist.store, archivist.now, actor)?;
    let mut value: BTreeMap<Currency, Money> = BTreeMap::new();
    for arrival in arrivals {
        match archivist.take(conn, import, arrival)? {
            Taken::Created => {
                report.created += 1;
                let total = arrival.record.totals.total;
                let sum = value.entry(total.currency).or_insert(Money::zero(total.currency));
                *sum = sum.plus(total).unwrap_or(*sum);
            }
            Taken::Updated => report.updated += 1,
            Taken::Unchanged => report.unchanged += 1,
        }
    }
    report.value = value.into_values().collect();
    if report.dry_run || report.created + report.updated == 0 {
        return Err(Halt::Nothing(Box::new(report)));
    }
    report.import = Some(import);
    Ok(report)
}

#[async_trait]
impl PastOrders for People {
    async fn import_orders(
        &self,
        store: StoreId,
        file: Bytes,
        options: OrderImportOptions,
        actor: &str,
    ) -> Result<OrderImportReport> {
        if options.source.as_deref().is_some_and(|source| !is_source(source) || source == ARGOSY) {
            let detail = "Call the other shop by up to 64 lower-case letters, digits and dashes, and not argosy.";
            return Err(Failure::field("/source", "invalid_source", detail));
        }
        let mut report = OrderImportReport { dry_run: options.dry_run, ..OrderImportReport::default() };
        let read = tokio::task::spawn_blocking(move || order_file::read(&file, &options)).await;
        let read = read.map_err(|error| Failure::internal(format!("the import was stopped: {error}")))??;
        let arrivals = self.arrivals(store, read, &mut report).await?;
        if arrivals.is_empty() {
            return Ok(report);
        }
        let (archivist, actor) = (self.archivist(store), actor.to_owned());
        match self.db.write(move |conn| import(&archivist, conn, &arrivals, report, &actor)).await {
            Ok(report) => {
                let (created, updated) = (report.created, report.updated);
                tracing::info!(import = report.import, created, updated, "past orders were imported");
                Ok(report)
            }
            Err(Halt::Nothing(report)) => Ok(*report),
            Err(Halt::Failed(failure)) => Err(failure),
        }
    }

    async fn order_imports(&self, store: StoreId) -> Result<Vec<OrderImport>> {
        let rows = self.db.read(move |conn| past_order::imports(conn, store)).await?;
        let view = |row: ImportRow| OrderImport {
            id: row.id,
            at: row.at.into(),
            actor: row.actor,
            orders: row.orders,
            undone_at: row.undone_at.map(Into::into),
        };
        Ok(rows.into_iter().map(view).collect())
    }

    async fn undo_order_import(&self, store: StoreId, id: i64) -> Result<OrderUndoReport> {
        let archivist = self.archivist(store);
        let undo = move |conn: &Connection| {
            match past_order::find_import(conn, store, id)? {
                None => return Err(Failure::not_found("import")),
                Some(Some(at)) => {
                    return Err(Failure::conflict("already_undone", format!("This import was taken back at {at}.")));
                }
                Some(None) => {}
            }
            let mut report = OrderUndoReport { import: id, ..OrderUndoReport::default() };
            let people = past_order::people_of_import(conn, store, id)?;
            for change in past_order::changes(conn, store, id)? {
                archivist.put_back(conn, change, &mut report)?;
            }
            past_order::mark_undone(conn, store, id, archivist.now)?;
            for person in people {
                past_order::forget_idle_person(conn, store, person)?;
            }
            Ok(report)
        };
        let report: OrderUndoReport = self.db.write(undo).await?;
        let OrderUndoReport { removed, restored, kept, .. } = report;
        tracing::info!(import = id, removed, restored, kept, "an import of past orders was undone");
        Ok(report)
    }

    async fn past_orders(
        &self,
        store: StoreId,
        mut filter: PastOrderFilter,
        page: PageRequest,
    ) -> Result<Page<PastOrderSummary>> {
        filter.number = filter.number.map(|number| number.trim().trim_start_matches('#').to_owned());
        let Some(email) = filter.email.take() else { return self.past_page(store, filter, None, page).await };
        let hash = self.email_hash(store, &email);
        match self.read(|conn| past_order::person_by_email(conn, store, &hash))? {
            Some(person) => self.past_page(store, filter, Some(person.id), page).await,
            None => Ok(Page { items: Vec::new(), next_cursor: None }),
        }
    }

    async fn past_order(&self, store: StoreId, id: PastOrderId) -> Result<Option<PastOrderView>> {
        let found = self.read(|conn| past_order::find(conn, store, id))?;
        found.map(|row| self.past_view(store, &row)).transpose()
    }

    async fn past_orders_of(
        &self,
        store: StoreId,
        customer: CustomerId,
        page: PageRequest,
    ) -> Result<Page<PastOrderSummary>> {
        match self.past_person(store, &self.customer_row(store, customer)?)? {
            Some(person) => self.past_page(store, PastOrderFilter::default(), Some(person), page).await,
            None => Ok(Page { items: Vec::new(), next_cursor: None }),
        }
    }

    async fn past_order_of(
        &self,
        store: StoreId,
        customer: CustomerId,
        id: PastOrderId,
    ) -> Result<Option<PastOrderView>> {
        let Some(person) = self.past_person(store, &self.customer_row(store, customer)?)? else { return Ok(None) };
        let found = self.read(|conn| past_order::find(conn, store, id))?.filter(|row| row.person == Some(person));
        found.map(|row| self.past_view(store, &row)).transpose()
    }

    async fn erase_past_person(&self, store: StoreId, id: PastOrderId) -> Result<()> {
        let now = self.now();
        let erase = move |conn: &Connection| {
            let person = past_order::find(conn, store, id)?.and_then(|row| row.person);
            let erased = match person {
                Some(person) => past_order::erase_person(conn, store, person, now)?,
                None => false,
            };
            if erased { Ok(()) } else { Err(Failure::not_found("person")) }
        };
        self.db.write(erase).await?;
        tracing::info!(past_order = %id, "whom a past order was for was erased");
        Ok(())
    }
}
