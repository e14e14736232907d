//! Page reader: finds title, stated facts and lines of the document in the content of a
//! file. Each line ends in one of them or in the list of removed lines.

use gongkai_index::official::{date, issuer};
use gongkai_index::record::Date;

use crate::import::extraction::boilerplate::{is_boilerplate, is_document_line};
use crate::import::extraction::labels::Field;
use crate::import::extraction::line::{Line, is_running_text, sole_document_number};
use crate::import::extraction::page::Page;
use crate::import::extraction::{content_farm, facts, pinyin_readings, site_name, title, title_choice};
use crate::import::file_content::{Block, BlockKind, FileContent, Zone};
use crate::import::removed::RemovalReason;

/// Limit of lines before the title.
const MAX_HEAD_LINES: usize = 60;
/// Blocks at the end of a page in which labels may state facts again.
const END_BLOCKS: usize = 8;

/// Reads a page.
pub fn read_page(content: &FileContent) -> Page {
    let mut page = Page { has_site: content.has_site, removed: content.removed.clone(), ..Page::default() };
    if content.cut {
        page.remove_line(RemovalReason::OverLimit, "");
    }
    let sorted = sort_blocks(&mut page, &content.blocks);
    page.facts.extend(facts::facts_in_metadata(content));
    let candidates = sorted.before.iter().chain(sorted.lines.iter()).take(MAX_HEAD_LINES);
    let heading = title_choice::choose_title(content, page.stated_fact(Field::Title), candidates);
    page.lines = sorted.lines;
    if let Some((text, from)) = heading {
        start_after_title(&mut page, &text);
        page.title = Some(text);
        page.title_from = from;
    }
    if page.has_site {
        remove_site_tail(&mut page);
    }
    read_head(&mut page, &sorted.before);
    let title: String = page.title.iter().flat_map(|title| title.split_whitespace()).collect();
    for line in &sorted.before {
        if line.text.split_whitespace().collect::<String>() != title {
            page.remove_line(RemovalReason::OutsideText, line.text.as_str());
        }
    }
    let short = |line: &&Line| line.text.chars().count() <= 16;
    page.banner = sorted
        .before
        .iter()
        .chain(page.lines.iter().take(3))
        .filter(short)
        .map(|line| line.text.clone())
        .collect();
    page.site_name = site_name::find_site_name(content, &page);
    page.content_farm_sign = content_farm::content_farm_sign(&page);
    page
}

/// Lines of a page without stated facts and lines of the site.
#[derive(Default)]
struct SortedLines {
    before: Vec<Line>,
    lines: Vec<Line>,
}

fn sort_blocks(page: &mut Page, blocks: &[Block]) -> SortedLines {
    let mut sorted = SortedLines::default();
    let mut head = true;
    let mut rest = blocks;
    while let Some((block, after)) = rest.split_first() {
        head = head && !is_prose_block(block);
        let edge = head || block.zone != Zone::Main;
        if edge && let Some(parsed) = facts::facts_at_start(rest) {
            list_facts(page, &rest[..parsed.blocks], parsed.rest.as_deref());
            rest = &rest[parsed.blocks..];
            add_facts(page, &mut sorted, block, parsed);
            continue;
        }
        if !edge
            && block.kind == BlockKind::Row
            && let Some(parsed) = facts::facts_in_text_table(rest)
        {
            list_facts(page, &rest[..parsed.blocks], None);
            rest = &rest[parsed.blocks..];
            page.facts.extend(parsed.facts);
            continue;
        }
        rest = after;
        if edge && let Some(posted) = posted_date(&block.text) {
            page.posted_on.get_or_insert(posted);
            page.remove_site_line(RemovalReason::Facts, block.text.clone());
            continue;
        }
        if !edge
            && rest.len() < END_BLOCKS
            && let Some(facts) = facts::facts_at_end(block)
        {
            let of_catalogue = facts::are_catalogue_facts(&facts);
            page.facts.extend(facts);
            if of_catalogue {
                page.remove_line(RemovalReason::Facts, block.text.as_str());
                continue;
            }
        }
        let outside = block.zone != Zone::Main;
        if page.has_site && block.kind != BlockKind::Row && is_boilerplate(&block.text, outside) {
            page.remove_site_line(RemovalReason::Site, block.text.clone());
            continue;
        }
        let text = pinyin_readings::without_readings(&block.text).into_owned();
        if text != block.text {
            page.remove_line(RemovalReason::Readings, block.text.as_str());
        }
        let line = Line { kind: block.kind, text };
        match block.zone {
            Zone::Before => sorted.before.push(line),
            Zone::Main => sorted.lines.push(line),
            Zone::After => page.remove_site_line(RemovalReason::OutsideText, line.text),
        }
    }
    sorted
}

