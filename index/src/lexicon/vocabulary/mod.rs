//! The vocabulary of a collection for the search box: its words, titles, issuers and
//! official terms, and counts of characters that follow each other.
//!
//! Built once for each generation of the index from its records, stored beside
//! it, and read by [`crate::lexicon::pinyin`], [`crate::lexicon::spelling`] and [`crate::lexicon::suggest`].
//! Nothing in it finds documents.

pub mod bytes;
mod characters;
mod counter;
mod entries;
mod suffix_array;
pub mod units;

use std::collections::BTreeMap;

use rustc_hash::FxHashMap;

pub use bytes::Damaged;
pub use characters::Characters;
pub use entries::{Axis, Entries, EntryKind, LETTER, initial_of};
pub use suffix_array::Span;

use bytes::{ByteReader, ByteWriter};
use characters::CharacterCounter;
use entries::EntryDraft;
use units::{Unit, is_han, unit_from_char, units_from_text};

/// First bytes of every stored vocabulary; the digit is the version of its layout.
const MAGIC: &[u8; 8] = b"gkvocab1";
/// Most characters of a body that are counted.
const MAX_BODY_CHARS: usize = 30_000;
/// Longest title that is kept, in units.
const MAX_TITLE_UNITS: usize = 200;
/// Longest word that is kept, in units.
const MAX_WORD_UNITS: usize = 12;
/// Most distinct words that are kept; twice as many are counted at a time.
const MAX_WORDS: usize = 400_000;

/// Vocabulary of a collection.
#[derive(Debug, Default, Clone)]
pub struct Vocabulary {
    characters: Characters,
    words: Entries,
    phrases: Entries,
    records: u64,
}

/// Text of a record for the vocabulary.
#[derive(Debug, Clone, Copy)]
pub struct RecordText<'a> {
    /// Title as shown.
    pub title: &'a str,
    /// Body.
    pub body: &'a str,
    /// Words, each as often as it shall count: once per record gives document frequencies.
    pub words: &'a [&'a str],
    /// Issuers.
    pub issuers: &'a [String],
    /// Usefulness among other records: 1 for an ordinary record.
    pub usefulness: f32,
}

/// Builder of a vocabulary from records.
#[derive(Default)]
pub struct VocabularyBuilder {
    characters: CharacterCounter,
    words: FxHashMap<Box<str>, u32>,
    titles: FxHashMap<Box<str>, f32>,
    issuers: FxHashMap<Box<str>, u32>,
    terms: Vec<String>,
    short_names: BTreeMap<String, String>,
    records: u64,
}

impl VocabularyBuilder {
    /// Creates an empty builder.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a record.
    pub fn add_record(&mut self, record: &RecordText<'_>) {
        self.records += 1;
        self.characters.add(record.body, MAX_BODY_CHARS);
        for word in record.words {
            self.add_word(word, 1);
        }
        for issuer in record.issuers {
            *self.issuers.entry(issuer.as_str().into()).or_default() += 1;
        }
        *self.titles.entry(record.title.trim().into()).or_default() += record.usefulness.max(0.0);
    }

    /// Adds a word with the number of records that have it. For callers that
    /// have an index of words already and leave [`RecordText::words`] empty.
    pub fn add_word(&mut self, word: &str, records: u32) {
        if let Some(count) = self.words.get_mut(word) {
            *count = count.saturating_add(records);
            return;
        }
        let units = word.chars().take(MAX_WORD_UNITS + 1).filter_map(unit_from_char).count();
        // Plain numbers are neither mistyped nor typed in letters.
        if units == 0 || units > MAX_WORD_UNITS || word.bytes().all(|b| b.is_ascii_digit()) {
            return;
        }
        if self.words.len() >= 2 * MAX_WORDS {
            self.remove_rare_words();
        }
        self.words.insert(word.into(), records);
    }

    fn remove_rare_words(&mut self) {
        let mut min_count = 1;
        while self.words.len() > MAX_WORDS {
            min_count += 1;
            self.words.retain(|_, count| *count >= min_count);
        }
    }

    /// Adds an official term of the dictionary; it is kept if the collection uses it.
    pub fn add_term(&mut self, term: &str) {
        self.terms.push(term.to_owned());
    }

    /// Adds a short name with its full name; it is kept if the collection uses either.
    pub fn add_short_name(&mut self, short: &str, full: &str) {
        self.short_names.insert(short.to_owned(), full.to_owned());
    }

    /// Builds the vocabulary.
    pub fn finish(mut self) -> Vocabulary {
        self.titles.retain(|title, _| {
            let length = units_from_text(title).take(MAX_TITLE_UNITS + 1).count();
            (1..=MAX_TITLE_UNITS).contains(&length)
        });
        for title in self.titles.keys() {
            self.characters.add_units(units_from_text(title));
        }
        for issuer in self.issuers.keys() {
            self.characters.add_units(units_from_text(issuer));
        }
        self.remove_rare_words();
        let characters = std::mem::take(&mut self.characters).finish();
        let phrases = Entries::new(self.phrase_drafts(&characters), true);
        let words = Entries::new(word_drafts(std::mem::take(&mut self.words), &characters), false);
        Vocabulary { characters, words, phrases, records: self.records }
    }

