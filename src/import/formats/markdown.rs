//! Markdown: headings, paragraphs, rows of tables; marks are removed, words are kept.

use crate::import::file_content::{
    BlockCollector, BlockKind, FileContent, MetadataEntry, TitleCandidate, TitlePlace, join_cells,
};
use crate::import::formats::charset;
use crate::import::formats::line_wraps::{append_line, continues_sentence};
use crate::import::removed::{RemovalReason, RemovedLine};
use crate::import::whitespace::collapse_whitespace;

/// Reads Markdown. The first heading of the first level is the title; other headings are lines.
pub fn read(bytes: &[u8]) -> FileContent {
    let decoded = charset::decode(bytes, None);
    let mut page = Markdown::default();
    let (front_matter, text) = split_front_matter(&decoded.text);
    for line in text.lines() {
        page.add_line_without_comments(line);
        if page.blocks.is_full() {
            break;
        }
    }
    let mut content = page.into_content();
    let listed = front_matter.lines.iter().map(|line| RemovedLine::new(RemovalReason::Metadata, line.trim()));
    content.removed.extend(listed);
    content.metadata = front_matter.stated;
    content
}

/// Front matter of a text: lines between two lines of `---` at the beginning.
#[derive(Default)]
struct FrontMatter<'a> {
    stated: Vec<MetadataEntry>,
    /// All lines with words.
    lines: Vec<&'a str>,
}

/// Most entries that are read of a front matter.
const MAX_ENTRIES: usize = 100;

/// Splits the front matter from the text. Lines of prose between two rules are text.
fn split_front_matter(text: &str) -> (FrontMatter<'_>, &str) {
    let all_text = (FrontMatter::default(), text);
    let Some(rest) = text
        .strip_prefix("---")
        .and_then(|rest| rest.strip_prefix('\n').or_else(|| rest.strip_prefix("\r\n")))
    else {
        return all_text;
    };
    let Some((matter, body)) = rest.split_once("\n---") else { return all_text };
    let lines: Vec<&str> = matter.lines().filter(|line| !line.trim().is_empty()).collect();
    if !lines.iter().all(|line| is_front_matter(line)) {
        return all_text;
    }
    let unquoted = |value: &str| value.trim().trim_matches(['"', '\'']).to_owned();
    let pairs = lines.iter().take(MAX_ENTRIES).filter_map(|line| line.split_once([':', '：']));
    let stated =
        pairs.map(|(label, value)| MetadataEntry { label: label.trim().to_owned(), value: unquoted(value) });
    let stated = stated.filter(|stated| !stated.value.is_empty()).collect();
    (FrontMatter { stated, lines }, body)
}

/// Recognises a line of front matter: a key, an item or a continuation below one, a comment.
fn is_front_matter(line: &str) -> bool {
    line.starts_with([' ', '\t', '#']) || line.starts_with("- ") || line.contains([':', '：'])
}

#[derive(Default)]
struct Markdown {
    blocks: BlockCollector,
    paragraph: String,
    /// Last line of the paragraph, by which the next one is judged.
    last_line: String,
    fenced: bool,
    /// Words of a comment that has not ended.
    comment: Option<String>,
    title: Option<TitleCandidate>,
    heading: Option<TitleCandidate>,
    removed: Vec<RemovedLine>,
}

impl Markdown {
    /// Takes the comments `<!-- … -->` out of a line; they may cross lines.
    fn add_line_without_comments(&mut self, line: &str) {
        if self.fenced || self.comment.is_none() && !line.contains("<!--") {
            self.add_line(line);
            return;
        }
        let mut kept = String::new();
        let mut rest = line;
        loop {
            if let Some(comment) = &mut self.comment {
                let Some((inside, after)) = rest.split_once("-->") else {
                    comment.push_str(rest);
                    comment.push(' ');
                    break;
                };
                comment.push_str(inside);
                let text = collapse_whitespace(&self.comment.take().unwrap_or_default());
                self.removed.push(RemovedLine::new(RemovalReason::Comment, text));
                rest = after;
            }
            let Some((before, after)) = rest.split_once("<!--") else {
                kept.push_str(rest);
                break;
            };
            kept.push_str(before);
            self.comment = Some(String::new());
            rest = after;
        }
        // A line of comments alone is no end of a paragraph.
        if !kept.trim().is_empty() {
            self.add_line(&kept);
        }
    }

    fn add_line(&mut self, line: &str) {
        let trimmed = line.trim();
        if trimmed.starts_with("```") || trimmed.starts_with("~~~") {
            self.end_paragraph();
            self.fenced = !self.fenced;
        } else if trimmed.is_empty() {
            self.end_paragraph();
        } else if self.fenced {
            self.blocks.push(BlockKind::Paragraph, line);
        } else if let Some((level, heading)) = heading_words(trimmed) {
            self.add_heading(level, heading);
        } else if let Some(level) = self.underlined_level(trimmed) {
            let words = std::mem::take(&mut self.paragraph);
            self.push_heading(level, &words);
        } else if trimmed.len() > 1 && trimmed.starts_with('|') {
            self.add_row(trimmed);
        } else {
            self.add_words(line, trimmed);
        }
    }

