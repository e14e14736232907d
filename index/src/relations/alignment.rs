//! Whether two texts are the same document: what one has and the other has not is
//! laid side by side, and it is asked whether a site or an author would change that.
//!
//! A site adds its own words around a text, cuts it short, loses a line, sets other
//! punctuation. An author changes a year, a figure, a place, an article. So what stands
//! only at one side counts little, and what stands against something else counts much.

use rustc_hash::FxHashMap;

use crate::relations::sketch::{content, mix};

/// Characters that must agree in a row for two places to be laid against each other.
const ANCHOR: usize = 10;
/// Least characters that agree for two texts to be one.
const LEAST: usize = 60;
/// Least share of the shorter text that agrees, in hundredths.
const SHARE: usize = 60;
/// Longest stretch within a text that a site may add or lose without it being the site's
/// own words, in characters.
const STRETCH: usize = 12;
/// How near to a figure the words stand that say what a site counts, in characters.
const COUNTER: usize = 10;
/// Longest stretch that may stand against another, in characters.
const AGAINST: usize = 80;

/// What lies between two places that agree, or before the first or behind the last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Gap {
    /// In the one text.
    pub a: (usize, usize),
    /// In the other.
    pub b: (usize, usize),
}

/// Two contents laid against each other.
#[derive(Debug, Default)]
pub struct Alignment {
    /// Characters that agree.
    pub agreeing: usize,
    /// Before the first place that agrees.
    pub head: Option<Gap>,
    /// Between two places that agree.
    pub inner: Vec<Gap>,
    /// Behind the last.
    pub tail: Option<Gap>,
}

impl Alignment {
    /// In how many places the texts differ.
    pub fn differences(&self) -> usize {
        self.inner.len() + usize::from(self.head.is_some()) + usize::from(self.tail.is_some())
    }
}

/// Counts the places in which two texts differ, layout aside.
pub fn count_differences(a: &str, b: &str) -> usize {
    align(&content(a), &content(b)).differences()
}

/// Lays two contents against each other.
pub fn align(a: &[char], b: &[char]) -> Alignment {
    let mut found = Alignment::default();
    let (mut at_a, mut at_b) = (0, 0);
    let mut last: Option<(usize, usize)> = None;
    for (i, j) in chain(&anchors(a, b)) {
        if i < at_a || j < at_b {
            continue;
        }
        let back = a[at_a..i].iter().rev().zip(b[at_b..j].iter().rev()).take_while(|(x, y)| x == y).count();
        let ahead = a[i..].iter().zip(&b[j..]).take_while(|(x, y)| x == y).count();
        let gap = Gap { a: (at_a, i - back), b: (at_b, j - back) };
        if gap.a.0 != gap.a.1 || gap.b.0 != gap.b.1 {
            match last {
                None => found.head = Some(gap),
                Some(_) => found.inner.push(gap),
            }
        }
        found.agreeing += back + ahead;
        (at_a, at_b) = (i + ahead, j + ahead);
        last = Some((at_a, at_b));
    }
    if at_a < a.len() || at_b < b.len() {
        found.tail = Some(Gap { a: (at_a, a.len()), b: (at_b, b.len()) });
    }
    found
}

/// Places with the same characters in a row that each text has only once.
fn anchors(a: &[char], b: &[char]) -> Vec<(usize, usize)> {
    const TWICE: u32 = u32::MAX;
    let mut places: FxHashMap<u64, u32> = FxHashMap::default();
    for (j, hash) in windows(b) {
        places.entry(hash).and_modify(|at| *at = TWICE).or_insert(j as u32);
    }
    let of = |(i, hash): (usize, u64)| {
        let j = *places.get(&hash)?;
        (j != TWICE).then_some((i, j as usize))
    };
    windows(a).filter_map(of).filter(|(i, j)| a[*i..i + ANCHOR] == b[*j..j + ANCHOR]).collect()
}

/// The windows of a text whose hash falls into a quarter of all, with where they begin:
/// the same windows are taken from both texts, wherever they stand.
fn windows(text: &[char]) -> impl Iterator<Item = (usize, u64)> {
    let hash = |window: &[char]| {
        mix(window
            .iter()
            .fold(7, |hash: u64, c| hash.wrapping_mul(0x0000_0100_0000_01b3).wrapping_add(*c as u64)))
    };
    text.windows(ANCHOR).map(hash).enumerate().filter(|(_, hash)| hash & 3 == 0)
}

