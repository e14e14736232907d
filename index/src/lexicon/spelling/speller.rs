//! The speller: corrects wrong characters in what was typed.

use std::sync::Arc;

use crate::lexicon::spelling::beam_search::BeamSearch;
use crate::lexicon::spelling::confusion::Confusions;
use crate::lexicon::spelling::correction::{
    Correction, Evidence, QueryRun, apply_edits, query_runs, text_of,
};
use crate::lexicon::spelling::judge::Judge;
use crate::lexicon::spelling::known_words::{Dictionary, KnownWords};
use crate::lexicon::spelling::passages;
use crate::lexicon::vocabulary::Vocabulary;
use crate::lexicon::vocabulary::units::Unit;

/// Longest query that is only corrected as a whole, in characters.
const MAX_SHORT_QUERY_CHARS: usize = 3;
/// Most characters in which a query may differ from a title.
const MAX_DIFFERENCES: usize = 4;
/// Most characters in an unknown context: a text that is strange throughout is not mistyped.
const MAX_SUSPECTS: usize = 24;
/// Most candidate texts that are judged.
const MAX_JUDGED_PATHS: usize = 3;

/// Speller over the vocabulary of a collection.
pub struct Speller {
    vocabulary: Arc<Vocabulary>,
    confusions: Confusions,
    known_words: KnownWords,
}

/// A text that may have been meant by a run.
struct Guess {
    units: Vec<Unit>,
    confidence: f32,
}

impl Speller {
    /// Creates a speller over a vocabulary.
    pub fn new(vocabulary: Arc<Vocabulary>) -> Self {
        let confusions = Confusions::new(&vocabulary);
        Self { vocabulary, confusions, known_words: KnownWords::default() }
    }

    /// Keeps these names as typed even if the collection has only similar ones: 福州 and 抚州,
    /// 陕西 and 山西.
    pub fn keeping<'a>(mut self, names: impl IntoIterator<Item = &'a str>) -> Self {
        self.known_words.add_names(names);
        self
    }

    /// Sets a general dictionary, for example that of the segmenter: its words are less readily
    /// taken for mistakes.
    pub fn consulting(mut self, dictionary: impl Fn(&str) -> bool + Send + Sync + 'static) -> Self {
        self.known_words.set_dictionary(Box::new(dictionary) as Dictionary);
        self
    }

    /// Most likely correction, or none if the query is probably right as typed.
    pub fn correct(&self, query: &str) -> Option<Correction> {
        self.corrections(query, None).into_iter().next()
    }

    /// Like [`Speller::correct`], with the counts of phrases in the collection: offers only
    /// corrections that the collection contains, and only if it does not contain the typed text.
    pub fn correct_by(&self, query: &str, evidence: Evidence<'_>) -> Option<Correction> {
        self.corrections(query, Some(evidence)).into_iter().next()
    }

    /// Most likely correction and a few others, the best first.
    pub fn corrections(&self, query: &str, evidence: Option<Evidence<'_>>) -> Vec<Correction> {
        let found: Vec<(QueryRun, Vec<Guess>)> = query_runs(query)
            .into_iter()
            .map(|run| (self.guess_run(&run.units, evidence), run))
            .filter(|(guesses, _)| !guesses.is_empty())
            .map(|(guesses, run)| (run, guesses))
            .collect();
        let Some(most) = found.iter().map(|(_, guesses)| guesses.len()).max() else { return Vec::new() };
        (0..most).map(|choice| combine(query, &found, choice)).collect()
    }

    /// Guesses at a run of the query; none if it is right as typed.
    fn guess_run(&self, typed: &[Unit], evidence: Option<Evidence<'_>>) -> Vec<Guess> {
        let phrases = self.vocabulary.phrases();
        if phrases.occurrences(typed) > 0 || evidence.is_some_and(|count| count(&[&text_of(typed)]) != [0]) {
            return Vec::new();
        }
        let judge = Judge { vocabulary: &self.vocabulary, evidence, known_words: &self.known_words, typed };
        if typed.len() <= MAX_SHORT_QUERY_CHARS {
            return self.guess_short(&judge);
        }
        let most = (typed.len() / 3).clamp(2, MAX_DIFFERENCES);
        let passages = passages::nearest_passages(phrases, self.vocabulary.characters(), typed, most);
        let judged =
            passages.into_iter().filter_map(|p| Some((judge.confidence_of_passage(&p.units)?, p.units)));
        let guesses: Vec<Guess> = judged.map(|(confidence, units)| Guess { units, confidence }).collect();
        if guesses.is_empty() { self.guess_by_search(&judge) } else { guesses }
    }

    /// Guesses at two or three characters, of which one is wrong.
    fn guess_short(&self, judge: &Judge<'_>) -> Vec<Guess> {
        let mut best: Option<(f32, Guess)> = None;
        for (i, typed) in judge.typed.iter().enumerate() {
            for (meant, cost) in self.confusions.candidates(*typed) {
                let mut units = judge.typed.to_vec();
                units[i] = *meant;
                let said = self.vocabulary.characters().count_limit(&units);
                let likelihood = (1.0 + said).log2() - cost;
                if said == 0.0 || best.as_ref().is_some_and(|(most, _)| *most >= likelihood) {
                    continue;
                }
                if let Some(confidence) = judge.confidence_of_short(&units, *cost) {
                    best = Some((likelihood, Guess { units, confidence }));
                }
            }
        }
        best.into_iter().map(|(_, guess)| guess).collect()
    }

    /// Guesses by beam search, in a title or not.
    fn guess_by_search(&self, judge: &Judge<'_>) -> Vec<Guess> {
        let search = BeamSearch {
            characters: self.vocabulary.characters(),
            words: self.vocabulary.words(),
            confusions: &self.confusions,
            typed: judge.typed,
        };
        let suspicious = search.suspicious_characters();
        let suspects = suspicious.iter().filter(|s| **s).count();
        if suspects == 0 || suspects > MAX_SUSPECTS {
            return Vec::new();
        }
        let mut guesses: Vec<Guess> = Vec::new();
        for path in search.best_paths(&suspicious).iter().take(MAX_JUDGED_PATHS) {
            if let Some((units, confidence)) = judge.accept_changes(&path.units)
                && !guesses.iter().any(|g| g.units == units)
            {
                guesses.push(Guess { units, confidence });
            }
        }
        guesses
    }
}

/// Correction by guess number `choice` of every run that has one, and by the best of the others.
fn combine(query: &str, found: &[(QueryRun, Vec<Guess>)], choice: usize) -> Correction {
    let mut edits = Vec::new();
    let mut confidence = 1.0_f32;
    for (run, guesses) in found {
        let Some(guess) = guesses.get(choice).or(guesses.first()) else { continue };
        edits.extend(run.edits(&guess.units, query));
        confidence = confidence.min(guess.confidence);
    }
    // Further choices are less likely.
    confidence /= (choice + 1) as f32;
    Correction { text: apply_edits(query, &edits), edits, confidence }
}
