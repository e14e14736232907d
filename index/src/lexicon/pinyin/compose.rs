//! Composition of a text from words of the collection, for a text that the collection does not
//! contain as a whole: `gongzituoqian` from 工资 and 拖欠.

use crate::lexicon::pinyin::lookup::{MatchMode, find_positions};
use crate::lexicon::pinyin::pieces::Piece;
use crate::lexicon::vocabulary::Vocabulary;
use crate::lexicon::vocabulary::units::{Unit, is_han};

/// Most pieces of a composed text.
const MAX_PIECES: usize = 24;
/// Most pieces of one word.
const MAX_WORD_PIECES: usize = 6;
/// Most words tried for the same pieces.
const MAX_WORDS: usize = 12;
/// Prefixes followed at each piece.
const BEAM_WIDTH: usize = 24;
/// Cost of each word, in bits: fewer and longer words are more likely.
const WORD_COST: f32 = 2.0;
/// Additional cost of a word of one character.
const SINGLE_COST: f32 = 4.0;

/// A prefix of a composed text.
#[derive(Clone)]
struct Prefix {
    units: Vec<Unit>,
    score: f32,
}

/// Most likely text of words of the collection for the pieces.
pub fn compose(pieces: &[Piece], vocabulary: &Vocabulary) -> Option<Vec<Unit>> {
    if pieces.len() > MAX_PIECES {
        return None;
    }
    let mut prefixes: Vec<Vec<Prefix>> = vec![Vec::new(); pieces.len() + 1];
    prefixes[0].push(Prefix { units: Vec::new(), score: 0.0 });
    for from in 0..pieces.len() {
        let mut beam = std::mem::take(&mut prefixes[from]);
        beam.sort_by(|a, b| b.score.total_cmp(&a.score));
        beam.truncate(BEAM_WIDTH);
        if beam.is_empty() {
            continue;
        }
        for to in from + 1..=pieces.len().min(from + MAX_WORD_PIECES) {
            for word in words_for(&pieces[from..to], vocabulary) {
                prefixes[to].extend(beam.iter().map(|prefix| prefix.extended_by(&word, vocabulary)));
            }
        }
    }
    let best = prefixes.pop()?.into_iter().max_by(|a, b| a.score.total_cmp(&b.score))?;
    Some(best.units)
}

fn words_for(pieces: &[Piece], vocabulary: &Vocabulary) -> Vec<Vec<Unit>> {
    if let [Piece::Exact(unit)] = pieces {
        return vec![vec![*unit]];
    }
    let entries = vocabulary.words();
    let found = find_positions(entries, pieces, MatchMode::Whole).take(MAX_WORDS);
    found.map(|position| entries.units_from(position).to_vec()).collect()
}

impl Prefix {
    fn extended_by(&self, word: &[Unit], vocabulary: &Vocabulary) -> Self {
        let mut units = self.units.clone();
        let mut score = self.score - if word.len() == 1 { WORD_COST + SINGLE_COST } else { WORD_COST };
        for unit in word {
            let last = units.last().copied().unwrap_or(0);
            let before = units.len().checked_sub(2).map_or(0, |i| units[i]);
            score += vocabulary.characters().log_probability(before, last, *unit);
            units.push(*unit);
        }
        Self { units, score }
    }
}

/// Checks if a text can be divided into words of the collection of two and more characters: a
/// passage that begins or ends inside a word cannot.
pub fn is_made_of_words(units: &[Unit], vocabulary: &Vocabulary) -> bool {
    let mut reached = vec![false; units.len() + 1];
    reached[0] = true;
    for from in 0..units.len() {
        if !reached[from] {
            continue;
        }
        if !is_han(units[from]) {
            reached[from + 1] = true;
        }
        for to in from + 2..=units.len().min(from + MAX_WORD_PIECES) {
            reached[to] = reached[to] || vocabulary.words().find(&units[from..to]).is_some();
        }
    }
    reached[units.len()]
}
