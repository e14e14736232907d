//! Passages of titles, issuers and terms that match the typed text except for a few characters
//! that are easily confused, one missing or extra character, or two swapped ones: people mostly
//! half remember a title.

use crate::lexicon::spelling::{confusion, known_words};
use crate::lexicon::vocabulary::units::{END, Unit, is_han};
use crate::lexicon::vocabulary::{Axis, Characters, Entries, Span};

/// Cost of a character that is confused with no other, but makes no sense in its context.
const STRANGE_COST: f32 = 14.0;
/// Cost of a missing or extra character, or one swapped with the next.
const MISPLACED_COST: f32 = 13.0;
/// Shortest typed text in which such mistakes are recognised by the rest of it.
const MIN_LENGTH_FOR_MISPLACED: usize = 7;
/// Most positions read for one part of the typed text: a part that has more is no help.
const MAX_POSITIONS: usize = 200;
/// Numbers of parts into which the typed text is cut; one part must be right.
const PART_COUNTS: [usize; 3] = [2, 3, 4];
/// Shortest part that is looked up, in units.
const MIN_PART_UNITS: usize = 2;
/// Most passages returned.
const MAX_PASSAGES: usize = 3;

/// A passage that is similar to the typed text.
#[derive(Debug, Clone, PartialEq)]
pub struct Passage {
    /// Units of the passage.
    pub units: Vec<Unit>,
    /// Cost of the differences, in bits.
    pub cost: f32,
}

/// Comparison of the typed text with passages.
struct Comparison<'a> {
    typed: &'a [Unit],
    max_replaced: usize,
    /// True for characters that make no sense in their context.
    strange: Vec<bool>,
    /// True for gaps at which a character may be missing, extra or swapped.
    broken: Vec<bool>,
    /// True if any character may be missing or extra at all.
    may_be_misplaced: bool,
}

/// Nearest passages, the nearest first, with at most `max_replaced` characters replaced.
pub fn nearest_passages(
    entries: &Entries,
    characters: &Characters,
    typed: &[Unit],
    max_replaced: usize,
) -> Vec<Passage> {
    let long = typed.len() >= MIN_LENGTH_FOR_MISPLACED;
    let strange =
        |i| long && is_strange(characters, typed, i) && !known_words::is_before_place_ending(typed, i);
    let broken = |i: usize| long && is_broken(characters, typed, i);
    let broken: Vec<bool> = (0..=typed.len()).map(broken).collect();
    let comparison = Comparison {
        may_be_misplaced: broken.contains(&true) || typed.windows(2).any(|pair| pair[0] == pair[1]),
        typed,
        max_replaced,
        strange: (0..typed.len()).map(strange).collect(),
        broken,
    };
    let mut found: Vec<Passage> = Vec::new();
    for (from, to) in PART_COUNTS.into_iter().flat_map(|parts| cut_into_parts(typed.len(), parts)) {
        for position in positions_of_part(entries, &typed[from..to]) {
            for passage in comparison.passages_around(entries, position, from) {
                if !found.iter().any(|known| known.units == passage.units) {
                    found.push(passage);
                }
            }
        }
    }
    found.sort_by(|a, b| a.cost.total_cmp(&b.cost));
    found.truncate(MAX_PASSAGES);
    found
}

/// Cuts a length into parts and returns those that are long enough to be looked up.
fn cut_into_parts(length: usize, parts: usize) -> impl Iterator<Item = (usize, usize)> {
    let bounds = move |part: usize| (length * part / parts, length * (part + 1) / parts);
    (0..parts).map(bounds).filter(|(from, to)| to - from >= MIN_PART_UNITS)
}

fn positions_of_part<'a>(entries: &'a Entries, part: &[Unit]) -> impl Iterator<Item = usize> + 'a {
    let spans: Vec<Span> = part.iter().map(|u| (*u, *u)).collect();
    let range = entries.range(Axis::Unit, false, &spans);
    let range = if range.len() > MAX_POSITIONS { 0..0 } else { range };
    entries.positions(Axis::Unit, false, range)
}

