//! Counts of characters, pairs and triples in the collection, and the likelihood of a text by
//! them.
//!
//! Pairs and triples are stored as fingerprints of 32 bits; counts are exact to within five per
//! cent.

use crate::lexicon::vocabulary::bytes::{ByteReader, ByteWriter, Damaged};
use crate::lexicon::vocabulary::counter::{TripleCounter, mix_bits};
use crate::lexicon::vocabulary::units::{END, Unit, unit_from_char};

/// Most pairs kept.
const MAX_PAIRS: usize = 2_000_000;
/// Most triples kept.
const MAX_TRIPLES: usize = 3_500_000;
/// Steps of a stored count per doubling.
const STEPS_PER_DOUBLING: f32 = 8.0;
/// Penalty of a triple that does not occur, in bits.
const BACK_OFF_PENALTY: f32 = 2.5;

/// Counter of characters, pairs and triples while the collection is read.
pub struct CharacterCounter {
    singles: Vec<u32>,
    triples: TripleCounter,
}

impl Default for CharacterCounter {
    fn default() -> Self {
        Self { singles: vec![0; 1 << 16], triples: TripleCounter::new(MAX_TRIPLES, MAX_PAIRS) }
    }
}

impl CharacterCounter {
    /// Counts the characters of a text, at most `max_chars`. Quotation marks are skipped; other
    /// punctuation separates.
    pub fn add(&mut self, text: &str, max_chars: usize) {
        let (mut before, mut last) = (END, END);
        for c in text.chars().take(max_chars) {
            match unit_from_char(c) {
                Some(unit) => {
                    self.count(before, last, unit);
                    (before, last) = (last, unit);
                }
                None if is_quotation_mark(c) => {}
                None => {
                    self.end_row(before, last);
                    (before, last) = (END, END);
                }
            }
        }
        self.end_row(before, last);
    }

    /// Counts a row of units.
    pub fn add_units(&mut self, units: impl Iterator<Item = Unit>) {
        let (mut before, mut last) = (END, END);
        for unit in units {
            self.count(before, last, unit);
            (before, last) = (last, unit);
        }
        self.end_row(before, last);
    }

    fn count(&mut self, before: Unit, last: Unit, unit: Unit) {
        self.singles[usize::from(unit)] = self.singles[usize::from(unit)].saturating_add(1);
        if before != END {
            self.triples.count(triple_key(before, last, unit));
        }
    }

    /// Counts the last pair of a row, which begins no triple.
    fn end_row(&mut self, before: Unit, last: Unit) {
        if before != END {
            self.triples.count(triple_key(before, last, END));
        }
    }

    /// Builds the tables of counts.
    pub fn finish(self) -> Characters {
        let (triples, pairs) = self.triples.into_counts();
        let mut characters = Characters {
            singles: self.singles,
            pairs: FingerprintTable::new(&pairs),
            triples: FingerprintTable::new(&triples),
            total: 0.0,
        };
        characters.compute_total();
        characters
    }
}

/// Counts of characters, pairs and triples.
#[derive(Debug, Default, Clone)]
pub struct Characters {
    singles: Vec<u32>,
    total: f32,
    pairs: FingerprintTable,
    triples: FingerprintTable,
}

/// Hash table of counts by fingerprint, with open addressing.
#[derive(Debug, Default, Clone)]
struct FingerprintTable {
    fingerprints: Vec<u32>,
    counts: Vec<u8>,
}

impl FingerprintTable {
    fn new(keys: &[(u64, u32)]) -> Self {
        // At least one slot stays free, or the look-up of an absent key would never end.
        let slots = (keys.len() + keys.len() / 4 + 1).next_power_of_two();
        let mut table = Self { fingerprints: vec![0; slots], counts: vec![0; slots] };
        for (key, count) in keys {
            let (mut slot, fingerprint) = table.home_slot(*key);
            while table.counts[slot] != 0 {
                slot = (slot + 1) & (slots - 1);
            }
            table.fingerprints[slot] = fingerprint;
            table.counts[slot] = encode_count(*count);
        }
        table
    }

    fn home_slot(&self, key: u64) -> (usize, u32) {
        let mixed = mix_bits(key);
        ((mixed >> 34) as usize & (self.fingerprints.len() - 1), mixed as u32)
    }

    fn count(&self, key: u64) -> f32 {
        if self.fingerprints.is_empty() {
            return 0.0;
        }
        let (mut slot, fingerprint) = self.home_slot(key);
        while self.counts[slot] != 0 {
            if self.fingerprints[slot] == fingerprint {
                return decode_count(self.counts[slot]);
            }
            slot = (slot + 1) & (self.fingerprints.len() - 1);
        }
        0.0
    }

    fn write(&self, writer: &mut ByteWriter) {
        writer.write_u32s(&self.fingerprints);
        writer.write_bytes(&self.counts);
    }

    fn read(reader: &mut ByteReader<'_>) -> Result<Self, Damaged> {
        Ok(Self { fingerprints: reader.read_u32s()?, counts: reader.read_bytes()? })
    }
}

impl Characters {
    fn compute_total(&mut self) {
        self.total = self.singles.iter().map(|c| *c as f32).sum::<f32>().max(1.0);
    }

    /// Count of a character.
    pub fn single(&self, unit: Unit) -> f32 {
        self.singles.get(usize::from(unit)).map_or(0.0, |c| *c as f32)
    }

    /// Count of a pair.
    pub fn pair(&self, first: Unit, second: Unit) -> f32 {
        self.pairs.count(pair_key(first, second))
    }

