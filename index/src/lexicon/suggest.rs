//! Suggestions while a query is being typed: titles, issuers, official terms
//! and short names of the collection, the most useful first.
//!
//! Characters, full pinyin, initials and mixtures of them match at the
//! beginning of a text or inside it. Nothing is corrected here.

use std::collections::HashSet;
use std::ops::Range;
use std::sync::Arc;

use crate::lexicon::pinyin::lookup::{MatchMode, find_positions};
use crate::lexicon::pinyin::pieces;
use crate::lexicon::pinyin::pieces::{PieceSequence, ReadOptions};
use crate::lexicon::vocabulary::units::byte_range;
use crate::lexicon::vocabulary::{EntryKind, Vocabulary};

/// Most suggestions in one answer.
pub const MAX_SUGGESTIONS: usize = 10;
/// Candidates taken from each source before they are ranked.
const MAX_CANDIDATES: usize = 3 * MAX_SUGGESTIONS;
/// Bonus for a text that begins with the typed one, against one that has it inside.
const BEGINNING_BONUS: f32 = 3.0;
/// Score lost for each bit of cost of a reading.
const READING_COST: f32 = 2.0;

/// One suggestion.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Suggestion {
    /// Text as published.
    pub text: String,
    /// Kind of the text.
    pub kind: EntryKind,
    /// Range of `text` that matches the typed text, in bytes.
    pub matched: Range<usize>,
}

/// Suggester over the vocabulary of a collection.
#[derive(Debug, Clone)]
pub struct Suggester {
    vocabulary: Arc<Vocabulary>,
}

struct Candidate {
    entry: usize,
    from: usize,
    length: usize,
    score: f32,
}

impl Suggester {
    /// Creates a suggester over a vocabulary.
    pub fn new(vocabulary: Arc<Vocabulary>) -> Self {
        Self { vocabulary }
    }

    /// At most [`MAX_SUGGESTIONS`] suggestions, the best first.
    pub fn suggest(&self, typed: &str) -> Vec<Suggestion> {
        let sequences =
            pieces::piece_sequences(typed, ReadOptions { is_unfinished: true, is_literal: &|_| false });
        let cheapest = sequences.first().map_or(0.0, |sequence| sequence.cost);
        let mut candidates: Vec<Candidate> = Vec::new();
        for sequence in &sequences {
            let penalty = READING_COST * (sequence.cost - cheapest);
            candidates.extend(self.candidates(sequence, MatchMode::Beginning, BEGINNING_BONUS - penalty));
            candidates.extend(self.candidates(sequence, MatchMode::Anywhere, -penalty));
        }
        candidates.sort_by(|a, b| b.score.total_cmp(&a.score).then(a.entry.cmp(&b.entry)));
        let mut taken = HashSet::new();
        let distinct = candidates.into_iter().filter(|c| taken.insert(c.entry));
        distinct.take(MAX_SUGGESTIONS).map(|c| self.suggestion(&c)).collect()
    }

    fn candidates<'a>(
        &'a self,
        sequence: &'a PieceSequence,
        mode: MatchMode,
        bonus: f32,
    ) -> impl Iterator<Item = Candidate> + 'a {
        let phrases = self.vocabulary.phrases();
        find_positions(phrases, &sequence.pieces, mode).take(MAX_CANDIDATES).map(move |position| {
            let (entry, from) = phrases.locate(position);
            let score = phrases.weight(entry) + bonus;
            Candidate { entry, from, length: sequence.pieces.len(), score }
        })
    }

    fn suggestion(&self, candidate: &Candidate) -> Suggestion {
        let phrases = self.vocabulary.phrases();
        let text = phrases.text(candidate.entry);
        Suggestion {
            text: text.to_owned(),
            kind: phrases.kind(candidate.entry),
            matched: byte_range(text, candidate.from, candidate.from + candidate.length),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lexicon::vocabulary::{RecordText, VocabularyBuilder};

    fn suggester() -> Suggester {
        let mut builder = VocabularyBuilder::new();
        for (title, usefulness) in [
            ("中华人民共和国政府信息公开条例", 9.0),
            ("关于印发《政务公开工作要点》的通知", 2.0),
            ("关于印发政务公开工作要点的通知", 1.0),
            ("PPP项目管理办法", 1.0),
            ("西安市城市管理条例", 1.0),
            ("县域商业体系建设", 1.0),
        ] {
            builder.add_record(&RecordText {
                title,
                body: "推进政务公开",
                words: &[],
                issuers: &["重庆市人民政府".to_owned()],
                usefulness,
            });
        }
        builder.add_term("政务公开");
        Suggester::new(Arc::new(builder.finish()))
    }

    fn texts(typed: &str) -> Vec<String> {
        suggester().suggest(typed).into_iter().map(|s| s.text).collect()
    }

    #[test]
    fn suggest_in_every_notation_finds_same_text() {
        for typed in
            ["政务", "zhengwugongkai", "zhengwugon", "zwgk", "政务gk", "zhengwu公开", "zwu gkai", "ｚｗｇｋ"]
        {
            let found = texts(typed);
            assert_eq!(found[0], "政务公开", "{typed}");
            assert!(found.contains(&"关于印发《政务公开工作要点》的通知".to_owned()), "{typed}");
            assert_eq!(
                found.len(),
                2,
                "{typed}: the same title with and without its marks is one: {found:?}"
            );
        }
        assert_eq!(texts("chongqing"), ["重庆市人民政府"]);
        assert_eq!(texts("pppxm"), ["PPP项目管理办法"]);
        let xian = texts("xian");
        assert!(
            xian.contains(&"西安市城市管理条例".to_owned()) && xian.contains(&"县域商业体系建设".to_owned())
        );
    }

    #[test]
    fn suggestion_marks_matched_part_of_published_text() {
        for typed in ["务公开工", "发政务公", "wugongkaigong", "wgkg"] {
            let found = suggester().suggest(typed);
            let expected = if typed == "发政务公" { "发《政务公" } else { "务公开工" };
            assert_eq!(&found[0].text[found[0].matched.clone()], expected);
        }
    }

    #[test]
    fn suggest_for_empty_or_unknown_text_is_empty() {
        assert!(texts("").is_empty() && texts("《").is_empty() && texts("没有这个").is_empty());
    }
}
