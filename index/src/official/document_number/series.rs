//! Start of a series that is glued to the words before it, and its canonical form.
//!
//! A 代字 is short: place, organ, sometimes a department, then 发, 函, 字 and the
//! like. In running text only a few things stand before it: a citing verb
//! (按照, 落实), the end of a title (…的通知), the full name of the organ
//! (…住房和城乡建设局). The series begins at the last position where one of these ends and a
//! possible series follows.

use super::words::{NATIONAL, NOUNS, ORGAN_ENDS, TITLE_WORDS, VERBS};
use crate::official::issuer;
use crate::official::scan::{
    ReverseCursor, digit, is_chinese_numeral, is_closing_bracket, is_han, is_opening_bracket,
};
use crate::official::script::simplified;

/// Most characters that are read before a number.
const MAX_WINDOW_CHARS: usize = 32;
/// Most characters of a 代字; a longer text still contains words before it.
const MAX_SERIES_CHARS: usize = 9;

/// Last characters of the names of organs that issue orders or announcements.
const ORGAN_FINALS: &str = "院部委会局府署厅办行社室席长关心司团国";

/// Most issuers of one number.
const MAX_ISSUERS: usize = 24;

/// Series of one character.
const SINGLE_CHARACTER_SERIES: &str = "法复函通劳教财建环交商农水科文卫体民审外";

/// Characters of which no series consists and with which none begins.
const NON_INITIAL_CHARACTERS: &str = "发函字规令文通电联批复告密号第年月日";

/// Start of the series that ends at `end`; `None` if no series can end there.
pub(super) fn letter_series_start(text: &str, end: usize) -> Option<usize> {
    let run = series_characters_before(text, end);
    let start = run.first()?.0;
    let word: Vec<char> = run.iter().map(|(_, c)| *c).collect();
    let cut = glued_prefix_length(&word, text[..start].chars().next_back());
    (cut < word.len()).then(|| run[cut].0)
}

/// Start of the characters before `end` that could belong to a series, nothing removed.
pub(super) fn series_characters_start(text: &str, end: usize) -> usize {
    series_characters_before(text, end).first().map_or(end, |(offset, _)| *offset)
}

/// Start of the issuers whose names end at `end`: of all of them if several
/// stand in a row, separated by 、 or whitespace.
pub(super) fn issuers_start(text: &str, end: usize) -> Option<usize> {
    let mut start = single_issuer_start(text, end)?;
    for _ in 0..MAX_ISSUERS {
        let before = text[..start].trim_end_matches([' ', '\u{3000}', '、']);
        if before.len() == start {
            break;
        }
        match single_issuer_start(text, before.len()) {
            Some(earlier) => start = earlier,
            None => break,
        }
    }
    Some(start)
}

fn single_issuer_start(text: &str, end: usize) -> Option<usize> {
    let run = series_characters_before(text, end);
    let word: Vec<char> = run.iter().map(|(_, c)| *c).collect();
    let before = text[..run.first()?.0].chars().next_back();
    let mut cut = leading_conjunction_length(&word, before);
    for i in cut + 1..word.len() {
        if precedes_issuer(&word[..i]) {
            cut = i;
        }
    }
    while word.get(cut).is_some_and(|c| "以由经原和与及日".contains(*c)) {
        cut += 1;
    }
    let name = &word[cut..];
    let organ = ORGAN_FINALS.contains(*name.last()?) && (name.len() >= 2 || name == ['国']);
    organ.then(|| run[cut].0)
}

/// Last words of titles that occur inside names of organs too.
const NOUNS_IN_NAMES: [&str; 5] = ["规划", "计划", "标准", "规范", "制度"];

/// Checks if the name of an issuer can begin after this text.
fn precedes_issuer(before: &[char]) -> bool {
    let ends = |word: &str| ends_with(before, word);
    let by =
        before.len() > 1 && before.last() == Some(&'以') && ORGAN_FINALS.contains(before[before.len() - 2]);
    by || VERBS.iter().any(|word| ends(word))
        || NOUNS.iter().filter(|word| !NOUNS_IN_NAMES.contains(word)).any(|word| ends(word))
        || before.last().is_some_and(|c| "的了原".contains(*c))
}

