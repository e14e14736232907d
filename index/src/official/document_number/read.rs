//! Reading one number backwards from its 号, in each of its forms.

use std::ops::Range;

use super::number::DocumentNumber;
use super::series;
use super::standard::parse_standard;
use super::words::TITLE_WORDS;
use crate::official::issuer;
use crate::official::scan::{
    ReverseCursor, chinese_digit, chinese_number, digit, is_chinese_numeral, is_closing_bracket,
    is_opening_bracket,
};
use crate::official::script::simplified;

/// Years of document numbers.
const VALID_YEARS: Range<u16> = 1949..2100;
/// Longest text that is parsed as one number, in bytes.
const MAX_NUMBER_BYTES: usize = 400;
/// Suffixes of a number that stands alone.
const SUFFIXES: [&str; 5] = ["号文件", "号文", "号", "文件", "文"];
/// Labels of a number that stands alone.
const LABELS: [&str; 6] = ["发文字号", "公文字号", "文件编号", "文号", "字号", "编号"];

/// The parts read before a 号; a number once its series is known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Reading {
    pub range: Range<usize>,
    /// `None` for `[2016]11号` and `711号令`, which the text around them completes.
    pub series: Option<String>,
    /// Last word of an order or an announcement without issuer.
    pub title: Option<&'static str>,
    pub year: Option<u16>,
    pub serial: u32,
    /// Year and serial as one run of digits, if the brackets are lost.
    pub digit_run: Option<String>,
}

impl Reading {
    pub(super) fn to_number(&self) -> Option<DocumentNumber> {
        Some(DocumentNumber { series: self.series.clone()?, year: self.year, serial: self.serial })
    }
}

/// Parses a text that is one number in any spelling; `None` if it is not, or
/// if its form leaves out the issuer (`711号令`).
pub fn parse(text: &str) -> Option<DocumentNumber> {
    match read_single(&simplified(text)) {
        Some(reading) => reading.to_number(),
        None => parse_standard(text),
    }
}

/// All numbers that a text may mean, the most plausible first: one for a
/// clear form, several if its brackets are lost or its issuer is left out.
pub fn candidates(text: &str) -> Vec<DocumentNumber> {
    let Some(reading) = read_single(&simplified(text)) else {
        return parse_standard(text).into_iter().collect();
    };
    let Some(first) = reading.to_number() else { return order_without_issuer(&reading) };
    let others = reading
        .digit_run
        .as_deref()
        .map(|digit_run| split_digit_run(&first.series, digit_run))
        .unwrap_or_default();
    let mut found = vec![first];
    for other in others {
        if !found.contains(&other) {
            found.push(other);
        }
    }
    found
}

/// Candidates for `711号令` without an issuer, which is mostly the State Council's.
fn order_without_issuer(reading: &Reading) -> Vec<DocumentNumber> {
    match reading.title {
        Some("令") => {
            vec![DocumentNumber {
                series: "国务院令".to_owned(), year: reading.year, serial: reading.serial
            }]
        }
        _ => Vec::new(),
    }
}

/// All splits of a run of digits into a year and a serial, years of four digits first.
fn split_digit_run(series: &str, digit_run: &str) -> Vec<DocumentNumber> {
    let cut = |offset: usize| -> Option<DocumentNumber> {
        let year = parse_year(digit_run.get(..offset)?)?;
        let serial = digit_run.get(offset..).filter(|s| !s.is_empty() && s.len() <= 6)?.parse().ok()?;
        (serial > 0).then(|| DocumentNumber { series: series.to_owned(), year: Some(year), serial })
    };
    [4, 2].into_iter().filter_map(cut).collect()
}

/// Reads a text that should hold nothing but a number.
fn read_single(text: &str) -> Option<Reading> {
    if text.len() > MAX_NUMBER_BYTES {
        return None;
    }
    let text = strip_wrapping(text);
    read_unwrapped(text).or_else(|| read_unwrapped(&text.split_whitespace().collect::<String>()))
}

fn read_unwrapped(text: &str) -> Option<Reading> {
    let (body, suffix_start) = number_end(text)?;
    let mut reading = read_before(body, suffix_start)?;
    let left = body[..reading.range.start].trim();
    let glued =
        reading.series.is_some() && left.chars().all(|c| !is_closing_bracket(c) && !"。；;，,".contains(c));
    let torn = left.len() < reading.range.start
        && left.split_whitespace().next_back().is_some_and(is_single_character);
    if !left.is_empty() && (!glued || torn) || body[..reading.range.start].contains('号') {
        return None;
    }
    if let Some(series) = &mut reading.series {
        // A label may also stand inside the series that was read: the number follows it.
        let read = text[reading.range.start..].trim_start();
        let rest = strip_labels(read);
        if rest.len() < read.len() {
            return read_unwrapped(rest);
        }
        *series = series.trim().to_owned();
        // A label torn apart by whitespace is found when the text is read without it.
        if strip_labels(series).len() < series.len() {
            return None;
        }
    }
    Some(reading)
}

