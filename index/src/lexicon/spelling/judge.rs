//! Decides which changes are offered. A wrong correction is worse than none: each
//! group of changes must lead from what the collection does not say to what it says.

use crate::lexicon::spelling::sense::Knowledge;
use crate::lexicon::spelling::{Evidence, confusion, sense};
use crate::lexicon::vocabulary::units::{Unit, char_of, is_han};
use crate::lexicon::vocabulary::{Characters, Vocabulary};

/// Changes with at most this many unchanged characters between them are judged together.
const TOGETHER: usize = 1;
/// Most groups of changes in one text: more than that is another text.
const MAX_GROUPS: usize = 5;
/// Unchanged characters on each side that are looked up with a change, the most first.
const CONTEXTS: [usize; 3] = [4, 3, 2];
/// Characters of the shortest phrase that proves anything.
const MIN_PROOF: usize = 4;
/// How much more frequent the corrected phrase must be than the typed one.
const OUTWEIGHS: f32 = 50.0;
/// Gain in bits that a change needs when the phrase is proven.
const GAIN_PROVEN: f32 = 4.0;
/// Gain in bits that a change needs when only the characters around it speak for it.
const GAIN_UNPROVEN: f32 = 14.0;
/// How often every three characters must have been seen together when nothing else speaks for a change.
const SEEN_UNPROVEN: f32 = 3.0;

/// The same where there are only four characters to go by.
const SEEN_SHORT: f32 = 20.0;
/// How sure a proven change is.
const SURE: f32 = 0.95;
/// How sure a character missing, too many or swapped is.
const LIKELY: f32 = 0.8;
/// How sure two characters are.
const UNSURE: f32 = 0.5;
/// Records in which a word must stand to be offered for one as short.
const SHORT_RECORDS: f32 = 5.0;
/// Records from which a typed word counts as one that may be meant.
const KNOWN_WORD: f32 = 2.0;
/// What is left of the confidence when what was typed is a word of the collection too.
const WHEN_WORDS: f32 = 0.6;

/// What is judged, and by what.
pub struct Judge<'a> {
    /// The collection.
    pub vocabulary: &'a Vocabulary,
    /// Exact frequency of phrases, if the caller can tell.
    pub evidence: Option<Evidence<'a>>,
    /// What is known besides.
    pub knowledge: &'a Knowledge,
    /// What was typed.
    pub typed: &'a [Unit],
}

