//! A whole search: the parsed query with filters, order, page and facets.

use std::collections::BTreeMap;

use crate::query::clause::Clause;
use crate::query::parsed::ParsedQuery;
use crate::record::Date;
use crate::schema::fields::{DateField, Facet};

/// A filter on one facet: OR among `any`, none of `not`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default, PartialOrd, Ord)]
pub struct Filter {
    /// Values of which one must be there; empty for no demand.
    pub any: Vec<String>,
    /// Values that must not be there.
    pub not: Vec<String>,
    /// Records without a value are wanted too (`_missing`).
    pub missing: bool,
    /// Records without a value are not wanted (`!_missing`).
    pub not_missing: bool,
}

impl Filter {
    /// Whether it demands nothing.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// The name that selects records without a value.
pub const MISSING: &str = "_missing";

/// The order of the hits. Ties are broken by the id, so an order is always total.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Sort {
    /// Best first.
    Relevance,
    /// Latest first; records without the date last.
    Newest(DateField),
    /// Earliest first; records without the date last.
    Oldest(DateField),
}

/// Inclusive bounds on a date; a record without the date is outside.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct DateRange {
    /// Not before.
    pub from: Option<Date>,
    /// Not after.
    pub to: Option<Date>,
}

/// Which hits of the ordered list are wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Start {
    /// From this place in the order, counted from 0.
    Offset(usize),
    /// After this hit.
    After(Position),
}

/// A place in the order of a search: the hit's sort key and its tie-breaker.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Position {
    /// The sort key, larger first.
    pub key: u64,
    /// A hash of the id, smaller first.
    pub id_hash: u64,
}

/// How many values of a facet are wanted; all that occur if `None`.
pub type FacetRequest = (Facet, Option<usize>);

/// A whole search.
#[derive(Debug, Clone, PartialEq)]
pub struct Query {
    /// What is looked for.
    pub parsed: ParsedQuery,
    /// By facet; AND among them.
    pub filters: BTreeMap<Facet, Filter>,
    /// The date that `range`, the year facet and the year filter speak of.
    pub date_field: DateField,
    /// Bounds on it.
    pub range: DateRange,
    /// Validity is that of this day.
    pub today: Date,
    /// Whether only what applied on that day is wanted.
    pub as_of: bool,
    /// Whether the copies of one text are one entry.
    pub collapse: bool,
    /// The order.
    pub sort: Sort,
    /// Where the page begins.
    pub start: Start,
    /// How many hits.
    pub per_page: usize,
    /// What to count.
    pub facets: Vec<FacetRequest>,
    /// Whether titles and bodies are marked.
    pub highlight: bool,
    /// Whether each hit comes with the parts of its score.
    pub explain: bool,
    /// Preferences, by their text, that the person does not have.
    pub ignored: Vec<String>,
}

impl Query {
    /// A search for what was typed, with nothing else asked.
    pub fn new(parsed: ParsedQuery, today: Date) -> Self {
        let everything = parsed.matching == Clause::All;
        Self {
            parsed,
            filters: BTreeMap::new(),
            date_field: DateField::default(),
            range: DateRange::default(),
            today,
            as_of: false,
            collapse: false,
            sort: if everything { Sort::Newest(DateField::PublishedOn) } else { Sort::Relevance },
            start: Start::Offset(0),
            per_page: 10,
            facets: Vec::new(),
            highlight: true,
            explain: false,
            ignored: Vec::new(),
        }
    }
}
