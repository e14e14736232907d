//! Resolution of letters to Chinese words of the collection.

use rustc_hash::FxHashMap;

use crate::lexicon::pinyin::compose;
use crate::lexicon::pinyin::lookup::{MatchMode, find_positions};
use crate::lexicon::pinyin::pieces;
use crate::lexicon::pinyin::pieces::{PieceSequence, ReadOptions, ReadingKind};
use crate::lexicon::vocabulary::units::{Unit, char_from_unit, units_from_text};
use crate::lexicon::vocabulary::{EntryKind, Vocabulary};

/// Most readings in one answer.
const MAX_READINGS: usize = 8;
/// Most texts read for each sequence of pieces.
const MAX_CANDIDATES: usize = 16;
/// Most passages of titles read for each sequence of pieces.
const MAX_PASSAGES: usize = 400;
/// Bonus of a whole entry (a term, an issuer) against a passage.
const WHOLE_ENTRY_BONUS: f32 = 3.0;
/// Score lost for each bit of cost of a sequence.
const READING_COST: f32 = 3.0;
/// Score lost by a text composed from words, because the collection does not contain it.
const COMPOSED_PENALTY: f32 = 4.0;
/// Least ratio of the frequency of a reading to that of the letters themselves.
const MIN_FREQUENCY_RATIO: f32 = 20.0;
/// Approximate number of occurrences of a word in a record that has it.
const OCCURRENCES_PER_RECORD: f32 = 4.0;
/// Score lost by a single character, which matches too much.
const SINGLE_PENALTY: f32 = 16.0;
/// Shortest passage of a title that is a reading, in units.
const MIN_PASSAGE_UNITS: usize = 2;

/// Chinese text that the typed letters may mean.
#[derive(Debug, Clone, PartialEq)]
pub struct Reading {
    /// Text, a term of the collection.
    pub text: String,
    /// Score, higher is better; a step of one is about a doubling of use.
    pub score: f32,
    /// Kind of reading of the letters.
    pub kind: ReadingKind,
}

/// Readings of the letters in a query, the most useful first. Empty if there
/// are no letters, if they are words of the collection themselves (`PPP`), or
/// if no text of the collection matches them.
pub fn resolve(query: &str, vocabulary: &Vocabulary) -> Vec<Reading> {
    if !pieces::has_letters(query) {
        return Vec::new();
    }
    let is_literal = |run: &str| vocabulary.word_frequency(run) > 0.0;
    let readings_around_words = find_readings(query, vocabulary, &is_literal);
    if !readings_around_words.is_empty() {
        return readings_around_words;
    }
    // Addresses of sites leave `zwgk` and the like among the words: letters whose Chinese reading is
    // far more frequent are meant as Chinese.
    let mut readings = resolve_anyway(query, vocabulary);
    readings.retain(|r| {
        let letters = vocabulary.word_frequency(query.trim());
        vocabulary.characters().count_limit(&units_from_text(&r.text).collect::<Vec<_>>())
            > MIN_FREQUENCY_RATIO * letters
    });
    readings
}

/// Like [`resolve`], but reads letters that are words of the collection as pinyin as well:
/// for a caller whose search for the words themselves found nothing.
pub fn resolve_anyway(query: &str, vocabulary: &Vocabulary) -> Vec<Reading> {
    find_readings(query, vocabulary, &|_| false)
}

fn find_readings(query: &str, vocabulary: &Vocabulary, is_literal: &dyn Fn(&str) -> bool) -> Vec<Reading> {
    let mut sequences = pieces::piece_sequences(query, ReadOptions { is_unfinished: false, is_literal });
    sequences.retain(PieceSequence::has_letters);
    let cheapest = sequences.first().map_or(0.0, |sequence| sequence.cost);
    let mut collector = ReadingCollector { vocabulary, best: FxHashMap::default() };
    for sequence in &sequences {
        let penalty = READING_COST * (sequence.cost - cheapest);
        collector.add_whole_entries(sequence, penalty);
        collector.add_passages(sequence, penalty);
    }
    if collector.best.is_empty() {
        for sequence in &sequences {
            let penalty = COMPOSED_PENALTY + READING_COST * (sequence.cost - cheapest);
            let text = compose::compose(&sequence.pieces, vocabulary);
            if let Some(text) = text.filter(|t| compose::is_made_of_words(t, vocabulary)) {
                collector.add(text, sequence, -penalty);
            }
        }
    }
    collector.into_readings()
}

/// Collector of texts with their best scores.
struct ReadingCollector<'a> {
    vocabulary: &'a Vocabulary,
    best: FxHashMap<Vec<Unit>, (f32, ReadingKind)>,
}

