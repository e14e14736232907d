//! Page layout: text runs with positions → lines and paragraphs in reading order. PDF and OFD
//! files record only positions.

use crate::import::file_content::{BlockCollector, BlockKind, CELL_SEPARATOR, FileContent};

/// Text run: a string set on one line.
#[derive(Debug, Clone, PartialEq)]
pub struct TextRun {
    /// Left edge.
    pub x: f32,
    /// Base line, growing downwards.
    pub y: f32,
    /// Width of the run.
    pub width: f32,
    /// Height of its characters.
    pub size: f32,
    /// Words of the run.
    pub text: String,
}

/// Text runs of one page, in any order.
#[derive(Debug, Default)]
pub struct TextPage {
    /// Runs of the page.
    pub runs: Vec<TextRun>,
}

struct Line {
    left: f32,
    right: f32,
    y: f32,
    size: f32,
    text: String,
    cells: usize,
}

/// Gap between two cells of a table, in character widths.
const CELL_GAP_WIDTHS: f32 = 1.6;

/// Joins the lines of all pages to paragraphs; leaves out page numbers and running headers.
pub fn assemble_pages(pages: Vec<TextPage>) -> FileContent {
    let pages: Vec<Vec<Line>> = pages.into_iter().map(|page| split_lines(page.runs)).collect();
    let repeated = running_headers(&pages);
    let body = BodyMetrics::measure(&pages);
    let mut out = Paragraphs {
        blocks: BlockCollector::default(),
        text: String::new(),
        kind: BlockKind::Paragraph,
        last: None,
    };
    for page in &pages {
        for (i, line) in page.iter().enumerate() {
            let at_edge = i < 2 || i + 2 >= page.len();
            if at_edge && (is_page_number(&line.text) || repeated.contains(&line.text)) {
                continue;
            }
            if !out.add_line(line, &body) {
                return out.into_content();
            }
        }
    }
    out.into_content()
}

fn split_lines(mut runs: Vec<TextRun>) -> Vec<Line> {
    runs.retain(|run| {
        let finite = run.x.is_finite() && run.y.is_finite() && run.width.is_finite() && run.size.is_finite();
        finite && !run.text.trim().is_empty()
    });
    runs.sort_by(|a, b| a.y.total_cmp(&b.y));
    let mut lines = Vec::new();
    let mut rest = runs.as_mut_slice();
    while let Some(first) = rest.first() {
        let reach = first.y + first.size.max(1.0) * 0.5;
        let count = rest.iter().take_while(|run| run.y <= reach).count();
        let (line, after) = rest.split_at_mut(count);
        line.sort_by(|a, b| a.x.total_cmp(&b.x));
        lines.push(join_runs(line));
        rest = after;
    }
    lines
}

/// Joins the runs of one line from left to right.
fn join_runs(runs: &[TextRun]) -> Line {
    let size = runs.iter().map(|run| run.size).fold(0.0, f32::max);
    let mut line =
        Line { left: runs[0].x, right: runs[0].x, y: runs[0].y, size, text: String::new(), cells: 1 };
    let mut drawn: Option<&TextRun> = None;
    for run in runs {
        // Bold type is sometimes the same words drawn twice.
        if drawn.is_some_and(|last| last.text == run.text && (last.x - run.x).abs() < size * 0.2) {
            continue;
        }
        let gap = run.x - line.right;
        if !line.text.is_empty() && gap > size * CELL_GAP_WIDTHS {
            line.text.push_str(CELL_SEPARATOR);
            line.cells += 1;
        } else if gap > size * 0.25 && line.text.ends_with(|c: char| c.is_ascii_alphanumeric()) {
            line.text.push(' ');
        }
        line.text.push_str(&run.text);
        line.right = line.right.max(run.x + run.width);
        drawn = Some(run);
    }
    line
}

/// Measures of ordinary text: the size of most characters, the left and the right edge.
struct BodyMetrics {
    size: f32,
    left: f32,
    right: f32,
}

impl BodyMetrics {
    fn measure(pages: &[Vec<Line>]) -> Self {
        let mut sizes: Vec<(i32, usize)> = Vec::new();
        for line in pages.iter().flatten() {
            let key = (line.size * 2.0).round() as i32;
            match sizes.iter_mut().find(|(known, _)| *known == key) {
                Some((_, count)) => *count += line.text.len(),
                None => sizes.push((key, line.text.len())),
            }
        }
        let size = sizes.iter().max_by_key(|(_, count)| *count).map_or(12.0, |(key, _)| *key as f32 / 2.0);
        let body = || pages.iter().flatten().filter(|line| (line.size - size).abs() <= 1.0);
        // Edges that a share of the lines reach, so that one stray line does not decide.
        let mut lefts: Vec<f32> = body().map(|line| line.left).collect();
        let mut rights: Vec<f32> = body().map(|line| line.right).collect();
        lefts.sort_by(f32::total_cmp);
        rights.sort_by(f32::total_cmp);
        let left = lefts.get(lefts.len() / 20).copied().unwrap_or(0.0);
        let right = rights.get(rights.len() * 9 / 10).copied().unwrap_or(f32::MAX);
        Self { size: size.max(1.0), left, right }
    }

    fn reaches_right_edge(&self, line: &Line) -> bool {
        line.right > self.right - self.size * 2.0
    }

    fn is_indented(&self, line: &Line) -> bool {
        line.left > self.left + self.size * 1.2
    }

