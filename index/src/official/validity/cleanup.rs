//! Clean-up lists (清理目录): the documents that an organ repeals, keeps or amends, row by row.
//!
//! A list is numbered lines or a table under headings that name the action for the
//! rows (决定废止的文件目录, 继续有效的…); a row may name its own. Pages that lost their
//! line breaks run the rows together: a new row begins where a number stands before 《.

use crate::official::citation;
use crate::official::document_number::{self, DocumentNumber};
use crate::official::scan::{digit, tail};

/// Action of a list on a document.
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
    /// Title without brackets.
    pub title: String,
    /// Document number, if one is given.
    pub number: Option<DocumentNumber>,
    /// Action on the document.
    pub action: Action,
    /// Text of the row, cut if it is very long.
    pub text: String,
}

/// Most rows that are read from one list.
const MAX_ROWS: usize = 20_000;
/// Longest heading, in characters.
const MAX_HEADING_CHARS: usize = 70;
/// Longest action named by a row itself, in characters.
const MAX_VERDICT_CHARS: usize = 8;

/// Longest quotation of a row, in characters.
const MAX_QUOTE_CHARS: usize = 300;

/// Words of headings with the action they mean; 清理结果 is above a list whose rows name their own.
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
/// Words for the listed documents in headings.
const LISTED_THINGS: &[&str] =
    &["目录", "文件", "清单", "规章", "法规", "法律", "司法解释", "解释", "政策", "规定", "如下", "结果"];
/// Suffixes of titles without 《》.
const TITLE_SUFFIXES: &[&str] = &[
    "法", "办法", "条例", "规定", "细则", "规则", "通知", "决定", "意见", "批复", "解释", "函", "答复",
    "纪要", "命令", "决议", "公告", "通告", "通报", "方案", "请示", "规划", "措施", "章程", "标准", "制度",
    "议案", "解答",
];

/// All rows of a clean-up list; none for a text that is not one. If the title of the
/// document is the heading of its list, the text must begin with it.
pub fn cleanup_list(text: &str) -> Vec<Row> {
    let mut rows = Vec::new();
    let mut heading: Option<Option<Action>> = None;
    for piece in split_pieces(text) {
        if let Some(found) = heading_action(piece) {
            heading = Some(found);
        } else if let Some(action) = heading
            && let Some(row) = parse_row(piece, action)
            && rows.len() < MAX_ROWS
        {
            rows.push(row);
        }
    }
    rows
}

fn quote_row(piece: &str) -> String {
    piece.chars().take(MAX_QUOTE_CHARS).collect()
}

/// Splits a text into lines, and a line into the rows and headings that run together in it.
fn split_pieces(text: &str) -> impl Iterator<Item = &str> {
    text.lines().flat_map(|line| {
        let mut cuts = vec![0, line.len()];
        if !line.contains('|') {
            cuts.extend(line.match_indices('《').filter_map(|(offset, _)| ordinal_start(&line[..offset])));
            cuts.extend(heading_starts(line));
        }
        cuts.sort_unstable();
        cuts.dedup();
        let pieces: Vec<_> = cuts.windows(2).filter_map(|pair| line.get(pair[0]..pair[1])).collect();
        pieces.into_iter().map(str::trim).filter(|piece| !piece.is_empty())
    })
}

/// Start of the number of a row right before a title: `12.《`, `（3）《`, `保留5《`.
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

/// Starts of new parts inside a line: `二、宣布失效的…`, `附件2宣布失效的…`.
fn heading_starts(line: &str) -> Vec<usize> {
    let places = HEADINGS.iter().flat_map(|(word, _)| line.match_indices(word).map(|(offset, _)| offset));
    let start = |offset: usize| {
        let before = &line[..offset];
        let near = tail(before, 16);
        let mark = offset - near.len() + near.rfind('、')?;
        let start = before[..mark].trim_end_matches(|c: char| "一二三四五六七八九十".contains(c)).len();
        (start < mark && offset - mark <= 12).then_some(start)
    };
    places.filter_map(start).collect()
}

/// Action that a heading names for the rows below it; the outer `None` for no heading.
fn heading_action(piece: &str) -> Option<Option<Action>> {
    let column = |names: &[&str]| names.iter().any(|name| piece.contains(name));
    if piece.contains(['|', '\t']) && column(&["名称", "标题"]) && column(&["处理", "结果", "效力", "清理"])
    {
        return Some(None);
    }
    let row = piece.starts_with(['|', '《', '（', '(']) || piece.starts_with(|c: char| c.is_ascii_digit());
    let listed = LISTED_THINGS.iter().any(|word| piece.contains(word));
    if row || !listed || piece.contains(['《', '。']) || piece.chars().count() > MAX_HEADING_CHARS {
        return None;
    }
    HEADINGS.iter().find(|(word, _)| piece.contains(word)).map(|(_, action)| *action)
}

