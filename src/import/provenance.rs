//! Whose copy a text is: the organ's own, somebody's reprint, or nobody's document.

use std::sync::LazyLock;

use aho_corasick::{AhoCorasick, AhoCorasickKind, MatchKind};
use gongkai_index::official::issuer;
use gongkai_index::record::{Origin, Provenance};

use super::page::{Line, Page};
use super::signature::{has_place, place_prefix};

/// Words of sites that collect texts for copying.
const MILL: &[&str] = &[
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

/// What stands in a sample where a document has a name or a number; Latin letters in either case.
const BLANKS: &[&str] = &[
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

/// What is known of a text when its provenance is asked.
pub struct Evidence<'a> {
    /// The page it stands on.
    pub page: &'a Page,
    /// Its address.
    pub address: Option<&'a str>,
    /// The stated source.
    pub source: Option<&'a str>,
    /// Its title.
    pub title: &'a str,
    /// Its issuers.
    pub issuers: &'a [String],
    /// It has a number or a named place.
    pub named: bool,
    /// Its lines.
    pub lines: &'a [Line],
    /// Where it stands among several on its page: `本页第 2 篇，共 5 篇`.
    pub position: Option<String>,
}

static MILL_SIGNS: LazyLock<AhoCorasick> = LazyLock::new(|| of_words(MILL));
static BLANK_SIGNS: LazyLock<AhoCorasick> = LazyLock::new(|| of_words(BLANKS));

fn of_words(words: &[&str]) -> AhoCorasick {
    let built = AhoCorasick::builder()
        .match_kind(MatchKind::LeftmostLongest)
        .ascii_case_insensitive(true)
        .kind(Some(AhoCorasickKind::DFA))
        .build(words);
    built.expect("short lists, fixed in the program, are no automaton too large")
}

/// Signs that stand in the text of no document.
const SURE: [&str; 9] = [
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

/// Signs on a page that its site collects samples; the first one found.
pub fn mill_sign(page: &Page) -> Option<&'static str> {
    let short = |line: &&Line| line.text.len() <= 360;
    let head = page.lines.iter().take(6).filter(short).map(|line| line.text.as_str());
    let around = page.site.iter().map(String::as_str).chain(page.title.as_deref()).chain(head);
    let sign = |text: &str| MILL_SIGNS.find(text).map(|found| MILL[found.pattern().as_usize()]);
    let around: Vec<&'static str> = around.filter_map(sign).collect();
    let sure = around.iter().find(|sign| SURE.contains(sign)).or(around.first());
    sure.copied().or_else(|| {
        let lines = page.lines.iter().filter(short);
        lines.filter_map(|line| sign(&line.text)).find(|sign| SURE.contains(sign))
    })
}

/// Names left blank in a text; the first one found.
fn blank(lines: &[Line], title: &str) -> Option<&'static str> {
    if let Some(found) = BLANK_SIGNS.find(title) {
        return Some(BLANKS[found.pattern().as_usize()]);
    }
    // Once may be an example, or a name that was hidden; twice is a form to fill in.
    let mut seen = vec![false; BLANKS.len()];
    for line in lines {
        for found in BLANK_SIGNS.find_iter(&line.text) {
            let at = found.pattern().as_usize();
            if seen[at] || BLANKS[at].starts_with(['_', '＿']) {
                return Some(BLANKS[at]);
            }
            seen[at] = true;
        }
    }
    None
}

/// The provenance of a text.
pub fn judge(evidence: &Evidence<'_>) -> Provenance {
    let (origin, reason) = origin(evidence);
    let reason = match &evidence.position {
        Some(position) => format!("{reason}（{position}）"),
        None => reason,
    };
    Provenance { origin, reason }
}

