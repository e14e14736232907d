//! Search for numbers in running text.
//!
//! Every number ends in 号, so the text is searched for 号, and only the text around it is
//! read. Two numbers never share a byte.

use std::ops::Range;

use memchr::memmem;

use super::number::DocumentNumber;
use super::read::{self, Reading};
use super::series;
use crate::official::scan::{digit, is_chinese_numeral, tail};
use crate::official::script::simplified;

/// Most bytes between a number and one that continues it.
const MAX_CONTINUATION_GAP: usize = 16;
/// Longest distance back from `711号令` to its issuer, in bytes.
const MAX_ISSUER_DISTANCE: usize = 240;

/// A number in a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// Range in bytes, without the words it is glued to.
    pub range: Range<usize>,
    /// The number.
    pub number: DocumentNumber,
}

/// All numbers in a text, in order.
pub fn find_all(text: &str) -> Vec<Found> {
    find_all_issued_by(text, None)
}

/// All numbers in a text whose issuer is known: `711号令` is then an order of that issuer
/// unless the sentence names another.
pub fn find_all_issued_by(text: &str, issuer: Option<&str>) -> Vec<Found> {
    // Every offset in the simplified text is one in the original.
    let (text, mut found) = (&*simplified(text), Vec::<Found>::new());
    for suffix_start in memmem::find_iter(text.as_bytes(), "号") {
        if let Some(next) = number_ending_at(text, suffix_start, found.last(), issuer)
            && found.last().is_none_or(|last| last.range.end <= next.range.start)
        {
            found.push(next);
        }
    }
    found
}

fn number_ending_at(
    text: &str,
    suffix_start: usize,
    last: Option<&Found>,
    issuer: Option<&str>,
) -> Option<Found> {
    // Most 号 are of houses, telephones and names: no digit, no number.
    let before = text[..suffix_start].trim_end_matches([' ', '\u{3000}']);
    let last_char = before.chars().next_back()?;
    let chinese = is_chinese_numeral(last_char);
    if digit(last_char).is_none() && !chinese {
        return None;
    }
    match read::read_before(text, suffix_start) {
        Some(reading) => complete_reading(text, reading, last, issuer),
        None if !chinese => continuation_at(text, suffix_start, last?),
        None => None,
    }
}

/// Completes a reading with the series of the number before it or with its issuer.
fn complete_reading(
    text: &str,
    reading: Reading,
    last: Option<&Found>,
    issuer: Option<&str>,
) -> Option<Found> {
    if let Some(number) = reading.to_number() {
        return Some(Found { range: reading.range, number });
    }
    let (year, serial) = (reading.year, reading.serial);
    let series = match reading.title {
        Some(title) => issuer_in_sentence(text, reading.range.start, issuer)? + title,
        None => preceding_number(text, reading.range.start, last?)?.series.clone(),
    };
    Some(Found { range: reading.range, number: DocumentNumber { series, year, serial } })
}

/// The number before, if nothing but a conjunction stands between the two.
fn preceding_number<'a>(text: &str, start: usize, last: &'a Found) -> Option<&'a DocumentNumber> {
    let between = text.get(last.range.end..start)?;
    let joined = between.len() <= MAX_CONTINUATION_GAP
        && between.chars().all(|c| "、，,和及与或第文件以 \n\r\t\u{3000}".contains(c));
    (joined && !between.trim().is_empty()).then_some(&last.number)
}

/// Number that continues the one before and leaves out its year too: 60号 in `〔2009〕59号、60号`.
fn continuation_at(text: &str, suffix_start: usize, last: &Found) -> Option<Found> {
    let start = text[..suffix_start].trim_end().trim_end_matches(|c| digit(c).is_some()).len();
    let digits: String =
        text[start..suffix_start].chars().filter_map(digit).filter_map(|d| char::from_digit(d, 10)).collect();
    let number = preceding_number(text, start, last)?;
    let follows = text[suffix_start..].chars().nth(1);
    let place = follows.is_some_and(|c| "楼门院线地路街区船机车台井码泊".contains(c));
    let serial = digits.parse().ok().filter(|s| *s > 0 && digits.len() <= 5 && !place)?;
    let range = start..suffix_start + '号'.len_utf8();
    Some(Found { range, number: DocumentNumber { serial, ..number.clone() } })
}

/// Issuer of an order: the organ named last in the same sentence, or that of the document.
fn issuer_in_sentence(text: &str, start: usize, issuer: Option<&str>) -> Option<String> {
    let window = tail(&text[..start], MAX_ISSUER_DISTANCE);
    let sentence = window.rfind(['。', '；', '\n']).map_or(window, |offset| &window[offset..]);
    series::last_organ(sentence).or(issuer).map(str::to_owned)
}
