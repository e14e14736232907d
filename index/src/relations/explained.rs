//! Documents that an interpretation explains: those its fields name, else those of its title,
//! else the document that was issued according to the first lines of its text.

use crate::official::citation;
use crate::official::citation::{Citation, Relation};
use crate::record::{Kind, Record};

use crate::keys::generic::is_generic;
use crate::relations::cited::Cited;

/// Verbs before the title of a document that was just issued.
const ISSUING_VERBS: [&str; 14] = [
    "印发", "出台", "制定", "发布", "公布", "形成", "编制", "修订", "起草", "推出", "下发", "制发", "颁布",
    "解读",
];
/// Verbs before the title of a document on which another is based.
const BASIS_VERBS: [&str; 9] = ["根据", "依据", "按照", "贯彻", "落实", "依照", "遵照", "执行", "结合"];
/// Beginning of the text that may name the document, in bytes.
const OPENING_BYTES: usize = 1_800;
/// Longest part of the sentence before a title that has its verb, in bytes.
const CLAUSE_BYTES: usize = 240;

/// Lists the documents that a record explains; none unless it is an interpretation.
pub fn explained_by(record: &Record, citations: &[Citation]) -> Vec<Cited> {
    if record.kind != Kind::Interpretation {
        return Vec::new();
    }
    let stated: Vec<Cited> =
        record.interprets.iter().map(|name| Cited::from_field(name, Relation::Interprets)).collect();
    if !stated.is_empty() {
        return stated;
    }
    let in_title = explained_in_title(&record.title, citations);
    if record.title.contains('《') && !in_title.is_empty() {
        return in_title;
    }
    // A title without brackets may name nothing; then the text decides.
    in_title.into_iter().chain(explained_in_opening(&record.body, citations)).collect()
}

/// Reads the documents that a title names: 《甲》及《乙》解读. A short name in the title is the
/// one its text defines.
fn explained_in_title(title: &str, citations: &[Citation]) -> Vec<Cited> {
    let full_title = |short: &str| {
        let defined = citations.iter().find(|c| c.title.as_deref() == Some(short) && c.full_title.is_some());
        let longer = || {
            citations
                .iter()
                .filter_map(|c| c.title.as_deref())
                .find(|t| t.len() > short.len() && t.contains(short))
        };
        let defined = defined.and_then(|c| c.full_title.clone());
        let short_name = is_generic(short).then(longer).flatten().map(str::to_owned);
        defined.or(short_name).unwrap_or_else(|| short.to_owned())
    };
    let mut names: Vec<String> = citation::titles(title).iter().map(|t| full_title(&t.text)).collect();
    if names.is_empty() && !title.contains('《') {
        names.extend(bare_names(title).into_iter().map(str::to_owned));
    }
    let cited = names.iter().map(|name| Cited::from_title(name, Relation::Interprets));
    cited.filter(|cited| !cited.has_no_key()).collect()
}

/// Lists the names of a title without brackets: `关于甲的政策解读`, `某某部门解读甲`.
fn bare_names(title: &str) -> Vec<&str> {
    let Some(at) = title.find("解读") else { return Vec::new() };
    let before = title[..at].trim_end_matches("政策").trim_end_matches("文件").trim_end_matches('的');
    let before = before.rsplit(['—', '：', ':', ' ', '丨', '|']).next().unwrap_or(before);
    let after = title[at + "解读".len()..].trim_start_matches(['：', ':', '丨', '|', '—', ' ']);
    let names = [before, before.trim_start_matches("关于"), before.trim_start_matches("《"), after];
    names.into_iter().map(str::trim).filter(|name| name.chars().count() >= 6).collect()
}

/// Finds the first document that was issued according to the opening.
fn explained_in_opening(body: &str, citations: &[Citation]) -> Vec<Cited> {
    let opening = citations.iter().take_while(|c| c.range.start < OPENING_BYTES);
    let mut with_title = opening.filter(|c| c.title.is_some() && c.relation != Relation::BasedOn);
    let found = with_title.find(|c| is_issued(body, c));
    let Some(found) = found else { return Vec::new() };
    let name = found.full_title.as_deref().or(found.title.as_deref()).unwrap_or_default();
    let range = (found.range.start, found.range.end);
    let cited =
        Cited::from_title(name, Relation::Interprets).with_number_and_range(found.number.as_ref(), range);
    if cited.has_no_key() { Vec::new() } else { vec![cited] }
}

/// Checks if the words around a citation show that the document was issued.
fn is_issued(body: &str, citation: &Citation) -> bool {
    let before = &body[..citation.range.start];
    let start = before.len().saturating_sub(CLAUSE_BYTES);
    let start = (start..before.len()).find(|at| before.is_char_boundary(*at)).unwrap_or(before.len());
    let sentence = before[start..].rsplit(['。', '；', '\n']).next().unwrap_or_default();
    // Of the verbs before it the nearest governs the title.
    let last = |words: &[&str]| words.iter().filter_map(|word| sentence.rfind(word)).max();
    let (basis_verb, issuing_verb) = (last(&BASIS_VERBS), last(&ISSUING_VERBS));
    let is_basis = basis_verb.is_some() && basis_verb > issuing_verb;
    let is_defined = body[citation.range.end..].trim_start().starts_with(['（', '('])
        && body[citation.range.end..].chars().take(12).collect::<String>().contains("简称");
    let is_subject = ["印发", "出台", "发布", "正式", "已经", "经"]
        .iter()
        .any(|word| body[citation.range.end..].trim_start().starts_with(word));
    !is_basis && (issuing_verb.is_some() || is_defined || is_subject)
}
