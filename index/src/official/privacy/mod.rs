//! Private numbers, which must not be published by accident: identity numbers, mobile numbers,
//! bank cards.
//!
//! | kind | form | proof |
//! |---|---|---|
//! | identity number | 18, the last may be X | province, date of birth, check digit |
//! | old identity number | 15 digits | province, date, and 身份证 before it |
//! | mobile number | 11 digits, 13 to 19 | nothing that makes it an amount or a code |
//! | bank card | 16 to 19 digits | a known issuer, its length, Luhn's check digit |
//!
//! Digits may be of any width and grouped by spaces or hyphens as people group them.
//! Document numbers, index numbers, organisation codes, amounts and the telephone numbers of
//! offices are not private. The module finds and masks numbers; it does not decide about documents.

mod check;
#[cfg(test)]
mod tests;

use std::borrow::Cow;
use std::ops::Range;

use super::scan::digit;

/// Kind of a private number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Private {
    /// 居民身份证号码.
    IdentityNumber,
    /// 手机号码.
    MobileNumber,
    /// 银行卡号.
    BankCard,
}

/// A private number in a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// Range in bytes, with the spaces or hyphens inside it.
    pub range: Range<usize>,
    /// Kind of the number.
    pub kind: Private,
}

/// Digits in a row, or in groups, as written in a text.
#[derive(Debug, Clone, Default)]
struct DigitRun {
    digits: String,
    groups: Vec<usize>,
    range: Range<usize>,
}

/// Most digits of a private number; a longer run is something else.
const MAX_RUN_DIGITS: usize = 19;
/// Longest text before a number in which its label is searched, in characters.
const MAX_LABEL_CHARS: usize = 40;

/// All private numbers of a text, in order.
pub fn find_all(text: &str) -> Vec<Found> {
    let mut found = Vec::new();
    let mut position = 0;
    while let Some(start) = next_digit(text, position) {
        let plain = read_digits(text, start, false);
        let grouped = read_digits(text, start, true);
        let (end, kind) = match (kind_of(text, &grouped), kind_of(text, &plain)) {
            (Some(kind), _) if grouped.groups.len() > 1 => (grouped.range.end, Some(kind)),
            (_, kind) => (plain.range.end, kind),
        };
        if let Some(kind) = kind {
            found.push(Found { range: start..end, kind });
        }
        position = end;
    }
    found
}

/// Masks the inner digits of every private number in a text. The length in bytes does not
/// change, so that byte ranges in the text stay valid.
pub fn mask(text: &str) -> Cow<'_, str> {
    let found = find_all(text);
    if found.is_empty() {
        return Cow::Borrowed(text);
    }
    let mut masked = String::with_capacity(text.len());
    let mut position = 0;
    for Found { range, kind } in found {
        masked.push_str(&text[position..range.start]);
        masked.push_str(&mask_digits(&text[range.clone()], kind));
        position = range.end;
    }
    masked.push_str(&text[position..]);
    Cow::Owned(masked)
}

/// Masks one number. The digits kept at both ends let a reader recognise a number that he knows.
fn mask_digits(number: &str, kind: Private) -> String {
    let (first, last) = match kind {
        Private::IdentityNumber => (4, 2),
        Private::MobileNumber => (3, 4),
        Private::BankCard => (4, 4),
    };
    let is_part = |c: char| digit(c).is_some() || matches!(c, 'X' | 'x');
    let total = number.chars().filter(|c| is_part(*c)).count();
    let mut seen = 0;
    let show = |c: char| {
        if !is_part(c) {
            return c;
        }
        seen += 1;
        match c.len_utf8() {
            _ if seen <= first || seen + last > total => c,
            1 => '*',
            _ => '＊',
        }
    };
    number.chars().map(show).collect()
}

/// Position of the next digit.
fn next_digit(text: &str, from: usize) -> Option<usize> {
    let bytes = text.as_bytes();
    let wide = |i: usize| {
        bytes[i] == 0xEF && bytes.get(i + 1) == Some(&0xBC) && matches!(bytes.get(i + 2), Some(0x90..=0x99))
    };
    (from..bytes.len()).find(|i| bytes[*i].is_ascii_digit() || wide(*i))
}

/// Reads the digits from `start` on; with `grouped`, single spaces or hyphens may separate them.
fn read_digits(text: &str, start: usize, grouped: bool) -> DigitRun {
    let mut run = DigitRun { range: start..start, ..DigitRun::default() };
    let mut group = 0;
    let mut separator: Option<char> = None;
    let mut chars = text[start..].char_indices().peekable();
    while let Some((position, c)) = chars.next() {
        if let Some(value) = digit(c) {
            run.digits.extend(char::from_digit(value, 10));
            group += 1;
        } else if matches!(c, 'X' | 'x') && run.digits.len() == 17 {
            run.digits.push('X');
            group += 1;
        } else if grouped
            && matches!(c, ' ' | '-')
            && separator.is_none_or(|s| s == c)
            && chars.peek().is_some_and(|(_, c)| digit(*c).is_some())
        {
            separator = Some(c);
            run.groups.push(std::mem::take(&mut group));
            continue;
        } else {
            break;
        }
        run.range.end = start + position + c.len_utf8();
        if run.digits.len() > MAX_RUN_DIGITS && grouped {
            break;
        }
    }
    run.groups.push(group);
    run
}

fn kind_of(text: &str, run: &DigitRun) -> Option<Private> {
    let before = &text[..run.range.start];
    let after = text[run.range.end..].chars().next();
    let inside_a_word =
        before.chars().next_back().is_some_and(|c| c.is_ascii_alphanumeric() || "_/=.".contains(c))
            || after.is_some_and(|c| c.is_ascii_alphanumeric() || c == '_');
    if inside_a_word || run.digits.len() > MAX_RUN_DIGITS {
        return None;
    }
    let label = label_before(before);
    let groups = &run.groups[..];
    match run.digits.len() {
        18 if matches!(groups, [18] | [6, 8, 4] | [6, 4, 4, 4]) && check::is_identity_number(&run.digits) => {
            Some(Private::IdentityNumber)
        }
        15 if groups == [15] && label.contains("身份证") && check::is_old_identity_number(&run.digits) => {
            Some(Private::IdentityNumber)
        }
        11 if matches!(groups, [11] | [3, 4, 4]) => {
            check::is_mobile_number(&run.digits, before, after, label).then_some(Private::MobileNumber)
        }
        13 if matches!(groups, [2, 11] | [13] | [2, 3, 4, 4])
            && run.digits.starts_with("86")
            && before.ends_with('+') =>
        {
            check::is_mobile_number(&run.digits[2..], before, after, label).then_some(Private::MobileNumber)
        }
        16..=19 if matches!(groups, [_] | [4, 4, 4, 4] | [4, 4, 4, 4, 1..=3] | [6, _]) => {
            check::is_bank_card(&run.digits, label).then_some(Private::BankCard)
        }
        _ => None,
    }
}

/// Text right before a number, in its own line or cell and the one before.
fn label_before(before: &str) -> &str {
    let start = before.char_indices().rev().nth(MAX_LABEL_CHARS - 1).map_or(0, |(position, _)| position);
    &before[start..]
}
