//! Which character may have been typed for which: the same sound, a similar
//! sound, a similar shape; each with a cost in bits.

use std::sync::{LazyLock, OnceLock};

use rustc_hash::FxHashMap;

use crate::lexicon::pinyin::readings;
use crate::lexicon::pinyin::syllable;
use crate::lexicon::pinyin::syllable::SyllableId;
use crate::lexicon::vocabulary::Vocabulary;
use crate::lexicon::vocabulary::units::{Unit, is_han, unit_of};

/// Groups of characters that look alike, see the file's head.
const LOOKALIKES: &str = include_str!("../../../dictionary/lookalikes.tsv");

/// Cost of a character with the same sound.
pub const SAME_SOUND: f32 = 8.0;
/// Cost of a character that looks alike.
const SAME_SHAPE: f32 = 9.5;
/// What is saved when both sound and shape are alike.
const BOTH: f32 = 1.5;
/// Cost on top for a sound that many speakers do not tell apart.
const MERGED: f32 = 2.0;
/// Cost on top for a slip of one letter.
const SLIP: f32 = 4.0;
/// Cost of each further character of a word that was mistyped as a whole.
pub const ANOTHER: f32 = 2.5;
/// Readings of a character that count: the further ones are hardly known.
const READINGS: usize = 3;
/// Characters that are tried for one.
const MOST: usize = 160;
/// Initials that many speakers do not tell apart.
const MERGED_INITIALS: [(&str, &str); 5] = [("zh", "z"), ("ch", "c"), ("sh", "s"), ("n", "l"), ("f", "h")];

static SHAPES: LazyLock<FxHashMap<Unit, Vec<Unit>>> = LazyLock::new(|| {
    let mut shapes: FxHashMap<Unit, Vec<Unit>> = FxHashMap::default();
    for line in LOOKALIKES.lines().filter(|l| !l.starts_with('#')) {
        let group: Vec<Unit> = line.chars().filter_map(unit_of).collect();
        for unit in &group {
            shapes.entry(*unit).or_default().extend(group.iter().filter(|other| *other != unit));
        }
    }
    shapes
});

/// The syllables near each syllable, with what they cost on top.
static NEAR: LazyLock<Vec<Vec<(SyllableId, f32)>>> = LazyLock::new(|| {
    let all = 0..syllable::count() as SyllableId;
    let near = |a: SyllableId| all.clone().filter_map(move |b| Some((b, distance(a, b)?))).collect();
    all.clone().map(near).collect()
});

/// Characters with what it costs to take another for them.
type Choices = Box<[(Unit, f32)]>;

/// Confusable characters among those of one collection.
pub struct Confusions {
    by_syllable: Vec<Vec<Unit>>,
    frequencies: Vec<u32>,
    /// What each character may have been meant for, found when it is first asked for.
    known: Vec<OnceLock<Choices>>,
}

impl Confusions {
    /// Of the characters of a vocabulary.
    pub fn new(vocabulary: &Vocabulary) -> Self {
        let mut by_syllable = vec![Vec::new(); syllable::count()];
        let mut frequencies = vec![0; 1 << 16];
        for (unit, frequency) in vocabulary.characters().singles().filter(|(unit, _)| is_han(*unit)) {
            frequencies[usize::from(unit)] = frequency;
            for reading in known_readings(unit) {
                by_syllable[usize::from(*reading)].push(unit);
            }
        }
        Self { by_syllable, frequencies, known: (0..1 << 16).map(|_| OnceLock::new()).collect() }
    }

    /// The characters that may have been meant by `typed`, with what that costs.
    pub fn of(&self, typed: Unit) -> &[(Unit, f32)] {
        self.known[usize::from(typed)].get_or_init(|| self.find(typed))
    }

    fn find(&self, typed: Unit) -> Choices {
        let mut found: Vec<(Unit, f32)> = Vec::new();
        let shapes = SHAPES.get(&typed).map_or(&[][..], Vec::as_slice);
        for reading in known_readings(typed) {
            for (syllable, more) in &NEAR[usize::from(*reading)] {
                for meant in self.by_syllable[usize::from(*syllable)].iter().filter(|m| **m != typed) {
                    let saved = if shapes.contains(meant) { BOTH } else { 0.0 };
                    found.push((*meant, SAME_SOUND + more - saved));
                }
            }
        }
        found.extend(shapes.iter().filter(|m| self.frequency(**m) > 0.0).map(|meant| (*meant, SAME_SHAPE)));
        found.sort_unstable_by(|a, b| a.0.cmp(&b.0).then(a.1.total_cmp(&b.1)));
        found.dedup_by_key(|(meant, _)| *meant);
        // The rarest of very many are hardly ever meant.
        let rank = |(meant, cost): &(Unit, f32)| cost - 0.7 * self.frequency(*meant).log2();
        found.sort_unstable_by(|a, b| rank(a).total_cmp(&rank(b)));
        found.truncate(MOST);
        found.into_boxed_slice()
    }

