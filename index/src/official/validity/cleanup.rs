//! Clean-up lists (清理目录): what an organ ends, keeps or changes, row by row.
//!
//! A list is numbered lines or a table under headings that say what happens to the
//! rows (决定废止的文件目录, 继续有效的…); a row may say it itself. Pages that lost their
//! line breaks run the rows together: a new row begins where a number stands before 《.

use crate::official::citation;
use crate::official::document_number::{self, DocumentNumber};
use crate::official::scan::{digit, tail};

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
    /// The row as it stands, cut where it is very long.
    pub text: String,
}

/// Most rows that are read.
const MOST: usize = 20_000;
/// A heading is no longer than this, in characters.
const HEADING: usize = 70;
/// What a row says of itself is no longer than this, in characters.
const VERDICT: usize = 8;

/// Longest quotation of a row, in characters.
const QUOTED: usize = 300;

/// How headings put it. 清理结果 heads a list whose rows speak for themselves.
const HEADINGS: &[(&str, Option<Action>)] = &[
    ("继续有效", Some(Action::Kept)),
    ("予以保留的", Some(Action::Kept)),
    ("保留的规范性文件", Some(Action::Kept)),
    ("宣布失效", Some(Action::Lapsed)),
    ("失效的", Some(Action::Lapsed)),
    ("失效目录", Some(Action::Lapsed)),
    ("修改的", Some(Action::Amended)),
    ("予以修改", Some(Action::Amended)),
    ("修改目录", Some(Action::Amended)),
    ("废止的", Some(Action::Repealed)),
    ("废止目录", Some(Action::Repealed)),
    ("予以废止", Some(Action::Repealed)),
    ("决定废止", Some(Action::Repealed)),
    ("废止部分", Some(Action::Repealed)),
    ("关于废止", Some(Action::Repealed)),
    ("审查清理结果", None),
    ("文件清理结果", None),
];
/// What headings call the things listed.
const LISTED: &[&str] =
    &["目录", "文件", "清单", "规章", "法规", "法律", "司法解释", "解释", "政策", "规定", "如下", "结果"];
/// What a title without 《》 ends in.
const GENRES: &[&str] = &[
    "法", "办法", "条例", "规定", "细则", "规则", "通知", "决定", "意见", "批复", "解释", "函", "答复",
    "纪要", "命令", "决议", "公告", "通告", "通报", "方案", "请示", "规划", "措施", "章程", "标准", "制度",
    "议案", "解答",
];

/// The rows of a clean-up list; none for a text that is not one. The title of the
/// document, where it is the heading of its list, is to stand first in the text.
pub fn cleanup_list(text: &str) -> Vec<Row> {
    let mut rows = Vec::new();
    let mut heading: Option<Option<Action>> = None;
    for piece in pieces(text) {
        if let Some(found) = heading_of(piece) {
            heading = Some(found);
        } else if let Some(action) = heading
            && let Some(row) = row(piece, action)
            && rows.len() < MOST
        {
            rows.push(row);
        }
    }
    rows
}

fn quoted(piece: &str) -> String {
    piece.chars().take(QUOTED).collect()
}

/// Lines, and inside a line the rows and headings that run together.
fn pieces(text: &str) -> impl Iterator<Item = &str> {
    text.lines().flat_map(|line| {
        let mut cuts = vec![0, line.len()];
        if !line.contains('|') {
            cuts.extend(line.match_indices('《').filter_map(|(at, _)| ordinal_start(&line[..at])));
            cuts.extend(heading_starts(line));
        }
        cuts.sort_unstable();
        cuts.dedup();
        let pieces: Vec<_> = cuts.windows(2).filter_map(|pair| line.get(pair[0]..pair[1])).collect();
        pieces.into_iter().map(str::trim).filter(|piece| !piece.is_empty())
    })
}

/// Where the number of a row begins that ends right before a title: `12.《`, `（3）《`, `保留5《`.
fn ordinal_start(before: &str) -> Option<usize> {
    let number = before.trim_end().trim_end_matches(['.', '．', '、', ')', '）', ' ']);
    let start = number.trim_end_matches(|c: char| c.is_ascii_digit()).len();
    if !(1..=4).contains(&(number.len() - start)) {
        return None;
    }
    // 2018年第3《 and 第3《 are no ordinals.
    let said = number[..start].ends_with(['第', '年', '月', '－', '-']);
    (!said).then(|| number[..start].strip_suffix(['（', '(']).map_or(start, str::len))
}

/// Inside a line, `二、宣布失效的…` and `附件2宣布失效的…` begin a new part.
fn heading_starts(line: &str) -> Vec<usize> {
    let places = HEADINGS.iter().flat_map(|(word, _)| line.match_indices(word).map(|(at, _)| at));
    let start = |at: usize| {
        let before = &line[..at];
        let near = tail(before, 16);
        let mark = at - near.len() + near.rfind('、')?;
        let start = before[..mark].trim_end_matches(|c: char| "一二三四五六七八九十".contains(c)).len();
        (start < mark && at - mark <= 12).then_some(start)
    };
    places.filter_map(start).collect()
}

