//! Queries, independent of any backend.
//!
//! [`parse`] turns typed text into a [`ParsedQuery`]: a clause for matching, and a flat list of
//! terms for ranking. A [`Query`] adds filters, order, page and facets; a [`plan::SearchPlan`] is
//! the part of it that a backend runs.

mod articles;
mod build;
pub mod clause;
pub mod near;
pub mod parse;
mod parsed;
pub mod plan;
mod preference;
mod search_query;
pub mod stopwords;
pub mod synonyms;

pub use self::clause::{Clause, Phrase};
pub use self::parsed::{Expansion, KeyBoost, MINED, Mode, ParsedQuery, ScoreTerm, Stream, Warning};
pub use self::preference::{Preference, PreferenceKind};
pub use self::search_query::{DateRange, FacetRequest, Filter, MISSING, Position, Query, Sort, Start};