/// Action named by a few words.
fn action_in(text: &str) -> Option<Action> {
    let words = [
        ("继续有效", Action::Kept),
        ("保留", Action::Kept),
        ("失效", Action::Lapsed),
        ("修改", Action::Amended),
        ("修订", Action::Amended),
        ("废止", Action::Repealed),
    ];
    let short = text.chars().count() <= MAX_VERDICT_CHARS;
    words.iter().find(|(word, _)| short && text.contains(word)).map(|(_, action)| *action)
}

fn parse_row(piece: &str, heading: Option<Action>) -> Option<Row> {
    if piece.contains(['|', '\t']) {
        return parse_table_row(piece, heading);
    }
    let rest = strip_ordinal(piece)?;
    let titled = ["", "将", "对", "废止", "修改", "删去", "删除"]
        .iter()
        .any(|verb| rest.strip_prefix(verb).is_some_and(|rest| rest.starts_with('《')));
    let title = match citation::titles(rest).into_iter().next() {
        Some(title) if titled => title.text,
        _ => plain_title(rest)?.to_owned(),
    };
    let number = document_number::find_all(rest).into_iter().next().map(|found| found.number);
    let own_action = rest.rsplit(['》', '）', ')']).next().and_then(action_in);
    let (title, only_part) = strip_place(&title);
    let only_part = only_part || rest.split_once('》').is_some_and(|(_, after)| begins_with_place(after));
    let action = own_action.or(heading)?;
    Some(Row {
        title,
        number,
        action: if only_part { action_on_part(action) } else { action },
        text: quote_row(piece),
    })
}

/// Action on a whole document by an action on one of its articles: the end of a part amends it.
fn action_on_part(action: Action) -> Action {
    match action {
        Action::Repealed | Action::Lapsed => Action::Amended,
        other => other,
    }
}

/// Removes the place from a title such as `某某规定第2条`; true if there was one.
fn strip_place(title: &str) -> (String, bool) {
    match title.rfind('第').filter(|offset| *offset > 0 && begins_with_place(&title[*offset..])) {
        Some(offset) if title.ends_with(['条', '款', '项', '章']) => (title[..offset].to_owned(), true),
        _ => (title.to_owned(), false),
    }
}

fn begins_with_place(text: &str) -> bool {
    let Some(rest) = text.trim_start_matches(['的', '中']).strip_prefix('第') else { return false };
    let after =
        rest.trim_start_matches(|c: char| digit(c).is_some() || "一二三四五六七八九十百零〇".contains(c));
    after.len() < rest.len() && after.starts_with(['条', '款', '项', '章'])
}

/// Removes the number of a row (`12.`, `（3）`, `三、`); a line without one is a row if it is a title.
fn strip_ordinal(piece: &str) -> Option<&str> {
    if piece.starts_with('《') {
        // 《…》已于某日通过，现予公布 is a sentence.
        return (!piece.contains('，')).then_some(piece);
    }
    let ordinal = |c: char| c.is_ascii_digit() || "（()）一二三四五六七八九十百".contains(c);
    let rest = piece.trim_start_matches(ordinal);
    let marked = rest.trim_start_matches(['.', '．', '、', ' ', '\u{3000}']);
    (rest.len() < piece.len() && (marked.len() < rest.len() || rest.starts_with('《'))).then_some(marked)
}

/// Title without 《》 before a bracket or the end of the row: `关于某事的通知（冀政〔2001〕3号）`.
fn plain_title(rest: &str) -> Option<&str> {
    let end = rest.rfind(['（', '(']).unwrap_or(rest.len());
    let title = rest[..end].trim();
    let title = title.strip_suffix(['；', ';', '。']).unwrap_or(title);
    let genre = TITLE_SUFFIXES.iter().any(|genre| title.ends_with(genre));
    (title.chars().count() >= 4 && genre && !title.contains(['。', '，', '：'])).then_some(title)
}

/// Parses a row of cells: an ordinal, a title, perhaps a number, perhaps an action.
fn parse_table_row(piece: &str, heading: Option<Action>) -> Option<Row> {
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
    let own_action = cells.iter().find_map(|cell| action_in(cell));
    let number = number.map(|found| found.number);
    let (title, only_part) = strip_place(&title);
    let action = own_action.or(heading)?;
    Some(Row {
        title,
        number,
        action: if only_part { action_on_part(action) } else { action },
        text: quote_row(piece),
    })
}
