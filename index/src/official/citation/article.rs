//! 条, 款, 项: the places inside a law by which it is cited and divided.
//!
//! ```text
//! place   = 第 number 条 [之 number] [第 number 款] [第（number）项]
//! cited   = (《 title 》 | name ending in 法, 条例, 规定 …) place
//! heading = place of an article at the start of a line, or after the sentence before
//! ```

use std::ops::Range;

use memchr::memmem;

use crate::official::scan::{
    ReverseCursor, chinese_number, digit, is_chinese_numeral, is_closing_bracket, is_han, is_opening_bracket,
    tail,
};

/// A place inside a law.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Article {
    /// 第…条.
    pub number: u32,
    /// 之一: an article inserted later.
    pub inserted: Option<u32>,
    /// 第…款.
    pub paragraph: Option<u32>,
    /// 第（…）项.
    pub item: Option<u32>,
}

/// An article cited in a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CitedArticle {
    /// Range from the name of the law to the end of the place, in bytes.
    pub range: Range<usize>,
    /// Name of the law as written, without brackets; `None` for 本法 and for places without a law.
    pub law: Option<String>,
    /// Place in the law.
    pub article: Article,
}

/// The heading of an article in the text of a law.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Heading {
    /// Byte offset of its 第.
    pub start: usize,
    /// Article that it begins.
    pub article: Article,
}

/// Longest heading of an article up to its 条, in bytes.
const MAX_HEADING_BYTES: usize = 64;
/// Suffixes of the names of laws that are cited without 《》.
const LAW_SUFFIXES: [&str; 9] = ["法", "条例", "规定", "办法", "细则", "规则", "解释", "决定", "法典"];
/// Longest name of a law that is read without 《》, in characters.
const MAX_LAW_NAME_CHARS: usize = 30;
/// Words after which the name of a law begins.
const LEADING_WORDS: [&str; 14] = [
    "根据",
    "依据",
    "依照",
    "按照",
    "违反",
    "适用",
    "符合",
    "不服",
    "关于",
    "什么是",
    "请问",
    "查询",
    "以及",
    "或者",
];

/// All articles a text cites, in order; headings are not among them.
pub fn articles(text: &str) -> Vec<CitedArticle> {
    let mut found: Vec<CitedArticle> = Vec::new();
    for position in memmem::find_iter(text.as_bytes(), "条") {
        if let Some((start, article, end)) = parse_place(text, position)
            && !is_heading(text, start, end)
            && found.last().is_none_or(|last| last.range.end <= start)
        {
            let (law_start, law) = law_before(text, start);
            let earliest = found.last().map_or(0, |last| last.range.end);
            found.push(CitedArticle { range: law_start.max(earliest)..end, law, article });
        }
    }
    found
}

/// All headings of articles, by which the text of a law is divided, in order.
pub fn headings(text: &str) -> Vec<Heading> {
    let places = memmem::find_iter(text.as_bytes(), "条").filter_map(|position| parse_place(text, position));
    places
        .filter(|(start, _, end)| is_heading(text, *start, *end))
        .map(|(start, article, _)| Heading { start, article })
        .collect()
}

/// Heading of the article around the byte `position`: the nearest that begins at or before it, no
/// further back than `max_bytes`.
pub fn heading_before(text: &str, position: usize, max_bytes: usize) -> Option<Heading> {
    // The 条 of a heading that begins at the position stands behind it.
    let end = (position + MAX_HEADING_BYTES).min(text.len());
    let floor = position.saturating_sub(max_bytes);
    let places = memmem::rfind_iter(&text.as_bytes()[..end], "条").take_while(|place| *place >= floor);
    places
        .filter_map(|place| parse_place(text, place))
        .filter(|(start, ..)| *start <= position)
        .find(|(start, _, end)| is_heading(text, *start, *end))
        .map(|(start, article, _)| Heading { start, article })
}

/// Parses the place whose 条 is at the byte `position`: its start, the article, its end.
fn parse_place(text: &str, position: usize) -> Option<(usize, Article, usize)> {
    let mut cursor = ReverseCursor::new(text, position);
    cursor.skip_whitespace();
    let number = number_before(&mut cursor)?;
    cursor.skip_whitespace();
    if !cursor.eat('第') {
        return None;
    }
    let mut rest = &text[position + '条'.len_utf8()..];
    let mut article = Article { number, inserted: None, paragraph: None, item: None };
    if let Some((inserted, after)) = rest.strip_prefix('之').and_then(number_at_start) {
        (article.inserted, rest) = (Some(inserted), after);
    }
    if let Some((paragraph, after)) = parse_part(rest, '款') {
        (article.paragraph, rest) = (Some(paragraph), after);
    }
    if let Some((item, after)) = parse_part(rest, '项') {
        (article.item, rest) = (Some(item), after);
    }
    Some((cursor.position(), article, text.len() - rest.len()))
}

fn number_before(cursor: &mut ReverseCursor<'_>) -> Option<u32> {
    let decimal = cursor.eat_digits(5);
    if !decimal.is_empty() {
        return decimal.parse().ok();
    }
    let end = cursor.position();
    while end - cursor.position() < 27 && cursor.eat_if(is_chinese_numeral).is_some() {}
    chinese_number(cursor.taken_until(end))
}

