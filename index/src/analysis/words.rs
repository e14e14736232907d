//! The word stream: jieba with our dictionary over folded text.
//!
//! Words rank; they are cut without the hidden Markov model, which guesses at
//! unknown words and costs a third more: the grams find words that the dictionary lacks.
//! Beside the words the stream contains
//!
//! * the words inside a long word (消费者权益 in 消费者权益保护法), directly after it;
//! * for a date (`2017年5月15日`, `2017-05-15`, `2017.5.15`) its ISO form;
//! * for an article (`第三十八条`, `第38条`) one form for all notations;
//!
//! so that all notations of a date or an article match each other.

use std::ops::Range;
use std::sync::{Arc, LazyLock};

use jieba_rs::Jieba;

use super::characters::{Class, class, letter_unit_end};
use super::fold::{Fold, Folded, fold, table_bytes};
use super::numeral;

/// One word.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Token {
    /// Folded word.
    pub text: String,
    /// Range in the original text, in bytes.
    pub range: Range<usize>,
    /// Position: the ordinal of the word; a word inside another shares its position.
    pub position: u32,
}

/// Cuts text into words. Cloning shares the dictionary.
#[derive(Clone)]
pub struct Analyzer {
    jieba: Arc<Jieba>,
}

static SHARED: LazyLock<Analyzer> = LazyLock::new(|| {
    let mut jieba = Jieba::new();
    for word in dictionary_words(include_str!("../../dictionary/words.tsv")) {
        jieba.add_word(word, None, None);
    }
    Analyzer { jieba: Arc::new(jieba) }
});

/// Words of a table like `index/dictionary/words.tsv`: the first column of each line.
pub fn dictionary_words(table: &str) -> impl Iterator<Item = &str> {
    let lines = table.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
    lines.filter_map(|line| line.split('\t').next())
}

impl Analyzer {
    /// The analyzer of this process, loaded on first use (about 0.2 s).
    pub fn shared() -> Self {
        SHARED.clone()
    }

    /// Fingerprint of the tables by which texts are cut and folded: words, Traditional characters,
    /// variants, radicals.
    pub fn fingerprint() -> &'static str {
        static FINGERPRINT: LazyLock<String> = LazyLock::new(|| {
            let words = include_str!("../../dictionary/words.tsv").as_bytes();
            blake3::hash(&[words, &table_bytes()].concat()).to_hex()[..16].to_owned()
        });
        &FINGERPRINT
    }

    /// All words of a text, with their ranges in it.
    pub fn words(&self, text: &str) -> Vec<Token> {
        let folded = fold(text, Fold::Words);
        let mut tokens = Vec::new();
        self.each(folded.text(), &mut |word, range, position| {
            tokens.push(Token { text: word.to_owned(), range: folded.original(range), position });
        });
        tokens
    }

    /// Visits the words of a folded text: the word, its bytes in the folded text, its position.
    pub fn each<'a>(&self, folded: &'a str, emit: &mut dyn FnMut(&str, Range<usize>, u32)) {
        WordCutter { jieba: &self.jieba, folded, position: 0, emit, date: DateRecogniser::default() }.cut();
    }

    /// Returns the words that stand for a whole text: the word itself if it is one, the ISO form
    /// if it is a date, the one form of an article.
    pub fn whole_words(&self, text: &str) -> Vec<String> {
        let folded = fold(text, Fold::Words);
        let whole = folded.text().trim();
        let start = folded.text().len() - folded.text().trim_start().len();
        let mut words = Vec::new();
        self.each(folded.text(), &mut |word, range, _| {
            if range.start == start && range.len() == whole.len() {
                words.push(word.to_owned());
            }
        });
        words
    }

    /// Checks if the dictionary has a word.
    pub fn knows(&self, word: &str) -> bool {
        self.jieba.has_word(word)
    }

    /// Folds a text for the word stream.
    pub fn fold<'a>(&self, text: &'a str) -> Folded<'a> {
        fold(text, Fold::Words)
    }
}

struct WordCutter<'a, 'e> {
    jieba: &'a Jieba,
    folded: &'a str,
    position: u32,
    emit: &'e mut dyn FnMut(&str, Range<usize>, u32),
    date: DateRecogniser,
}

impl WordCutter<'_, '_> {
    fn cut(mut self) {
        let text = self.folded;
        let mut offset = 0;
        // A stretch contains Han characters and punctuation: one call to jieba for many runs.
        let mut stretch: Option<usize> = None;
        while let Some(c) = text[offset..].chars().next() {
            match class(c) {
                Class::Han => {
                    stretch.get_or_insert(offset);
                    offset += c.len_utf8();
                }
                Class::Letter => {
                    self.cut_stretch(stretch.take(), offset);
                    let end = letter_unit_end(text, offset);
                    self.emit_unit(offset..end);
                    offset = end;
                }
                Class::Skip | Class::Break => offset += c.len_utf8(),
            }
        }
        self.cut_stretch(stretch, text.len());
        self.emit_articles();
    }

