//! A complete search: the parsed query with filters, order, page and facets.

use std::collections::BTreeMap;

use crate::query::clause::Clause;
use crate::query::parsed::ParsedQuery;
use crate::record::Date;
use crate::schema::fields::{DateField, Facet};

/// A filter on one facet: OR among `any`, none of `not`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default, PartialOrd, Ord)]
pub struct Filter {
    /// Values of which the record must have one; empty for no condition.
    pub any: Vec<String>,
    /// Values that the record must not have.
    pub not: Vec<String>,
    /// True to include records without a value (`_missing`).
    pub missing: bool,
    /// True to exclude records without a value (`!_missing`).
    pub not_missing: bool,
}

impl Filter {
    /// Checks if it has no condition.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// Filter value for records without a value.
pub const MISSING: &str = "_missing";

/// Order of the hits. Ties are broken by the id, so an order is always total.
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
    /// First day.
    pub from: Option<Date>,
    /// Last day.
    pub to: Option<Date>,
}

/// First hit of a page.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Start {
    /// Offset in the order, counted from 0.
    Offset(usize),
    /// Position of the hit before it.
    After(Position),
}

/// A position in the order of a search: the sort key of a hit and its tie-breaker.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Position {
    /// Sort key, larger first.
    pub key: u64,
    /// Hash of the id, smaller first.
    pub id_hash: u64,
}

/// A facet with the number of values wanted; all that occur if `None`.
pub type FacetRequest = (Facet, Option<usize>);

/// A complete search.
#[derive(Debug, Clone, PartialEq)]
pub struct Query {
    /// Parsed query.
    pub parsed: ParsedQuery,
    /// Filters by facet; all must hold.
    pub filters: BTreeMap<Facet, Filter>,
    /// Date to which `range`, the year facet and the year filter apply.
    pub date_field: DateField,
    /// Bounds on that date.
    pub range: DateRange,
    /// Day for which validity is computed.
    pub today: Date,
    /// True to match only texts that applied on that day.
    pub as_of: bool,
    /// True to collapse the copies of one text into one entry.
    pub collapse: bool,
    /// Order of the hits.
    pub sort: Sort,
    /// First hit of the page.
    pub start: Start,
    /// Number of hits of the page.
    pub per_page: usize,
    /// Facets to count.
    pub facets: Vec<FacetRequest>,
    /// True to highlight titles and bodies.
    pub highlight: bool,
    /// True to return the parts of each score.
    pub explain: bool,
    /// Preferences that the user does not want, by their text.
    pub ignored: Vec<String>,
}

impl Query {
    /// Creates a search for a parsed query with default options.
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
