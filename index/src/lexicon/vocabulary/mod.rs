//! What a collection says, for the search box: its words, titles, issuers and
//! official terms, and how its characters follow each other.
//!
//! Built once for each generation of the index from its records, stored beside
//! it, and read by [`crate::lexicon::pinyin`], [`crate::lexicon::spelling`] and [`crate::lexicon::suggest`].
//! It holds nothing that finds documents: it only knows how people type.

pub mod bytes;
mod characters;
mod counter;
mod entries;
mod order;
pub mod units;

use std::collections::BTreeMap;

use rustc_hash::FxHashMap;

pub use bytes::Damaged;
pub use characters::Characters;
pub use entries::{Axis, Entries, EntryKind, LETTER, initial_of};
pub use order::Span;

use bytes::{Sink, Source};
use characters::CharacterCounter;
use entries::Draft;
use units::{Unit, is_han, unit_of, units_of};

/// Begins every stored vocabulary; the digit is the version of its layout.
const MAGIC: &[u8; 8] = b"gkvocab1";
/// Characters of a body that are counted.
const MAX_BODY_CHARS: usize = 30_000;
/// Units of the longest title that is kept.
const MAX_TITLE_UNITS: usize = 200;
/// Units of the longest word that is kept.
const MAX_WORD_UNITS: usize = 12;
/// Distinct words counted at a time, and kept.
const MAX_WORDS: usize = 400_000;

/// The terms of a collection.
#[derive(Debug, Default, Clone)]
pub struct Vocabulary {
    characters: Characters,
    words: Entries,
    phrases: Entries,
    records: u64,
}

/// What a record tells the vocabulary.
#[derive(Debug, Clone, Copy)]
pub struct RecordText<'a> {
    /// Its title, as shown.
    pub title: &'a str,
    /// Its text.
    pub body: &'a str,
    /// Its words, each as often as the caller likes to count it: once a record gives document frequencies.
    pub words: &'a [&'a str],
    /// Its issuers.
    pub issuers: &'a [String],
    /// How useful it is among the others: 1 for an ordinary record.
    pub usefulness: f32,
}

