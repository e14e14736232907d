//! Matching by a clause: the tree asked of one document after another.

use crate::analysis::Analyzer;
use crate::analysis::grams::phrase;
use crate::memory::document::StoredDocument;
use crate::memory::document_set::DocumentSet;
use crate::memory::units::row_of_phrase;
use crate::query::{Clause, Phrase, Stream};
use crate::ranking::should_match::{clause_weight, is_enough, required_weight};
use crate::schema::fields::{DateField, TextField};

/// A clause tree with its phrases cut into units.
pub enum Matching {
    All,
    /// The units of a phrase, and the words that stand for the whole of it.
    Text {
        fields: Vec<TextField>,
        row: String,
        words: Vec<String>,
    },
    Key(String),
    Year(i16),
    And(Vec<Matching>),
    Or(Vec<Matching>),
    Not(Box<Matching>),
    /// Each clause with its weight, and the weight that must come together.
    Most {
        clauses: Vec<(Matching, f32)>,
        required: f32,
    },
}

impl Matching {
    /// Prepares a clause for documents, which weigh the clauses of which most must match.
    pub fn new(clause: &Clause, set: &DocumentSet, analyzer: &Analyzer) -> Self {
        let several = |clauses: &[Clause]| -> Vec<Self> {
            clauses.iter().map(|clause| Self::new(clause, set, analyzer)).collect()
        };
        match clause {
            Clause::All => Self::All,
            Clause::Text(text) => Self::text(text, analyzer),
            Clause::Key(key) => Self::Key(key.clone()),
            Clause::Year(year) => Self::Year(*year),
            Clause::And(clauses) => Self::And(several(clauses)),
            Clause::Or(clauses) => Self::Or(several(clauses)),
            Clause::Not(clause) => Self::Not(Box::new(Self::new(clause, set, analyzer))),
            Clause::MinimumShouldMatch { clauses, percent } => {
                let total = set.numbered().count() as u64;
                let weigh = |clause: &Clause| {
                    let frequency = frequency_bound(clause, set);
                    // A word that no record has says nothing about the others.
                    let weight = (frequency > 0).then(|| clause_weight(total, frequency))?;
                    Some((Self::new(clause, set, analyzer), weight))
                };
                let clauses: Vec<(Self, f32)> = clauses.iter().filter_map(weigh).collect();
                let all = clauses.iter().map(|(_, weight)| weight).sum();
                Self::Most { required: required_weight(all, *percent), clauses }
            }
        }
    }

    fn text(text: &Phrase, analyzer: &Analyzer) -> Self {
        let Some(row) = row_of_phrase(&text.text) else { return Self::All };
        Self::Text { fields: fields_of(text), row, words: analyzer.whole_words(&text.text) }
    }

    /// Returns whether a document matches.
    pub fn matches(&self, document: &StoredDocument) -> bool {
        match self {
            Self::All => true,
            Self::Text { fields, row, words } => {
                let mut texts = fields.iter().filter_map(|field| document.text(*field));
                texts.any(|text| {
                    text.row.contains(row.as_str())
                        || words.iter().any(|word| text.stream(Stream::Words).contains(word))
                })
            }
            Self::Key(key) => document.source.keys.contains(key),
            Self::Year(year) => is_of_year(document, *year),
            Self::And(clauses) => clauses.iter().all(|clause| clause.matches(document)),
            Self::Or(clauses) => clauses.iter().any(|clause| clause.matches(document)),
            Self::Not(clause) => !clause.matches(document),
            Self::Most { clauses, required } => {
                let matching = clauses.iter().filter(|(clause, _)| clause.matches(document));
                is_enough(matching.map(|(_, weight)| weight).sum(), *required)
            }
        }
    }
}

fn fields_of(text: &Phrase) -> Vec<TextField> {
    text.field.map_or_else(|| TextField::ALL.to_vec(), |field| vec![field])
}

fn is_of_year(document: &StoredDocument, year: i16) -> bool {
    let days = [DateField::WrittenOn, DateField::PublishedOn].map(|field| document.day(field));
    days.into_iter().any(|day| day / 10_000 == year as u32)
}

/// Returns at most how many documents match a clause, without matching it. The bound is part of
/// the contract, since clauses weigh by it: a phrase is bounded by its rarest gram, a gram by the
/// field where most documents have it, a key by 1, and what is known of nothing by the most.
fn frequency_bound(clause: &Clause, set: &DocumentSet) -> u64 {
    let bounds = |clauses: &[Clause]| -> Vec<u64> {
        clauses.iter().map(|clause| frequency_bound(clause, set)).collect()
    };
    match clause {
        Clause::Text(text) => {
            let plan = phrase(&text.text);
            let grams = plan.placed.iter().map(|(gram, _)| gram).chain(&plan.anywhere);
            let frequencies = grams.map(|gram| gram_frequency(&fields_of(text), gram, set));
            frequencies.min().unwrap_or(u64::from(u32::MAX))
        }
        Clause::And(clauses) => bounds(clauses).into_iter().min().unwrap_or(u64::MAX),
        Clause::Or(clauses) => bounds(clauses).into_iter().fold(0, u64::saturating_add),
        Clause::Year(year) => {
            set.numbered().filter(|(_, document)| is_of_year(document, *year)).count() as u64
        }
        Clause::Key(_) => 1,
        Clause::All | Clause::Not(_) | Clause::MinimumShouldMatch { .. } => u64::from(u32::MAX),
    }
}

/// Returns the number of documents with a gram in the field where most have it.
fn gram_frequency(fields: &[TextField], gram: &str, set: &DocumentSet) -> u64 {
    let in_field = |field: &TextField| {
        let texts = set.numbered().filter_map(|(_, document)| document.text(*field));
        texts.filter(|text| text.stream(Stream::Grams).contains(gram)).count() as u64
    };
    fields.iter().map(in_field).max().unwrap_or(0)
}
