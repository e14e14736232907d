//! The query: what is looked for, in our own words, for any backend.
//!
//! [`parse`] turns what a person typed into an [`ParsedQuery`]: a tree that
//! says which records match, and a flat list of terms that says how they rank.
//! A [`Query`] adds filters, order, page and facets.

pub mod near;
pub mod parse;
mod preference;
pub mod stopwords;
mod terms;

use std::collections::BTreeMap;

pub use self::preference::{Preference, PreferenceKind};
use crate::official::document_number::DocumentNumber;
use crate::record::Date;
use crate::schema::fields::{DateField, Facet, TextField};

/// Whether we may add to what was typed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Mode {
    /// Synonyms, corrections and pinyin, all reported.
    #[default]
    Smart,
    /// 字面: nothing but what was typed.
    Literal,
}

/// Which records match.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Clause {
    /// Every record.
    All,
    /// The text stands in the field, or in any.
    Text(Phrase),
    /// One of the record's exact keys, such as a document number in normal form.
    Key(String),
    /// Written or published in that year.
    Year(i16),
    /// All of them.
    And(Vec<Clause>),
    /// Any of them.
    Or(Vec<Clause>),
    /// Not this one.
    Not(Box<Clause>),
    /// As many of these as make up a share of all they tell together; each tells
    /// the more the fewer records it matches.
    MinimumShouldMatch {
        /// The clauses.
        clauses: Vec<Clause>,
        /// The least share, in hundredths.
        percent: u8,
    },
}

/// A piece of text that must stand together in a record.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Phrase {
    /// As typed; the analyzer folds it.
    pub text: String,
    /// Where it must stand; everywhere if `None`.
    pub field: Option<TextField>,
}

/// Which of the analyzer's streams a score term is looked up in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Stream {
    /// Words of the dictionary.
    Words,
    /// Character pairs.
    Grams,
}

/// A term that adds to the score of the records it stands in (BM25).
#[derive(Debug, Clone, PartialEq)]
pub struct ScoreTerm {
    /// The stream to look in.
    pub stream: Stream,
    /// The term as it stands in that stream.
    pub text: String,
    /// How much it tells, 1.0 for a common query word.
    pub weight: f32,
    /// A term that stands in for typed words tells no more than the rarest of
    /// these; empty for a typed word.
    pub idf_cap: Vec<String>,
}

/// An exact key that lifts the records which have it.
#[derive(Debug, Clone, PartialEq)]
pub struct KeyBoost {
    /// The key, such as a whole title or a document number.
    pub key: String,
    /// What it adds to the score.
    pub boost: f32,
}

/// A term that was added to what was typed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Expansion {
    /// What was typed.
    pub from: String,
    /// What is looked for as well.
    pub to: String,
    /// Why: the relation in the dictionary of synonyms, or [`MINED`].
    pub kind: &'static str,
}

/// The kind of an expansion that a document of the collection defines for itself.
pub const MINED: &str = "short_name";

/// Something that the person should know about how the query was read.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Warning {
    /// Where in the text, in characters.
    pub offset: usize,
    /// What was done, in Chinese, for readers.
    pub reason: String,
}

/// What was typed, as it was understood.
#[derive(Debug, Clone, PartialEq)]
pub struct ParsedQuery {
    /// As typed, cut at the limit.
    pub text: String,
    /// In words a person can read.
    pub understood: String,
    /// Which records match.
    pub matching: Clause,
    /// Which records match if `matching` finds too little; `None` where nothing can be left out.
    pub relaxed: Option<Clause>,
    /// Whether a whole question was asked, not words given.
    pub question: bool,
    /// How many words of the query are required.
    pub required: usize,
    /// How they rank.
    pub scoring: Vec<ScoreTerm>,
    /// Records that are named outright.
    pub keys: Vec<KeyBoost>,
    /// What was added.
    pub expansions: Vec<Expansion>,
    /// What the text speaks of: it lifts records, and demands nothing.
    pub preferences: Vec<Preference>,
    /// The document numbers in it; each with its readings, the likeliest first.
    pub numbers: Vec<Vec<DocumentNumber>>,
    /// The words and phrases as typed, without what was added.
    pub typed: Vec<String>,
    /// Pieces of text to mark in titles and bodies.
    pub marks: Vec<String>,
    /// What was taken otherwise than typed.
    pub warnings: Vec<Warning>,
}

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
    pub understanding: ParsedQuery,
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
    /// Whether private numbers are hidden in what is given; see [`crate::collection::masking`].
    pub masked: bool,
}

impl Query {
    /// A search for what was typed, with nothing else asked.
    pub fn new(understanding: ParsedQuery, today: Date) -> Self {
        let everything = understanding.matching == Clause::All;
        Self {
            understanding,
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
            masked: false,
        }
    }
}
