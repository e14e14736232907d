//! Main text: the element that holds the document, and the lines around it that matter.

use crate::import::extraction::labels;
use crate::import::extraction::line::is_article;
use crate::import::file_content::{Block, BlockKind, FileContent, TitleCandidate, TitlePlace, Zone};
use crate::import::formats::html::elements::Role;
use crate::import::formats::html::page::{Line, Page};
use crate::import::removed::{RemovalReason, RemovedLine};

/// Distribution of a page's text over one element and all inside it, in bytes.
#[derive(Debug, Clone, Copy, Default)]
struct Weight {
    /// Text outside links in lines long enough to be sentences, or in rows.
    prose: usize,
    /// Other text outside links.
    short: usize,
    /// Text of links.
    link: usize,
    lines: u32,
}

/// Length from which a line is prose, in bytes: fifteen characters.
const MIN_PROSE_LINE_BYTES: usize = 45;
/// Share of the prose from which a child element holds the main text, in percent.
const MAIN_SHARE_PERCENT: usize = 65;
/// Number of consecutive links that make a list and not a sentence.
const MIN_LIST_LINKS: usize = 3;

/// Selects the main text and the lines above and below it.
pub fn choose_main_text(page: &Page) -> FileContent {
    let trusts = trusts_class_names(page);
    let weights = weigh_elements(page, trusts);
    let main = ascend_to_context(page, &weights, descend_to_text(page, &weights));
    let inside = |line: &Line| (main..page.elements[main as usize].end).contains(&line.element);
    let first = page.lines.iter().position(&inside).unwrap_or(page.lines.len());
    let last = page.lines.iter().rposition(&inside).map_or(first, |at| at + 1);
    let listed = mark_link_lists(&page.lines);
    // An article outside shows that the text is larger than its element.
    let is_part =
        |(i, line): (usize, &Line)| !listed[i] && line.link_bytes == 0 && is_article_text(&line.text);
    let (mut first, mut last) = (first, last);
    if let Some(above) = page.lines.iter().take(first).enumerate().position(is_part) {
        first = above;
    }
    if let Some(below) = page.lines.iter().enumerate().skip(last).rfind(|line| is_part(*line)) {
        last = below.0 + 1;
    }
    let main_is_chrome = page.elements[main as usize].boilerplate;
    let mut content =
        FileContent { titles: headings(page, first, last), has_site: true, ..FileContent::default() };
    let mut after_label = false;
    for (i, line) in page.lines.iter().enumerate() {
        let zone = if i < first {
            Zone::Before
        } else if i < last {
            Zone::Main
        } else {
            Zone::After
        };
        let boilerplate = trusts && page.elements[line.element as usize].boilerplate && !main_is_chrome;
        let outside = boilerplate || zone != Zone::Main;
        // In a frame beside the text a label may have its value on the next line.
        let value =
            std::mem::replace(&mut after_label, boilerplate && labels::find_field(&line.text).is_some());
        let links = listed[i] || outside && line.link_bytes * 2 > line.text.len();
        if links || boilerplate && zone != Zone::After && !states_a_fact(line) && !value {
            let reason = if links { RemovalReason::Links } else { RemovalReason::OutsideText };
            content.removed.push(RemovedLine::new(reason, line.text.as_str()));
            continue;
        }
        let zone = if boilerplate && zone == Zone::Main { Zone::Before } else { zone };
        content.blocks.push(Block { kind: line.kind, zone, text: line.text.clone() });
    }
    let bytes = |wanted: bool| -> usize {
        let lines = page.lines.iter().zip(&listed).take(last).skip(first);
        lines.filter(|(_, in_list)| **in_list == wanted).map(|(line, _)| line.text.len()).sum()
    };
    content.is_list = bytes(true) > 2 * bytes(false) && bytes(true) > 200;
    content.without_text = false;
    content
}

/// Recognises an article with its text, `第三条 …。`, not an entry of a table of contents.
fn is_article_text(line: &str) -> bool {
    is_article(line) && line.len() >= MIN_PROSE_LINE_BYTES && line.ends_with(['。', '；', '：'])
}

/// Recognises a line with a fact: a frame beside the text may hold the catalogue's facts.
fn states_a_fact(line: &Line) -> bool {
    let short = line.text.len() <= 400;
    short && (labels::find_field(&line.text).is_some() || !labels::labels_on_line(&line.text).1.is_empty())
}

