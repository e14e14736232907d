//! Names of organs in fields, on lines, in titles and in document numbers, and their places.

use std::collections::HashSet;
use std::sync::LazyLock;

use gongkai_index::official::{document_number, genre, issuer, region};

/// Reads the organs on a line that has nothing but organs.
pub fn organs_on_line(line: &str) -> Vec<String> {
    let line = without_seal_note(line).trim_matches(|c: char| "（）()：:".contains(c));
    if line.chars().count() < 3 || line.chars().count() > 120 {
        return Vec::new();
    }
    let names = split_organs(line);
    if names.iter().all(|name| issuer::is_organ(name)) { names } else { Vec::new() }
}

/// Removes the note on the seal from a signature: `某局（盖章）`.
pub fn without_seal_note(line: &str) -> &str {
    let line = line.trim();
    let notes = [
        "（盖章）",
        "(盖章)",
        "（章）",
        "(章)",
        "（印章）",
        "(印章)",
        "（公章）",
        "(公章)",
        "（代章）",
        "(代章)",
        "（印）",
    ];
    notes.iter().find_map(|note| line.strip_suffix(note)).unwrap_or(line).trim_end()
}

/// Splits a field into its organs, also where the same place stands before each of them
/// without a separator (`甲市委办公室甲市人民政府办公室`), even a place that no list has.
pub fn split_organs(field: &str) -> Vec<String> {
    let mut names = Vec::new();
    for name in issuer::split(field).into_iter().map(|name| without_congress_term(&name)) {
        match second_name_start(&name) {
            Some(at) => names.extend([name[..at].to_owned(), name[at..].to_owned()]),
            None => names.push(name),
        }
    }
    names
}

/// Finds the place name that begins a second organ, if both halves are organs.
fn second_name_start(name: &str) -> Option<usize> {
    let place = place_prefix(name)?;
    let bare = name.len() - name.trim_start_matches("中共").len();
    let again = bare + place.len() + name[bare + place.len()..].find(place)?;
    let at = name[..again].strip_suffix("中共").map_or(again, str::len);
    (issuer::is_organ(&name[..at]) && issuer::is_organ(&name[at..])).then_some(at)
}

/// Reads the place a name begins with, listed or not: up to 省, 市, 县 or 区.
pub fn place_prefix(name: &str) -> Option<&str> {
    let bare = name.trim_start_matches("中共");
    if CENTRAL_PREFIXES.iter().any(|word| bare.starts_with(word)) {
        return None;
    }
    let mut ends = bare.char_indices().enumerate().filter(|(_, (_, c))| "省市县区州旗盟".contains(*c));
    let (_, (at, c)) = ends.find(|(count, _)| (2..=6).contains(count))?;
    Some(&bare[..at + c.len_utf8()]).filter(|place| !starts_with_verb(place))
}

/// Prefixes of the names of central organs.
const CENTRAL_PREFIXES: [&str; 8] = ["国家", "国务院", "中央", "中华", "全国", "中国", "最高", "财政部"];

/// Finds the region of an organ: the list's, or the place its own name begins with.
pub fn organ_region(name: &str) -> Option<String> {
    if let Some(path) = issuer::region(name) {
        return Some(path.to_owned());
    }
    let place = place_prefix(name)?;
    // A name that several places share is decided by the list only.
    let is_listed = region::leading(place).is_some() || region::leading_short(place).is_some();
    let rest = name.trim_start_matches("中共").strip_prefix(place)?;
    (!is_listed && !rest.is_empty()).then(|| place.to_owned())
}

/// Reads the organ that issues orders with this number: 某省人民政府 of 某省人民政府令第302号.
pub fn organs_in_number(number: &str) -> Vec<String> {
    let Some(number) = document_number::parse(number) else { return Vec::new() };
    let series =
        ["令", "公告", "通告", "公报"].into_iter().find_map(|title| number.series.strip_suffix(title));
    series.map(organs_on_line).unwrap_or_default()
}

/// Genres whose titles begin with their subject.
const RULE_GENRES: [&str; 6] = ["条例", "规定", "办法", "细则", "规则", "标准"];

/// Endings that make a name an organ beyond doubt.
const ORGAN_ENDINGS: [&str; 14] = [
    "局",
    "厅",
    "委员会",
    "人民政府",
    "办公室",
    "办公厅",
    "委",
    "法院",
    "检察院",
    "银行",
    "署",
    "馆",
    "中心",
    "大学",
];

