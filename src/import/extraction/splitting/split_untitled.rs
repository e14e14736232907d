//! Splitting without titles: scrapes of several pages in which texts follow one another are
//! cut where numbering restarts, where the reported year changes, and at chat in between.

use std::collections::HashMap;

use gongkai_index::official::date;

use crate::import::extraction::line::{Line, is_article, is_numbered};
use crate::import::extraction::page::Page;
use crate::import::extraction::splitting::main_place::most_named_place;
use crate::import::extraction::splitting::page_document::{
    MAX_DOCUMENTS, MIN_DOCUMENT_CHARS, PageDocument, char_count, has_article, named_years, remove_document,
    strip_repeated_title, untitled_document,
};
use crate::import::extraction::title;
use crate::import::removed::RemovalReason;

/// Splits texts without titles where numbering restarts, where the reported year changes,
/// and at chat in between.
pub fn split_untitled(page: &mut Page, lines: Vec<Line>) -> Vec<PageDocument> {
    let mut texts: Vec<Vec<Line>> = vec![Vec::new()];
    let (mut state, mut years) = (Numbering::default(), YearCounts::default());
    let idle: Vec<bool> = (0..lines.len()).map(|at| is_chat(&lines, at)).collect();
    for at in 0..lines.len() {
        if idle[at] {
            page.remove_line(RemovalReason::Chat, lines[at].text.as_str());
            texts.push(Vec::new());
            (state, years) = Default::default();
            continue;
        }
        let text = &lines[at].text;
        let current = texts.last().map_or(&[][..], Vec::as_slice);
        let broken = current.last().is_some_and(|last| is_broken_off(&last.text));
        let headed = title::score(text) >= title::LIKELY_SCORE
            && lines.get(at + 1).is_some_and(|next| next.text.chars().count() >= 50);
        if state.restarts(text)
            || headed && current.iter().any(|line| !line.text.is_empty())
            || broken && matches!(section_number(text), Some((_, 1)))
            || current.len() >= 2 && changes_year(&years, &lines[at..])
        {
            texts.push(Vec::new());
            (state, years) = Default::default();
        }
        state.advance(text);
        years.add(text);
        if let Some(text_lines) = texts.last_mut() {
            text_lines.push(lines[at].clone());
        }
    }
    let (long, short): (Vec<_>, Vec<_>) =
        texts.into_iter().partition(|lines| char_count(lines) >= MIN_DOCUMENT_CHARS || has_article(lines));
    // Unless a title or place and year tells two of them apart, all is one text.
    let distinct = long.iter().filter(|lines| is_distinct(lines)).count();
    if long.is_empty() || long.len() > 1 && distinct < 2 {
        let kept = lines.into_iter().zip(idle).filter(|(_, idle)| !idle);
        let all: Vec<Line> = kept.map(|(line, _)| line).collect();
        return if all.is_empty() { Vec::new() } else { vec![name_untitled(all)] };
    }
    let mut named: Vec<PageDocument> = long.into_iter().map(name_untitled).collect();
    let surplus = named.split_off(named.len().min(MAX_DOCUMENTS));
    surplus.iter().for_each(|document| remove_document(page, document));
    for line in short.into_iter().flatten() {
        page.remove_line(RemovalReason::Fragment, line.text);
    }
    named
}

/// Checks that a text has a title, or names a place and a year, by which it differs from others.
fn is_distinct(lines: &[Line]) -> bool {
    let titled = lines.len() > 1 && title::score(&lines[0].text) >= title::LIKELY_SCORE;
    titled || most_named_place(lines).is_some() && most_named_year(lines).is_some()
}

#[derive(Default)]
struct Numbering {
    top: u32,
    sub: u32,
}

impl Numbering {
    fn restarts(&self, text: &str) -> bool {
        match section_number(text) {
            // A text that was cut at its beginning has only subsections before.
            Some((Level::Top, 1)) => self.top >= 1 || self.sub >= 2,
            Some((Level::Sub, 1)) => self.sub >= 1,
            _ => false,
        }
    }

    fn advance(&mut self, text: &str) {
        match section_number(text) {
            Some((Level::Top, number)) => *self = Self { top: number, sub: 0 },
            Some((Level::Sub, number)) => self.sub = number,
            None => {}
        }
    }
}

enum Level {
    Top,
    Sub,
}

/// Reads the number of a section, `一、`, or of a subsection, `（一）`.
fn section_number(text: &str) -> Option<(Level, u32)> {
    let bracketed = text.strip_prefix(['(', '（']);
    let rest = bracketed.unwrap_or(text);
    let digits: String = rest.chars().take_while(|c| "一二三四五六七八九十".contains(*c)).collect();
    let after = &rest[digits.len()..];
    let ends = if bracketed.is_some() {
        after.starts_with([')', '）'])
    } else {
        after.starts_with(['、', '．', '.'])
    };
    (ends && !digits.is_empty())
        .then(|| (if bracketed.is_some() { Level::Sub } else { Level::Top }, parse_numeral(&digits)))
}

fn parse_numeral(digits: &str) -> u32 {
    let value = |c: char| "一二三四五六七八九".chars().position(|d| d == c).map_or(0, |at| at as u32 + 1);
    let (tens, ones) = digits
        .split_once('十')
        .map_or((0, digits), |(tens, ones)| (tens.chars().next().map_or(1, value), ones));
    tens * 10 + ones.chars().next().map_or(0, value)
}

/// Recognises a long line that stops in the middle of a sentence: the scrape was cut there.
fn is_broken_off(text: &str) -> bool {
    text.chars().count() > 100
        && !text
            .trim_end()
            .ends_with(['。', '！', '？', '；', '：', ':', ';', '.', '”', '"', '）', ')', '》', '，'])
}