/// Last national organ or government named in a sentence.
pub(super) fn last_organ(sentence: &str) -> Option<&str> {
    let ends = NATIONAL.iter().chain(&["国务院", "人民政府"]);
    let end = ends.filter_map(|name| Some(sentence.rfind(name)? + name.len())).max()?;
    Some(&sentence[single_issuer_start(sentence, end)?..end])
}

/// Characters before `end` that could belong to a series, with their offsets.
fn series_characters_before(text: &str, end: usize) -> Vec<(usize, char)> {
    let mut cursor = ReverseCursor::new(text, end);
    let mut run = Vec::with_capacity(MAX_WINDOW_CHARS);
    while run.len() < MAX_WINDOW_CHARS {
        if let Some(inner) = inner_bracket_start(cursor) {
            while cursor.position() > inner {
                push_next(&mut run, &mut cursor);
            }
        } else if cursor.peek().is_some_and(is_han) {
            push_next(&mut run, &mut cursor);
        } else {
            break;
        }
    }
    run.reverse();
    run
}

fn push_next(run: &mut Vec<(usize, char)>, cursor: &mut ReverseCursor<'_>) {
    if let Some(c) = cursor.bump() {
        run.push((cursor.position(), c));
    }
}

/// Start of a department in brackets inside a series, as in 法（研）发.
fn inner_bracket_start(mut cursor: ReverseCursor<'_>) -> Option<usize> {
    cursor.eat_if(is_closing_bracket)?;
    let mut inside = 0;
    while inside <= 3 && cursor.eat_if(is_han).is_some() {
        inside += 1;
    }
    cursor.eat_if(|c| is_opening_bracket(c) && c != '《')?;
    ((1..=3).contains(&inside) && cursor.peek().is_some_and(is_han)).then(|| cursor.position())
}

/// Number of characters at the start of the run that do not belong to the series.
fn glued_prefix_length(word: &[char], before: Option<char>) -> usize {
    let mut cut = leading_conjunction_length(word, before);
    for i in cut + 1..word.len() {
        if is_glue(&word[..i]) && is_possible_series(&word[i..], &word[..i]) {
            cut = i;
        }
    }
    if cut > 0 || before.is_some() {
        cut += inner_conjunction_length(&word[cut..], cut > 0);
    }
    let fits = match &word[cut..] {
        [one] => SINGLE_CHARACTER_SERIES.contains(*one),
        ['你' | '我' | '贵' | '该', ..] => false,
        series => series.len() <= MAX_SERIES_CHARS,
    };
    if fits { cut } else { word.len() }
}

/// Length of a conjunction or 日 after a number, a title or a date, which is no part of the series.
fn leading_conjunction_length(word: &[char], before: Option<char>) -> usize {
    let Some(before) = before else { return torn_date_length(word) };
    let after_digit = digit(before).is_some() || is_chinese_numeral(before);
    let unit = usize::from(after_digit && word.first().is_some_and(|c| "日号月年".contains(*c)));
    let after_name = unit > 0 || is_closing_bracket(before) || "”、".contains(before);
    let conjunction = word.get(unit).is_some_and(|c| "和与及或以".contains(*c));
    unit + usize::from(after_name && conjunction)
}

/// Length of a 日 left over from a truncated date (`日鲁政发`), unless it stands for 日照 (`日政发`).
fn torn_date_length(word: &[char]) -> usize {
    let place = word.get(1).is_some_and(|c| "政府委办教财人".contains(*c));
    usize::from(word.first() == Some(&'日') && word.len() > 3 && !place)
}