impl Comparison<'_> {
    /// Similar passages around a position that matches the typed units from index `i` on.
    fn passages_around(&self, entries: &Entries, position: usize, i: usize) -> impl Iterator<Item = Passage> {
        let slice = |before: usize, length: usize| {
            let units = entries.slice(position.checked_sub(before)?, length)?;
            (!units.contains(&END)).then_some(units)
        };
        let length = self.typed.len();
        let same = slice(i, length)
            .and_then(|units| self.compare_replaced(units).or_else(|| self.compare_swapped(units)));
        // The missing or extra character may stand before the position or after it.
        let befores =
            if self.may_be_misplaced { [Some(i), Some(i + 1), i.checked_sub(1)] } else { [None; 3] };
        let longer =
            [befores[0], befores[1]].map(|b| slice(b?, length + 1).and_then(|u| self.compare_missing(u)));
        let shorter =
            [befores[0], befores[2]].map(|b| slice(b?, length - 1).and_then(|u| self.compare_extra(u)));
        same.into_iter().chain(longer.into_iter().flatten()).chain(shorter.into_iter().flatten())
    }

    fn compare_replaced(&self, units: &[Unit]) -> Option<Passage> {
        let (mut cost, mut differences, mut strange) = (0.0, 0, 0);
        for (i, (typed, meant)) in self.typed.iter().zip(units).enumerate().filter(|(_, (a, b))| a != b) {
            differences += 1;
            if differences > self.max_replaced || !is_han(*typed) || !is_han(*meant) {
                return None;
            }
            cost += match confusion::confusion_cost(*typed, *meant) {
                Some(cost) => cost,
                None if self.strange[i] && strange == 0 => {
                    strange += 1;
                    STRANGE_COST
                }
                None => return None,
            };
        }
        Some(Passage { units: units.to_vec(), cost })
    }

    fn compare_swapped(&self, units: &[Unit]) -> Option<Passage> {
        let i = common_start(self.typed, units);
        let (typed, meant) = (self.typed.get(i..i + 2)?, units.get(i..i + 2)?);
        let crossed = typed[0] == meant[1] && typed[1] == meant[0] && typed.iter().all(|u| is_han(*u));
        (crossed && self.broken[i + 1] && self.typed[i + 2..] == units[i + 2..]).then(|| misplaced(units))
    }

    fn compare_missing(&self, units: &[Unit]) -> Option<Passage> {
        let i = common_start(self.typed, units);
        (i > 0 && i < self.typed.len() && self.broken[i] && is_han(units[i]))
            .then(|| self.typed[i..] == units[i + 1..])?
            .then(|| misplaced(units))
    }

    fn compare_extra(&self, units: &[Unit]) -> Option<Passage> {
        let i = common_start(self.typed, units);
        let extra = self.typed.get(i).filter(|u| is_han(**u) && i > 0)?;
        // The second of two equal characters is extra wherever it stands.
        let doubled = self.typed.get(i - 1) == Some(extra);
        (self.typed[i + 1..] == units[i..] && (doubled || self.broken[i] && self.broken[i + 1]))
            .then(|| misplaced(units))
    }
}

fn misplaced(units: &[Unit]) -> Passage {
    Passage { units: units.to_vec(), cost: MISPLACED_COST }
}

fn common_start(a: &[Unit], b: &[Unit]) -> usize {
    a.iter().zip(b).take_while(|(x, y)| x == y).count()
}

/// Checks if a character makes no sense beside either neighbour: the collection has neither pair.
fn is_strange(characters: &Characters, typed: &[Unit], i: usize) -> bool {
    let known = |from: Option<usize>| {
        from.and_then(|from| typed.get(from..from + 2)).is_some_and(|pair| characters.count_limit(pair) > 0.0)
    };
    !known(i.checked_sub(1)) && !known(Some(i))
}

/// Checks if the collection has no triple across the gap before index `i`.
fn is_broken(characters: &Characters, typed: &[Unit], i: usize) -> bool {
    let seen = |from: Option<usize>| {
        from.and_then(|from| typed.get(from..from + 3))
            .is_some_and(|triple| characters.count_limit(triple) > 0.0)
    };
    !seen(i.checked_sub(2)) && !seen(i.checked_sub(1))
}