    /// Recognises the line of `=` or `-` under a heading.
    fn underlined_level(&self, line: &str) -> Option<u8> {
        let of = |mark: char| line.len() >= 3 && line.chars().all(|c| c == mark);
        let level = if of('=') { 1 } else { 2 };
        ((of('=') || of('-')) && !self.paragraph.is_empty() && self.last_line == self.paragraph)
            .then_some(level)
    }

    fn add_heading(&mut self, level: u8, words: &str) {
        self.end_paragraph();
        let text = self.strip_marks(words);
        self.push_heading(level, &text);
    }

    fn push_heading(&mut self, level: u8, text: &str) {
        let text = collapse_whitespace(text);
        if level == 1 && self.title.is_none() && !text.is_empty() {
            self.title = Some(TitleCandidate { place: TitlePlace::MainHeading, text: text.clone() });
        } else if self.heading.is_none() && !text.is_empty() {
            self.heading = Some(TitleCandidate { place: TitlePlace::Heading, text: text.clone() });
        }
        self.blocks.push(BlockKind::Heading, &text);
    }

    fn add_row(&mut self, line: &str) {
        self.end_paragraph();
        let line = line.strip_prefix('|').unwrap_or(line);
        let line = line.strip_suffix('|').unwrap_or(line);
        if line.contains('-') && line.chars().all(|c| matches!(c, '-' | ':' | '|' | ' ')) {
            return;
        }
        let cells: Vec<String> =
            line.split('|').map(|cell| collapse_whitespace(&self.strip_marks(cell))).collect();
        self.blocks.push(BlockKind::Row, &join_cells(&cells));
    }

    fn add_words(&mut self, line: &str, trimmed: &str) {
        let item = trimmed
            .strip_prefix("- ")
            .or_else(|| trimmed.strip_prefix("* "))
            .or_else(|| trimmed.strip_prefix("+ "));
        let words = item.unwrap_or(trimmed).trim_start_matches('>').trim_start();
        let words = self.strip_marks(words);
        let words = words.trim();
        if item.is_some() || !continues_sentence(&self.last_line, words) {
            self.end_paragraph();
        }
        append_line(&mut self.paragraph, words);
        self.last_line = words.to_owned();
        // Two spaces at the end are a break.
        if line.ends_with("  ") {
            self.end_paragraph();
        }
    }

    fn end_paragraph(&mut self) {
        let text = std::mem::take(&mut self.paragraph);
        self.last_line.clear();
        self.blocks.push(BlockKind::Paragraph, &text);
    }

    /// Removes paired marks of emphasis and code and the targets of links; keeps the words.
    fn strip_marks(&mut self, text: &str) -> String {
        let text = if text.contains(['[', '\\']) { self.strip_links(text) } else { text.to_owned() };
        strip_paired(&strip_paired(&text, '`'), '*')
    }

    /// Removes targets of links, pictures, and backslashes before marks.
    fn strip_links(&mut self, text: &str) -> String {
        let mut out = String::with_capacity(text.len());
        let mut rest = text;
        // A text without the end of a link is searched once, not once for each bracket.
        let mut may_have_links = true;
        while let Some(at) = rest.find(['[', '!', '\\']) {
            out.push_str(&rest[..at]);
            rest = &rest[at..];
            let opens_link = rest.starts_with('[') || rest.starts_with("![");
            let link = if opens_link && may_have_links { parse_link(rest) } else { None };
            may_have_links &= !opens_link || link.is_some();
            rest = match link {
                Some((words, after)) if rest.starts_with('!') => {
                    self.removed.push(RemovedLine::new(RemovalReason::Picture, words));
                    after
                }
                Some((words, after)) => {
                    out.push_str(words);
                    after
                }
                None => {
                    let escape =
                        rest.starts_with('\\') && rest[1..].starts_with(|c: char| c.is_ascii_punctuation());
                    if !escape {
                        out.push_str(&rest[..1]);
                    }
                    &rest[1..]
                }
            };
        }
        out.push_str(rest);
        out
    }

    fn into_content(mut self) -> FileContent {
        self.end_paragraph();
        if let Some(comment) = self.comment {
            self.removed.push(RemovedLine::new(RemovalReason::Comment, collapse_whitespace(&comment)));
        }
        let mut content = self.blocks.into_content();
        content.titles.extend(self.title.or(self.heading));
        content.removed = self.removed;
        content
    }
}

