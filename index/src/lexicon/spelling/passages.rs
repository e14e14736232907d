//! Titles, issuers and terms that hold what was typed but for a few characters
//! that are easily confused, one that is missing or too many, or two that are
//! swapped: what people half remember is mostly a title.

use crate::lexicon::spelling::{confusion, sense};
use crate::lexicon::vocabulary::units::{END, Unit, is_han};
use crate::lexicon::vocabulary::{Axis, Characters, Entries, Span};

/// Cost of a character that is confused with nothing, but makes no sense where it stands.
const STRANGE: f32 = 14.0;
/// Cost of a character missing, too many, or swapped with the next.
const MISPLACED: f32 = 13.0;
/// Shortest typed text in which such mistakes are recognised by all the rest.
const MIN_AROUND: usize = 7;
/// Places looked at for one part of the typed text: a part that is in more is no help.
const MAX_PLACES: usize = 200;
/// Parts into which the typed text is cut; one of them must be right.
const PARTS: [usize; 3] = [2, 3, 4];
/// Units of the shortest part that is looked up.
const MIN_PART: usize = 2;
/// Passages kept.
const KEPT: usize = 3;

/// A passage that is nearly what was typed.
#[derive(Debug, Clone, PartialEq)]
pub struct Passage {
    /// Its characters.
    pub units: Vec<Unit>,
    /// What the differences cost, in bits.
    pub cost: f32,
}

/// What is compared.
struct Comparison<'a> {
    typed: &'a [Unit],
    most: usize,
    /// Characters that make no sense where they stand.
    strange: Vec<bool>,
    /// Characters between which something may be missing, too many or swapped.
    broken: Vec<bool>,
    /// Whether anything may be missing or too many at all.
    may_be_misplaced: bool,
}

/// The nearest passages, the nearest first, with at most `most` characters replaced.
pub fn nearest(entries: &Entries, characters: &Characters, typed: &[Unit], most: usize) -> Vec<Passage> {
    let long = typed.len() >= MIN_AROUND;
    let strange = |at| long && is_strange(characters, typed, at) && !sense::is_before_place_ending(typed, at);
    let broken = |at: usize| long && is_broken(characters, typed, at);
    let broken: Vec<bool> = (0..=typed.len()).map(broken).collect();
    let comparison = Comparison {
        may_be_misplaced: broken.contains(&true) || typed.windows(2).any(|pair| pair[0] == pair[1]),
        typed,
        most,
        strange: (0..typed.len()).map(strange).collect(),
        broken,
    };
    let mut found: Vec<Passage> = Vec::new();
    for (from, to) in PARTS.into_iter().flat_map(|parts| cut(typed.len(), parts)) {
        for place in places(entries, &typed[from..to]) {
            for passage in comparison.around(entries, place, from) {
                if !found.iter().any(|known| known.units == passage.units) {
                    found.push(passage);
                }
            }
        }
    }
    found.sort_by(|a, b| a.cost.total_cmp(&b.cost));
    found.truncate(KEPT);
    found
}

/// A length cut into parts, those that are long enough to be looked up.
fn cut(length: usize, parts: usize) -> impl Iterator<Item = (usize, usize)> {
    let bounds = move |part: usize| (length * part / parts, length * (part + 1) / parts);
    (0..parts).map(bounds).filter(|(from, to)| to - from >= MIN_PART)
}

fn places<'a>(entries: &'a Entries, part: &[Unit]) -> impl Iterator<Item = usize> + 'a {
    let spans: Vec<Span> = part.iter().map(|u| (*u, *u)).collect();
    let range = entries.range(Axis::Unit, false, &spans);
    let range = if range.len() > MAX_PLACES { 0..0 } else { range };
    entries.places(Axis::Unit, false, range)
}

