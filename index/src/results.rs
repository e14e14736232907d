//! What a search gives: hits, the exact total, facet counts.

use std::collections::BTreeMap;

use crate::query::{Expansion, MINED, Position, PreferenceKind, Stream};
use crate::record::generation::{Generation, SnapshotToken};
use crate::record::{Record, Validity};
use crate::schema::doc_ref::DocRef;
use crate::schema::fields::{Facet, TextField};

/// The answer to one query.
#[derive(Debug, Clone)]
pub struct SearchResults {
    /// The commit that was searched.
    pub generation: Generation,
    /// Token by which a cursor finds that generation again.
    pub token: SnapshotToken,
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

/// What a backend gives for a search plan. Records are not read yet, facet values not ordered.
#[derive(Debug, Clone, PartialEq)]
pub struct Matches {
    /// Entries that match and pass the filters, exactly.
    pub total: u64,
    /// Documents that match before the filters.
    pub matched: u64,
    /// Documents of the page, in order.
    pub documents: Vec<RankedDocument>,
    /// Counts of every value of each facet asked for, in that order; values of count 0 are left
    /// out, [`crate::query::MISSING`] is among them.
    pub facets: Vec<(Facet, Vec<(String, u64)>)>,
    /// Whether documents follow the last one of this page.
    pub more: bool,
}

/// A document in the order of a search.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RankedDocument {
    /// The document.
    pub document: DocRef,
    /// Its place in the order.
    pub position: Position,
    /// Its validity on the day of the plan.
    pub validity: Validity,
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
    pub matched_on: Vec<MatchReason>,
    /// The parts of the score, if they were asked for and the order is by relevance.
    pub explanation: Option<Explanation>,
}

/// One thing of the query that the record has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MatchReason {
    /// The whole title was typed.
    WholeTitle,
    /// Its document number was typed.
    Number,
    /// Typed words stand in the title.
    Title,
    /// Typed words stand in the text.
    Body,
    /// Typed words stand in the name of an issuer.
    Issuer,
    /// Typed words stand in the index number.
    IndexNumber,
    /// Typed words stand among the keywords.
    Keyword,
    /// The article that was named stands in the text or in the title.
    Article(String),
    /// It has what stands in for typed words.
    Expansion(Expansion),
    /// It is of the issuer, place or year that the query speaks of.
    Preference(PreferenceKind, String),
}

impl MatchReason {
    /// As it is written on the wire: a name and, behind a colon, what it is about.
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

/// The relations of the dictionary, as they are told for a hit.
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
