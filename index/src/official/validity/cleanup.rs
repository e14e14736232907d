//! Clean-up lists (清理目录): what an organ ends, keeps or changes, row by row.
//!
//! A list is numbered lines or a table under headings that say what happens to the
//! rows (决定废止的文件目录, 继续有效的…); a row may say it itself. Pages that lost their
//! line breaks run the rows together: a new row begins where a number stands before 《.

use crate::official::citation;
use crate::official::document_number::{self, DocumentNumber};

/// What happens to a document of the list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Action {
    /// 废止.
    Repealed,
    /// 失效.
    Lapsed,
    /// 修改.
    Amended,
    /// 继续有效.
    Kept,
}

/// A row of the list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// The title, without brackets.
    pub title: String,
    /// The number, where one is given.
    pub number: Option<DocumentNumber>,
    /// What happens to it.
    pub action: Action,
}

/// Most rows that are read.
const MOST: usize = 20_000;
/// A heading is no longer than this, in characters.
const HEADING: usize = 60;

/// The rows of a clean-up list; none for a text that is not one.
pub fn cleanup_list(text: &str) -> Vec<Row> {
    let mut rows = Vec::new();
    let mut heading = None;
    for piece in pieces(text) {
        if let Some(action) = heading_action(piece) {
            heading = Some(action);
        } else if let Some(row) = row(piece, heading)
            && rows.len() < MOST
        {
            rows.push(row);
        }
    }
    rows
}

/// Lines, and inside a line the rows that run together.
fn pieces(text: &str) -> impl Iterator<Item = &str> {
    text.lines().flat_map(|line| {
        let mut cuts = vec![0];
        cuts.extend(line.match_indices('《').filter_map(|(at, _)| ordinal_start(&line[..at])));
        cuts.extend(heading_starts(line));
        cuts.sort_unstable();
        cuts.dedup();
        cuts.push(line.len());
        let ranges: Vec<_> = cuts.windows(2).map(|pair| pair[0]..pair[1]).collect();
        ranges
            .into_iter()
            .filter_map(|range| line.get(range))
            .map(str::trim)
            .filter(|piece| !piece.is_empty())
    })
}

/// Where the number of a row begins that ends right before a title: `12.《`, `（3）《`.
fn ordinal_start(before: &str) -> Option<usize> {
    let marked = before.trim_end();
    let number = marked.strip_suffix(['.', '．', '、', ')', '）', ' ']).unwrap_or(marked);
    let start = number.trim_end_matches(|c: char| c.is_ascii_digit()).len();
    let digits = number.len() - start;
    if !(1..=4).contains(&digits) || number.len() == before.len() {
        return None;
    }
    Some(number[..start].strip_suffix(['（', '(']).map_or(start, str::len))
}

/// Inside a line, `二、宣布失效的…` begins a new part.
fn heading_starts(line: &str) -> Vec<usize> {
    let words =
        ["决定废止", "予以废止", "宣布失效", "继续有效", "予以修改", "决定修改", "拟废止", "予以保留"];
    let places = words.iter().flat_map(|word| line.match_indices(word).map(|(at, _)| at));
    places
        .filter_map(|at| {
            let before = &line[..at];
            let mark = before.rfind('、')?;
            let start = before[..mark].trim_end_matches(|c: char| "一二三四五六七八九十".contains(c)).len();
            (start < mark && at - mark <= 12).then_some(start)
        })
        .collect()
}

/// What a heading says happens to the rows below it.
fn heading_action(piece: &str) -> Option<Action> {
    let row =
        piece.starts_with('|') || piece.starts_with(|c: char| c.is_ascii_digit()) || piece.contains('《');
    let heading = ["目录", "文件", "清单", "规章", "规定", "如下", "法规", "解释", "政策"]
        .iter()
        .any(|word| piece.contains(word));
    if row || !heading || piece.chars().count() > HEADING {
        return None;
    }
    action(piece)
}

/// The action a text names; the one named last, as `废止和失效` is not one action.
fn action(text: &str) -> Option<Action> {
    let words = [
        ("继续有效", Action::Kept),
        ("保留", Action::Kept),
        ("失效", Action::Lapsed),
        ("修改", Action::Amended),
        ("修订", Action::Amended),
        ("废止", Action::Repealed),
    ];
    words.iter().find(|(word, _)| text.contains(word)).map(|(_, action)| *action)
}

fn row(piece: &str, heading: Option<Action>) -> Option<Row> {
    if piece.contains(['|', '\t']) {
        return table_row(piece, heading);
    }
    let numbered = piece.trim_start_matches(['（', '(']).starts_with(|c: char| c.is_ascii_digit());
    let listed = numbered || piece.starts_with('《');
    let titles = citation::titles(piece);
    let number = document_number::find_all(piece).into_iter().next().map(|found| found.number);
    let title = match titles.first() {
        Some(title) => title.text.clone(),
        None => plain_title(piece)?,
    };
    let known = listed && (!titles.is_empty() || number.is_some());
    known.then_some(())?;
    Some(Row { title, number, action: heading? })
}

/// `12.关于某事的通知（冀政〔2001〕3号）`.
fn plain_title(piece: &str) -> Option<String> {
    let rest = piece.trim_start_matches(|c: char| c.is_ascii_digit() || "（()）.．、 \u{3000}".contains(c));
    let end = rest.find(['（', '(']).unwrap_or(rest.len());
    let title = rest[..end].trim();
    (title.chars().count() >= 4).then(|| title.to_owned())
}

/// A row of cells: an ordinal, a title, perhaps a number, perhaps what happens.
fn table_row(piece: &str, heading: Option<Action>) -> Option<Row> {
    let cells: Vec<&str> = piece.split(['|', '\t']).map(str::trim).filter(|cell| !cell.is_empty()).collect();
    let ordinal =
        cells.first().is_some_and(|cell| cell.len() <= 4 && cell.bytes().all(|b| b.is_ascii_digit()));
    if !ordinal {
        return None;
    }
    let cell =
        cells[1..].iter().find(|cell| cell.chars().count() >= 4 && document_number::parse(cell).is_none())?;
    let titles = citation::titles(cell);
    let title = titles.first().map_or_else(|| (*cell).to_owned(), |title| title.text.clone());
    let number = cells[1..].iter().find_map(|cell| document_number::find_all(cell).into_iter().next());
    let own = cells[1..].iter().filter(|cell| cell.chars().count() <= 12).find_map(|cell| action(cell));
    Some(Row { title, number: number.map(|found| found.number), action: own.or(heading)? })
}