impl Comparison<'_> {
    /// The passages around a place where the units of what was typed from `at` on stand.
    fn around(&self, entries: &Entries, place: usize, at: usize) -> impl Iterator<Item = Passage> {
        let slice = |before: usize, length: usize| {
            let units = entries.slice(place.checked_sub(before)?, length)?;
            (!units.contains(&END)).then_some(units)
        };
        let length = self.typed.len();
        let same = slice(at, length).and_then(|units| self.replaced(units).or_else(|| self.swapped(units)));
        // What is missing or too many may stand before the place or after it.
        let befores =
            if self.may_be_misplaced { [Some(at), Some(at + 1), at.checked_sub(1)] } else { [None; 3] };
        let longer = [befores[0], befores[1]].map(|b| slice(b?, length + 1).and_then(|u| self.missing(u)));
        let shorter = [befores[0], befores[2]].map(|b| slice(b?, length - 1).and_then(|u| self.extra(u)));
        same.into_iter().chain(longer.into_iter().flatten()).chain(shorter.into_iter().flatten())
    }

    fn replaced(&self, units: &[Unit]) -> Option<Passage> {
        let (mut cost, mut differences, mut strange) = (0.0, 0, 0);
        for (at, (typed, meant)) in self.typed.iter().zip(units).enumerate().filter(|(_, (a, b))| a != b) {
            differences += 1;
            if differences > self.most || !is_han(*typed) || !is_han(*meant) {
                return None;
            }
            cost += match confusion::cost(*typed, *meant) {
                Some(cost) => cost,
                None if self.strange[at] && strange == 0 => {
                    strange += 1;
                    STRANGE
                }
                None => return None,
            };
        }
        Some(Passage { units: units.to_vec(), cost })
    }

    fn swapped(&self, units: &[Unit]) -> Option<Passage> {
        let at = common_start(self.typed, units);
        let (typed, meant) = (self.typed.get(at..at + 2)?, units.get(at..at + 2)?);
        let crossed = typed[0] == meant[1] && typed[1] == meant[0] && typed.iter().all(|u| is_han(*u));
        (crossed && self.broken[at + 1] && self.typed[at + 2..] == units[at + 2..]).then(|| misplaced(units))
    }

    fn missing(&self, units: &[Unit]) -> Option<Passage> {
        let at = common_start(self.typed, units);
        (at > 0 && at < self.typed.len() && self.broken[at] && is_han(units[at]))
            .then(|| self.typed[at..] == units[at + 1..])?
            .then(|| misplaced(units))
    }

    fn extra(&self, units: &[Unit]) -> Option<Passage> {
        let at = common_start(self.typed, units);
        let extra = self.typed.get(at).filter(|u| is_han(**u) && at > 0)?;
        // The second of two equal characters is too many wherever it stands.
        let doubled = self.typed.get(at - 1) == Some(extra);
        (self.typed[at + 1..] == units[at..] && (doubled || self.broken[at] && self.broken[at + 1]))
            .then(|| misplaced(units))
    }
}

fn misplaced(units: &[Unit]) -> Passage {
    Passage { units: units.to_vec(), cost: MISPLACED }
}

fn common_start(a: &[Unit], b: &[Unit]) -> usize {
    a.iter().zip(b).take_while(|(x, y)| x == y).count()
}

/// Whether a character makes no sense beside either neighbour: the collection has neither pair.
fn is_strange(characters: &Characters, typed: &[Unit], at: usize) -> bool {
    let known = |from: Option<usize>| {
        from.and_then(|from| typed.get(from..from + 2)).is_some_and(|pair| characters.at_most(pair) > 0.0)
    };
    !known(at.checked_sub(1)) && !known(Some(at))
}

/// Whether the collection never goes on so from the characters before `at` to those after.
fn is_broken(characters: &Characters, typed: &[Unit], at: usize) -> bool {
    let seen = |from: Option<usize>| {
        from.and_then(|from| typed.get(from..from + 3)).is_some_and(|triple| characters.at_most(triple) > 0.0)
    };
    !seen(at.checked_sub(2)) && !seen(at.checked_sub(1))
}
