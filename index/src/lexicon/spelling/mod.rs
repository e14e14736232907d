//! Spelling correction of queries against the collection.
//!
//! People choose the wrong homophone, do not tell zh from z or n from l, or take
//! one character for another that looks like it. A text is changed only where
//! the collection does not contain it as typed and contains it as corrected.

mod beam_search;
mod confusion;
mod correction;
mod judge;
mod known_words;
mod passages;
mod speller;

pub use correction::{Correction, Edit, Evidence};
pub use known_words::Dictionary;
pub use speller::Speller;
