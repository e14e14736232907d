//! Alignment of two texts, and the decision if they are copies of one document: did a site make
//! the differences, or an author?
//!
//! A site adds its own words around a text, cuts it short, loses a line, changes punctuation. An
//! author changes a year, a figure, a place, an article. So an insertion counts little, and a
//! replacement counts much.

use rustc_hash::FxHashMap;

use crate::relations::sketch::{content, mix};

/// Consecutive characters that must agree to align two positions.
const ANCHOR_CHARS: usize = 10;
/// Fewest agreeing characters of two copies.
const MIN_AGREEING_CHARS: usize = 60;
/// Smallest agreeing share of the shorter of two copies, in percent.
const MIN_AGREEING_PERCENT: usize = 60;
/// Longest insertion within a text that a site may add or lose, in characters, unless it is
/// boilerplate.
const MAX_INSERTION_CHARS: usize = 12;
/// Longest distance of a figure from the words for a site's counter, in characters.
const COUNTER_CONTEXT_CHARS: usize = 10;
/// Longest replacement within copies, in characters.
const MAX_REPLACEMENT_CHARS: usize = 80;

/// A difference: the ranges between two agreeing passages, before the first or after the last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Difference {
    /// Range in the first text.
    pub a: (usize, usize),
    /// Range in the second text.
    pub b: (usize, usize),
}

/// Alignment of two contents.
#[derive(Debug, Default)]
pub struct Alignment {
    /// Number of agreeing characters.
    pub agreeing: usize,
    /// Difference before the first agreeing passage.
    pub head: Option<Difference>,
    /// Differences between agreeing passages.
    pub inner: Vec<Difference>,
    /// Difference after the last agreeing passage.
    pub tail: Option<Difference>,
}

impl Alignment {
    /// Counts the differences.
    pub fn count_differences(&self) -> usize {
        self.inner.len() + usize::from(self.head.is_some()) + usize::from(self.tail.is_some())
    }
}

/// Counts the differences between two texts, layout aside.
pub fn count_differences(a: &str, b: &str) -> usize {
    align(&content(a), &content(b)).count_differences()
}

/// Aligns two contents.
pub fn align(a: &[char], b: &[char]) -> Alignment {
    let mut found = Alignment::default();
    let (mut at_a, mut at_b) = (0, 0);
    let mut is_first = true;
    for (i, j) in longest_chain(&find_anchors(a, b)) {
        if i < at_a || j < at_b {
            continue;
        }
        let back = a[at_a..i].iter().rev().zip(b[at_b..j].iter().rev()).take_while(|(x, y)| x == y).count();
        let ahead = a[i..].iter().zip(&b[j..]).take_while(|(x, y)| x == y).count();
        let difference = Difference { a: (at_a, i - back), b: (at_b, j - back) };
        if difference.a.0 != difference.a.1 || difference.b.0 != difference.b.1 {
            match is_first {
                true => found.head = Some(difference),
                false => found.inner.push(difference),
            }
        }
        found.agreeing += back + ahead;
        (at_a, at_b) = (i + ahead, j + ahead);
        is_first = false;
    }
    if at_a < a.len() || at_b < b.len() {
        found.tail = Some(Difference { a: (at_a, a.len()), b: (at_b, b.len()) });
    }
    found
}

/// Finds the positions of passages that are equal in both texts and occur once in each.
fn find_anchors(a: &[char], b: &[char]) -> Vec<(usize, usize)> {
    const REPEATED: u32 = u32::MAX;
    let mut positions: FxHashMap<u64, u32> = FxHashMap::default();
    for (j, hash) in sample_windows(b) {
        positions.entry(hash).and_modify(|position| *position = REPEATED).or_insert(j as u32);
    }
    let position_in_b = |(i, hash): (usize, u64)| {
        let j = *positions.get(&hash)?;
        (j != REPEATED).then_some((i, j as usize))
    };
    sample_windows(a)
        .filter_map(position_in_b)
        .filter(|(i, j)| a[*i..i + ANCHOR_CHARS] == b[*j..j + ANCHOR_CHARS])
        .collect()
}

