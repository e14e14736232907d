//! Short names that a document defines: （以下简称《条例》）, （简称"23条"）.

use std::ops::Range;

use aho_corasick::{AhoCorasick, MatchKind};
use std::sync::LazyLock;

use crate::official::scan::{head, tail};

/// Longest short name, in bytes.
const MAX_SHORT_NAME_BYTES: usize = 90;
/// Longest phrase that a short name stands for, in bytes.
const MAX_FULL_NAME_BYTES: usize = 600;

/// Words before a defined phrase that are not part of it.
const LEADING_WORDS: &[&str] = &["是指", "适用于", "属于下列", "适用本", "由"];

/// A short name and the phrase it stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Definition {
    /// Range from the defining word to the end of the short name, in bytes.
    pub range: Range<usize>,
    /// Short name without brackets or quotation marks.
    pub short: String,
    /// Full name: the title or the phrase before the definition.
    pub stands_for: String,
}

static DEFINING_WORDS: LazyLock<Option<AhoCorasick>> = LazyLock::new(|| {
    let words = ["以下简称", "以下统称", "以下合称", "下称", "下简称", "简称为", "简称"];
    AhoCorasick::builder().match_kind(MatchKind::LeftmostLongest).build(words).ok()
});

/// All definitions of a text, in order.
pub fn definitions(text: &str) -> Vec<Definition> {
    let Some(words) = DEFINING_WORDS.as_ref() else { return Vec::new() };
    words.find_iter(text).filter_map(|word| definition_at(text, word.start(), word.end())).collect()
}

fn definition_at(text: &str, start: usize, end: usize) -> Option<Definition> {
    let after = &text[end..];
    let skipped = after.trim_start_matches([' ', '：', ':', '为', '作']);
    let (short, length) = parse_short_name(skipped)?;
    let stands_for = full_name_before(&text[..start])?;
    if stands_for == short {
        return None;
    }
    let range = start..end + (after.len() - skipped.len()) + length;
    Some(Definition { range, short, stands_for })
}

/// Short name at the start of a text, and its length with the enclosing marks.
fn parse_short_name(text: &str) -> Option<(String, usize)> {
    let first = text.chars().next()?;
    let close: &[char] = match first {
        '《' => &['》'],
        '“' | '"' | '”' | '＂' => &['”', '"', '＂'],
        '「' => &['」'],
        '‘' | '\'' => &['’', '\''],
        _ => &['）', ')', '，', '。', '；', '、', ','],
    };
    let enclosed = !close.contains(&'。');
    let from = if enclosed { first.len_utf8() } else { 0 };
    let length = head(&text[from..], MAX_SHORT_NAME_BYTES + 3).find(close)?;
    let name = text[from..from + length].trim();
    let closing = text[from + length..].chars().next().map_or(0, char::len_utf8);
    let fits = !name.is_empty() && name.len() <= MAX_SHORT_NAME_BYTES && !name.contains('\n');
    fits.then(|| (name.to_owned(), from + length + if enclosed { closing } else { 0 }))
}

/// Title or phrase that ends where the definition begins.
fn full_name_before(before: &str) -> Option<String> {
    let before = tail(before, MAX_FULL_NAME_BYTES * 2);
    let before = before.trim_end_matches(|c: char| c.is_whitespace() || "（(，,、".contains(c));
    // （国发〔2015〕58号，以下简称…）: the number stands between the title and its short name.
    let opened = before.rfind(['（', '(']).filter(|offset| {
        !before[*offset..].contains(['）', ')']) && before.len() - offset < MAX_FULL_NAME_BYTES
    });
    let before = opened.map_or(before, |offset| before[..offset].trim_end());
    if let Some(title) = before.strip_suffix('》') {
        let start = title.rfind('《').filter(|offset| before.len() - offset < MAX_FULL_NAME_BYTES)?;
        return Some(outermost_title(title, start).to_owned());
    }
    let start = before.rfind(|c: char| c.is_whitespace() || "。；，,、：:“”《》（）()".contains(c));
    let from = start.map_or(0, |offset| offset + before[offset..].chars().next().map_or(0, char::len_utf8));
    let phrase = &before[from..];
    let phrase = LEADING_WORDS
        .iter()
        .filter_map(|lead| phrase.split_once(lead))
        .map(|(_, rest)| rest)
        .min_by_key(|rest| rest.len())
        .unwrap_or(phrase);
    (!phrase.is_empty() && phrase.len() <= MAX_FULL_NAME_BYTES).then(|| phrase.to_owned())
}

/// Content of the title whose last 《 is at `start`; a 《 before it without 》 encloses it.
fn outermost_title(title: &str, start: usize) -> &str {
    let outer = title[..start].rfind('《').filter(|offset| !title[*offset..start].contains('》'));
    &title[outer.unwrap_or(start) + '《'.len_utf8()..]
}