    fn is_centred(&self, line: &Line) -> bool {
        let (before, after) = (line.left - self.left, self.right - line.right);
        before > self.size * 1.5 && (before - after).abs() < self.size * 2.0
    }
}

struct Paragraphs {
    blocks: BlockCollector,
    text: String,
    kind: BlockKind,
    last: Option<PreviousLine>,
}

/// Properties of the last line that decide on the next one.
struct PreviousLine {
    filled: bool,
    centred: bool,
    size: f32,
    y: f32,
}

impl Paragraphs {
    /// Adds a line to the paragraph before it, or begins one; false when no more is taken.
    fn add_line(&mut self, line: &Line, body: &BodyMetrics) -> bool {
        let kind = match line {
            Line { cells: 2.., .. } => BlockKind::Row,
            line if body.is_centred(line) => BlockKind::Centred,
            _ => BlockKind::Paragraph,
        };
        let goes_on = self.last.as_ref().is_some_and(|last| {
            let same_size = (last.size - line.size).abs() < 1.0;
            let title = last.centred && kind == BlockKind::Centred && line.size > body.size + 1.0;
            let close = line.y > last.y && line.y - last.y < line.size * 2.5;
            let text = last.filled && kind != BlockKind::Row && !body.is_indented(line);
            self.kind != BlockKind::Row && same_size && (text || title && close)
        });
        if !goes_on {
            self.end_paragraph();
            self.kind = kind;
        }
        if self.text.ends_with(|c: char| c.is_ascii_alphanumeric())
            && line.text.starts_with(|c: char| c.is_ascii_alphanumeric())
        {
            self.text.push(' ');
        }
        self.text.push_str(&line.text);
        self.last = Some(PreviousLine {
            filled: body.reaches_right_edge(line),
            centred: kind == BlockKind::Centred,
            size: line.size,
            y: line.y,
        });
        !self.blocks.is_full()
    }

    fn end_paragraph(&mut self) {
        let text = std::mem::take(&mut self.text);
        self.blocks.push(self.kind, &text);
    }

    fn into_content(mut self) -> FileContent {
        self.end_paragraph();
        self.blocks.into_content()
    }
}

/// Recognises page numbers: `— 3 —`, `- 3 -`, `第 3 页`, `3/10`, `3`.
fn is_page_number(text: &str) -> bool {
    let rest =
        text.trim_matches(|c: char| c.is_whitespace() || "-—–－·第页共/".contains(c) || c.is_ascii_digit());
    rest.is_empty() && text.chars().count() <= 16 && text.chars().any(|c| c.is_ascii_digit())
}

/// Finds short lines that stand at the edge of three pages or more.
fn running_headers(pages: &[Vec<Line>]) -> Vec<String> {
    let mut counts: std::collections::HashMap<&str, usize> = std::collections::HashMap::new();
    for page in pages {
        let edges = page.iter().take(1).chain(page.iter().skip(1).next_back());
        edges
            .filter(|line| line.text.len() < 120)
            .for_each(|line| *counts.entry(&line.text).or_default() += 1);
    }
    let enough = (pages.len() / 2).max(3);
    counts.into_iter().filter(|(_, count)| *count >= enough).map(|(text, _)| text.to_owned()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(x: f32, y: f32, size: f32, text: &str) -> TextRun {
        TextRun { x, y, width: text.chars().count() as f32 * size, size, text: text.to_owned() }
    }

    fn texts(runs: Vec<TextRun>) -> Vec<(BlockKind, String)> {
        assemble_pages(vec![TextPage { runs }]).blocks.into_iter().map(|b| (b.kind, b.text)).collect()
    }

    #[test]
    fn lines_are_joined_to_paragraphs_and_titles() {
        let full = "一二三四五六七八九十一二三四五六七八九十";
        let runs = vec![
            run(94.0, 40.0, 22.0, "关于印发办法"),
            run(127.0, 70.0, 22.0, "的通知"),
            run(32.0, 100.0, 16.0, &full[..18 * 3]),
            run(0.0, 124.0, 16.0, full),
            run(0.0, 148.0, 16.0, "结束。"),
            run(32.0, 172.0, 16.0, &full[..18 * 3]),
            run(0.0, 196.0, 16.0, full),
            run(0.0, 300.0, 9.0, "— 1 —"),
        ];
        let texts = texts(runs);
        assert_eq!(texts[0], (BlockKind::Centred, "关于印发办法的通知".to_owned()));
        assert_eq!(texts[1].1, format!("{}{full}结束。", &full[..18 * 3]));
        assert_eq!(texts.len(), 3, "{texts:?}");
    }

    #[test]
    fn wide_gaps_separate_cells_of_a_row() {
        let runs = vec![
            run(0.0, 10.0, 10.0, "项目"),
            run(100.0, 10.5, 10.0, "金额"),
            run(0.0, 30.0, 10.0, "水费"),
            run(100.0, 30.0, 10.0, "3"),
        ];
        assert_eq!(
            texts(runs),
            [(BlockKind::Row, "项目 | 金额".to_owned()), (BlockKind::Row, "水费 | 3".to_owned())]
        );
    }

    #[test]
    fn runs_at_positions_that_are_not_finite_are_left_out() {
        assert!(texts(vec![run(f32::NAN, 1.0, 1.0, "甲"), run(0.0, f32::INFINITY, 1.0, "乙")]).is_empty());
    }
}
