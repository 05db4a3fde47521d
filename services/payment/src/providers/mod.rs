//! The providers this shop can take money through, each behind [`contracts::payment::Provider`].

pub mod test;