/// Returns level and words of an ATX heading.
fn heading_words(line: &str) -> Option<(u8, &str)> {
    let words = line.trim_start_matches('#');
    let level = line.len() - words.len();
    ((1..=6).contains(&level) && words.starts_with([' ', '\t', '\u{3000}'])).then(|| {
        let words = words.trim();
        let bare = words.trim_end_matches('#');
        (level as u8, if bare.ends_with(' ') { bare.trim_end() } else { words })
    })
}

/// Longest run of marks that is emphasis.
const MAX_MARKS: usize = 3;

/// Removes marks in pairs of equal length around words; a mark without a second one is text.
fn strip_paired(text: &str, mark: char) -> String {
    if !text.contains(mark) {
        return text.to_owned();
    }
    // Runs of marks: start, length, and if the run is half of a pair.
    let mut runs: Vec<(usize, usize, bool)> = Vec::new();
    let mut open: [Option<usize>; MAX_MARKS + 1] = [None; MAX_MARKS + 1];
    let mut at = 0;
    while let Some(found) = text[at..].find(mark) {
        let start = at + found;
        let length = text[start..].len() - text[start..].trim_start_matches(mark).len();
        at = start + length;
        runs.push((start, length, false));
        let sides = (text[..start].chars().next_back(), text[at..].chars().next());
        let latin = |c: Option<char>| c.is_some_and(|c| c.is_ascii_alphanumeric());
        // 3*5 is a product.
        if length > MAX_MARKS || latin(sides.0) && latin(sides.1) {
            continue;
        }
        let spaced_before = sides.0.is_none_or(char::is_whitespace);
        let spaced_after = sides.1.is_none_or(char::is_whitespace);
        match open[length].filter(|_| !spaced_before) {
            Some(first) => {
                runs[first].2 = true;
                if let Some(last) = runs.last_mut() {
                    last.2 = true;
                }
                open[length] = None;
            }
            None if !spaced_after => open[length] = Some(runs.len() - 1),
            None => {}
        }
    }
    let mut out = String::with_capacity(text.len());
    let mut end = 0;
    for (start, length, _) in runs.into_iter().filter(|(.., paired)| *paired) {
        out.push_str(&text[end..start]);
        end = start + length;
    }
    out.push_str(&text[end..]);
    out
}

/// Reads the words of `[words](target)`, nothing of `![picture](target)`; returns the rest of the text.
fn parse_link(text: &str) -> Option<(&str, &str)> {
    let picture = text.starts_with('!');
    let text = text.strip_prefix('!').unwrap_or(text).strip_prefix('[')?;
    let (words, after) = text.split_once("](")?;
    let (_target, after) = after.split_once(')')?;
    Some((if picture { "" } else { words }, after))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(content: &FileContent) -> Vec<&str> {
        content.blocks.iter().map(|b| b.text.as_str()).collect()
    }

    #[test]
    fn markdown_marks_are_removed_and_words_kept() {
        let text = "# 关于**加强**管理的通知\n\n各单位：\n现将[办法](a.html)印发\n给你们。\n\n| 项目 | 金额 |\n|---|---:|\n| 水费 | 3 |\n\n- 一\n- 二\n";
        let content = read(text.as_bytes());
        assert_eq!(
            lines(&content),
            ["关于加强管理的通知", "各单位：", "现将办法印发给你们。", "项目 | 金额", "水费 | 3", "一", "二"]
        );
        assert_eq!(content.titles[0].text, "关于加强管理的通知");
        assert_eq!(content.blocks[3].kind, BlockKind::Row);
    }

    #[test]
    fn characters_that_are_no_marks_are_kept() {
        let content = read("粤府[2015]58号!\n\n**（市、区）*\n\n3*5=15，2*4=8。\n\\*注".as_bytes());
        assert_eq!(lines(&content), ["粤府[2015]58号!", "**（市、区）*", "3*5=15，2*4=8。", "*注"]);
    }

    #[test]
    fn comments_are_left_out_and_listed() {
        let content = read("第一条 甲。<!-- 批注 -->\n<!-- 一\n二 -->\n第二条 乙。".as_bytes());
        assert_eq!(lines(&content), ["第一条 甲。", "第二条 乙。"]);
        let listed: Vec<&str> = content.removed.iter().map(|line| line.text.as_str()).collect();
        assert_eq!(listed, ["批注", "一 二"]);
    }

    #[test]
    fn headings_are_lines_and_the_first_is_the_title() {
        let content = read("某某办法\n===\n\n## 第一章 总则\n第一条 甲\n第二条 乙".as_bytes());
        assert_eq!(lines(&content), ["某某办法", "第一章 总则", "第一条 甲", "第二条 乙"]);
        assert_eq!(content.titles[0].text, "某某办法");
    }
}
