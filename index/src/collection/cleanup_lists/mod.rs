//! Evidence from clean-up lists (清理目录) about the records they name.
//!
//! A list and the documents it ends arrive in any order and in different runs, so the
//! evidence is worked out after a run has been committed: from the lists of the collection,
//! for its records. A record that a list names gets a piece of
//! [`crate::record::ValidityEvidence`] with the list's id, title and day and the row as it
//! stands; the validity that its own source states is left unchanged. If a list is deleted or
//! changes, its evidence is removed or changes with it. Rows that name nothing or several
//! documents are reported.
//!
//! The validity that follows from the evidence on a day is worked out in
//! [`crate::relations::validity`].

mod apply;
mod evidence;
mod list;
mod matching;
mod report;
#[cfg(test)]
mod tests;

pub use self::apply::{ListWatch, apply, apply_and_watch};
pub use self::evidence::{list_evidence, with_list_evidence};
pub use self::report::{ListReport, NamedRow, OpenRow};
