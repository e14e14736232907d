//! Where a series begins when it is glued to the words before it, and its
//! canonical form.
//!
//! A 代字 is short: place, organ, sometimes a department, then 发, 函, 字 and the
//! like. What stands before it in running text is one of few things: a verb that
//! cites (按照, 落实), the end of a title (…的通知), the full name of the organ
//! (…住房和城乡建设局). So the latest place where such a thing ends and a
//! possible series follows is the cut.

use super::words::{NATIONAL, NOUNS, ORGAN_ENDS, VERBS};
use crate::official::issuer;
use crate::official::scan::{Back, digit, is_chinese_numeral, is_closing, is_han, is_opening};

/// Most characters that are looked at before a number.
const WINDOW: usize = 32;
/// Most characters of a 代字; what is longer must still contain glue.
const LONGEST: usize = 9;

/// The last character of the name of an organ that gives orders or announces.
const ORGAN_FINALS: &str = "院部委会局府署厅办行社室席长关心司团国";

/// Most issuers of one number.
const MOST_ISSUERS: usize = 24;

/// The few series of one character.
const ONE_CHARACTER: &str = "法复函通劳教财建环交商农水科文卫体民审外";

/// A series neither is one of these characters nor begins with one.
const TAILS: &str = "发函字规令文通电联批复告密号第年月日";

/// Where the series that ends at `end` begins, or `None` when none can.
pub(super) fn letter_start(text: &str, end: usize) -> Option<usize> {
    let run = run_before(text, end);
    let start = run.first()?.0;
    let word: Vec<char> = run.iter().map(|(_, c)| *c).collect();
    let cut = cut(&word, text[..start].chars().next_back());
    (cut < word.len()).then(|| run[cut].0)
}

/// Where the characters begin that could belong to a series, nothing cut.
pub(super) fn run_start(text: &str, end: usize) -> usize {
    run_before(text, end).first().map_or(end, |(at, _)| *at)
}

/// Where the issuers begin whose names end at `end`: all of them when several
/// stand in a row, separated by 、 or blanks.
pub(super) fn issuer_start(text: &str, end: usize) -> Option<usize> {
    let mut start = one_issuer(text, end)?;
    for _ in 0..MOST_ISSUERS {
        let before = text[..start].trim_end_matches([' ', '\u{3000}', '、']);
        if before.len() == start {
            break;
        }
        match one_issuer(text, before.len()) {
            Some(earlier) => start = earlier,
            None => break,
        }
    }
    Some(start)
}

