//! Marking of matches in the text as it was published.
//!
//! Most texts have the script and width of the query, so the original is scanned directly. Only
//! if a piece that must be there is not found is the text folded and scanned again. Letters and
//! digits match whole units, as in the index: 5G is not marked in 15GB. The output is HTML-escaped
//! text with `<mark>`.

use std::ops::Range;

use aho_corasick::{AhoCorasick, Input, MatchKind};

use crate::analysis::{Class, Fold, class, fold::fold, numeral};
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
/// Addition to the score of a window that begins with the article itself, more than all that others reach.
const HEADING_SCORE: usize = 1_000;
/// Most bytes above a snippet in which the heading of its article is searched.
const SECTION_BYTES: usize = 6_000;

/// Marker of the pieces of one query.
pub struct Highlighter {
    patterns: Option<AhoCorasick>,
    /// Piece of each pattern: the notations of an article are one piece.
    pieces: Vec<usize>,
    /// Number of pieces.
    count: usize,
}

struct Match {
    range: Range<usize>,
    piece: usize,
    /// True for an article at the beginning of its line.
    is_heading: bool,
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
        let mut pieces: Vec<usize> = (0..count).collect();
        for piece in 0..count {
            for notation in numeral::article_notations(&folded[piece]) {
                if !folded.contains(&notation) {
                    folded.push(notation);
                    pieces.push(piece);
                }
            }
        }
        let build = || {
            AhoCorasick::builder()
                .match_kind(MatchKind::LeftmostLongest)
                // Only letters have a case; without this the search can compare many bytes at once.
                .ascii_case_insensitive(folded.iter().any(|p| p.bytes().any(|b| b.is_ascii_alphabetic())))
                .build(&folded)
                .ok()
        };
        Self { patterns: if count == 0 { None } else { build() }, pieces, count }
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
        let mut unseen = seen.iter().filter(|seen| !**seen).count();
        let mut matches = Vec::new();
        for found in self.matches(text).take(MAX_MATCHES) {
            unseen -= usize::from(!std::mem::replace(&mut seen[found.piece], true));
            matches.push(found);
            if unseen == 0 && matches.len() >= ENOUGH_MATCHES {
                break;
            }
        }
        matches
    }

    fn scan_folded(&self, text: &str) -> Vec<Match> {
        let folded = fold(text, Fold::Grams);
        let found = self.matches(folded.text()).take(MAX_MATCHES);
        found.map(|found| Match { range: folded.original(found.range), ..found }).collect()
    }

    /// Iterates over the matches that begin and end where a unit of letters and digits does.
    fn matches<'t>(&'t self, text: &'t str) -> impl Iterator<Item = Match> + 't {
        let mut from = 0;
        std::iter::from_fn(move || {
            loop {
                let found = self.patterns.as_ref()?.find(Input::new(text).range(from..))?;
                let range = found.range();
                if !cuts_unit(text, range.start) && !cuts_unit(text, range.end) {
                    from = range.end;
                    let piece = self.pieces[found.pattern().as_usize()];
                    let is_heading = is_heading(text, &range);
                    return Some(Match { range, piece, is_heading });
                }
                // Another piece may begin inside the refused match.
                from = range.start + text[range.start..].chars().next().map_or(1, char::len_utf8);
            }
        })
    }
}

/// Checks if a match is an article at the beginning of its line.
fn is_heading(text: &str, range: &Range<usize>) -> bool {
    let found = &text[range.clone()];
    found.starts_with('第')
        && numeral::article(found).is_some_and(|(_, length)| length == found.len())
        && !text[range.end..].starts_with('之')
        && matches!(
            text[..range.start].trim_end_matches([' ', '\u{3000}', '\t']).chars().next_back(),
            None | Some('\n')
        )
}

/// Checks if an offset lies within a unit of letters and digits: `5|G`, `1|.5`, `25|,984`.
fn cuts_unit(text: &str, offset: usize) -> bool {
    let (mut before, mut after) = (text[..offset].chars().rev(), text[offset..].chars());
    let (Some(last), Some(next)) = (before.next(), after.next()) else { return false };
    let is_digit = |c: Option<char>| c.is_some_and(|c| c.is_ascii_digit());
    let joins = |c: char| matches!(c, '.' | ',');
    class(last) == Class::Letter && class(next) == Class::Letter
        || next == '%' && is_digit(Some(last))
        || joins(next) && is_digit(Some(last)) && is_digit(after.next())
        || joins(last) && is_digit(Some(next)) && is_digit(before.next())
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
    // The article that was asked for comes first.
    let has_heading =
        |window: &Range<usize>| matches.iter().any(|m| m.is_heading && window.contains(&m.range.start));
    windows.sort_by_key(|window| (!has_heading(window), window.start));
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
        let heading = if first.is_heading { HEADING_SCORE } else { 0 };
        let score = different * 8 + (end - i).min(7) + heading;
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
    fn letters_and_digits_are_marked_as_whole_units() {
        for (mark, text, marked) in [
            ("5G", "15GB、5GHz、5G基站", "15GB、5GHz、<mark>5G</mark>基站"),
            ("ai", "EMAIL、MAIL、AI应用", "EMAIL、MAIL、<mark>AI</mark>应用"),
            ("ai", "ＥＭＡＩＬ、ＡＩ应用", "ＥＭＡＩＬ、<mark>ＡＩ</mark>应用"),
            (
                "10",
                "110千伏、10.5、3.10、10%、第10条。10.",
                "110千伏、10.5、3.10、10%、第<mark>10</mark>条。<mark>10</mark>.",
            ),
            ("984", "25,984件，984,件", "25,984件，<mark>984</mark>,件"),
        ] {
            assert_eq!(highlight(&[mark], text, "").title, marked, "{mark}");
        }
        assert_eq!(highlight(&["1千", "千瓦"], "11千瓦", "").title, "11<mark>千瓦</mark>");
    }

    #[test]
    fn article_in_another_notation_is_marked_and_its_own_text_comes_first() {
        let body =
            "第一条　民法典第二十条所称情形，依照第二十条、第二十一条办理。\n第二十条　由有关组织调解。";
        for typed in ["第20条", "第二十条", "第２０条"] {
            let found = highlight(&[typed, "民法典"], "民法典", body);
            assert!(
                found.body[0].html.contains("<mark>第二十条</mark>　由有关组织"),
                "{typed}: {:?}",
                found.body
            );
            assert_eq!(found.body[0].section.as_deref(), Some("第二十条"));
        }
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
