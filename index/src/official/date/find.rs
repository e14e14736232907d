//! Parsing of one date, and search for all dates in a text.

use std::ops::Range;

use jiff::civil::Date;
use memchr::{memchr3_iter, memmem};

use crate::official::scan::{ReverseCursor, chinese_digit, chinese_number, digit, is_chinese_numeral};

/// Mention of a date in its sentence.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Mention {
    /// Date without any such word.
    Plain,
    /// Deadline: 前, 截至.
    Deadline,
    /// Beginning: 自…起.
    From,
    /// First day of a range with 至.
    RangeStart,
    /// Last day of a range with 至.
    RangeEnd,
}

/// A date in a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// Range in bytes.
    pub range: Range<usize>,
    /// The day.
    pub date: Date,
    /// Mention of the date.
    pub mention: Mention,
}

/// Parses a text that is one date, as in the metadata of a page: every notation of the grammar,
/// with or without a time of day after it.
pub fn parse(text: &str) -> Option<Date> {
    let text = text.trim();
    if let Some(date) = compact_date(text) {
        return Some(date);
    }
    let first = leading_numeric_date(text).or_else(|| find_all(text).into_iter().next())?;
    let rest = &text[first.range.end..];
    let time = rest.chars().all(|c| c.is_ascii_digit() || " T:.+-Z时分秒".contains(c));
    (first.range.start == 0 && time).then_some(first.date)
}

/// Date at the start of a timestamp such as `2017-05-15T10:00`; no running text has the T.
fn leading_numeric_date(text: &str) -> Option<Found> {
    let position = text.find(['-', '/', '.'])?;
    date_with_separators(text, position)
}

/// Parses `20170515`.
fn compact_date(text: &str) -> Option<Date> {
    let digits = text.len() == 8 && text.bytes().all(|b| b.is_ascii_digit());
    let part = |range: Range<usize>| text.get(range)?.parse::<u32>().ok();
    if digits { calendar_date(part(0..4)?, part(4..6)?, part(6..8)?) } else { None }
}

/// All dates in running text, in order. A run of eight digits is no date here.
pub fn find_all(text: &str) -> Vec<Found> {
    let mut found: Vec<Found> = memmem::find_iter(text.as_bytes(), "年")
        .filter_map(|position| date_with_words(text, position))
        .collect();
    found.extend(
        memchr3_iter(b'.', b'-', b'/', text.as_bytes())
            .filter_map(|position| date_with_separators(text, position)),
    );
    if text.contains('．') || text.contains('／') {
        found.extend(
            text.match_indices(['．', '／']).filter_map(|(position, _)| date_with_separators(text, position)),
        );
    }
    found.sort_by_key(|f| f.range.start);
    found.dedup_by(|later, earlier| later.range.start < earlier.range.end);
    found
}

/// Date whose 年 is at the byte `position`.
fn date_with_words(text: &str, position: usize) -> Option<Found> {
    let mut cursor = ReverseCursor::new(text, position);
    cursor.skip_whitespace();
    let year = read_year(&mut cursor)?;
    let rest = &text[position + '年'.len_utf8()..];
    let (month, rest) = number_with_unit(rest, &['月'])?;
    let (day, rest) = number_with_unit(rest, &['日', '号'])?;
    Some(found_date(text, cursor.position()..text.len() - rest.len(), calendar_date(year, month, day)?))
}

/// Date whose first separator is at the byte `position`.
fn date_with_separators(text: &str, position: usize) -> Option<Found> {
    let separator = text[position..].chars().next()?;
    let mut cursor = ReverseCursor::new(text, position);
    let digits = cursor.eat_digits(4);
    let year: u32 = digits.parse().ok().filter(|_| digits.len() == 4)?;
    if cursor.peek().is_some_and(|c| c.is_alphanumeric() && c.is_ascii() || c == separator) {
        return None;
    }
    let (month, rest) = number_with_unit(&text[position + separator.len_utf8()..], &[separator])?;
    let length: usize = rest.chars().take_while(|c| digit(*c).is_some()).take(3).map(char::len_utf8).sum();
    let day = short_decimal(&rest[..length])?;
    let follows = rest[length..].chars().next();
    if follows.is_some_and(|c| c == separator || c.is_ascii_alphabetic() && c != 'T') {
        return None;
    }
    Some(found_date(
        text,
        cursor.position()..text.len() - rest.len() + length,
        calendar_date(year, month, day)?,
    ))
}

/// Year of four digits, Chinese or decimal, and no fifth before them.
fn read_year(cursor: &mut ReverseCursor<'_>) -> Option<u32> {
    let mut year = 0;
    for place in [1, 10, 100, 1000] {
        cursor.eat(' ');
        year += place * chinese_digit_or_decimal(cursor.bump()?)?;
    }
    let more = cursor.peek().is_some_and(|c| digit(c).is_some() || is_chinese_numeral(c));
    ((1900..2200).contains(&year) && !more).then_some(year)
}

fn chinese_digit_or_decimal(c: char) -> Option<u32> {
    chinese_digit(c).or_else(|| digit(c))
}

/// Number of at most two digits with one of the units after it, and the rest of the text.
fn number_with_unit<'a>(text: &'a str, units: &[char]) -> Option<(u32, &'a str)> {
    let text = text.trim_start();
    let end = text.char_indices().take(6).find(|(_, c)| units.contains(c))?.0;
    let written = text[..end].trim_end();
    let value = short_decimal(written)
        .or_else(|| chinese_number(written).filter(|_| written.chars().all(is_month_or_day_numeral)))?;
    let unit = text[end..].chars().next()?;
    Some((value, &text[end + unit.len_utf8()..]))
}

fn is_month_or_day_numeral(c: char) -> bool {
    is_chinese_numeral(c) || chinese_digit(c) == Some(0)
}

fn short_decimal(written: &str) -> Option<u32> {
    let short = (1..=2).contains(&written.chars().count());
    written.chars().try_fold(0, |value, c| Some(value * 10 + digit(c)?)).filter(|_| short)
}

fn calendar_date(year: u32, month: u32, day: u32) -> Option<Date> {
    let year = i16::try_from(year).ok().filter(|year| (1900..2200).contains(year))?;
    Date::new(year, i8::try_from(month).ok()?, i8::try_from(day).ok()?).ok()
}

fn found_date(text: &str, range: Range<usize>, date: Date) -> Found {
    let mention = mention_of(&text[..range.start], &text[range.end..]);
    Found { range, date, mention }
}

fn mention_of(before: &str, after: &str) -> Mention {
    let (before, after) = (before.trim_end_matches(' '), after.trim_start_matches(' '));
    let ends = |words: &[&str]| words.iter().any(|word| before.ends_with(word));
    let starts = |words: &[&str]| words.iter().any(|word| after.starts_with(word));
    if ends(&["截至", "截止", "截止到", "截至到"])
        || starts(&["前", "以前", "之前", "止", "24时前"]) && !ends(&["至", "到"])
    {
        Mention::Deadline
    } else if starts(&["至", "到", "—", "－", "～", "~", "起至"]) {
        Mention::RangeStart
    } else if ends(&["至", "到", "—", "－", "～", "~"]) {
        Mention::RangeEnd
    } else if starts(&["起"]) || ends(&["自", "从"]) && starts(&["之日起", "开始", "施行"]) {
        Mention::From
    } else {
        Mention::Plain
    }
}
