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
use sense::{Dictionary, Knowledge};

use crate::lexicon::vocabulary::Vocabulary;
use crate::lexicon::vocabulary::units::{Unit, char_of, is_han, unit_of};

/// Characters of a query that are checked.
const MAX_CHECKED: usize = 60;
/// Characters of the longest query that is only looked at as a whole.
const SHORT: usize = 3;
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
pub type Evidence<'a> = &'a dyn Fn(&[&str]) -> Vec<u64>;

/// Corrects what is typed by a collection's vocabulary.
pub struct Speller {
    vocabulary: Arc<Vocabulary>,
    confusions: Confusions,
    knowledge: Knowledge,
}

/// What may have been meant by a run.
struct Guess {
    units: Vec<Unit>,
    confidence: f32,
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
        Self { vocabulary, confusions, knowledge: Knowledge::default() }
    }

    /// Leaves these names as they are typed even if the collection knows only others
    /// like them: 福州 and 抚州, 陕西 and 山西.
    pub fn keeping<'a>(mut self, names: impl IntoIterator<Item = &'a str>) -> Self {
        self.knowledge.keep(names);
        self
    }

    /// Asks a general dictionary, that of the segmenter for example, what is a word:
    /// words are less readily taken for mistakes.
    pub fn consulting(mut self, dictionary: impl Fn(&str) -> bool + Send + Sync + 'static) -> Self {
        self.knowledge.consult(Box::new(dictionary) as Dictionary);
        self
    }

    /// The likeliest correction, or none if the query is likely meant as it stands.
    pub fn correct(&self, query: &str) -> Option<Correction> {
        self.corrections(query, None).into_iter().next()
    }

    /// Like [`Speller::correct`], where the caller can tell how often a phrase stands in
    /// the collection: only what it says is offered, and only where it does not say what was typed.
    pub fn correct_by(&self, query: &str, evidence: Evidence<'_>) -> Option<Correction> {
        self.corrections(query, Some(evidence)).into_iter().next()
    }

    /// The likeliest correction and a few others, the best first.
    pub fn corrections(&self, query: &str, evidence: Option<Evidence<'_>>) -> Vec<Correction> {
        let found: Vec<(Run, Vec<Guess>)> = runs(query)
            .into_iter()
            .map(|run| (self.guesses(&run.units, evidence), run))
            .filter(|(guesses, _)| !guesses.is_empty())
            .map(|(guesses, run)| (run, guesses))
            .collect();
        let Some(most) = found.iter().map(|(_, guesses)| guesses.len()).max() else { return Vec::new() };
        (0..most).map(|choice| correction(query, &found, choice)).collect()
    }

    /// What may have been meant by a stretch of the query; none if it is meant as it stands.
    fn guesses(&self, typed: &[Unit], evidence: Option<Evidence<'_>>) -> Vec<Guess> {
        let phrases = self.vocabulary.phrases();
        if phrases.occurrences(typed) > 0 || evidence.is_some_and(|count| count(&[&text_of(typed)]) != [0]) {
            return Vec::new();
        }
        let judge = Judge { vocabulary: &self.vocabulary, evidence, knowledge: &self.knowledge, typed };
        if typed.len() <= SHORT {
            return self.short(&judge);
        }
        let most = (typed.len() / 3).clamp(2, MAX_DIFFERENCES);
        let passages = passages::nearest(phrases, self.vocabulary.characters(), typed, most);
        let judged = passages.into_iter().filter_map(|p| Some((judge.of_passage(&p.units)?, p.units)));
        let guesses: Vec<Guess> = judged.map(|(confidence, units)| Guess { units, confidence }).collect();
        if guesses.is_empty() { self.search(&judge) } else { guesses }
    }

    /// What may have been meant by two or three characters: one of them is wrong.
    fn short(&self, judge: &Judge<'_>) -> Vec<Guess> {
        let mut best: Option<(f32, Guess)> = None;
        for (at, typed) in judge.typed.iter().enumerate() {
            for (meant, cost) in self.confusions.of(*typed) {
                let mut units = judge.typed.to_vec();
                units[at] = *meant;
                let said = self.vocabulary.characters().at_most(&units);
                let likelihood = (1.0 + said).log2() - cost;
                if said == 0.0 || best.as_ref().is_some_and(|(most, _)| *most >= likelihood) {
                    continue;
                }
                if let Some(confidence) = judge.of_short(&units, *cost) {
                    best = Some((likelihood, Guess { units, confidence }));
                }
            }
        }
        best.into_iter().map(|(_, guess)| guess).collect()
    }

    /// What may have been meant, whether or not it stands in a title.
    fn search(&self, judge: &Judge<'_>) -> Vec<Guess> {
        let search = Search {
            characters: self.vocabulary.characters(),
            words: self.vocabulary.words(),
            confusions: &self.confusions,
            typed: judge.typed,
        };
        let suspicious = search.suspicious();
        let suspects = suspicious.iter().filter(|s| **s).count();
        if suspects == 0 || suspects > MAX_SUSPECTS {
            return Vec::new();
        }
        let mut guesses: Vec<Guess> = Vec::new();
        for path in search.paths(&suspicious).iter().take(PATHS) {
            if let Some((units, confidence)) = judge.accepted(&path.units)
                && !guesses.iter().any(|g| g.units == units)
            {
                guesses.push(Guess { units, confidence });
            }
        }
        guesses
    }
}

/// The correction that takes the n-th guess wherever there is one, and the best elsewhere.
fn correction(query: &str, found: &[(Run, Vec<Guess>)], choice: usize) -> Correction {
    let mut edits = Vec::new();
    let mut confidence = 1.0_f32;
    for (run, guesses) in found {
        let Some(guess) = guesses.get(choice).or(guesses.first()) else { continue };
        edits.extend(run.edits(&guess.units, query));
        confidence = confidence.min(guess.confidence);
    }
    // Whatever was not the first choice is less likely.
    confidence /= (choice + 1) as f32;
    Correction { text: apply(query, &edits), edits, confidence }
}

fn text_of(units: &[Unit]) -> String {
    units.iter().map(|u| char_of(*u)).collect()
}

impl Run {
    fn edits(&self, meant: &[Unit], query: &str) -> Vec<Edit> {
        if meant.len() == self.units.len() {
            let changed = (0..meant.len()).filter(|at| self.units[*at] != meant[*at]);
            return changed.map(|at| self.edit(at, at + 1, &meant[at..=at], query)).collect();
        }
        let same = |(a, b): &(&Unit, &Unit)| a == b;
        let start = self.units.iter().zip(meant).take_while(same).count();
        let shorter = self.units.len().min(meant.len()) - start;
        let end = self.units.iter().rev().zip(meant.iter().rev()).take_while(same).count().min(shorter);
        vec![self.edit(start, self.units.len() - end, &meant[start..meant.len() - end], query)]
    }

    /// What stands from one unit to another, and what it becomes.
    fn edit(&self, from: usize, to: usize, meant: &[Unit], query: &str) -> Edit {
        let start = self.starts.get(from).copied().unwrap_or_else(|| self.end(query));
        let end =
            if from == to { start } else { self.starts.get(to).copied().unwrap_or_else(|| self.end(query)) };
        Edit { range: start..end, from: query[start..end].to_owned(), to: text_of(meant) }
    }

    /// Where the run ends, in bytes.
    fn end(&self, query: &str) -> usize {
        let last = self.starts.last().copied().unwrap_or(0);
        last + query[last..].chars().next().map_or(0, char::len_utf8)
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