/// Recognises a word of one character: a series with whitespace between its characters was torn
/// apart.
fn is_single_character(word: &str) -> bool {
    word.chars().nth(1).is_none()
}

/// Text up to the end of the number, and the end of its serial: at the last 号, or at the last
/// digit if 号 is missing.
fn number_end(text: &str) -> Option<(&str, usize)> {
    if TITLE_WORDS.iter().any(|title| text.ends_with(title)) {
        let suffix_start = text.rfind('号')?;
        return text[suffix_start..].chars().count().le(&4).then_some((text, suffix_start));
    }
    let suffix = SUFFIXES.iter().find_map(|suffix| text.strip_suffix(suffix));
    let body = suffix.unwrap_or(text);
    let bracketed_serial = suffix.is_none() && body.ends_with(is_closing_bracket);
    if bracketed_serial {
        body.rfind('号').map(|suffix_start| (body, suffix_start))
    } else {
        Some((body, body.len()))
    }
}

/// Removes quotation marks, labels and full stops around a number.
fn strip_wrapping(text: &str) -> &str {
    let text =
        strip_labels(text.trim_matches(|c: char| c.is_whitespace() || "“”\"'。.，,;；:：".contains(c)));
    let inner = text.strip_prefix(is_opening_bracket).and_then(|rest| rest.strip_suffix(is_closing_bracket));
    inner.filter(|inner| inner.ends_with('号')).unwrap_or(text).trim()
}

fn strip_labels(mut text: &str) -> &str {
    while let Some(rest) = LABELS.iter().find_map(|label| text.strip_prefix(label)) {
        text = rest.trim_start_matches(|c: char| c.is_whitespace() || ":：".contains(c));
    }
    text
}

/// Reads the number whose 号 is at the byte `suffix_start` (or whose digits end there).
pub(super) fn read_before(text: &str, suffix_start: usize) -> Option<Reading> {
    let mut cursor = ReverseCursor::new(text, suffix_start);
    cursor.skip_whitespace();
    let digits_end = cursor.position();
    let digits = cursor.eat_digits(10);
    let chinese = if digits.is_empty() { read_chinese_serial(&mut cursor)? } else { 0 };
    let digits_start = cursor.position();
    let before_whitespace = cursor;
    cursor.skip_whitespace();
    let ordinal = cursor.eat('第');
    cursor.skip_whitespace();
    let serial: u32 = if digits.is_empty() { chinese } else { digits.parse().unwrap_or(0) };
    let tail = NumberTail { text, suffix_start, digits: &digits, serial, ordinal, start: digits_start };
    let trailing = tail.trailing_title();
    let found = match cursor.peek() {
        _ if trailing.is_some() => tail.read_trailing_title(cursor, trailing),
        Some(c) if is_closing_bracket(c) => {
            tail.read_bracketed_year(cursor).or_else(|| tail.read_without_year(cursor))
        }
        Some('年') => tail.read_year_with_word(cursor),
        Some(c) if is_opening_bracket(c) => tail.read_bracketed_serial(cursor),
        _ if !ordinal => tail.read_without_year(before_whitespace),
        _ => tail.read_without_year(cursor),
    };
    found.filter(|r| r.serial > 0 && digits_end > r.range.start)
}

fn read_chinese_serial(cursor: &mut ReverseCursor<'_>) -> Option<u32> {
    let end = cursor.position();
    let mut probe = *cursor;
    while end - probe.position() < 24 && probe.eat_if(is_chinese_numeral).is_some() {}
    let found = chinese_number(&cursor.remaining()[probe.position()..])?;
    *cursor = probe;
    Some(found)
}

/// The last part of a number, whose beginning is not found yet.
struct NumberTail<'a> {
    text: &'a str,
    suffix_start: usize,
    digits: &'a str,
    serial: u32,
    ordinal: bool,
    start: usize,
}

