//! Results of a search: hits, the exact total, facet counts.

use std::collections::BTreeMap;

use crate::query::{Expansion, MINED, Position, PreferenceKind, Stream};
use crate::record::generation::{Generation, SnapshotToken};
use crate::record::{Record, Validity};
use crate::schema::doc_ref::DocRef;
use crate::schema::fields::{Facet, TextField};

/// The answer to one query.
#[derive(Debug, Clone)]
pub struct SearchResults {
    /// Generation that was searched.
    pub generation: Generation,
    /// Token by which a cursor finds that generation again.
    pub token: SnapshotToken,
    /// Number of matching records, exactly.
    pub total: u64,
    /// Number of records that match before the filters.
    pub matched: u64,
    /// Hits of the requested page.
    pub hits: Vec<Hit>,
    /// Counts of each requested facet, in that order.
    pub facets: Vec<FacetCounts>,
    /// True if hits follow the last one of this page.
    pub more: bool,
}

/// Results of a backend for a search plan. Records are not read yet, facet values not ordered.
#[derive(Debug, Clone, PartialEq)]
pub struct Matches {
    /// Entries that match and pass the filters, exactly.
    pub total: u64,
    /// Documents that match before the filters.
    pub matched: u64,
    /// Documents of the page, in order.
    pub documents: Vec<RankedDocument>,
    /// Counts of every value of each requested facet, in that order; values of count 0 are left
    /// out, [`crate::query::MISSING`] is among them.
    pub facets: Vec<(Facet, Vec<(String, u64)>)>,
    /// True if documents follow the last one of this page.
    pub more: bool,
}

/// A document in the order of a search.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RankedDocument {
    /// The document.
    pub document: DocRef,
    /// Position in the order.
    pub position: Position,
    /// Validity on the day of the plan.
    pub validity: Validity,
}

/// One record that matches.
#[derive(Debug, Clone)]
pub struct Hit {
    /// The record without its body.
    pub record: Record,
    /// Validity on the day of the search.
    pub validity: Validity,
    /// Score; 0 if the order is not by relevance.
    pub score: f32,
    /// Position in the order, from which the next page continues.
    pub position: Position,
    /// Title and snippets of the body with the matches marked.
    pub highlights: Highlights,
    /// Number of other copies of its text in the collection.
    pub reprints: usize,
    /// Number of its interpretations in the collection.
    pub interpretations: usize,
    /// Number of its other versions in the collection.
    pub versions: usize,
    /// Reasons of the match: the parts of the query that the record has, and where; empty for an
    /// empty query and if nothing is marked.
    pub matched_on: Vec<MatchReason>,
    /// Parts of the score, if requested and the order is by relevance.
    pub explanation: Option<Explanation>,
}

/// A part of the query that the record has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MatchReason {
    /// The whole title was typed.
    WholeTitle,
    /// The document number was typed.
    Number,
    /// Typed words are in the title.
    Title,
    /// Typed words are in the body.
    Body,
    /// Typed words are in the name of an issuer.
    Issuer,
    /// Typed words are in the index number.
    IndexNumber,
    /// Typed words are among the keywords.
    Keyword,
    /// The article that was named is in the body or the title.
    Article(String),
    /// The record has an expansion of typed words.
    Expansion(Expansion),
    /// The record has the issuer, place or year that the query prefers.
    Preference(PreferenceKind, String),
}

impl MatchReason {
    /// Writes the reason as in API answers: a name and, after a colon, its value.
    pub fn name(&self) -> String {
        match self {
            Self::WholeTitle => "whole_title".into(),
            Self::Number => "number".into(),
            Self::Title => "title".into(),
            Self::Body => "body".into(),
            Self::Issuer => "issuer".into(),
            Self::IndexNumber => "index_number".into(),
            Self::Keyword => "keyword".into(),
            Self::Article(article) => format!("article:{article}"),
            Self::Expansion(Expansion { from, to, kind }) => format!("{}:{from}→{to}", expansion_name(kind)),
            Self::Preference(kind, value) => format!("prefers_{}:{value}", kind.name()),
        }
    }
}

