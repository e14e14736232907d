//! Who issued a document, by its own words: the organs over the date, the organs
//! its title begins with.

use std::collections::HashSet;
use std::sync::LazyLock;

use gongkai_index::official::{date, document_number, genre, issuer, region};

use super::enclosed::is_date_line;
use super::extract::BlockKind;
use super::note::without_term;
use super::page::Line;

/// Most lines over a date that are organs.
const MOST_LINES: usize = 12;

/// The organs that sign, and the line with the date under them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signature {
    /// One by one.
    pub organs: Vec<String>,
    /// The day, as found on its line.
    pub date: date::Found,
    /// Line of the date.
    pub line: usize,
    /// The words of organs and date.
    pub evidence: String,
}

/// The first signature in these lines.
pub fn find(lines: &[Line]) -> Option<Signature> {
    let dated =
        (0..lines.len()).filter(|at| lines[*at].kind != BlockKind::Row && is_date_line(&lines[*at].text));
    let signatures: Vec<Signature> = dated.take(20).filter_map(|at| signature_at(lines, at)).collect();
    let signed = signatures.iter().find(|signature| !signature.organs.is_empty() && signature.line > 0);
    // A date under a person's name, or alone at the end of the text, signs it too.
    let signed =
        signed.or_else(|| signatures.iter().find(|s| s.line > 0 && is_person(&lines[s.line - 1].text)));
    signed.or_else(|| signatures.iter().rfind(|signature| signature.line + 4 >= lines.len())).cloned()
}

/// Ends of names of bodies that no list of organs has.
const BODIES: [&str; 24] = [
    "中心", "馆", "院", "校", "大学", "学院", "会", "协会", "办", "处", "站", "所", "队", "总队", "支队",
    "组", "公司", "集团", "社", "园", "委", "局", "厅", "台",
];

/// A short line right over the date at the end of a text signs it, whatever the
/// body is called: a museum, a service centre, a leading group.
fn under_place(lines: &[Line], at: usize) -> Vec<String> {
    let ends = lines[at + 1..].iter().all(|line| line.text.chars().count() <= 40);
    let Some(above) = at.checked_sub(1).map(|above| unsealed(&lines[above].text)) else { return Vec::new() };
    let parts: Vec<&str> = above.split_whitespace().collect();
    if parts.len() > 1 {
        let each: Vec<String> = parts.iter().map(|part| (*part).to_owned()).collect();
        let all = parts.iter().all(|part| {
            issuer::is_organ(part)
                || BODIES.iter().any(|body| part.ends_with(body)) && part.chars().count() >= 4
        });
        return if ends && all && organs_of(above).is_empty() { each } else { Vec::new() };
    }
    let han = above.chars().all(|c| ('\u{4e00}'..='\u{9fff}').contains(&c) || "（）()".contains(c));
    let body = BODIES.iter().any(|body| above.ends_with(body)) && (5..=40).contains(&above.chars().count());
    let listed = !organs_of(above).is_empty();
    if ends && han && body && !listed && !is_person(above) { vec![above.to_owned()] } else { Vec::new() }
}

/// `省长　某某`: who signs an order.
fn is_person(line: &str) -> bool {
    let titles = [
        "省长", "市长", "县长", "区长", "主席", "主任", "部长", "局长", "署长", "行长", "总理", "州长",
        "院长",
    ];
    let bare: String = line.chars().filter(|c| !c.is_whitespace()).collect();
    bare.chars().count() <= 14 && titles.iter().any(|title| bare.starts_with(title) || bare.ends_with(title))
}

fn signature_at(lines: &[Line], at: usize) -> Option<Signature> {
    let text = &lines[at].text;
    let date = date::find_all(text).into_iter().next_back()?;
    let beside = text[..date.range.start].trim();
    let mut organs = organs_of(beside);
    let mut first = at;
    if beside.is_empty() {
        organs = under_place(lines, at);
        if !organs.is_empty() {
            first = at - 1;
        }
    }
    if beside.is_empty() && organs.is_empty() {
        let above = lines[..at]
            .iter()
            .rev()
            .take(MOST_LINES)
            .take_while(|line| !organs_of(&line.text).is_empty())
            .count();
        first = at - above;
        organs = lines[first..at].iter().flat_map(|line| organs_of(&line.text)).collect();
    }
    organs.dedup();
    let evidence = lines[first..=at].iter().map(|line| line.text.as_str()).collect::<Vec<_>>().join(" ");
    Some(Signature { organs, date, line: at, evidence })
}

/// The organs on a line that has nothing but organs.
pub fn organs_of(line: &str) -> Vec<String> {
    let line = unsealed(line).trim_matches(|c: char| "（）()：:".contains(c));
    if line.chars().count() < 3 || line.chars().count() > 120 {
        return Vec::new();
    }
    let names = split(line);
    if names.iter().all(|name| issuer::is_organ(name)) { names } else { Vec::new() }
}

