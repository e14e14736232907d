//! Document of a page, and the steps that both ways of splitting share.

use gongkai_index::official::region;

use crate::import::extraction::line::{Line, is_article};
use crate::import::extraction::page::Page;
use crate::import::extraction::title;
use crate::import::removed::RemovalReason;

/// One document of a page.
#[derive(Debug, Clone, Default)]
pub struct PageDocument {
    /// Title of the document.
    pub title: String,
    /// Evidence for the title; empty when the page states it.
    pub title_from: &'static str,
    /// Lines above the title.
    pub above: Vec<Line>,
    /// Lines without the title.
    pub lines: Vec<Line>,
    /// Place that the words name most, when the title was made from it.
    pub place: Option<&'static str>,
}

/// Minimum length of a document in a collection, in characters.
pub const MIN_DOCUMENT_CHARS: usize = 120;

/// Limit of documents on one page.
pub const MAX_DOCUMENTS: usize = 500;

/// Counts the characters of lines.
pub fn char_count(lines: &[Line]) -> usize {
    lines.iter().map(|line| line.text.chars().count()).sum()
}

/// Checks for an article, which is kept however short its text is.
pub fn has_article(lines: &[Line]) -> bool {
    lines.iter().any(|line| is_article(&line.text))
}

/// Returns the first `limit` characters that are not white space.
pub fn without_whitespace(text: &str, limit: usize) -> String {
    text.chars().filter(|c| !c.is_whitespace()).take(limit).collect()
}

/// Openings of a text behind a title that lost its line end.
const TEXT_OPENINGS: &[&str] = &[
    "为了",
    "为进一步",
    "为深入",
    "为贯彻",
    "为全面",
    "为切实",
    "为加强",
    "为规范",
    "根据",
    "按照",
    "依据",
    "(19",
    "(20",
    "（19",
    "（20",
];

/// Takes a text away that is too short for a document of a collection.
pub fn remove_document(page: &mut Page, document: &PageDocument) {
    let lines = document.lines.iter().map(|line| line.text.as_str());
    for text in std::iter::once(document.title.as_str()).chain(lines) {
        page.remove_line(RemovalReason::Fragment, text);
    }
}

/// Makes a document of a text without a title: its first sentence, or else the file's name,
/// stands in for one and stays in the text. Nothing is composed.
pub fn untitled_document(lines: Vec<Line>, file_stem: &str) -> PageDocument {
    let sentence = lines.iter().take(10).find(|line| line.text.contains(['，', '。']));
    let spoken = sentence.into_iter().chain(&lines).map(|line| first_clause(&line.text));
    let spoken = spoken.take(10).find(|clause| !clause.is_empty());
    let title = spoken.unwrap_or_else(|| title::normalise(file_stem));
    let title = if title.is_empty() { "无题".to_owned() } else { title };
    PageDocument { title, title_from: PLACEHOLDER, lines, ..PageDocument::default() }
}

/// Evidence of a title that stands in for one that the text has not.
pub const PLACEHOLDER: &str = "placeholder";

/// Length limit of a sentence that stands in for a title, in characters.
const MAX_PLACEHOLDER_CHARS: usize = 60;

/// Returns the first sentence of a line, or its beginning.
fn first_clause(text: &str) -> String {
    let sentence = text.split_inclusive(['。', '！', '？', '；']).next().unwrap_or_default();
    let sentence = sentence.trim_end_matches(['。', '；', '：', ':']);
    if !sentence.chars().any(char::is_alphanumeric) {
        return String::new();
    }
    let cut: String = sentence.chars().take(MAX_PLACEHOLDER_CHARS).collect();
    if cut.len() < sentence.len() { format!("{cut}…") } else { cut }
}

/// Finds the title at the beginning of a text's own line, and the offset of the text: the
/// title names its organ or place, ends like a title, and a sentence follows.
pub fn glued_title(line: &str) -> Option<(String, usize)> {
    if line.len() < 150 {
        return None;
    }
    let head_end = line.char_indices().nth(70).map_or(line.len(), |(at, _)| at);
    let head = &line[..head_end];
    region::leading(head)
        .map(|(_, length)| length)
        .or_else(|| region::leading_short(head).map(|(_, length)| length))?;
    let end = TEXT_OPENINGS.iter().filter_map(|word| head.find(word)).filter(|at| *at >= 18).min()?;
    let title = &head[..end];
    let is_title = title::ends_as_title(title) && title::score(title) >= title::LIKELY_SCORE;
    is_title.then(|| (title::normalise(title), end))
}

/// Removes a repetition of the title from the first line; returns the fuller form of the title.
pub fn strip_repeated_title(lines: &mut [Line], title: &str) -> String {
    let Some(first) = lines.first_mut() else { return title.to_owned() };
    if let Some((full, end)) = glued_title(&first.text) {
        first.text = first.text[end..].trim_start().to_owned();
        return full;
    }
    let wanted = without_whitespace(title, usize::MAX);
    let mut seen = String::new();
    for (at, c) in first.text.char_indices() {
        if seen == wanted {
            first.text = first.text[at..].trim_start().to_owned();
            break;
        }
        if !c.is_whitespace() {
            seen.push(c);
        }
        if seen.len() > wanted.len() {
            break;
        }
    }
    title.to_owned()
}

/// Lists the years that a text names (`2009年`), in order.
pub fn named_years(text: &str) -> Vec<u32> {
    let named = text.match_indices('年').filter_map(|(at, _)| {
        let before = text[..at].trim_end();
        let digits = before.get(before.len().checked_sub(4)?..)?;
        let longer = before[..before.len() - 4].ends_with(|c: char| c.is_ascii_digit());
        let year: u32 =
            digits.parse().ok().filter(|_| digits.bytes().all(|b| b.is_ascii_digit()) && !longer)?;
        (1949..=2100).contains(&year).then_some(year)
    });
    named.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn glued_title_ends_before_first_sentence() {
        let line = format!(
            "唐山市商务局行政权力公开透明运行工作实施方案为了全面贯彻{}",
            "落实有关要求，".repeat(20)
        );
        assert_eq!(glued_title(&line).unwrap().0, "唐山市商务局行政权力公开透明运行工作实施方案");
        assert!(glued_title(&"唐山市全面贯彻落实有关要求，".repeat(20)).is_none());
    }
}
