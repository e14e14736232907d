//! Rewriting of queries. A query is run as typed; if it matches too little, as probably meant; if
//! all words together match too little, with most of them. Works with every backend, and reports
//! every change.

use std::cell::RefCell;
use std::collections::HashMap;

use crate::analysis::{Class, Token, class, numeral};
use crate::backend::Budget;
use crate::collection::reader::Reader;
use crate::error::{Error, Result};
use crate::lexicon::Lexicon;
use crate::lexicon::names::{NONE, Names};
use crate::official::document_number;
use crate::official::document_number::DocumentNumber;
use crate::query::near;
use crate::query::near::Nearness;
use crate::query::parse::parse_with_names;
use crate::query::stopwords::{Telling, telling};
use crate::query::{Clause, Mode, ParsedQuery, Phrase, Query};
use crate::ranking::weights;
use crate::results::{Hit, SearchResults};

/// Reason of a correction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CorrectionKind {
    /// The typed text seems mistyped.
    Spelling,
    /// Letters were typed for characters.
    Pinyin,
}

/// A correction: the text that was searched in place of the one typed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Corrected {
    /// Text as typed.
    pub from: String,
    /// Text as searched.
    pub to: String,
    /// Reason.
    pub kind: CorrectionKind,
}

/// The answer to a query.
#[derive(Debug, Clone)]
pub struct Answer {
    /// Hits, total, facets.
    pub results: SearchResults,
    /// Query that was searched in the end.
    pub parsed: ParsedQuery,
    /// Correction, if the text was corrected.
    pub corrected: Option<Corrected>,
    /// True if only most of the words were required.
    pub relaxed: bool,
    /// Records with numbers near a typed one that no record has.
    pub near: Vec<NearNumber>,
}

/// A record with a number near a typed one that no record has.
#[derive(Debug, Clone)]
pub struct NearNumber {
    /// Normal form of the typed number.
    pub missing: String,
    /// Kind of nearness.
    pub nearness: Nearness,
    /// The record.
    pub hit: Hit,
}

/// Longest text, in characters, that is searched as a passage.
const MAX_PASSAGE_CHARS: usize = 60;
/// Most numbers of one query whose neighbours are looked up.
const MAX_NUMBERS: usize = 3;

/// Pairs each hit with the reading of the typed number that it is near.
pub fn near_misses(readings: &[DocumentNumber], hits: Vec<Hit>) -> Vec<NearNumber> {
    let near = |hit: Hit| {
        let number = document_number::parse(hit.record.document_number.as_deref()?)?;
        let (missing, (nearness, _)) =
            readings.iter().find_map(|reading| Some((reading, near::nearness(reading, &number)?)))?;
        Some(NearNumber { missing: missing.to_string(), nearness, hit })
    };
    hits.into_iter().filter_map(near).collect()
}

/// Most pinyin readings tried for one text.
const MAX_PINYIN_READINGS: usize = 3;
/// Factor by which a correction without proof must match more records than the typed text.
const MIN_MATCH_FACTOR: u64 = 10;

/// Searches one generation for queries, rewriting them where they match too little.
pub struct QueryRewriter<'a> {
    /// The generation.
    pub reader: &'a Reader,
    /// The lexicon of the collection; without it nothing is corrected.
    pub lexicon: Option<&'a Lexicon>,
    /// Limits of all searches together.
    pub budget: &'a Budget,
}

