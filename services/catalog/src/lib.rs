//! The catalog: what the shop sells.
//!
//! Owns products with their variants, options, typed attributes, prices per currency and texts per language, the
//! product types, categories and collections they stand in, and their images; all as documents in `catalog.db`.
//! Calls nobody. Emits `catalog.product_created|updated|deleted`, `catalog.category_changed|deleted`,
//! `catalog.collection_changed|deleted` and `catalog.product_type_changed` through its own outbox: ids, handles,
//! versions and names of fields, never texts.
//!
//! A change goes one way:
//! ```text
//! api | import | demo -> service -> change (rules, one transaction with its events) -> commit -> model
//! ```
//! and a read goes another: [`CatalogRead`](contracts::catalog::CatalogRead) answers from the model in memory, which
//! holds every active product compactly and renders what is asked for once per version. Availability is told to it by
//! the ledger; the catalog never decides whether something can be sold.
//!
//! Invariants carried here: a SKU belongs to at most one product of a store (the ledger's stock is kept by SKU, so I1
//! rests on it); events of an aggregate are numbered 1, 2, 3 … in the transaction of their change (I9).

mod api;
mod change;
mod contents;
pub mod demo;
pub mod export;
pub mod import;
mod load;
pub mod media;
mod model;
mod rules;
mod service;
mod store;

pub use api::routes;
pub use change::Expected;
pub use load::Assortment;
pub use service::CatalogService;
