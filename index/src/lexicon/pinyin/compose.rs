//! Puts a text together from words of the collection when nobody is known to
//! have written it as a whole: `gongzituoqian` from 工资 and 拖欠.

use crate::lexicon::pinyin::lookup::{Where, places};
use crate::lexicon::pinyin::typed::Piece;
use crate::lexicon::vocabulary::Vocabulary;
use crate::lexicon::vocabulary::units::{Unit, is_han};

/// Pieces of the longest text that is put together.
const MAX_PIECES: usize = 24;
/// Pieces of the longest word that is tried.
const MAX_WORD: usize = 6;
/// Words tried for the same pieces.
const WORDS: usize = 12;
/// Beginnings followed up at each piece.
const BEAM: usize = 24;
/// What each word costs, in bits: fewer and longer words are likelier meant.
const WORD_COST: f32 = 2.0;
/// What a word of one character costs besides.
const SINGLE_COST: f32 = 4.0;

/// The beginning of a text.
#[derive(Clone)]
struct Beginning {
    units: Vec<Unit>,
    score: f32,
}

/// The likeliest text of the collection's words for these pieces.
pub fn compose(pieces: &[Piece], vocabulary: &Vocabulary) -> Option<Vec<Unit>> {
    if pieces.len() > MAX_PIECES {
        return None;
    }
    let mut at: Vec<Vec<Beginning>> = vec![Vec::new(); pieces.len() + 1];
    at[0].push(Beginning { units: Vec::new(), score: 0.0 });
    for from in 0..pieces.len() {
        let mut here = std::mem::take(&mut at[from]);
        here.sort_by(|a, b| b.score.total_cmp(&a.score));
        here.truncate(BEAM);
        if here.is_empty() {
            continue;
        }
        for to in from + 1..=pieces.len().min(from + MAX_WORD) {
            for word in words(&pieces[from..to], vocabulary) {
                at[to].extend(here.iter().map(|beginning| beginning.followed_by(&word, vocabulary)));
            }
        }
    }
    let best = at.pop()?.into_iter().max_by(|a, b| a.score.total_cmp(&b.score))?;
    Some(best.units)
}

fn words(pieces: &[Piece], vocabulary: &Vocabulary) -> Vec<Vec<Unit>> {
    if let [Piece::Exact(unit)] = pieces {
        return vec![vec![*unit]];
    }
    let entries = vocabulary.words();
    let found = places(entries, pieces, Where::Whole).take(WORDS);
    found.map(|place| entries.units_from(place).to_vec()).collect()
}

impl Beginning {
    fn followed_by(&self, word: &[Unit], vocabulary: &Vocabulary) -> Self {
        let mut units = self.units.clone();
        let mut score = self.score - if word.len() == 1 { WORD_COST + SINGLE_COST } else { WORD_COST };
        for unit in word {
            let last = units.last().copied().unwrap_or(0);
            let before = units.len().checked_sub(2).map_or(0, |at| units[at]);
            score += vocabulary.characters().log_probability(before, last, *unit);
            units.push(*unit);
        }
        Self { units, score }
    }
}

/// Whether a text can be divided into words of two and more characters of the
/// collection: a passage that begins or ends inside a word cannot.
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
        for to in from + 2..=units.len().min(from + MAX_WORD) {
            reached[to] = reached[to] || vocabulary.words().find(&units[from..to]).is_some();
        }
    }
    reached[units.len()]
}
