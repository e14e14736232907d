//! Structure of a text: enclosed documents, 编, 章, 节 and 条, each with an anchor.
//!
//! ```text
//! text     = { enclosed | division | article | words }
//! division = 第 number ( 编 | 章 | 节 ) [ title ]      a short line of its own
//! article  = 第 number 条 [之 number]                  at a line's start or after a sentence
//! ```
//!
//! An anchor is the label of a section (`第五条`). The anchor of a 章 or 节 begins with the
//! sections around it (`第二编第一章`), because its numbers start again in each of them. A repeated
//! anchor, such as that of the first article of an enclosed document, gets a number appended
//! (`第一条~2`). So anchors are unique in a text and stable as long as the text is unchanged. The
//! lines of a table of contents look like divisions and are left out.

use std::collections::{HashMap, HashSet};
use std::ops::Range;

use super::citation;
use super::scan::{chinese_number, digit, is_chinese_numeral};

/// Level of a section.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Level {
    /// A document enclosed in this one.
    Enclosed,
    /// 编.
    Book,
    /// 章.
    Chapter,
    /// 节.
    Division,
    /// 条.
    Article,
}

/// A section of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Section {
    /// Level in the structure.
    pub level: Level,
    /// Label as in the text: 第三章, 第五条; the title of an enclosed document.
    pub label: String,
    /// Heading beside the label: 法律责任.
    pub title: Option<String>,
    /// Anchor, unique in the text.
    pub anchor: String,
    /// Range with its heading and all lower sections, in bytes.
    pub range: Range<usize>,
}

/// Longest line that is the heading of a division, in characters.
const MAX_HEADING_CHARS: usize = 40;

/// Start of a section whose end and anchor are not known yet.
struct SectionHead {
    level: Level,
    label: String,
    title: Option<String>,
    start: usize,
}

/// All sections of a text, in order; `enclosed` has the titles and ranges of the documents in it.
pub fn sections<'a>(text: &str, enclosed: impl IntoIterator<Item = (&'a str, Range<usize>)>) -> Vec<Section> {
    let mut enclosed: Vec<(&str, Range<usize>)> = enclosed.into_iter().collect();
    enclosed.retain(|(_, range)| text.get(range.clone()).is_some_and(|inside| !inside.is_empty()));
    let mut heads = find_divisions(text);
    let article_heads = citation::headings(text).into_iter().map(|heading| SectionHead {
        level: Level::Article,
        label: article_label(&text[heading.start..]),
        title: None,
        start: heading.start,
    });
    heads.extend(article_heads);
    heads.extend(enclosed.iter().map(|(title, range)| SectionHead {
        level: Level::Enclosed,
        label: (*title).to_owned(),
        title: None,
        start: range.start,
    }));
    heads.sort_by_key(|head| (head.start, head.level));
    let ends = section_ends(&heads, &enclosed, text.len());
    let mut anchors = AnchorCounter::default();
    heads
        .into_iter()
        .zip(ends)
        .map(|(head, end)| Section {
            anchor: anchors.next_anchor(&head),
            range: head.start..end,
            level: head.level,
            label: head.label,
            title: head.title,
        })
        .collect()
}

/// Label and anchor of the article around the byte `offset`, as [`sections`] returns them, without
/// reading the whole text for its sections. Looks back at most `max_bytes`.
pub fn article_at(text: &str, offset: usize, max_bytes: usize) -> Option<(String, String)> {
    let heading = citation::heading_before(text, offset, max_bytes)?;
    let label = article_label(&text[heading.start..]);
    // A repeated label has a number appended in its anchor.
    let same = |start: &usize| {
        let found = citation::heading_before(text, *start, 0);
        found.is_some_and(|found| found.start == *start) && article_label(&text[*start..]) == label
    };
    let earlier = memchr::memmem::find_iter(&text.as_bytes()[..heading.start], &label);
    let anchor = match earlier.filter(same).count() {
        0 => label.clone(),
        times => format!("{label}~{}", times + 1),
    };
    Some((label, anchor))
}

