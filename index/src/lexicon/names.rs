//! Names that a collection uses: short names defined in its documents, its
//! issuers, its places. Mined once per generation, read while a query is parsed.

use std::collections::{BTreeMap, HashMap};
use std::sync::LazyLock;

use serde::{Deserialize, Serialize};

use crate::analysis::{Fold, fold::fold};
use crate::official::citation::definitions;
use crate::record::Record;

/// Characters of a text that are searched for definitions, which stand near the beginning.
const MAX_SEARCHED_CHARS: usize = 20_000;
/// Shortest and longest short name, in characters.
const SHORT_NAME_CHARS: std::ops::RangeInclusive<usize> = 2..=12;
/// Longest full name, in characters.
const MAX_FULL_NAME_CHARS: usize = 60;
/// Most short names kept.
const MAX_SHORT_NAMES: usize = 20_000;
/// Share of the definitions of a short name that must agree on its full name: 《条例》
/// has another full name in every document, and so none outside of one.
const MIN_AGREEMENT: f32 = 0.6;
/// Names that state only a kind of document or body.
const GENERIC_NAMES: [&str; 37] = [
    "条例",
    "办法",
    "规定",
    "通知",
    "意见",
    "方案",
    "规划",
    "细则",
    "规则",
    "决定",
    "公约",
    "指南",
    "标准",
    "规范",
    "目录",
    "指引",
    "公告",
    "本法",
    "本条例",
    "本办法",
    "本规定",
    "项目",
    "企业",
    "单位",
    "机构",
    "公司",
    "甲方",
    "乙方",
    "申请人",
    "当事人",
    "实施方案",
    "管理办法",
    "实施意见",
    "指导意见",
    "实施细则",
    "工作方案",
    "暂行办法",
];

/// The names of one collection.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Names {
    /// Folded short name → full name.
    shorts: HashMap<String, String>,
    /// Folded name → issuer as written.
    issuers: HashMap<String, String>,
    /// Folded full name of a place → its path; empty if several places have the name.
    regions: HashMap<String, String>,
    /// Folded name of a place without its kind → its path, empty as above.
    bare_regions: HashMap<String, String>,
}

/// Names of an empty collection.
pub static NONE: LazyLock<Names> = LazyLock::new(Names::default);

impl Names {
    /// Full name for a short name.
    pub fn short(&self, folded: &str) -> Option<&str> {
        self.shorts.get(folded).map(String::as_str)
    }

    /// Issuer of that name, as written.
    pub fn issuer(&self, name: &str) -> Option<&str> {
        self.issuers.get(fold(name, Fold::Grams).text()).map(String::as_str)
    }

    /// Path of the place of that name; with `bare`, the name may lack its kind.
    pub fn region(&self, name: &str, bare: bool) -> Option<&str> {
        let folded = fold(name, Fold::Grams);
        let whole = self.regions.get(folded.text());
        let found = whole.or_else(|| self.bare_regions.get(folded.text()).filter(|_| bare));
        found.map(String::as_str).filter(|path| !path.is_empty())
    }

    /// All short names with their full names.
    pub fn all_shorts(&self) -> impl Iterator<Item = (&str, &str)> {
        self.shorts.iter().map(|(short, full)| (short.as_str(), full.as_str()))
    }
}

/// Collector of the names of a collection.
#[derive(Default)]
pub struct NamesBuilder {
    /// Short name → full name → number of records that define it so.
    defined: HashMap<String, HashMap<String, u32>>,
    /// Folded name → issuer as written → number of records.
    issuers: HashMap<String, BTreeMap<String, u32>>,
    regions: HashMap<String, String>,
}

impl NamesBuilder {
    /// Adds the names of a record.
    pub fn add(&mut self, record: &Record) {
        for issuer in &record.issuers {
            let written = self.issuers.entry(fold_name(issuer)).or_default();
            *written.entry(issuer.clone()).or_default() += 1;
        }
        if let Some(region) = &record.region {
            for path in crate::schema::fields::path_and_above(region) {
                let name = path.rsplit('/').next().unwrap_or(path);
                let known = self.regions.entry(fold_name(name)).or_insert_with(|| path.to_owned());
                if known != path {
                    known.clear();
                }
            }
        }
        self.add_definitions(&record.body);
    }

    fn add_definitions(&mut self, body: &str) {
        let end = body.char_indices().nth(MAX_SEARCHED_CHARS).map_or(body.len(), |(offset, _)| offset);
        for found in definitions(&body[..end]) {
            let short = fold_name(&found.short);
            if !is_specific_name(&short, &found.stands_for) || self.is_full(&short) {
                continue;
            }
            *self.defined.entry(short).or_default().entry(found.stands_for).or_default() += 1;
        }
    }

    fn is_full(&self, short: &str) -> bool {
        self.defined.len() >= 4 * MAX_SHORT_NAMES && !self.defined.contains_key(short)
    }

