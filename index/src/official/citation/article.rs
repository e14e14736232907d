//! 条, 款, 项: the places inside a law by which it is cited and read.
//!
//! ```text
//! place   = 第 number 条 [之 number] [第 number 款] [第（number）项]
//! cited   = (《 title 》 | name ending in 法, 条例, 规定 …) place
//! heading = place of an article at the start of a line, or after the sentence before
//! ```

use std::ops::Range;

use memchr::memmem;

use crate::official::scan::{
    Back, chinese_number, digit, is_chinese_numeral, is_closing, is_han, is_opening,
};

/// A place inside a law.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Article {
    /// 第…条.
    pub number: u32,
    /// 之一: an article put in later.
    pub inserted: Option<u32>,
    /// 第…款.
    pub paragraph: Option<u32>,
    /// 第（…）项.
    pub item: Option<u32>,
}

/// An article cited in a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CitedArticle {
    /// From the name of the law to the end of the place, in bytes.
    pub range: Range<usize>,
    /// The law as named, without brackets; `None` for 本法 and for places without one.
    pub law: Option<String>,
    /// Which article.
    pub article: Article,
}

/// The heading of an article in the text of a law.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Heading {
    /// Where its 第 stands, in bytes.
    pub start: usize,
    /// Which article.
    pub article: Article,
}

/// Longest beginning of an article up to its 条, in bytes.
const HEADING: usize = 64;
/// What the names of laws end in that are cited without 《》.
const LAWS: [&str; 9] = ["法", "条例", "规定", "办法", "细则", "规则", "解释", "决定", "法典"];
/// Longest name that is read without 《》, in characters.
const LONGEST: usize = 30;
/// What ends before the name of a law begins.
const LEADS: [&str; 14] = [
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
    for at in memmem::find_iter(text.as_bytes(), "条") {
        if let Some((start, article, end)) = place(text, at)
            && heading_at(text, start, end).is_none()
            && found.last().is_none_or(|last| last.range.end <= start)
        {
            let (law_start, law) = law(text, start);
            let earliest = found.last().map_or(0, |last| last.range.end);
            found.push(CitedArticle { range: law_start.max(earliest)..end, law, article });
        }
    }
    found
}

/// The headings of articles, by which the text of a law is divided, in order.
pub fn headings(text: &str) -> Vec<Heading> {
    let places = memmem::find_iter(text.as_bytes(), "条").filter_map(|at| place(text, at));
    places
        .filter_map(|(start, article, end)| heading_at(text, start, end).map(|()| Heading { start, article }))
        .collect()
}

/// The heading of the article that a place stands in: the nearest that begins at or before it, no
/// further back than `most` bytes.
pub fn heading_before(text: &str, at: usize, most: usize) -> Option<Heading> {
    // The 条 of a heading that begins at the place stands behind it.
    let end = (at + HEADING).min(text.len());
    let floor = at.saturating_sub(most);
    let places = memmem::rfind_iter(&text.as_bytes()[..end], "条").take_while(|place| *place >= floor);
    places
        .filter_map(|place_of| place(text, place_of))
        .filter(|(start, ..)| *start <= at)
        .find_map(|(start, article, end)| heading_at(text, start, end).map(|()| Heading { start, article }))
}

/// The place whose 条 is at `at`: where it starts, what it is, where it ends.
fn place(text: &str, at: usize) -> Option<(usize, Article, usize)> {
    let mut back = Back::new(text, at);
    back.skip_blanks();
    let number = number_back(&mut back)?;
    back.skip_blanks();
    if !back.eat('第') {
        return None;
    }
    let mut rest = &text[at + '条'.len_utf8()..];
    let mut article = Article { number, inserted: None, paragraph: None, item: None };
    if let Some((inserted, after)) = rest.strip_prefix('之').and_then(number_ahead) {
        (article.inserted, rest) = (Some(inserted), after);
    }
    if let Some((paragraph, after)) = part(rest, '款') {
        (article.paragraph, rest) = (Some(paragraph), after);
    }
    if let Some((item, after)) = part(rest, '项') {
        (article.item, rest) = (Some(item), after);
    }
    Some((back.at(), article, text.len() - rest.len()))
}

fn number_back(back: &mut Back<'_>) -> Option<u32> {
    let decimal = back.digits(5);
    if !decimal.is_empty() {
        return decimal.parse().ok();
    }
    let end = back.at();
    while end - back.at() < 27 && back.eat_if(is_chinese_numeral).is_some() {}
    chinese_number(back.taken(end))
}

