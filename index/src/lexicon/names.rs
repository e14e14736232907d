//! Names that a collection itself uses: short names its documents define, its
//! issuers, its places. Mined once a generation, read while a query is parsed.

use std::collections::HashMap;
use std::sync::LazyLock;

use serde::{Deserialize, Serialize};

use crate::analysis::{Fold, fold::fold};
use crate::official::citation::definitions;
use crate::record::Record;

/// Characters of a text in which definitions are looked for: they stand near the beginning.
const DEFINING_CHARS: usize = 20_000;
/// Shortest and longest short name, in characters.
const SHORT: std::ops::RangeInclusive<usize> = 2..=12;
/// Most characters of what a short name stands for.
const LONGEST_FULL: usize = 60;
/// Most short names held.
const MOST: usize = 20_000;
/// Share of its definitions that must agree on what a short name stands for: 《条例》
/// stands for something else in every document, and so for nothing outside it.
const AGREEING: f32 = 0.6;
/// A name that says only what sort of thing it is.
const GENERIC: [&str; 37] = [
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
    /// Folded short name → what it stands for.
    shorts: HashMap<String, String>,
    /// Folded name → the issuer as it is written.
    issuers: HashMap<String, String>,
    /// Folded full name of a place → its path; empty where several have it.
    regions: HashMap<String, String>,
    /// The same by the name without its kind.
    bare_regions: HashMap<String, String>,
}

/// No names.
pub static NONE: LazyLock<Names> = LazyLock::new(Names::default);

impl Names {
    /// What a short name stands for.
    pub fn short(&self, folded: &str) -> Option<&str> {
        self.shorts.get(folded).map(String::as_str)
    }

    /// The issuer of that name.
    pub fn issuer(&self, name: &str) -> Option<&str> {
        self.issuers.get(fold(name, Fold::Grams).text()).map(String::as_str)
    }

    /// The place of that name; `bare` takes the name without its kind too.
    pub fn region(&self, name: &str, bare: bool) -> Option<&str> {
        let folded = fold(name, Fold::Grams);
        let whole = self.regions.get(folded.text());
        let found = whole.or_else(|| self.bare_regions.get(folded.text()).filter(|_| bare));
        found.map(String::as_str).filter(|path| !path.is_empty())
    }

    /// All short names with what they stand for.
    pub fn all_shorts(&self) -> impl Iterator<Item = (&str, &str)> {
        self.shorts.iter().map(|(short, full)| (short.as_str(), full.as_str()))
    }
}

/// Collects the names of a collection.
#[derive(Default)]
pub struct NamesBuilder {
    /// Short name → what it stands for → in how many records.
    defined: HashMap<String, HashMap<String, u32>>,
    issuers: HashMap<String, String>,
    regions: HashMap<String, String>,
}

impl NamesBuilder {
    /// Adds what a record tells.
    pub fn add(&mut self, record: &Record) {
        for issuer in &record.issuers {
            self.issuers.entry(folded(issuer)).or_insert_with(|| issuer.clone());
        }
        if let Some(region) = &record.region {
            for path in crate::schema::fields::path_and_above(region) {
                let name = path.rsplit('/').next().unwrap_or(path);
                let known = self.regions.entry(folded(name)).or_insert_with(|| path.to_owned());
                if known != path {
                    known.clear();
                }
            }
        }
        self.define(&record.body);
    }

    fn define(&mut self, body: &str) {
        let end = body.char_indices().nth(DEFINING_CHARS).map_or(body.len(), |(at, _)| at);
        for found in definitions(&body[..end]) {
            let short = folded(&found.short);
            if !names_something(&short, &found.stands_for) || self.full(&short) {
                continue;
            }
            *self.defined.entry(short).or_default().entry(found.stands_for).or_default() += 1;
        }
    }

    fn full(&self, short: &str) -> bool {
        self.defined.len() >= 4 * MOST && !self.defined.contains_key(short)
    }

    /// Keeps what most documents agree on.
    pub fn finish(self) -> Names {
        let mut agreed: Vec<(u32, String, String)> = self.defined.into_iter().filter_map(agreed).collect();
        agreed.sort_unstable_by(|a, b| b.0.cmp(&a.0).then_with(|| a.1.cmp(&b.1)));
        agreed.truncate(MOST);
        let mut bare_regions: HashMap<String, String> = HashMap::new();
        for (name, path) in &self.regions {
            let Some(bare) = bare(name) else { continue };
            let known = bare_regions.entry(bare.to_owned()).or_insert_with(|| path.clone());
            if known != path {
                known.clear();
            }
        }
        Names {
            shorts: agreed.into_iter().map(|(_, short, full)| (short, full)).collect(),
            issuers: self.issuers,
            regions: self.regions,
            bare_regions,
        }
    }
}

/// The meaning that most definitions of a short name give it.
fn agreed((short, meanings): (String, HashMap<String, u32>)) -> Option<(u32, String, String)> {
    let all: u32 = meanings.values().sum();
    let (full, times) = meanings.into_iter().max_by(|a, b| a.1.cmp(&b.1).then_with(|| b.0.cmp(&a.0)))?;
    (times as f32 >= all as f32 * AGREEING).then_some((times, short, full))
}

fn names_something(short: &str, full: &str) -> bool {
    let chars = short.chars().count();
    let length = full.chars().count();
    let ends = ["条例", "办法", "规定", "意见", "方案", "通知"];
    // 《实施意见》 may be any; 《网约车办法》 is one.
    let generic = GENERIC.contains(&short)
        || ends.iter().any(|end| short.ends_with(end) && chars <= end.chars().count() + 2);
    SHORT.contains(&chars) && length > chars && length <= LONGEST_FULL && !generic && !short.starts_with('本')
}

fn folded(text: &str) -> String {
    fold(text.trim(), Fold::Grams).text().to_owned()
}

/// The name of a place without its kind, if enough is left.
fn bare(name: &str) -> Option<&str> {
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
    fn a_short_name_is_kept_where_documents_agree() {
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
