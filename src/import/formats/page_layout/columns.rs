//! Columns: prose that is set side by side is read one column after the other. A table is not
//! prose: its cells are short, or more than two.

use std::ops::Range;

use crate::import::formats::page_layout::run::TextRun;

/// Lines with words on both sides that prove columns.
const MIN_LINES: usize = 4;
/// Width of a column, in character widths.
const MIN_WIDTH: f32 = 8.0;
/// Gap between two columns, in character widths.
const MIN_GAP: f32 = 0.6;
/// Limit of rows that are looked at for one pair of columns.
const MAX_ROWS: usize = 300;
/// Gap between two cells of a table, in character widths.
const CELL_GAP: f32 = 1.6;

/// Two columns beside each other.
#[derive(Debug, PartialEq)]
pub struct Columns {
    /// Rows of the page.
    pub rows: Range<usize>,
    /// Middle of the gap between them.
    pub gutter: f32,
    /// Edges of the left and of the right column.
    pub edges: [(f32, f32); 2],
}

/// Finds the columns of a page; a row has the runs at one height from left to right.
pub fn find_columns(rows: &[&[TextRun]]) -> Vec<Columns> {
    let rows: Vec<Row> = rows.iter().map(|runs| Row::measure(runs)).collect();
    let (mut found, mut at) = (Vec::new(), 0);
    while at < rows.len() {
        let best = rows[at].gaps.iter().map(|gap| extend(&rows, at, *gap)).max_by_key(|(end, _)| *end);
        let columns = best.and_then(|(end, gap)| prove(&rows, at..end, gap));
        at = columns.as_ref().map_or(at + 1, |columns: &Columns| columns.rows.end);
        found.extend(columns);
    }
    found
}

struct Row {
    left: f32,
    right: f32,
    y: f32,
    size: f32,
    /// Gaps that may be between two columns: their left and right edge.
    gaps: Vec<(f32, f32)>,
}

impl Row {
    fn measure(runs: &[TextRun]) -> Self {
        let size = runs.iter().map(|run| run.size).fold(0.0, f32::max);
        let (mut gaps, mut right) = (Vec::new(), runs[0].x);
        for run in runs {
            if run.x - right >= size * MIN_GAP && gaps.len() < 32 {
                gaps.push((right, run.x));
            }
            right = right.max(run.x + run.width);
        }
        Self { left: runs[0].x, right, y: runs[0].y, size, gaps }
    }

    /// Narrows a gap to what this row leaves of it.
    fn narrow(&self, (from, to): (f32, f32)) -> Option<(f32, f32)> {
        let least = self.size * MIN_GAP * 0.8;
        let inside = |gap: &(f32, f32)| (gap.0.max(from), gap.1.min(to));
        let sides = [(self.right.max(from), to), (from, self.left.min(to))];
        let wide = |gap: &(f32, f32)| gap.1 - gap.0 >= least;
        // A row on one side leaves the gap beside it.
        let one_sided = sides.into_iter().find(wide);
        one_sided.or_else(|| self.gaps.iter().map(inside).find(wide))
    }

    fn part_edges(&self, gutter: f32) -> Option<((f32, f32), (f32, f32))> {
        let gap = self.gaps.iter().find(|gap| gap.0 <= gutter && gutter <= gap.1)?;
        Some(((self.left, gap.0), (gap.1, self.right)))
    }

    fn has_cells_beside(&self, gutter: f32) -> bool {
        self.gaps.iter().any(|gap| gap.1 - gap.0 > self.size * CELL_GAP && (gutter < gap.0 || gutter > gap.1))
    }
}

/// Extends columns downwards as long as the gap stays open and the rows follow each other closely.
fn extend(rows: &[Row], start: usize, gap: (f32, f32)) -> (usize, (f32, f32)) {
    let (mut end, mut gap) = (start + 1, gap);
    while let Some(next) = rows.get(end).filter(|_| end - start < MAX_ROWS) {
        let close = next.y - rows[end - 1].y < next.size * 2.2;
        let same_size = (next.size - rows[start].size).abs() < 1.0;
        let Some(narrowed) = next.narrow(gap).filter(|_| close && same_size) else { break };
        (end, gap) = (end + 1, narrowed);
    }
    (end, gap)
}

/// Checks that rows are two columns of prose: wide, and mostly filled to the edge.
fn prove(rows: &[Row], range: Range<usize>, gap: (f32, f32)) -> Option<Columns> {
    let gutter = (gap.0 + gap.1) / 2.0;
    let inside = &rows[range.clone()];
    let size = inside.first()?.size;
    let parts: Vec<_> = inside.iter().filter_map(|row| row.part_edges(gutter)).collect();
    let with_cells = inside.iter().filter(|row| row.has_cells_beside(gutter)).count();
    if parts.len() < MIN_LINES || with_cells * 4 > parts.len() {
        return None;
    }
    let outer = |edges: &mut dyn Iterator<Item = (f32, f32)>| {
        edges.fold((f32::MAX, f32::MIN), |all, part| (all.0.min(part.0), all.1.max(part.1)))
    };
    let left = outer(&mut parts.iter().map(|(left, _)| *left));
    let right = outer(&mut parts.iter().map(|(_, right)| *right));
    let is_filled = |part: &(f32, f32), all: (f32, f32)| part.1 > all.1 - size * 1.6;
    let filled_left = parts.iter().filter(|(part, _)| is_filled(part, left)).count();
    let filled_right = parts.iter().filter(|(_, part)| is_filled(part, right)).count();
    let wide = |(from, to): (f32, f32)| to - from >= size * MIN_WIDTH;
    let prose =
        wide(left) && wide(right) && filled_left * 2 >= parts.len() && filled_right * 5 >= parts.len() * 2;
    // The last line before may stand in the left column alone.
    let start = match range.start.checked_sub(1).map(|before| (before, &rows[before])) {
        Some((before, row))
            if row.right <= gap.0 && row.left >= left.0 - size && inside[0].y - row.y < size * 2.2 =>
        {
            before
        }
        _ => range.start,
    };
    prose.then_some(Columns { rows: start..range.end, gutter, edges: [left, right] })
}
