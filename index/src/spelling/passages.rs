//! Titles, issuers and terms that hold what was typed but for a few characters
//! that are easily confused: what people half remember is mostly a title.

use super::confusion;
use crate::vocabulary::units::{END, Unit, is_han};
use crate::vocabulary::{Axis, Characters, Entries, Span};

/// Cost of a character that is confused with nothing, but makes no sense where it stands.
const STRANGE: f32 = 14.0;
/// Shortest typed text in which such a character is recognised by all the rest.
const MIN_AROUND_STRANGE: usize = 7;

/// Places looked at for one part of the typed text: a part that is in more is no help.
const MAX_PLACES: usize = 400;
/// Parts of the typed text one of which must be right.
const PARTS: [usize; 4] = [1, 2, 3, 4];
/// Units of the shortest part that is looked up.
const MIN_PART: usize = 2;

/// A passage that is nearly what was typed.
#[derive(Debug, Clone, PartialEq)]
pub struct Passage {
    /// Its characters, as many as were typed.
    pub units: Vec<Unit>,
    /// What the differences cost, in bits.
    pub cost: f32,
    /// How many characters differ.
    pub differences: usize,
}

/// The nearest passage with at most `most` differences: confusions, or characters
/// that make no sense where they were typed.
pub fn nearest(entries: &Entries, characters: &Characters, typed: &[Unit], most: usize) -> Option<Passage> {
    let strange: Vec<bool> = (0..typed.len()).map(|at| is_strange(characters, typed, at)).collect();
    let mut best: Option<Passage> = None;
    for parts in PARTS {
        for part in 0..parts {
            let (from, to) = (typed.len() * part / parts, typed.len() * (part + 1) / parts);
            if to - from < MIN_PART {
                continue;
            }
            for place in places(entries, &typed[from..to]) {
                let found = compare(entries, place, from, typed, most, &strange);
                best = match (best, found) {
                    (Some(a), Some(b)) if b.cost < a.cost => Some(b),
                    (a, b) => a.or(b),
                };
            }
        }
    }
    best
}

fn places<'a>(entries: &'a Entries, part: &[Unit]) -> impl Iterator<Item = usize> + 'a {
    let spans: Vec<Span> = part.iter().map(|u| (*u, *u)).collect();
    let range = entries.range(Axis::Unit, false, &spans);
    let range = if range.len() > MAX_PLACES { 0..0 } else { range };
    entries.places(Axis::Unit, false, range)
}

/// The passage around a place where the units of `typed` from `at` on stand.
fn compare(
    entries: &Entries,
    place: usize,
    at: usize,
    typed: &[Unit],
    most: usize,
    strange: &[bool],
) -> Option<Passage> {
    let start = place.checked_sub(at)?;
    let units = entries.slice(start, typed.len())?;
    let mut passage = Passage { units: Vec::new(), cost: 0.0, differences: 0 };
    for (at, (typed, meant)) in typed.iter().zip(units).enumerate().filter(|(_, (a, b))| a != b) {
        passage.differences += 1;
        if passage.differences > most || *meant == END || !is_han(*typed) || !is_han(*meant) {
            return None;
        }
        passage.cost += confusion::cost(*typed, *meant).or(strange[at].then_some(STRANGE))?;
    }
    passage.units = units.to_vec();
    Some(passage)
}

/// Whether a character makes no sense beside either neighbour: the collection has neither pair.
fn is_strange(characters: &Characters, typed: &[Unit], at: usize) -> bool {
    let unknown = |a: Option<&Unit>, b: Option<&Unit>| match (a, b) {
        (Some(a), Some(b)) => characters.pair(*a, *b) == 0.0,
        _ => true,
    };
    let before = at.checked_sub(1).and_then(|b| typed.get(b));
    typed.len() >= MIN_AROUND_STRANGE
        && unknown(before, typed.get(at))
        && unknown(typed.get(at), typed.get(at + 1))
}