/// Names the kind of an expansion as in API answers.
fn expansion_name(kind: &str) -> &str {
    match kind {
        "abbreviation" | MINED => "short_name",
        "renamed" => "renamed",
        _ => "synonym",
    }
}

/// All hits of a query, in its order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ordered {
    /// Generation that was searched.
    pub generation: Generation,
    /// Hashes of ids and contents.
    pub entries: Vec<(u64, u128)>,
}

/// Length of the steps of a trend.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Interval {
    /// Years.
    Year,
    /// Months.
    Month,
}

/// Request for a trend, beside the query.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TrendQuery {
    /// Length of the steps.
    pub interval: Interval,
    /// Facet by whose values the counts are split.
    pub split: Option<Facet>,
}

/// Counts over time as a backend gives them: by step, 0 for documents without the date.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TrendCounts {
    /// Entries that match, by step.
    pub matching: BTreeMap<u32, StepCounts>,
    /// Entries with the same filters whatever the query, by step.
    pub everything: BTreeMap<u32, u64>,
}

/// Counts of one step.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct StepCounts {
    /// Entries that match.
    pub count: u64,
    /// Entries by value of the splitting facet.
    pub values: BTreeMap<String, u64>,
}

/// Counts over time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trend {
    /// Generation that was searched.
    pub generation: Generation,
    /// Number of all matches.
    pub total: u64,
    /// Number of matches without a date.
    pub undated: u64,
    /// All steps from the first to the last with a match, empty ones included.
    pub steps: Vec<TrendStep>,
}

/// One step of a trend.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TrendStep {
    /// The year, or the year and the month as yyyymm.
    pub at: u32,
    /// Number of matches.
    pub count: u64,
    /// Number of records with the same filters, whatever the query.
    pub of: u64,
    /// Counts by value of the splitting facet, the most frequent value of the whole trend first.
    pub values: Vec<(String, u64)>,
}

/// The parts of a score: the sum of the terms, times the factors, plus the boost.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Explanation {
    /// Contributions of the terms, the largest first; at most
    /// [`crate::ranking::explanation::MAX_TERMS`].
    pub terms: Vec<TermPart>,
    /// Sum of the contributions of all other terms.
    pub rest: f32,
    /// Factors of the sum, with their names.
    pub factors: Vec<(&'static str, f32)>,
    /// Boost of a record that the query names exactly, added after the factors.
    pub boost: f32,
}

impl Explanation {
    /// Computes the score from its parts.
    pub fn score(&self) -> f32 {
        let sum = self.terms.iter().map(|term| term.adds).sum::<f32>() + self.rest;
        self.factors.iter().fold(sum, |score, (_, factor)| score * factor) + self.boost
    }
}

/// Contribution of one term in one field.
#[derive(Debug, Clone, PartialEq)]
pub struct TermPart {
    /// The term.
    pub text: String,
    /// Field of the match.
    pub field: TextField,
    /// Token stream in which it was looked up.
    pub stream: Stream,
    /// Combined weight of term, field and stream.
    pub weight: f32,
    /// Inverse document frequency in this collection.
    pub idf: f32,
    /// Occurrences in the field.
    pub frequency: u32,
    /// Contribution to the score, normalised by the length of the field.
    pub adds: f32,
}

/// Marked text: HTML-escaped, with `<mark>` as the only element.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Highlights {
    /// The whole title.
    pub title: String,
    /// Best snippets of the body.
    pub body: Vec<Snippet>,
}

/// A marked passage of the body.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Snippet {
    /// HTML-escaped text with `<mark>`.
    pub html: String,
    /// Article of the passage, such as `第三十八条`.
    pub section: Option<String>,
    /// Anchor of that article in the record's outline.
    pub anchor: Option<String>,
}

/// Counts of one facet over the matches. They ignore the filter on the facet itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FacetCounts {
    /// The facet.
    pub facet: Facet,
    /// Values, most frequent first (years: latest first; paths: below their parent).
    pub values: Vec<FacetValue>,
    /// Number of values that are not listed.
    pub further: usize,
}

/// One value of a facet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FacetValue {
    /// The value, `_missing` for records without one.
    pub value: String,
    /// Matching records with it, exactly.
    pub count: u64,
    /// True if the search is filtered by this value.
    pub selected: bool,
}