impl Judge<'_> {
    /// How sure it is that a passage which differs little is what was meant; none if it is not to be offered.
    pub fn of_passage(&self, meant: &[Unit]) -> Option<f32> {
        if meant.len() != self.typed.len() {
            return self.of_misplaced(meant);
        }
        let changed: Vec<usize> = (0..meant.len()).filter(|i| self.typed[*i] != meant[*i]).collect();
        // In a very short text the changes must at least stand together, as one mistyped word.
        let scattered = changed.last()? - changed.first()? >= changed.len();
        if changed.len() * 3 > meant.len() && (scattered || changed.len() * 2 > meant.len()) {
            return None;
        }
        // A text from its beginning to its end needs no whole words to prove that it is whole.
        let whole = self.vocabulary.phrases().find(meant).is_some()
            && !changed.iter().any(|at| sense::is_fixed(self.typed, *at, self.vocabulary, self.knowledge));
        (whole || self.are_sensible(meant, &changed)).then(|| self.less_when_words(&changed, SURE))
    }

    /// The same for a passage that is longer or shorter by one character.
    fn of_misplaced(&self, meant: &[Unit]) -> Option<f32> {
        let at = meant.iter().zip(self.typed).take_while(|(a, b)| a == b).count().checked_sub(1)?;
        let fixed =
            [at, at + 1].iter().any(|i| sense::is_fixed(self.typed, *i, self.vocabulary, self.knowledge));
        (!fixed && sense::word_around(meant, at + 1, self.vocabulary) > 0.0).then_some(LIKELY)
    }

    /// How sure it is that a text of two or three characters is another one; none if it is not to be offered.
    pub fn of_short(&self, meant: &[Unit], cost: f32) -> Option<f32> {
        let at = (0..meant.len()).find(|i| self.typed[*i] != meant[*i])?;
        let said = self.vocabulary.characters().at_most(meant);
        let records = self.vocabulary.words().find(meant).map_or(0.0, |w| self.vocabulary.words().weight(w));
        let known = self.knowledge.has_word_around(self.typed, at)
            || self.vocabulary.characters().at_most(self.typed) > 0.0;
        if known || sense::is_fixed(self.typed, at, self.vocabulary, self.knowledge) {
            return None;
        }
        match meant.len() {
            // So little is right only if it is a word, and sounds as what was typed.
            2 => {
                (self.knowledge.has_dictionary() && records >= SHORT_RECORDS && cost <= confusion::SAME_SOUND)
                    .then_some(UNSURE)
            }
            3 => (records >= SHORT_RECORDS || said >= SEEN_SHORT).then_some(LIKELY),
            _ => None,
        }
    }

    /// Whether each changed character belongs to a whole word, or stands well inside the text,
    /// and none of what was typed is meant as it is.
    fn are_sensible(&self, meant: &[Unit], changed: &[usize]) -> bool {
        changed.iter().all(|&at| {
            let inside = at >= 2 && at + 2 < meant.len();
            !sense::is_fixed(self.typed, at, self.vocabulary, self.knowledge)
                && (inside || sense::word_around(meant, at, self.vocabulary) > 0.0)
        })
    }

    /// What was typed may be a word as well: then nobody can be sure.
    fn less_when_words(&self, changed: &[usize], confidence: f32) -> f32 {
        let word = |at: &usize| {
            sense::word_around(self.typed, *at, self.vocabulary) >= KNOWN_WORD
                || self.knowledge.has_word_around(self.typed, *at)
        };
        if changed.iter().all(word) { confidence * WHEN_WORDS } else { confidence }
    }

    /// Takes back every group of changes that is not good enough; the rest, with how sure it is.
    pub fn accepted(&self, corrected: &[Unit]) -> Option<(Vec<Unit>, f32)> {
        let mut result = self.typed.to_vec();
        let mut sure: Option<f32> = None;
        let groups = groups(self.typed, corrected);
        if groups.len() > MAX_GROUPS {
            return None;
        }
        for (from, to) in groups {
            if let Some(confidence) = self.confidence(corrected, from, to) {
                result[from..to].copy_from_slice(&corrected[from..to]);
                sure = Some(sure.map_or(confidence, |s| s.min(confidence)));
            }
        }
        sure.map(|sure| (result, sure))
    }

    /// How sure a group of changes is; none if it is not to be offered.
    fn confidence(&self, corrected: &[Unit], from: usize, to: usize) -> Option<f32> {
        let mut changed = self.typed.to_vec();
        changed[from..to].copy_from_slice(&corrected[from..to]);
        let gain = self.gain(&changed, from, to);
        let places: Vec<usize> = (from..to).filter(|i| self.typed[*i] != changed[*i]).collect();
        if gain < GAIN_PROVEN || places.len() * 2 > changed.len() || !self.are_sensible(&changed, &places) {
            return None;
        }
        let small = places.iter().any(|at| sense::is_small_word(self.typed[*at]));
        for context in CONTEXTS.into_iter().take(if small { 1 } else { CONTEXTS.len() }) {
            let (start, end) = (from.saturating_sub(context), (to + context).min(changed.len()));
            if end - start < MIN_PROOF {
                break;
            }
            let [said, typed] = self.frequencies([&changed[start..end], &self.typed[start..end]]);
            if said > 0.0 {
                return (said >= OUTWEIGHS * typed).then(|| self.less_when_words(&places, SURE));
            }
        }
        (self.evidence.is_none() && gain >= GAIN_UNPROVEN && self.plausible(&changed, from, to))
            .then(|| 0.9 - 0.4 * GAIN_UNPROVEN / gain)
    }

    /// Counts how often the collection has two phrases, as far as is known.
    fn frequencies(&self, phrases: [&[Unit]; 2]) -> [f32; 2] {
        let Some(count) = self.evidence else {
            return phrases.map(|units| self.vocabulary.phrases().occurrences(units) as f32);
        };
        let [a, b] = phrases.map(|units| units.iter().map(|u| char_of(*u)).collect::<String>());
        let counts = count(&[&a, &b]);
        [0, 1].map(|at| counts.get(at).map_or(0.0, |count| *count as f32))
    }

    /// By how many bits the changed text is likelier, after the cost of the changes.
    fn gain(&self, changed: &[Unit], from: usize, to: usize) -> f32 {
        let end = (to + 2).min(changed.len());
        let changes = (from..to).map(|i| (self.typed[i], changed[i])).filter(|(typed, meant)| typed != meant);
        let cost = confusion::cost_together(changes).unwrap_or(f32::MAX);
        let characters = self.vocabulary.characters();
        likelihood(characters, changed, from, end) - likelihood(characters, self.typed, from, end) - cost
    }

    /// Whether all that is around the change is well known, and nothing of what was typed is.
    fn plausible(&self, changed: &[Unit], from: usize, to: usize) -> bool {
        let characters = self.vocabulary.characters();
        let seen = |units: &[Unit], i: usize| characters.at_most(&units[i..i + 3]);
        let last = (to + 2).min(changed.len());
        // At the end of the text there is more to go by before the change.
        let first = from.saturating_sub(2).min(last.saturating_sub(4));
        let last = last.max(changed.len().min(first + 4));
        let wanted = match last - first {
            ..4 => return false,
            4 => SEEN_SHORT,
            _ => SEEN_UNPROVEN,
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

/// Stretches of changes that stand close together.
fn groups(typed: &[Unit], corrected: &[Unit]) -> Vec<(usize, usize)> {
    let mut groups: Vec<(usize, usize)> = Vec::new();
    for at in (0..typed.len()).filter(|i| typed[*i] != corrected[*i]) {
        match groups.last_mut() {
            Some((_, end)) if at - *end <= TOGETHER => *end = at + 1,
            _ => groups.push((at, at + 1)),
        }
    }
    groups
}
