//! How often characters, pairs and triples of them stand in the collection, and
//! how likely a text is by them.
//!
//! Pairs and triples are kept as fingerprints of 32 bits; counts to within five per cent.

use crate::lexicon::vocabulary::bytes::{Damaged, Sink, Source};
use crate::lexicon::vocabulary::counter::{Counter, mix};
use crate::lexicon::vocabulary::units::{END, Unit, unit_of};

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
    triples: Counter,
}

impl Default for CharacterCounter {
    fn default() -> Self {
        Self { singles: vec![0; 1 << 16], triples: Counter::new(MAX_TRIPLES, MAX_PAIRS) }
    }
}

impl CharacterCounter {
    /// Counts a text. Quotation marks are passed over; other punctuation separates.
    pub fn add(&mut self, text: &str, most: usize) {
        let (mut before, mut last) = (END, END);
        for c in text.chars().take(most) {
            match unit_of(c) {
                Some(unit) => {
                    self.count(before, last, unit);
                    (before, last) = (last, unit);
                }
                None if is_quotation_mark(c) => {}
                None => {
                    self.end(before, last);
                    (before, last) = (END, END);
                }
            }
        }
        self.end(before, last);
    }

    /// Counts a row of units as it stands.
    pub fn add_units(&mut self, units: impl Iterator<Item = Unit>) {
        let (mut before, mut last) = (END, END);
        for unit in units {
            self.count(before, last, unit);
            (before, last) = (last, unit);
        }
        self.end(before, last);
    }

    fn count(&mut self, before: Unit, last: Unit, unit: Unit) {
        self.singles[usize::from(unit)] = self.singles[usize::from(unit)].saturating_add(1);
        if before != END {
            self.triples.count(triple(before, last, unit));
        }
    }

    /// The last pair of a row leads no triple of its own.
    fn end(&mut self, before: Unit, last: Unit) {
        if before != END {
            self.triples.count(triple(before, last, END));
        }
    }

    /// Lays the counts out for look-up.
    pub fn finish(self) -> Characters {
        let (triples, pairs) = self.triples.into_counts();
        let mut characters = Characters {
            singles: self.singles,
            pairs: Prints::new(&pairs),
            triples: Prints::new(&triples),
            total: 0.0,
        };
        characters.derive();
        characters
    }
}

/// Counts of characters, pairs and triples.
#[derive(Debug, Default, Clone)]
pub struct Characters {
    singles: Vec<u32>,
    total: f32,
    pairs: Prints,
    triples: Prints,
}

/// Counts by fingerprint, in a table of open addressing.
#[derive(Debug, Default, Clone)]
struct Prints {
    prints: Vec<u32>,
    counts: Vec<u8>,
}

impl Prints {
    fn new(keys: &[(u64, u32)]) -> Self {
        // At least one slot stays free, or a look-up of what is absent would never end.
        let slots = (keys.len() + keys.len() / 4 + 1).next_power_of_two();
        let mut table = Self { prints: vec![0; slots], counts: vec![0; slots] };
        for (key, count) in keys {
            let (mut slot, print) = table.home(*key);
            while table.counts[slot] != 0 {
                slot = (slot + 1) & (slots - 1);
            }
            table.prints[slot] = print;
            table.counts[slot] = code(*count);
        }
        table
    }

    fn home(&self, key: u64) -> (usize, u32) {
        let mixed = mix(key);
        ((mixed >> 34) as usize & (self.prints.len() - 1), mixed as u32)
    }

    fn count(&self, key: u64) -> f32 {
        if self.prints.is_empty() {
            return 0.0;
        }
        let (mut slot, print) = self.home(key);
        while self.counts[slot] != 0 {
            if self.prints[slot] == print {
                return count_of(self.counts[slot]);
            }
            slot = (slot + 1) & (self.prints.len() - 1);
        }
        0.0
    }

    fn write(&self, sink: &mut Sink) {
        sink.words(&self.prints);
        sink.bytes(&self.counts);
    }

    fn read(source: &mut Source<'_>) -> Result<Self, Damaged> {
        Ok(Self { prints: source.words()?, counts: source.bytes()? })
    }
}

impl Characters {
    fn derive(&mut self) {
        self.total = self.singles.iter().map(|c| *c as f32).sum::<f32>().max(1.0);
    }

    /// How often a character was seen.
    pub fn single(&self, unit: Unit) -> f32 {
        self.singles.get(usize::from(unit)).map_or(0.0, |c| *c as f32)
    }

    /// How often two characters were seen together.
    pub fn pair(&self, first: Unit, second: Unit) -> f32 {
        self.pairs.count(pair(first, second))
    }

    /// How often three characters were seen together.
    pub fn triple(&self, first: Unit, second: Unit, third: Unit) -> f32 {
        self.triples.count(triple(first, second, third))
    }

    /// Every character seen, with its count.
    pub fn singles(&self) -> impl Iterator<Item = (Unit, u32)> + '_ {
        self.singles.iter().enumerate().filter(|(_, c)| **c > 0).map(|(unit, c)| (unit as Unit, *c))
    }

    /// How likely a character is after two others (0 where there is none), in bits; never positive.
    pub fn log_probability(&self, before: Unit, last: Unit, unit: Unit) -> f32 {
        let beside = if last == END { 0.0 } else { self.pair(last, unit) };
        if beside > 0.0 {
            // Only then can the triple have been seen.
            let seen = if before == END { 0.0 } else { self.triple(before, last, unit) };
            if seen > 0.0 {
                // Counts are rounded: a part may seem more frequent than the whole.
                return (seen / self.pair(before, last).max(seen)).log2();
            }
            let lost = if before == END { 0.0 } else { BACK_OFF };
            return (beside / self.single(last).max(beside)).log2() - lost;
        }
        let lost = [before, last].into_iter().filter(|unit| *unit != END).count() as f32 * BACK_OFF;
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
        self.singles.len() * 4 + (self.pairs.prints.len() + self.triples.prints.len()) * 5
    }

    /// Writes everything.
    pub fn write(&self, sink: &mut Sink) {
        sink.words(&self.singles);
        self.pairs.write(sink);
        self.triples.write(sink);
    }

    /// Reads what [`Characters::write`] wrote.
    ///
    /// # Errors
    /// When the bytes are damaged.
    pub fn read(source: &mut Source<'_>) -> Result<Self, Damaged> {
        let singles = source.words()?;
        let mut characters =
            Self { singles, pairs: Prints::read(source)?, triples: Prints::read(source)?, total: 0.0 };
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
    fn what_is_absent_is_found_absent_in_a_table_of_any_size() {
        for size in 0..40_u64 {
            let keys: Vec<(u64, u32)> = (0..size).map(|key| (key, 1)).collect();
            let table = Prints::new(&keys);
            assert!(table.count(1_000_003) >= 0.0);
            assert!(keys.iter().all(|(key, _)| table.count(*key) > 0.0));
        }
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
    }
}