impl NumberTail<'_> {
    /// Reads `…〔2015〕58号`.
    fn read_bracketed_year(&self, mut cursor: ReverseCursor<'_>) -> Option<Reading> {
        let year = parse_bracketed_year(&mut cursor)?;
        let alone = self.build_reading(cursor.position(), None, Some(year))?;
        let bracket = cursor.position();
        cursor.skip_whitespace();
        if bracket - cursor.position() > 4 {
            return Some(alone);
        }
        if let Some(start) = titled_series_start(self.text, cursor.position()) {
            return self.build_reading(start, Some(cursor.position()), Some(year));
        }
        let found = series::letter_series_start(self.text, cursor.position());
        match found {
            Some(start) => self.build_reading(start, Some(cursor.position()), Some(year)),
            None => Some(alone),
        }
    }

    /// Reads `…2015年58号`, `…公告2023年第11号`.
    fn read_year_with_word(&self, mut cursor: ReverseCursor<'_>) -> Option<Reading> {
        cursor.eat('年');
        let year = parse_bare_year(&mut cursor)?;
        cursor.skip_whitespace();
        let end = cursor.position();
        let start = titled_series_start(self.text, end).or_else(|| {
            let start = series::letter_series_start(self.text, end)?;
            ends_like_series(&self.text[start..end]).then_some(start)
        })?;
        self.build_reading(start, Some(end), Some(year))
    }

    /// Reads `…令（第61号）`.
    fn read_bracketed_serial(&self, mut cursor: ReverseCursor<'_>) -> Option<Reading> {
        cursor.eat_if(is_opening_bracket);
        cursor.skip_whitespace();
        let start = titled_series_start(self.text, cursor.position()).filter(|_| self.ordinal)?;
        self.build_reading(start, Some(cursor.position()), None)
    }

    /// Reads forms without a year between series and serial: orders, year first, lost brackets.
    fn read_without_year(&self, cursor: ReverseCursor<'_>) -> Option<Reading> {
        let end = cursor.position();
        if let Some(start) = titled_series_start(self.text, end) {
            return self.build_reading(start, Some(end), None);
        }
        self.read_year_first(end).or_else(|| self.read_lost_brackets(end)).or_else(|| self.read_yearless(end))
    }

    /// Reads `〔1996〕武司字第82号`.
    fn read_year_first(&self, end: usize) -> Option<Reading> {
        let start = series::series_characters_start(self.text, end);
        let mut cursor = ReverseCursor::new(self.text, start);
        let series = &self.text[start..end];
        let round = cursor.peek().is_some_and(|c| ")）".contains(c));
        let year = parse_bracketed_year(&mut cursor)?;
        let plausible = series.ends_with('字')
            || series.ends_with(is_closing_bracket)
            || self.ordinal
            || !round && ends_like_series(series);
        if !plausible || series.chars().count() < 2 || is_court_case(series) {
            return None;
        }
        let found = self.build_reading(cursor.position(), None, Some(year))?;
        Some(Reading { series: Some(display_series(series)), ..found })
    }

    /// Reads `国发201558号`.
    fn read_lost_brackets(&self, end: usize) -> Option<Reading> {
        let (year, serial) = (self.digits.get(..4)?, self.digits.get(4..).filter(|s| !s.is_empty())?);
        let year = parse_year(year)?;
        let serial = serial.parse().ok().filter(|_| serial.len() <= 4 && !self.ordinal)?;
        let start = series::letter_series_start(self.text, end)?;
        if !ends_like_series(&self.text[start..end]) {
            return None;
        }
        let found = self.build_reading(start, Some(end), Some(year))?;
        Some(Reading { serial, digit_run: Some(self.digits.to_owned()), ..found })
    }

    /// Reads `法研字第30号`, from before years were written.
    fn read_yearless(&self, end: usize) -> Option<Reading> {
        let start = series::letter_series_start(self.text, end)?;
        let series = &self.text[start..end];
        let plausible =
            self.ordinal && series.ends_with('字') && !is_court_case(series) && series.chars().count() >= 3;
        if plausible { self.build_reading(start, Some(end), None) } else { None }
    }

    /// Reads `国务院711号令`, `交通部1997年第16号令`.
    fn read_trailing_title<'t>(
        &'t self,
        mut cursor: ReverseCursor<'t>,
        trailing: Option<(&'static str, usize)>,
    ) -> Option<Reading> {
        let (title, end) = trailing?;
        let mut year = None;
        if cursor.eat('年') {
            year = Some(parse_bare_year(&mut cursor)?);
        } else if cursor.peek().is_some_and(is_closing_bracket) {
            year = Some(parse_bracketed_year(&mut cursor)?);
        }
        let bare = cursor.position();
        cursor.skip_whitespace();
        if cursor.remaining().ends_with(title) {
            cursor = ReverseCursor::new(self.text, cursor.position() - title.len());
        }
        let issuer_end = cursor.position();
        let issuer = series::issuers_start(self.text, issuer_end);
        let start = issuer.unwrap_or(if year.is_some() { bare } else { self.number_start() });
        let series = issuer.map(|start| display_series(&self.text[start..issuer_end]) + title);
        let serial = u32::from(self.digits.len() <= 6) * self.serial;
        Some(Reading { range: start..end, series, title: Some(title), year, serial, digit_run: None })
    }

    fn number_start(&self) -> usize {
        let mut cursor = ReverseCursor::new(self.text, self.start);
        cursor.skip_whitespace();
        if cursor.eat('第') { cursor.position() } else { self.start }
    }

    /// 令 or 公告 right after the 号, and its end.
    fn trailing_title(&self) -> Option<(&'static str, usize)> {
        let rest = self.text[self.suffix_start..].strip_prefix('号')?.trim_start_matches(' ');
        let title = TITLE_WORDS.iter().find(|title| rest.starts_with(**title))?;
        let end = self.text.len() - rest.len() + title.len();
        let follows = self.text[end..].chars().next();
        (!follows.is_some_and(|c| "人牌状箭行".contains(c))).then_some((*title, end))
    }

    fn build_reading(&self, start: usize, series_end: Option<usize>, year: Option<u16>) -> Option<Reading> {
        let end = if self.text[self.suffix_start..].starts_with('号') {
            self.suffix_start + '号'.len_utf8()
        } else {
            self.suffix_start
        };
        let series = series_end.map(|series_end| display_series(&self.text[start..series_end]));
        let fits = self.digits.len() <= 6 || year.is_some() && self.digits.len() <= 8 && series_end.is_some();
        fits.then_some(Reading {
            range: start..end,
            series,
            title: None,
            year,
            serial: self.serial,
            digit_run: None,
        })
    }
}

