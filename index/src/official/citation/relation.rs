//! In what relation a text stands to what it cites.

use super::Citation;
use crate::official::issuer;
use crate::official::scan::{head, is_han, tail};

/// What a text does with a document it cites.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Relation {
    /// Names it, nothing more.
    Mentions,
    /// 根据, 依据, 按照: is made under it or follows it.
    BasedOn,
    /// 废止: ends it.
    Repeals,
    /// 修改: changes it.
    Amends,
    /// 印发, 公布: carries it as its own enclosure.
    Encloses,
    /// 转发, 批转: passes on what another organ issued.
    Forwards,
    /// 解读: explains it.
    Interprets,
}

/// Verbs right before a title.
const BEFORE: &[(&str, Relation)] = &[
    ("根据", Relation::BasedOn),
    ("依据", Relation::BasedOn),
    ("依照", Relation::BasedOn),
    ("按照", Relation::BasedOn),
    ("遵照", Relation::BasedOn),
    ("按", Relation::BasedOn),
    ("贯彻", Relation::BasedOn),
    ("落实", Relation::BasedOn),
    ("贯彻执行", Relation::BasedOn),
    ("实施", Relation::BasedOn),
    ("废止", Relation::Repeals),
    ("修改", Relation::Amends),
    ("修订", Relation::Amends),
    ("修正", Relation::Amends),
    ("印发", Relation::Encloses),
    ("发布", Relation::Encloses),
    ("公布", Relation::Encloses),
    ("转发", Relation::Forwards),
    ("批转", Relation::Forwards),
    ("解读", Relation::Interprets),
];

/// What follows the last title of a row.
const AFTER: &[(&str, Relation)] = &[
    ("同时废止", Relation::Repeals),
    ("予以废止", Relation::Repeals),
    ("相应废止", Relation::Repeals),
    ("即行废止", Relation::Repeals),
    ("自行废止", Relation::Repeals),
    ("停止执行", Relation::Repeals),
    ("同时失效", Relation::Repeals),
    ("废止", Relation::Repeals),
    ("作如下修改", Relation::Amends),
    ("作出如下修改", Relation::Amends),
    ("做如下修改", Relation::Amends),
    ("作以下修改", Relation::Amends),
    ("予以修改", Relation::Amends),
    ("作部分修改", Relation::Amends),
    ("解读", Relation::Interprets),
    ("政策解读", Relation::Interprets),
    ("印发", Relation::Encloses),
    ("转发", Relation::Forwards),
];

/// Verbs that reach over the name of who issued the document.
const FORMAL: &[&str] = &["根据", "依据", "依照", "按照", "遵照"];
/// Most that may stand between a verb and the title it governs, in bytes.
const OF_WHOM: usize = 90;
/// Longest way from the last title of a row to its verb, in bytes.
const TO_VERB: usize = 120;
/// Longest way between two titles of a row that ends in a verb, in bytes.
const BETWEEN: usize = 240;

/// Gives every citation its relation.
pub(super) fn relate(text: &str, citations: &mut [Citation]) {
    for i in 0..citations.len() {
        if let Some(relation) = before(text, citations, i) {
            citations[i].relation = relation;
        }
    }
    for i in (0..citations.len()).rev() {
        if let Some(relation) = after(text, citations, i) {
            citations[i].relation = relation;
        }
    }
}

/// The relation by a verb before, or the one of the neighbour in a row.
fn before(text: &str, citations: &[Citation], i: usize) -> Option<Relation> {
    let start = citations[i].range.start;
    let last = i.checked_sub(1).map(|last| &citations[last]);
    if let Some(last) = last
        && is_row(&text[last.range.end..start])
    {
        return Some(last.relation).filter(|relation| *relation != Relation::Mentions);
    }
    let clause = clause_before(&text[last.map_or(0, |last| last.range.end)..start]);
    // 根据国务院《…》, 按照市政府印发的《…》: the organ stands between, no other verb does.
    BEFORE
        .iter()
        .filter_map(|(verb, relation)| Some((clause.rfind(verb)? + verb.len(), verb, *relation)))
        .filter(|(end, verb, relation)| reaches(&clause[*end..], verb, *relation))
        .map(|(end, _, relation)| (end, relation))
        .filter(|(_, relation)| {
            *relation != Relation::BasedOn || !is_penalty(&text[citations[i].range.end..])
        })
        .max_by_key(|(end, _)| *end)
        .map(|(_, relation)| relation)
}

/// Whether a verb reaches the title over what stands between: nothing, or who issued it.
fn reaches(between: &str, verb: &str, relation: Relation) -> bool {
    let between = between.trim();
    let revised = ["修订后的", "修改后的", "新修订的", "经修订的", "国家", "原"].contains(&between);
    let named = between.is_empty() || revised || issuer::is_organ(between);
    match relation {
        Relation::BasedOn if FORMAL.contains(&verb) => {
            between.len() <= OF_WHOM
                && !between.contains(['，', ',', '：', '、'])
                && !between.contains("规定")
        }
        Relation::Forwards => named || between.len() <= OF_WHOM && between.chars().all(is_han),
        _ => named,
    }
}

/// Whether a citation under 依照 is what a penalty rests on, not what the text does.
fn is_penalty(after: &str) -> bool {
    let clause = clause_after(after);
    ["处罚", "处理", "处分", "追究"].iter().any(|word| clause.contains(word))
}

