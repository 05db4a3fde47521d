//! A lean HTTP/1.1 client for making load: on two cores it must leave most of the machine to the server it measures.
//!
//! Requests are bytes made beforehand ([`request`]); an answer is looked at in the buffer it arrived in ([`response`]);
//! one [`Connection`] has one request under way; [`closed_loop`] keeps many of them busy. Figures are whole numbers
//! ([`stats`]).

mod closed_loop;
mod connection;
mod request;
mod response;
pub mod stats;

pub use closed_loop::{Hammer, Hammered, Requests, hammer, hammer_with};
pub use connection::{Answer, Connection, LoadError};
pub use request::{Request, get};
pub use response::{Head, WireError, header, parse_head};
