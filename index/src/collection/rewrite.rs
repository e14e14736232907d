//! Rewriting queries: as typed; where that matches too little, as probably meant; and where all
//! words together match too little, most of them. Works with every backend, and reports every
//! change.

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
    /// Whether only most of the words were required.
    pub relaxed: bool,
    /// Records whose numbers are near one that was typed and is not held.
    pub near: Vec<NearNumber>,
}

/// A record whose number is near one that was typed and is not held.
#[derive(Debug, Clone)]
pub struct NearNumber {
    /// The number that is not held, in its normal form.
    pub missing: String,
    /// How it is near.
    pub how: Nearness,
    /// The record.
    pub hit: Hit,
}

/// Longest text, in characters, that is looked for as a passage.
const MAX_PASSAGE_CHARS: usize = 60;
/// Most numbers of one query whose neighbours are looked up.
const MAX_NUMBERS: usize = 3;

/// Tells for each hit which of the readings it is near, and how.
pub fn near_misses(readings: &[DocumentNumber], hits: Vec<Hit>) -> Vec<NearNumber> {
    let near = |hit: Hit| {
        let number = document_number::parse(hit.record.document_number.as_deref()?)?;
        let (missing, (how, _)) =
            readings.iter().find_map(|reading| Some((reading, near::nearness(reading, &number)?)))?;
        Some(NearNumber { missing: missing.to_string(), how, hit })
    };
    hits.into_iter().filter_map(near).collect()
}

/// Longest run of corrections tried for one text.
const MAX_PINYIN_READINGS: usize = 3;
/// How many times as many records as the typed text a correction must match without proof.
const CLEARLY_MORE: u64 = 10;

/// Searches one generation for queries, rewriting them where they match too little.
pub struct QueryRewriter<'a> {
    /// The generation.
    pub reader: &'a Reader,
    /// The lexicon of the collection; without it nothing is corrected.
    pub lexicon: Option<&'a Lexicon>,
    /// Limits of the whole.
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
        let suspicious = too_little || self.falls_into_characters(&query.parsed.text);
        if (suspicious || self.is_unsaid_passage(&query.parsed, &counter)?)
            && let Some(corrected) = self.corrected(query, &typed, suspicious, &counter)?
        {
            return Ok(corrected);
        }
        if too_little { self.relaxed(query, typed) } else { Ok(typed) }
    }

    /// Finds, for each number that was typed and is not held, the records numbered near it.
    fn near_numbers(&self, query: &Query) -> Result<Vec<NearNumber>> {
        let typed: Vec<&Vec<DocumentNumber>> = query.parsed.numbers.iter().take(MAX_NUMBERS).collect();
        let clauses: Vec<Clause> = typed.iter().map(|readings| near::held_clause(readings)).collect();
        let counts =
            if clauses.is_empty() { Vec::new() } else { self.reader.count(&clauses, self.budget)? };
        let mut found = Vec::new();
        for (readings, _) in typed.into_iter().zip(counts).filter(|(_, held)| *held == 0) {
            let around = near::near(readings, query.today);
            found.extend(near_misses(readings, self.reader.search(&around, self.budget)?.hits));
        }
        Ok(found)
    }

    /// Returns whether the text falls into single characters side by side, as a mistyped word
    /// does (正务公开: 正, 务, 公开): all of them may stand in a record without the word.
    fn falls_into_characters(&self, text: &str) -> bool {
        let words = self.reader.analyzer().words(text);
        let single =
            |token: &Token| token.range.len() == '字'.len_utf8() && telling(&token.text) == Telling::Fully;
        words
            .windows(2)
            .any(|pair| single(&pair[0]) && single(&pair[1]) && pair[0].range.end == pair[1].range.start)
    }

    /// Returns whether the text is one run, long enough to be a passage, that no record has as it
    /// stands: its words may all be common and one of them still be mistyped (商务不牵头). An
    /// article of a law is cited, not quoted: 宪法第八十三条 stands nowhere and is no
    /// 刑法第八十三条.
    fn is_unsaid_passage(&self, parsed: &ParsedQuery, counter: &PhraseCounter<'_>) -> Result<bool> {
        let ParsedQuery { text, question, .. } = parsed;
        let han = text.chars().all(|c| class(c) == Class::Han);
        let cited = text.match_indices('第').any(|(at, _)| numeral::article(&text[at..]).is_some());
        let length = (4..=MAX_PASSAGE_CHARS).contains(&text.chars().count());
        let passage = han && !question && !cited && length;
        Ok(passage && self.lexicon.is_some() && counter.count(&[text])? == [0])
    }

    /// Answers what was probably meant, if that is the better answer. A text that gives no cause
    /// for suspicion is corrected only if the other one stands in the collection word for word.
    fn corrected(
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
            // Pieces found apart are no proof of the text: the text as it stands must be
            // nowhere, and what was meant must be somewhere.
            let counts = counter.count(&[text, &to])?;
            let proven = counts[0] == 0 && counts[1] > 0;
            let better = suspicious && results.matched > typed.results.matched.saturating_mul(CLEARLY_MORE);
            if proven || better {
                let corrected = Some(Corrected { from: text.to_owned(), to, kind });
                let near = typed.near.clone();
                return Ok(Some(Answer { results, parsed: meant.parsed, corrected, relaxed: false, near }));
            }
        }
        Ok(None)
    }

    fn relaxed(&self, query: &Query, typed: Answer) -> Result<Answer> {
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

/// Returns the names that a lexicon knows; none without one.
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
    let spelling = lexicon.correct(text, &|phrases| counter.count_or_remember(phrases));
    counter.failure()?;
    found.extend(spelling.map(|correction| (correction.text, CorrectionKind::Spelling)));
    Ok(found)
}

