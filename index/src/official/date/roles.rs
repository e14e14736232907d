//! Roles of dates: a document has three or four dates, and one is never used for another.
//!
//! - *written* (成文): under the signature, or labelled so
//! - *printed* (印发): on the last line of the printed sheet
//! - *published* (发布): labelled so by a site, or stated in the note under a title
//! - *effective* (施行): 自…起施行
//! - *ended*: 有效期至…, 废止日期
//!
//! A date without any such sign has no role.

use std::ops::Range;

use jiff::civil::Date;

use super::find::{Found, find_all};
use crate::official::issuer;
use crate::official::scan::{head, tail};

/// Role of a date in its document.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Role {
    /// 成文日期.
    Written,
    /// 印发日期.
    Printed,
    /// 发布日期.
    Published,
    /// 施行日期.
    Effective,
    /// The last day on which it applies (有效期至), or the day of 废止.
    Ended,
}

/// A date with its role.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dated {
    /// Role in the document.
    pub role: Role,
    /// The day.
    pub date: Date,
    /// Range of the date, in bytes.
    pub range: Range<usize>,
}

/// Labels of metadata lines, each with the role of the date after it.
const LABELS: &[(&str, Role)] = &[
    ("成文日期", Role::Written),
    ("成文时间", Role::Written),
    ("生成日期", Role::Written),
    ("发文日期", Role::Written),
    ("发文时间", Role::Written),
    ("签发日期", Role::Written),
    ("印发日期", Role::Printed),
    ("印发时间", Role::Printed),
    ("发布日期", Role::Published),
    ("发布时间", Role::Published),
    ("公开日期", Role::Published),
    ("公开时间", Role::Published),
    ("公布日期", Role::Published),
    ("发文日", Role::Written),
    ("施行日期", Role::Effective),
    ("实施日期", Role::Effective),
    ("生效日期", Role::Effective),
    ("有效期至", Role::Ended),
    ("有效期截至", Role::Ended),
    ("有效期限至", Role::Ended),
    ("有效期到", Role::Ended),
    ("失效日期", Role::Ended),
    ("废止日期", Role::Ended),
];

/// Longest note under a title (题注), in bytes from the start of the text.
const MAX_NOTE_OFFSET: usize = 2_000;

/// Longest clause that is read before a date, in bytes.
const MAX_CLAUSE_BYTES: usize = 1_200;
/// Longest clause of such a note after a date, in bytes.
const MAX_NOTE_CLAUSE_BYTES: usize = 300;
/// Longest text after a date that is alone on its line and belongs to a signature, in bytes.
const MAX_BYTES_AFTER_SIGNATURE: usize = 1_500;
/// Longest text before such a date under a title, as speeches have it, in bytes.
const MAX_BYTES_BEFORE_SIGNATURE: usize = 300;

/// All dates of a text that have a role, in order.
pub fn roles(text: &str) -> Vec<Dated> {
    let found = find_all(text);
    let role = |f: &Found| {
        let role = role_of(text, f)?;
        Some(Dated { role, date: f.date, range: f.range.clone() })
    };
    found.iter().filter_map(role).collect()
}

/// Date of one role: the first of *published*, the last of the others, because the closing
/// articles and the signature stand at the end.
pub fn of_role(dated: &[Dated], role: Role) -> Option<&Dated> {
    let mut of_this_role = dated.iter().filter(|d| d.role == role);
    if role == Role::Published { of_this_role.next() } else { of_this_role.next_back() }
}

fn role_of(text: &str, found: &Found) -> Option<Role> {
    let before = &text[..found.range.start];
    let after = &text[found.range.end..];
    role_by_label(before)
        .or_else(|| role_ended(before, after))
        .or_else(|| role_effective(before, after))
        .or_else(|| role_printed(before, after))
        .or_else(|| role_in_note(before, after))
        .or_else(|| role_signed(before, after))
}

fn role_by_label(before: &str) -> Option<Role> {
    let label = before.trim_end_matches(|c: char| c.is_whitespace() || ":：】]|为".contains(c));
    LABELS.iter().find(|(word, _)| label.ends_with(word)).map(|(_, role)| *role)
}