/// What a heading says happens to the rows below it; the outer `None` for no heading.
fn heading_of(piece: &str) -> Option<Option<Action>> {
    let column = |names: &[&str]| names.iter().any(|name| piece.contains(name));
    if piece.contains(['|', '\t']) && column(&["名称", "标题"]) && column(&["处理", "结果", "效力", "清理"])
    {
        return Some(None);
    }
    let row = piece.starts_with(['|', '《', '（', '(']) || piece.starts_with(|c: char| c.is_ascii_digit());
    let listed = LISTED.iter().any(|word| piece.contains(word));
    if row || !listed || piece.contains(['《', '。']) || piece.chars().count() > HEADING {
        return None;
    }
    HEADINGS.iter().find(|(word, _)| piece.contains(word)).map(|(_, action)| *action)
}

/// The action a few words name.
fn action(text: &str) -> Option<Action> {
    let words = [
        ("继续有效", Action::Kept),
        ("保留", Action::Kept),
        ("失效", Action::Lapsed),
        ("修改", Action::Amended),
        ("修订", Action::Amended),
        ("废止", Action::Repealed),
    ];
    let short = text.chars().count() <= VERDICT;
    words.iter().find(|(word, _)| short && text.contains(word)).map(|(_, action)| *action)
}

fn row(piece: &str, heading: Option<Action>) -> Option<Row> {
    if piece.contains(['|', '\t']) {
        return table_row(piece, heading);
    }
    let rest = without_ordinal(piece)?;
    let titled = ["", "将", "对", "废止", "修改", "删去", "删除"]
        .iter()
        .any(|verb| rest.strip_prefix(verb).is_some_and(|rest| rest.starts_with('《')));
    let title = match citation::titles(rest).into_iter().next() {
        Some(title) if titled => title.text,
        _ => plain_title(rest)?.to_owned(),
    };
    let number = document_number::find_all(rest).into_iter().next().map(|found| found.number);
    let own = rest.rsplit(['》', '）', ')']).next().and_then(action);
    let (title, part) = without_place(&title);
    let part = part || rest.split_once('》').is_some_and(|(_, after)| begins_with_place(after));
    let action = own.or(heading)?;
    Some(Row { title, number, action: if part { of_part(action) } else { action }, text: quoted(piece) })
}

/// That an article ends does not end the document: it is changed.
fn of_part(action: Action) -> Action {
    match action {
        Action::Repealed | Action::Lapsed => Action::Amended,
        other => other,
    }
}

/// `某某规定第2条`: the title without the place, and whether there was one.
fn without_place(title: &str) -> (String, bool) {
    match title.rfind('第').filter(|at| *at > 0 && begins_with_place(&title[*at..])) {
        Some(at) if title.ends_with(['条', '款', '项', '章']) => (title[..at].to_owned(), true),
        _ => (title.to_owned(), false),
    }
}

fn begins_with_place(text: &str) -> bool {
    let Some(rest) = text.trim_start_matches(['的', '中']).strip_prefix('第') else { return false };
    let after =
        rest.trim_start_matches(|c: char| digit(c).is_some() || "一二三四五六七八九十百零〇".contains(c));
    after.len() < rest.len() && after.starts_with(['条', '款', '项', '章'])
}

/// The row behind its number (`12.`, `（3）`, `三、`); a line without one is a row when it is a title.
fn without_ordinal(piece: &str) -> Option<&str> {
    if piece.starts_with('《') {
        // 《…》已于某日通过，现予公布 is a sentence.
        return (!piece.contains('，')).then_some(piece);
    }
    let ordinal = |c: char| c.is_ascii_digit() || "（()）一二三四五六七八九十百".contains(c);
    let rest = piece.trim_start_matches(ordinal);
    let marked = rest.trim_start_matches(['.', '．', '、', ' ', '\u{3000}']);
    (rest.len() < piece.len() && (marked.len() < rest.len() || rest.starts_with('《'))).then_some(marked)
}

/// `关于某事的通知（冀政〔2001〕3号）`: what ends as a title does, before a bracket or the end.
fn plain_title(rest: &str) -> Option<&str> {
    let end = rest.rfind(['（', '(']).unwrap_or(rest.len());
    let title = rest[..end].trim();
    let title = title.strip_suffix(['；', ';', '。']).unwrap_or(title);
    let genre = GENRES.iter().any(|genre| title.ends_with(genre));
    (title.chars().count() >= 4 && genre && !title.contains(['。', '，', '：'])).then_some(title)
}

/// A row of cells: an ordinal, a title, perhaps a number, perhaps what happens.
fn table_row(piece: &str, heading: Option<Action>) -> Option<Row> {
    let cells: Vec<&str> = piece.split(['|', '\t']).map(str::trim).filter(|cell| !cell.is_empty()).collect();
    let (ordinal, cells) = cells.split_first()?;
    if ordinal.len() > 4 || !ordinal.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let cell =
        cells.iter().find(|cell| cell.chars().count() >= 4 && document_number::parse(cell).is_none())?;
    let whole = citation::titles(cell).into_iter().find(|title| title.range.start == 0);
    let title = whole.map_or_else(|| (*cell).to_owned(), |title| title.text);
    let number = cells.iter().find_map(|cell| document_number::find_all(cell).into_iter().next());
    let own = cells.iter().find_map(|cell| action(cell));
    let number = number.map(|found| found.number);
    let (title, part) = without_place(&title);
    let action = own.or(heading)?;
    Some(Row { title, number, action: if part { of_part(action) } else { action }, text: quoted(piece) })
}