/// Lists the lines of facts as removed; `kept` is what goes on as text.
fn list_facts(page: &mut Page, blocks: &[Block], kept: Option<&str>) {
    for (at, block) in blocks.iter().enumerate() {
        let text = kept.filter(|_| at == 0).and_then(|kept| block.text.strip_prefix(kept));
        page.remove_line(RemovalReason::Facts, text.unwrap_or(&block.text).trim());
    }
}

fn add_facts(page: &mut Page, sorted: &mut SortedLines, block: &Block, parsed: facts::ParsedFacts) {
    let late = block.zone == Zone::After;
    if page.document_number.is_none() && !late {
        page.document_number = number_among(&block.text);
    }
    for fact in parsed.facts {
        // Below the text only facts that stand nowhere else count: they may be of another document.
        if !late || page.stated_fact(fact.field).is_none() {
            page.facts.push(fact);
        }
    }
    match parsed.rest {
        // A day beside the site's tools is the day on which the site put the page there.
        Some(text) if !late && posted_date(&text).is_some() => {
            page.posted_on = posted_date(&text);
            page.remove_line(RemovalReason::Facts, text);
        }
        Some(text) if !(late || page.has_site && is_boilerplate(&text, true)) => {
            sorted.lines.push(Line { kind: BlockKind::Paragraph, text })
        }
        Some(text) => page.remove_site_line(RemovalReason::Site, text),
        None => {}
    }
    // `版权所有：…` and the like name the owner of the site.
    if page.has_site && block.text.chars().count() <= 200 {
        page.site_lines.push(block.text.clone());
    }
}

/// Reads a line that states only the day on which the site put the page there:
/// `2022年07月14日 09:12`, `发表于 2021/06/07`, `[2019-05-09]`.
fn posted_date(text: &str) -> Option<(Date, String)> {
    if text.chars().count() > 40 {
        return None;
    }
    let found = date::find_all(text).into_iter().next()?;
    let before: String = text[..found.range.start].chars().filter(|c| c.is_alphanumeric()).collect();
    let after = text[found.range.end..].trim_matches(|c: char| c.is_whitespace() || "]】)）".contains(c));
    let worded =
        ["发表于", "发布于", "发布", "发表", "日期", "时间", "公布于", "上传于"].contains(&before.as_str());
    let timed = after.contains(':') && after.chars().all(|c| c.is_ascii_digit() || c == ':' || c == '.');
    let bare = before.is_empty()
        && !text[found.range.clone()].contains('年')
        && !text[found.range.clone()].contains('.');
    let stamp = after.is_empty() || timed;
    (stamp && (worded || before.is_empty() && timed || bare)).then(|| (found.date, text.to_owned()))
}

/// Recognises running text, with which the head of the page is over.
fn is_prose_block(block: &Block) -> bool {
    block.zone == Zone::Main && block.kind != BlockKind::Row && is_running_text(&block.text)
}

