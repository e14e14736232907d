//! 时效性: what a document says of its own term, and what follows from it on a day.
//!
//! Validity is a claim with evidence. A text gives [`statements`] (自…起施行,
//! 有效期五年, …同时废止), a clean-up list gives [`cleanup_list`] rows about others, a
//! source gives its word; [`on`] weighs them for a date and says what it used and
//! whether they contradict each other.
//!
//! Silence proves nothing: without a claim the state is unknown, however long ago
//! the document took effect. That part of it was amended does not end it.

mod cleanup;
mod state;
mod statement;
#[cfg(test)]
mod tests;

pub use cleanup::{Action, Row, cleanup_list};
pub use state::{EndedBy, Evidence, Facts, Verdict, on, stated, term};
pub use statement::{Event, Saying, Statement, marked_ended, statements};
