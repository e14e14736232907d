//! Confusable characters: the same sound, a similar sound, a similar shape; each with a cost in
//! bits.

use std::sync::{LazyLock, OnceLock};

use rustc_hash::FxHashMap;

use crate::lexicon::pinyin::readings;
use crate::lexicon::pinyin::syllable;
use crate::lexicon::pinyin::syllable::SyllableId;
use crate::lexicon::vocabulary::Vocabulary;
use crate::lexicon::vocabulary::units::{Unit, is_han, unit_from_char};

/// Groups of characters that look alike; the head of the file describes its format.
const LOOKALIKES: &str = include_str!("../../../dictionary/lookalikes.tsv");

/// Cost of a character with the same sound.
pub const SAME_SOUND_COST: f32 = 8.0;
/// Cost of a character that looks alike.
const SAME_SHAPE_COST: f32 = 9.5;
/// Discount if both sound and shape are alike.
const BOTH_DISCOUNT: f32 = 1.5;
/// Additional cost of a sound that many speakers do not distinguish.
const MERGED_SOUND_COST: f32 = 2.0;
/// Additional cost of a typing mistake of one letter.
const SLIP_COST: f32 = 4.0;
/// Cost of each further character of a word mistyped as a whole.
pub const FURTHER_CHARACTER_COST: f32 = 2.5;
/// Most readings of a character that count: further ones are hardly known.
const MAX_READINGS: usize = 3;
/// Most candidates for one character.
const MAX_CANDIDATES: usize = 160;
/// Initials that many speakers do not distinguish.
const MERGED_INITIALS: [(&str, &str); 5] = [("zh", "z"), ("ch", "c"), ("sh", "s"), ("n", "l"), ("f", "h")];

static LOOKALIKES_OF: LazyLock<FxHashMap<Unit, Vec<Unit>>> = LazyLock::new(|| {
    let mut shapes: FxHashMap<Unit, Vec<Unit>> = FxHashMap::default();
    for line in LOOKALIKES.lines().filter(|l| !l.starts_with('#')) {
        let group: Vec<Unit> = line.chars().filter_map(unit_from_char).collect();
        for unit in &group {
            shapes.entry(*unit).or_default().extend(group.iter().filter(|other| *other != unit));
        }
    }
    shapes
});

/// Similar syllables of each syllable, with their additional costs.
static NEAR_SYLLABLES: LazyLock<Vec<Vec<(SyllableId, f32)>>> = LazyLock::new(|| {
    let all = 0..syllable::id_count() as SyllableId;
    let near = |a: SyllableId| all.clone().filter_map(move |b| Some((b, sound_distance(a, b)?))).collect();
    all.clone().map(near).collect()
});

/// Candidate characters with their costs.
type Candidates = Box<[(Unit, f32)]>;

/// Confusable characters of one collection.
pub struct Confusions {
    by_syllable: Vec<Vec<Unit>>,
    frequencies: Vec<u32>,
    /// Candidates of each character, computed on first use.
    cache: Vec<OnceLock<Candidates>>,
}

impl Confusions {
    /// Creates the table for the characters of a vocabulary.
    pub fn new(vocabulary: &Vocabulary) -> Self {
        let mut by_syllable = vec![Vec::new(); syllable::id_count()];
        let mut frequencies = vec![0; 1 << 16];
        for (unit, frequency) in vocabulary.characters().singles().filter(|(unit, _)| is_han(*unit)) {
            frequencies[usize::from(unit)] = frequency;
            for reading in first_readings(unit) {
                by_syllable[usize::from(*reading)].push(unit);
            }
        }
        Self { by_syllable, frequencies, cache: (0..1 << 16).map(|_| OnceLock::new()).collect() }
    }

    /// Characters that may have been meant by `typed`, with their costs.
    pub fn candidates(&self, typed: Unit) -> &[(Unit, f32)] {
        self.cache[usize::from(typed)].get_or_init(|| self.find_candidates(typed))
    }

    fn find_candidates(&self, typed: Unit) -> Candidates {
        let mut found: Vec<(Unit, f32)> = Vec::new();
        let shapes = LOOKALIKES_OF.get(&typed).map_or(&[][..], Vec::as_slice);
        for reading in first_readings(typed) {
            for (syllable, more) in &NEAR_SYLLABLES[usize::from(*reading)] {
                for meant in self.by_syllable[usize::from(*syllable)].iter().filter(|m| **m != typed) {
                    let saved = if shapes.contains(meant) { BOTH_DISCOUNT } else { 0.0 };
                    found.push((*meant, SAME_SOUND_COST + more - saved));
                }
            }
        }
        found.extend(
            shapes.iter().filter(|m| self.frequency(**m) > 0.0).map(|meant| (*meant, SAME_SHAPE_COST)),
        );
        found.sort_unstable_by(|a, b| a.0.cmp(&b.0).then(a.1.total_cmp(&b.1)));
        found.dedup_by_key(|(meant, _)| *meant);
        // Of very many candidates the rarest are hardly ever meant.
        let rank = |(meant, cost): &(Unit, f32)| cost - 0.7 * self.frequency(*meant).log2();
        found.sort_unstable_by(|a, b| rank(a).total_cmp(&rank(b)));
        found.truncate(MAX_CANDIDATES);
        found.into_boxed_slice()
    }

    fn frequency(&self, unit: Unit) -> f32 {
        self.frequencies[usize::from(unit)] as f32
    }
}

