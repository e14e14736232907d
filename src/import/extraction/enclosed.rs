//! Documents enclosed in a document: the text that a notice issues or forwards, and annexes.

use std::ops::Range;

use gongkai_index::official::date;

use crate::import::extraction::line::{Line, is_date_line};
use crate::import::extraction::title;
use crate::import::file_content::BlockKind;

/// Document inside another one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EnclosedDocument {
    /// Title of the enclosed document.
    pub title: String,
    /// Lines of the enclosed document, the title among them.
    pub lines: Range<usize>,
}

/// Limit of enclosed documents in one document.
const MAX_PARTS: usize = 100;

/// Finds the documents enclosed in the document with this title, in order.
pub fn find_enclosed(own_title: &str, lines: &[Line]) -> Vec<EnclosedDocument> {
    let named = enclosed_names(own_title, lines);
    let signed = line_after_signature(lines);
    let mut starts: Vec<(usize, usize, String)> = Vec::new();
    let mut at = 1;
    while at < lines.len() && starts.len() < MAX_PARTS {
        let marked = is_annex_mark(&lines[at - 1].text);
        let after_signature =
            starts.is_empty() && signed.is_some_and(|signed| at >= signed && at < signed + 6);
        match document_start(lines, at, &named, marked, after_signature) {
            // A rule published by an order is the page's document itself, not a part of it.
            Some((title, end)) if end < lines.len() && bare_name(&title) != bare_name(own_title) => {
                starts.push((at, if marked { at - 1 } else { at }, title));
                at = end;
            }
            _ => at += 1,
        }
    }
    let end = text_end(lines);
    let ends = starts.iter().skip(1).map(|(_, mark, _)| *mark).chain([end]);
    let parts = starts.iter().zip(ends).map(|((start, _, title), end)| EnclosedDocument {
        title: title.clone(),
        lines: *start..end.max(*start + 1),
    });
    parts.collect()
}

/// Finds a document that begins on this line: its title, and the line after that.
fn document_start(
    lines: &[Line],
    at: usize,
    named: &[String],
    marked: bool,
    after_signature: bool,
) -> Option<(String, usize)> {
    // Titles do not end like sentences and are not long: most lines go no further.
    let text = &lines[at].text;
    let sentence = text.len() > 240 || text.ends_with(['。', '；', '，', '：', ':']);
    if lines[at].kind == BlockKind::Row || sentence {
        return None;
    }
    let mut text = lines[at].text.clone();
    for end in at + 1..=lines.len().min(at + 3) {
        let candidate = title::normalise(&text);
        let bare = bare_name(&candidate);
        if named.contains(&bare) {
            return Some((candidate, end));
        }
        let is_complete = lines.get(end).is_none_or(|next| !title::continues_on(&text, &next.text));
        if is_complete {
            let short =
                candidate.chars().count() <= 60 && !candidate.ends_with(['。', '，', '：', '；', ':']);
            let set = lines[at].kind != BlockKind::Paragraph;
            let likely = title::score(&candidate) + i32::from(set) >= title::LIKELY_SCORE;
            let annex = marked && short && candidate.chars().count() >= 3;
            return (annex || after_signature && short && likely).then_some((candidate, end));
        }
        text.push_str(&lines[end].text);
    }
    None
}

/// Reduces a name for comparing: no brackets, notes and spaces.
fn bare_name(name: &str) -> String {
    let name = title::without_notes(name);
    name.chars().filter(|c| !c.is_whitespace() && !matches!(c, '《' | '》' | '〈' | '〉')).collect()
}