/// Parses `第二款`, `第（一）项`, `第1项`.
fn parse_part(text: &str, unit: char) -> Option<(u32, &str)> {
    let rest = text.trim_start_matches(' ').strip_prefix('第')?;
    let (number, rest) = number_at_start(rest.strip_prefix(is_opening_bracket).unwrap_or(rest))?;
    let rest = rest.strip_prefix(is_closing_bracket).unwrap_or(rest);
    rest.strip_prefix(unit).map(|rest| (number, rest))
}

fn number_at_start(text: &str) -> Option<(u32, &str)> {
    let length: usize = text
        .chars()
        .take(7)
        .take_while(|c| digit(*c).is_some() || is_chinese_numeral(*c))
        .map(char::len_utf8)
        .sum();
    let (written, rest) = text.split_at(length);
    let decimal = written.chars().try_fold(0u32, |n, c| Some(n * 10 + digit(c)?)).filter(|_| length > 0);
    decimal.or_else(|| chinese_number(written)).map(|number| (number, rest))
}

/// Checks if a place is the heading of its article: at the start of a line, or after a sentence and
/// before whitespace in a text that lost its line breaks.
fn is_heading(text: &str, start: usize, end: usize) -> bool {
    let before = text[..start].trim_end_matches([' ', '\u{3000}', '\t', '#', '*']);
    let after = text[end..].chars().next();
    let opens = before.is_empty() || before.ends_with(['\n', '\r']);
    let spaced = after.is_none_or(|c| c.is_whitespace() || c == '　' || c == '【' || c == '[');
    let follows = before.ends_with(['。', '；', '：']) && spaced;
    let sentence = after.is_some_and(|c| "的规定第和、至，所".contains(c));
    opens && !sentence || follows
}

/// Law whose name ends right before a place, and the start of its name.
fn law_before(text: &str, end: usize) -> (usize, Option<String>) {
    let before = text[..end].trim_end_matches(' ');
    if let Some(inside) = before.strip_suffix('》') {
        let near = tail(inside, 300);
        return match near.rfind('《') {
            Some(open) => {
                let start = inside.len() - near.len() + open;
                (start, Some(inside[start + '《'.len_utf8()..].to_owned()))
            }
            None => (end, None),
        };
    }
    let mut cursor = ReverseCursor::new(text, before.len());
    let mut length = 0;
    while length < MAX_LAW_NAME_CHARS && cursor.eat_if(is_han).is_some() {
        length += 1;
    }
    let run = &before[cursor.position()..];
    let ends = LEADING_WORDS.iter().filter_map(|lead| run.rfind(lead).map(|position| position + lead.len()));
    // A word right before the last character is part of the name: 法律适用法.
    let cut = ends.filter(|end| run[*end..].chars().nth(1).is_some()).max().unwrap_or(0);
    let name = &run[cut..];
    let Some(bare) = LAW_SUFFIXES.iter().find_map(|law| name.strip_suffix(law)) else { return (end, None) };
    let own = bare.ends_with(['本', '该', '前', '述', '新', '原']) || name.chars().count() < 2;
    if own { (end, None) } else { (before.len() - name.len(), Some(name.to_owned())) }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Number, insertion, paragraph, item.
    type Numbers = (u32, Option<u32>, Option<u32>, Option<u32>);

    fn laws_and_numbers(text: &str) -> Vec<(Option<String>, Numbers)> {
        let show = |a: Article| (a.number, a.inserted, a.paragraph, a.item);
        articles(text).into_iter().map(|cited| (cited.law, show(cited.article))).collect()
    }

    #[test]
    fn articles_with_law_return_law_and_place() {
        let some = |law: &str| Some(law.to_owned());
        assert_eq!(laws_and_numbers("行政许可法第三十八条"), [(some("行政许可法"), (38, None, None, None))]);
        assert_eq!(laws_and_numbers("行政许可法第38条"), [(some("行政许可法"), (38, None, None, None))]);
        assert_eq!(
            laws_and_numbers("根据《中华人民共和国刑法》第一百二十条之一第二款第（三）项"),
            [(some("中华人民共和国刑法"), (120, Some(1), Some(2), Some(3)))]
        );
        assert_eq!(laws_and_numbers("违反本法第十条规定的"), [(None, (10, None, None, None))]);
        assert_eq!(
            laws_and_numbers("依照政府信息公开条例第三十六条第（四）项"),
            [(some("政府信息公开条例"), (36, None, None, Some(4)))]
        );
    }

    #[test]
    fn articles_in_law_text_exclude_headings() {
        let text = "第一章 总则\n第一条　为了规范，根据甲法第二条，制定本法。\n第二条 内容。第三条 续。\n第一百零三条 末。";
        let numbers: Vec<_> = headings(text).into_iter().map(|h| h.article.number).collect();
        assert_eq!(numbers, [1, 2, 3, 103]);
        assert_eq!(laws_and_numbers(text).len(), 1);
        assert!(text[headings(text)[1].start..].starts_with("第二条 内容"));
    }

    #[test]
    fn articles_without_number_are_not_found() {
        for text in ["主动公开25984条", "一条龙", "条例", "第条", "第　条"] {
            assert!(laws_and_numbers(text).is_empty() && headings(text).is_empty(), "in {text}");
        }
    }

    proptest! {
        #[test]
        fn articles_any_text_does_not_panic(text in "[第一二三十百0-9条之款项（）《》法本 \n。]{0,40}|\\PC{0,40}") {
            for cited in articles(&text) {
                prop_assert!(text.get(cited.range).is_some());
            }
            headings(&text);
        }
    }
}
