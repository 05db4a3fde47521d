//! The index of a store on disk, and what is held of it in memory.
//!
//! On disk, in Tantivy, stand the words of every product and, as a stored field, its [`Row`]. In memory stand the rows,
//! laid out as columns, and the postings of words that were looked for: filters, counts and orders need no disk and
//! no decoding. A [`Generation`] is one such index; a
//! [`Snapshot`] is what a query sees of it, whole and immutable.

mod columns;
mod fields;
mod generation;
mod postings;
mod row;
mod snapshot;
mod taxonomy;

pub(crate) use columns::{Columns, Dictionary, FacetId, PriceColumn, ValueId};
pub(crate) use fields::{Fields, Part};
pub(crate) use generation::{Fault, Generation, Meta};
pub(crate) use postings::{Posting, Postings};
pub(crate) use row::{AVAILABLE, CATEGORY, COLLECTION, PRICE, Row, VENDOR, code};
pub(crate) use snapshot::{Bits, Indexed, Snapshot};
pub(crate) use taxonomy::Taxonomy;