/// Collects the names that title and notice quote in `《…》` or that the title issues without brackets.
fn enclosed_names(own_title: &str, lines: &[Line]) -> Vec<String> {
    let notice = lines.iter().take(8).map(|line| line.text.as_str());
    let quoted = std::iter::once(own_title).chain(notice).flat_map(quoted_titles);
    let mut names: Vec<String> = quoted.map(bare_name).filter(|name| name.chars().count() >= 4).collect();
    // 关于印发X的通知: an organ or a place may stand before X.
    for word in ["印发", "转发", "批转", "发布", "公布"] {
        if let Some((_, rest)) = own_title.split_once(word)
            && let Some(name) = rest.strip_suffix("的通知").or_else(|| rest.strip_suffix("通知"))
        {
            names.push(bare_name(name));
        }
    }
    names.retain(|name| *name != bare_name(own_title));
    names
}

/// Iterates over the outermost `《…》` of a text.
fn quoted_titles(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let start = rest.find('《')? + '《'.len_utf8();
        let mut depth = 1;
        let end = rest[start..].char_indices().find_map(|(at, c)| {
            depth += match c {
                '《' => 1,
                '》' => -1,
                _ => 0,
            };
            (depth == 0).then_some(start + at)
        })?;
        let found = &rest[start..end];
        rest = &rest[end..];
        Some(found)
    })
}

/// Recognises `附件`, `附件1`, `附件一：` alone on a line.
fn is_annex_mark(text: &str) -> bool {
    let Some(rest) = text.strip_prefix("附件").or_else(|| text.strip_prefix('附')) else { return false };
    rest.chars().count() <= 4
        && rest
            .chars()
            .all(|c| c.is_ascii_digit() || "一二三四五六七八九十：:－-—".contains(c) || c.is_whitespace())
}

/// Finds the line after the first date that stands under a signature.
fn line_after_signature(lines: &[Line]) -> Option<usize> {
    let at = lines.iter().position(|line| line.kind != BlockKind::Row && is_date_line(&line.text))?;
    Some(at + 1)
}

/// Finds the line below which only the foot of the printed sheet follows.
fn text_end(lines: &[Line]) -> usize {
    let is_foot = |text: &str| {
        text.starts_with("抄送")
            || text.starts_with("主送")
            || text.ends_with("印发") && text.chars().count() <= 50 && !date::find_all(text).is_empty()
    };
    let from = lines.len().saturating_sub(6);
    (from..lines.len()).find(|at| is_foot(&lines[*at].text)).unwrap_or(lines.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn paragraphs(texts: &[&str]) -> Vec<Line> {
        texts.iter().map(|text| Line { kind: BlockKind::Paragraph, text: (*text).to_owned() }).collect()
    }

    #[test]
    fn issued_document_is_enclosed() {
        let lines = paragraphs(&[
            "各单位：",
            "《关于推进工作的实施意见》已经同意，现印发给你们。",
            "某某市人民政府办公室",
            "2016年12月5日",
            "关于推进工作的实施意见",
            "根据有关规定，制定本意见。",
            "一、总体要求",
            "某某市人民政府办公室2016年12月6日印发",
        ]);
        let parts = find_enclosed("市政府办公室印发《关于推进工作的实施意见》的通知", &lines);
        assert_eq!(parts, [EnclosedDocument { title: "关于推进工作的实施意见".into(), lines: 4..7 }]);
    }

    #[test]
    fn annexes_are_enclosed_but_their_list_is_not() {
        let lines = paragraphs(&[
            "各单位：",
            "附件：1.任务分工表",
            "2.申请书",
            "某某局",
            "2016年12月5日",
            "附件1",
            "任务分工表",
            "内容",
            "附件2",
            "申请书",
            "内容",
        ]);
        let titles: Vec<_> = find_enclosed("关于报送材料的通知", &lines)
            .into_iter()
            .map(|part| (part.title, part.lines))
            .collect();
        assert_eq!(titles, [("任务分工表".to_owned(), 6..8), ("申请书".to_owned(), 9..11)]);
    }

    #[test]
    fn single_document_encloses_nothing() {
        let lines = paragraphs(&[
            "各单位：",
            "现将《甲办法》有关事项通知如下。",
            "一、总体要求",
            "某某局",
            "2016年12月5日",
        ]);
        assert!(find_enclosed("关于某事的通知", &lines).is_empty());
    }
}
