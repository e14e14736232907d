//! Decision about the changes to offer. A wrong correction is worse than none: each
//! group of changes must turn a text that the collection lacks into one that it contains.

use crate::lexicon::spelling::correction::Evidence;
use crate::lexicon::spelling::known_words::KnownWords;
use crate::lexicon::spelling::{confusion, known_words};
use crate::lexicon::vocabulary::units::{Unit, char_from_unit, is_han};
use crate::lexicon::vocabulary::{Characters, Vocabulary};

/// Most unchanged characters between changes that are judged together.
const MAX_GAP: usize = 1;
/// Most groups of changes in one text; more of them make it another text.
const MAX_GROUPS: usize = 5;
/// Numbers of unchanged characters on each side that are looked up with a change, the most first.
const CONTEXT_LENGTHS: [usize; 3] = [4, 3, 2];
/// Shortest phrase that proves a change, in characters.
const MIN_PROOF_CHARS: usize = 4;
/// Least ratio of the frequency of the corrected phrase to that of the typed one.
const MIN_FREQUENCY_RATIO: f32 = 50.0;
/// Least gain of a change whose phrase is proven, in bits.
const MIN_GAIN_PROVEN: f32 = 4.0;
/// Least gain of a change for which only the characters around it speak, in bits.
const MIN_GAIN_UNPROVEN: f32 = 14.0;
/// Least count of every three characters around a change for which nothing else speaks.
const MIN_COUNT_UNPROVEN: f32 = 3.0;

/// Least count of the same if there are only four characters.
const MIN_COUNT_SHORT: f32 = 20.0;
/// Confidence of a proven change.
const CONFIDENCE_PROVEN: f32 = 0.95;
/// Confidence of a correction with a missing, extra or swapped character.
const CONFIDENCE_MISPLACED: f32 = 0.8;
/// Confidence of a correction of two characters.
const CONFIDENCE_TWO_CHARACTERS: f32 = 0.5;
/// Fewest records with a word that is offered for one of two or three characters.
const MIN_RECORDS_SHORT: f32 = 5.0;
/// Fewest records with a typed word that may be meant.
const MIN_RECORDS_KNOWN_WORD: f32 = 2.0;
/// Factor of the confidence if the typed text is a word of the collection too.
const WORD_FACTOR: f32 = 0.6;

/// Judge of corrections of one typed text.
pub struct Judge<'a> {
    /// Vocabulary of the collection.
    pub vocabulary: &'a Vocabulary,
    /// Exact counts of phrases, if the caller has them.
    pub evidence: Option<Evidence<'a>>,
    /// Names and words beside those of the collection.
    pub known_words: &'a KnownWords,
    /// Text as typed.
    pub typed: &'a [Unit],
}