/// Finds 编, 章 and 节, except those of a table of contents.
fn find_divisions(text: &str) -> Vec<SectionHead> {
    let lines = text.split_inclusive('\n').scan(0, |offset, line| {
        let start = *offset + (line.len() - line.trim_start().len());
        *offset += line.len();
        Some((start, line.trim()))
    });
    let lines: Vec<(usize, &str)> = lines.filter(|(_, line)| !line.is_empty()).collect();
    let mut seen_below: HashSet<String> = HashSet::new();
    let mut heads = Vec::new();
    let mut next_is_heading = false;
    // Backwards, so that repetitions further down are known.
    for (start, line) in lines.into_iter().rev() {
        let found = parse_division(line);
        let is_heading = found.is_some();
        if let Some((level, label, title)) = found {
            let is_repeated = !seen_below.insert(format!("{label}{}", title.as_deref().unwrap_or_default()));
            if !(is_repeated && next_is_heading) {
                heads.push(SectionHead { level, label, title, start });
            }
        }
        next_is_heading = is_heading;
    }
    heads.reverse();
    heads
}

/// Parses `第三章　法律责任`: a short line that begins with the number of a division.
fn parse_division(line: &str) -> Option<(Level, String, Option<String>)> {
    let line = line.trim_start_matches(['#', '*', ' ']);
    let rest = line.strip_prefix('第')?;
    let is_number = |c: &char| digit(*c).is_some() || is_chinese_numeral(*c) || *c == ' ';
    let length: usize = rest.chars().take_while(is_number).take(9).map(char::len_utf8).sum();
    let number = rest[..length].trim();
    chinese_number(number).or_else(|| number.parse().ok())?;
    let unit = rest[length..].chars().next()?;
    let level = match unit {
        '编' => Level::Book,
        '章' => Level::Chapter,
        '节' => Level::Division,
        _ => return None,
    };
    let title = rest[length + unit.len_utf8()..].trim_matches(|c: char| c.is_whitespace() || c == '*');
    // 第三章的规定… is a sentence.
    let sentence = title.starts_with(['的', '、', '和', '至', '规']) || title.contains(['。', '；', '，']);
    let title: String = title.split_whitespace().collect();
    let heads = line.chars().count() <= MAX_HEADING_CHARS && !sentence;
    heads.then(|| (level, format!("第{number}{unit}"), Some(title).filter(|title| !title.is_empty())))
}

/// Label of the article at the start of a text, as written: `第五条`, `第一百二十条之一`.
fn article_label(text: &str) -> String {
    let Some(end) = text.find('条').map(|offset| offset + '条'.len_utf8()) else { return String::new() };
    let inserted = text[end..].strip_prefix('之').map(|rest| {
        let number: usize = rest.chars().take_while(|c| is_chinese_numeral(*c)).map(char::len_utf8).sum();
        &text[end..end + '之'.len_utf8() + number]
    });
    let inserted = inserted.filter(|inserted| *inserted != "之").unwrap_or_default();
    text[..end].split_whitespace().chain([inserted]).collect()
}

/// Ends of all sections: a section ends before the next one that is not below it, and at the
/// latest with the enclosed document around it.
fn section_ends(heads: &[SectionHead], enclosed: &[(&str, Range<usize>)], length: usize) -> Vec<usize> {
    let mut ends = vec![length; heads.len()];
    // For each level, the start of the nearest section of that level or above.
    let mut next = [length; 5];
    for (i, head) in heads.iter().enumerate().rev() {
        let level = head.level as usize;
        let own = enclosed.iter().find(|(title, range)| range.start == head.start && *title == head.label);
        let around =
            enclosed.iter().filter(|(_, range)| range.contains(&head.start)).map(|(_, range)| range.end);
        let bound = around.min().unwrap_or(length);
        ends[i] = match own.filter(|_| head.level == Level::Enclosed) {
            Some((_, range)) => range.end,
            None => next[level].min(bound),
        };
        next[level..].fill(head.start);
    }
    ends
}

/// Generates anchors, each only once.
#[derive(Default)]
struct AnchorCounter {
    counts: HashMap<String, usize>,
    book: String,
    chapter: String,
    enclosed: usize,
}