    /// Emits articles after all words: ranking does not need their order.
    fn emit_articles(&mut self) {
        for (offset, _) in self.folded.match_indices('第') {
            if let Some((form, length)) = numeral::article(&self.folded[offset..]) {
                (self.emit)(&form, offset..offset + length, self.position);
            }
        }
    }

    fn cut_stretch(&mut self, start: Option<usize>, end: usize) {
        let Some(start) = start else { return };
        for token in self.jieba.cut(&self.folded[start..end], false) {
            if token.word.chars().next().is_some_and(|c| class(c) == Class::Han) {
                let range = start + token.byte_start..start + token.byte_end;
                (self.emit)(token.word, range.clone(), self.position);
                if token.word.len() >= 9 {
                    self.emit_inner_words(token.word, start + token.byte_start);
                }
                self.emit_date(token.word, range);
                self.position += 1;
            }
        }
    }

    /// Emits the dictionary words inside a word of three or more characters.
    fn emit_inner_words(&mut self, word: &str, start: usize) {
        const MAX_INNER_CHARS: usize = 5;
        let mut ends = [0; 16];
        let mut count = 0;
        for (offset, c) in word.char_indices().take(ends.len()) {
            ends[count] = offset + c.len_utf8();
            count += 1;
        }
        for from in 0..count {
            let begin = if from == 0 { 0 } else { ends[from - 1] };
            for end in &ends[from + 1..count.min(from + MAX_INNER_CHARS)] {
                let inner = &word[begin..*end];
                if inner.len() < word.len() && self.jieba.has_word(inner) {
                    (self.emit)(inner, start + begin..start + *end, self.position);
                }
            }
        }
    }

    fn emit_unit(&mut self, range: Range<usize>) {
        let unit = &self.folded[range.clone()];
        if unit.contains(',') {
            (self.emit)(&unit.replace(',', ""), range.clone(), self.position);
        } else {
            (self.emit)(unit, range.clone(), self.position);
        }
        self.emit_date(unit, range);
        self.position += 1;
    }

    fn emit_date(&mut self, unit: &str, range: Range<usize>) {
        if let Some((iso, whole)) = self.date.push(self.folded, unit, range) {
            (self.emit)(&iso, whole, self.position);
        }
    }
}

/// Recogniser of dates in a sequence of units: year, separator, month, separator, day.
#[derive(Default)]
struct DateRecogniser {
    parts: Vec<u16>,
    start: usize,
    end: usize,
}

impl DateRecogniser {
    /// Adds the next unit; returns the ISO form and the range of a completed date.
    fn push(&mut self, text: &str, unit: &str, range: Range<usize>) -> Option<(String, Range<usize>)> {
        let first = unit.as_bytes().first().copied().unwrap_or_default();
        if !first.is_ascii_digit() {
            let expected = ["年", "月"].get(self.parts.len().wrapping_sub(1));
            if self.end == range.start && expected == Some(&unit) {
                self.end = range.end;
            } else {
                self.parts.clear();
            }
            return None;
        }
        if unit.len() == 4 {
            self.parts.clear();
            self.parts.extend(unit.parse::<u16>().ok().filter(|y| (1900..2100).contains(y)));
            (self.start, self.end) = (range.start, range.end);
            return None;
        }
        if let Some(iso) = parse_dotted_date(unit) {
            self.parts.clear();
            return Some((iso, range));
        }
        let joined = self.end == range.start || matches!(&text[self.end..range.start], "-" | "/" | " ");
        match unit.parse::<u16>().ok().filter(|_| joined && !self.parts.is_empty() && unit.len() <= 2) {
            None => {
                self.parts.clear();
                None
            }
            Some(number) => {
                self.parts.push(number);
                self.end = range.end;
                self.complete(range.end)
            }
        }
    }

    fn complete(&mut self, end: usize) -> Option<(String, Range<usize>)> {
        let [year, month, day] = *self.parts.as_slice() else { return None };
        self.parts.clear();
        let real = (1..=12).contains(&month) && (1..=31).contains(&day);
        real.then(|| (format!("{year:04}-{month:02}-{day:02}"), self.start..end))
    }
}

/// ISO form of `2017.5.15`, which is a single unit.
fn parse_dotted_date(unit: &str) -> Option<String> {
    let mut parts = unit.split('.').map(|part| part.parse::<u16>().ok());
    let (year, month, day) = (parts.next()??, parts.next()??, parts.next()??);
    let real = parts.next().is_none()
        && (1900..2100).contains(&year)
        && (1..=12).contains(&month)
        && (1..=31).contains(&day);
    real.then(|| format!("{year:04}-{month:02}-{day:02}"))
}