impl QueryRewriter<'_> {
    /// Answers a query that was parsed in this mode, with the names of the lexicon.
    ///
    /// # Errors
    /// As [`Reader::search`].
    pub fn answer(&self, query: &Query, mode: Mode) -> Result<Answer> {
        let results = self.reader.search(query, self.budget)?;
        let parsed = query.parsed.clone();
        let typed = Answer { results, parsed, corrected: None, relaxed: false, near: Vec::new() };
        if mode == Mode::Literal {
            return Ok(typed);
        }
        let typed = Answer { near: self.near_numbers(query)?, ..typed };
        let counter = PhraseCounter::new(self.reader, self.budget);
        let too_little = matches_too_little(&typed);
        let suspicious = too_little || self.has_adjacent_single_characters(&query.parsed.text);
        if (suspicious || self.is_absent_passage(&query.parsed, &counter)?)
            && let Some(corrected) = self.answer_corrected(query, &typed, suspicious, &counter)?
        {
            return Ok(corrected);
        }
        if too_little { self.answer_relaxed(query, typed) } else { Ok(typed) }
    }

    /// Finds the records with numbers near each typed number that no record has.
    fn near_numbers(&self, query: &Query) -> Result<Vec<NearNumber>> {
        let typed: Vec<&Vec<DocumentNumber>> = query.parsed.numbers.iter().take(MAX_NUMBERS).collect();
        let clauses: Vec<Clause> = typed.iter().map(|readings| near::held_clause(readings)).collect();
        let counts =
            if clauses.is_empty() { Vec::new() } else { self.reader.count(&clauses, self.budget)? };
        let mut found = Vec::new();
        for (readings, _) in typed.into_iter().zip(counts).filter(|(_, count)| *count == 0) {
            let around = near::near(readings, query.today);
            found.extend(near_misses(readings, self.reader.search(&around, self.budget)?.hits));
        }
        Ok(found)
    }

    /// Checks if the text is segmented into adjacent single characters, as a mistyped word is
    /// (正务公开: 正, 务, 公开): a record may have all of them without the word.
    fn has_adjacent_single_characters(&self, text: &str) -> bool {
        let words = self.reader.analyzer().words(text);
        let is_single =
            |token: &Token| token.range.len() == '字'.len_utf8() && telling(&token.text) == Telling::Fully;
        words.windows(2).any(|pair| {
            is_single(&pair[0]) && is_single(&pair[1]) && pair[0].range.end == pair[1].range.start
        })
    }

    /// Checks if the text is one run, long enough to be a passage, that no record contains: its
    /// words may all be common and one of them still be mistyped (商务不牵头). An article of a law
    /// is cited, not quoted: no record contains 宪法第八十三条, and it must not become
    /// 刑法第八十三条.
    fn is_absent_passage(&self, parsed: &ParsedQuery, counter: &PhraseCounter<'_>) -> Result<bool> {
        let ParsedQuery { text, question, .. } = parsed;
        let han = text.chars().all(|c| class(c) == Class::Han);
        let cited = text.match_indices('第').any(|(at, _)| numeral::article(&text[at..]).is_some());
        let length = (4..=MAX_PASSAGE_CHARS).contains(&text.chars().count());
        let passage = han && !question && !cited && length;
        Ok(passage && self.lexicon.is_some() && counter.count(&[text])? == [0])
    }

    /// Answers the query as it was probably meant, if that is better. A text that is not
    /// suspicious is corrected only if the collection contains the correction word for word.
    fn answer_corrected(
        &self,
        query: &Query,
        typed: &Answer,
        suspicious: bool,
        counter: &PhraseCounter<'_>,
    ) -> Result<Option<Answer>> {
        let (Some(lexicon), text) = (self.lexicon, query.parsed.text.as_str()) else { return Ok(None) };
        for (to, kind) in corrections(lexicon, text, counter)? {
            self.budget.check()?;
            let mut parsed = parse_with_names(&to, Mode::Smart, self.reader.analyzer(), lexicon.names());
            parsed.drop_preferences(&query.ignored);
            let meant = Query { parsed, ..query.clone() };
            let results = self.reader.search(&meant, self.budget)?;
            // Words found apart are no proof: no record may contain the typed text, and one must
            // contain the correction.
            let counts = counter.count(&[text, &to])?;
            let is_proven = counts[0] == 0 && counts[1] > 0;
            let is_better =
                suspicious && results.matched > typed.results.matched.saturating_mul(MIN_MATCH_FACTOR);
            if is_proven || is_better {
                let corrected = Some(Corrected { from: text.to_owned(), to, kind });
                let near = typed.near.clone();
                return Ok(Some(Answer { results, parsed: meant.parsed, corrected, relaxed: false, near }));
            }
        }
        Ok(None)
    }

    /// Answers the query with most of its words required, if that matches more.
    fn answer_relaxed(&self, query: &Query, typed: Answer) -> Result<Answer> {
        let Some(clause) = query.parsed.relaxed.clone() else { return Ok(typed) };
        let mut wide = query.clone();
        wide.parsed.matching = clause;
        let results = self.reader.search(&wide, self.budget)?;
        if results.matched <= typed.results.matched {
            return Ok(typed);
        }
        Ok(Answer { results, relaxed: true, ..typed })
    }
}