impl ReadingCollector<'_> {
    fn add(&mut self, units: Vec<Unit>, sequence: &PieceSequence, bonus: f32) {
        let score = self.usage(&units) + bonus;
        let kept = self.best.entry(units).or_insert((f32::MIN, sequence.kind()));
        if score > kept.0 {
            *kept = (score, sequence.kind());
        }
    }

    /// Use of a text in the collection, in doublings.
    fn usage(&self, units: &[Unit]) -> f32 {
        let words = self.vocabulary.words();
        let frequency = match words.find(units) {
            _ if units.len() == 1 => {
                return self.vocabulary.characters().single(units[0]).log2() - SINGLE_PENALTY;
            }
            Some(word) => OCCURRENCES_PER_RECORD * words.weight(word),
            None => self.vocabulary.characters().count_limit(units),
        };
        (1.0 + frequency).log2()
    }

    /// Adds words, terms, issuers, short names and titles that match the pieces as a whole.
    fn add_whole_entries(&mut self, sequence: &PieceSequence, penalty: f32) {
        for entries in [self.vocabulary.words(), self.vocabulary.phrases()] {
            for position in find_positions(entries, &sequence.pieces, MatchMode::Whole).take(MAX_CANDIDATES) {
                let named = entries.kind(entries.locate(position).0) != EntryKind::Title;
                let bonus = if named { WHOLE_ENTRY_BONUS } else { 0.0 };
                self.add(entries.units_from(position).to_vec(), sequence, bonus - penalty);
            }
        }
    }

    /// Adds passages of titles; passages that many titles have are more likely meant.
    fn add_passages(&mut self, sequence: &PieceSequence, penalty: f32) {
        let length = sequence.pieces.len();
        if length < MIN_PASSAGE_UNITS {
            return;
        }
        let phrases = self.vocabulary.phrases();
        let mut counts: FxHashMap<&[Unit], f32> = FxHashMap::default();
        for position in find_positions(phrases, &sequence.pieces, MatchMode::Anywhere).take(MAX_PASSAGES) {
            *counts.entry(&phrases.units_from(position)[..length]).or_default() += 1.0;
        }
        for (passage, count) in counts {
            if compose::is_made_of_words(passage, self.vocabulary) {
                self.add(passage.to_vec(), sequence, (1.0 + count).log2().min(WHOLE_ENTRY_BONUS) - penalty);
            }
        }
    }

    fn into_readings(self) -> Vec<Reading> {
        let mut readings: Vec<Reading> = self
            .best
            .into_iter()
            .map(|(units, (score, kind))| Reading {
                text: units.into_iter().map(char_from_unit).collect(),
                score,
                kind,
            })
            .collect();
        readings.sort_by(|a, b| b.score.total_cmp(&a.score).then_with(|| a.text.cmp(&b.text)));
        readings.truncate(MAX_READINGS);
        readings
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lexicon::vocabulary::{RecordText, VocabularyBuilder};

    fn vocabulary() -> Vocabulary {
        let mut builder = VocabularyBuilder::new();
        for (title, words) in [
            ("政府信息公开条例", &["政府", "信息", "公开", "条例", "PPP", "APP"][..]),
            ("关于做好政务公开工作的通知", &["政务", "公开", "工作", "通知", "zwgk"]),
            ("政务公开工作要点", &["政务", "公开", "工作", "要点"]),
            ("景点管理办法", &["景点", "管理", "办法"]),
            ("经典诵读活动", &["经典", "诵读", "活动"]),
            ("拖欠农民工工资", &["拖欠", "农民工", "工资"]),
            ("西安市重庆市", &["西安", "重庆"]),
        ] {
            let body = [title; 30].join("。");
            builder.add_record(&RecordText { title, body: &body, words, issuers: &[], usefulness: 1.0 });
        }
        builder.finish()
    }

    fn texts(query: &str) -> Vec<String> {
        resolve(query, &vocabulary()).into_iter().map(|r| r.text).collect()
    }

    #[test]
    fn resolve_letters_finds_terms_of_collection() {
        for (query, first) in [
            ("zhengwugongkai", "政务公开"),
            ("zwgk", "政务公开"),
            ("政务gongkai", "政务公开"),
            ("zhengwu公开", "政务公开"),
            ("zwu gkai", "政务公开"),
            ("zfxxgk", "政府信息公开"),
            ("zhengfuxinxigongkaitiaoli", "政府信息公开条例"),
            ("gongzituoqian", "工资拖欠"),
            ("chongqing", "重庆"),
            ("xian", "西安"),
            ("xi'an", "西安"),
            ("ppp guanlibanfa", "ppp管理办法"),
        ] {
            assert_eq!(texts(query).first().map(String::as_str), Some(first), "{query}: {:?}", texts(query));
        }
    }

    #[test]
    fn resolve_homophones_returns_each() {
        let both = texts("jingdian");
        assert_eq!(both.len(), 2);
        assert!(both.contains(&"景点".to_owned()) && both.contains(&"经典".to_owned()));
        assert!(texts("景点").is_empty() && texts("jingdain").is_empty());
    }

    #[test]
    fn resolve_words_of_collection_is_empty() {
        assert!(texts("PPP").is_empty() && texts("app ppp").is_empty());
        assert!(texts("").is_empty() && texts("政务公开").is_empty());
        assert!(!resolve_anyway("zwgk", &vocabulary()).is_empty());
    }

    #[test]
    fn resolve_returns_kind_of_reading() {
        let kind = |query: &str| resolve(query, &vocabulary())[0].kind;
        assert_eq!(kind("zhengwugongkai"), ReadingKind::Full);
        assert_eq!(kind("zwgk"), ReadingKind::Initials);
        assert_eq!(kind("政务gongkai"), ReadingKind::Mixed);
    }
}
