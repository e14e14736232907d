//! wip
pub mod bytes;
pub mod entries;
pub mod order;
pub mod units;
