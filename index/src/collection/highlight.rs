//! Marking of matches in the text as it was published.
//!
//! Most texts have the script and width of the query, so the original is scanned directly. Only
//! if a piece that must be there is not found is the text folded and scanned again. The output is
//! HTML-escaped text with `<mark>`.

use std::ops::Range;

use aho_corasick::{AhoCorasick, MatchKind};

use crate::analysis::{Fold, fold::fold};
use crate::official::structure;
use crate::results::{Highlights, Snippet};

/// Length of a snippet, in characters.
const SNIPPET_CHARS: usize = 90;
/// Most snippets of a body.
const MAX_SNIPPETS: usize = 2;
/// Most matches read in one text.
const MAX_MATCHES: usize = 400;
/// Matches from which the best snippet is chosen, once every piece was found.
const ENOUGH_MATCHES: usize = 120;
/// Most bytes before a match that a snippet begins with to start at a sentence.
const LEAD_BYTES: usize = 90;
/// Most bytes above a snippet in which the heading of its article is searched.
const SECTION_BYTES: usize = 6_000;

/// Marker of the pieces of one query.
pub struct Highlighter {
    pieces: Option<AhoCorasick>,
    count: usize,
}

struct Match {
    range: Range<usize>,
    piece: usize,
}

impl Highlighter {
    /// Prepares the pieces, folded as grams.
    pub fn new(marks: &[String]) -> Self {
        let mut folded: Vec<String> =
            marks.iter().map(|mark| fold(mark, Fold::Grams).text().trim().to_owned()).collect();
        folded.retain(|mark| !mark.is_empty());
        folded.sort();
        folded.dedup();
        let count = folded.len();
        let build = || {
            AhoCorasick::builder()
                .match_kind(MatchKind::LeftmostLongest)
                // Only letters have a case; without this the search can compare many bytes at once.
                .ascii_case_insensitive(folded.iter().any(|p| p.bytes().any(|b| b.is_ascii_alphabetic())))
                .build(&folded)
                .ok()
        };
        Self { pieces: if count == 0 { None } else { build() }, count }
    }

    /// Marks the title, and makes the best snippets of the body.
    pub fn highlight(&self, title: &str, body: &str) -> Highlights {
        let mut seen = vec![false; self.count];
        let mut in_title = self.scan(title, &mut seen);
        let mut in_body = self.scan(body, &mut seen);
        if seen.iter().any(|seen| !seen) {
            in_title = self.scan_folded(title);
            in_body = self.scan_folded(body);
        }
        let title = mark_range(title, 0..title.len(), &in_title);
        Highlights { title, body: best_snippets(body, &in_body, self.count) }
    }

    fn scan(&self, text: &str, seen: &mut [bool]) -> Vec<Match> {
        let Some(pieces) = &self.pieces else { return Vec::new() };
        let mut unseen = seen.iter().filter(|seen| !**seen).count();
        let mut matches = Vec::new();
        for found in pieces.find_iter(text).take(MAX_MATCHES) {
            let piece = found.pattern().as_usize();
            unseen -= usize::from(!std::mem::replace(&mut seen[piece], true));
            matches.push(Match { range: found.range(), piece });
            if unseen == 0 && matches.len() >= ENOUGH_MATCHES {
                break;
            }
        }
        matches
    }

    fn scan_folded(&self, text: &str) -> Vec<Match> {
        let Some(pieces) = &self.pieces else { return Vec::new() };
        let folded = fold(text, Fold::Grams);
        let found = pieces.find_iter(folded.text()).take(MAX_MATCHES);
        found.map(|m| Match { range: folded.original(m.range()), piece: m.pattern().as_usize() }).collect()
    }
}

