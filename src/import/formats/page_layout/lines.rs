//! Lines: runs at one height, joined from left to right.

use crate::import::file_content::CELL_SEPARATOR;
use crate::import::formats::page_layout::columns::find_columns;
use crate::import::formats::page_layout::run::TextRun;

/// Gap between two cells of a table, in character widths.
const CELL_GAP_WIDTHS: f32 = 1.6;

/// Line of a page.
#[derive(Debug)]
pub struct Line {
    /// Left edge of the first word; typed blanks before it are indentation.
    pub left: f32,
    /// Right edge.
    pub right: f32,
    /// Base line.
    pub y: f32,
    /// Height of the largest characters.
    pub size: f32,
    /// Words of the line, cells joined by [`CELL_SEPARATOR`].
    pub text: String,
    /// Number of cells.
    pub cells: usize,
    /// Edges of the column in which the line stands; none for lines over the whole page.
    pub column: Option<(f32, f32)>,
}

/// Makes the lines of a page from top to bottom, columns of prose one after the other.
pub fn split_lines(mut runs: Vec<TextRun>) -> Vec<Line> {
    runs.retain(TextRun::is_drawn);
    runs.sort_by(|a, b| a.y.total_cmp(&b.y));
    let mut rows: Vec<&[TextRun]> = Vec::new();
    let mut rest = runs.as_mut_slice();
    while let Some(first) = rest.first() {
        let reach = first.y + first.size.max(1.0) * 0.5;
        let count = rest.iter().take_while(|run| run.y <= reach).count();
        let (row, after) = rest.split_at_mut(count);
        row.sort_by(|a, b| a.x.total_cmp(&b.x));
        rows.push(row);
        rest = after;
    }
    let mut lines = Vec::with_capacity(rows.len());
    let mut at = 0;
    for columns in find_columns(&rows) {
        let start = columns.rows.start.max(at);
        lines.extend(rows[at..start].iter().map(|row| join_runs(row)));
        let inside = &rows[start..columns.rows.end];
        let is_left = |run: &TextRun| run.x < columns.gutter;
        let left = inside.iter().map(|row| &row[..row.partition_point(is_left)]);
        let right = inside.iter().map(|row| &row[row.partition_point(is_left)..]);
        for (parts, edges) in
            [(left.collect::<Vec<_>>(), columns.edges[0]), (right.collect(), columns.edges[1])]
        {
            let parts = parts.into_iter().filter(|part| !part.is_empty());
            lines.extend(parts.map(|part| Line { column: Some(edges), ..join_runs(part) }));
        }
        at = columns.rows.end;
    }
    lines.extend(rows[at..].iter().map(|row| join_runs(row)));
    lines
}

/// Joins the runs of one line from left to right.
fn join_runs(runs: &[TextRun]) -> Line {
    let size = runs.iter().map(|run| run.size).fold(0.0, f32::max);
    let left = runs[0].x + typed_indent(&runs[0]);
    let mut line =
        Line { left, right: runs[0].x, y: runs[0].y, size, text: String::new(), cells: 1, column: None };
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

/// Width of the blanks at the beginning of a run.
fn typed_indent(run: &TextRun) -> f32 {
    let blanks = run.text.chars().take_while(|c| c.is_whitespace());
    blanks.map(|c| if matches!(c, '\u{3000}' | '\u{2003}') { run.size } else { run.size * 0.5 }).sum()
}
