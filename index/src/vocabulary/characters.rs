//! How often characters, pairs and triples of them stand in the collection, and
//! how likely a text is by them.
//!
//! Pairs are kept exactly (their neighbours can be listed), triples as
//! fingerprints; counts are kept to within five per cent.

use super::bytes::{Damaged, Sink, Source};
use super::counter::{Counter, mix};
use super::units::{Unit, unit_of};

/// Pairs kept.
const MAX_PAIRS: usize = 2_000_000;
/// Triples kept.
const MAX_TRIPLES: usize = 3_500_000;
/// Steps of a stored count in one doubling.
const STEPS: f32 = 8.0;
/// What a triple that was never seen loses, in bits.
const BACK_OFF: f32 = 2.5;

/// Counts while the collection is read.
pub struct CharacterCounter {
    singles: Vec<u32>,
    pairs: Counter,
    triples: Counter,
}

impl Default for CharacterCounter {
    fn default() -> Self {
        Self { singles: vec![0; 1 << 16], pairs: Counter::new(MAX_PAIRS), triples: Counter::new(MAX_TRIPLES) }
    }
}

impl CharacterCounter {
    /// Counts a text. Quotation marks are passed over; other punctuation separates.
    pub fn add(&mut self, text: &str, most: usize) {
        let (mut before, mut last) = (0_u16, 0_u16);
        for c in text.chars().take(most) {
            let Some(unit) = unit_of(c) else {
                if !is_quotation_mark(c) {
                    (before, last) = (0, 0);
                }
                continue;
            };
            self.count(before, last, unit);
            (before, last) = (last, unit);
        }
    }

    /// Counts a row of units as it stands.
    pub fn add_units(&mut self, units: impl Iterator<Item = Unit>) {
        let (mut before, mut last) = (0, 0);
        for unit in units {
            self.count(before, last, unit);
            (before, last) = (last, unit);
        }
    }

    fn count(&mut self, before: Unit, last: Unit, unit: Unit) {
        self.singles[usize::from(unit)] = self.singles[usize::from(unit)].saturating_add(1);
        if last != 0 {
            self.pairs.count(pair(last, unit));
            if before != 0 {
                self.triples.count(triple(before, last, unit));
            }
        }
    }

    /// Lays the counts out for look-up.
    pub fn finish(self) -> Characters {
        let pairs = self.pairs.into_sorted();
        let triples = self.triples.into_sorted();
        let mut characters = Characters {
            singles: self.singles,
            pair_keys: pairs.iter().map(|(key, _)| *key as u32).collect(),
            pair_counts: pairs.iter().map(|(_, count)| code(*count)).collect(),
            prints: vec![0; (triples.len() * 5 / 4).next_power_of_two().max(2)],
            print_counts: Vec::new(),
            ..Characters::default()
        };
        characters.print_counts = vec![0; characters.prints.len()];
        for (key, count) in triples {
            characters.put(key, count);
        }
        characters.derive();
        characters
    }
}

/// Counts of characters, pairs and triples.
#[derive(Debug, Default, Clone)]
pub struct Characters {
    singles: Vec<u32>,
    total: f32,
    pair_keys: Vec<u32>,
    pair_counts: Vec<u8>,
    /// Where the pairs of each first unit begin.
    pair_starts: Vec<u32>,
    prints: Vec<u32>,
    print_counts: Vec<u8>,
}

impl Characters {
    fn derive(&mut self) {
        self.total = self.singles.iter().map(|c| *c as f32).sum::<f32>().max(1.0);
        self.pair_starts = vec![0; (1 << 16) + 1];
        for key in &self.pair_keys {
            self.pair_starts[(key >> 16) as usize + 1] += 1;
        }
        for first in 0..1 << 16 {
            self.pair_starts[first + 1] += self.pair_starts[first];
        }
    }

    fn put(&mut self, key: u64, count: u32) {
        let (mut slot, print) = self.home(key);
        while self.print_counts[slot] != 0 {
            slot = (slot + 1) & (self.prints.len() - 1);
        }
        self.prints[slot] = print;
        self.print_counts[slot] = code(count);
    }

    fn home(&self, key: u64) -> (usize, u32) {
        let mixed = mix(key);
        ((mixed >> 34) as usize & (self.prints.len() - 1), mixed as u32)
    }

    /// How often a character was seen.
    pub fn single(&self, unit: Unit) -> f32 {
        self.singles.get(usize::from(unit)).map_or(0.0, |c| *c as f32)
    }

    /// How often two characters were seen together.
    pub fn pair(&self, first: Unit, second: Unit) -> f32 {
        let (start, keys) = self.pairs_of(first);
        match keys.binary_search(&(u32::from(first) << 16 | u32::from(second))) {
            Ok(at) => count_of(self.pair_counts[start + at]),
            Err(_) => 0.0,
        }
    }

    /// How often three characters were seen together.
    pub fn triple(&self, first: Unit, second: Unit, third: Unit) -> f32 {
        if self.prints.is_empty() {
            return 0.0;
        }
        let (mut slot, print) = self.home(triple(first, second, third));
        while self.print_counts[slot] != 0 {
            if self.prints[slot] == print {
                return count_of(self.print_counts[slot]);
            }
            slot = (slot + 1) & (self.prints.len() - 1);
        }
        0.0
    }