/// The relation by a verb after, or the one of the neighbour in a row.
fn after(text: &str, citations: &[Citation], i: usize) -> Option<Relation> {
    let citation = &citations[i];
    let rest = &text[citation.range.end..];
    let next = citations.get(i + 1);
    if let Some(next) = next
        && [Relation::Repeals, Relation::Amends].contains(&next.relation)
        && governs_back(&text[citation.range.end..next.range.start])
        && citation.relation == Relation::Mentions
    {
        return Some(next.relation);
    }
    let limit = next.map_or(rest.len(), |next| next.range.start - citation.range.end);
    let clause = clause_after(&rest[..limit]);
    AFTER.iter().find_map(|(verb, relation)| {
        let at = clause.find(verb)?;
        let own = citation.relation != Relation::BasedOn && says_only(&clause[..at], *relation);
        let negated = clause[..at].ends_with(['未', '不', '前', '被']);
        let ends =
            !clause[at + verb.len()..].starts_with(['的', '前', '后']) || *relation == Relation::Amends;
        (own && !negated && ends).then_some(*relation)
    })
}

/// What may stand between a title and its verb: numbers, dates, who issued it.
fn says_only(between: &str, relation: Relation) -> bool {
    match relation {
        Relation::Repeals => {
            !["根据", "按照", "依照", "适用", "规定", "有关"].iter().any(|word| between.contains(word))
        }
        Relation::Amends => between.len() <= 60,
        _ => between.trim_matches(['）', ')', ' ']).is_empty(),
    }
}

/// Whether the verb behind the later of two titles governs the earlier too.
fn governs_back(between: &str) -> bool {
    let between = head(between, BETWEEN + 1);
    let ends = between.contains(ENDS);
    let verb =
        ["根据", "按照", "依照", "依据", "规定", "废止", "施行"].iter().any(|word| between.contains(word));
    between.len() <= BETWEEN && !ends && !verb
}

/// Titles of a row are joined by nothing, 、 or 和; a bracket may hold their numbers.
fn is_row(between: &str) -> bool {
    let joined =
        between.len() <= 24 && between.chars().all(|c| c.is_whitespace() || "、，和与及以）)等".contains(c));
    joined && !between.trim_matches(['）', ')']).starts_with('，')
}

const ENDS: [char; 5] = ['。', '；', ';', '\n', '！'];

fn clause_before(text: &str) -> &str {
    let text = tail(text, BETWEEN * 2);
    text.rsplit(ENDS).next().unwrap_or(text)
}

fn clause_after(text: &str) -> &str {
    let text = head(text, TO_VERB * 2);
    text.split(ENDS).next().unwrap_or(text)
}

/// What a title says its document carries or changes: `关于印发〈…办法〉的通知`,
/// `关于修改〈…〉的决定`, `《…》解读`; with or without brackets around it.
pub fn carried(title: &str) -> Option<(Relation, Vec<String>)> {
    let (relation, at) = relation_of_title(title)?;
    let inner = bracketed(title);
    if !inner.is_empty() {
        return Some((relation, inner));
    }
    if relation == Relation::Interprets {
        return None;
    }
    let rest = &title[at..];
    let changes = [Relation::Amends, Relation::Repeals].contains(&relation);
    if changes
        && ["部分", "有关", "若干", "一批", "以前", "等", "期间"].iter().any(|word| rest.contains(word))
    {
        return None;
    }
    let end = ["的通知", "的公告", "的决定", "的函", "的通报", "的命令"]
        .iter()
        .filter_map(|word| rest.rfind(word))
        .max()?;
    let bare = rest[..end].trim();
    (!bare.is_empty()).then(|| (relation, vec![bare.to_owned()]))
}

fn relation_of_title(title: &str) -> Option<(Relation, usize)> {
    let verbs = [
        ("印发", Relation::Encloses),
        ("发布", Relation::Encloses),
        ("公布", Relation::Encloses),
        ("批转", Relation::Forwards),
        ("转发", Relation::Forwards),
        ("修改", Relation::Amends),
        ("修订", Relation::Amends),
        ("废止", Relation::Repeals),
    ];
    let found = verbs.iter().filter_map(|(verb, relation)| Some((title.find(verb)?, verb.len(), *relation)));
    let first = found.filter(|(at, ..)| governed(title, *at)).min_by_key(|(at, ..)| *at);
    let interprets = title.contains("解读") || title.contains("一图读懂") || title.contains("问答");
    match first {
        _ if interprets => Some((Relation::Interprets, 0)),
        Some((at, length, relation)) => Some((relation, at + length)),
        None => None,
    }
}

/// 关于印发 …, 转发…: the verb is the title's own when it begins or follows 关于.
fn governed(title: &str, at: usize) -> bool {
    let before = &title[..at];
    before.ends_with("关于")
        || !before.contains("关于") && !before.contains(['《', '〈'])
        || before.ends_with('和')
}

/// The titles inside a title that stand side by side.
fn bracketed(title: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut depth = 0usize;
    let mut from = 0;
    for (at, c) in title.char_indices() {
        match c {
            '《' | '〈' | '<' | '＜' => {
                if depth == 0 {
                    from = at + c.len_utf8();
                }
                depth += 1;
            }
            '》' | '〉' | '>' | '＞' if depth > 0 => {
                depth -= 1;
                if depth == 0 && at > from {
                    found.push(title[from..at].to_owned());
                }
            }
            _ => {}
        }
    }
    found
}