/// Collects what the records tell.
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
    /// An empty collection.
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

    /// Adds a word, with the number of records that hold it. For callers that
    /// have an index of words already and give [`RecordText::words`] empty.
    pub fn add_word(&mut self, word: &str, records: u32) {
        if let Some(count) = self.words.get_mut(word) {
            *count = count.saturating_add(records);
            return;
        }
        let units = word.chars().take(MAX_WORD_UNITS + 1).filter_map(unit_of).count();
        // Bare numbers are neither mistyped nor typed in letters.
        if units == 0 || units > MAX_WORD_UNITS || word.bytes().all(|b| b.is_ascii_digit()) {
            return;
        }
        if self.words.len() >= 2 * MAX_WORDS {
            self.forget_rare_words();
        }
        self.words.insert(word.into(), records);
    }

    fn forget_rare_words(&mut self) {
        let mut least = 1;
        while self.words.len() > MAX_WORDS {
            least += 1;
            self.words.retain(|_, count| *count >= least);
        }
    }

    /// Adds an official term of the dictionary; it is kept if the collection uses it.
    pub fn add_term(&mut self, term: &str) {
        self.terms.push(term.to_owned());
    }

    /// Adds a short name and what it stands for; it is kept if the collection uses either.
    pub fn add_short_name(&mut self, short: &str, full: &str) {
        self.short_names.insert(short.to_owned(), full.to_owned());
    }

    /// Lays everything out for look-up.
    pub fn finish(mut self) -> Vocabulary {
        self.titles.retain(|title, _| {
            let length = units_of(title).take(MAX_TITLE_UNITS + 1).count();
            (1..=MAX_TITLE_UNITS).contains(&length)
        });
        for title in self.titles.keys() {
            self.characters.add_units(units_of(title));
        }
        for issuer in self.issuers.keys() {
            self.characters.add_units(units_of(issuer));
        }
        self.forget_rare_words();
        let characters = std::mem::take(&mut self.characters).finish();
        let phrases = Entries::new(self.phrases(&characters), true);
        let words = Entries::new(words(std::mem::take(&mut self.words), &characters), false);
        Vocabulary { characters, words, phrases, records: self.records }
    }

    fn phrases(&self, characters: &Characters) -> Vec<Draft> {
        let seen = |text: &str| characters.at_most(&units_of(text).collect::<Vec<_>>());
        let mut drafts = Vec::new();
        let mut add =
            |text: &str, kind, weight: f32| drafts.push(Draft { text: text.to_owned(), kind, weight });
        for (title, usefulness) in &self.titles {
            add(title, EntryKind::Title, usefulness.ln_1p());
        }
        for (issuer, count) in &self.issuers {
            add(issuer, EntryKind::Issuer, 2.0 + (*count as f32).ln_1p());
        }
        // What the dictionary knows comes before what merely stands in a title, but what
        // the collection never says would lead to nothing.
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

/// The words, and every character on its own: they are what a text is put together from.
fn words(words: FxHashMap<Box<str>, u32>, characters: &Characters) -> Vec<Draft> {
    let draft = |text: String, count: u32| Draft { text, kind: EntryKind::Word, weight: count as f32 };
    let singles = characters.singles().filter(|(unit, _)| is_han(*unit));
    let mut drafts: Vec<Draft> =
        singles.map(|(unit, count)| draft(units::char_of(unit).to_string(), count)).collect();
    let several = words.into_iter().filter(|(word, _)| word.chars().nth(1).is_some());
    drafts.extend(several.map(|(word, count)| draft(word.into(), count)));
    drafts
}

impl Vocabulary {
    /// How characters follow each other.
    pub fn characters(&self) -> &Characters {
        &self.characters
    }

    /// The words, weighted by the number of records.
    pub fn words(&self) -> &Entries {
        &self.words
    }

    /// Titles, issuers, official terms and short names.
    pub fn phrases(&self) -> &Entries {
        &self.phrases
    }

    /// How many records it was built from.
    pub fn records(&self) -> u64 {
        self.records
    }

    /// How often a word was seen; 0 for what is no word of the collection.
    pub fn word_frequency(&self, word: &str) -> f32 {
        let units: Vec<Unit> = units_of(word).take(MAX_WORD_UNITS + 1).collect();
        self.words.find(&units).map_or(0.0, |entry| self.words.weight(entry))
    }

    /// Bytes of memory, roughly.
    pub fn memory(&self) -> usize {
        self.characters.memory() + self.words.memory() + self.phrases.memory()
    }

    /// The whole vocabulary, to be stored.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut sink = Sink::default();
        sink.number(self.records);
        self.characters.write(&mut sink);
        self.words.write(&mut sink);
        self.phrases.write(&mut sink);
        let sum = blake3::hash(&sink.bytes);
        [MAGIC.as_slice(), sum.as_bytes(), &sink.bytes].concat()
    }

    /// Reads what [`Vocabulary::to_bytes`] gave.
    ///
    /// # Errors
    /// When it is damaged or of another version: it can always be built again.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, Damaged> {
        let rest = bytes.strip_prefix(MAGIC).ok_or(Damaged)?;
        let (sum, content) = rest.split_at_checked(blake3::OUT_LEN).ok_or(Damaged)?;
        if blake3::hash(content).as_bytes() != sum {
            return Err(Damaged);
        }
        let mut source = Source::new(content);
        let records = source.number()?;
        let characters = Characters::read(&mut source)?;
        let (words, phrases) = (Entries::read(&mut source)?, Entries::read(&mut source)?);
        source.finish()?;
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
    fn knows_what_it_was_told() {
        let vocabulary = small();
        assert_eq!(vocabulary.word_frequency("政务"), 2.0);
        assert_eq!(vocabulary.word_frequency("ppp"), 2.0);
        assert_eq!(vocabulary.word_frequency("2017"), 0.0);
        let texts: Vec<&str> =
            (0..vocabulary.phrases().len()).map(|i| vocabulary.phrases().text(i)).collect();
        assert!(texts.contains(&"政务公开") && texts.contains(&"国务院"));
        assert!(!texts.contains(&"五险一金"), "the collection never says so");
    }

    #[test]
    fn comes_back_from_its_bytes_and_notices_damage() {
        let vocabulary = small();
        let mut bytes = vocabulary.to_bytes();
        let again = Vocabulary::from_bytes(&bytes).unwrap();
        assert_eq!(again.to_bytes(), bytes);
        assert_eq!(again.word_frequency("政务"), 2.0);
        for at in [0, 9, 50, bytes.len() - 1] {
            bytes[at] ^= 1;
            assert_eq!(Vocabulary::from_bytes(&bytes).err(), Some(Damaged));
            bytes[at] ^= 1;
        }
        assert_eq!(Vocabulary::from_bytes(&bytes[..40]).err(), Some(Damaged));
    }
}
