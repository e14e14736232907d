//! Provenance of a text: the organ's own publication, a reprint, or a collected text.

use gongkai_index::official::issuer;
use gongkai_index::record::{Origin, Provenance};

use crate::import::extraction::content_farm;
use crate::import::extraction::line::Line;
use crate::import::extraction::organs::{has_place, place_prefix};
use crate::import::extraction::page::Page;

/// Evidence for the provenance of a text.
pub struct Evidence<'a> {
    /// Page that has the text.
    pub page: &'a Page,
    /// Address of the page.
    pub address: Option<&'a str>,
    /// Stated source.
    pub source: Option<&'a str>,
    /// Title of the text.
    pub title: &'a str,
    /// Issuers of the text.
    pub issuers: &'a [String],
    /// Set if the text has a number or a named place.
    pub named: bool,
    /// Lines of the text.
    pub lines: &'a [Line],
    /// Position among several documents on its page: `本页第 2 篇，共 5 篇`.
    pub position: Option<String>,
}

/// Determines the provenance of a text, with the reason.
pub fn judge_provenance(evidence: &Evidence<'_>) -> Provenance {
    let (origin, reason) = find_origin(evidence);
    let reason = match &evidence.position {
        Some(position) => format!("{reason}（{position}）"),
        None => reason,
    };
    Provenance { origin, reason }
}