fn one_issuer(text: &str, end: usize) -> Option<usize> {
    let run = run_before(text, end);
    let word: Vec<char> = run.iter().map(|(_, c)| *c).collect();
    let before = text[..run.first()?.0].chars().next_back();
    let mut cut = soft_start(&word, before);
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

/// Ends of titles that are inside names of organs as well.
const IN_NAMES: [&str; 5] = ["规划", "计划", "标准", "规范", "制度"];

/// Whether the name of an issuer can begin after this.
fn precedes_issuer(before: &[char]) -> bool {
    let ends = |word: &str| ends_with(before, word);
    let by =
        before.len() > 1 && before.last() == Some(&'以') && ORGAN_FINALS.contains(before[before.len() - 2]);
    by || VERBS.iter().any(|word| ends(word))
        || NOUNS.iter().filter(|word| !IN_NAMES.contains(word)).any(|word| ends(word))
        || before.last().is_some_and(|c| "的了原".contains(*c))
}

/// The national organ, or the government, that a sentence names last.
pub(super) fn last_organ(sentence: &str) -> Option<&str> {
    let ends = NATIONAL.iter().chain(&["国务院", "人民政府"]);
    let end = ends.filter_map(|name| Some(sentence.rfind(name)? + name.len())).max()?;
    Some(&sentence[one_issuer(sentence, end)?..end])
}

/// The characters before `end` that could belong to a series, with their places.
fn run_before(text: &str, end: usize) -> Vec<(usize, char)> {
    let mut back = Back::new(text, end);
    let mut run = Vec::with_capacity(WINDOW);
    while run.len() < WINDOW {
        if let Some(inner) = inner_bracket(back) {
            while back.at() > inner {
                push(&mut run, &mut back);
            }
        } else if back.peek().is_some_and(is_han) {
            push(&mut run, &mut back);
        } else {
            break;
        }
    }
    run.reverse();
    run
}

fn push(run: &mut Vec<(usize, char)>, back: &mut Back<'_>) {
    if let Some(c) = back.bump() {
        run.push((back.at(), c));
    }
}

/// A department in brackets inside a series, as in 法（研）发: where it opens.
fn inner_bracket(mut back: Back<'_>) -> Option<usize> {
    back.eat_if(is_closing)?;
    let mut inside = 0;
    while inside <= 3 && back.eat_if(is_han).is_some() {
        inside += 1;
    }
    back.eat_if(|c| is_opening(c) && c != '《')?;
    ((1..=3).contains(&inside) && back.peek().is_some_and(is_han)).then(|| back.at())
}

/// How many characters of the run do not belong to the series.
fn cut(word: &[char], before: Option<char>) -> usize {
    let mut cut = soft_start(word, before);
    for i in cut + 1..word.len() {
        if is_glue(&word[..i]) && possible(&word[i..], &word[..i]) {
            cut = i;
        }
    }
    if cut > 0 || before.is_some() {
        cut += soft_inside(&word[cut..], cut > 0);
    }
    let fits = match &word[cut..] {
        [one] => ONE_CHARACTER.contains(*one),
        ['你' | '我' | '贵' | '该', ..] => false,
        series => series.len() <= LONGEST,
    };
    if fits { cut } else { word.len() }
}

/// A conjunction or 日 that follows a number, a title or a date is not of the series.
fn soft_start(word: &[char], before: Option<char>) -> usize {
    let Some(before) = before else { return torn_date(word) };
    let after_digit = digit(before).is_some() || is_chinese_numeral(before);
    let unit = usize::from(after_digit && word.first().is_some_and(|c| "日号月年".contains(*c)));
    let after_name = unit > 0 || is_closing(before) || "”、".contains(before);
    let conjunction = word.get(unit).is_some_and(|c| "和与及或以".contains(*c));
    unit + usize::from(after_name && conjunction)
}

/// 日 left over from a date that was cut off (`日鲁政发`), unless it is 日照's (`日政发`).
fn torn_date(word: &[char]) -> usize {
    let place = word.get(1).is_some_and(|c| "政府委办教财人".contains(*c));
    usize::from(word.first() == Some(&'日') && word.len() > 3 && !place)
}

/// A conjunction at the start of what was cut, unless it is a place (和政县, 于都县).
fn soft_inside(word: &[char], glued: bool) -> usize {
    let conjunction = word.first().is_some_and(|c| "和与及或以的并将原被由据照对为从在而".contains(*c));
    let place = word.get(1).is_some_and(|c| "政府委办党".contains(*c));
    let left = match word {
        [_, one] => ONE_CHARACTER.contains(*one),
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
        || "委厅部院会".contains(last) && before.len() >= 3 && has_place(before)
}

/// 省委, 市科技厅: a level of government names the organ that follows.
fn has_place(before: &[char]) -> bool {
    before[..before.len() - 1].iter().any(|c| "省市县区州盟旗".contains(*c))
}

fn ends_with(chars: &[char], word: &str) -> bool {
    let mut rest = chars.iter().rev();
    word.chars().rev().all(|c| rest.next() == Some(&c))
}

/// Whether a series can be this, coming after `before`.
fn possible(series: &[char], before: &[char]) -> bool {
    let Some(first) = series.first() else { return false };
    let long_enough = series.len() >= 2 || *first == '法';
    let tail = series.iter().all(|c| TAILS.contains(*c) || "办明".contains(*c));
    let begins = !TAILS.contains(*first) || starts_with(series, "发改") || starts_with(series, "文旅");
    let office =
        *first != '办' || (ends_with(before, "办公厅") || ends_with(before, "的")) && series.len() > 2;
    long_enough && !tail && begins && office && !is_opening(*first) && !is_closing(*first)
}

fn starts_with(chars: &[char], word: &str) -> bool {
    word.chars().zip(chars).filter(|(w, c)| w == *c).count() == word.chars().count()
}

/// The series as it is compared: no blanks, separators or brackets;
/// orders and announcements under the full names of their issuers.
pub(super) fn canonical(series: &str) -> String {
    let title = super::TITLES.iter().find_map(|title| Some((series.trim().strip_suffix(title)?, *title)));
    if let Some((issuers, title)) = title {
        let names: Vec<String> = issuer::split(issuers).iter().map(|name| issuer_name(name)).collect();
        return names.join("、") + title;
    }
    // 法（经）复 and 法经复 are one series, written with and without its brackets.
    series.chars().filter(|c| !is_separator(*c) && !is_opening(*c) && !is_closing(*c)).collect()
}

/// One organ under one name: 国令 and 国务院令 are the State Council's.
fn issuer_name(name: &str) -> String {
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

/// The series as it is shown: no blanks, one kind of brackets.
pub(super) fn tidy(series: &str) -> String {
    series.chars().filter(|c| !is_separator(*c)).map(one_bracket).collect()
}

fn one_bracket(c: char) -> char {
    match c {
        _ if is_opening(c) => '（',
        _ if is_closing(c) => '）',
        _ => c,
    }
}
