//! Builder of clauses and score terms from parts of a query.
//!
//! Running text is cut into words; all but stopwords are required, each
//! itself or by a synonym. Document numbers, articles and whole titles in it are
//! recognised and looked up by their keys.

use std::ops::Range;

use crate::analysis::grams::Grams;
use crate::analysis::{Analyzer, Class, Fold, Token, class, fold::fold, numeral};
use crate::keys::mention::title_hashes;
use crate::keys::number::{hash_of_number, key_of_number};
use crate::keys::subject::{explaining_key, interpretation_key, subject_key, subjects};
use crate::keys::title::{original_key, short_key, title_key};
use crate::lexicon::names::Names;
use crate::official::document_number;
use crate::official::document_number::{DocumentNumber, Form};
use crate::query::clause::{Clause, Phrase, describe, simplify};
use crate::query::parsed::{Expansion, KeyBoost, MINED, Mode, ParsedQuery, ScoreTerm, Stream, Warning};
use crate::query::preference::{Preference, parse_year, preferences};
use crate::query::stopwords::{StopwordClass, stopword_class};
use crate::query::synonyms::{Synonym, synonyms};
use crate::ranking::weights;
use crate::schema::fields::TextField;

/// Least weight of a synonym that is enough to match; weaker ones only add to the score.
const MIN_MATCHING_WEIGHT: f32 = 0.5;
/// Most synonyms used for one word.
const MAX_SYNONYMS: usize = 6;
/// Kind of the synonyms that are short names.
const ABBREVIATION: &str = "abbreviation";
/// Most words that one entry of the dictionary of synonyms spans.
const MAX_ENTRY_WORDS: usize = 5;

/// Collector of the parts of a query while it is parsed.
#[derive(Clone)]
pub(super) struct QueryBuilder<'a> {
    analyzer: &'a Analyzer,
    names: &'a Names,
    mode: Mode,
    scoring: Vec<ScoreTerm>,
    keys: Vec<KeyBoost>,
    marks: Vec<String>,
    typed: Vec<String>,
    expansions: Vec<Expansion>,
    preferences: Vec<Preference>,
    numbers: Vec<Vec<DocumentNumber>>,
    subject_clauses: Vec<Clause>,
}

impl<'a> QueryBuilder<'a> {
    pub fn new(analyzer: &'a Analyzer, names: &'a Names, mode: Mode) -> Self {
        Self {
            analyzer,
            names,
            mode,
            scoring: Vec::new(),
            keys: Vec::new(),
            marks: Vec::new(),
            typed: Vec::new(),
            expansions: Vec::new(),
            preferences: Vec::new(),
            numbers: Vec::new(),
            subject_clauses: Vec::new(),
        }
    }

    /// Adds text that must occur exactly.
    pub fn add_phrase(&mut self, text: String, field: Option<TextField>) -> Clause {
        self.add_score_terms(&self.analyzer.words(&text), &text);
        self.marks.push(text.clone());
        self.typed.push(text.clone());
        Clause::Text(Phrase { text, field })
    }

    /// Adds running text: all its words but stopwords are required.
    pub fn add_text(&mut self, text: &str, field: Option<TextField>) -> Clause {
        let mut clauses = Vec::new();
        let mut offset = 0;
        let numbers = if field.is_none() || field == Some(TextField::Number) {
            document_numbers(text)
        } else {
            Vec::new()
        };
        for (range, readings) in numbers {
            clauses.push(self.add_words(&text[offset..range.start], field));
            clauses.push(self.add_number(&text[range.clone()], &readings, field));
            self.numbers.push(readings);
            offset = range.end;
        }
        clauses.push(self.add_words(&text[offset..], field));
        simplify(Clause::And(clauses))
    }