/// Length of a conjunction at the start of the series, unless it is a place (和政县, 于都县).
fn inner_conjunction_length(word: &[char], glued: bool) -> usize {
    let conjunction = word.first().is_some_and(|c| "和与及或以的并将原被由据照对为从在而".contains(*c));
    let place = word.get(1).is_some_and(|c| "政府委办党".contains(*c));
    let left = match word {
        [_, one] => SINGLE_CHARACTER_SERIES.contains(*one),
        _ => word.len() > 2,
    };
    usize::from(glued && conjunction && !place && left)
}

fn is_glue(before: &[char]) -> bool {
    let ends = |words: &[&str]| words.iter().any(|w| ends_with(before, w));
    let last = before.last().copied().unwrap_or(' ');
    "的了是被按号据照持".contains(last)
        || ends(VERBS)
        || ends(NOUNS)
        || ends(ORGAN_ENDS)
        || ends(NATIONAL)
        || last == '局' && before.len() >= 3
        || last == '令' && before.len() >= 3 && "部局府院会委".contains(before[before.len() - 2])
        || "委厅部院会".contains(last) && before.len() >= 3 && has_level(before)
}

/// Checks if a level of government comes before the organ: 省委, 市科技厅.
fn has_level(before: &[char]) -> bool {
    before[..before.len() - 1].iter().any(|c| "省市县区州盟旗".contains(*c))
}

fn ends_with(chars: &[char], word: &str) -> bool {
    let mut rest = chars.iter().rev();
    word.chars().rev().all(|c| rest.next() == Some(&c))
}

/// Checks if a text can be a series when it follows `before`.
fn is_possible_series(series: &[char], before: &[char]) -> bool {
    let Some(first) = series.first() else { return false };
    let long_enough = series.len() >= 2 || *first == '法';
    let tail = series.iter().all(|c| NON_INITIAL_CHARACTERS.contains(*c) || "办明".contains(*c));
    let begins = !NON_INITIAL_CHARACTERS.contains(*first)
        || starts_with(series, "发改")
        || starts_with(series, "文旅");
    let office =
        *first != '办' || (ends_with(before, "办公厅") || ends_with(before, "的")) && series.len() > 2;
    long_enough && !tail && begins && office && !is_opening_bracket(*first) && !is_closing_bracket(*first)
}

fn starts_with(chars: &[char], word: &str) -> bool {
    word.chars().zip(chars).filter(|(w, c)| w == *c).count() == word.chars().count()
}

/// Series for comparison: no whitespace, separators or brackets;
/// orders and announcements with the full names of their issuers.
pub(super) fn canonical_form(series: &str) -> String {
    let series = &*simplified(series);
    let title = TITLE_WORDS.iter().find_map(|title| Some((series.trim().strip_suffix(title)?, *title)));
    if let Some((issuers, title)) = title {
        let names: Vec<String> = issuer::split(issuers).iter().map(|name| canonical_issuer(name)).collect();
        return names.join("、") + title;
    }
    // 法（经）复 and 法经复 are one series, written with and without its brackets.
    series
        .chars()
        .filter(|c| !is_separator(*c) && !is_opening_bracket(*c) && !is_closing_bracket(*c))
        .collect()
}

/// Canonical name of an issuer: 国令 and 国务院令 are both the State Council's.
fn canonical_issuer(name: &str) -> String {
    let name = name.strip_prefix("中华人民共和国").filter(|rest| !rest.is_empty()).unwrap_or(name);
    match name {
        "国" => "国务院".to_owned(),
        "主席" => "中华人民共和国主席".to_owned(),
        _ => issuer::normalise(name),
    }
}

pub(super) fn is_separator(c: char) -> bool {
    c.is_whitespace() || matches!(c, '、' | '，' | ',' | '·' | '；' | ';')
}

/// Series for display: no whitespace, one kind of brackets.
pub(super) fn display_form(series: &str) -> String {
    series.chars().filter(|c| !is_separator(*c)).map(one_bracket).collect()
}

fn one_bracket(c: char) -> char {
    match c {
        _ if is_opening_bracket(c) => '（',
        _ if is_closing_bracket(c) => '）',
        _ => c,
    }
}