/// `第二款`, `第（一）项`, `第1项`.
fn part(text: &str, unit: char) -> Option<(u32, &str)> {
    let rest = text.trim_start_matches(' ').strip_prefix('第')?;
    let (number, rest) = number_ahead(rest.strip_prefix(is_opening).unwrap_or(rest))?;
    let rest = rest.strip_prefix(is_closing).unwrap_or(rest);
    rest.strip_prefix(unit).map(|rest| (number, rest))
}

fn number_ahead(text: &str) -> Option<(u32, &str)> {
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

/// Whether a place heads its article: at the start of a line, or after a sentence and
/// before a blank in a text that lost its line breaks.
fn heading_at(text: &str, start: usize, end: usize) -> Option<()> {
    let before = text[..start].trim_end_matches([' ', '\u{3000}', '\t', '#', '*']);
    let after = text[end..].chars().next();
    let opens = before.is_empty() || before.ends_with(['\n', '\r']);
    let spaced = after.is_none_or(|c| c.is_whitespace() || c == '　' || c == '【' || c == '[');
    let follows = before.ends_with(['。', '；', '：']) && spaced;
    let sentence = after.is_some_and(|c| "的规定第和、至，所".contains(c));
    (opens && !sentence || follows).then_some(())
}

/// The law whose name ends right before a place, and where it begins.
fn law(text: &str, end: usize) -> (usize, Option<String>) {
    let before = text[..end].trim_end_matches(' ');
    if let Some(inside) = before.strip_suffix('》') {
        let near = crate::official::scan::tail(inside, 300);
        return match near.rfind('《') {
            Some(open) => {
                let start = inside.len() - near.len() + open;
                (start, Some(inside[start + '《'.len_utf8()..].to_owned()))
            }
            None => (end, None),
        };
    }
    let mut back = Back::new(text, before.len());
    let mut length = 0;
    while length < LONGEST && back.eat_if(is_han).is_some() {
        length += 1;
    }
    let run = &before[back.at()..];
    let ends = LEADS.iter().filter_map(|lead| run.rfind(lead).map(|at| at + lead.len()));
    // 法律适用法 has a verb inside its name.
    let cut = ends.filter(|end| run[*end..].chars().nth(1).is_some()).max().unwrap_or(0);
    let name = &run[cut..];
    let Some(bare) = LAWS.iter().find_map(|law| name.strip_suffix(law)) else { return (end, None) };
    let own = bare.ends_with(['本', '该', '前', '述', '新', '原']) || name.chars().count() < 2;
    if own { (end, None) } else { (before.len() - name.len(), Some(name.to_owned())) }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Number, insertion, paragraph, item.
    type Numbers = (u32, Option<u32>, Option<u32>, Option<u32>);

    fn seen(text: &str) -> Vec<(Option<String>, Numbers)> {
        let show = |a: Article| (a.number, a.inserted, a.paragraph, a.item);
        articles(text).into_iter().map(|cited| (cited.law, show(cited.article))).collect()
    }

    #[test]
    fn an_article_with_its_law() {
        let some = |law: &str| Some(law.to_owned());
        assert_eq!(seen("行政许可法第三十八条"), [(some("行政许可法"), (38, None, None, None))]);
        assert_eq!(seen("行政许可法第38条"), [(some("行政许可法"), (38, None, None, None))]);
        assert_eq!(
            seen("根据《中华人民共和国刑法》第一百二十条之一第二款第（三）项"),
            [(some("中华人民共和国刑法"), (120, Some(1), Some(2), Some(3)))]
        );
        assert_eq!(seen("违反本法第十条规定的"), [(None, (10, None, None, None))]);
        assert_eq!(
            seen("依照政府信息公开条例第三十六条第（四）项"),
            [(some("政府信息公开条例"), (36, None, None, Some(4)))]
        );
    }

    #[test]
    fn headings_are_no_citations() {
        let text = "第一章 总则\n第一条　为了规范，根据甲法第二条，制定本法。\n第二条 内容。第三条 续。\n第一百零三条 末。";
        let at: Vec<_> = headings(text).into_iter().map(|h| h.article.number).collect();
        assert_eq!(at, [1, 2, 3, 103]);
        assert_eq!(seen(text).len(), 1);
        assert!(text[headings(text)[1].start..].starts_with("第二条 内容"));
    }

    #[test]
    fn what_is_no_article() {
        for text in ["主动公开25984条", "一条龙", "条例", "第条", "第　条"] {
            assert!(seen(text).is_empty() && headings(text).is_empty(), "in {text}");
        }
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(text in "[第一二三十百0-9条之款项（）《》法本 \n。]{0,40}|\\PC{0,40}") {
            for cited in articles(&text) {
                prop_assert!(text.get(cited.range).is_some());
            }
            headings(&text);
        }
    }
}