/// The longest row of anchors that go forward in both texts.
fn chain(anchors: &[(usize, usize)]) -> Vec<(usize, usize)> {
    let mut ends: Vec<usize> = Vec::new();
    let mut before: Vec<Option<usize>> = Vec::with_capacity(anchors.len());
    for (n, (_, j)) in anchors.iter().enumerate() {
        let at = ends.partition_point(|end| anchors[*end].1 < *j);
        before.push(at.checked_sub(1).map(|at| ends[at]));
        if at == ends.len() {
            ends.push(n);
        } else {
            ends[at] = n;
        }
    }
    let mut row = Vec::new();
    let mut at = ends.last().copied();
    while let Some(n) = at {
        row.push(anchors[n]);
        at = before[n];
    }
    row.reverse();
    row
}

/// What two texts are to each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Likeness {
    /// Copies of one document.
    Copies,
    /// Two documents: something stands in one against something else in the other.
    Distinct,
    /// They share too little to say so.
    Unlike,
}

/// Whether two contents are one document.
pub fn compare(a: &[char], b: &[char]) -> Likeness {
    let alignment = align(a, b);
    let shorter = a.len().min(b.len());
    if alignment.agreeing < LEAST.min(shorter) || alignment.agreeing * 100 < shorter * SHARE {
        return Likeness::Unlike;
    }
    let ahead = |gap: &Gap| (&a[gap.a.1..], side(a, gap.a), side(b, gap.b));
    let head = alignment.head.as_ref().map(ahead);
    if head.is_some_and(|(after, x, y)| {
        tells_at_edge(x, y) || figures_end(x, y, after) || place_ends(x, y, after)
    }) {
        return Likeness::Distinct;
    }
    let tail = alignment.tail.map(|gap| (&a[..gap.a.0], side(a, gap.a), side(b, gap.b)));
    if tail.is_some_and(|(before, x, y)| tells_at_edge(x, y) || figures_begin(x, y, before)) {
        return Likeness::Distinct;
    }
    let (mut small, mut large, mut lost) = (0, 0, 0);
    for gap in &alignment.inner {
        let (x, y) = (side(a, gap.a), side(b, gap.b));
        let before = if x.is_empty() { &b[..gap.b.0] } else { &a[..gap.a.0] };
        if tells(x, y, before, &a[gap.a.1..]) {
            return Likeness::Distinct;
        }
        match (x.len(), y.len()) {
            (0, n) | (n, 0) => {
                lost += n;
                large += usize::from(n > 1 && !is_chrome(if x.is_empty() { y } else { x }));
            }
            (1, 1) => small += 1,
            _ => large += 1,
        }
    }
    // A thousand characters may hold one changed word and some mistyped characters.
    let thousands = alignment.agreeing / 1_000;
    let few = large <= (1 + thousands).min(3)
        && small <= 2 + alignment.agreeing / 60
        && lost * 10 <= alignment.agreeing;
    if few { Likeness::Copies } else { Likeness::Unlike }
}

fn side(text: &[char], (from, to): (usize, usize)) -> &[char] {
    &text[from..to]
}

/// Whether what stands against each other within a text can only be two documents.
fn tells(x: &[char], y: &[char], before: &[char], after: &[char]) -> bool {
    if x.is_empty() || y.is_empty() {
        let added = if x.is_empty() { y } else { x };
        // Where an article is added before another, the 第 may be that of either.
        let from = before.len().saturating_sub(4);
        let near: Vec<char> = before[from..].iter().chain(added).copied().collect();
        return !is_chrome(added) && (added.len() > STRETCH || has_article(&near, before.len() - from));
    }
    if numerals(x) != numerals(y) {
        return true;
    }
    // 云屏|市, 教育|局: a name of a place or an organ.
    let named = after.iter().take(2).any(|c| "省市县区州盟旗镇乡村局厅委院部".contains(*c));
    named || x.len().max(y.len()) > AGAINST
}

/// Whether the beginnings or ends of two texts can only be of two documents.
fn tells_at_edge(x: &[char], y: &[char]) -> bool {
    let has = |side: &[char], word: &str| {
        let word: Vec<char> = word.chars().collect();
        side.windows(word.len()).any(|window| window == word)
    };
    let either = |word| has(x, word) || has(y, word);
    let both = !x.is_empty() && !y.is_empty();
    let words = |side: &[char]| -> Vec<char> { side.iter().copied().filter(|c| !is_numeral(*c)).collect() };
    // The same words with another figure are the text's own, unless a site counts visits.
    if both && numerals(x) != numerals(y) && words(x) == words(y) && !is_chrome(x) {
        return true;
    }
    let edition = either("修正") || either("修订") || either("通过");
    let term = (has(x, "施行") || has(x, "执行")) && (has(y, "施行") || has(y, "执行"));
    both && (edition || term) && numerals(x) != numerals(y)
}

