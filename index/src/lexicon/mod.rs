//! The lexicon: names, spelling, pinyin and suggestions over the vocabulary of a collection, built
//! for one generation and usable for those after it.

pub mod names;
pub mod pinyin;
pub mod spelling;
pub mod suggest;
pub mod vocabulary;

use std::path::Path;
use std::sync::Arc;

use crate::analysis::Analyzer;
use crate::analysis::words::dictionary_words;
use crate::checksum;
use crate::error::Result;
use crate::lexicon::names::{Names, NamesBuilder};
use crate::lexicon::spelling::{Correction, Evidence, Speller};
use crate::lexicon::suggest::{Suggester, Suggestion};
use crate::lexicon::vocabulary::{RecordText, Vocabulary, VocabularyBuilder};
use crate::record::generation::Generation;
use crate::record::{Kind, Record, Validity};
use crate::throttle::{Effort, Throttle};

/// The records and words of one generation, from which a lexicon is built.
pub trait LexiconSource {
    /// Returns the generation.
    fn generation(&self) -> Generation;

    /// Visits the words of titles and bodies with the number of records that have them; a word
    /// may come several times, its numbers add up.
    ///
    /// # Errors
    /// A failure of the backend.
    fn each_word(&self, visit: &mut dyn FnMut(&str, u32)) -> Result<()>;

    /// Visits every record.
    ///
    /// # Errors
    /// A failure of the backend.
    fn each_record(&self, visit: &mut dyn FnMut(&Record)) -> Result<()>;
}

/// The vocabulary of one generation with its readers.
pub struct Lexicon {
    /// Generation from which it was built.
    pub generation: Generation,
    vocabulary: Arc<Vocabulary>,
    names: Names,
    speller: Speller,
    suggester: Suggester,
}

impl Lexicon {
    /// Builds the lexicon from the whole collection.
    ///
    /// # Errors
    /// A failure of the index.
    pub fn build(source: &dyn LexiconSource, effort: Effort) -> Result<Self> {
        let (generation, throttle) = (source.generation(), Throttle::from_effort(effort));
        let mut builder = VocabularyBuilder::new();
        source.each_word(&mut |word, records| builder.add_word(word, records))?;
        let mut names = NamesBuilder::default();
        source.each_record(&mut |record| {
            builder.add_record(&record_text(record));
            names.add(record);
            throttle.pause();
        })?;
        let names = names.finish();
        for term in dictionary_words(include_str!("../../dictionary/words.tsv")) {
            builder.add_term(term);
        }
        for (short, full) in short_names() {
            builder.add_short_name(short, full);
        }
        for (short, full) in names.all_shorts() {
            builder.add_short_name(short, full);
        }
        Ok(Self::new(builder.finish(), names, generation))
    }

    fn new(vocabulary: Vocabulary, names: Names, generation: Generation) -> Self {
        let vocabulary = Arc::new(vocabulary);
        let suggester = Suggester::new(vocabulary.clone());
        let analyzer = Analyzer::shared();
        let speller = Speller::new(vocabulary.clone())
            .keeping(place_names())
            .consulting(move |word| analyzer.knows(word));
        Self { generation, speller, suggester, names, vocabulary }
    }

    /// Reads a file written by [`Lexicon::save`]; `None` if it is damaged or of another
    /// generation, because it can always be built again.
    pub fn load(path: &Path, generation: Generation) -> Option<Self> {
        Self::from_bytes(&checksum::read(path)?).filter(|lexicon| lexicon.generation == generation)
    }

    /// Reads the bytes of [`Lexicon::to_bytes`]; `None` if they are damaged.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (head, rest) = bytes.split_at_checked(8)?;
        let generation = Generation::from_le_bytes(head.try_into().ok()?);
        let (length, rest) = rest.split_at_checked(8)?;
        let length = u64::from_le_bytes(length.try_into().ok()?);
        let (names, rest) = rest.split_at_checked(usize::try_from(length).ok()?)?;
        let names: Names = serde_json::from_slice(names).ok()?;
        let vocabulary = Vocabulary::from_bytes(rest).ok()?;
        Some(Self::new(vocabulary, names, generation))
    }

    /// Writes the lexicon to a file beside the index, completely or not at all.
    ///
    /// # Errors
    /// Failures of the file system.
    pub fn save(&self, path: &Path) -> std::io::Result<()> {
        checksum::write(path, self.to_bytes()?)
    }

    /// Serialises the lexicon for [`Lexicon::from_bytes`].
    ///
    /// # Errors
    /// None is known: names are strings and numbers.
    pub fn to_bytes(&self) -> std::io::Result<Vec<u8>> {
        let names = serde_json::to_vec(&self.names)?;
        let mut bytes = self.generation.to_le_bytes().to_vec();
        bytes.extend((names.len() as u64).to_le_bytes());
        bytes.extend(names);
        bytes.extend(self.vocabulary.to_bytes());
        Ok(bytes)
    }

    /// Names that the collection uses.
    pub fn names(&self) -> &Names {
        &self.names
    }

    /// Chinese readings of the Latin letters in a text, if they lead to terms of the collection;
    /// the most likely first.
    pub fn pinyin(&self, text: &str) -> Vec<String> {
        pinyin::resolve(text, &self.vocabulary).into_iter().map(|reading| reading.text).collect()
    }

    /// Correction of a text that seems mistyped.
    pub fn correct(&self, text: &str, evidence: Evidence<'_>) -> Option<Correction> {
        self.speller.correct_by(text, evidence)
    }

    /// Completions of a text that is being typed.
    pub fn suggest(&self, text: &str) -> Vec<Suggestion> {
        self.suggester.suggest(text)
    }
}

/// Names of places, so that a place that the collection lacks is not replaced by its homophone.
fn place_names() -> impl Iterator<Item = &'static str> {
    let lines = include_str!("../../dictionary/places.tsv").lines().filter(|line| !line.starts_with('#'));
    lines.filter_map(|line| line.split('\t').next()?.rsplit('/').next())
}

/// Text of a record for the vocabulary. Records in force and records that govern others are more
/// useful.
fn record_text(record: &Record) -> RecordText<'_> {
    let by_kind = match record.kind {
        Kind::Policy => 1.5,
        Kind::Interpretation => 0.8,
        Kind::Document => 1.0,
    };
    let ended = matches!(record.validity, Some(Validity::Repealed | Validity::Expired));
    RecordText {
        title: &record.title,
        body: &record.body,
        words: &[],
        issuers: &record.issuers,
        usefulness: if ended { by_kind * 0.5 } else { by_kind },
    }
}

/// Abbreviations in the dictionary of synonyms.
fn short_names() -> impl Iterator<Item = (&'static str, &'static str)> {
    let lines = include_str!("../../dictionary/synonyms.tsv").lines().filter(|line| !line.starts_with('#'));
    lines.filter_map(|line| {
        let mut columns = line.split('\t');
        let (from, to, kind) = (columns.next()?, columns.next()?, columns.next()?);
        (kind == "abbreviation").then_some((from, to))
    })
}
