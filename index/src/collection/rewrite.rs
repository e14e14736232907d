//! Asking a collection as a person does: the query as typed; where that matches
//! too little, what was probably meant; and where all words together match too
//! little, most of them. Works with every backend, and says what it did.

use crate::analysis::{Analyzer, Class, Token, class, numeral};
use crate::backend::{Budget, Searcher};
use crate::error::Result;
use crate::lexicon::Lexicon;
use crate::lexicon::names::{NONE, Names};
use crate::official::document_number;
use crate::official::document_number::DocumentNumber;
use crate::query::near;
use crate::query::near::Nearness;
use crate::query::parse::{parse, parse_with_names};
use crate::query::stopwords::{Telling, telling};
use crate::query::{Clause, Mode, ParsedQuery, Phrase, Query};
use crate::ranking::weights;
use crate::record::generation::Generation;
use crate::results::{Hit, SearchResults};

/// Why something else was searched than was typed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Because {
    /// The typed text seems mistyped.
    Spelling,
    /// Letters were typed for characters.
    Pinyin,
}

/// A text that was searched instead of the one typed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Instead {
    /// As typed.
    pub from: String,
    /// As searched.
    pub to: String,
    /// Why.
    pub because: Because,
}

/// The answer to a query.
#[derive(Debug, Clone)]
pub struct Answer {
    /// Hits, total, facets.
    pub results: SearchResults,
    /// What was searched in the end.
    pub understanding: ParsedQuery,
    /// What was searched instead of what was typed.
    pub instead: Option<Instead>,
    /// Whether not all words were required.
    pub relaxed: bool,
    /// Records whose numbers are near one that was typed and is not held.
    pub near: Vec<Near>,
}

/// A record that is not the one named, but numbered near it.
#[derive(Debug, Clone)]
pub struct Near {
    /// The number that is not held, in its normal form.
    pub missing: String,
    /// How it is near.
    pub how: Nearness,
    /// The record.
    pub hit: Hit,
}

/// Longest text, in characters, that is looked for as a passage.
const LONGEST_PASSAGE: usize = 60;
/// Most numbers of one query whose neighbours are looked up.
const MOST_NUMBERS: usize = 3;

/// Says of each hit to which of the readings it is near, and how.
pub fn near_misses(readings: &[DocumentNumber], hits: Vec<Hit>) -> Vec<Near> {
    let near = |hit: Hit| {
        let number = document_number::parse(hit.record.document_number.as_deref()?)?;
        let (missing, (how, _)) =
            readings.iter().find_map(|reading| Some((reading, near::nearness(reading, &number)?)))?;
        Some(Near { missing: missing.to_string(), how, hit })
    };
    hits.into_iter().filter_map(near).collect()
}

/// What is asked, and by what it is read.
pub struct Asker<'a> {
    /// The collection.
    pub searcher: &'a dyn Searcher,
    /// The analyzer of queries.
    pub analyzer: &'a Analyzer,
    /// What the collection knows of typing; without it nothing is corrected.
    pub typing: Option<&'a Lexicon>,
    /// How long it may take.
    pub budget: &'a Budget,
}

