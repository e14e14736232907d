//! Dates as officials and websites write them.
//!
//! # Grammar
//!
//! ```text
//! date    = year 年 month 月 day (日|号)      2017年05月15日, 二〇〇七年十二月二十六日
//!         | year sep month sep day            2017.5.15  2017/5/15  2017-05-15
//!         | yyyymmdd                          20170515, only where a date is expected
//! year    = four digits, Chinese or decimal, mixed as people mix them
//! sep     = . / - or their wide forms, the same one twice
//! month, day = one or two digits, or a Chinese numeral
//! ```
//!
//! What the calendar does not have is no date (`2016年13月5日`), and neither is a
//! day without its year (`9月5日前`). [`find_all`] says of each date how it is
//! mentioned; which of them is the date *of* the document is read by [`roles`].

mod roles;
#[cfg(test)]
mod tests;

use std::ops::Range;

use jiff::civil::Date;
use memchr::{memchr3_iter, memmem};

use super::scan::{Back, chinese_digit, chinese_number, digit, is_chinese_numeral};
pub use roles::{Dated, Role, of_role, roles};

/// How a text speaks of a date.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Mention {
    /// Nothing is said of it here.
    Plain,
    /// By then: 前, 截至.
    Deadline,
    /// From then: 自…起.
    From,
    /// The first day of 至.
    RangeStart,
    /// The last day of 至.
    RangeEnd,
}

/// A date in a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// Where it stands, in bytes.
    pub range: Range<usize>,
    /// The day.
    pub date: Date,
    /// How it is spoken of.
    pub mention: Mention,
}

/// Reads a text that is one date, as in the metadata of a page: every writing of
/// the grammar, with or without a time of day after it.
pub fn parse(text: &str) -> Option<Date> {
    let text = text.trim();
    if let Some(date) = compact(text) {
        return Some(date);
    }
    let first = numeric_start(text).or_else(|| find_all(text).into_iter().next())?;
    let rest = &text[first.range.end..];
    let time = rest.chars().all(|c| c.is_ascii_digit() || " T:.+-Z时分秒".contains(c));
    (first.range.start == 0 && time).then_some(first.date)
}

/// `2017-05-15T10:00` begins like a date but a T follows, which no running text has.
fn numeric_start(text: &str) -> Option<Found> {
    let at = text.find(['-', '/', '.'])?;
    numeric(text, at)
}

/// `20170515`.
fn compact(text: &str) -> Option<Date> {
    let digits = text.len() == 8 && text.bytes().all(|b| b.is_ascii_digit());
    let part = |range: Range<usize>| text.get(range)?.parse::<u32>().ok();
    if digits { civil(part(0..4)?, part(4..6)?, part(6..8)?) } else { None }
}

/// All dates in a running text, in order. A run of eight digits is not one here.
pub fn find_all(text: &str) -> Vec<Found> {
    let mut found: Vec<Found> =
        memmem::find_iter(text.as_bytes(), "年").filter_map(|at| worded(text, at)).collect();
    found.extend(memchr3_iter(b'.', b'-', b'/', text.as_bytes()).filter_map(|at| numeric(text, at)));
    if text.contains('．') || text.contains('／') {
        found.extend(text.match_indices(['．', '／']).filter_map(|(at, _)| numeric(text, at)));
    }
    found.sort_by_key(|f| f.range.start);
    found.dedup_by(|later, earlier| later.range.start < earlier.range.end);
    found
}

/// The date whose 年 is at `at`.
fn worded(text: &str, at: usize) -> Option<Found> {
    let mut back = Back::new(text, at);
    back.skip_blanks();
    let year = year(&mut back)?;
    let rest = &text[at + '年'.len_utf8()..];
    let (month, rest) = number_before(rest, &['月'])?;
    let (day, rest) = number_before(rest, &['日', '号'])?;
    Some(found(text, back.at()..text.len() - rest.len(), civil(year, month, day)?))
}

/// The date whose first separator is at `at`.
fn numeric(text: &str, at: usize) -> Option<Found> {
    let separator = text[at..].chars().next()?;
    let mut back = Back::new(text, at);
    let digits = back.digits(4);
    let year: u32 = digits.parse().ok().filter(|_| digits.len() == 4)?;
    if back.peek().is_some_and(|c| c.is_alphanumeric() && c.is_ascii() || c == separator) {
        return None;
    }
    let (month, rest) = number_before(&text[at + separator.len_utf8()..], &[separator])?;
    let length: usize = rest.chars().take_while(|c| digit(*c).is_some()).take(3).map(char::len_utf8).sum();
    let day = decimal(&rest[..length])?;
    let follows = rest[length..].chars().next();
    if follows.is_some_and(|c| c == separator || c.is_ascii_alphabetic() && c != 'T') {
        return None;
    }
    Some(found(text, back.at()..text.len() - rest.len() + length, civil(year, month, day)?))
}

/// Four digits of any writing, and no fifth before them.
fn year(back: &mut Back<'_>) -> Option<u32> {
    let mut year = 0;
    for place in [1, 10, 100, 1000] {
        back.eat(' ');
        year += place * chinese_digit_or_decimal(back.bump()?)?;
    }
    let more = back.peek().is_some_and(|c| digit(c).is_some() || is_chinese_numeral(c));
    ((1900..2200).contains(&year) && !more).then_some(year)
}

fn chinese_digit_or_decimal(c: char) -> Option<u32> {
    chinese_digit(c).or_else(|| digit(c))
}

/// A number of at most two places, and the unit that must follow it.
fn number_before<'a>(text: &'a str, units: &[char]) -> Option<(u32, &'a str)> {
    let text = text.trim_start();
    let end = text.char_indices().take(6).find(|(_, c)| units.contains(c))?.0;
    let written = text[..end].trim_end();
    let value =
        decimal(written).or_else(|| chinese_number(written).filter(|_| written.chars().all(numeral)))?;
    let unit = text[end..].chars().next()?;
    Some((value, &text[end + unit.len_utf8()..]))
}

fn numeral(c: char) -> bool {
    is_chinese_numeral(c) || chinese_digit(c) == Some(0)
}

fn decimal(written: &str) -> Option<u32> {
    let short = (1..=2).contains(&written.chars().count());
    written.chars().try_fold(0, |value, c| Some(value * 10 + digit(c)?)).filter(|_| short)
}

fn civil(year: u32, month: u32, day: u32) -> Option<Date> {
    let year = i16::try_from(year).ok().filter(|year| (1900..2200).contains(year))?;
    Date::new(year, i8::try_from(month).ok()?, i8::try_from(day).ok()?).ok()
}

fn found(text: &str, range: Range<usize>, date: Date) -> Found {
    let mention = mention(&text[..range.start], &text[range.end..]);
    Found { range, date, mention }
}

fn mention(before: &str, after: &str) -> Mention {
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
