//! Records: the input of the engine, and the rules that they must satisfy.
//!
//! A record is one published document, policy or interpretation. This module reads it from JSON,
//! reports all its problems at once (field and expectation; the caller adds file and line), and
//! computes a content hash by which an unchanged record is recognised.
//!
//! Completing a record is no task of it: [`crate::official`] reads numbers, dates and issuers out
//! of texts.

mod check;
pub mod commit;
pub mod days;
mod fields;
pub mod generation;
mod limits;
mod read;
#[cfg(test)]
mod tests;
mod values;

pub use jiff::civil::Date;

pub use self::check::{Problem, parse_iso_date};
pub use self::fields::Record;
pub use self::limits::{MAX_BODY_BYTES, MAX_ID_BYTES, MAX_LIST_VALUES, MAX_TITLE_CHARS, MAX_VALUE_CHARS};
pub use self::values::{
    Attachment, EvidenceSource, Inference, Kind, Origin, Part, Provenance, Validity, ValidityEvidence,
};
