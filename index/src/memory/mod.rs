//! The backend in memory, which only scans: every search looks at every document.
//!
//! It is the oracle of the contract suite (`index/tests/contract`): matching, counting and
//! sorting are written here a second time, in the simplest way, without postings, segments or
//! columns. A phrase is found by comparing the units of two texts, not by grams. Shared with the
//! other backends are what stands above them (documents, facts and their table) and the formulas
//! of [`crate::ranking`]. Fit for tests and for small collections that need no disk.

mod backend;
mod counting;
mod document;
mod document_set;
mod filters;
mod generations;
mod journal;
mod matching;
mod scoring;
mod search;
mod snapshot;
mod trend;
mod units;
mod writer;

pub use self::backend::Memory;
