//! Relations of a text to its citations, by the verbs before and after them.

use super::reference::{Citation, Relation};
use crate::official::issuer;
use crate::official::scan::{head, is_han, tail};

/// Verbs right before a title.
const VERBS_BEFORE: &[(&str, Relation)] = &[
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

/// Verbs after the last title of a row.
const VERBS_AFTER: &[(&str, Relation)] = &[
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

/// Verbs that may be separated from the title by the name of its issuer.
const FORMAL_VERBS: &[&str] = &["根据", "依据", "依照", "按照", "遵照"];
/// Longest text between a verb and the title it governs, in bytes.
const MAX_ISSUER_BYTES: usize = 90;
/// Longest distance from the last title of a row to its verb, in bytes.
const MAX_VERB_DISTANCE: usize = 120;
/// Longest distance between two titles of a row that ends in a verb, in bytes.
const MAX_GAP_BYTES: usize = 240;

/// Sets the relation of every citation.
pub(super) fn assign_relations(text: &str, citations: &mut [Citation]) {
    for i in 0..citations.len() {
        if let Some(relation) = relation_before(text, citations, i) {
            citations[i].relation = relation;
        }
    }
    for i in (0..citations.len()).rev() {
        if let Some(relation) = relation_after(text, citations, i) {
            citations[i].relation = relation;
        }
    }
}

/// Relation by a verb before the citation, or that of its left neighbour in a row.
fn relation_before(text: &str, citations: &[Citation], i: usize) -> Option<Relation> {
    let start = citations[i].range.start;
    let last = i.checked_sub(1).map(|last| &citations[last]);
    if let Some(last) = last
        && is_same_row(&text[last.range.end..start])
    {
        return Some(last.relation).filter(|relation| *relation != Relation::Mentions);
    }
    let clause = clause_before(&text[last.map_or(0, |last| last.range.end)..start]);
    // 根据国务院《…》, 按照市政府印发的《…》: the organ stands between, no other verb does.
    VERBS_BEFORE
        .iter()
        .filter_map(|(verb, relation)| Some((clause.rfind(verb)? + verb.len(), verb, *relation)))
        .filter(|(end, verb, relation)| reaches_title(&clause[*end..], verb, *relation))
        .map(|(end, _, relation)| (end, relation))
        .filter(|(_, relation)| {
            *relation != Relation::BasedOn || !is_penalty(&text[citations[i].range.end..])
        })
        .max_by_key(|(end, _)| *end)
        .map(|(_, relation)| relation)
}

/// Checks if a verb governs the title over the text between them: nothing, or its issuer.
fn reaches_title(between: &str, verb: &str, relation: Relation) -> bool {
    let between = between.trim();
    let revised = ["修订后的", "修改后的", "新修订的", "经修订的", "国家", "原"].contains(&between);
    let named = between.is_empty() || revised || issuer::is_organ(between);
    match relation {
        Relation::BasedOn if FORMAL_VERBS.contains(&verb) => {
            between.len() <= MAX_ISSUER_BYTES
                && !between.contains(['，', ',', '：', '、'])
                && !between.contains("规定")
        }
        Relation::Forwards => named || between.len() <= MAX_ISSUER_BYTES && between.chars().all(is_han),
        _ => named,
    }
}

/// Checks if a citation under 依照 is the basis of a penalty, not of the text.
fn is_penalty(after: &str) -> bool {
    let clause = clause_after(after);
    ["处罚", "处理", "处分", "追究"].iter().any(|word| clause.contains(word))
}

/// Relation by a verb after the citation, or that of its right neighbour in a row.
fn relation_after(text: &str, citations: &[Citation], i: usize) -> Option<Relation> {
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
    VERBS_AFTER.iter().find_map(|(verb, relation)| {
        let offset = clause.find(verb)?;
        let own = citation.relation != Relation::BasedOn && allows_between(&clause[..offset], *relation);
        let negated = clause[..offset].ends_with(['未', '不', '前', '被']);
        let ends =
            !clause[offset + verb.len()..].starts_with(['的', '前', '后']) || *relation == Relation::Amends;
        (own && !negated && ends).then_some(*relation)
    })
}

/// Checks if a title and its verb may be separated by this text: numbers, dates, the issuer.
fn allows_between(between: &str, relation: Relation) -> bool {
    match relation {
        Relation::Repeals => {
            !["根据", "按照", "依照", "适用", "规定", "有关"].iter().any(|word| between.contains(word))
        }
        Relation::Amends => between.len() <= 60,
        _ => between.trim_matches(['）', ')', ' ']).is_empty(),
    }
}

/// Checks if the verb after the later of two titles governs the earlier one too.
fn governs_back(between: &str) -> bool {
    let between = head(between, MAX_GAP_BYTES + 1);
    let ends = between.contains(SENTENCE_ENDS);
    let verb =
        ["根据", "按照", "依照", "依据", "规定", "废止", "施行"].iter().any(|word| between.contains(word));
    between.len() <= MAX_GAP_BYTES && !ends && !verb
}

/// Checks if two titles belong to one row: joined by nothing, 、 or 和; brackets may hold their
/// numbers.
fn is_same_row(between: &str) -> bool {
    let joined =
        between.len() <= 24 && between.chars().all(|c| c.is_whitespace() || "、，和与及以）)等".contains(c));
    joined && !between.trim_matches(['）', ')']).starts_with('，')
}

const SENTENCE_ENDS: [char; 5] = ['。', '；', ';', '\n', '！'];

fn clause_before(text: &str) -> &str {
    let text = tail(text, MAX_GAP_BYTES * 2);
    text.rsplit(SENTENCE_ENDS).next().unwrap_or(text)
}

fn clause_after(text: &str) -> &str {
    let text = head(text, MAX_VERB_DISTANCE * 2);
    text.split(SENTENCE_ENDS).next().unwrap_or(text)
}