fn find_origin(evidence: &Evidence<'_>) -> (Origin, String) {
    let issuers = evidence.issuers.join("、");
    if let Some(sign) = content_farm::find_blank(evidence.lines, evidence.title) {
        return (Origin::Collected, format!("文中以“{sign}”代替名称或数字，是范本，不是机关制发的文件"));
    }
    if let Some(sign) = evidence.page.content_farm_sign {
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
    match (site_owner(evidence), issuers.is_empty()) {
        (SiteOwner::Issuers(site), _) => (Origin::Official, format!("{site}发布")),
        (SiteOwner::Government(site), true) => (Origin::Official, format!("{site}发布")),
        (SiteOwner::Government(site), false) => (Origin::Reprint, format!("{site}转载，制发机关是{issuers}")),
        (SiteOwner::Other(site), false) => (Origin::Reprint, format!("{site}转载，制发机关是{issuers}")),
        (SiteOwner::Other(site), true) if evidence.named => (Origin::Reprint, format!("{site}转载")),
        (SiteOwner::Other(site), true) => (Origin::Collected, format!("载于{site}，文中没有制发机关")),
        (SiteOwner::Unknown, false) if evidence.position.is_some() => {
            (Origin::Reprint, format!("载于汇集多篇文件的页面，文中载明由{issuers}制发"))
        }
        (SiteOwner::Unknown, false) => (Origin::Official, format!("文中载明由{issuers}制发，没有转载的说明")),
        (SiteOwner::Unknown, true) if evidence.named => {
            (Origin::Reprint, "没有制发机关和来源，文中写明了地方或文号".to_owned())
        }
        (SiteOwner::Unknown, true) => (Origin::Collected, "没有制发机关、文号和来源".to_owned()),
    }
}

/// Owner of the site that has the page.
enum SiteOwner {
    /// One of the issuers, or the same government.
    Issuers(String),
    /// Another organ.
    Government(String),
    /// No organ.
    Other(String),
    Unknown,
}

fn site_owner(evidence: &Evidence<'_>) -> SiteOwner {
    let host = evidence.address.and_then(address_host);
    let own = evidence.page.site_name.as_deref();
    let by_organ = host.is_some_and(|host| host.ends_with(".gov.cn") || host == "gov.cn")
        || own.is_some_and(is_government_site)
        || own.is_some_and(|own| shares_issuer_place(own, evidence.issuers))
        || host.is_none()
            && own.is_none()
            && evidence.page.site_lines.iter().any(|line| line.contains("政府网站标识码"));
    let named = own.or(host).unwrap_or("政府网站");
    if own.is_some_and(|own| evidence.issuers.iter().any(|issuer| is_same_organ(issuer, own))) {
        return SiteOwner::Issuers(format!("“{named}”"));
    }
    if !by_organ && let Some(other) = own.or(host) {
        return SiteOwner::Other(format!("“{other}”"));
    }
    if let Some(source) = evidence.source.filter(|source| by_organ || is_named_source(source)) {
        if evidence.issuers.iter().any(|issuer| is_same_organ(issuer, source)) {
            return SiteOwner::Issuers(format!("“{source}”"));
        }
        let organ = is_government_site(source);
        if organ {
            return SiteOwner::Government(format!("“{source}”"));
        }
        if !by_organ || is_press(source) {
            return SiteOwner::Other(format!("“{source}”"));
        }
    }
    if by_organ {
        let site = format!("“{named}”");
        return if publishes_for_other_place(named, evidence.issuers) {
            SiteOwner::Government(site)
        } else {
            SiteOwner::Issuers(site)
        };
    }
    owner_from_words(evidence.page)
}

/// Recognises newspapers and the like; on an organ's site any other name is a part of that organ.
fn is_press(source: &str) -> bool {
    ["报", "网", "社", "台", "电视", "客户端", "媒体", "杂志", "频道", "公众号"]
        .iter()
        .any(|word| source.contains(word))
}

/// Rejects sources that are no names: a migration, the site's own editors.
fn is_named_source(source: &str) -> bool {
    !["本站", "本网", "原创", "网站编辑", "系统", "管理员", "未知", "互联网", "网络"]
        .iter()
        .any(|word| source.contains(word))
}

/// Recognises the site of an organ by its name.
pub fn is_government_site(name: &str) -> bool {
    let stem = organ_stem(name);
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

/// Recognises a site that is named by the issuer's own place.
fn shares_issuer_place(site: &str, issuers: &[String]) -> bool {
    let Some(place) = place_prefix(site) else { return false };
    issuers.iter().any(|issuer| place_prefix(issuer) == Some(place))
}

/// Recognises a local site that publishes documents of another place's or central organs.
fn publishes_for_other_place(site: &str, issuers: &[String]) -> bool {
    let Some(here) = place_prefix(site) else { return false };
    let Some(first) = issuers.first() else { return false };
    let Some(there) = place_prefix(first) else { return issuer::is_organ(first) && has_place(first) };
    let level = |place: &str| place.chars().next_back();
    level(here) == level(there) && !first.contains(here) && !site.contains(there)
}

/// Determines the owner of a site without name and address by the words around the text.
fn owner_from_words(page: &Page) -> SiteOwner {
    let says = |word: &str| page.site_lines.iter().any(|line| line.contains(word));
    let company = ["律师", "广告服务", "会员", "公司", ".com", "inc."].into_iter().find(|word| says(word));
    match company {
        Some(word) => SiteOwner::Other(format!("非政府网站（页面有“{word}”字样）")),
        None => SiteOwner::Unknown,
    }
}

/// Extracts the host of an address.
pub fn address_host(address: &str) -> Option<&str> {
    let rest = address.split_once("://")?.1;
    let host = rest.split(['/', '?', '#']).next()?.rsplit('@').next()?;
    host.split(':').next().filter(|host| !host.is_empty())
}

/// Compares an issuer and a source: equal by name, or by the government both belong to.
fn is_same_organ(issuer_name: &str, source: &str) -> bool {
    let source = issuer::normalise(source);
    let (a, b) = (organ_stem(issuer_name), organ_stem(&source));
    !b.is_empty()
        && (a == b || a.ends_with(&b) && b.chars().count() >= 3 || b.ends_with(&a) && a.chars().count() >= 3)
}

/// Reduces a name to its government: no website, no office.
fn organ_stem(name: &str) -> String {
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
        Line { kind: crate::import::file_content::BlockKind::Paragraph, text: text.to_owned() }
    }

    fn origin_of(
        site: &[&str],
        address: Option<&str>,
        source: Option<&str>,
        issuers: &[&str],
        text: &str,
    ) -> Origin {
        let mut page = Page { site_lines: site.iter().map(|s| (*s).to_owned()).collect(), ..Page::default() };
        page.content_farm_sign = content_farm::content_farm_sign(&page);
        let issuers: Vec<String> = issuers.iter().map(|s| (*s).to_owned()).collect();
        let lines = [line(text)];
        let named = !issuers.is_empty();
        judge_provenance(&Evidence {
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
    fn provenance_separates_originals_reprints_and_collected_texts() {
        let city = &["南通市人民政府办公室"][..];
        assert_eq!(origin_of(&[], Some("http://www.nantong.gov.cn/x"), None, city, ""), Origin::Official);
        assert_eq!(origin_of(&[], None, Some("市政府办公室"), city, ""), Origin::Official);
        assert_eq!(origin_of(&[], None, Some("南通市机关事务局"), city, ""), Origin::Reprint);
        assert_eq!(origin_of(&[], Some("https://www.example.com/1"), None, city, ""), Origin::Reprint);
        assert_eq!(origin_of(&["广告服务 | 联系方式"], None, None, city, ""), Origin::Reprint);
        assert_eq!(origin_of(&["本文来源于网友上传"], None, None, &[], ""), Origin::Collected);
        assert_eq!(origin_of(&[], None, None, &[], "以____年为节点"), Origin::Collected);
        assert_eq!(origin_of(&["下载文档前请自行甄别"], None, None, &["唐山市商务局"], ""), Origin::Reprint);
    }
}