    /// Adds a document number: matches the record that has it, or any text that cites it as typed.
    fn add_number(&mut self, text: &str, readings: &[DocumentNumber], field: Option<TextField>) -> Clause {
        self.marks.push(text.to_owned());
        self.typed.push(text.to_owned());
        let keys: Vec<String> = readings.iter().map(key_of_number).collect();
        let mut ways: Vec<Clause> = keys.iter().cloned().map(Clause::Key).collect();
        self.keys.extend(keys.iter().map(|key| KeyBoost { key: key.clone(), boost: weights::NUMBER_KEY }));
        if self.mode == Mode::Smart {
            self.boost_explanations(readings.iter().map(hash_of_number));
        }
        let mut spellings = vec![text.to_owned()];
        // Texts write standards with and without a space.
        for number in readings.iter().filter(|number| number.form() == Form::Standard) {
            let spaced = number.to_string();
            spellings.extend([spaced.replace(' ', ""), spaced]);
        }
        self.marks.extend(spellings[1..].iter().cloned());
        ways.extend(spellings.into_iter().map(|text| Clause::Text(Phrase { text, field })));
        Clause::Or(ways)
    }

    /// Boosts records that explain the documents of these keys, so that they rank next to them.
    fn boost_explanations(&mut self, documents: impl IntoIterator<Item = u64>) {
        let known = documents.into_iter().filter(|key| *key != 0).map(explaining_key);
        self.keys.extend(known.map(|key| KeyBoost { key, boost: weights::INTERPRETATION }));
    }

    fn add_words(&mut self, text: &str, field: Option<TextField>) -> Clause {
        let tokens = self.analyzer.words(text);
        self.add_score_terms(&tokens, text);
        let units = query_units(&tokens, text);
        if self.mode == Mode::Smart && field.is_none() {
            let mut bounds: Vec<usize> =
                units.iter().flat_map(|unit| [unit.range.start, unit.range.end]).collect();
            bounds.sort_unstable();
            bounds.dedup();
            self.preferences.extend(preferences(text, &bounds, self.names));
        }
        let has_content = units.iter().any(|unit| stopword_class(&unit.text) != StopwordClass::Dropped);
        let wanted: Vec<&QueryUnit> = units
            .iter()
            .filter(|unit| !has_content || stopword_class(&unit.text) != StopwordClass::Dropped)
            .collect();
        let mut clauses = Vec::new();
        let mut i = 0;
        while i < wanted.len() {
            let (taken, found) = self.longest_synonym_entry(text, &wanted[i..]);
            clauses.push(self.require_units(text, &wanted[i..i + taken], &found, field));
            i += taken;
        }
        simplify(Clause::And(clauses))
    }

    /// Number of next words that one entry of the synonyms spans, at least one, and its synonyms.
    fn longest_synonym_entry(&self, text: &str, units: &[&QueryUnit]) -> (usize, Vec<Synonym<'a>>) {
        if self.mode == Mode::Literal {
            return (1, Vec::new());
        }
        for count in (1..=units.len().min(MAX_ENTRY_WORDS)).rev() {
            let joined = &text[units[0].range.start..units[count - 1].range.end];
            let folded = fold(joined, Fold::Grams);
            let mut found: Vec<Synonym<'a>> = synonyms(folded.text()).to_vec();
            let mined = self.names.short(folded.text()).filter(|full| found.iter().all(|s| s.to != *full));
            found.extend(mined.map(|to| Synonym { to, kind: MINED, weight: weights::MINED }));
            if !found.is_empty() {
                return (count, found);
            }
        }
        (1, Vec::new())
    }

