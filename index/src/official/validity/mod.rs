//! 时效性: statements of a document about its own validity period, and its state on a day.
//!
//! Validity is a claim with evidence. A text gives [`statements`] (自…起施行,
//! 有效期五年, …同时废止), a clean-up list gives [`cleanup_list`] rows about other documents, a
//! source states a word. [`state_on`] weighs them for a day and returns the state, the evidence it
//! used, and if the claims contradict each other.
//!
//! Silence proves nothing: without a claim the state is unknown, however long ago
//! the document took effect. An amendment of a part does not end the document.

mod cleanup;
mod state;
mod statement;
#[cfg(test)]
mod tests;

pub use cleanup::{Action, Row, cleanup_list};
pub use state::{EndedBy, Evidence, Facts, Verdict, parse_stated, state_on, term};
pub use statement::{Event, Saying, Statement, marked_ended, statements};
