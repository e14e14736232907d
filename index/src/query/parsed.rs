//! The parsed query: what was typed, as the parser understood it.

use crate::official::document_number::DocumentNumber;
use crate::query::clause::Clause;
use crate::query::preference::Preference;

/// Whether we may add to what was typed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Mode {
    /// Synonyms, corrections and pinyin, all reported.
    #[default]
    Smart,
    /// 字面: nothing but what was typed.
    Literal,
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

impl ParsedQuery {
    /// Drops the preferences that the person does not have, by their text.
    pub fn drop_preferences(&mut self, ignored: &[String]) {
        self.preferences.retain(|preference| !ignored.contains(&preference.text));
    }

    /// Wraps a clause that nobody typed: it matches, and ranks nothing.
    pub fn from_clause(matching: Clause) -> Self {
        Self {
            text: String::new(),
            understood: String::new(),
            matching,
            relaxed: None,
            question: false,
            required: 0,
            scoring: Vec::new(),
            keys: Vec::new(),
            expansions: Vec::new(),
            preferences: Vec::new(),
            numbers: Vec::new(),
            typed: Vec::new(),
            marks: Vec::new(),
            warnings: Vec::new(),
        }
    }
}