    /// Count of a triple.
    pub fn triple(&self, first: Unit, second: Unit, third: Unit) -> f32 {
        self.triples.count(triple_key(first, second, third))
    }

    /// All characters that occur, with their counts.
    pub fn singles(&self) -> impl Iterator<Item = (Unit, u32)> + '_ {
        self.singles.iter().enumerate().filter(|(_, c)| **c > 0).map(|(unit, c)| (unit as Unit, *c))
    }

    /// Logarithm of the probability of a character after two others (0 if there is none), in bits;
    /// never positive.
    pub fn log_probability(&self, before: Unit, last: Unit, unit: Unit) -> f32 {
        let beside = if last == END { 0.0 } else { self.pair(last, unit) };
        if beside > 0.0 {
            // Only then can the triple occur.
            let seen = if before == END { 0.0 } else { self.triple(before, last, unit) };
            if seen > 0.0 {
                // Counts are rounded: a part may seem more frequent than the whole.
                return (seen / self.pair(before, last).max(seen)).log2();
            }
            let penalty = if before == END { 0.0 } else { BACK_OFF_PENALTY };
            return (beside / self.single(last).max(beside)).log2() - penalty;
        }
        let penalty =
            [before, last].into_iter().filter(|unit| *unit != END).count() as f32 * BACK_OFF_PENALTY;
        ((self.single(unit) + 0.5) / self.total).log2().min(0.0) - penalty
    }

    /// Upper bound of the count of a text: the least count of its triples.
    pub fn count_limit(&self, units: &[Unit]) -> f32 {
        match units {
            [] => 0.0,
            [one] => self.single(*one),
            [one, two] => self.pair(*one, *two),
            _ => units.windows(3).map(|w| self.triple(w[0], w[1], w[2])).fold(f32::MAX, f32::min),
        }
    }

    /// Memory, in bytes.
    pub fn memory(&self) -> usize {
        self.singles.len() * 4 + (self.pairs.fingerprints.len() + self.triples.fingerprints.len()) * 5
    }

    /// Writes all counts.
    pub fn write(&self, writer: &mut ByteWriter) {
        writer.write_u32s(&self.singles);
        self.pairs.write(writer);
        self.triples.write(writer);
    }

    /// Reads the bytes of [`Characters::write`].
    ///
    /// # Errors
    /// If the bytes are damaged.
    pub fn read(reader: &mut ByteReader<'_>) -> Result<Self, Damaged> {
        let singles = reader.read_u32s()?;
        let mut characters = Self {
            singles,
            pairs: FingerprintTable::read(reader)?,
            triples: FingerprintTable::read(reader)?,
            total: 0.0,
        };
        characters.compute_total();
        Ok(characters)
    }
}

fn is_quotation_mark(c: char) -> bool {
    matches!(c, '《' | '》' | '〈' | '〉' | '“' | '”' | '‘' | '’' | '「' | '」' | '『' | '』' | '"' | '\'')
}

fn pair_key(first: Unit, second: Unit) -> u64 {
    u64::from(first) << 16 | u64::from(second)
}

fn triple_key(first: Unit, second: Unit, third: Unit) -> u64 {
    pair_key(first, second) << 16 | u64::from(third)
}

/// Encodes a count in one byte, logarithmically; 0 only for 0.
fn encode_count(count: u32) -> u8 {
    match count {
        0 => 0,
        _ => ((count as f32).log2() * STEPS_PER_DOUBLING + 1.5).min(255.0) as u8,
    }
}

fn decode_count(code: u8) -> f32 {
    static COUNTS: std::sync::LazyLock<[f32; 256]> = std::sync::LazyLock::new(|| {
        std::array::from_fn(
            |code| if code == 0 { 0.0 } else { ((code as f32 - 1.0) / STEPS_PER_DOUBLING).exp2() },
        )
    });
    COUNTS[usize::from(code)]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn units(text: &str) -> Vec<Unit> {
        text.chars().filter_map(unit_from_char).collect()
    }

    #[test]
    fn count_of_absent_key_ends_in_table_of_any_size() {
        for size in 0..40_u64 {
            let keys: Vec<(u64, u32)> = (0..size).map(|key| (key, 1)).collect();
            let table = FingerprintTable::new(&keys);
            assert!(table.count(1_000_003) >= 0.0);
            assert!(keys.iter().all(|(key, _)| table.count(*key) > 0.0));
        }
    }

    #[test]
    fn decoded_count_is_within_precision() {
        for count in [1_u32, 2, 3, 10, 100, 12345, u32::MAX / 2] {
            let back = decode_count(encode_count(count));
            assert!((back / count as f32 - 1.0).abs() < 0.05, "{count} {back}");
        }
        assert_eq!(decode_count(encode_count(0)), 0.0);
    }

    #[test]
    fn log_probability_of_counted_triple_is_higher() {
        let mut counter = CharacterCounter::default();
        for _ in 0..10 {
            counter.add("推进政务公开，公示名单", 1000);
        }
        let characters = counter.finish();
        let u = units("政务公开示正雾");
        assert_eq!(characters.triple(u[0], u[1], u[2]), characters.pair(u[0], u[1]));
        assert!((characters.count_limit(&units("政务公开")) - 10.0).abs() < 0.5);
        assert_eq!(characters.count_limit(&units("公开公示")), 0.0, "a comma separates");
        assert!(characters.log_probability(u[0], u[1], u[2]) > characters.log_probability(u[5], u[6], u[2]));
    }
}
