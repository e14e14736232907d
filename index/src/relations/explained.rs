//! Which documents an interpretation explains: those its fields name, else those of its
//! title, else the one that the first lines of its text say was issued.

use crate::official::citation;
use crate::official::citation::{Citation, Relation};
use crate::record::{Kind, Record};

use crate::keys::generic::is_generic;
use crate::relations::facts::{Cited, named};

/// What comes before the title of a document that was just issued.
const ISSUED: [&str; 14] = [
    "印发", "出台", "制定", "发布", "公布", "形成", "编制", "修订", "起草", "推出", "下发", "制发", "颁布",
    "解读",
];
/// What comes before the title of a document that it rests on.
const RESTS_ON: [&str; 9] = ["根据", "依据", "按照", "贯彻", "落实", "依照", "遵照", "执行", "结合"];
/// How far into the text the document is looked for, in bytes.
const OPENING: usize = 1_800;
/// The sentence before a title that says what was done with it, in bytes.
const CLAUSE: usize = 240;

/// What a record explains, if it is an interpretation.
pub fn explained_by(record: &Record, citations: &[Citation]) -> Vec<Cited> {
    if record.kind != Kind::Interpretation {
        return Vec::new();
    }
    let stated: Vec<Cited> = record.interprets.iter().map(|name| named(name, Relation::Interprets)).collect();
    if !stated.is_empty() {
        return stated;
    }
    let titled = of_title(&record.title, citations);
    if record.title.contains('《') && !titled.is_empty() {
        return titled;
    }
    // A title without brackets may name nothing; the text is asked where it does not.
    titled.into_iter().chain(of_opening(&record.body, citations)).collect()
}

/// 《甲》及《乙》解读; a short name in the title is the one its text defines.
fn of_title(title: &str, citations: &[Citation]) -> Vec<Cited> {
    let full = |short: &str| {
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
    let mut names: Vec<String> = citation::titles(title).iter().map(|t| full(&t.text)).collect();
    if names.is_empty() && !title.contains('《') {
        names.extend(bare_names(title).into_iter().map(str::to_owned));
    }
    let cited = names.iter().map(|name| Cited::titled(name, Relation::Interprets));
    cited.filter(|cited| cited.keys().next().is_some()).collect()
}

/// `关于甲的政策解读`, `某某部门解读甲`, without brackets around 甲.
fn bare_names(title: &str) -> Vec<&str> {
    let Some(at) = title.find("解读") else { return Vec::new() };
    let before = title[..at].trim_end_matches("政策").trim_end_matches("文件").trim_end_matches('的');
    let before = before.rsplit(['—', '：', ':', ' ', '丨', '|']).next().unwrap_or(before);
    let after = title[at + "解读".len()..].trim_start_matches(['：', ':', '丨', '|', '—', ' ']);
    let names = [before, before.trim_start_matches("关于"), before.trim_start_matches("《"), after];
    names.into_iter().map(str::trim).filter(|name| name.chars().count() >= 6).collect()
}

/// The first document that the opening says was issued.
fn of_opening(body: &str, citations: &[Citation]) -> Vec<Cited> {
    let opening = citations.iter().take_while(|c| c.range.start < OPENING);
    let mut titled = opening.filter(|c| c.title.is_some() && c.relation != Relation::BasedOn);
    let found = titled.find(|c| is_issued(body, c));
    let Some(found) = found else { return Vec::new() };
    let name = found.full_title.as_deref().or(found.title.as_deref()).unwrap_or_default();
    let place = (found.range.start, found.range.end);
    let cited = Cited::titled(name, Relation::Interprets).with_number_and_place(found.number.as_ref(), place);
    if cited.keys().next().is_some() { vec![cited] } else { Vec::new() }
}

fn is_issued(body: &str, citation: &Citation) -> bool {
    let before = &body[..citation.range.start];
    let from = before.len().saturating_sub(CLAUSE);
    let from = (from..before.len()).find(|at| before.is_char_boundary(*at)).unwrap_or(before.len());
    let sentence = before[from..].rsplit(['。', '；', '\n']).next().unwrap_or_default();
    // Of the verbs before it the nearest governs the title.
    let last = |words: &[&str]| words.iter().filter_map(|word| sentence.rfind(word)).max();
    let (rests, issued) = (last(&RESTS_ON), last(&ISSUED));
    let rests = rests.is_some() && rests > issued;
    let issued = issued.is_some();
    let defined = body[citation.range.end..].trim_start().starts_with(['（', '('])
        && body[citation.range.end..].chars().take(12).collect::<String>().contains("简称");
    let follows = ["印发", "出台", "发布", "正式", "已经", "经"]
        .iter()
        .any(|word| body[citation.range.end..].trim_start().starts_with(word));
    !rests && (issued || defined || follows)
}
