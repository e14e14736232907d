//! Plain text and Markdown.

use crate::import::file_content::{
    BlockCollector, BlockKind, FileContent, MetadataEntry, TitleCandidate, TitlePlace, join_cells,
};
use crate::import::formats::charset;
use crate::import::whitespace::collapse_whitespace;

/// Reads plain text: each line is a paragraph.
pub fn read(bytes: &[u8]) -> FileContent {
    let decoded = charset::decode(bytes, None);
    let mut blocks = BlockCollector::default();
    for line in decoded.text.lines() {
        if !blocks.push(BlockKind::Paragraph, line) {
            break;
        }
    }
    blocks.into_content()
}

/// Reads Markdown: removes marks, makes rows of tables, joins the lines of a paragraph.
pub fn read_markdown(bytes: &[u8]) -> FileContent {
    let decoded = charset::decode(bytes, None);
    let mut page = Markdown::default();
    let (stated, text) = front_matter(&decoded.text);
    for line in text.lines() {
        page.add_line(line);
        if page.blocks.is_full() {
            break;
        }
    }
    let mut content = page.into_content();
    content.metadata = stated;
    content
}

/// Reads `key: value` lines between two lines of `---` at the beginning.
fn front_matter(text: &str) -> (Vec<MetadataEntry>, &str) {
    let Some(rest) = text
        .strip_prefix("---")
        .and_then(|rest| rest.strip_prefix('\n').or_else(|| rest.strip_prefix("\r\n")))
    else {
        return (Vec::new(), text);
    };
    let Some((matter, body)) = rest.split_once("\n---") else { return (Vec::new(), text) };
    let pairs = matter.lines().take(100).filter_map(|line| line.split_once([':', '：']));
    let unquoted = |value: &str| value.trim().trim_matches(['"', '\'']).to_owned();
    let stated =
        pairs.map(|(label, value)| MetadataEntry { label: label.trim().to_owned(), value: unquoted(value) });
    (stated.filter(|stated| !stated.value.is_empty()).collect(), body)
}

#[derive(Default)]
struct Markdown {
    blocks: BlockCollector,
    paragraph: String,
    fenced: bool,
    title: Option<TitleCandidate>,
}

impl Markdown {
    fn add_line(&mut self, line: &str) {
        let trimmed = line.trim();
        if trimmed.starts_with("```") || trimmed.starts_with("~~~") {
            self.end_paragraph();
            self.fenced = !self.fenced;
        } else if trimmed.is_empty() {
            self.end_paragraph();
        } else if self.fenced {
            self.blocks.push(BlockKind::Paragraph, line);
        } else if let Some(heading) = heading_words(trimmed) {
            self.add_heading(heading);
        } else if trimmed.len() > 1 && trimmed.starts_with('|') {
            self.add_row(trimmed);
        } else {
            self.add_words(line, trimmed);
        }
    }

    fn add_heading(&mut self, words: &str) {
        self.end_paragraph();
        let text = strip_marks(words);
        if self.title.is_none() && !text.is_empty() {
            self.title =
                Some(TitleCandidate { place: TitlePlace::Heading, text: collapse_whitespace(&text) });
        }
        self.blocks.push(BlockKind::Heading, &text);
    }

    fn add_row(&mut self, line: &str) {
        self.end_paragraph();
        let line = line.trim_matches('|');
        if line.chars().all(|c| matches!(c, '-' | ':' | '|' | ' ')) {
            return;
        }
        let cells: Vec<String> =
            line.split('|').map(|cell| collapse_whitespace(&strip_marks(cell))).collect();
        self.blocks.push(BlockKind::Row, &join_cells(&cells));
    }

    fn add_words(&mut self, line: &str, trimmed: &str) {
        let item = trimmed
            .strip_prefix("- ")
            .or_else(|| trimmed.strip_prefix("* "))
            .or_else(|| trimmed.strip_prefix("+ "));
        if item.is_some() {
            self.end_paragraph();
        }
        let words = item.unwrap_or(trimmed).trim_start_matches('>').trim_start();
        self.paragraph.push_str(&strip_marks(words));
        // Two spaces at the end are a break; so is every line end of Chinese text that ends a sentence.
        if line.ends_with("  ") || words.ends_with(['。', '：', '；', ':', ';', '！', '？']) {
            self.end_paragraph();
        } else if words.is_ascii() {
            self.paragraph.push(' ');
        }
    }

    fn end_paragraph(&mut self) {
        let text = std::mem::take(&mut self.paragraph);
        self.blocks.push(BlockKind::Paragraph, &text);
    }

    fn into_content(mut self) -> FileContent {
        self.end_paragraph();
        let mut content = self.blocks.into_content();
        content.titles.extend(self.title);
        content
    }
}

/// Returns the words of an ATX heading.
fn heading_words(line: &str) -> Option<&str> {
    let words = line.trim_start_matches('#');
    let level = line.len() - words.len();
    ((1..=6).contains(&level) && words.starts_with([' ', '\t']))
        .then(|| words.trim().trim_end_matches('#').trim_end())
}

/// Removes emphasis marks and link targets; keeps the words.
fn strip_marks(text: &str) -> String {
    if !text.contains(['*', '`', '[', '_', '\\']) {
        return text.to_owned();
    }
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    // A text without the end of a link is searched once, not once for each bracket.
    let mut may_have_links = true;
    while let Some(at) = rest.find(['*', '`', '[', '!', '\\']) {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        let opens_link = rest.starts_with('[') || rest.starts_with("![");
        let link = if opens_link && may_have_links { parse_link(rest) } else { None };
        may_have_links &= !opens_link || link.is_some();
        rest = match link {
            Some((words, after)) => {
                out.push_str(words);
                after
            }
            None => {
                let mark = &rest[..1];
                if matches!(mark, "[" | "!") {
                    out.push_str(mark);
                }
                &rest[1..]
            }
        };
    }
    out.push_str(rest);
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
    fn plain_text_line_is_a_paragraph() {
        let content = read("标题\r\n\r\n　　第一段。\n第二段。".as_bytes());
        assert_eq!(lines(&content), ["标题", "第一段。", "第二段。"]);
        assert!(read(b"").without_text);
    }

    #[test]
    fn markdown_marks_are_removed_and_words_kept() {
        let text = "# 关于**加强**管理的通知\n\n各单位：\n现将[办法](a.html)印发\n给你们。\n\n| 项目 | 金额 |\n|---|---:|\n| 水费 | 3 |\n\n- 一\n- 二\n";
        let content = read_markdown(text.as_bytes());
        assert_eq!(
            lines(&content),
            ["关于加强管理的通知", "各单位：", "现将办法印发给你们。", "项目 | 金额", "水费 | 3", "一", "二"]
        );
        assert_eq!(content.titles[0].text, "关于加强管理的通知");
        assert_eq!(content.blocks[3].kind, BlockKind::Row);
    }

    #[test]
    fn characters_that_are_no_marks_are_kept() {
        let content = read_markdown("粤府[2015]58号!\n**（市、区）*".as_bytes());
        assert_eq!(lines(&content), ["粤府[2015]58号!（市、区）"]);
    }
}
