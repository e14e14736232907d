//! What a search gives: hits, the exact total, facet counts.

use crate::collection::match_reasons::Reason;
use crate::query::{Position, Stream};
use crate::record::generation::Generation;
use crate::record::{Record, Validity};
use crate::relations::Relations;
use crate::schema::fields::{Facet, TextField};

/// The answer to one query.
#[derive(Debug, Clone)]
pub struct SearchResults {
    /// The commit that was searched.
    pub generation: Generation,
    /// How many records match, exactly.
    pub total: u64,
    /// How many match before the filters.
    pub matched: u64,
    /// The page asked for.
    pub hits: Vec<Hit>,
    /// One for each facet asked for, in that order.
    pub facets: Vec<FacetCounts>,
    /// Whether hits follow the last one of this page.
    pub more: bool,
}

/// One record that matches.
#[derive(Debug, Clone)]
pub struct Hit {
    /// The record; its body is left out.
    pub record: Record,
    /// Its validity on the day of the search.
    pub validity: Validity,
    /// The score; 0 where the order is not by relevance.
    pub score: f32,
    /// Its place in the order, to go on from.
    pub position: Position,
    /// The title and pieces of the body with what was found marked.
    pub highlights: Highlights,
    /// How many other copies of its text are held.
    pub reprints: usize,
    /// How many interpretations of it are held.
    pub interpretations: usize,
    /// How many other versions of it are held.
    pub versions: usize,
    /// What of the query stands where in the record; empty if nothing was looked for
    /// and where nothing is marked.
    pub why: Vec<Reason>,
    /// The parts of the score, if they were asked for and the order is by relevance.
    pub explanation: Option<Explanation>,
}

impl Hit {
    /// Counts what is held beside it.
    pub(crate) fn relate(&mut self, relations: &Relations) {
        let Some(slot) = relations.slot(&self.record.id) else { return };
        self.reprints = relations.reprints(slot);
        self.interpretations = relations.interpretations(slot).len();
        self.versions = relations.versions(slot).len().saturating_sub(1);
    }
}

/// All hits of a query, in its order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ordered {
    /// The commit that was searched.
    pub generation: Generation,
    /// The hashes of ids and contents.
    pub entries: Vec<(u64, u128)>,
}

/// How long the steps of a trend are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Interval {
    /// Years.
    Year,
    /// Months.
    Month,
}

/// What is asked of a trend beside the query.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TrendQuery {
    /// The length of its steps.
    pub interval: Interval,
    /// A facet by whose values the counts are split.
    pub split: Option<Facet>,
}

/// Counts over time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trend {
    /// The commit that was searched.
    pub generation: Generation,
    /// How many match in all.
    pub total: u64,
    /// How many of them have no date.
    pub undated: u64,
    /// Every step from the first to the last that has a match, empty ones too.
    pub steps: Vec<TrendStep>,
}

/// One step of a trend.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TrendStep {
    /// The year, or the year and the month as yyyymm.
    pub at: u32,
    /// How many match.
    pub count: u64,
    /// How many there are with the same filters whatever the query.
    pub of: u64,
    /// By value of the splitting facet: its count; the most frequent of the whole first.
    pub values: Vec<(String, u64)>,
}

/// The parts of a score: the sum of the terms, times the factors, plus the boost.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Explanation {
    /// What each term adds, the most first.
    pub terms: Vec<TermPart>,
    /// What the sum is multiplied by, each with its name.
    pub factors: Vec<(&'static str, f32)>,
    /// What is added for a record that was named outright, after the factors.
    pub boost: f32,
}

impl Explanation {
    /// What the parts come to.
    pub fn score(&self) -> f32 {
        let sum: f32 = self.terms.iter().map(|term| term.adds).sum();
        self.factors.iter().fold(sum, |score, (_, factor)| score * factor) + self.boost
    }
}

/// What one term adds in one field.
#[derive(Debug, Clone, PartialEq)]
pub struct TermPart {
    /// The term.
    pub text: String,
    /// Where it stands.
    pub field: TextField,
    /// The stream it was looked up in.
    pub stream: Stream,
    /// The weight of term, field and stream together.
    pub weight: f32,
    /// How much it tells in this collection.
    pub idf: f32,
    /// How often it stands there.
    pub frequency: u32,
    /// What that comes to, length considered.
    pub adds: f32,
}

/// Marked text: HTML-escaped, with `<mark>` and nothing else.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Highlights {
    /// The whole title.
    pub title: String,
    /// The best pieces of the body.
    pub body: Vec<Snippet>,
}

/// A marked piece of the body.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Snippet {
    /// HTML-escaped text with `<mark>`.
    pub html: String,
    /// The article it stands in, such as `第三十八条`.
    pub section: Option<String>,
    /// The anchor of that article in the record's outline.
    pub anchor: Option<String>,
}

/// The counts of one facet over the matches, each ignoring this facet's own filter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FacetCounts {
    /// Which facet.
    pub facet: Facet,
    /// Values, most frequent first (years: latest first; paths: below their parent).
    pub values: Vec<FacetValue>,
    /// How many values there are beyond those listed.
    pub further: usize,
}

/// One value of a facet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FacetValue {
    /// The value, `_missing` for records without one.
    pub value: String,
    /// Matching records with it, exactly.
    pub count: u64,
    /// Whether the search is filtered by it.
    pub selected: bool,
}
