//! Numbers in running text.
//!
//! Every number ends in 号, so the text is searched for that, and only around it
//! is anything read. Two numbers never share a byte.

use std::ops::Range;

use memchr::memmem;

use super::read::{self, Reading};
use super::{DocumentNumber, series};
use crate::official::scan::{digit, is_chinese_numeral, tail};

/// Most bytes between a number and one that leans on it.
const NEAR: usize = 16;
/// How far back an issuer is in sight of `711号令`, in bytes.
const SIGHT: usize = 240;

/// A number in a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// Where it stands, in bytes, without what it is glued to.
    pub range: Range<usize>,
    /// What it is.
    pub number: DocumentNumber,
}

/// All numbers in a text, in order.
pub fn find_all(text: &str) -> Vec<Found> {
    find_all_issued_by(text, None)
}

/// All numbers in a text whose issuer is known: `711号令` is then an order of it
/// when nobody else is in sight.
pub fn find_all_issued_by(text: &str, issuer: Option<&str>) -> Vec<Found> {
    let mut found: Vec<Found> = Vec::new();
    for hao in memmem::find_iter(text.as_bytes(), "号") {
        if let Some(next) = at(text, hao, found.last(), issuer)
            && found.last().is_none_or(|last| last.range.end <= next.range.start)
        {
            found.push(next);
        }
    }
    found
}

fn at(text: &str, hao: usize, last: Option<&Found>, issuer: Option<&str>) -> Option<Found> {
    // Most 号 are of houses, telephones and names: no digit, no number.
    let before = text[..hao].trim_end_matches([' ', '\u{3000}']);
    let last_char = before.chars().next_back()?;
    let chinese = is_chinese_numeral(last_char);
    if digit(last_char).is_none() && !chinese {
        return None;
    }
    match read::before(text, hao) {
        Some(reading) => resolve(text, reading, last, issuer),
        None if !chinese => continued(text, hao, last?),
        None => None,
    }
}

/// Completes what leans on something in sight.
fn resolve(text: &str, reading: Reading, last: Option<&Found>, issuer: Option<&str>) -> Option<Found> {
    if let Some(number) = reading.number() {
        return Some(Found { range: reading.range, number });
    }
    let (year, serial) = (reading.year, reading.serial);
    let series = match reading.title {
        Some(title) => issuer_in_sight(text, reading.range.start, issuer)? + title,
        None => leaned_on(text, reading.range.start, last?)?.series.clone(),
    };
    Some(Found { range: reading.range, number: DocumentNumber { series, year, serial } })
}

/// The number before, if nothing but a conjunction stands between.
fn leaned_on<'a>(text: &str, start: usize, last: &'a Found) -> Option<&'a DocumentNumber> {
    let between = text.get(last.range.end..start)?;
    let joined =
        between.len() <= NEAR && between.chars().all(|c| "、，,和及与或第文件以 \n\r\t\u{3000}".contains(c));
    (joined && !between.trim().is_empty()).then_some(&last.number)
}

/// `〔2009〕59号、60号`: the second leaves out its year as well.
fn continued(text: &str, hao: usize, last: &Found) -> Option<Found> {
    let start = text[..hao].trim_end().trim_end_matches(|c| digit(c).is_some()).len();
    let digits: String =
        text[start..hao].chars().filter_map(digit).filter_map(|d| char::from_digit(d, 10)).collect();
    let number = leaned_on(text, start, last)?;
    let follows = text[hao..].chars().nth(1);
    let place = follows.is_some_and(|c| "楼门院线地路街区船机车台井码泊".contains(c));
    let serial = digits.parse().ok().filter(|s| *s > 0 && digits.len() <= 5 && !place)?;
    let range = start..hao + '号'.len_utf8();
    Some(Found { range, number: DocumentNumber { serial, ..number.clone() } })
}

/// Who gave an order: the organ named last in the same sentence, or the document's own.
fn issuer_in_sight(text: &str, start: usize, issuer: Option<&str>) -> Option<String> {
    let window = tail(&text[..start], SIGHT);
    let sentence = window.rfind(['。', '；', '\n']).map_or(window, |at| &window[at..]);
    series::last_organ(sentence).or(issuer).map(str::to_owned)
}
