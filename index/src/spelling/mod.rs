//! Wrong characters in what was typed, corrected against the collection.
//!
//! People choose the wrong homophone, do not tell zh from z or n from l, or take
//! one character for another that looks like it. A text is changed only where
//! the collection does not know it as typed and knows it as corrected.

mod confusion;
mod judge;
mod passages;
mod search;
mod sense;

use std::ops::Range;
use std::sync::Arc;

use confusion::Confusions;
use judge::Judge;
use search::Search;

use crate::vocabulary::Vocabulary;
use crate::vocabulary::units::{Unit, char_of, is_han, unit_of};

/// Characters of a query that are checked.
const MAX_CHECKED: usize = 60;
/// Most characters that differ from a title.
const MAX_DIFFERENCES: usize = 4;
/// Most characters in unknown surroundings: what is strange throughout is not mistyped.
const MAX_SUSPECTS: usize = 24;
/// Likeliest texts that are judged.
const PATHS: usize = 3;

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
        self.check(query, None)
    }

    /// Like [`Speller::correct`], where the caller can tell how often a phrase stands in
    /// the collection: only what it says is offered, and only where it does not say what was typed.
    pub fn correct_by(&self, query: &str, evidence: Evidence<'_>) -> Option<Correction> {
        self.check(query, Some(evidence))
    }

    fn check(&self, query: &str, evidence: Option<Evidence<'_>>) -> Option<Correction> {
        let mut edits = Vec::new();
        let mut confidence = 1.0_f32;
        for run in runs(query) {
            let Some((meant, sure)) = self.correct_run(&run.units, evidence) else { continue };
            edits.extend(run.edits(&meant, query));
            confidence = confidence.min(sure);
        }
        (!edits.is_empty()).then(|| Correction { text: apply(query, &edits), edits, confidence })
    }

    fn correct_run(&self, typed: &[Unit], evidence: Option<Evidence<'_>>) -> Option<(Vec<Unit>, f32)> {
        let phrases = self.vocabulary.phrases();
        if phrases.occurrences(typed) > 0 || evidence.is_some_and(|said| said(&text_of(typed)) > 0) {
            return None;
        }
        let judge = Judge { vocabulary: &self.vocabulary, evidence, typed };
        let characters = self.vocabulary.characters();
        let most = (typed.len() / 3).clamp(2, MAX_DIFFERENCES);
        let passage = passages::nearest(phrases, characters, typed, most);
        if let Some(confidence) = passage.as_ref().and_then(|p| judge.of_passage(&p.units)) {
            return passage.map(|p| (p.units, confidence));
        }
        let words = self.vocabulary.words();
        let search = Search { characters, words, confusions: &self.confusions, typed };
        let suspicious = search.suspicious();
        let suspects = suspicious.iter().filter(|s| **s).count();
        if suspects == 0 || suspects > MAX_SUSPECTS {
            return None;
        }
        let paths = search.paths(&suspicious);
        paths.iter().take(PATHS).find_map(|path| judge.accepted(&path.units))
    }
}

fn text_of(units: &[Unit]) -> String {
    units.iter().map(|u| char_of(*u)).collect()
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
    let mut chars = query.char_indices();
    for (start, c) in chars.by_ref().take(MAX_CHECKED) {
        match (unit_of(c), runs.last_mut()) {
            (Some(unit), Some(run)) => {
                run.units.push(unit);
                run.starts.push(start);
            }
            _ => runs.push(Run { units: Vec::new(), starts: Vec::new() }),
        }
    }
    if chars.next().is_some_and(|(_, c)| unit_of(c).is_some()) {
        // Cut in two: what follows would be taken for missing.
        runs.pop();
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
