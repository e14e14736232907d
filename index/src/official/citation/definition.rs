//! Short names a document defines for itself: （以下简称《条例》）, （简称"23条"）.

use std::ops::Range;

use aho_corasick::{AhoCorasick, MatchKind};
use std::sync::LazyLock;

use crate::official::scan::{head, tail};

/// Longest short name, in bytes.
const LONGEST_SHORT: usize = 90;
/// Longest phrase a short name stands for, in bytes.
const LONGEST_FULL: usize = 600;

/// What leads up to a defined phrase without being part of it.
const LEADS: &[&str] = &["是指", "适用于", "属于下列", "适用本", "由"];

/// A short name and what it stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Definition {
    /// From the word of definition to the end of the short name, in bytes.
    pub range: Range<usize>,
    /// The short name without brackets or quotation marks.
    pub short: String,
    /// What it stands for: the title or the phrase before.
    pub stands_for: String,
}

static WORDS: LazyLock<Option<AhoCorasick>> = LazyLock::new(|| {
    let words = ["以下简称", "以下统称", "以下合称", "下称", "下简称", "简称为", "简称"];
    AhoCorasick::builder().match_kind(MatchKind::LeftmostLongest).build(words).ok()
});

/// All definitions of a text, in order.
pub fn definitions(text: &str) -> Vec<Definition> {
    let Some(words) = WORDS.as_ref() else { return Vec::new() };
    words.find_iter(text).filter_map(|word| at(text, word.start(), word.end())).collect()
}

fn at(text: &str, start: usize, end: usize) -> Option<Definition> {
    let after = &text[end..];
    let skipped = after.trim_start_matches([' ', '：', ':', '为', '作']);
    let (short, length) = name(skipped)?;
    let stands_for = phrase(&text[..start])?;
    if stands_for == short {
        return None;
    }
    let range = start..end + (after.len() - skipped.len()) + length;
    Some(Definition { range, short, stands_for })
}

/// The short name at the start, and its length with what encloses it.
fn name(text: &str) -> Option<(String, usize)> {
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
    let length = head(&text[from..], LONGEST_SHORT + 3).find(close)?;
    let name = text[from..from + length].trim();
    let closing = text[from + length..].chars().next().map_or(0, char::len_utf8);
    let fits = !name.is_empty() && name.len() <= LONGEST_SHORT && !name.contains('\n');
    fits.then(|| (name.to_owned(), from + length + if enclosed { closing } else { 0 }))
}

/// The title or the phrase that ends where the definition begins.
fn phrase(before: &str) -> Option<String> {
    let before = tail(before, LONGEST_FULL * 2);
    let before = before.trim_end_matches(|c: char| c.is_whitespace() || "（(，,、".contains(c));
    // （国发〔2015〕58号，以下简称…）: the number stands between the title and its short name.
    let opened = before
        .rfind(['（', '('])
        .filter(|at| !before[*at..].contains(['）', ')']) && before.len() - at < LONGEST_FULL);
    let before = opened.map_or(before, |at| before[..at].trim_end());
    if let Some(title) = before.strip_suffix('》') {
        let start = title.rfind('《').filter(|at| before.len() - at < LONGEST_FULL)?;
        return Some(outermost(title, start).to_owned());
    }
    let start = before.rfind(|c: char| c.is_whitespace() || "。；，,、：:“”《》（）()".contains(c));
    let from = start.map_or(0, |at| at + before[at..].chars().next().map_or(0, char::len_utf8));
    let phrase = &before[from..];
    let phrase = LEADS
        .iter()
        .filter_map(|lead| phrase.split_once(lead))
        .map(|(_, rest)| rest)
        .min_by_key(|rest| rest.len())
        .unwrap_or(phrase);
    (!phrase.is_empty() && phrase.len() <= LONGEST_FULL).then(|| phrase.to_owned())
}

/// The content of the title whose last 《 is at `start`; a 《 before it without 》 encloses it.
fn outermost(title: &str, start: usize) -> &str {
    let outer = title[..start].rfind('《').filter(|at| !title[*at..start].contains('》'));
    &title[outer.unwrap_or(start) + '《'.len_utf8()..]
}