    /// Keeps the names on which most documents agree.
    pub fn finish(self) -> Names {
        let mut agreed: Vec<(u32, String, String)> =
            self.defined.into_iter().filter_map(agreed_full_name).collect();
        agreed.sort_unstable_by(|a, b| b.0.cmp(&a.0).then_with(|| a.1.cmp(&b.1)));
        agreed.truncate(MAX_SHORT_NAMES);
        let mut bare_regions: HashMap<String, String> = HashMap::new();
        for (name, path) in &self.regions {
            let Some(bare) = name_without_kind(name) else { continue };
            let known = bare_regions.entry(bare.to_owned()).or_insert_with(|| path.clone());
            if known != path {
                known.clear();
            }
        }
        Names {
            shorts: agreed.into_iter().map(|(_, short, full)| (short, full)).collect(),
            issuers: self.issuers.into_iter().filter_map(most_frequent_issuer).collect(),
            regions: self.regions,
            bare_regions,
        }
    }
}

/// Spelling of an issuer in most records, the first of equals in the order of the characters.
///
/// The order in which records are read differs from one build of an index to the next.
fn most_frequent_issuer((folded, written): (String, BTreeMap<String, u32>)) -> Option<(String, String)> {
    let (issuer, _) = written.into_iter().rev().max_by_key(|(_, records)| *records)?;
    Some((folded, issuer))
}

/// Full name that most definitions of a short name give it.
fn agreed_full_name((short, meanings): (String, HashMap<String, u32>)) -> Option<(u32, String, String)> {
    let all: u32 = meanings.values().sum();
    let (full, times) = meanings.into_iter().max_by(|a, b| a.1.cmp(&b.1).then_with(|| b.0.cmp(&a.0)))?;
    (times as f32 >= all as f32 * MIN_AGREEMENT).then_some((times, short, full))
}

fn is_specific_name(short: &str, full: &str) -> bool {
    let chars = short.chars().count();
    let length = full.chars().count();
    let ends = ["条例", "办法", "规定", "意见", "方案", "通知"];
    // 《实施意见》 may be any document; 《网约车办法》 is one.
    let generic = GENERIC_NAMES.contains(&short)
        || ends.iter().any(|end| short.ends_with(end) && chars <= end.chars().count() + 2);
    SHORT_NAME_CHARS.contains(&chars)
        && length > chars
        && length <= MAX_FULL_NAME_CHARS
        && !generic
        && !short.starts_with('本')
}

fn fold_name(text: &str) -> String {
    fold(text.trim(), Fold::Grams).text().to_owned()
}

/// Name of a place without its kind, if at least two characters are left.
fn name_without_kind(name: &str) -> Option<&str> {
    const KINDS: [&str; 9] =
        ["维吾尔自治区", "壮族自治区", "回族自治区", "自治区", "自治州", "省", "市", "县", "区"];
    let bare = KINDS.iter().find_map(|kind| name.strip_suffix(kind))?;
    (bare.chars().count() >= 2).then_some(bare)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(body: &str, issuer: &str, region: &str) -> Record {
        let json = serde_json::json!({
            "id": body, "kind": "document", "title": "t", "body": body, "issuers": [issuer], "region": region,
        });
        Record::from_json(json.to_string().as_bytes()).unwrap()
    }

    #[test]
    fn issuer_is_spelled_as_in_most_records_in_any_order() {
        let written = ["雲州省人民政府", "云州省人民政府", "云州省人民政府"];
        for start in 0..written.len() {
            let mut builder = NamesBuilder::default();
            for at in 0..written.len() {
                builder.add(&record("正文", written[(start + at) % written.len()], "云州省"));
            }
            assert_eq!(builder.finish().issuer("雲州省人民政府"), Some("云州省人民政府"));
        }
    }

    #[test]
    fn short_name_with_agreeing_definitions_is_kept() {
        let mut builder = NamesBuilder::default();
        for body in [
            "按照《网络预约出租汽车经营服务管理暂行办法》（以下简称《网约车暂行规则》）的要求。",
            "根据《第一条例》（以下简称《条例》）。",
            "根据《另一条例》（以下简称《条例》）。",
            "农村最低生活保障制度（以下简称“农保低线”）已经建立。",
        ] {
            builder.add(&record(body, "某市交通运输局", "某省/某江市"));
        }
        let names = builder.finish();
        assert_eq!(names.short("网约车暂行规则"), Some("网络预约出租汽车经营服务管理暂行办法"));
        assert_eq!(names.short("农保低线"), Some("农村最低生活保障制度"));
        assert_eq!(names.short("条例"), None);
        assert_eq!(names.issuer("某市交通运输局"), Some("某市交通运输局"));
        assert_eq!(names.region("某江市", false), Some("某省/某江市"));
        assert_eq!((names.region("某江", false), names.region("某江", true)), (None, Some("某省/某江市")));
    }
}