/// Iterates over a quarter of the windows of a text, with their positions. The hash selects them,
/// so that the same windows are taken from both texts, whatever their positions.
fn sample_windows(text: &[char]) -> impl Iterator<Item = (usize, u64)> {
    let hash = |window: &[char]| {
        mix(window
            .iter()
            .fold(7, |hash: u64, c| hash.wrapping_mul(0x0000_0100_0000_01b3).wrapping_add(*c as u64)))
    };
    text.windows(ANCHOR_CHARS).map(hash).enumerate().filter(|(_, hash)| hash & 3 == 0)
}

/// Finds the longest sequence of anchors that increase in both texts.
fn longest_chain(anchors: &[(usize, usize)]) -> Vec<(usize, usize)> {
    let mut ends: Vec<usize> = Vec::new();
    let mut previous: Vec<Option<usize>> = Vec::with_capacity(anchors.len());
    for (n, (_, j)) in anchors.iter().enumerate() {
        let slot = ends.partition_point(|end| anchors[*end].1 < *j);
        previous.push(slot.checked_sub(1).map(|slot| ends[slot]));
        if slot == ends.len() {
            ends.push(n);
        } else {
            ends[slot] = n;
        }
    }
    let mut chain = Vec::new();
    let mut current = ends.last().copied();
    while let Some(n) = current {
        chain.push(anchors[n]);
        current = previous[n];
    }
    chain.reverse();
    chain
}

/// Relation of two texts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Likeness {
    /// Copies of one document.
    Copies,
    /// Two documents: an author replaced words of one by others.
    Distinct,
    /// Too little in common to decide.
    Unlike,
}

/// Decides if two contents are copies of one document.
pub fn compare(a: &[char], b: &[char]) -> Likeness {
    let alignment = align(a, b);
    let shorter = a.len().min(b.len());
    if alignment.agreeing < MIN_AGREEING_CHARS.min(shorter)
        || alignment.agreeing * 100 < shorter * MIN_AGREEING_PERCENT
    {
        return Likeness::Unlike;
    }
    let sides =
        |difference: &Difference| (&a[difference.a.1..], side(a, difference.a), side(b, difference.b));
    let head = alignment.head.as_ref().map(sides);
    if head.is_some_and(|(after, x, y)| {
        is_other_document_at_edge(x, y)
            || figures_before_differ(x, y, after)
            || places_before_differ(x, y, after)
    }) {
        return Likeness::Distinct;
    }
    let tail =
        alignment.tail.map(|difference| (&a[..difference.a.0], side(a, difference.a), side(b, difference.b)));
    if tail
        .is_some_and(|(before, x, y)| is_other_document_at_edge(x, y) || figures_after_differ(x, y, before))
    {
        return Likeness::Distinct;
    }
    let (mut small, mut large, mut lost) = (0, 0, 0);
    for difference in &alignment.inner {
        let (x, y) = (side(a, difference.a), side(b, difference.b));
        let before = if x.is_empty() { &b[..difference.b.0] } else { &a[..difference.a.0] };
        if is_other_document_within(x, y, before, &a[difference.a.1..]) {
            return Likeness::Distinct;
        }
        match (x.len(), y.len()) {
            (0, n) | (n, 0) => {
                lost += n;
                large += usize::from(n > 1 && !is_boilerplate(if x.is_empty() { y } else { x }));
            }
            (1, 1) => small += 1,
            _ => large += 1,
        }
    }
    // A thousand characters may have one changed word and some mistyped characters.
    let thousands = alignment.agreeing / 1_000;
    let few = large <= (1 + thousands).min(3)
        && small <= 2 + alignment.agreeing / 60
        && lost * 10 <= alignment.agreeing;
    if few { Likeness::Copies } else { Likeness::Unlike }
}

fn side(text: &[char], (from, to): (usize, usize)) -> &[char] {
    &text[from..to]
}

