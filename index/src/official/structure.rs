//! The structure of a text: enclosed documents, 编, 章, 节 and 条, each with an anchor.
//!
//! ```text
//! text     = { enclosed | division | article | words }
//! division = 第 number ( 编 | 章 | 节 ) [ title ]      a short line of its own
//! article  = 第 number 条 [之 number]                  at a line's start or after a sentence
//! ```
//!
//! An anchor is what the place is called (`第五条`); a 章 or 节 is called with what it lies
//! in (`第二编第一章`), for they are counted anew there. What is called the same again, as
//! the first article of an enclosed document is, gets a number behind it (`第一条~2`). So
//! anchors are unique in a text and stay as long as the text does. A table of contents
//! has the lines of divisions but is none.

use std::collections::{HashMap, HashSet};
use std::ops::Range;

use super::citation;
use super::scan::{chinese_number, digit, is_chinese_numeral};

/// What a section is.
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
    /// What it is.
    pub level: Level,
    /// What it is called: 第三章, 第五条; the title of an enclosed document.
    pub label: String,
    /// What stands beside the label: 法律责任.
    pub title: Option<String>,
    /// Unique in the text.
    pub anchor: String,
    /// With its heading and all that lies below, in bytes.
    pub range: Range<usize>,
}

/// Longest line that heads a division, in characters.
const HEADING: usize = 40;

/// A heading before its end and its anchor are known.
struct Head {
    level: Level,
    label: String,
    title: Option<String>,
    start: usize,
}

/// The sections of a text, in order; `enclosed` are titles and ranges of documents in it.
pub fn sections<'a>(text: &str, enclosed: impl IntoIterator<Item = (&'a str, Range<usize>)>) -> Vec<Section> {
    let mut enclosed: Vec<(&str, Range<usize>)> = enclosed.into_iter().collect();
    enclosed.retain(|(_, range)| text.get(range.clone()).is_some_and(|inside| !inside.is_empty()));
    let mut heads = divisions(text);
    let of_articles = citation::headings(text).into_iter().map(|heading| Head {
        level: Level::Article,
        label: label_of_article(&text[heading.start..]),
        title: None,
        start: heading.start,
    });
    heads.extend(of_articles);
    heads.extend(enclosed.iter().map(|(title, range)| Head {
        level: Level::Enclosed,
        label: (*title).to_owned(),
        title: None,
        start: range.start,
    }));
    heads.sort_by_key(|head| (head.start, head.level));
    let ends = ends(&heads, &enclosed, text.len());
    let mut anchors = Anchors::default();
    heads
        .into_iter()
        .zip(ends)
        .map(|(head, end)| Section {
            anchor: anchors.of(&head),
            range: head.start..end,
            level: head.level,
            label: head.label,
            title: head.title,
        })
        .collect()
}

/// The label and the anchor of the article that a place of a text stands in, as [`sections`] has
/// them, without reading all of the text for its sections.
pub fn article_at(text: &str, at: usize, most: usize) -> Option<(String, String)> {
    let heading = citation::heading_before(text, at, most)?;
    let label = label_of_article(&text[heading.start..]);
    // What is called the same again has a number behind it.
    let same = |start: &usize| {
        let found = citation::heading_before(text, *start, 0);
        found.is_some_and(|found| found.start == *start) && label_of_article(&text[*start..]) == label
    };
    let earlier = memchr::memmem::find_iter(&text.as_bytes()[..heading.start], &label);
    let anchor = match earlier.filter(same).count() {
        0 => label.clone(),
        times => format!("{label}~{}", times + 1),
    };
    Some((label, anchor))
}

