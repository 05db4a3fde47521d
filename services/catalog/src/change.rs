//! A change in the making: what is to be written, checked against the rules, with its events, in one transaction.

mod product;
mod taxonomy;

use std::sync::Arc;

use contracts::Result;
use kernel::{ErrorKind, EventId, Failure, Rng, StoreId, Timestamp};
use rusqlite::Connection;
use serde_json::Value;

use crate::model::{Changed, Model, Taxonomy};
use crate::store::{Fault, outbox};

/// Which version of a document a writer has seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expected {
    /// Whatever is there is replaced: imports and the demo shop.
    Any,
    Version(u64),
    /// The writer named no version, so nothing may be there yet.
    Unnamed,
}

impl Expected {
    /// # Errors
    /// 412 when `current` is another version, 428 when there is one and none was named.
    fn check(self, current: Option<u64>) -> Result<()> {
        match (self, current) {
            (Expected::Any, _) | (Expected::Unnamed, None) => Ok(()),
            (Expected::Version(seen), Some(current)) if seen == current => Ok(()),
            (Expected::Version(_), _) => Err(Failure::new(
                ErrorKind::PreconditionFailed,
                "stale_version",
                "Somebody changed this in the meantime. Read it again and repeat your change.",
            )),
            (Expected::Unnamed, Some(_)) => Err(Failure::new(
                ErrorKind::PreconditionRequired,
                "if_match_required",
                "This exists already. Name the version you have read in If-Match, as its ETag said.",
            )),
        }
    }
}

/// The transaction at hand. What it changes in the model is collected and applied after the commit.
pub(crate) struct Change<'a> {
    pub(crate) conn: &'a Connection,
    pub(crate) store: StoreId,
    pub(crate) now: Timestamp,
    pub(crate) rng: &'a dyn Rng,
    pub(crate) request_id: Option<&'a str>,
    pub(crate) model: &'a Model,
    taxonomy: Arc<Taxonomy>,
    taxonomy_changed: bool,
    changed: Vec<Changed>,
}

impl<'a> Change<'a> {
    /// Changes are made one after the other, so the model's `taxonomy` is that of the last commit.
    pub(crate) fn new(
        conn: &'a Connection,
        (store, now, rng): (StoreId, Timestamp, &'a dyn Rng),
        request_id: Option<&'a str>,
        model: &'a Model,
    ) -> Self {
        let taxonomy = model.store(store).taxonomy();
        Change { conn, store, now, rng, request_id, model, taxonomy, taxonomy_changed: false, changed: Vec::new() }
    }

    /// What the model must take over after the commit.
    pub(crate) fn finish(mut self) -> Vec<Changed> {
        if self.taxonomy_changed {
            // First, so that products find the places they were checked against.
            self.changed.insert(0, Changed::Taxonomy(self.taxonomy));
        }
        self.changed
    }

    pub(crate) fn taxonomy(&self) -> &Taxonomy {
        &self.taxonomy
    }

    fn taxonomy_mut(&mut self) -> &mut Taxonomy {
        self.taxonomy_changed = true;
        Arc::make_mut(&mut self.taxonomy)
    }

    fn emit(&self, aggregate: &str, kind: &str, data: Value) -> std::result::Result<(), Fault> {
        let id = EventId::new(self.now, self.rng);
        let (store, at, request_id) = (&self.store, self.now, self.request_id);
        outbox::append(self.conn, &outbox::NewEvent { id, store, aggregate, kind, at, request_id, data })
    }
}
