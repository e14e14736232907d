//! Wrong characters in what was typed, corrected against the collection.
//!
//! People choose the wrong homophone, do not tell zh from z or n from l, or take
//! one character for another that looks like it. A text is changed only where
//! the collection does not know it as typed and knows it as corrected.

mod confusion;
mod search;

use std::ops::Range;
use std::sync::Arc;

use confusion::Confusions;
use search::{Path, Search};

use crate::vocabulary::Vocabulary;
use crate::vocabulary::units::{Unit, char_of, is_han, unit_of};

/// Characters of a query that are checked.
const MAX_CHECKED: usize = 60;
/// How much likelier, in bits, a correction must be.
const MIN_GAIN: f32 = 6.0;

/// One change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edit {
    /// Where, in bytes of the query.
    pub range: Range<usize>,
    /// What was typed there.
    pub from: String,
    /// What was meant.
    pub to: String,
}

/// A corrected query.
#[derive(Debug, Clone, PartialEq)]
pub struct Correction {
    /// The query with all changes made.
    pub text: String,
    /// The changes, in order.
    pub edits: Vec<Edit>,
    /// How sure, from 0 to 1.
    pub confidence: f32,
}

/// How often a phrase stands in the collection, exactly as written.
pub type Evidence<'a> = &'a dyn Fn(&str) -> u32;

/// Corrects what is typed by a collection's vocabulary.
#[derive(Debug, Clone)]
pub struct Speller {
    vocabulary: Arc<Vocabulary>,
    confusions: Confusions,
}

/// A stretch of the query without spaces or punctuation.
struct Run {
    units: Vec<Unit>,
    starts: Vec<usize>,
}

impl Speller {
    /// Corrects by this vocabulary.
    pub fn new(vocabulary: Arc<Vocabulary>) -> Self {
        let confusions = Confusions::new(&vocabulary);
        Self { vocabulary, confusions }
    }

    /// The likeliest correction, or none if the query is likely meant as it stands.
    pub fn correct(&self, query: &str) -> Option<Correction> {
        let mut edits = Vec::new();
        let mut confidence = 1.0_f32;
        for run in runs(query) {
            let Some((path, sure)) = self.correct_run(&run) else { continue };
            edits.extend(run.edits(&path.units, query));
            confidence = confidence.min(sure);
        }
        (!edits.is_empty()).then(|| Correction { text: apply(query, &edits), edits, confidence })
    }

    fn correct_run(&self, run: &Run) -> Option<(Path, f32)> {
        if self.vocabulary.phrases().occurrences(&run.units) > 0 {
            return None;
        }
        let search = Search {
            characters: self.vocabulary.characters(),
            confusions: &self.confusions,
            typed: &run.units,
        };
        let suspicious = search.suspicious();
        if !suspicious.contains(&true) {
            return None;
        }
        let as_typed = search.score(&run.units);
        let best = search.paths(&suspicious).into_iter().next()?;
        let gain = best.score - as_typed;
        (best.units != run.units && gain >= MIN_GAIN).then(|| {
            let sure = 1.0 - (-gain / 20.0).exp2();
            (best, sure)
        })
    }
}

impl Run {
    fn edits(&self, corrected: &[Unit], query: &str) -> Vec<Edit> {
        let changed =
            self.units.iter().zip(corrected).enumerate().filter(|(_, (typed, meant))| typed != meant);
        changed
            .map(|(at, (_, meant))| {
                let start = self.starts[at];
                let length = query[start..].chars().next().map_or(0, char::len_utf8);
                let range = start..start + length;
                Edit { from: query[range.clone()].to_owned(), range, to: char_of(*meant).to_string() }
            })
            .collect()
    }
}

/// The stretches of the query that hold Chinese characters, as far as it is checked.
fn runs(query: &str) -> Vec<Run> {
    let mut runs = vec![Run { units: Vec::new(), starts: Vec::new() }];
    for (start, c) in query.char_indices().take(MAX_CHECKED) {
        match (unit_of(c), runs.last_mut()) {
            (Some(unit), Some(run)) => {
                run.units.push(unit);
                run.starts.push(start);
            }
            _ => runs.push(Run { units: Vec::new(), starts: Vec::new() }),
        }
    }
    runs.retain(|run| run.units.iter().filter(|u| is_han(**u)).count() > 1);
    runs
}

fn apply(query: &str, edits: &[Edit]) -> String {
    let mut text = String::with_capacity(query.len());
    let mut done = 0;
    for edit in edits {
        text.push_str(&query[done..edit.range.start]);
        text.push_str(&edit.to);
        done = edit.range.end;
    }
    text + &query[done..]
}
