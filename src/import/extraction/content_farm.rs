//! Signs of content farms, sites that collect texts for copying, and of templates with blanks.

use std::sync::LazyLock;

use aho_corasick::{AhoCorasick, AhoCorasickKind, MatchKind};

use crate::import::extraction::line::Line;
use crate::import::extraction::page::Page;

/// Words that content farms show on their pages.
const CONTENT_FARM_WORDS: &[&str] = &[
    "网友上传",
    "不代表本站",
    "不代表本网站",
    "范文",
    "下载文档前",
    "仅部分预览",
    "侵犯您的权益",
    "文库",
    "修改版",
    "开通会员",
    "VIP",
    "付费下载",
    "仅供参考",
    "本文档",
    "taocdn",
    "精选文档",
    "word版",
    "可编辑",
    "下载后",
    "免费下载",
    "上传者",
    "文档贡献者",
    "站长",
    "导语：",
    "导语:",
    "网友提供",
    "词条",
    "大家还在搜",
    "引用日期",
    "百科",
    "范例",
];

/// Blanks that a template has in place of a name or a number; Latin letters in either case.
const TEMPLATE_BLANKS: &[&str] = &[
    "xx市",
    "××市",
    "ＸＸ市",
    "xx县",
    "××县",
    "xx区",
    "xx省",
    "xx局",
    "××局",
    "某某市",
    "某某县",
    "某某局",
    "某市",
    "某县",
    "____",
    "＿＿",
    "xx年",
    "××年",
    "20xx",
    "20××",
    "xxx",
    "×××",
    "**市",
    "**县",
    "**局",
    "xx同志",
    "xx单位",
    "x月x日",
];

static CONTENT_FARM_MATCHER: LazyLock<AhoCorasick> = LazyLock::new(|| build_matcher(CONTENT_FARM_WORDS));

static BLANK_MATCHER: LazyLock<AhoCorasick> = LazyLock::new(|| build_matcher(TEMPLATE_BLANKS));

fn build_matcher(words: &[&str]) -> AhoCorasick {
    let built = AhoCorasick::builder()
        .match_kind(MatchKind::LeftmostLongest)
        .ascii_case_insensitive(true)
        .kind(Some(AhoCorasickKind::DFA))
        .build(words);
    built.expect("short lists, fixed in the program, are no automaton too large")
}

/// Signs that never stand in the text of a document.
const CERTAIN_SIGNS: [&str; 9] = [
    "大家还在搜",
    "引用日期",
    "网友上传",
    "不代表本站",
    "下载文档前",
    "仅部分预览",
    "侵犯您的权益",
    "taocdn",
    "不代表本网站",
];

/// Finds the first sign on a page that its site is a content farm.
pub fn content_farm_sign(page: &Page) -> Option<&'static str> {
    let short = |line: &&Line| line.text.len() <= 360;
    let head = page.lines.iter().take(6).filter(short).map(|line| line.text.as_str());
    let around = page.site_lines.iter().map(String::as_str).chain(page.title.as_deref()).chain(head);
    let sign = |text: &str| {
        CONTENT_FARM_MATCHER.find(text).map(|found| CONTENT_FARM_WORDS[found.pattern().as_usize()])
    };
    let around: Vec<&'static str> = around.filter_map(sign).collect();
    let sure = around.iter().find(|sign| CERTAIN_SIGNS.contains(sign)).or(around.first());
    sure.copied().or_else(|| {
        let lines = page.lines.iter().filter(short);
        lines.filter_map(|line| sign(&line.text)).find(|sign| CERTAIN_SIGNS.contains(sign))
    })
}

/// Finds the first blank in a text that marks it as a template.
pub fn find_blank(lines: &[Line], title: &str) -> Option<&'static str> {
    if let Some(found) = BLANK_MATCHER.find(title) {
        return Some(TEMPLATE_BLANKS[found.pattern().as_usize()]);
    }
    // One blank may be an example or a name that was hidden; two make a form to fill in.
    let mut seen = vec![false; TEMPLATE_BLANKS.len()];
    for line in lines {
        for found in BLANK_MATCHER.find_iter(&line.text) {
            let at = found.pattern().as_usize();
            if seen[at] || TEMPLATE_BLANKS[at].starts_with(['_', '＿']) {
                return Some(TEMPLATE_BLANKS[at]);
            }
            seen[at] = true;
        }
    }
    None
}