impl Asker<'_> {
    /// Asks.
    ///
    /// # Errors
    /// As [`Searcher::search`].
    pub fn ask(&self, query: &Query, mode: Mode, at: Option<Generation>) -> Result<Answer> {
        let query = &self.knowing(query, mode);
        let strict = self.searcher.search(query, at, self.budget)?;
        let generation = strict.generation;
        let typed = Answer {
            results: strict,
            understanding: query.understanding.clone(),
            instead: None,
            relaxed: false,
            near: Vec::new(),
        };
        if mode == Mode::Literal {
            return Ok(typed);
        }
        let near = self.near(&typed.understanding, query, generation)?;
        let typed = Answer { near, ..typed };
        let too_little = self.too_little(&typed);
        let suspicious = too_little || self.in_pieces(&typed.understanding.text);
        if (suspicious || self.is_said_nowhere(query, generation))
            && let Some(meant) = self.meant(query, &typed, suspicious, generation)?
        {
            return Ok(meant);
        }
        if !too_little {
            return Ok(typed);
        }
        self.relaxed(query, typed, generation)
    }

    /// The query, read with the names of the collection, without the preferences that the
    /// person does not have.
    pub fn knowing(&self, query: &Query, mode: Mode) -> Query {
        let mut query = query.clone();
        if mode == Mode::Smart && query.understanding.matching != Clause::All {
            query.understanding = self.read(&query.understanding.text, &query.ignored);
        }
        query
    }

    fn read(&self, text: &str, ignored: &[String]) -> ParsedQuery {
        let names: &Names = self.typing.map_or(&NONE, Lexicon::names);
        let mut understanding = parse_with_names(text, Mode::Smart, self.analyzer, names);
        understanding.preferences.retain(|preference| !ignored.contains(&preference.text));
        understanding
    }

    /// For each number that is typed and not held, the records numbered near it.
    fn near(&self, read: &ParsedQuery, query: &Query, generation: Generation) -> Result<Vec<Near>> {
        let mut found = Vec::new();
        for readings in read.numbers.iter().take(MOST_NUMBERS) {
            let held =
                self.searcher.search(&near::held(readings, query.today), Some(generation), self.budget)?;
            if held.total > 0 {
                continue;
            }
            let around = near::near(readings, query.today);
            let results = self.searcher.search(&around, Some(generation), self.budget)?;
            found.extend(near_misses(readings, results.hits));
        }
        Ok(found)
    }

    /// Nothing at all; or next to nothing for a query so long that one word may be too many.
    fn too_little(&self, answer: &Answer) -> bool {
        let understanding = &answer.understanding;
        let few = match understanding.question {
            true => weights::FEW_FOR_QUESTION,
            false if understanding.required >= weights::LONG_QUERY => weights::FEW_MATCHES,
            false => 1,
        };
        answer.results.matched < few
    }

    /// Whether the text falls into single characters side by side, as a mistyped word
    /// does (正务公开: 正, 务, 公开): all of them may stand in a record without the word.
    fn in_pieces(&self, text: &str) -> bool {
        let words = self.analyzer.words(text);
        let single =
            |token: &Token| token.range.len() == '字'.len_utf8() && telling(&token.text) == Telling::Fully;
        words
            .windows(2)
            .any(|pair| single(&pair[0]) && single(&pair[1]) && pair[0].range.end == pair[1].range.start)
    }

    /// Whether it is one run of text, long enough to be a passage, that no record has as it
    /// stands: its words may all be common and one of them still be mistyped (商务不牵头).
    /// An article of a law is cited, not quoted: 宪法第八十三条 stands nowhere and is no 刑法第八十三条.
    fn is_said_nowhere(&self, query: &Query, generation: Generation) -> bool {
        let ParsedQuery { text, question, .. } = &query.understanding;
        let han = text.chars().all(|c| class(c) == Class::Han);
        let cited = text.match_indices('第').any(|(at, _)| numeral::article(&text[at..]).is_some());
        let passage = han && !question && !cited && (4..=LONGEST_PASSAGE).contains(&text.chars().count());
        passage && self.typing.is_some() && self.frequency(text, query, generation) == 0
    }

    /// The answer to what was probably meant, if it is a better one. What gives no cause for
    /// suspicion is changed only if the other text stands in the collection word for word.
    fn meant(
        &self,
        query: &Query,
        typed: &Answer,
        suspicious: bool,
        generation: Generation,
    ) -> Result<Option<Answer>> {
        let (Some(typing), text) = (self.typing, query.understanding.text.as_str()) else { return Ok(None) };
        let frequency = |phrase: &str| self.frequency(phrase, query, generation);
        let mut ways: Vec<(String, Because)> =
            typing.pinyin(text).into_iter().take(3).map(|to| (to, Because::Pinyin)).collect();
        ways.extend(typing.correct(text, &frequency).map(|correction| (correction.text, Because::Spelling)));
        for (to, because) in ways {
            self.budget.check()?;
            let understanding = self.read(&to, &query.ignored);
            let meant = Query { understanding, ..query.clone() };
            let results = self.searcher.search(&meant, Some(generation), self.budget)?;
            // Pieces found apart are no proof of the text: the text as it stands must be
            // nowhere, and what was meant must be somewhere.
            let proven = frequency(text) == 0 && frequency(&to) > 0;
            let better = suspicious && results.matched > typed.results.matched.saturating_mul(10);
            if proven || better {
                let instead = Instead { from: text.to_owned(), to, because };
                let understanding = meant.understanding;
                let near = typed.near.clone();
                return Ok(Some(Answer {
                    results,
                    understanding,
                    instead: Some(instead),
                    relaxed: false,
                    near,
                }));
            }
        }
        Ok(None)
    }

    /// How many records hold a phrase exactly.
    fn frequency(&self, phrase: &str, like: &Query, generation: Generation) -> u32 {
        let mut understanding = parse("", Mode::Literal, self.analyzer);
        understanding.matching = Clause::Text(Phrase { text: phrase.to_owned(), field: None });
        let counting = Query { per_page: 0, highlight: false, ..Query::new(understanding, like.today) };
        let found = self.searcher.search(&counting, Some(generation), self.budget);
        found.map_or(0, |found| u32::try_from(found.total).unwrap_or(u32::MAX))
    }

    fn relaxed(&self, query: &Query, typed: Answer, generation: Generation) -> Result<Answer> {
        let Some(clause) = query.understanding.relaxed.clone() else { return Ok(typed) };
        let mut wide = query.clone();
        wide.understanding.matching = clause;
        // Both looks are at one generation, or a commit between them could mix two.
        let results = self.searcher.search(&wide, Some(generation), self.budget)?;
        if results.matched <= typed.results.matched {
            return Ok(typed);
        }
        Ok(Answer { results, relaxed: true, ..typed })
    }
}