/// Returns whether an answer has nothing at all; or next to nothing for a query so long that one
/// word may be too many.
fn matches_too_little(answer: &Answer) -> bool {
    let parsed = &answer.parsed;
    let few = match parsed.question {
        true => weights::FEW_FOR_QUESTION,
        false if parsed.required >= weights::LONG_QUERY => weights::FEW_MATCHES,
        false => 1,
    };
    answer.results.matched < few
}

/// Counts the records that have a phrase, each phrase once for a query.
struct PhraseCounter<'a> {
    reader: &'a Reader,
    budget: &'a Budget,
    known: RefCell<HashMap<String, u64>>,
    failure: RefCell<Option<Error>>,
}

impl<'a> PhraseCounter<'a> {
    fn new(reader: &'a Reader, budget: &'a Budget) -> Self {
        Self { reader, budget, known: RefCell::default(), failure: RefCell::default() }
    }

    fn count(&self, phrases: &[&str]) -> Result<Vec<u64>> {
        let mut known = self.known.borrow_mut();
        let new: Vec<&str> = phrases.iter().copied().filter(|phrase| !known.contains_key(*phrase)).collect();
        let clause = |phrase: &&str| Clause::Text(Phrase { text: (*phrase).to_owned(), field: None });
        if !new.is_empty() {
            let clauses: Vec<Clause> = new.iter().map(clause).collect();
            let counts = self.reader.count(&clauses, self.budget)?;
            known.extend(new.into_iter().map(str::to_owned).zip(counts));
        }
        Ok(phrases.iter().map(|phrase| known.get(*phrase).copied().unwrap_or(0)).collect())
    }

    /// Counts for a caller that cannot fail; [`PhraseCounter::failure`] then tells.
    fn count_or_remember(&self, phrases: &[&str]) -> Vec<u64> {
        self.count(phrases).unwrap_or_else(|e| {
            self.failure.borrow_mut().get_or_insert(e);
            vec![0; phrases.len()]
        })
    }

    /// Fails if a count did.
    fn failure(&self) -> Result<()> {
        self.failure.borrow_mut().take().map_or(Ok(()), Err)
    }
}
