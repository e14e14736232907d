//! Parameters of a search: one table, read strictly.
//!
//! Unknown names, repeated single values and wrong values are all refused, each by name.

mod reader;
mod request;
mod single_valued;
mod table;
#[cfg(test)]
mod tests;
mod values;

pub use self::reader::{DEFAULT_FACETS, MAX_OFFSET, MAX_PER_PAGE};
pub use self::request::SearchRequest;
pub use self::single_valued::parse_single_valued;
pub use self::table::{PARAMETERS, Parameter};
pub use self::values::parse_mode;