/// A signature without the note on its seal: `某局（盖章）`.
fn unsealed(line: &str) -> &str {
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

/// The organs in a field, one by one; also when a place that no list has stands
/// before each of them and nothing between (`甲市委办公室甲市人民政府办公室`).
pub fn split(field: &str) -> Vec<String> {
    let mut names = Vec::new();
    for name in issuer::split(field).into_iter().map(|name| without_term(&name)) {
        match second_place(&name) {
            Some(at) => names.extend([name[..at].to_owned(), name[at..].to_owned()]),
            None => names.push(name),
        }
    }
    names
}

/// Where a name begins anew with its own place, if both halves are organs.
fn second_place(name: &str) -> Option<usize> {
    let place = place_prefix(name)?;
    let bare = name.len() - name.trim_start_matches("中共").len();
    let again = bare + place.len() + name[bare + place.len()..].find(place)?;
    let at = name[..again].strip_suffix("中共").map_or(again, str::len);
    (issuer::is_organ(&name[..at]) && issuer::is_organ(&name[at..])).then_some(at)
}

/// The place a name begins with, whether a list knows it or not: up to 省, 市, 县 or 区.
pub fn place_prefix(name: &str) -> Option<&str> {
    let bare = name.trim_start_matches("中共");
    if CENTRE.iter().any(|word| bare.starts_with(word)) {
        return None;
    }
    let mut ends = bare.char_indices().enumerate().filter(|(_, (_, c))| "省市县区州旗盟".contains(*c));
    let (_, (at, c)) = ends.find(|(count, _)| (2..=6).contains(count))?;
    Some(&bare[..at + c.len_utf8()]).filter(|place| !starts_with_verb(place))
}

/// Names of the centre's organs begin with these.
const CENTRE: [&str; 8] = ["国家", "国务院", "中央", "中华", "全国", "中国", "最高", "财政部"];

/// The region of an organ: the list's, or the place its own name begins with.
pub fn region_of(name: &str) -> Option<String> {
    if let Some(path) = issuer::region(name) {
        return Some(path.to_owned());
    }
    let place = place_prefix(name)?;
    // Of a name that several places share only the list may choose.
    let known = region::leading(place).is_some() || region::leading_short(place).is_some();
    let rest = name.trim_start_matches("中共").strip_prefix(place)?;
    (!known && !rest.is_empty()).then(|| place.to_owned())
}

/// The organ that gives orders with this number: 某省人民政府 of 某省人民政府令第302号.
pub fn of_number(number: &str) -> Vec<String> {
    let Some(number) = document_number::parse(number) else { return Vec::new() };
    let series =
        ["令", "公告", "通告", "公报"].into_iter().find_map(|title| number.series.strip_suffix(title));
    series.map(organs_of).unwrap_or_default()
}

/// Kinds of documents that are named for their matter.
const OF_RULES: [&str; 6] = ["条例", "规定", "办法", "细则", "规则", "标准"];
/// What ends the name of an organ beyond doubt.
const ORGAN_ENDS: [&str; 14] = [
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

/// `…。某省民政厅2014年11月13日（此件主动公开）`: a signature in a text that lost its line ends.
pub fn inside_text(lines: &[Line]) -> Option<(String, String)> {
    let line = lines.iter().rev().take(3).find(|line| line.text.len() > 120)?;
    let tail = line.text.char_indices().rev().nth(120).map_or(0, |(at, _)| at);
    let tail = &line.text[tail..];
    let day = date::find_all(tail).into_iter().next_back()?;
    let before = tail[..day.range.start].trim_end();
    let start = before
        .rfind(|c: char| !c.is_alphabetic())
        .map_or(0, |at| at + before[at..].chars().next().map_or(1, char::len_utf8));
    let name = &before[start..];
    (issuer::is_organ(name) && has_place(name))
        .then(|| (name.to_owned(), tail[start..day.range.end].to_owned()))
}

/// The organs that a title begins with, and those words.
pub fn of_title(title: &str) -> Option<(Vec<String>, &str)> {
    let verbs = ["关于", "印发", "转发", "批转", "发布", "公布", "对"];
    let mut ends: Vec<usize> = verbs.iter().filter_map(|word| title.find(word)).collect();
    ends.sort_unstable();
    for at in ends {
        let head = title[..at].trim_end_matches(['、', ' ', '　']);
        let organs = organs_of(head);
        if !organs.is_empty() && !starts_with_verb(head) {
            return Some((organs, head));
        }
    }
    // 某市商务局某某工作实施方案: the longest beginning that is an organ with a place.
    // The name of a rule begins with what it rules: 某省内部审计规定, 某市街道办事处条例.
    if genre::of_title(title).is_some_and(|genre| OF_RULES.contains(&genre)) {
        return None;
    }
    let ends: Vec<usize> = title.char_indices().map(|(at, _)| at).skip(4).take(36).collect();
    ends.into_iter().rev().find_map(|end| {
        let head = &title[..end];
        let ends = ORGAN_ENDS.iter().any(|end| head.ends_with(end));
        let whole = ends && issuer::is_organ(head) && has_place(head) && !starts_with_verb(head);
        whole.then(|| (vec![head.to_owned()], head))
    })
}

/// `建设局2008年度…报告`: the organ's full name, where the text says it, with a place before it.
pub fn named_in_text(title: &str, lines: &[Line]) -> Option<String> {
    let end = title.find(|c: char| c.is_ascii_digit() || c == '关')?;
    let short = title[..end].trim();
    if !issuer::is_organ(short)
        || has_place(short) && !starts_with_level(short) && region::leading(short).is_some()
    {
        return None;
    }
    let found =
        lines.iter().take(3).flat_map(|line| line.text.match_indices(short).map(|(at, _)| (&line.text, at)));
    found.take(20).find_map(|(text, at)| {
        let before = &text[..at];
        let start = before
            .rfind(|c: char| !c.is_alphabetic() || c == '年')
            .map_or(0, |start| start + before[start..].chars().next().map_or(1, char::len_utf8));
        let name = &text[start..at + short.len()];
        (name.len() > short.len() && issuer::is_organ(name) && issuer::region(name).is_some())
            .then(|| name.to_owned())
    })
}

/// The place a title begins with: `成安县…`, `河北成安县…`, `中共河北省委…`.
pub fn place_of_title(title: &str) -> Option<&'static str> {
    let bare = title.strip_prefix("中共").unwrap_or(title);
    if let Some((path, _)) = region::leading(bare) {
        return path;
    }
    let (path, length) = region::leading_short(bare)?;
    let inner =
        region::leading(&bare[length..]).and_then(|(inner, _)| inner).filter(|inner| inner.starts_with(path));
    inner.or(Some(path))
}

/// Whether a name says where the organ is, or is one of the centre's.
pub fn has_place(name: &str) -> bool {
    let bare = name.strip_prefix("中共").unwrap_or(name);
    let placed = region::leading(bare).is_some() || region::leading_short(bare).is_some();
    placed || is_central(name) || place_prefix(name).is_some() && !starts_with_verb(name)
}

static NATIONAL: LazyLock<HashSet<&'static str>> =
    LazyLock::new(|| issuer::national_names().map(|(name, _)| name).collect());

fn is_central(name: &str) -> bool {
    NATIONAL.contains(name) || issuer::is_organ(name) && CENTRE.iter().any(|word| name.starts_with(word))
}

/// `转发市财政局…`: what is done, not who does it.
fn starts_with_verb(name: &str) -> bool {
    ["转发", "印发", "批转", "关于", "发布", "公布", "下发", "同意", "成立", "调整"]
        .iter()
        .any(|verb| name.starts_with(verb))
}

/// `市政府办公室`: of which city, only what is around tells.
pub fn starts_with_level(name: &str) -> bool {
    ["自治区", "省", "市", "县", "区", "州", "旗", "盟"].iter().any(|level| name.starts_with(level))
}

/// `市政府办公室` in 南通市 is 南通市人民政府办公室.
pub fn with_place(name: &str, path: &str) -> Option<String> {
    let full = issuer::normalise(name);
    let level = full.chars().next()?;
    let place = path.split('/').find(|step| step.ends_with(level))?;
    let rest = full.strip_prefix(level)?;
    Some(if rest.starts_with('委') { format!("中共{place}{rest}") } else { format!("{place}{rest}") })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(texts: &[&str]) -> Vec<Line> {
        texts.iter().map(|text| Line { kind: BlockKind::Paragraph, text: (*text).to_owned() }).collect()
    }

    #[test]
    fn organs_over_a_date_sign() {
        let found = find(&lines(&[
            "各单位：",
            "请认真执行。",
            "中共南通市委办公室",
            "南通市人民政府办公室",
            "2016年12月5日",
            "附件",
        ]))
        .unwrap();
        assert_eq!(found.organs, ["中共南通市委办公室", "南通市人民政府办公室"]);
        assert_eq!(found.date.date.to_string(), "2016-12-05");
        let beside = find(&lines(&["正文。", "南通市财政局 2016年12月5日"])).unwrap();
        assert_eq!(beside.organs, ["南通市财政局"]);
        let alone = find(&lines(&["正文。", "二〇〇七年十二月二十六日"])).unwrap();
        assert!(alone.organs.is_empty());
    }

    #[test]
    fn titles_begin_with_their_organs() {
        let organs = |title| of_title(title).map(|(organs, _)| organs).unwrap_or_default();
        assert_eq!(organs("中共酒泉市委办公室、甘肃省酒泉市人民政府办公室关于深化工作的意见").len(), 2);
        assert_eq!(organs("唐山市商务局行政权力公开透明运行工作实施方案"), ["唐山市商务局"]);
        assert!(organs("关于加强工作的意见").is_empty());
    }

    #[test]
    fn a_level_gets_its_place() {
        assert_eq!(with_place("市政府办公室", "江苏省/南通市").as_deref(), Some("南通市人民政府办公室"));
        assert_eq!(with_place("县财政局", "江苏省/南通市"), None);
    }
}