/// Series for display: single spaces between joint issuers, no other whitespace.
fn display_series(series: &str) -> String {
    let Some(title) = TITLE_WORDS.iter().find(|title| series.ends_with(**title)) else {
        let joint = series.split_whitespace().collect::<Vec<_>>();
        return if joint.len() > 1 { joint.join(" ") } else { series::display_form(series) };
    };
    let issuers = series[..series.len() - title.len()].split_whitespace().collect::<Vec<_>>();
    issuers.join(" ") + title
}

/// Start of the issuers whose 令 or 公告 ends at `end`.
fn titled_series_start(text: &str, end: usize) -> Option<usize> {
    let before = &text[..end];
    let title = TITLE_WORDS.iter().find(|title| before.ends_with(**title))?;
    let end = end - title.len();
    series::issuers_start(text, end).or_else(|| {
        // Announcements have the organ on the line above.
        let above = before[..end].trim_end();
        let start = series::issuers_start(text, above.len()).filter(|_| end - above.len() <= 4)?;
        issuer::split(&above[start..]).iter().all(|name| issuer::is_organ(name)).then_some(start)
    })
}

/// Recognises the series of a court case (民终字, 刑初, 执): courts number cases in the form of a
/// year-first number.
fn is_court_case(series: &str) -> bool {
    let kind = series.strip_suffix('字').unwrap_or(series);
    kind.chars().nth(1).is_some() && kind.ends_with(['初', '终', '再', '执'])
}

fn parse_bracketed_year(cursor: &mut ReverseCursor<'_>) -> Option<u16> {
    cursor.eat_if(is_closing_bracket)?;
    cursor.skip_whitespace();
    cursor.eat('年');
    let mut digits = String::new();
    while digits.len() < 4 {
        cursor.skip_whitespace();
        let Some(c) =
            cursor.eat_if(|c| chinese_digit(c).is_some() || ('０'..='９').contains(&c) || c.is_ascii_digit())
        else {
            break;
        };
        let value = chinese_digit(c).or_else(|| digit(c))?;
        digits.insert(0, char::from_digit(value, 10)?);
    }
    cursor.skip_whitespace();
    let opened = cursor.eat_if(is_opening_bracket).is_some();
    parse_year(&digits).filter(|_| opened || digits.len() == 4)
}

fn parse_bare_year(cursor: &mut ReverseCursor<'_>) -> Option<u16> {
    let digits = cursor.eat_digits(4);
    if !digits.is_empty() {
        return parse_year(&digits);
    }
    let mut found = String::new();
    while found.len() < 4 {
        let value = chinese_digit(cursor.bump()?)?;
        found.insert(0, char::from_digit(value, 10)?);
    }
    parse_year(&found)
}

/// Parses a year of four digits, or of two for the time when that was the custom.
fn parse_year(digits: &str) -> Option<u16> {
    let year: u16 = digits.parse().ok()?;
    match digits.len() {
        4 => VALID_YEARS.contains(&year).then_some(year),
        2 => (49..=99).contains(&year).then_some(1900 + year),
        _ => None,
    }
}

/// Checks if a text ends as a series does whose year stands without brackets.
fn ends_like_series(series: &str) -> bool {
    let known = ["国发", "国函", "财税", "财会", "银发", "汇发", "税发", "法释", "财综", "财预", "财企"];
    series.ends_with(|c: char| "发函字规办通电办政令委告文批复综".contains(c))
        || known.iter().any(|k| series.ends_with(k))
}
