//! The parsed query: the result of the parser.

use crate::official::document_number::DocumentNumber;
use crate::query::clause::Clause;
use crate::query::preference::Preference;

/// Mode of a query: with or without additions to the typed text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Mode {
    /// Synonyms, corrections and pinyin, all reported.
    #[default]
    Smart,
    /// 字面: only the typed text.
    Literal,
}

/// Stream of the analyzer in which a score term is looked up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Stream {
    /// Words of the dictionary.
    Words,
    /// Character pairs.
    Grams,
}

/// A term that adds to the score of the records that contain it (BM25).
#[derive(Debug, Clone, PartialEq)]
pub struct ScoreTerm {
    /// Stream of the term.
    pub stream: Stream,
    /// Term as it is in that stream.
    pub text: String,
    /// Weight, 1.0 for an ordinary query word.
    pub weight: f32,
    /// Typed words that the term replaces: its idf is at most that of the rarest of them. Empty for
    /// a typed word.
    pub idf_cap: Vec<String>,
}

/// An exact key that boosts the records that have it.
#[derive(Debug, Clone, PartialEq)]
pub struct KeyBoost {
    /// Key, such as a whole title or a document number.
    pub key: String,
    /// Addition to the score.
    pub boost: f32,
}

/// A term that was added to the typed text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Expansion {
    /// Typed text.
    pub from: String,
    /// Added term.
    pub to: String,
    /// Reason: the relation in the dictionary of synonyms, or [`MINED`].
    pub kind: &'static str,
}

/// Kind of an expansion that a document of the collection defines.
pub const MINED: &str = "short_name";

/// A warning to the user about the reading of the query.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Warning {
    /// Offset in the text, in characters.
    pub offset: usize,
    /// Message in Chinese, for readers.
    pub reason: String,
}

/// A parsed query.
#[derive(Debug, Clone, PartialEq)]
pub struct ParsedQuery {
    /// Text as typed, cut at the limit.
    pub text: String,
    /// Description in words for readers.
    pub understood: String,
    /// Clause that records must match.
    pub matching: Clause,
    /// Clause to use if `matching` finds too little; `None` if nothing can be left out.
    pub relaxed: Option<Clause>,
    /// True for a whole question, false for words.
    pub question: bool,
    /// Number of required words.
    pub required: usize,
    /// Terms for ranking.
    pub scoring: Vec<ScoreTerm>,
    /// Keys of records that are named outright.
    pub keys: Vec<KeyBoost>,
    /// Terms that were added.
    pub expansions: Vec<Expansion>,
    /// Issuers, places and years named in the text: they boost records and filter none.
    pub preferences: Vec<Preference>,
    /// Document numbers in the text; each with its readings, the most likely first.
    pub numbers: Vec<Vec<DocumentNumber>>,
    /// Words and phrases as typed, without additions.
    pub typed: Vec<String>,
    /// Texts to highlight in titles and bodies.
    pub marks: Vec<String>,
    /// Warnings about parts that were read otherwise than typed.
    pub warnings: Vec<Warning>,
}

impl ParsedQuery {
    /// Drops the preferences that the user does not want, by their text.
    pub fn drop_preferences(&mut self, ignored: &[String]) {
        self.preferences.retain(|preference| !ignored.contains(&preference.text));
    }

    /// Wraps a clause that was not typed: it matches, but adds nothing to the ranking.
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