    fn phrase_drafts(&self, characters: &Characters) -> Vec<EntryDraft> {
        let seen = |text: &str| characters.count_limit(&units_from_text(text).collect::<Vec<_>>());
        let mut drafts = Vec::new();
        let mut add =
            |text: &str, kind, weight: f32| drafts.push(EntryDraft { text: text.to_owned(), kind, weight });
        for (title, usefulness) in &self.titles {
            add(title, EntryKind::Title, usefulness.ln_1p());
        }
        for (issuer, count) in &self.issuers {
            add(issuer, EntryKind::Issuer, 2.0 + (*count as f32).ln_1p());
        }
        // Terms of the dictionary come before passages of titles, but a term that the collection
        // does not contain would find nothing.
        for term in self.terms.iter().filter(|t| seen(t) > 0.0) {
            add(term, EntryKind::Term, 2.0 + 0.8 * seen(term).ln_1p());
        }
        for (short, full) in &self.short_names {
            let used = seen(short).max(seen(full));
            if used > 0.0 {
                add(short, EntryKind::ShortName, 1.0 + 0.8 * used.ln_1p());
            }
        }
        drafts
    }
}

/// Words and every single character, from which texts are composed.
fn word_drafts(words: FxHashMap<Box<str>, u32>, characters: &Characters) -> Vec<EntryDraft> {
    let draft = |text: String, count: u32| EntryDraft { text, kind: EntryKind::Word, weight: count as f32 };
    let singles = characters.singles().filter(|(unit, _)| is_han(*unit));
    let mut drafts: Vec<EntryDraft> =
        singles.map(|(unit, count)| draft(units::char_from_unit(unit).to_string(), count)).collect();
    let several = words.into_iter().filter(|(word, _)| word.chars().nth(1).is_some());
    drafts.extend(several.map(|(word, count)| draft(word.into(), count)));
    drafts
}

impl Vocabulary {
    /// Counts of characters that follow each other.
    pub fn characters(&self) -> &Characters {
        &self.characters
    }

    /// Words, weighted by the number of records.
    pub fn words(&self) -> &Entries {
        &self.words
    }

    /// Titles, issuers, official terms and short names.
    pub fn phrases(&self) -> &Entries {
        &self.phrases
    }

    /// Number of records from which it was built.
    pub fn records(&self) -> u64 {
        self.records
    }

    /// Number of records with a word; 0 if it is no word of the collection.
    pub fn word_frequency(&self, word: &str) -> f32 {
        let units: Vec<Unit> = units_from_text(word).take(MAX_WORD_UNITS + 1).collect();
        self.words.find(&units).map_or(0.0, |entry| self.words.weight(entry))
    }

    /// Approximate memory, in bytes.
    pub fn memory(&self) -> usize {
        self.characters.memory() + self.words.memory() + self.phrases.memory()
    }

    /// Serialises the vocabulary.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut writer = ByteWriter::default();
        writer.write_u64(self.records);
        self.characters.write(&mut writer);
        self.words.write(&mut writer);
        self.phrases.write(&mut writer);
        let checksum = blake3::hash(&writer.bytes);
        [MAGIC.as_slice(), checksum.as_bytes(), &writer.bytes].concat()
    }

    /// Reads the bytes of [`Vocabulary::to_bytes`].
    ///
    /// # Errors
    /// If they are damaged or of another version: the vocabulary can always be built again.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, Damaged> {
        let rest = bytes.strip_prefix(MAGIC).ok_or(Damaged)?;
        let (checksum, content) = rest.split_at_checked(blake3::OUT_LEN).ok_or(Damaged)?;
        if blake3::hash(content).as_bytes() != checksum {
            return Err(Damaged);
        }
        let mut reader = ByteReader::new(content);
        let records = reader.read_u64()?;
        let characters = Characters::read(&mut reader)?;
        let (words, phrases) = (Entries::read(&mut reader)?, Entries::read(&mut reader)?);
        reader.finish()?;
        Ok(Self { characters, words, phrases, records })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn small() -> Vocabulary {
        let mut builder = VocabularyBuilder::new();
        for title in ["政府信息公开条例", "关于印发《政务公开工作要点》的通知"] {
            builder.add_record(&RecordText {
                title,
                body: "全面推进政务公开。",
                words: &["推进", "政务", "公开", "PPP", "2017"],
                issuers: &["国务院".to_owned()],
                usefulness: 1.0,
            });
        }
        builder.add_term("政务公开");
        builder.add_term("五险一金");
        builder.finish()
    }

    #[test]
    fn finish_keeps_words_and_used_terms() {
        let vocabulary = small();
        assert_eq!(vocabulary.word_frequency("政务"), 2.0);
        assert_eq!(vocabulary.word_frequency("ppp"), 2.0);
        assert_eq!(vocabulary.word_frequency("2017"), 0.0);
        let texts: Vec<&str> =
            (0..vocabulary.phrases().len()).map(|i| vocabulary.phrases().text(i)).collect();
        assert!(texts.contains(&"政务公开") && texts.contains(&"国务院"));
        assert!(!texts.contains(&"五险一金"), "the collection does not contain it");
    }

    #[test]
    fn from_bytes_of_damaged_vocabulary_fails() {
        let vocabulary = small();
        let mut bytes = vocabulary.to_bytes();
        let again = Vocabulary::from_bytes(&bytes).unwrap();
        assert_eq!(again.to_bytes(), bytes);
        assert_eq!(again.word_frequency("政务"), 2.0);
        for offset in [0, 9, 50, bytes.len() - 1] {
            bytes[offset] ^= 1;
            assert_eq!(Vocabulary::from_bytes(&bytes).err(), Some(Damaged));
            bytes[offset] ^= 1;
        }
        assert_eq!(Vocabulary::from_bytes(&bytes[..40]).err(), Some(Damaged));
    }
}