/// Drops the lines up to the title, wherever the title stands in the head.
fn start_after_title(page: &mut Page, wanted: &str) {
    let wanted: String = wanted.chars().filter(|c| !c.is_whitespace()).collect();
    let mut found = None;
    let head = page.lines.iter().take_while(|line| !is_running_text(&line.text)).count();
    for start in 0..(head + 1).min(page.lines.len()).min(MAX_HEAD_LINES) {
        let mut text = String::new();
        for end in start..page.lines.len().min(start + 3) {
            let line = title::without_number(&page.lines[end].text);
            text.extend(line.chars().filter(|c| !c.is_whitespace()));
            if text == wanted {
                found = Some((start, end + 1));
            }
            if text.len() >= wanted.len() {
                break;
            }
        }
        if found.is_some() {
            break;
        }
    }
    let Some((start, end)) = found else {
        if let Some(first) = page.lines.first_mut()
            && let Some((title, at)) = title::title_run_into_text(&first.text)
            && title.split_whitespace().collect::<String>() == wanted
        {
            first.text = first.text[at..].trim_start().to_owned();
        }
        return;
    };
    if page.document_number.is_none() {
        let last = &page.lines[end - 1].text;
        page.document_number = sole_document_number(&last[title::without_number(last).len()..]);
    }
    let mut above: Vec<Line> = page.lines.drain(..end).collect();
    let title_lines = above.split_off(start);
    if title_lines.iter().any(|line| title::without_number(&line.text) != line.text) {
        let whole: Vec<&str> = title_lines.iter().map(|line| line.text.as_str()).collect();
        page.remove_line(RemovalReason::TitleLine, whole.join(" "));
    }
    // Lines above the title may be the head of the printed sheet, or tell the kind of site.
    for line in &above {
        if page.document_number.is_none() {
            page.document_number = sole_document_number(&line.text);
        }
        if page.has_site {
            page.site_lines.push(line.text.clone());
        }
    }
    page.above_title = above;
}

/// Finds a number among other facts on a line: `甲发〔2009〕6号　2009-04-02`, `某省人民政府令 第302号 发布时间：…`.
fn number_among(line: &str) -> Option<String> {
    if !line.contains('号') || line.chars().count() > 150 {
        return None;
    }
    let words: Vec<&str> = line.split([' ', '\u{3000}', '|', '｜']).filter(|word| !word.is_empty()).collect();
    let pairs = words.windows(2).map(|pair| pair.concat());
    words
        .iter()
        .find_map(|word| sole_document_number(word))
        .or_else(|| pairs.into_iter().find_map(|pair| sole_document_number(&pair)))
}

/// Reads number and date in the first lines under the title.
fn read_head(page: &mut Page, before: &[Line]) {
    let head = before.iter().chain(page.lines.iter().take(6));
    let mut number = None;
    let mut day = None;
    for line in head.take(MAX_HEAD_LINES).filter(|line| line.kind != BlockKind::Row) {
        number = number.or_else(|| sole_document_number(&line.text)).or_else(|| number_among(&line.text));
        if day.is_none() && line.text.chars().count() <= 40 {
            day = date::find_all(&line.text).into_iter().next().map(|found| (found, line.text.clone()));
        }
    }
    // `…常务委员会公告` over `第21号`.
    let pairs = page
        .lines
        .windows(2)
        .take(4)
        .filter(|pair| pair[0].text.ends_with(['告', '令']) && pair[0].text.chars().count() <= 40);
    let number = number.or_else(|| {
        pairs.into_iter().find_map(|pair| sole_document_number(&format!("{}{}", pair[0].text, pair[1].text)))
    });
    page.document_number = page.document_number.take().or(number);
    page.head_date = day;
}

/// Removes the lines that the site put below the text.
fn remove_site_tail(page: &mut Page) {
    let floor = page.lines.len().saturating_sub(30);
    let mut end = page.lines.len();
    let mut below = 0;
    for at in (floor..page.lines.len()).rev() {
        let Line { kind, text } = &page.lines[at];
        if *kind != BlockKind::Row && is_boilerplate(text, true) {
            end = at;
            below = 0;
        } else {
            below += 1;
        }
        if below > 2 || is_document_end(text) || below > 0 && is_document_line(text) {
            break;
        }
    }
    let tail: Vec<Line> = page.lines.drain(end..).collect();
    for line in tail {
        page.remove_site_line(RemovalReason::Site, line.text);
    }
}

/// Recognises a line with which a document ends: a date, a name, a sentence.
fn is_document_end(text: &str) -> bool {
    let chars = text.chars().count();
    chars <= 30 && (date::parse(text).is_some() || issuer::is_organ(text))
        || chars > 60 && text.ends_with('。') && !is_boilerplate(text, true)
}
