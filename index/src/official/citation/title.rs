//! Titles in 《》, with titles inside them in 〈〉 or again in 《》.

use std::ops::Range;

use memchr::memmem;

/// Longest title, in bytes: a longer one has lost its closing bracket.
const MAX_TITLE_BYTES: usize = 900;
/// Deepest nesting that is followed.
const MAX_NESTING: usize = 8;

/// A title in a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Title {
    /// Range with its brackets, in bytes.
    pub range: Range<usize>,
    /// Text without its outer brackets, line breaks removed.
    pub text: String,
    /// The titles inside it, outermost first.
    pub inner: Vec<String>,
}

/// All outermost titles of a text, in order.
pub fn titles(text: &str) -> Vec<Title> {
    let mut found: Vec<Title> = Vec::new();
    for start in memmem::find_iter(text.as_bytes(), "《") {
        if found.last().is_none_or(|last| last.range.end <= start)
            && let Some(title) = title_at(text, start)
        {
            found.push(title);
        }
    }
    found
}

/// Title whose bracket opens at `start`.
fn title_at(text: &str, start: usize) -> Option<Title> {
    let mut open: Vec<usize> = Vec::new();
    let mut inner: Vec<(usize, String)> = Vec::new();
    for (offset, c) in text[start..].char_indices().take_while(|(offset, _)| *offset < MAX_TITLE_BYTES) {
        let position = start + offset;
        match c {
            '《' | '〈' | '<' | '＜' if open.len() < MAX_NESTING => open.push(position),
            '》' | '〉' | '>' | '＞' => {
                let from = open.pop()?;
                // 《…〈…》 closes both: the inner bracket was forgotten.
                let outermost =
                    open.is_empty() || c == '》' && !text[from..].starts_with('《') && open.len() == 1;
                let content = content_between(text, from, position);
                if outermost {
                    let content = content_between(text, start, position);
                    inner.sort_by_key(|(from, _)| *from);
                    let inner = inner.into_iter().map(|(_, title)| title).collect();
                    let range = start..position + c.len_utf8();
                    return (!content.is_empty()).then_some(Title { range, text: content, inner });
                }
                inner.push((from, content));
            }
            '。' | '\n' if open.len() == 1 && text[position..].starts_with("\n\n") => return None,
            _ => {}
        }
    }
    None
}

/// Text between two brackets, on one line.
fn content_between(text: &str, open: usize, close: usize) -> String {
    let from = open + text[open..].chars().next().map_or(0, char::len_utf8);
    text[from..close].trim().chars().filter(|c| !matches!(c, '\n' | '\r' | '\t')).collect()
}