impl Judge<'_> {
    /// Confidence that a passage with few differences was meant; `None` if it must not be offered.
    pub fn confidence_of_passage(&self, meant: &[Unit]) -> Option<f32> {
        if meant.len() != self.typed.len() {
            return self.confidence_of_shifted(meant);
        }
        let changed: Vec<usize> = (0..meant.len()).filter(|i| self.typed[*i] != meant[*i]).collect();
        // In a very short text the changes must at least stand together, as one mistyped word.
        let scattered = changed.last()? - changed.first()? >= changed.len();
        if changed.len() * 3 > meant.len() && (scattered || changed.len() * 2 > meant.len()) {
            return None;
        }
        // An entry as a whole needs no whole words as a proof.
        let whole = self.vocabulary.phrases().find(meant).is_some()
            && !changed
                .iter()
                .any(|i| known_words::is_surely_right(self.typed, *i, self.vocabulary, self.known_words));
        (whole || self.are_sensible(meant, &changed))
            .then(|| self.lower_if_words(&changed, CONFIDENCE_PROVEN))
    }

    /// Confidence for a passage that is longer or shorter by one character.
    fn confidence_of_shifted(&self, meant: &[Unit]) -> Option<f32> {
        let i = meant.iter().zip(self.typed).take_while(|(a, b)| a == b).count().checked_sub(1)?;
        let fixed = [i, i + 1]
            .iter()
            .any(|i| known_words::is_surely_right(self.typed, *i, self.vocabulary, self.known_words));
        (!fixed && known_words::records_of_word_around(meant, i + 1, self.vocabulary) > 0.0)
            .then_some(CONFIDENCE_MISPLACED)
    }

    /// Confidence that another text of two or three characters was meant; `None` if it must not be
    /// offered.
    pub fn confidence_of_short(&self, meant: &[Unit], cost: f32) -> Option<f32> {
        let i = (0..meant.len()).find(|i| self.typed[*i] != meant[*i])?;
        let corrected_count = self.vocabulary.characters().count_limit(meant);
        let records = self.vocabulary.words().find(meant).map_or(0.0, |w| self.vocabulary.words().weight(w));
        let known = self.known_words.has_word_around(self.typed, i)
            || self.vocabulary.characters().count_limit(self.typed) > 0.0;
        if known || known_words::is_surely_right(self.typed, i, self.vocabulary, self.known_words) {
            return None;
        }
        match meant.len() {
            // Two characters are right only if they are a word and sound like the typed ones.
            2 => (self.known_words.has_dictionary()
                && records >= MIN_RECORDS_SHORT
                && cost <= confusion::SAME_SOUND_COST)
                .then_some(CONFIDENCE_TWO_CHARACTERS),
            3 => (records >= MIN_RECORDS_SHORT || corrected_count >= MIN_COUNT_SHORT)
                .then_some(CONFIDENCE_MISPLACED),
            _ => None,
        }
    }

    /// Checks if each changed character belongs to a whole word, or stands well inside the text,
    /// and none of the typed characters is surely right.
    fn are_sensible(&self, meant: &[Unit], changed: &[usize]) -> bool {
        changed.iter().all(|&i| {
            let inside = i >= 2 && i + 2 < meant.len();
            !known_words::is_surely_right(self.typed, i, self.vocabulary, self.known_words)
                && (inside || known_words::records_of_word_around(meant, i, self.vocabulary) > 0.0)
        })
    }

    /// Lowers the confidence if the typed text may be a word as well.
    fn lower_if_words(&self, changed: &[usize], confidence: f32) -> f32 {
        let word = |i: &usize| {
            known_words::records_of_word_around(self.typed, *i, self.vocabulary) >= MIN_RECORDS_KNOWN_WORD
                || self.known_words.has_word_around(self.typed, *i)
        };
        if changed.iter().all(word) { confidence * WORD_FACTOR } else { confidence }
    }

    /// Undoes every group of changes that is not good enough; returns the rest with its confidence.
    pub fn accept_changes(&self, corrected: &[Unit]) -> Option<(Vec<Unit>, f32)> {
        let mut result = self.typed.to_vec();
        let mut lowest: Option<f32> = None;
        let groups = change_groups(self.typed, corrected);
        if groups.len() > MAX_GROUPS {
            return None;
        }
        for (from, to) in groups {
            if let Some(confidence) = self.confidence_of_group(corrected, from, to) {
                result[from..to].copy_from_slice(&corrected[from..to]);
                lowest = Some(lowest.map_or(confidence, |s| s.min(confidence)));
            }
        }
        lowest.map(|lowest| (result, lowest))
    }

    /// Confidence of a group of changes; `None` if it must not be offered.
    fn confidence_of_group(&self, corrected: &[Unit], from: usize, to: usize) -> Option<f32> {
        let mut changed = self.typed.to_vec();
        changed[from..to].copy_from_slice(&corrected[from..to]);
        let gain = self.gain(&changed, from, to);
        let places: Vec<usize> = (from..to).filter(|i| self.typed[*i] != changed[*i]).collect();
        if gain < MIN_GAIN_PROVEN || places.len() * 2 > changed.len() || !self.are_sensible(&changed, &places)
        {
            return None;
        }
        let small = places.iter().any(|i| known_words::is_small_word(self.typed[*i]));
        for context in CONTEXT_LENGTHS.into_iter().take(if small { 1 } else { CONTEXT_LENGTHS.len() }) {
            let (start, end) = (from.saturating_sub(context), (to + context).min(changed.len()));
            if end - start < MIN_PROOF_CHARS {
                break;
            }
            let [corrected_count, typed] =
                self.phrase_counts([&changed[start..end], &self.typed[start..end]]);
            if corrected_count > 0.0 {
                return (corrected_count >= MIN_FREQUENCY_RATIO * typed)
                    .then(|| self.lower_if_words(&places, CONFIDENCE_PROVEN));
            }
        }
        (self.evidence.is_none() && gain >= MIN_GAIN_UNPROVEN && self.plausible(&changed, from, to))
            .then(|| 0.9 - 0.4 * MIN_GAIN_UNPROVEN / gain)
    }

    /// Counts of two phrases in the collection, as far as they are known.
    fn phrase_counts(&self, phrases: [&[Unit]; 2]) -> [f32; 2] {
        let Some(count) = self.evidence else {
            return phrases.map(|units| self.vocabulary.phrases().occurrences(units) as f32);
        };
        let [a, b] = phrases.map(|units| units.iter().map(|u| char_from_unit(*u)).collect::<String>());
        let counts = count(&[&a, &b]);
        [0, 1].map(|i| counts.get(i).map_or(0.0, |count| *count as f32))
    }

    /// Gain in likelihood of the changed text less the cost of the changes, in bits.
    fn gain(&self, changed: &[Unit], from: usize, to: usize) -> f32 {
        let end = (to + 2).min(changed.len());
        let changes = (from..to).map(|i| (self.typed[i], changed[i])).filter(|(typed, meant)| typed != meant);
        let cost = confusion::joint_confusion_cost(changes).unwrap_or(f32::MAX);
        let characters = self.vocabulary.characters();
        likelihood(characters, changed, from, end) - likelihood(characters, self.typed, from, end) - cost
    }

    /// Checks if all triples around the change are frequent, and none of those typed occurs.
    fn plausible(&self, changed: &[Unit], from: usize, to: usize) -> bool {
        let characters = self.vocabulary.characters();
        let seen = |units: &[Unit], i: usize| characters.count_limit(&units[i..i + 3]);
        let last = (to + 2).min(changed.len());
        // At the end of the text there is more context before the change.
        let first = from.saturating_sub(2).min(last.saturating_sub(4));
        let last = last.max(changed.len().min(first + 4));
        let wanted = match last - first {
            ..4 => return false,
            4 => MIN_COUNT_SHORT,
            _ => MIN_COUNT_UNPROVEN,
        };
        let untouched = |i: usize| i >= to || i + 3 <= from;
        changed[first..last].iter().all(|u| is_han(*u))
            && (first..=last - 3)
                .all(|i| seen(changed, i) >= wanted && (untouched(i) || seen(self.typed, i) == 0.0))
    }
}

fn likelihood(characters: &Characters, units: &[Unit], from: usize, to: usize) -> f32 {
    let unit = |i: Option<usize>| i.map_or(0, |i| units[i]);
    (from..to)
        .map(|i| characters.log_probability(unit(i.checked_sub(2)), unit(i.checked_sub(1)), units[i]))
        .sum()
}

/// Groups of changes that stand close together.
fn change_groups(typed: &[Unit], corrected: &[Unit]) -> Vec<(usize, usize)> {
    let mut groups: Vec<(usize, usize)> = Vec::new();
    for i in (0..typed.len()).filter(|i| typed[*i] != corrected[*i]) {
        match groups.last_mut() {
            Some((_, end)) if i - *end <= MAX_GAP => *end = i + 1,
            _ => groups.push((i, i + 1)),
        }
    }
    groups
}