/// Returns the names of a lexicon; none without one.
pub fn names_of(lexicon: Option<&Lexicon>) -> &Names {
    lexicon.map_or(&NONE, Lexicon::names)
}

/// Lists texts that may have been meant, the likeliest first.
fn corrections(
    lexicon: &Lexicon,
    text: &str,
    counter: &PhraseCounter<'_>,
) -> Result<Vec<(String, CorrectionKind)>> {
    let pinyin = lexicon.pinyin(text).into_iter().take(MAX_PINYIN_READINGS);
    let mut found: Vec<_> = pinyin.map(|to| (to, CorrectionKind::Pinyin)).collect();
    let spelling = lexicon.correct(text, &|phrases| counter.count_or_zero(phrases));
    counter.check_failure()?;
    found.extend(spelling.map(|correction| (correction.text, CorrectionKind::Spelling)));
    Ok(found)
}

/// Checks if an answer has no matches, or few for a query so long that one word may be too many.
fn matches_too_little(answer: &Answer) -> bool {
    let parsed = &answer.parsed;
    let minimum = match parsed.question {
        true => weights::FEW_FOR_QUESTION,
        false if parsed.required >= weights::LONG_QUERY => weights::FEW_MATCHES,
        false => 1,
    };
    answer.results.matched < minimum
}

/// Counts the records that have a phrase, each phrase once for a query.
struct PhraseCounter<'a> {
    reader: &'a Reader,
    budget: &'a Budget,
    counts: RefCell<HashMap<String, u64>>,
    failure: RefCell<Option<Error>>,
}

impl<'a> PhraseCounter<'a> {
    fn new(reader: &'a Reader, budget: &'a Budget) -> Self {
        Self { reader, budget, counts: RefCell::default(), failure: RefCell::default() }
    }

    /// Counts the records of phrases that were not counted before.
    fn count(&self, phrases: &[&str]) -> Result<Vec<u64>> {
        let mut known = self.counts.borrow_mut();
        let new: Vec<&str> = phrases.iter().copied().filter(|phrase| !known.contains_key(*phrase)).collect();
        let clause = |phrase: &&str| Clause::Text(Phrase { text: (*phrase).to_owned(), field: None });
        if !new.is_empty() {
            let clauses: Vec<Clause> = new.iter().map(clause).collect();
            let counts = self.reader.count(&clauses, self.budget)?;
            known.extend(new.into_iter().map(str::to_owned).zip(counts));
        }
        Ok(phrases.iter().map(|phrase| known.get(*phrase).copied().unwrap_or(0)).collect())
    }

    /// Counts for a caller that cannot fail, and keeps the failure for
    /// [`PhraseCounter::check_failure`].
    fn count_or_zero(&self, phrases: &[&str]) -> Vec<u64> {
        self.count(phrases).unwrap_or_else(|e| {
            self.failure.borrow_mut().get_or_insert(e);
            vec![0; phrases.len()]
        })
    }

    /// Returns the failure of an earlier count.
    fn check_failure(&self) -> Result<()> {
        self.failure.borrow_mut().take().map_or(Ok(()), Err)
    }
}
