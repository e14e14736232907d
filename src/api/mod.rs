//! HTTP API: strict parameters in, public JSON out, one kind of error.

pub mod admin;
pub mod body;
pub mod bulk;
pub mod cursor;
mod generation_header;
pub mod lines;
pub mod openapi;
pub mod outline;
pub mod paced;
pub mod parameters;
pub mod receipts;
pub mod records;
pub mod related;
pub mod resolve;
pub mod review;
pub mod search;
pub mod status;
pub mod stream;
pub mod suggest;
pub mod trend;
pub mod wire;
pub mod writing;

pub use self::generation_header::{GENERATION_HEADER, with_generation};