/// Checks if a difference within the texts proves that they are two documents.
fn is_other_document_within(x: &[char], y: &[char], before: &[char], after: &[char]) -> bool {
    if x.is_empty() || y.is_empty() {
        let added = if x.is_empty() { y } else { x };
        // If an article is inserted before another, its 第 may be aligned with that of the other.
        let from = before.len().saturating_sub(4);
        let near: Vec<char> = before[from..].iter().chain(added).copied().collect();
        return !is_boilerplate(added)
            && (added.len() > MAX_INSERTION_CHARS || has_article(&near, before.len() - from));
    }
    if numerals(x) != numerals(y) {
        return true;
    }
    // 云屏|市, 教育|局: the end of a name of a place or an organ.
    let is_name = after.iter().take(2).any(|c| "省市县区州盟旗镇乡村局厅委院部".contains(*c));
    is_name || x.len().max(y.len()) > MAX_REPLACEMENT_CHARS
}

/// Checks if a difference at the beginnings or ends of the texts proves that they are two
/// documents.
fn is_other_document_at_edge(x: &[char], y: &[char]) -> bool {
    let has = |side: &[char], word: &str| {
        let word: Vec<char> = word.chars().collect();
        side.windows(word.len()).any(|window| window == word)
    };
    let either = |word| has(x, word) || has(y, word);
    let both = !x.is_empty() && !y.is_empty();
    let words = |side: &[char]| -> Vec<char> { side.iter().copied().filter(|c| !is_numeral(*c)).collect() };
    // Other figures in the same words are an author's, unless a site counts visits.
    if both && numerals(x) != numerals(y) && words(x) == words(y) && !is_boilerplate(x) {
        return true;
    }
    let names_revision = either("修正") || either("修订") || either("通过");
    let names_first_day = (has(x, "施行") || has(x, "执行")) && (has(y, "施行") || has(y, "执行"));
    both && (names_revision || names_first_day) && numerals(x) != numerals(y)
}

/// Checks if different figures precede an agreeing passage: 2018|年12月29日公布 and
/// 2012|年12月29日公布. The counters of a site are ignored.
fn figures_before_differ(x: &[char], y: &[char], after: &[char]) -> bool {
    let (Some(a), Some(b)) = (x.last(), y.last()) else { return false };
    let near = |side: &[char]| -> Vec<char> {
        let from = side.len().saturating_sub(COUNTER_CONTEXT_CHARS);
        side[from..].iter().chain(after.iter().take(2)).copied().collect()
    };
    is_numeral(*a) && is_numeral(*b) && a != b && !is_boilerplate(&near(x)) && !is_boilerplate(&near(y))
}

/// Checks if names of different places precede an agreeing passage: 广东|省高级人民法院 and
/// 云南|省高级人民法院.
fn places_before_differ(x: &[char], y: &[char], after: &[char]) -> bool {
    let near = |side: &[char]| is_boilerplate(&side[side.len().saturating_sub(COUNTER_CONTEXT_CHARS)..]);
    let both = !x.is_empty() && !y.is_empty();
    both && after.first().is_some_and(|c| "省市县区州盟旗".contains(*c)) && !near(x) && !near(y)
}

/// Checks if different figures follow an agreeing passage.
fn figures_after_differ(x: &[char], y: &[char], before: &[char]) -> bool {
    let (Some(a), Some(b)) = (x.first(), y.first()) else { return false };
    let near = |side: &[char]| -> Vec<char> {
        let from = before.len().saturating_sub(COUNTER_CONTEXT_CHARS);
        before[from..].iter().chain(side.iter().take(COUNTER_CONTEXT_CHARS)).copied().collect()
    };
    is_numeral(*a) && is_numeral(*b) && a != b && !is_boilerplate(&near(x)) && !is_boilerplate(&near(y))
}

/// Returns the numerals of a passage, Chinese and decimal.
fn numerals(passage: &[char]) -> Vec<char> {
    passage.iter().copied().filter(|c| is_numeral(*c)).collect()
}

fn is_numeral(c: char) -> bool {
    c.is_ascii_digit() || "〇零一二三四五六七八九十百千万两".contains(c)
}

/// Checks if a passage has a 第…条 whose 条 is at or after a position: an article that only one
/// text has.
fn has_article(passage: &[char], from: usize) -> bool {
    let starts = passage.iter().enumerate().filter(|(_, c)| **c == '第');
    starts.into_iter().any(|(at, _)| {
        let rest = &passage[at + 1..];
        let numeral = rest.iter().take_while(|c| is_numeral(**c)).count();
        numeral > 0 && rest.get(numeral) == Some(&'条') && at + 1 + numeral >= from
    })
}