fn origin(evidence: &Evidence<'_>) -> (Origin, String) {
    let issuers = evidence.issuers.join("、");
    if let Some(sign) = blank(evidence.lines, evidence.title) {
        return (Origin::Collected, format!("文中以“{sign}”代替名称或数字，是范本，不是机关制发的文件"));
    }
    if let Some(sign) = evidence.page.mill {
        return match (evidence.named, issuers.is_empty()) {
            (true, false) => (
                Origin::Reprint,
                format!("载于收集文稿的网站（页面有“{sign}”字样），文中载明由{issuers}制发"),
            ),
            (true, true) => {
                (Origin::Reprint, format!("载于收集文稿的网站（页面有“{sign}”字样），文中写明了地方或文号"))
            }
            (false, _) => {
                (Origin::Collected, format!("载于收集文稿的网站（页面有“{sign}”字样），文中没有制发机关"))
            }
        };
    }
    match (site(evidence), issuers.is_empty()) {
        (Site::Issuers(site), _) => (Origin::Official, format!("{site}发布")),
        (Site::Government(site), true) => (Origin::Official, format!("{site}发布")),
        (Site::Government(site), false) => (Origin::Reprint, format!("{site}转载，制发机关是{issuers}")),
        (Site::Other(site), false) => (Origin::Reprint, format!("{site}转载，制发机关是{issuers}")),
        (Site::Other(site), true) if evidence.named => (Origin::Reprint, format!("{site}转载")),
        (Site::Other(site), true) => (Origin::Collected, format!("载于{site}，文中没有制发机关")),
        (Site::Unknown, false) if evidence.position.is_some() => {
            (Origin::Reprint, format!("载于汇集多篇文件的页面，文中载明由{issuers}制发"))
        }
        (Site::Unknown, false) => (Origin::Official, format!("文中载明由{issuers}制发，没有转载的说明")),
        (Site::Unknown, true) if evidence.named => {
            (Origin::Reprint, "没有制发机关和来源，文中写明了地方或文号".to_owned())
        }
        (Site::Unknown, true) => (Origin::Collected, "没有制发机关、文号和来源".to_owned()),
    }
}

/// Whose site a page is on.
enum Site {
    /// One of its issuers', or of the same government.
    Issuers(String),
    /// Another organ's.
    Government(String),
    /// Not an organ's.
    Other(String),
    Unknown,
}

fn site(evidence: &Evidence<'_>) -> Site {
    let host = evidence.address.and_then(host);
    let own = evidence.page.site_name.as_deref();
    let by_organ = host.is_some_and(|host| host.ends_with(".gov.cn") || host == "gov.cn")
        || own.is_some_and(is_organs_site)
        || own.is_some_and(|own| is_of_same_place(own, evidence.issuers))
        || host.is_none()
            && own.is_none()
            && evidence.page.site.iter().any(|line| line.contains("政府网站标识码"));
    let named = own.or(host).unwrap_or("政府网站");
    if own.is_some_and(|own| evidence.issuers.iter().any(|issuer| is_same(issuer, own))) {
        return Site::Issuers(format!("“{named}”"));
    }
    if !by_organ && let Some(other) = own.or(host) {
        return Site::Other(format!("“{other}”"));
    }
    if let Some(source) = evidence.source.filter(|source| by_organ || is_source(source)) {
        if evidence.issuers.iter().any(|issuer| is_same(issuer, source)) {
            return Site::Issuers(format!("“{source}”"));
        }
        let organ = is_organs_site(source);
        if organ {
            return Site::Government(format!("“{source}”"));
        }
        if !by_organ || is_press(source) {
            return Site::Other(format!("“{source}”"));
        }
    }
    if by_organ {
        let site = format!("“{named}”");
        return if is_elsewhere(named, evidence.issuers) {
            Site::Government(site)
        } else {
            Site::Issuers(site)
        };
    }
    by_words(evidence.page)
}

/// Newspapers and the like; on an organ's site any other name is a part of that organ.
fn is_press(source: &str) -> bool {
    ["报", "网", "社", "台", "电视", "客户端", "媒体", "杂志", "频道", "公众号"]
        .iter()
        .any(|word| source.contains(word))
}

/// Sources that are no names: a migration, the site's own editors.
fn is_source(source: &str) -> bool {
    !["本站", "本网", "原创", "网站编辑", "系统", "管理员", "未知", "互联网", "网络"]
        .iter()
        .any(|word| source.contains(word))
}

/// Whether a site is an organ's by its name.
pub fn is_organs_site(name: &str) -> bool {
    let stem = stem(name);
    issuer::is_organ(&issuer::normalise(&stem))
        || [
            "人民政府",
            "人大网",
            "政务公开",
            "政务服务网",
            "政府信息公开",
            "规范性文件库",
            "信用中国",
            "政府公报",
        ]
        .iter()
        .any(|word| stem.contains(word))
        || stem == "中国人民政府"
}