/// Escapes the text of a range and marks the matches in it; adjacent matches are one mark.
fn mark_range(text: &str, range: Range<usize>, matches: &[Match]) -> String {
    let mut html = String::with_capacity(range.len() + 64);
    let mut end = range.start;
    let inside = matches.iter().filter(|m| m.range.start >= range.start && m.range.end <= range.end);
    let mut is_open = false;
    for found in inside {
        if found.range.start < end {
            continue;
        }
        if found.range.start > end || !is_open {
            if is_open {
                html.push_str("</mark>");
            }
            escape(&text[end..found.range.start], &mut html);
            html.push_str("<mark>");
            is_open = true;
        }
        escape(&text[found.range.clone()], &mut html);
        end = found.range.end;
    }
    if is_open {
        html.push_str("</mark>");
    }
    escape(&text[end..range.end], &mut html);
    html
}

/// Appends text with the five special characters of HTML escaped; line breaks become blanks.
pub fn escape(text: &str, html: &mut String) {
    for c in text.chars() {
        match c {
            '&' => html.push_str("&amp;"),
            '<' => html.push_str("&lt;"),
            '>' => html.push_str("&gt;"),
            '"' => html.push_str("&quot;"),
            '\'' => html.push_str("&#39;"),
            '\n' | '\r' => html.push(' '),
            c => html.push(c),
        }
    }
}

/// Makes snippets of the windows with the most different pieces, in text order.
fn best_snippets(body: &str, matches: &[Match], pieces: usize) -> Vec<Snippet> {
    if matches.is_empty() {
        return opening_snippet(body).into_iter().collect();
    }
    let mut windows = Vec::new();
    let mut taken: Vec<Range<usize>> = Vec::new();
    for _ in 0..MAX_SNIPPETS {
        let Some(window) = best_window(body, matches, pieces, &taken) else { break };
        taken.push(window.clone());
        windows.push(window);
    }
    windows.sort_by_key(|window| window.start);
    windows.into_iter().map(|window| make_snippet(body, window, matches)).collect()
}

/// Makes a snippet of the beginning, for a body without a match.
fn opening_snippet(body: &str) -> Option<Snippet> {
    let start = body.len() - body.trim_start().len();
    let window = start..skip_chars(body, start, SNIPPET_CHARS);
    (!window.is_empty()).then(|| make_snippet(body, window, &[]))
}

/// Finds the window with the most different pieces among those free of the taken ones.
fn best_window(body: &str, matches: &[Match], pieces: usize, taken: &[Range<usize>]) -> Option<Range<usize>> {
    let free = |range: &Range<usize>| taken.iter().all(|t| range.end <= t.start || range.start >= t.end);
    let mut best: Option<(usize, Range<usize>)> = None;
    // The window slides: its counts of each piece are updated, never counted again.
    let mut counts = vec![0_u32; pieces];
    let (mut different, mut end) = (0, 0);
    for (i, first) in matches.iter().enumerate() {
        let limit = first.range.start + SNIPPET_CHARS * 2;
        while let Some(next) = matches.get(end).filter(|m| m.range.end <= limit) {
            different += usize::from(counts[next.piece] == 0);
            counts[next.piece] += 1;
            end += 1;
        }
        let score = different * 8 + (end - i).min(7);
        if best.as_ref().is_none_or(|(best, _)| score > *best) && free(&first.range) {
            best = Some((score, first.range.clone()));
        }
        // A match longer than a window was never counted.
        if end == i {
            end += 1;
            continue;
        }
        counts[first.piece] -= 1;
        different -= usize::from(counts[first.piece] == 0);
    }
    let (_, first) = best?;
    let start = sentence_start(body, first.start);
    let end = skip_chars(body, start, SNIPPET_CHARS).max(first.end);
    let window = start..end;
    // A window that would overlap a taken one begins at its first match instead.
    Some(if free(&window) {
        window
    } else {
        first.start..skip_chars(body, first.start, SNIPPET_CHARS).max(first.end)
    })
    .filter(|window| free(window))
}

/// Returns the beginning of the sentence, or [`LEAD_BYTES`] before the match if that is far away.
fn sentence_start(body: &str, offset: usize) -> usize {
    let floor = floor_boundary(body, offset.saturating_sub(LEAD_BYTES));
    let before = &body[floor..offset];
    let stop = before.rfind(['。', '；', '\n', '！', '？', ';']);
    match stop {
        Some(stop) => {
            let after = floor + stop + before[stop..].chars().next().map_or(0, char::len_utf8);
            after + (body[after..offset].len() - body[after..offset].trim_start().len())
        }
        None => floor,
    }
}

