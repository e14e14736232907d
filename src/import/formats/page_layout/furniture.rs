//! Furniture of pages: watermarks, running heads and feet, page numbers.

use std::collections::{HashMap, HashSet};

use gongkai_index::official::date;

use crate::import::formats::page_layout::lines::Line;
use crate::import::formats::page_layout::run::TextRun;

/// Lines at the top and at the foot of a page that may be furniture.
const EDGE_LINES: usize = 2;
/// Size of a title as a multiple of the middle size of the lines of its page.
const TITLE_SIZE: f32 = 1.15;

/// Takes away the runs that stand on every page at the same place over other text. Labels of a
/// form repeat as well, but not over other text.
pub fn take_watermarks(pages: &mut [Vec<TextRun>]) -> Vec<String> {
    if pages.len() < 2 {
        return Vec::new();
    }
    let mut counts: HashMap<RunKey<'_>, usize> = HashMap::new();
    for run in pages[0].iter().filter(|run| run.is_drawn() && has_words(&run.text)) {
        counts.insert(run_key(run), 1);
    }
    for (at, page) in pages.iter().enumerate().skip(1) {
        for run in page {
            if let Some(count) = counts.get_mut(&run_key(run))
                && *count == at
            {
                *count += 1;
            }
        }
    }
    counts.retain(|_, count| *count == pages.len());
    let repeated: HashSet<(String, i32, i32)> = counts
        .into_keys()
        .filter(|key| pages.iter().any(|page| overlaps_other_text(page, key)))
        .map(|(text, x, y)| (text.to_owned(), x, y))
        .collect();
    if repeated.is_empty() {
        return Vec::new();
    }
    for page in pages.iter_mut() {
        page.retain(|run| {
            let (text, x, y) = run_key(run);
            !repeated.contains(&(text.to_owned(), x, y))
        });
    }
    repeated.into_iter().map(|(text, ..)| text).collect()
}

type RunKey<'a> = (&'a str, i32, i32);

fn run_key(run: &TextRun) -> RunKey<'_> {
    (run.text.as_str(), run.x.round() as i32, run.y.round() as i32)
}

/// One character may stand twice at one place by chance, and lines of signs are drawn under words.
fn has_words(text: &str) -> bool {
    text.chars().filter(|c| c.is_alphabetic()).take(2).count() == 2
}

fn overlaps_other_text(page: &[TextRun], key: &RunKey<'_>) -> bool {
    let Some(own) = page.iter().find(|run| run_key(run) == *key) else { return false };
    page.iter().any(|other| {
        let wide = (own.x + own.width).min(other.x + other.width) - own.x.max(other.x);
        // Characters stand on the base line; a tenth below it is still theirs.
        let high = (own.y + own.size * 0.1).min(other.y + other.size * 0.1)
            - (own.y - own.size * 0.8).max(other.y - other.size * 0.8);
        let smaller = own.size.min(other.size);
        other.text != own.text && wide > smaller * 0.5 && high > smaller * 0.3
    })
}

/// Running heads and feet of a file.
#[derive(Debug, Default)]
pub struct RunningHeads {
    /// Words without page number, and the height at which they repeat.
    repeated: HashMap<String, Vec<f32>>,
    pages: usize,
}

impl RunningHeads {
    /// Finds the lines that repeat at one height at the edge of half of the pages, two at least.
    pub fn find<'a>(pages: impl ExactSizeIterator<Item = &'a [Line]>) -> Self {
        let count = pages.len();
        let enough = (count / 2).max(2);
        let mut places: HashMap<&str, Vec<(f32, usize)>> = HashMap::new();
        for page in pages {
            for (_, line) in
                page.iter().enumerate().filter(|(i, line)| is_edge(page, *i) && may_repeat(page, line))
            {
                let heights = places.entry(strip_page_number(&line.text)).or_default();
                match heights.iter_mut().find(|(y, _)| is_same_height(*y, line)) {
                    Some((_, count)) => *count += 1,
                    None => heights.push((line.y, 1)),
                }
            }
        }
        let repeated = places.into_iter().filter_map(|(text, heights)| {
            let heights: Vec<f32> =
                heights.into_iter().filter(|(_, count)| *count >= enough).map(|(y, _)| y).collect();
            (!heights.is_empty()).then(|| (text.to_owned(), heights))
        });
        Self { repeated: repeated.collect(), pages: count }
    }

    /// Checks if a line of a page is a running head or foot, or a page number.
    pub fn contains(&self, page: &[Line], at: usize) -> bool {
        let line = &page[at];
        is_edge(page, at)
            && (is_page_number(&line.text, self.pages)
                || may_repeat(page, line)
                    && self
                        .repeated
                        .get(strip_page_number(&line.text))
                        .is_some_and(|heights| heights.iter().any(|y| is_same_height(*y, line))))
    }
}

fn is_edge(page: &[Line], at: usize) -> bool {
    at < EDGE_LINES || at + EDGE_LINES >= page.len()
}

fn is_same_height(y: f32, line: &Line) -> bool {
    (y - line.y).abs() < line.size * 0.5
}

/// An article or a whole sentence is text, however often it stands there. So are titles and signed
/// days: forms filled in for several cases repeat them.
fn may_repeat(page: &[Line], line: &Line) -> bool {
    let text = line.text.trim_start();
    if line.size > middle_size(page) * TITLE_SIZE || is_day(text) {
        return false;
    }
    let article =
        text.starts_with('第') && text.chars().take(8).any(|c| matches!(c, '条' | '章' | '编' | '节'));
    line.text.len() < 120 && !article && !text.ends_with(['。', '；']) && !strip_page_number(text).is_empty()
}

/// Returns a running head without the page number before or behind it.
fn strip_page_number(text: &str) -> &str {
    text.trim_matches(|c: char| c.is_whitespace() || "-—–－·|".contains(c) || c.is_ascii_digit())
}

fn middle_size(page: &[Line]) -> f32 {
    let mut sizes: Vec<f32> = page.iter().map(|line| line.size).collect();
    sizes.sort_by(f32::total_cmp);
    sizes.get(sizes.len() / 2).copied().unwrap_or_default()
}

/// Recognises a line that is a day and no more, `2024年5月17日`.
fn is_day(text: &str) -> bool {
    text.trim_end().ends_with('日') && date::parse(text.trim()).is_some()
}

/// Recognises page numbers: `— 3 —`, `- 3 -`, `第 3 页`, `3/10`, `3`. In a file of one page a number alone
/// is a figure.
fn is_page_number(text: &str, pages: usize) -> bool {
    if pages < 2 && text.trim().chars().all(|c| c.is_ascii_digit()) {
        return false;
    }
    let rest =
        text.trim_matches(|c: char| c.is_whitespace() || "-—–－·第页共/".contains(c) || c.is_ascii_digit());
    rest.is_empty() && text.chars().count() <= 16 && text.chars().any(|c| c.is_ascii_digit())
}
