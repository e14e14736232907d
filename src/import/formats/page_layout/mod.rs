//! Page layout: text runs with positions → lines and paragraphs in reading order. PDF and OFD
//! files record only positions.

mod columns;
mod furniture;
mod lines;
pub mod matrix;
mod orientation;
mod paragraphs;
mod run;
#[cfg(test)]
mod tests;

use std::collections::HashSet;

use crate::import::file_content::FileContent;
use crate::import::formats::page_layout::furniture::{RunningHeads, take_watermarks};
use crate::import::formats::page_layout::lines::{Line, split_lines};
use crate::import::formats::page_layout::orientation::OrientedRuns;
use crate::import::formats::page_layout::paragraphs::{BodyMetrics, Paragraphs};
use crate::import::removed::{RemovalReason, RemovedLine};

pub use orientation::MAX_SKEW_DEGREES;
pub use run::{TextPage, TextRun, UPRIGHT};

/// Share of a page from which a picture is the page.
const SCAN_PICTURE_SHARE: f32 = 0.5;
/// Characters on a page up to which they are an addition to a scan: a foot, a stamp, a file name.
const MAX_SCAN_CHARS: usize = 60;

/// Lines on a page up to which they are an addition to a scan. A short notice has a title, a text and a day.
const MAX_SCAN_LINES: usize = 2;

/// Lines of one page.
struct PageLines {
    /// Lines in the direction of the page.
    text: Vec<Line>,
    /// Lines that are turned by a quarter: labels at the edge, heads of narrow columns.
    asides: Vec<Line>,
    is_picture: bool,
}

/// Joins the lines of all pages to paragraphs; leaves out watermarks, page numbers and running heads.
pub fn assemble_pages(pages: Vec<TextPage>) -> FileContent {
    let mut removed = Vec::new();
    let pages = read_lines(pages, &mut removed);
    let heads = RunningHeads::find(pages.iter().map(|page| page.text.as_slice()));
    let body = BodyMetrics::measure(pages.iter().flat_map(|page| &page.text));
    let asides = RunningHeads::find(pages.iter().map(|page| page.asides.as_slice()));
    let mut kept_once = HashSet::new();
    let mut out = Paragraphs::default();
    let is_scan = is_scan(&pages, &heads);
    for page in &pages {
        for (i, line) in page.text.iter().enumerate() {
            if is_scan {
                removed.push(RemovedLine::new(RemovalReason::Scan, line.text.as_str()));
            } else if heads.contains(&page.text, i) && !stays_once(&page.text, i, &mut kept_once) {
                removed.push(RemovedLine::new(RemovalReason::RunningHead, line.text.as_str()));
            } else if !out.add_line(line, &body) {
                break;
            }
        }
        for (i, line) in page.asides.iter().enumerate() {
            if asides.contains(&page.asides, i) {
                removed.push(RemovedLine::new(RemovalReason::RunningHead, line.text.as_str()));
            } else {
                out.add_aside(&line.text);
            }
        }
    }
    FileContent { removed, ..out.into_content() }
}

/// Turns pages upright, takes watermarks away, and joins runs to lines.
fn read_lines(pages: Vec<TextPage>, removed: &mut Vec<RemovedLine>) -> Vec<PageLines> {
    let (mut texts, mut rest) = (Vec::new(), Vec::new());
    for page in pages {
        removed.extend(page.removed);
        let oriented = OrientedRuns::group(page.runs);
        let oblique = oriented.oblique.iter().filter(|run| run.is_drawn());
        removed.extend(oblique.map(|run| RemovedLine::new(RemovalReason::Watermark, run.text.as_str())));
        texts.push(oriented.text);
        rest.push((oriented.asides, page.picture_share));
    }
    let watermarks = take_watermarks(&mut texts);
    removed.extend(watermarks.into_iter().map(|text| RemovedLine::new(RemovalReason::Watermark, text)));
    let pages = texts.into_iter().zip(rest).map(|(runs, (asides, picture_share))| PageLines {
        text: split_lines(runs),
        asides: asides.into_iter().flat_map(split_lines).collect(),
        is_picture: picture_share >= SCAN_PICTURE_SHARE,
    });
    pages.collect()
}

/// Recognises a scan: pictures of pages with hardly a line of text beside them.
fn is_scan(pages: &[PageLines], heads: &RunningHeads) -> bool {
    let added = |page: &PageLines| {
        let lines = page.text.iter().enumerate().filter(|(i, _)| !heads.contains(&page.text, *i));
        let lengths: Vec<usize> = lines.map(|(_, line)| line.text.chars().count()).collect();
        lengths.len() <= MAX_SCAN_LINES && lengths.iter().sum::<usize>() <= MAX_SCAN_CHARS
    };
    !pages.is_empty() && pages.iter().all(|page| page.is_picture && added(page))
}

/// Keeps the first of equal lines that say something: a number below a letterhead, the head of a table.
fn stays_once(page: &[Line], at: usize, kept: &mut HashSet<String>) -> bool {
    let line = &page[at];
    let in_table = line.cells > 1 && page.get(at + 1).is_some_and(|next| next.cells > 1);
    let is_letterhead = line.text.contains(['〔', '［']) || line.text.trim_end().ends_with("文件");
    (in_table || is_letterhead) && kept.insert(line.text.clone())
}