/// Finds the first heading of the page by markup, or the line whose class marks it as the title.
fn headings(page: &Page, first: usize, last: usize) -> Vec<TitleCandidate> {
    let head = &page.lines[..last.min(first + 6).min(page.lines.len())];
    let usable = |line: &&Line| {
        let element = &page.elements[line.element as usize];
        !element.boilerplate && line.link_bytes == 0 && line.text.chars().count() >= 2
    };
    let by_level = |level: u8| {
        head.iter().filter(usable).filter(|l| l.level == level).map(|l| l.text.clone()).next_back()
    };
    let by_class = || {
        head.iter().filter(usable).rfind(|l| page.elements[l.element as usize].title).map(|l| l.text.clone())
    };
    let texts = [by_level(1), by_class(), by_level(2), by_level(3)];
    let mut titles: Vec<TitleCandidate> = Vec::new();
    for text in texts.into_iter().flatten() {
        if titles.iter().all(|known| known.text != text) {
            titles.push(TitleCandidate { place: TitlePlace::Heading, text });
        }
    }
    titles
}

/// Decides if class names can be trusted: a page with all its running text in a `sidebar`
/// uses that name for its main part.
fn trusts_class_names(page: &Page) -> bool {
    let prose = |boilerplate: bool| -> usize {
        let lines =
            page.lines.iter().filter(|line| page.elements[line.element as usize].boilerplate == boilerplate);
        let own = lines.map(|line| line.text.len().saturating_sub(line.link_bytes));
        own.filter(|bytes| *bytes >= MIN_PROSE_LINE_BYTES).sum()
    };
    prose(true) <= 2 * prose(false)
}

fn weigh_elements(page: &Page, trusts: bool) -> Vec<Weight> {
    let mut weights = vec![Weight::default(); page.elements.len()];
    for line in &page.lines {
        let element = &page.elements[line.element as usize];
        let weight = &mut weights[line.element as usize];
        let own = line.text.len().saturating_sub(line.link_bytes);
        weight.link += line.link_bytes.min(line.text.len());
        weight.lines += 1;
        if trusts && element.boilerplate {
            weight.short += own / 4;
        } else if own >= MIN_PROSE_LINE_BYTES {
            weight.prose += own;
        } else {
            weight.short += own;
        }
    }
    // Children come after their parents: from the back, each is complete before it is added.
    for i in (1..weights.len()).rev() {
        let inner = weights[i];
        let outer = &mut weights[page.elements[i].parent as usize];
        outer.prose += inner.prose;
        outer.short += inner.short;
        outer.link += inner.link;
        outer.lines += inner.lines;
    }
    weights
}

/// Descends from the page as long as one child has nearly all the prose.
fn descend_to_text(page: &Page, weights: &[Weight]) -> u32 {
    let mut at = 0;
    loop {
        let heaviest = children(page, at).max_by_key(|child| weights[*child as usize].prose);
        match heaviest {
            Some(child)
                if weights[child as usize].prose * 100 > weights[at as usize].prose * MAIN_SHARE_PERCENT
                    && weights[child as usize].lines > 1 =>
            {
                at = child;
            }
            _ => return at,
        }
    }
}

/// Ascends again while the text around is text too and not lists of links: a signature, a
/// second document, an annex in an element of its own.
fn ascend_to_context(page: &Page, weights: &[Weight], mut at: u32) -> u32 {
    while at != 0 {
        let parent = page.elements[at as usize].parent;
        let (inner, outer) = (weights[at as usize], weights[parent as usize]);
        let within = matches!(
            page.elements[at as usize].role,
            Role::Paragraph
                | Role::Heading(_)
                | Role::Item
                | Role::List
                | Role::Row
                | Role::Cell
                | Role::Table
        ) && page.elements[parent as usize].role != Role::Cell
            && !holds_paragraphs(page, at);
        let more_text = (outer.prose + outer.short) - (inner.prose + inner.short);
        let more_links = outer.link - inner.link;
        let is_more_text = outer.prose > inner.prose && more_links * 3 < more_text && parent != 0;
        if !within && !is_more_text {
            break;
        }
        at = parent;
    }
    at
}

/// Recognises a cell or an item with blocks inside: a frame of the text, not a line of it.
fn holds_paragraphs(page: &Page, at: u32) -> bool {
    matches!(page.elements[at as usize].role, Role::Cell | Role::Item)
        && page.elements[at as usize].end > at + 2
}

fn children(page: &Page, of: u32) -> impl Iterator<Item = u32> {
    let end = page.elements[of as usize].end;
    let mut next = of + 1;
    std::iter::from_fn(move || {
        if next >= end {
            return None;
        }
        let child = next;
        next = page.elements[child as usize].end.max(child + 1);
        Some(child)
    })
}

/// Marks the lines that stand in a run of links: recommendations, navigation.
fn mark_link_lists(lines: &[Line]) -> Vec<bool> {
    let is_link = |line: &Line| {
        let share = if line.kind == BlockKind::Row { 3 } else { 6 };
        line.link_bytes * 10 >= line.text.len() * share && line.text.len() < 400
    };
    let mut marked = vec![false; lines.len()];
    let mut start = 0;
    while start < lines.len() {
        let run = lines[start..].iter().take_while(|line| is_link(line)).count();
        if run >= MIN_LIST_LINKS {
            marked[start..start + run].fill(true);
        }
        start += run.max(1);
    }
    marked
}