fn floor_boundary(text: &str, mut offset: usize) -> usize {
    while !text.is_char_boundary(offset) {
        offset -= 1;
    }
    offset
}

/// Returns the offset after so many characters, or the end of the text.
fn skip_chars(body: &str, start: usize, chars: usize) -> usize {
    body[start..].char_indices().nth(chars).map_or(body.len(), |(at, _)| start + at)
}

fn make_snippet(body: &str, window: Range<usize>, matches: &[Match]) -> Snippet {
    let mut html = String::new();
    if !body[..window.start].trim_end().is_empty() && !body[..window.start].trim_end().ends_with(['。', '；'])
    {
        html.push('…');
    }
    html.push_str(&mark_range(body, window.clone(), matches));
    if window.end < body.trim_end().len() {
        html.push('…');
    }
    // The match may be in the article after the one in which the snippet begins.
    let mut starts = matches.iter().map(|found| found.range.start);
    let offset = starts.find(|start| window.contains(start)).unwrap_or(window.start);
    let (section, anchor) = structure::article_at(body, offset, SECTION_BYTES).unzip();
    Snippet { html, section, anchor }
}

/// Reads the article at the beginning of a line: `第三十八条` or `第12条之一`.
pub fn article_of_line(line: &str) -> Option<String> {
    let line = line.trim_start();
    let rest = line.strip_prefix('第')?;
    let is_numeral = |c: &char| "〇零一二三四五六七八九十百千两0123456789０１２３４５６７８９".contains(*c);
    let digits = rest.chars().take_while(is_numeral).count();
    let after: String = rest.chars().skip(digits).take(1).collect();
    if digits == 0 || after != "条" {
        return None;
    }
    let mut taken: String = line.chars().take(digits + 2).collect();
    let tail: Vec<char> = rest.chars().skip(digits + 1).take(2).collect();
    if let ['之', n] = tail[..]
        && is_numeral(&n)
    {
        taken.extend(['之', n]);
    }
    Some(taken)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn highlight(marks: &[&str], title: &str, body: &str) -> Highlights {
        Highlighter::new(&marks.iter().map(ToString::to_string).collect::<Vec<_>>()).highlight(title, body)
    }

    #[test]
    fn highlight_marks_the_original_and_escapes_the_rest() {
        let found = highlight(&["行政许可", "abc"], "<b>行政許可</b>&ＡＢＣ", "");
        assert_eq!(found.title, "&lt;b&gt;<mark>行政許可</mark>&lt;/b&gt;&amp;<mark>ＡＢＣ</mark>");
    }

    #[test]
    fn adjacent_matches_are_one_mark() {
        assert_eq!(highlight(&["行政", "许可"], "行政许可法", "").title, "<mark>行政许可</mark>法");
    }

    #[test]
    fn snippet_names_its_article() {
        let body = "第一条 为了规范。\n第三十八条之一 申请人的申请符合法定条件、标准的，应当作出许可。";
        let found = highlight(&["许可"], "t", body);
        assert_eq!(found.body[0].section.as_deref(), Some("第三十八条之一"));
        assert!(found.body[0].html.contains("<mark>许可</mark>"));
    }

    proptest! {
        #[test]
        fn highlight_of_any_text_escapes_all_markup(
            title in "[<>&\"'a行政許可许“”\u{200b} ]{0,20}", body in "[<a行政許可许。\n第一条“” ]{0,300}",
            mark in "[行政许可a<]{0,3}",
        ) {
            let found = highlight(&[&mark], &title, &body);
            for html in std::iter::once(&found.title).chain(found.body.iter().map(|s| &s.html)) {
                let bare = html.replace("<mark>", "").replace("</mark>", "");
                prop_assert!(!bare.contains('<') && !bare.contains('>'));
            }
        }
    }
}