impl AnchorCounter {
    fn next_anchor(&mut self, head: &SectionHead) -> String {
        let wanted = match head.level {
            Level::Enclosed => {
                self.enclosed += 1;
                (self.book, self.chapter) = (String::new(), String::new());
                format!("附件{}", self.enclosed)
            }
            Level::Book => {
                (self.book, self.chapter) = (head.label.clone(), String::new());
                head.label.clone()
            }
            Level::Chapter => {
                self.chapter.clone_from(&head.label);
                format!("{}{}", self.book, head.label)
            }
            Level::Division => format!("{}{}{}", self.book, self.chapter, head.label),
            Level::Article => head.label.clone(),
        };
        let times = self.counts.entry(wanted.clone()).or_default();
        *times += 1;
        if *times == 1 { wanted } else { format!("{wanted}~{times}") }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn anchors(text: &str) -> Vec<String> {
        sections(text, []).into_iter().map(|section| section.anchor).collect()
    }

    #[test]
    fn sections_of_law_skip_table_of_contents() {
        let text = "目　录\n第一章　总则\n第二章　责任\n第一节　一般\n\n第一章　总　则\n第一条　为了规范。\n第二条　内容。\n（一）甲；\n第二章　责任\n第一节　一般\n第三条　内容。\n第三条之一　内容。\n";
        let found = sections(text, []);
        let shown: Vec<_> = found.iter().map(|s| s.anchor.as_str()).collect();
        assert_eq!(shown, ["第一章", "第一条", "第二条", "第二章", "第二章第一节", "第三条", "第三条之一"]);
        assert_eq!(found[0].title.as_deref(), Some("总则"));
        assert_eq!(&text[found[2].range.clone()], "第二条　内容。\n（一）甲；\n");
        assert!(
            text[found[0].range.clone()].ends_with("甲；\n")
                && text[found[3].range.clone()].ends_with("第三条之一　内容。\n")
        );
    }

    #[test]
    fn article_at_every_offset_agrees_with_sections() {
        let text = "关于印发办法的通知\n第一条 本通知依照第二条执行。第二条 甲。\n附件\n第一条 为了。\n 第 二 条 乙。\n第二条之一 丙，见第一条。\n第一条 末。";
        let articles: Vec<Section> =
            sections(text, []).into_iter().filter(|section| section.level == Level::Article).collect();
        for (offset, _) in text.char_indices() {
            let expected = articles.iter().rfind(|section| section.range.start <= offset);
            let expected = expected.map(|section| (section.label.clone(), section.anchor.clone()));
            assert_eq!(article_at(text, offset, text.len()), expected, "{}", &text[offset..]);
        }
    }

    #[test]
    fn sections_of_enclosed_document_have_own_articles() {
        let text = "第一条 本通知。\n附件\n某某办法\n第一条 为了。\n第二条 末。\n2020年1月1日";
        let start = text.find("某某办法").unwrap();
        let end = text.find("\n2020").unwrap();
        let found = sections(text, [("某某办法", start..end)]);
        let shown: Vec<_> =
            found.iter().map(|s| (s.level, s.anchor.as_str(), &text[s.range.clone()])).collect();
        assert_eq!(
            shown,
            [
                (Level::Article, "第一条", "第一条 本通知。\n附件\n"),
                (Level::Enclosed, "附件1", &text[start..end]),
                (Level::Article, "第一条~2", "第一条 为了。\n"),
                (Level::Article, "第二条", "第二条 末。"),
            ]
        );
    }

    #[test]
    fn anchors_of_chapters_begin_with_their_book() {
        let text = "第一编 总则\n第一章 基本规定\n第一条 甲。\n第二编 物权\n第一章 一般规定\n第二条 乙。";
        assert_eq!(anchors(text), ["第一编", "第一编第一章", "第一条", "第二编", "第二编第一章", "第二条"]);
        assert!(anchors("第三章的规定适用于此。\n违反第五条的，处罚。").is_empty());
    }

    proptest! {
        #[test]
        fn sections_of_any_text_have_unique_anchors_and_valid_ranges(
            text in "[第一二三十百0-9编章节条之\n 　。总则]{0,120}|\\PC{0,60}", start in 0usize..40, length in 0usize..80,
        ) {
            let found = sections(&text, [("附", start..start + length)]);
            let unique: HashSet<_> = found.iter().map(|section| &section.anchor).collect();
            prop_assert_eq!(unique.len(), found.len());
            for section in &found {
                prop_assert!(text.get(section.range.clone()).is_some());
            }
        }
    }
}