/// A site that calls itself by the issuer's own place.
fn is_of_same_place(site: &str, issuers: &[String]) -> bool {
    let Some(place) = place_prefix(site) else { return false };
    issuers.iter().any(|issuer| place_prefix(issuer) == Some(place))
}

/// A local site that shows what another place's organs or the centre's have issued.
fn is_elsewhere(site: &str, issuers: &[String]) -> bool {
    let Some(here) = place_prefix(site) else { return false };
    let Some(first) = issuers.first() else { return false };
    let Some(there) = place_prefix(first) else { return issuer::is_organ(first) && has_place(first) };
    let level = |place: &str| place.chars().next_back();
    level(here) == level(there) && !first.contains(here) && !site.contains(there)
}

/// Without a name or an address, by the words of the page around the text.
fn by_words(page: &Page) -> Site {
    let says = |word: &str| page.site.iter().any(|line| line.contains(word));
    let company = ["律师", "广告服务", "会员", "公司", ".com", "inc."].into_iter().find(|word| says(word));
    match company {
        Some(word) => Site::Other(format!("非政府网站（页面有“{word}”字样）")),
        None => Site::Unknown,
    }
}

/// The host of an address.
pub fn host(address: &str) -> Option<&str> {
    let rest = address.split_once("://")?.1;
    let host = rest.split(['/', '?', '#']).next()?.rsplit('@').next()?;
    host.split(':').next().filter(|host| !host.is_empty())
}

/// Whether a source is an issuer: by its name, or by the government both serve.
fn is_same(issuer_name: &str, source: &str) -> bool {
    let source = issuer::normalise(source);
    let (a, b) = (stem(issuer_name), stem(&source));
    !b.is_empty()
        && (a == b || a.ends_with(&b) && b.chars().count() >= 3 || b.ends_with(&a) && a.chars().count() >= 3)
}

/// A name without what only says which door of the house it is.
fn stem(name: &str) -> String {
    let mut stem: String = name.split_whitespace().collect();
    stem = stem
        .replace("政府网站", "人民政府")
        .replace("政府网", "人民政府")
        .replace("门户网站", "")
        .replace("官网", "")
        .replace("人民人民", "人民");
    if !stem.contains("人民政府") {
        stem = stem.replace("政府", "人民政府");
    }
    for ending in ["办公厅", "办公室"] {
        if let Some(rest) =
            stem.strip_suffix(ending).filter(|rest| rest.ends_with("政府") || rest.ends_with('委'))
        {
            stem = rest.to_owned();
        }
    }
    stem.strip_suffix("网站").map(str::to_owned).unwrap_or(stem)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(text: &str) -> Line {
        Line { kind: super::super::extract::BlockKind::Paragraph, text: text.to_owned() }
    }

    fn judged(
        site: &[&str],
        address: Option<&str>,
        source: Option<&str>,
        issuers: &[&str],
        text: &str,
    ) -> Origin {
        let mut page = Page { site: site.iter().map(|s| (*s).to_owned()).collect(), ..Page::default() };
        page.mill = mill_sign(&page);
        let issuers: Vec<String> = issuers.iter().map(|s| (*s).to_owned()).collect();
        let lines = [line(text)];
        let named = !issuers.is_empty();
        judge(&Evidence {
            page: &page,
            address,
            source,
            title: "关于某事的通知",
            issuers: &issuers,
            named,
            lines: &lines,
            position: None,
        })
        .origin
    }

    #[test]
    fn originals_reprints_and_samples_are_told_apart() {
        let city = &["南通市人民政府办公室"][..];
        assert_eq!(judged(&[], Some("http://www.nantong.gov.cn/x"), None, city, ""), Origin::Official);
        assert_eq!(judged(&[], None, Some("市政府办公室"), city, ""), Origin::Official);
        assert_eq!(judged(&[], None, Some("南通市机关事务局"), city, ""), Origin::Reprint);
        assert_eq!(judged(&[], Some("https://www.example.com/1"), None, city, ""), Origin::Reprint);
        assert_eq!(judged(&["广告服务 | 联系方式"], None, None, city, ""), Origin::Reprint);
        assert_eq!(judged(&["本文来源于网友上传"], None, None, &[], ""), Origin::Collected);
        assert_eq!(judged(&[], None, None, &[], "以____年为节点"), Origin::Collected);
        assert_eq!(judged(&["下载文档前请自行甄别"], None, None, &["唐山市商务局"], ""), Origin::Reprint);
    }
}
