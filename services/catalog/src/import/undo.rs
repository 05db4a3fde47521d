//! Taking back a bulk change. Orders are not touched: their lines are frozen, and units sold since stay sold.
//!
//! A product that somebody edited after the change keeps that edit whole: it is left as it is and named in the report,
//! because half of an old product and half of a new one would be neither's.

use contracts::Result;
use contracts::catalog::TimestampSchema;
use kernel::{ErrorKind, Failure, StoreId};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::change::{Change, Expected};
use crate::service::CatalogService;
use crate::store::{Fault, bulk, product};

pub(crate) use bulk::StockRow;

/// A bulk change that can be taken back, or was.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct BulkChange {
    /// Names it in `argosy undo`.
    pub id: i64,
    /// E.g. `import`.
    pub kind: String,
    pub at: TimestampSchema,
    /// Who made it.
    pub actor: String,
    /// Products that it changed.
    pub products: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub undone_at: Option<TimestampSchema>,
}

/// What came of taking back a change.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct UndoReport {
    pub change: i64,
    /// Products that are as they were before.
    pub restored: u64,
    /// Products that the change had made and that are gone again.
    pub deleted: u64,
    /// Handles of products that were edited or deleted since, and were left as they are.
    pub kept: Vec<String>,
    /// SKUs whose units were moved back.
    pub stock: u64,
    /// SKUs whose units could not be moved back, and why.
    pub stock_kept: Vec<String>,
}

impl CatalogService {
    /// The changes that are kept, latest first.
    ///
    /// # Errors
    /// Internal, when the database fails.
    pub async fn bulk_changes(&self, store: StoreId) -> Result<Vec<BulkChange>> {
        let rows = self.read(move |conn| bulk::list(conn, &store)).await?;
        let view = |row: bulk::BulkRow| BulkChange {
            id: row.id,
            kind: row.kind,
            at: row.at.into(),
            actor: row.actor,
            products: row.products,
            undone_at: row.undone_at.map(Into::into),
        };
        Ok(rows.into_iter().map(view).collect())
    }

    /// Takes back the products of a change, in one transaction. The stock that it counted is for the caller to move.
    ///
    /// # Errors
    /// Not found, or 409 `already_undone`.
    pub(crate) async fn undo(
        &self,
        store: StoreId,
        request_id: Option<String>,
        id: i64,
    ) -> Result<(UndoReport, Vec<StockRow>)> {
        self.change(store, request_id, move |change| undo(change, id)).await
    }

    /// Remembers what the stock of a change was and will be.
    pub(crate) async fn remember_stock(&self, store: StoreId, id: i64, rows: Vec<StockRow>) -> Result<()> {
        self.change(store, None, move |change| bulk::add_stock(change.conn, &store, id, &rows)).await
    }

    /// A change for stock alone, when no product changed.
    pub(crate) async fn begin_stock_change(&self, store: StoreId, actor: String) -> Result<i64> {
        self.change(store, None, move |change| bulk::begin(change.conn, &store, "import", change.now, &actor)).await
    }
}

fn undo(change: &mut Change<'_>, id: i64) -> std::result::Result<(UndoReport, Vec<StockRow>), Fault> {
    let store = change.store;
    match bulk::find(change.conn, &store, id)? {
        None => return Err(Failure::not_found("change").into()),
        Some(Some(at)) => {
            let detail = format!("This change was taken back at {at}.");
            return Err(Failure::conflict("already_undone", detail).into());
        }
        Some(None) => {}
    }
    let mut report = UndoReport { change: id, ..UndoReport::default() };
    for row in bulk::products(change.conn, &store, id)? {
        let current = product::find(change.conn, &store, &row.handle)?;
        if current.is_none_or(|current| current.id != row.product || current.version != row.version) {
            report.kept.push(row.handle);
            continue;
        }
        let expected = Expected::Version(row.version);
        let outcome = match row.before {
            Some(before) => change.update_product(&row.handle, expected, before).map(|_| report.restored += 1),
            None => change.delete_product(&row.handle, expected).map(|()| report.deleted += 1),
        };
        match outcome {
            Ok(()) => {}
            // E.g. a SKU that it had belongs to another product by now.
            Err(Fault::Refused(failure)) if failure.kind != ErrorKind::Internal => report.kept.push(row.handle),
            Err(fault) => return Err(fault),
        }
    }
    bulk::mark_undone(change.conn, &store, id, change.now)?;
    Ok((report, bulk::stock(change.conn, &store, id)?))
}