/// Cost of confusing several characters in one mistake.
pub fn joint_confusion_cost(changes: impl Iterator<Item = (Unit, Unit)>) -> Option<f32> {
    let (mut most, mut more) = (0.0_f32, -FURTHER_CHARACTER_COST);
    for (typed, meant) in changes {
        most = most.max(confusion_cost(typed, meant)?);
        more += FURTHER_CHARACTER_COST;
    }
    Some(most + more.max(0.0))
}

/// Cost of confusing one character with another; `None` if they are not confusable.
pub fn confusion_cost(typed: Unit, meant: Unit) -> Option<f32> {
    let alike = LOOKALIKES_OF.get(&typed).is_some_and(|shapes| shapes.contains(&meant));
    let heard =
        first_readings(typed).iter().flat_map(|a| first_readings(meant).iter().map(move |b| (*a, *b)));
    let near = heard.filter_map(|(a, b)| sound_distance(a, b)).min_by(f32::total_cmp);
    match (near, alike) {
        (Some(more), true) => Some((SAME_SOUND_COST + more - BOTH_DISCOUNT).min(SAME_SHAPE_COST)),
        (Some(more), false) => Some(SAME_SOUND_COST + more),
        (None, true) => Some(SAME_SHAPE_COST),
        (None, false) => None,
    }
}

/// First few readings of a character.
fn first_readings(unit: Unit) -> &'static [SyllableId] {
    static ALL: LazyLock<Vec<[SyllableId; MAX_READINGS]>> = LazyLock::new(|| {
        let first = |unit: Unit| {
            let mut kept = [0; MAX_READINGS];
            let read = if is_han(unit) { readings::all_readings(unit) } else { Vec::new() };
            kept.iter_mut().zip(read).for_each(|(slot, reading)| *slot = reading);
            kept
        };
        (0..=Unit::MAX).map(first).collect()
    });
    let readings = &ALL[usize::from(unit)];
    &readings[..readings.iter().position(|r| *r == 0).unwrap_or(MAX_READINGS)]
}

/// Additional cost of confusing two syllables; `None` if they are too different.
fn sound_distance(a: SyllableId, b: SyllableId) -> Option<f32> {
    if a == b {
        return Some(0.0);
    }
    let (left, right) = (syllable::letters_of_id(a), syllable::letters_of_id(b));
    let ((i, f), (j, g)) = (syllable::initial_and_final(left), syllable::initial_and_final(right));
    let merged = usize::from(i != j && merged_initials(i, j)) + usize::from(f != g && merged_finals(f, g));
    let different = usize::from(i != j) + usize::from(f != g);
    match merged {
        1 if different == 1 => Some(MERGED_SOUND_COST),
        2 => Some(1.5 * MERGED_SOUND_COST),
        // Another first letter is another sound, not a typing mistake.
        _ => (left.as_bytes().first() == right.as_bytes().first() && one_letter_apart(left, right))
            .then_some(SLIP_COST),
    }
}

fn merged_initials(i: &str, j: &str) -> bool {
    MERGED_INITIALS.iter().any(|pair| *pair == (i, j) || *pair == (j, i))
}

/// Checks for `an` and `ang`, `en` and `eng`, `in` and `ing`, also after `i` and `u`.
fn merged_finals(f: &str, g: &str) -> bool {
    f.strip_suffix('g') == Some(g) && g.ends_with('n') || g.strip_suffix('g') == Some(f) && f.ends_with('n')
}

/// Checks if one letter was left out, added or replaced.
fn one_letter_apart(a: &str, b: &str) -> bool {
    let (short, long) = if a.len() <= b.len() { (a, b) } else { (b, a) };
    let same_start = short.bytes().zip(long.bytes()).take_while(|(x, y)| x == y).count();
    let rest = &long.as_bytes()[same_start + usize::from(same_start < long.len())..];
    match long.len() - short.len() {
        0 => rest == &short.as_bytes()[(same_start + 1).min(short.len())..],
        1 => rest == &short.as_bytes()[same_start..],
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(letters: &str) -> SyllableId {
        syllable::id_from_letters(letters).unwrap()
    }

    #[test]
    fn sound_distance_of_similar_syllables_is_their_cost() {
        for (a, b, expected) in [
            ("zhi", "zi", Some(MERGED_SOUND_COST)),
            ("shang", "san", Some(1.5 * MERGED_SOUND_COST)),
            ("nin", "ling", Some(1.5 * MERGED_SOUND_COST)),
            ("jing", "jin", Some(MERGED_SOUND_COST)),
            ("guang", "guan", Some(MERGED_SOUND_COST)),
            ("ye", "ya", Some(SLIP_COST)),
            ("lian", "lan", Some(SLIP_COST)),
            ("bu", "bu", Some(0.0)),
            ("gong", "kai", None),
            ("jing", "ming", None),
            ("zheng", "wu", None),
        ] {
            assert_eq!(sound_distance(id(a), id(b)), expected, "{a} {b}");
            assert_eq!(sound_distance(id(b), id(a)), expected, "{b} {a}");
        }
    }

    #[test]
    fn every_group_of_lookalikes_has_distinct_characters() {
        for line in LOOKALIKES.lines().filter(|l| !l.starts_with('#')) {
            let group: Vec<char> = line.chars().collect();
            let distinct: std::collections::HashSet<_> = group.iter().collect();
            assert!(group.len() > 1 && distinct.len() == group.len(), "{line}");
            assert!(group.iter().all(|c| unit_from_char(*c).is_some_and(is_han)), "{line}");
        }
    }
}
