//! The checkout: what a cart would cost, and placing it as an order.

pub mod quote;
pub mod shipping;
pub mod tax;
