//! Queries: what is looked for, in our own words, for any backend.
//!
//! [`parse`] turns what a person typed into a [`ParsedQuery`]: a clause that says which records
//! match, and a flat list of terms that says how they rank. A [`Query`] adds filters, order,
//! page and facets; a [`plan::SearchPlan`] is what a backend is given of it.

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
