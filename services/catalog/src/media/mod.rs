//! Pictures: originals by their content, renditions in the sizes that pages ask for.
//!
//! An original is named by its hash and never changes, so a rendition may be kept for ever by whoever likes: browsers,
//! edges, the disk. What comes from outside is decoded and written anew before it is kept, so that only pixels get in.
//! Vector originals come from code of ours (the demo shop), never from uploads.

mod hot;
mod image;
mod name;
mod routes;
mod store;

pub use name::{Format, WIDTHS, source_name, view};
pub use routes::media_routes;
pub use store::{Drawn, MAX_UPLOAD, MediaStore};