/// Checks if a passage has the words of a site's boilerplate: 分享到, 打印, 字号 …
fn is_boilerplate(passage: &[char]) -> bool {
    const WORDS: [&str; 28] = [
        "分享",
        "打印",
        "字号",
        "字体",
        "来源",
        "浏览",
        "点击",
        "次数",
        "阅读",
        "扫一扫",
        "二维码",
        "关闭",
        "上一篇",
        "下一篇",
        "当前位置",
        "首页",
        "责任编辑",
        "附件",
        "下载",
        "转载",
        "广告",
        "收藏",
        "微信",
        "微博",
        "公众号",
        "客户端",
        "点赞",
        "发布时间",
    ];
    let text: String = passage.iter().collect();
    WORDS.iter().any(|word| text.contains(word))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::relations::sketch::content;

    const TEXT: &str = "各街道办事处，区直各单位：为进一步加强养老服务工作，根据《老年人权益保障法》，结合本区实际，\
        现就有关事项通知如下。一、建立养老服务补贴制度，对年满八十周岁的老人每月发放补贴一百元。二、在每个街道建设\
        一处日间照料中心，配备不少于五名工作人员。三、鼓励社会力量兴办养老机构，对新建床位给予一次性建设补助。\
        四、各街道应当在每年十二月底前向区民政局报送工作情况。本通知自2019年5月1日起施行。";

    fn is_copy(other: &str) -> bool {
        compare(&content(TEXT), &content(other)) == Likeness::Copies
    }

    #[test]
    fn text_changed_by_a_site_is_a_copy() {
        assert!(is_copy(TEXT));
        assert!(is_copy(&TEXT.replace('，', ",").replace('。', " ")));
        assert!(is_copy(&format!("当前位置：首页 > 通知\n字体：大 中 小\n{TEXT}\n责任编辑：某 打印 关闭")));
        assert!(is_copy(&TEXT[..TEXT.len() / 5 * 3]), "cut short");
        assert!(is_copy(&TEXT.replace("三、鼓励", "分享到：微信 三、鼓励")));
        assert!(is_copy(&TEXT.replace("老人每月", "老入每月")), "a mistyped character");
    }

    #[test]
    fn text_with_other_figures_at_the_edge_is_distinct_unless_a_site_counts() {
        let dated = |day: &str| format!("养老服务补贴办法（{day}区政府第三号令公布）\n{TEXT}");
        let is_distinct = |a: &str, b: &str| compare(&content(a), &content(b)) == Likeness::Distinct;
        assert!(is_distinct(&dated("2018年12月29日"), &dated("2012年12月29日")));
        let with_title = format!("养老服务补贴办法\n{}", dated("2018年12月29日"));
        assert!(is_distinct(&with_title, &dated("2012年12月29日")), "the title above it changes nothing");
        let visited = |times: &str| format!("{TEXT}\n浏览次数：{times} 打印本页 关闭窗口");
        assert!(!is_distinct(&visited("1283"), &visited("77")));
        let above = |times: &str| format!("浏览次数：{times}\n{TEXT}");
        assert!(!is_distinct(&above("1283"), &above("77")));
        assert!(is_distinct(&format!("{TEXT}2018年1月5日"), &format!("{TEXT}2013年1月5日")));
    }

    #[test]
    fn text_changed_by_an_author_is_no_copy() {
        assert!(!is_copy(&TEXT.replace("2019年", "2020年")), "another year");
        assert!(!is_copy(&TEXT.replace("一百元", "二百元")), "another amount");
        assert!(!is_copy(&TEXT.replace("向区民政局", "向县教育局")), "another organ");
        assert!(
            !is_copy(&TEXT.replace("四、各街道", "第四条之一 新增一条规定。四、各街道")),
            "another article"
        );
        assert!(!is_copy(
            "完全是另一份文件的内容，与上面没有关系，只是碰巧也有这样的长度和这样的格式而已，再写一句凑够字数。"
        ));
    }
}
