//! Completions while something is being typed: titles, issuers, official terms
//! and short names of the collection, the most useful first.
//!
//! Characters, full pinyin, initials and all of them mixed are understood, at the
//! beginning of a text or inside it. Nothing is corrected here.

use std::collections::HashSet;
use std::ops::Range;
use std::sync::Arc;

use crate::lexicon::pinyin::lookup::{Where, places};
use crate::lexicon::pinyin::typed;
use crate::lexicon::pinyin::typed::{Manner, Typed};
use crate::lexicon::vocabulary::units::bytes_of;
use crate::lexicon::vocabulary::{EntryKind, Vocabulary};

/// Most completions of one answer.
pub const MAX_SUGGESTIONS: usize = 10;
/// Candidates taken from each source before they are put in order.
const CANDIDATES: usize = 3 * MAX_SUGGESTIONS;
/// What beginning with the typed text is worth against standing inside it.
const AT_BEGINNING: f32 = 3.0;
/// What each bit of cost of a reading takes away.
const READING_COST: f32 = 2.0;

/// One completion.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Suggestion {
    /// The text, as published.
    pub text: String,
    /// What it is.
    pub kind: EntryKind,
    /// The bytes of `text` that stand for what was typed.
    pub matched: Range<usize>,
}

/// Completes what is typed from a collection's vocabulary.
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
    /// Completes from this vocabulary.
    pub fn new(vocabulary: Arc<Vocabulary>) -> Self {
        Self { vocabulary }
    }

    /// At most [`MAX_SUGGESTIONS`] completions, the best first.
    pub fn suggest(&self, typed: &str) -> Vec<Suggestion> {
        let ways = typed::ways(typed, Manner { unfinished: true, literal: &|_| false });
        let cheapest = ways.first().map_or(0.0, |way| way.cost);
        let mut candidates: Vec<Candidate> = Vec::new();
        for way in &ways {
            let penalty = READING_COST * (way.cost - cheapest);
            candidates.extend(self.candidates(way, Where::Beginning, AT_BEGINNING - penalty));
            candidates.extend(self.candidates(way, Where::Anywhere, -penalty));
        }
        candidates.sort_by(|a, b| b.score.total_cmp(&a.score).then(a.entry.cmp(&b.entry)));
        let mut taken = HashSet::new();
        let distinct = candidates.into_iter().filter(|c| taken.insert(c.entry));
        distinct.take(MAX_SUGGESTIONS).map(|c| self.suggestion(&c)).collect()
    }

    fn candidates<'a>(
        &'a self,
        way: &'a Typed,
        at: Where,
        bonus: f32,
    ) -> impl Iterator<Item = Candidate> + 'a {
        let phrases = self.vocabulary.phrases();
        places(phrases, &way.pieces, at).take(CANDIDATES).map(move |place| {
            let (entry, from) = phrases.locate(place);
            let score = phrases.weight(entry) + bonus;
            Candidate { entry, from, length: way.pieces.len(), score }
        })
    }

    fn suggestion(&self, candidate: &Candidate) -> Suggestion {
        let phrases = self.vocabulary.phrases();
        let text = phrases.text(candidate.entry);
        Suggestion {
            text: text.to_owned(),
            kind: phrases.kind(candidate.entry),
            matched: bytes_of(text, candidate.from, candidate.from + candidate.length),
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
    fn one_text_is_found_however_it_is_typed() {
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
    fn the_matched_part_is_marked_in_the_text_as_published() {
        for typed in ["务公开工", "发政务公", "wugongkaigong", "wgkg"] {
            let found = suggester().suggest(typed);
            let expected = if typed == "发政务公" { "发《政务公" } else { "务公开工" };
            assert_eq!(&found[0].text[found[0].matched.clone()], expected);
        }
    }

    #[test]
    fn nothing_is_completed_from_nothing() {
        assert!(texts("").is_empty() && texts("《").is_empty() && texts("没有这个").is_empty());
    }
}