/// Reads the organs that a title begins with, and those words.
pub fn organs_in_title(title: &str) -> Option<(Vec<String>, &str)> {
    let verbs = ["关于", "印发", "转发", "批转", "发布", "公布", "对"];
    let mut ends: Vec<usize> = verbs.iter().filter_map(|word| title.find(word)).collect();
    ends.sort_unstable();
    for at in ends {
        let head = title[..at].trim_end_matches(['、', ' ', '　']);
        let organs = organs_on_line(head);
        if !organs.is_empty() && !starts_with_verb(head) {
            return Some((organs, head));
        }
    }
    // 某市商务局某某工作实施方案: the longest beginning that is an organ with a place.
    // The title of a rule begins with its subject: 某省内部审计规定, 某市街道办事处条例.
    if genre::of_title(title).is_some_and(|genre| RULE_GENRES.contains(&genre)) {
        return None;
    }
    let ends: Vec<usize> = title.char_indices().map(|(at, _)| at).skip(4).take(36).collect();
    ends.into_iter().rev().find_map(|end| {
        let head = &title[..end];
        let ends = ORGAN_ENDINGS.iter().any(|end| head.ends_with(end));
        let is_name = ends && issuer::is_organ(head) && has_place(head) && !starts_with_verb(head);
        is_name.then(|| (vec![head.to_owned()], head))
    })
}

/// Finds the region a title begins with: `成安县…`, `河北成安县…`, `中共河北省委…`.
pub fn region_in_title(title: &str) -> Option<&'static str> {
    let bare = title.strip_prefix("中共").unwrap_or(title);
    if let Some((path, _)) = region::leading(bare) {
        return path;
    }
    let (path, length) = region::leading_short(bare)?;
    let inner =
        region::leading(&bare[length..]).and_then(|(inner, _)| inner).filter(|inner| inner.starts_with(path));
    inner.or(Some(path))
}

/// Checks if a name contains its place, or is a central organ's.
pub fn has_place(name: &str) -> bool {
    let bare = name.strip_prefix("中共").unwrap_or(name);
    let placed = region::leading(bare).is_some() || region::leading_short(bare).is_some();
    placed || is_central_organ(name) || place_prefix(name).is_some() && !starts_with_verb(name)
}

static NATIONAL_ORGANS: LazyLock<HashSet<&'static str>> =
    LazyLock::new(|| issuer::national_names().map(|(name, _)| name).collect());

fn is_central_organ(name: &str) -> bool {
    NATIONAL_ORGANS.contains(name)
        || issuer::is_organ(name) && CENTRAL_PREFIXES.iter().any(|word| name.starts_with(word))
}

/// Recognises a verb in place of an organ, `转发市财政局…`.
fn starts_with_verb(name: &str) -> bool {
    ["转发", "印发", "批转", "关于", "发布", "公布", "下发", "同意", "成立", "调整"]
        .iter()
        .any(|verb| name.starts_with(verb))
}

/// Recognises a name that begins with a level, `市政府办公室`: only the context tells of which city.
pub fn starts_with_level(name: &str) -> bool {
    ["自治区", "省", "市", "县", "区", "州", "旗", "盟"].iter().any(|level| name.starts_with(level))
}

/// Adds the place to a vague name: `市政府办公室` in 南通市 is 南通市人民政府办公室.
pub fn with_place(name: &str, path: &str) -> Option<String> {
    let full = issuer::normalise(name);
    let level = full.chars().next()?;
    let place = path.split('/').find(|step| step.ends_with(level))?;
    let rest = full.strip_prefix(level)?;
    Some(if rest.starts_with('委') { format!("中共{place}{rest}") } else { format!("{place}{rest}") })
}

/// Removes the term of a congress, 第十三届, which is no part of its name.
pub fn without_congress_term(name: &str) -> String {
    let Some(start) = name.find('第') else { return name.to_owned() };
    match name[start..].find('届') {
        Some(end) if end <= 24 => format!("{}{}", &name[..start], &name[start + end + '届'.len_utf8()..]),
        _ => name.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn organs_in_title_reads_leading_organs() {
        let organs = |title| organs_in_title(title).map(|(organs, _)| organs).unwrap_or_default();
        assert_eq!(organs("中共酒泉市委办公室、甘肃省酒泉市人民政府办公室关于深化工作的意见").len(), 2);
        assert_eq!(organs("唐山市商务局行政权力公开透明运行工作实施方案"), ["唐山市商务局"]);
        assert!(organs("关于加强工作的意见").is_empty());
    }

    #[test]
    fn with_place_completes_name_that_begins_with_level() {
        assert_eq!(with_place("市政府办公室", "江苏省/南通市").as_deref(), Some("南通市人民政府办公室"));
        assert_eq!(with_place("县财政局", "江苏省/南通市"), None);
    }
}