    fn pairs_of(&self, first: Unit) -> (usize, &[u32]) {
        let at = usize::from(first);
        let (Some(from), Some(to)) = (self.pair_starts.get(at), self.pair_starts.get(at + 1)) else {
            return (0, &[]);
        };
        (*from as usize, &self.pair_keys[*from as usize..*to as usize])
    }

    /// The characters seen after another one, with counts.
    pub fn followers(&self, first: Unit) -> impl Iterator<Item = (Unit, f32)> + '_ {
        let (start, keys) = self.pairs_of(first);
        keys.iter().zip(&self.pair_counts[start..]).map(|(key, count)| (*key as Unit, count_of(*count)))
    }

    /// Every character seen, with its count.
    pub fn singles(&self) -> impl Iterator<Item = (Unit, u32)> + '_ {
        self.singles.iter().enumerate().filter(|(_, c)| **c > 0).map(|(unit, c)| (unit as Unit, *c))
    }

    /// How likely a character is after two others (0 where there is none), in bits; never positive.
    pub fn log_probability(&self, before: Unit, last: Unit, unit: Unit) -> f32 {
        let mut lost = 0.0;
        if before != 0 && last != 0 {
            let seen = self.triple(before, last, unit);
            if seen > 0.0 {
                // Counts are rounded: a part may seem more frequent than the whole.
                return (seen / self.pair(before, last).max(seen)).log2();
            }
            lost = BACK_OFF;
        }
        if last != 0 {
            let seen = self.pair(last, unit);
            if seen > 0.0 {
                return (seen / self.single(last).max(seen)).log2() - lost;
            }
            lost += BACK_OFF;
        }
        ((self.single(unit) + 0.5) / self.total).log2().min(0.0) - lost
    }

    /// At most how often a text can have been seen: the least of its triples.
    pub fn at_most(&self, units: &[Unit]) -> f32 {
        match units {
            [] => 0.0,
            [one] => self.single(*one),
            [one, two] => self.pair(*one, *two),
            _ => units.windows(3).map(|w| self.triple(w[0], w[1], w[2])).fold(f32::MAX, f32::min),
        }
    }

    /// Bytes of memory.
    pub fn memory(&self) -> usize {
        self.singles.len() * 8 + self.pair_keys.len() * 5 + self.prints.len() * 5
    }

    /// Writes everything.
    pub fn write(&self, sink: &mut Sink) {
        sink.words(&self.singles);
        sink.words(&self.pair_keys);
        sink.bytes(&self.pair_counts);
        sink.words(&self.prints);
        sink.bytes(&self.print_counts);
    }

    /// Reads what [`Characters::write`] wrote.
    ///
    /// # Errors
    /// When the bytes are damaged.
    pub fn read(source: &mut Source<'_>) -> Result<Self, Damaged> {
        let mut characters = Self {
            singles: source.words()?,
            pair_keys: source.words()?,
            pair_counts: source.bytes()?,
            prints: source.words()?,
            print_counts: source.bytes()?,
            ..Self::default()
        };
        characters.derive();
        Ok(characters)
    }
}

fn is_quotation_mark(c: char) -> bool {
    matches!(c, '《' | '》' | '〈' | '〉' | '“' | '”' | '‘' | '’' | '「' | '」' | '『' | '』' | '"' | '\'')
}

fn pair(first: Unit, second: Unit) -> u64 {
    u64::from(first) << 16 | u64::from(second)
}

fn triple(first: Unit, second: Unit, third: Unit) -> u64 {
    pair(first, second) << 16 | u64::from(third)
}

/// A count in one byte, logarithmic; 0 only for none.
fn code(count: u32) -> u8 {
    match count {
        0 => 0,
        _ => ((count as f32).log2() * STEPS + 1.5).min(255.0) as u8,
    }
}

fn count_of(code: u8) -> f32 {
    static COUNTS: std::sync::LazyLock<[f32; 256]> = std::sync::LazyLock::new(|| {
        std::array::from_fn(|code| if code == 0 { 0.0 } else { ((code as f32 - 1.0) / STEPS).exp2() })
    });
    COUNTS[usize::from(code)]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn units(text: &str) -> Vec<Unit> {
        text.chars().filter_map(unit_of).collect()
    }

    #[test]
    fn counts_come_back_within_their_precision() {
        for count in [1_u32, 2, 3, 10, 100, 12345, u32::MAX / 2] {
            let back = count_of(code(count));
            assert!((back / count as f32 - 1.0).abs() < 0.05, "{count} {back}");
        }
        assert_eq!(count_of(code(0)), 0.0);
    }

    #[test]
    fn what_was_seen_is_likelier() {
        let mut counter = CharacterCounter::default();
        for _ in 0..10 {
            counter.add("推进政务公开，公示名单", 1000);
        }
        let characters = counter.finish();
        let u = units("政务公开示正雾");
        assert_eq!(characters.triple(u[0], u[1], u[2]), characters.pair(u[0], u[1]));
        assert!((characters.at_most(&units("政务公开")) - 10.0).abs() < 0.5);
        assert_eq!(characters.at_most(&units("公开公示")), 0.0, "a comma separates");
        assert!(characters.log_probability(u[0], u[1], u[2]) > characters.log_probability(u[5], u[6], u[2]));
        assert!(characters.followers(u[2]).any(|(next, _)| next == u[4]));
    }
}