/// Whether the beginnings of two texts end in figures that differ, right before what agrees:
/// 2018|年12月29日公布 against 2012|年12月29日公布. A site's own counters do not count.
fn figures_end(x: &[char], y: &[char], after: &[char]) -> bool {
    let (Some(a), Some(b)) = (x.last(), y.last()) else { return false };
    let near = |side: &[char]| -> Vec<char> {
        let from = side.len().saturating_sub(COUNTER);
        side[from..].iter().chain(after.iter().take(2)).copied().collect()
    };
    is_numeral(*a) && is_numeral(*b) && a != b && !is_chrome(&near(x)) && !is_chrome(&near(y))
}

/// Whether they end in names of places that differ: 广东|省高级人民法院 against 云南|省高级人民法院.
fn place_ends(x: &[char], y: &[char], after: &[char]) -> bool {
    let near = |side: &[char]| is_chrome(&side[side.len().saturating_sub(COUNTER)..]);
    let both = !x.is_empty() && !y.is_empty();
    both && after.first().is_some_and(|c| "省市县区州盟旗".contains(*c)) && !near(x) && !near(y)
}

/// Whether the ends of two texts begin with figures that differ.
fn figures_begin(x: &[char], y: &[char], before: &[char]) -> bool {
    let (Some(a), Some(b)) = (x.first(), y.first()) else { return false };
    let near = |side: &[char]| -> Vec<char> {
        let from = before.len().saturating_sub(COUNTER);
        before[from..].iter().chain(side.iter().take(COUNTER)).copied().collect()
    };
    is_numeral(*a) && is_numeral(*b) && a != b && !is_chrome(&near(x)) && !is_chrome(&near(y))
}

/// The numerals of a piece, Chinese and decimal.
fn numerals(piece: &[char]) -> Vec<char> {
    piece.iter().copied().filter(|c| is_numeral(*c)).collect()
}

fn is_numeral(c: char) -> bool {
    c.is_ascii_digit() || "〇零一二三四五六七八九十百千万两".contains(c)
}

/// 第…条 with its 条 at or behind a place: an article that one text has and the other has not.
fn has_article(piece: &[char], from: usize) -> bool {
    let starts = piece.iter().enumerate().filter(|(_, c)| **c == '第');
    starts.into_iter().any(|(at, _)| {
        let rest = &piece[at + 1..];
        let numeral = rest.iter().take_while(|c| is_numeral(**c)).count();
        numeral > 0 && rest.get(numeral) == Some(&'条') && at + 1 + numeral >= from
    })
}

/// What sites put between: 分享到, 打印, 字号 …
fn is_chrome(piece: &[char]) -> bool {
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
    let text: String = piece.iter().collect();
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

    fn one(other: &str) -> bool {
        compare(&content(TEXT), &content(other)) == Likeness::Copies
    }

    #[test]
    fn what_sites_do_to_a_text() {
        assert!(one(TEXT));
        assert!(one(&TEXT.replace('，', ",").replace('。', " ")));
        assert!(one(&format!("当前位置：首页 > 通知\n字体：大 中 小\n{TEXT}\n责任编辑：某 打印 关闭")));
        assert!(one(&TEXT[..TEXT.len() / 5 * 3]), "cut short");
        assert!(one(&TEXT.replace("三、鼓励", "分享到：微信 三、鼓励")));
        assert!(one(&TEXT.replace("老人每月", "老入每月")), "a mistyped character");
    }

    #[test]
    fn figures_at_the_edge_are_the_authors_unless_a_site_counts() {
        let dated = |day: &str| format!("养老服务补贴办法（{day}区政府第三号令公布）\n{TEXT}");
        let told = |a: &str, b: &str| compare(&content(a), &content(b)) == Likeness::Distinct;
        assert!(told(&dated("2018年12月29日"), &dated("2012年12月29日")));
        let with_title = format!("养老服务补贴办法\n{}", dated("2018年12月29日"));
        assert!(told(&with_title, &dated("2012年12月29日")), "the title above it changes nothing");
        let visited = |times: &str| format!("{TEXT}\n浏览次数：{times} 打印本页 关闭窗口");
        assert!(!told(&visited("1283"), &visited("77")));
        let above = |times: &str| format!("浏览次数：{times}\n{TEXT}");
        assert!(!told(&above("1283"), &above("77")));
        assert!(told(&format!("{TEXT}2018年1月5日"), &format!("{TEXT}2013年1月5日")));
    }

    #[test]
    fn what_authors_do() {
        assert!(!one(&TEXT.replace("2019年", "2020年")), "another year");
        assert!(!one(&TEXT.replace("一百元", "二百元")), "another amount");
        assert!(!one(&TEXT.replace("向区民政局", "向县教育局")), "another organ");
        assert!(!one(&TEXT.replace("四、各街道", "第四条之一 新增一条规定。四、各街道")), "another article");
        assert!(!one(
            "完全是另一份文件的内容，与上面没有关系，只是碰巧也有这样的长度和这样的格式而已，再写一句凑够字数。"
        ));
    }
}
