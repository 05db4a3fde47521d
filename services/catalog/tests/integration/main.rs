//! The catalog as its neighbours see it: filled by the demo shop and by files, read from memory.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

mod demo_load;
mod imports;
mod reads;
mod shop;
