//! From letters to the Chinese words of the collection.

use rustc_hash::FxHashMap;

use crate::lexicon::pinyin::compose;
use crate::lexicon::pinyin::lookup::{Where, places};
use crate::lexicon::pinyin::typed;
use crate::lexicon::pinyin::typed::{Manner, ReadingKind, Typed};
use crate::lexicon::vocabulary::units::{Unit, char_of, units_of};
use crate::lexicon::vocabulary::{EntryKind, Vocabulary};

/// Most readings of one answer.
const MAX_READINGS: usize = 8;
/// Texts looked at for each way of reading the letters.
const CANDIDATES: usize = 16;
/// Passages of titles looked at for each way of reading the letters.
const PASSAGES: usize = 400;
/// What a text that stands by itself (a term, an issuer) is worth against a passage.
const STANDS_ALONE: f32 = 3.0;
/// What each bit of cost of a reading takes away.
const READING_COST: f32 = 3.0;
/// What a text put together from words loses: nobody is known to have said it.
const PUT_TOGETHER: f32 = 4.0;
/// How much more frequent than the letters themselves a reading must be.
const OUTWEIGHS: f32 = 20.0;
/// How often a word stands in a record that has it, roughly.
const OCCURRENCES: f32 = 4.0;
/// What a single character loses: it finds everything and nothing.
const SINGLE: f32 = 16.0;
/// Shortest passage of a title that is taken as a reading.
const MIN_PASSAGE: usize = 2;

/// Chinese text that what was typed may stand for.
#[derive(Debug, Clone, PartialEq)]
pub struct Reading {
    /// The text, a term of the collection.
    pub text: String,
    /// More is better; a step of one is about a doubling of use.
    pub score: f32,
    /// How the letters were read.
    pub kind: ReadingKind,
}

/// What the letters in a query stand for, the most useful first. Empty when there
/// are no letters, when they are words of the collection themselves (`PPP`), or
/// when they stand for nothing in it.
pub fn resolve(query: &str, vocabulary: &Vocabulary) -> Vec<Reading> {
    if !typed::has_letters(query) {
        return Vec::new();
    }
    let literal = |run: &str| vocabulary.word_frequency(run) > 0.0;
    let around_words = readings(query, vocabulary, &literal);
    if !around_words.is_empty() {
        return around_words;
    }
    // Addresses of sites leave `zwgk` and the like among the words: what is far more
    // frequent as Chinese is meant as Chinese.
    let mut anyway = resolve_anyway(query, vocabulary);
    anyway.retain(|r| {
        let letters = vocabulary.word_frequency(query.trim());
        vocabulary.characters().at_most(&units_of(&r.text).collect::<Vec<_>>()) > OUTWEIGHS * letters
    });
    anyway
}

/// Like [`resolve`], but letters that are words of the collection are read as pinyin as well:
/// for a caller to whom the words themselves found nothing.
pub fn resolve_anyway(query: &str, vocabulary: &Vocabulary) -> Vec<Reading> {
    readings(query, vocabulary, &|_| false)
}

fn readings(query: &str, vocabulary: &Vocabulary, literal: &dyn Fn(&str) -> bool) -> Vec<Reading> {
    let mut ways = typed::ways(query, Manner { unfinished: false, literal });
    ways.retain(Typed::has_letters);
    let cheapest = ways.first().map_or(0.0, |way| way.cost);
    let mut found = Found { vocabulary, best: FxHashMap::default() };
    for way in &ways {
        let penalty = READING_COST * (way.cost - cheapest);
        found.standing_alone(way, penalty);
        found.passages(way, penalty);
    }
    if found.best.is_empty() {
        for way in &ways {
            let penalty = PUT_TOGETHER + READING_COST * (way.cost - cheapest);
            let text = compose::compose(&way.pieces, vocabulary);
            if let Some(text) = text.filter(|t| compose::is_made_of_words(t, vocabulary)) {
                found.add(text, way, -penalty);
            }
        }
    }
    found.into_readings()
}

/// The best score of each text found so far.
struct Found<'a> {
    vocabulary: &'a Vocabulary,
    best: FxHashMap<Vec<Unit>, (f32, ReadingKind)>,
}

impl Found<'_> {
    fn add(&mut self, units: Vec<Unit>, way: &Typed, bonus: f32) {
        let score = self.use_of(&units) + bonus;
        let kept = self.best.entry(units).or_insert((f32::MIN, way.kind()));
        if score > kept.0 {
            *kept = (score, way.kind());
        }
    }

    /// How much a text is used, in doublings.
    fn use_of(&self, units: &[Unit]) -> f32 {
        let words = self.vocabulary.words();
        let frequency = match words.find(units) {
            _ if units.len() == 1 => return self.vocabulary.characters().single(units[0]).log2() - SINGLE,
            Some(word) => OCCURRENCES * words.weight(word),
            None => self.vocabulary.characters().at_most(units),
        };
        (1.0 + frequency).log2()
    }

    /// Words, terms, issuers, short names and titles that are the pieces from beginning to end.
    fn standing_alone(&mut self, way: &Typed, penalty: f32) {
        for entries in [self.vocabulary.words(), self.vocabulary.phrases()] {
            for place in places(entries, &way.pieces, Where::Whole).take(CANDIDATES) {
                let named = entries.kind(entries.locate(place).0) != EntryKind::Title;
                let bonus = if named { STANDS_ALONE } else { 0.0 };
                self.add(entries.units_from(place).to_vec(), way, bonus - penalty);
            }
        }
    }

    /// Passages of titles; those that many titles have are likelier to be what is meant.
    fn passages(&mut self, way: &Typed, penalty: f32) {
        let length = way.pieces.len();
        if length < MIN_PASSAGE {
            return;
        }
        let phrases = self.vocabulary.phrases();
        let mut counts: FxHashMap<&[Unit], f32> = FxHashMap::default();
        for place in places(phrases, &way.pieces, Where::Anywhere).take(PASSAGES) {
            *counts.entry(&phrases.units_from(place)[..length]).or_default() += 1.0;
        }
        for (passage, count) in counts {
            if compose::is_made_of_words(passage, self.vocabulary) {
                self.add(passage.to_vec(), way, (1.0 + count).log2().min(STANDS_ALONE) - penalty);
            }
        }
    }

    fn into_readings(self) -> Vec<Reading> {
        let mut readings: Vec<Reading> = self
            .best
            .into_iter()
            .map(|(units, (score, kind))| Reading {
                text: units.into_iter().map(char_of).collect(),
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
    fn letters_lead_to_terms_of_the_collection() {
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
    fn words_that_sound_alike_stay_apart() {
        let both = texts("jingdian");
        assert_eq!(both.len(), 2);
        assert!(both.contains(&"景点".to_owned()) && both.contains(&"经典".to_owned()));
        assert!(texts("景点").is_empty() && texts("jingdain").is_empty());
    }

    #[test]
    fn letters_that_are_words_of_the_collection_are_left_alone() {
        assert!(texts("PPP").is_empty() && texts("app ppp").is_empty());
        assert!(texts("").is_empty() && texts("政务公开").is_empty());
        assert!(!resolve_anyway("zwgk", &vocabulary()).is_empty());
    }

    #[test]
    fn the_kind_says_how_the_letters_were_read() {
        let kind = |query: &str| resolve(query, &vocabulary())[0].kind;
        assert_eq!(kind("zhengwugongkai"), ReadingKind::Full);
        assert_eq!(kind("zwgk"), ReadingKind::Initials);
        assert_eq!(kind("政务gongkai"), ReadingKind::Mixed);
    }
}