/// Recognises that the next lines report on another year and no more on this one.
fn changes_year(before: &YearCounts, rest: &[Line]) -> bool {
    let Some(year) = rest.first().and_then(|line| leading_year(&line.text)) else { return false };
    let Some(own) = before.most_named().filter(|own| *own != year) else { return false };
    let ahead: Vec<u32> = rest.iter().take(12).flat_map(|line| named_years(&line.text)).collect();
    ahead.iter().filter(|y| **y == year).count() >= 2 && !ahead.contains(&own)
}

fn leading_year(text: &str) -> Option<u32> {
    let digits = text.get(..4)?;
    (digits.bytes().all(|b| b.is_ascii_digit()) && text[4..].trim_start().starts_with('年'))
        .then(|| digits.parse().ok())
        .flatten()
}

/// Years that a text names, with how often. Counted while the text grows, since a text of many lines
/// is compared with each that follows.
#[derive(Default)]
struct YearCounts(HashMap<u32, usize>);

impl YearCounts {
    fn add(&mut self, text: &str) {
        named_years(text).into_iter().for_each(|year| *self.0.entry(year).or_default() += 1);
    }

    fn most_named(&self) -> Option<u32> {
        self.0.iter().max_by_key(|(year, count)| (**count, **year)).map(|(year, _)| *year)
    }
}

fn most_named_year(lines: &[Line]) -> Option<u32> {
    let mut years = YearCounts::default();
    lines.iter().for_each(|line| years.add(&line.text));
    years.most_named()
}

/// Words of chat that no document has.
const CHAT_WORDS: &[&str] = &[
    "你好",
    "您好",
    "给你",
    "请问",
    "谢谢",
    "楼主",
    "望采纳",
    "已采纳",
    "亲，",
    "亲,",
    "求助",
    "有谁知道",
    "我想问",
    "哪位",
    "推荐下",
    "知道的",
];

fn is_chat(lines: &[Line], at: usize) -> bool {
    let talks = |text: &str| {
        let cut_short = text.ends_with("...") || text.ends_with("…");
        CHAT_WORDS.iter().any(|word| text.contains(word)) && text.chars().count() <= 300
            || cut_short && text.chars().count() <= 300
    };
    let text = &lines[at].text;
    let near = |other: Option<&Line>| other.is_some_and(|line| talks(&line.text));
    let plain = text.chars().count() <= 60
        && !text.ends_with(['。', '：', '；', ':'])
        && section_number(text).is_none()
        && title::score(text) < title::LIKELY_SCORE
        && date::find_all(text).is_empty();
    if is_article(text) || is_numbered(text) {
        return false;
    }
    talks(text)
        || plain && (near(at.checked_sub(1).and_then(|before| lines.get(before))) || near(lines.get(at + 1)))
}

/// Names a text by a title on its first line, or by its first sentence.
fn name_untitled(mut lines: Vec<Line>) -> PageDocument {
    let place = most_named_place(&lines);
    let first = lines[0].text.clone();
    if title::score(&first) >= title::LIKELY_SCORE && lines.len() > 1 {
        lines.remove(0);
        let title = strip_repeated_title(&mut lines, &title::normalise(&first));
        return PageDocument { title, title_from: "heading", lines, place, ..PageDocument::default() };
    }
    let short = (6..=80).contains(&first.chars().count());
    if short
        && !first.ends_with(['。', '；', '：', '，', ':'])
        && section_number(&first).is_none()
        && lines.len() > 1
    {
        let title = title::normalise(&lines.remove(0).text);
        return PageDocument { title, title_from: "first_line", lines, place, ..PageDocument::default() };
    }
    PageDocument { place, ..untitled_document(lines, "") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::import::file_content::BlockKind;

    fn paragraphs(texts: &[&str]) -> Vec<Line> {
        texts.iter().map(|text| Line { kind: BlockKind::Paragraph, text: (*text).to_owned() }).collect()
    }

    #[test]
    fn section_number_reads_both_levels() {
        assert!(matches!(section_number("十一、存在问题"), Some((Level::Top, 11))));
        assert!(matches!(section_number("（二）公开"), Some((Level::Sub, 2))));
        assert!(section_number("一是加强").is_none());
    }

    #[test]
    fn split_untitled_cuts_at_number_year_and_chat() {
        let long = "本市全面推进政府信息公开，主动公开信息若干条，依申请公开信息若干条。".repeat(4);
        let first = format!("2009年锦州市{long}");
        let again = format!("2009年锦州市{long}");
        let second = format!("2016年，潮州市{long}");
        let third = format!("2019年潮州市{long}");
        let fourth = format!("2019年，潮州市公开了信息。{long}");
        let texts = [
            "一、概述",
            &first,
            "二、主动公开",
            &again,
            "你好，供暖公司的电话在这给你推荐下",
            "滨河路一直往上走",
            "一、概述",
            &second,
            "二、公开情况",
            &second,
            &third,
            &fourth,
        ];
        let mut page = Page::default();
        let texts = split_untitled(&mut page, paragraphs(&texts));
        let titles: Vec<String> =
            texts.iter().map(|document| document.title.chars().take(10).collect()).collect();
        assert_eq!(page.removed.len(), 2, "chat is listed: {:?}", page.removed);
        assert!(texts.iter().all(|document| document.title_from == "placeholder"));
        assert_eq!(titles, ["2009年锦州市本市", "2016年，潮州市本", "2019年潮州市本市"]);
    }
}
