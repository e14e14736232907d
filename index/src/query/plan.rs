//! The search plan: all data of a search that a backend needs.

use std::collections::BTreeMap;

use crate::query::{Clause, DateRange, Filter, KeyBoost, Preference, Query, ScoreTerm, Sort, Start};
use crate::record::Date;
use crate::schema::fields::{DateField, Facet};

/// The second pass over the ranked documents, which rescores the best of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rescoring {
    /// Articles of one law boost each other: for whole questions.
    LawFamily,
    /// Documents with the terms near each other are boosted: for words.
    Proximity,
}

/// A search as a backend runs it.
#[derive(Debug, Clone, PartialEq)]
pub struct SearchPlan {
    /// Clause that documents must match.
    pub matching: Clause,
    /// Terms that add to the score.
    pub terms: Vec<ScoreTerm>,
    /// Exact keys that add to the score of the documents that have them.
    pub key_boosts: Vec<KeyBoost>,
    /// Issuers, places and years named in the query, which multiply the score.
    pub preferences: Vec<Preference>,
    /// Second pass over the best documents.
    pub rescoring: Rescoring,
    /// Filters by facet; all must hold.
    pub filters: BTreeMap<Facet, Filter>,
    /// Date to which `range`, the year facet and the year filter apply.
    pub date_field: DateField,
    /// Bounds on that date.
    pub range: DateRange,
    /// Day for which validity is computed.
    pub day: Date,
    /// True to match only texts that applied on that day.
    pub as_of: bool,
    /// True to collapse the copies of one text into one entry.
    pub collapse: bool,
    /// Order of the hits.
    pub sort: Sort,
    /// First hit wanted in that order.
    pub start: Start,
    /// Number of hits wanted.
    pub size: usize,
    /// Facets to count.
    pub facets: Vec<Facet>,
}

impl SearchPlan {
    /// Makes the plan of a query.
    pub fn from_query(query: &Query) -> Self {
        let parsed = &query.parsed;
        Self {
            matching: parsed.matching.clone(),
            terms: parsed.scoring.clone(),
            key_boosts: parsed.keys.clone(),
            preferences: parsed.preferences.clone(),
            rescoring: if parsed.question { Rescoring::LawFamily } else { Rescoring::Proximity },
            filters: query.filters.clone(),
            date_field: query.date_field,
            range: query.range,
            day: query.today,
            as_of: query.as_of,
            collapse: query.collapse,
            sort: query.sort,
            start: query.start,
            size: query.per_page,
            facets: query.facets.iter().map(|(facet, _)| *facet).collect(),
        }
    }

    /// Returns the same plan for every document that passes its filters.
    pub fn without_query(&self) -> Self {
        Self { matching: Clause::All, ..self.clone() }
    }
}