/// 编, 章 and 节, those of a table of contents left out.
fn divisions(text: &str) -> Vec<Head> {
    let lines = text.split_inclusive('\n').scan(0, |at, line| {
        let start = *at + (line.len() - line.trim_start().len());
        *at += line.len();
        Some((start, line.trim()))
    });
    let lines: Vec<(usize, &str)> = lines.filter(|(_, line)| !line.is_empty()).collect();
    let mut later: HashSet<String> = HashSet::new();
    let mut heads = Vec::new();
    let mut next_is_heading = false;
    // From the end, so that what comes again further down is known.
    for (start, line) in lines.into_iter().rev() {
        let found = division(line);
        let is_heading = found.is_some();
        if let Some((level, label, title)) = found {
            let comes_again = !later.insert(format!("{label}{}", title.as_deref().unwrap_or_default()));
            if !(comes_again && next_is_heading) {
                heads.push(Head { level, label, title, start });
            }
        }
        next_is_heading = is_heading;
    }
    heads.reverse();
    heads
}

/// `第三章　法律责任`: a short line that begins with the number of a division.
fn division(line: &str) -> Option<(Level, String, Option<String>)> {
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
    let heads = line.chars().count() <= HEADING && !sentence;
    heads.then(|| (level, format!("第{number}{unit}"), Some(title).filter(|title| !title.is_empty())))
}

/// `第五条`, `第一百二十条之一`, as the text has it.
fn label_of_article(text: &str) -> String {
    let Some(end) = text.find('条').map(|at| at + '条'.len_utf8()) else { return String::new() };
    let inserted = text[end..].strip_prefix('之').map(|rest| {
        let number: usize = rest.chars().take_while(|c| is_chinese_numeral(*c)).map(char::len_utf8).sum();
        &text[end..end + '之'.len_utf8() + number]
    });
    let inserted = inserted.filter(|inserted| *inserted != "之").unwrap_or_default();
    text[..end].split_whitespace().chain([inserted]).collect()
}

/// Where each section ends: before the next that is not below it, and with the enclosed
/// document it stands in.
fn ends(heads: &[Head], enclosed: &[(&str, Range<usize>)], length: usize) -> Vec<usize> {
    let mut ends = vec![length; heads.len()];
    // For each level, where the nearest head of it or above begins.
    let mut next = [length; 5];
    for (at, head) in heads.iter().enumerate().rev() {
        let level = head.level as usize;
        let own = enclosed.iter().find(|(title, range)| range.start == head.start && *title == head.label);
        let around =
            enclosed.iter().filter(|(_, range)| range.contains(&head.start)).map(|(_, range)| range.end);
        let bound = around.min().unwrap_or(length);
        ends[at] = match own.filter(|_| head.level == Level::Enclosed) {
            Some((_, range)) => range.end,
            None => next[level].min(bound),
        };
        next[level..].fill(head.start);
    }
    ends
}

/// Gives anchors, each once.
#[derive(Default)]
struct Anchors {
    given: HashMap<String, usize>,
    book: String,
    chapter: String,
    enclosed: usize,
}

impl Anchors {
    fn of(&mut self, head: &Head) -> String {
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
        let times = self.given.entry(wanted.clone()).or_default();
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
    fn a_law_has_its_chapters_and_articles() {
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
    fn the_article_of_a_place_is_that_of_the_outline() {
        let text = "关于印发办法的通知\n第一条 本通知依照第二条执行。第二条 甲。\n附件\n第一条 为了。\n 第 二 条 乙。\n第二条之一 丙，见第一条。\n第一条 末。";
        let articles: Vec<Section> =
            sections(text, []).into_iter().filter(|section| section.level == Level::Article).collect();
        for (at, _) in text.char_indices() {
            let expected = articles.iter().rfind(|section| section.range.start <= at);
            let expected = expected.map(|section| (section.label.clone(), section.anchor.clone()));
            assert_eq!(article_at(text, at, text.len()), expected, "{}", &text[at..]);
        }
    }

    #[test]
    fn an_enclosed_document_has_articles_of_its_own() {
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
    fn chapters_are_counted_in_their_book() {
        let text = "第一编 总则\n第一章 基本规定\n第一条 甲。\n第二编 物权\n第一章 一般规定\n第二条 乙。";
        assert_eq!(anchors(text), ["第一编", "第一编第一章", "第一条", "第二编", "第二编第一章", "第二条"]);
        assert!(anchors("第三章的规定适用于此。\n违反第五条的，处罚。").is_empty());
    }

    proptest! {
        #[test]
        fn anchors_are_unique_and_places_are_places(
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