/// Role *ended*: `有效期至…`, `施行至…`, `自…至…止执行`; not the end of another document.
fn role_ended(before: &str, after: &str) -> Option<Role> {
    let clause = last_clause(before);
    let until = clause.ends_with(['至', '到', '止']);
    // A licence has a validity period as well: only a clause about 本办法 and the like ends the document.
    let part = clause.rsplit(['，', ',']).next().unwrap_or(clause);
    let thing = ["证", "资质", "资格", "合同"].iter().any(|word| part.contains(word));
    let stated = ["有效期", "有效期截", "有效期限", "有效期截止"]
        .iter()
        .any(|word| part.strip_suffix(['至', '到']).is_some_and(|part| part.ends_with(word)));
    let of_term =
        ["施行至", "执行至", "实施至", "有效至", "延长至", "延续至"].iter().any(|word| part.ends_with(word));
    let this = part
        .split_once("有效期")
        .map_or(of_term && part.contains('本'), |(subject, _)| subject.contains('本'));
    let own = this && until || is_time_span(clause, after);
    let term = !thing && (stated || own);
    let rest = after.strip_prefix('起').unwrap_or(after);
    let stops = ["废止", "失效", "停止执行", "停止施行"].iter().any(|word| rest.starts_with(word));
    (term || stops && !clause.contains('》')).then_some(Role::Ended)
}

/// Recognises `自…起至…止施行`.
fn is_time_span(clause: &str, after: &str) -> bool {
    let rest = after.strip_prefix('止').unwrap_or("").trim_start_matches(['，', ' ']);
    clause.contains('自')
        && ["施行", "执行", "有效", "实施", "试行"].iter().any(|word| rest.starts_with(word))
}

/// Role *effective*: `自2019年5月15日起施行`, `于2019年5月15日正式施行`.
fn role_effective(before: &str, after: &str) -> Option<Role> {
    let after = after.trim_start_matches(' ');
    let from = after.strip_prefix("之日起").or_else(|| after.strip_prefix('起'));
    let rest = from.or_else(|| before.ends_with(['自', '于']).then_some(after))?;
    let rest = ["，", " ", "正式", "开始", "在全国", "在全省", "在全市", "在全区"]
        .iter()
        .fold(rest, |rest, word| rest.strip_prefix(word).unwrap_or(rest));
    let verb = ["施行", "实施", "执行", "生效", "试行"].iter().find_map(|verb| rest.strip_prefix(verb))?;
    (!verb.starts_with('的')).then_some(Role::Effective)
}

/// Role *printed*: `2016年12月6日印发` at the foot of the printed sheet.
fn role_printed(before: &str, after: &str) -> Option<Role> {
    let rest = after.trim_start().strip_prefix("印发")?;
    let alone = !rest.starts_with(['的', '了', '《']) && !before.ends_with(['于', '在', '自']);
    alone.then_some(Role::Printed)
}

/// Role of a date in the note under the title of a law or a rule, which names who passed and
/// published it, and when.
fn role_in_note(before: &str, after: &str) -> Option<Role> {
    if before.len() >= MAX_NOTE_OFFSET {
        return None;
    }
    let line = before.rsplit('\n').next().unwrap_or(before).trim_start();
    let note = line.is_empty() || line.starts_with(|c: char| "(（".contains(c) || c.is_ascii_digit());
    let after = after.trim_start_matches([' ', '\u{3000}']);
    let after = head(after, MAX_NOTE_CLAUSE_BYTES);
    let end = after.find(|c: char| c.is_whitespace() || "，,。；）)".contains(c)).unwrap_or(after.len());
    let said = &after[..end];
    let of_this = note && said.len() < MAX_NOTE_CLAUSE_BYTES && !line.contains("根据");
    if of_this && ["公布", "发布", "颁布"].iter().any(|word| said.ends_with(word)) {
        Some(Role::Published)
    } else if of_this && said.ends_with("通过") {
        Some(Role::Written)
    } else {
        None
    }
}

/// Role *written*: under the name of an organ, or alone on a line near the end, and not followed
/// by the rest of a sentence.
fn role_signed(before: &str, after: &str) -> Option<Role> {
    let stops = after.chars().next().is_none_or(|c| c.is_whitespace() || "（(。）)".contains(c));
    if !stops {
        return None;
    }
    // （90）交计字58号 after a date is a document number.
    if after.starts_with(['（', '(', '〔', '[']) && after.chars().nth(1).is_some_and(|c| c.is_ascii_digit())
    {
        return None;
    }
    let name = before.trim_end();
    let under_organ = issuer::ends_with_signature(name);
    let own_line = before.trim_end_matches([' ', '\t', '\u{3000}', '（', '(']).ends_with('\n')
        && after
            .trim_start_matches(['）', ')', ' ', '\t', '\u{3000}'])
            .chars()
            .next()
            .is_none_or(|c| c == '\n' || c == '\r');
    let near_end = after.len() <= MAX_BYTES_AFTER_SIGNATURE || before.len() <= MAX_BYTES_BEFORE_SIGNATURE;
    (under_organ || own_line && near_end).then_some(Role::Written)
}

/// The unfinished clause at the end of a text.
fn last_clause(before: &str) -> &str {
    let before = tail(before, MAX_CLAUSE_BYTES);
    let clause = before.rsplit(['。', '；', '\n', ';']).next().unwrap_or(before);
    clause.trim_end_matches(' ')
}