    fn frequency(&self, unit: Unit) -> f32 {
        self.frequencies[usize::from(unit)] as f32
    }
}

/// What it costs to take several characters for others, as one mistake.
pub fn cost_together(changes: impl Iterator<Item = (Unit, Unit)>) -> Option<f32> {
    let (mut most, mut more) = (0.0_f32, -ANOTHER);
    for (typed, meant) in changes {
        most = most.max(cost(typed, meant)?);
        more += ANOTHER;
    }
    Some(most + more.max(0.0))
}

/// What it costs to take one character for another; none if nobody does.
pub fn cost(typed: Unit, meant: Unit) -> Option<f32> {
    let alike = SHAPES.get(&typed).is_some_and(|shapes| shapes.contains(&meant));
    let heard =
        known_readings(typed).iter().flat_map(|a| known_readings(meant).iter().map(move |b| (*a, *b)));
    let near = heard.filter_map(|(a, b)| distance(a, b)).min_by(f32::total_cmp);
    match (near, alike) {
        (Some(more), true) => Some((SAME_SOUND + more - BOTH).min(SAME_SHAPE)),
        (Some(more), false) => Some(SAME_SOUND + more),
        (None, true) => Some(SAME_SHAPE),
        (None, false) => None,
    }
}

/// The first few readings of each character, by unit.
fn known_readings(unit: Unit) -> &'static [SyllableId] {
    static ALL: LazyLock<Vec<[SyllableId; READINGS]>> = LazyLock::new(|| {
        let first = |unit: Unit| {
            let mut kept = [0; READINGS];
            let read = if is_han(unit) { readings::all(unit) } else { Vec::new() };
            kept.iter_mut().zip(read).for_each(|(slot, reading)| *slot = reading);
            kept
        };
        (0..=Unit::MAX).map(first).collect()
    });
    let readings = &ALL[usize::from(unit)];
    &readings[..readings.iter().position(|r| *r == 0).unwrap_or(READINGS)]
}

/// What it costs that one syllable is heard or typed as another; none when they are far apart.
fn distance(a: SyllableId, b: SyllableId) -> Option<f32> {
    if a == b {
        return Some(0.0);
    }
    let (left, right) = (syllable::letters(a), syllable::letters(b));
    let ((i, f), (j, g)) = (syllable::initial_and_final(left), syllable::initial_and_final(right));
    let merged = usize::from(i != j && merged_initials(i, j)) + usize::from(f != g && merged_finals(f, g));
    let different = usize::from(i != j) + usize::from(f != g);
    match merged {
        1 if different == 1 => Some(MERGED),
        2 => Some(1.5 * MERGED),
        // Another first letter is another sound, not a slip.
        _ => (left.as_bytes().first() == right.as_bytes().first() && one_letter_apart(left, right))
            .then_some(SLIP),
    }
}

fn merged_initials(i: &str, j: &str) -> bool {
    MERGED_INITIALS.iter().any(|pair| *pair == (i, j) || *pair == (j, i))
}

/// `an` and `ang`, `en` and `eng`, `in` and `ing`, also after `i` and `u`.
fn merged_finals(f: &str, g: &str) -> bool {
    f.strip_suffix('g') == Some(g) && g.ends_with('n') || g.strip_suffix('g') == Some(f) && f.ends_with('n')
}

/// Whether one letter was left out, added or replaced.
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
        syllable::number(letters).unwrap()
    }

    #[test]
    fn sounds_are_near_or_far() {
        for (a, b, expected) in [
            ("zhi", "zi", Some(MERGED)),
            ("shang", "san", Some(1.5 * MERGED)),
            ("nin", "ling", Some(1.5 * MERGED)),
            ("jing", "jin", Some(MERGED)),
            ("guang", "guan", Some(MERGED)),
            ("ye", "ya", Some(SLIP)),
            ("lian", "lan", Some(SLIP)),
            ("bu", "bu", Some(0.0)),
            ("gong", "kai", None),
            ("jing", "ming", None),
            ("zheng", "wu", None),
        ] {
            assert_eq!(distance(id(a), id(b)), expected, "{a} {b}");
            assert_eq!(distance(id(b), id(a)), expected, "{b} {a}");
        }
    }

    #[test]
    fn every_group_has_several_characters_once_each() {
        for line in LOOKALIKES.lines().filter(|l| !l.starts_with('#')) {
            let group: Vec<char> = line.chars().collect();
            let distinct: std::collections::HashSet<_> = group.iter().collect();
            assert!(group.len() > 1 && distinct.len() == group.len(), "{line}");
            assert!(group.iter().all(|c| unit_of(*c).is_some_and(is_han)), "{line}");
        }
    }
}