    fn require_units(
        &mut self,
        text: &str,
        units: &[&QueryUnit],
        found: &[Synonym<'a>],
        field: Option<TextField>,
    ) -> Clause {
        let literal: Vec<Clause> =
            units.iter().map(|unit| Clause::Text(Phrase { text: unit.text.clone(), field })).collect();
        self.marks.extend(units.iter().map(|unit| unit.text.clone()));
        self.typed.extend(units.iter().map(|unit| unit.text.clone()));
        let mut ways = vec![simplify(Clause::And(literal))];
        let from = &text[units[0].range.start..units[units.len() - 1].range.end];
        if let Some(year) = parse_year(from).filter(|_| self.mode == Mode::Smart && field.is_none()) {
            ways.push(Clause::Year(year));
        }
        let sources: Vec<String> = units.iter().map(|unit| unit.text.clone()).collect();
        for synonym in found.iter().take(MAX_SYNONYMS) {
            self.add_expansion(from, &sources, synonym);
            if synonym.weight >= MIN_MATCHING_WEIGHT {
                ways.push(Clause::Text(Phrase { text: synonym.to.to_owned(), field }));
            }
        }
        simplify(Clause::Or(ways))
    }

    fn add_expansion(&mut self, from: &str, sources: &[String], synonym: &Synonym<'_>) {
        let tokens = self.analyzer.words(synonym.to);
        let telling_words: Vec<&Token> =
            tokens.iter().filter(|t| stopword_class(&t.text) == StopwordClass::Content).collect();
        // Words of the dictionary were chosen one by one; a full name that a document defines
        // may be a whole sentence, whose words together weigh as one.
        let split = if synonym.kind == MINED { 1.0 } else { weights::SYNONYM_SPLIT_EXPONENT };
        let share = synonym.weight * weights::SYNONYM / (telling_words.len().max(1) as f32).powf(split);
        for token in telling_words {
            self.add_score_term(Stream::Words, token.text.clone(), share, sources);
        }
        self.marks.push(synonym.to.to_owned());
        self.expansions.push(Expansion {
            from: from.to_owned(),
            to: synonym.to.to_owned(),
            kind: synonym.kind,
        });
    }

    /// Boosts records whose title is the whole text, or the law of an article named in it.
    pub fn boost_title_keys(&mut self, text: &str) {
        let key = title_key(text);
        let letters = key.chars().count() - 2;
        if letters < 2 {
            return;
        }
        let short = short_key(&key);
        if short != key {
            self.keys.push(KeyBoost { key: short.clone(), boost: weights::WHOLE_TITLE * 0.9 });
        }
        if self.mode == Mode::Smart {
            for subject in subjects(text) {
                let explains = KeyBoost { key: interpretation_key(&subject), boost: weights::INTERPRETATION };
                // The bare name means the document, but the collection may have only its notice.
                let bare = short[2..] == subject;
                let boost = if bare { weights::SUBJECT_ITSELF } else { weights::SUBJECT };
                let subject_clauses = KeyBoost { key: subject_key(&subject), boost };
                self.keys.extend([explains, subject_clauses]);
            }
            self.boost_explanations(title_hashes(text));
        }
        let original = original_key(&key).map(|key| KeyBoost { key, boost: weights::WHOLE_TITLE * 1.02 });
        self.keys.extend(original);
        self.keys.push(KeyBoost { key, boost: weights::WHOLE_TITLE });
        self.boost_laws_of_articles(text);
    }

    /// Boosts the law of an article named in a text, also by its short name: the law itself contains
    /// the article of 行政许可法第三十八条.
    fn boost_laws_of_articles(&mut self, text: &str) {
        let words = text.split(|c: char| c.is_whitespace() || "《》，,；;".contains(c));
        for name in std::iter::once(text).chain(words).filter_map(law_of_article) {
            let folded = fold(name, Fold::Grams);
            let is_smart = self.mode == Mode::Smart;
            let known = synonyms(folded.text()).iter().filter(|s| is_smart && s.kind == ABBREVIATION);
            let full = known.map(|s| s.to).chain(self.names.short(folded.text()));
            for name in std::iter::once(name).chain(full) {
                let key = short_key(&title_key(name));
                if key.chars().count() > 3 && self.keys.iter().all(|known| known.key != key) {
                    self.keys.push(KeyBoost { key, boost: weights::WHOLE_TITLE * 0.8 });
                }
            }
        }
    }

    /// Makes all records about a document match if the title of the notice that encloses it was
    /// typed: interpretations of it seldom contain 印发 and 通知.
    pub fn add_subject_clauses(&mut self, text: &str, matching: &Clause) {
        let plain = match matching {
            Clause::And(clauses) => clauses.iter().all(|c| matches!(c, Clause::Text(_) | Clause::Or(_))),
            _ => false,
        };
        if self.mode == Mode::Literal || !plain {
            return;
        }
        let whole = title_key(text);
        let subject_clauses = subjects(text).into_iter().filter(|subject| !whole.ends_with(subject.as_str()));
        self.subject_clauses = subject_clauses
            .flat_map(|subject| [subject_key(&subject), interpretation_key(&subject)].map(Clause::Key))
            .collect();
        let [.., inner] = title_hashes(text);
        if !self.subject_clauses.is_empty() && inner != 0 {
            self.subject_clauses.push(Clause::Key(explaining_key(inner)));
        }
    }

    /// Extends a clause by all records about the named document.
    fn or_subject_clauses(&self, clause: Clause) -> Clause {
        if self.subject_clauses.is_empty() {
            return clause;
        }
        simplify(Clause::Or(std::iter::once(clause).chain(self.subject_clauses.iter().cloned()).collect()))
    }

    /// Adds the words and character pairs of a text to the ranking.
    fn add_score_terms(&mut self, tokens: &[Token], text: &str) {
        for (i, token) in tokens.iter().enumerate() {
            let by_word = match stopword_class(&token.text) {
                StopwordClass::Dropped => continue,
                StopwordClass::Weak => weights::WEAK_WORD,
                StopwordClass::Content => 1.0,
            };
            let has_inner = tokens.get(i + 1).is_some_and(|next| is_inside(next, token));
            let by_place = if has_inner { weights::WHOLE_WORD } else { 1.0 };
            let by_form = if is_article(&token.text) { weights::ARTICLE } else { 1.0 };
            self.add_score_term(Stream::Words, token.text.clone(), by_word * by_place * by_form, &[]);
        }
        let folded = fold(text, Fold::Grams);
        for gram in Grams::new(folded.text()).filter(|gram| !gram.anywhere) {
            let gram = &folded.text()[gram.range];
            let pair = gram.chars().count() == 2 && gram.chars().all(|c| class(c) == Class::Han);
            if pair && stopword_class(gram) == StopwordClass::Content && !has_function_character(gram) {
                self.add_score_term(Stream::Grams, gram.to_owned(), 1.0, &[]);
            }
        }
    }

    fn add_score_term(&mut self, stream: Stream, text: String, weight: f32, idf_cap: &[String]) {
        let known = self.scoring.iter_mut().find(|term| term.stream == stream && term.text == text);
        match known {
            Some(term) if term.weight < weight || term.idf_cap.is_empty() != idf_cap.is_empty() => {
                // A typed word stays a typed word.
                if idf_cap.is_empty() {
                    term.idf_cap.clear();
                }
                term.weight = term.weight.max(weight);
            }
            Some(_) => {}
            None => self.scoring.push(ScoreTerm { stream, text, weight, idf_cap: idf_cap.to_vec() }),
        }
    }

    /// Clause with the same words, not all of them required; exclusions stay. The words
    /// of a question describe a case: the rule may have none of them, only a synonym of one.
    fn relaxed_clause(&self, clauses: &[Clause], question: bool) -> Clause {
        let (fixed, words): (Vec<Clause>, Vec<Clause>) =
            clauses.iter().cloned().partition(|clause| matches!(clause, Clause::Not(_)));
        let scored = self.scoring.iter().filter(|term| term.stream == Stream::Words);
        let any = scored.map(|term| Clause::Text(Phrase { text: term.text.clone(), field: None }));
        let some = match question {
            true => Clause::Or(any.chain(words).collect()),
            false => Clause::MinimumShouldMatch { clauses: words, percent: weights::RELAXED_PERCENT },
        };
        simplify(Clause::And(std::iter::once(some).chain(fixed).collect()))
    }

    /// Builds the parsed query.
    pub fn finish(self, text: String, matching: Clause, warnings: Vec<Warning>) -> ParsedQuery {
        let (relaxed, required) = match &matching {
            Clause::And(clauses) if self.mode == Mode::Smart => {
                (Some(self.relaxed_clause(clauses, is_question(&text))), clauses.len())
            }
            Clause::And(clauses) => (None, clauses.len()),
            _ => (None, 1),
        };
        let (matching, relaxed) =
            (self.or_subject_clauses(matching), relaxed.map(|relaxed| self.or_subject_clauses(relaxed)));
        let Self { scoring, keys, mut marks, mut typed, mut expansions, preferences, numbers, .. } = self;
        marks.sort();
        marks.dedup();
        typed.sort();
        typed.dedup();
        expansions.dedup();
        ParsedQuery {
            understood: describe(&matching),
            question: is_question(&text),
            text,
            matching,
            relaxed,
            required,
            scoring,
            keys,
            marks,
            expansions,
            preferences,
            numbers,
            typed,
            warnings,
        }
    }
}

/// A word or an article with its range in the text.
struct QueryUnit {
    text: String,
    range: Range<usize>,
}

/// Words of a text without those inside others; articles as a whole.
fn query_units(tokens: &[Token], text: &str) -> Vec<QueryUnit> {
    let articles: Vec<&Token> = tokens.iter().filter(|token| is_article(&token.text)).collect();
    let in_article = |token: &Token| {
        articles.iter().any(|a| token.range.start >= a.range.start && token.range.end <= a.range.end)
    };
    let mut units: Vec<QueryUnit> = Vec::new();
    let mut position = None;
    for token in tokens.iter().filter(|token| !in_article(token)) {
        // The first token at a position is the whole word; a date follows its parts.
        let new = position != Some(token.position) && !is_iso_date(&token.text);
        position = Some(token.position);
        if new && !units.iter().any(|unit| unit.text == token.text) {
            units.push(QueryUnit { text: token.text.clone(), range: token.range.clone() });
        }
    }
    for article in articles {
        units.push(QueryUnit { text: text[article.range.clone()].to_owned(), range: article.range.clone() });
    }
    units.sort_by_key(|unit| unit.range.start);
    units
}

/// Name before the first article of a text.
fn law_of_article(text: &str) -> Option<&str> {
    let mut articles = text.match_indices('第').map(|(offset, _)| offset);
    let folded = |offset: usize| fold(&text[offset..], Fold::Grams);
    let first = articles.find(|offset| numeral::article(folded(*offset).text()).is_some())?;
    Some(&text[..first])
}

fn is_inside(inner: &Token, outer: &Token) -> bool {
    inner.position == outer.position && inner.range.len() < outer.range.len()
}

fn is_article(token: &str) -> bool {
    token.starts_with('第') && numeral::article(token).is_some()
}

fn is_iso_date(token: &str) -> bool {
    token.len() == 10 && token.as_bytes()[4] == b'-'
}

fn has_function_character(gram: &str) -> bool {
    gram.char_indices()
        .any(|(offset, c)| stopword_class(&gram[offset..offset + c.len_utf8()]) == StopwordClass::Dropped)
}

/// Checks if a text is a question: it has an interrogative or a question mark.
fn is_question(text: &str) -> bool {
    const ASKING: [&str; 22] = [
        "？",
        "?",
        "吗",
        "呢",
        "什么",
        "怎么",
        "怎样",
        "怎办",
        "如何",
        "谁",
        "哪",
        "多少",
        "多久",
        "几",
        "是否",
        "能否",
        "可否",
        "能不能",
        "可不可以",
        "是不是",
        "有没有",
        "为何",
    ];
    text.chars().count() >= 6 && ASKING.iter().any(|word| text.contains(word))
}

/// All document numbers in a text, each with its readings.
fn document_numbers(text: &str) -> Vec<(Range<usize>, Vec<DocumentNumber>)> {
    let trimmed = text.trim();
    let candidates = document_number::candidates(trimmed);
    if !candidates.is_empty() {
        let start = text.len() - text.trim_start().len();
        return vec![(start..start + trimmed.len(), candidates)];
    }
    let found = document_number::find_all(text);
    found.into_iter().map(|found| (found.range, vec![found.number])).collect()
}
