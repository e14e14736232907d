//! The record: what comes in, and the rules it must satisfy.
//!
//! A record is one published document, policy or interpretation. This module
//! reads it from JSON, says everything that is wrong with it at once (field and
//! expectation; the caller adds file and line), and gives it a content hash by
//! which an unchanged record is recognised.
//!
//! It does not complete a record: what can be read out of a text (numbers,
//! dates, issuers) is the work of [`crate::official`].

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;

pub use jiff::civil::Date;
use serde::{Deserialize, Serialize};

/// Longest `id`, in bytes.
pub const MAX_ID_BYTES: usize = 256;
/// Longest `title`, in characters.
pub const MAX_TITLE_CHARS: usize = 2_000;
/// Longest `body`, in bytes.
pub const MAX_BODY_BYTES: usize = 8 << 20;
/// Most values in a list field.
pub const MAX_LIST_VALUES: usize = 200;
/// Longest single value of any field but title and body, in characters.
pub const MAX_VALUE_CHARS: usize = 2_000;

/// What a record is, in the three shelves a portal shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// 公文 and other published information: notices, annual reports, speeches.
    Document,
    /// Laws, regulations, rules, 规范性文件.
    Policy,
    /// 政策解读.
    Interpretation,
}

/// Validity (时效性) as stated or proven; never inferred from silence.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Validity {
    /// 有效.
    InForce,
    /// 已修改: in force, in a later version of its text.
    Amended,
    /// 废止 or 失效 by decision.
    Repealed,
    /// Its 有效期 ran out.
    Expired,
    /// 尚未生效.
    NotYetEffective,
    /// Nobody said.
    Unknown,
}

/// A file that belongs to a record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Attachment {
    /// Its name as the reader sees it.
    pub name: String,
    /// Where it is, if that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
}

/// Where a text comes from, as far as the source shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Origin {
    /// Published by the organ that issued it.
    Official,
    /// An official text on another site (转载).
    Reprint,
    /// A sample or collected text that no organ issued.
    Collected,
}

/// The [`Origin`] with the reason for it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Provenance {
    /// What kind of copy this is.
    pub origin: Origin,
    /// Why we say so, in words a reader understands.
    pub reason: String,
}

/// How the value of a field was found when the source did not state it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Inference {
    /// The rule or place it was read from: `title`, `body`, `meta`, `signature`, …
    pub from: String,
    /// The words it was read from.
    pub evidence: String,
}

/// A document inside the record: what a notice issues, encloses or forwards.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Part {
    /// Its own title.
    pub title: String,
    /// Where it begins in `body`, in bytes.
    pub start: usize,
    /// Where it ends in `body`, in bytes (exclusive).
    pub end: usize,
}

/// One record, valid.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Record {
    /// Unique; `put` replaces by it.
    pub id: String,
    /// Document, policy or interpretation.
    pub kind: Kind,
    /// The title as published.
    pub title: String,
    /// The text; paragraphs are separated by line breaks.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub body: String,
    /// 发布机构, the leading organ (牵头机关) first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub issuers: Vec<String>,
    /// 文号 as published.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub document_number: Option<String>,
    /// 索引号.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub index_number: Option<String>,
    /// Paths with `/`, for example `综合政务/政务公开`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub categories: Vec<String>,
    /// 文种.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub genre: Option<String>,
    /// Path with `/`: province, city, county.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub region: Option<String>,
    /// 主题词.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub keywords: Vec<String>,
    /// 成文日期.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub written_on: Option<Date>,
    /// 发布日期.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub published_on: Option<Date>,
    /// 施行日期.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub effective_on: Option<Date>,
    /// 失效 or 废止日期: the first day it no longer applies.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ends_on: Option<Date>,
    /// As the source states it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub validity: Option<Validity>,
    /// Where the text was taken from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source_url: Option<String>,
    /// The site it was taken from: not necessarily the issuer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source_name: Option<String>,
    /// What it interprets: ids, document numbers or titles.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub interprets: Vec<String>,
    /// What it repeals: ids, document numbers or titles.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub repeals: Vec<String>,
    /// What it amends: ids, document numbers or titles.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub amends: Vec<String>,
    /// Files that belong to it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub attachments: Vec<Attachment>,
    /// Whether it is an original, a reprint, or nobody's document.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub provenance: Option<Provenance>,
    /// Documents inside this one.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub parts: Vec<Part>,
    /// For each field that the source did not state: how it was found.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub inferred: BTreeMap<String, Inference>,
}

/// One thing wrong with a record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The field, with a position in lists: `issuers[2]`; empty for the whole record.
    pub field: String,
    /// What was found and what was expected.
    pub reason: String,
}

impl Problem {
    fn new(field: impl Into<String>, reason: impl Into<String>) -> Self {
        Self { field: field.into(), reason: reason.into() }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.field.as_str() {
            "" => f.write_str(&self.reason),
            field => write!(f, "{field}: {}", self.reason),
        }
    }
}

impl Record {
    /// An empty record, to be filled by importers and tests.
    pub fn new(id: impl Into<String>, kind: Kind, title: impl Into<String>) -> Self {
        Self {
            id: id.into(),
            kind,
            title: title.into(),
            body: String::new(),
            issuers: Vec::new(),
            document_number: None,
            index_number: None,
            categories: Vec::new(),
            genre: None,
            region: None,
            keywords: Vec::new(),
            written_on: None,
            published_on: None,
            effective_on: None,
            ends_on: None,
            validity: None,
            source_url: None,
            source_name: None,
            interprets: Vec::new(),
            repeals: Vec::new(),
            amends: Vec::new(),
            attachments: Vec::new(),
            provenance: None,
            parts: Vec::new(),
            inferred: BTreeMap::new(),
        }
    }

    /// Reads and validates one JSON object.
    ///
    /// # Errors
    /// Everything that is wrong with it, or the one thing that stopped the reading.
    pub fn from_json(json: &[u8]) -> Result<Self, Vec<Problem>> {
        match serde_json::from_slice::<RawRecord<'_>>(json) {
            Ok(raw) => raw.validate(),
            Err(_) => Err(vec![locate(json)]),
        }
    }

    /// Reads a record that was stored as JSON without its body, and the body.
    ///
    /// # Errors
    /// As [`Record::from_json`]; only a damaged store gives any.
    pub fn from_stored(card: &[u8], body: &str) -> Result<Self, Vec<Problem>> {
        let raw: RawRecord<'_> = serde_json::from_slice(card).map_err(|_| vec![locate(card)])?;
        RawRecord { body: Some(body.into()), ..raw }.validate()
    }

    /// Checks a record that was built in memory by the rules for one that is read.
    ///
    /// # Errors
    /// Everything that is wrong with it.
    pub fn validated(self) -> Result<Self, Vec<Problem>> {
        let json = serde_json::to_vec(&self)
            .map_err(|e| vec![Problem::new("", format!("cannot be written as JSON: {e}"))])?;
        Self::from_json(&json)
    }

    /// Identifies the content: equal records have equal hashes, whatever the
    /// order of keys or the spacing of the JSON they came from (BLAKE3, first 128 bits).
    pub fn content_hash(&self) -> u128 {
        // Writing a record as JSON cannot fail: it has no map with non-string keys.
        let json = serde_json::to_vec(self).unwrap_or_default();
        let mut first = [0; 16];
        first.copy_from_slice(&blake3::hash(&json).as_bytes()[..16]);
        u128::from_le_bytes(first)
    }
}

/// The record as it stands in JSON, before validation. `null` is the same as absent.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawRecord<'a> {
    #[serde(borrow)]
    id: Cow<'a, str>,
    #[serde(borrow)]
    kind: Cow<'a, str>,
    #[serde(borrow)]
    title: Cow<'a, str>,
    #[serde(borrow, default)]
    body: Option<Cow<'a, str>>,
    #[serde(default)]
    issuers: Option<Vec<String>>,
    #[serde(default)]
    document_number: Option<String>,
    #[serde(default)]
    index_number: Option<String>,
    #[serde(default)]
    categories: Option<Vec<String>>,
    #[serde(default)]
    genre: Option<String>,
    #[serde(default)]
    region: Option<String>,
    #[serde(default)]
    keywords: Option<Vec<String>>,
    #[serde(borrow, default)]
    written_on: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    published_on: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    effective_on: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    ends_on: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    validity: Option<Cow<'a, str>>,
    #[serde(default)]
    source_url: Option<String>,
    #[serde(default)]
    source_name: Option<String>,
    #[serde(default)]
    interprets: Option<Vec<String>>,
    #[serde(default)]
    repeals: Option<Vec<String>>,
    #[serde(default)]
    amends: Option<Vec<String>>,
    #[serde(default)]
    attachments: Option<Vec<Attachment>>,
    #[serde(default)]
    provenance: Option<Provenance>,
    #[serde(default)]
    parts: Option<Vec<Part>>,
    #[serde(default)]
    inferred: Option<BTreeMap<String, Inference>>,
}

impl RawRecord<'_> {
    fn validate(self) -> Result<Record, Vec<Problem>> {
        let mut check = Check::default();
        let kind = check.name("kind", Some(self.kind), &KINDS);
        let validity = check.name("validity", self.validity, &VALIDITIES);
        let body = self.body.unwrap_or_default().into_owned();
        if body.len() > MAX_BODY_BYTES {
            check.fail("body", format!("has {} bytes, at most {MAX_BODY_BYTES} are taken", body.len()));
        }
        let parts = self.parts.unwrap_or_default();
        check.parts(&parts, &body);
        let attachments = self.attachments.unwrap_or_default();
        if attachments.len() > MAX_LIST_VALUES {
            check.fail(
                "attachments",
                format!("has {} values, at most {MAX_LIST_VALUES} are taken", attachments.len()),
            );
        }
        let record = Record {
            id: check.id(self.id),
            kind: kind.unwrap_or(Kind::Document),
            title: check.title(self.title),
            body,
            issuers: check.list("issuers", self.issuers),
            document_number: check.value("document_number", self.document_number),
            index_number: check.value("index_number", self.index_number),
            categories: check.list("categories", self.categories).into_iter().map(as_path).collect(),
            genre: check.value("genre", self.genre),
            region: check.value("region", self.region).map(as_path),
            keywords: check.list("keywords", self.keywords),
            written_on: check.date("written_on", self.written_on),
            published_on: check.date("published_on", self.published_on),
            effective_on: check.date("effective_on", self.effective_on),
            ends_on: check.date("ends_on", self.ends_on),
            validity,
            source_url: check.value("source_url", self.source_url),
            source_name: check.value("source_name", self.source_name),
            interprets: check.list("interprets", self.interprets),
            repeals: check.list("repeals", self.repeals),
            amends: check.list("amends", self.amends),
            attachments,
            provenance: self.provenance,
            parts,
            inferred: self.inferred.unwrap_or_default(),
        };
        if check.problems.is_empty() { Ok(record) } else { Err(check.problems) }
    }
}

/// Names on the wire of [`Kind`].
const KINDS: [(&str, Kind); 3] =
    [("document", Kind::Document), ("policy", Kind::Policy), ("interpretation", Kind::Interpretation)];

/// Names on the wire of [`Validity`].
const VALIDITIES: [(&str, Validity); 6] = [
    ("in_force", Validity::InForce),
    ("amended", Validity::Amended),
    ("repealed", Validity::Repealed),
    ("expired", Validity::Expired),
    ("not_yet_effective", Validity::NotYetEffective),
    ("unknown", Validity::Unknown),
];

impl Kind {
    /// The name used in records, filters and replies.
    pub fn name(self) -> &'static str {
        KINDS.iter().find(|(_, kind)| *kind == self).map_or("", |(name, _)| name)
    }
}

impl Validity {
    /// The name used in records, filters and replies.
    pub fn name(self) -> &'static str {
        VALIDITIES.iter().find(|(_, validity)| *validity == self).map_or("", |(name, _)| name)
    }

    /// All states, in the order in which they are shown.
    pub fn all() -> impl Iterator<Item = Self> {
        VALIDITIES.iter().map(|(_, validity)| *validity)
    }
}

impl Validity {
    /// The state on a day, from what is stated and the dates; silence stays unknown.
    pub fn on(day: Date, stated: Option<Self>, effective_on: Option<Date>, ends_on: Option<Date>) -> Self {
        let ended = ends_on.is_some_and(|end| end <= day);
        let begun = effective_on.is_none_or(|start| start <= day);
        match stated {
            Some(Self::Repealed) => Self::Repealed,
            _ if ended => Self::Expired,
            _ if !begun => Self::NotYetEffective,
            // The day it was waiting for has come.
            Some(Self::NotYetEffective) if effective_on.is_some() => Self::InForce,
            Some(state) => state,
            None => Self::Unknown,
        }
    }
}

/// Collects the problems of one record, so that all are told at once.
#[derive(Default)]
struct Check {
    problems: Vec<Problem>,
}

impl Check {
    fn fail(&mut self, field: impl Into<String>, reason: impl Into<String>) {
        self.problems.push(Problem::new(field, reason));
    }

    fn id(&mut self, id: Cow<'_, str>) -> String {
        if id.trim().is_empty() {
            self.fail("id", "is empty, expected a unique name");
        } else if id.len() > MAX_ID_BYTES {
            self.fail("id", format!("has {} bytes, at most {MAX_ID_BYTES} are taken", id.len()));
        } else if id.chars().any(char::is_control) {
            self.fail("id", "has control characters, expected printable text");
        }
        id.into_owned()
    }

    fn title(&mut self, title: Cow<'_, str>) -> String {
        let length = title.chars().count();
        if title.trim().is_empty() {
            self.fail("title", "is empty, expected the title as published");
        } else if length > MAX_TITLE_CHARS {
            self.fail("title", format!("has {length} characters, at most {MAX_TITLE_CHARS} are taken"));
        }
        title.into_owned()
    }

    fn value(&mut self, field: &str, value: Option<String>) -> Option<String> {
        let value = value?;
        if value.trim().is_empty() {
            self.fail(field, "is empty, expected a value or no field at all");
        } else if value.chars().count() > MAX_VALUE_CHARS {
            self.fail(field, format!("is longer than {MAX_VALUE_CHARS} characters"));
        }
        Some(value)
    }

    fn list(&mut self, field: &str, values: Option<Vec<String>>) -> Vec<String> {
        let values = values.unwrap_or_default();
        if values.len() > MAX_LIST_VALUES {
            self.fail(field, format!("has {} values, at most {MAX_LIST_VALUES} are taken", values.len()));
            return Vec::new();
        }
        let mut kept: Vec<String> = Vec::with_capacity(values.len());
        for (i, value) in values.into_iter().enumerate() {
            if let Some(value) = self.value(&format!("{field}[{i}]"), Some(value))
                && !kept.contains(&value)
            {
                kept.push(value);
            }
        }
        kept
    }

    fn date(&mut self, field: &str, value: Option<Cow<'_, str>>) -> Option<Date> {
        let value = value?;
        let date = parse_iso_date(&value);
        if date.is_none() {
            self.fail(field, format!("“{value}” is not a date, expected YYYY-MM-DD such as 2017-05-15"));
        }
        date
    }

    fn name<T: Copy>(&mut self, field: &str, value: Option<Cow<'_, str>>, names: &[(&str, T)]) -> Option<T> {
        let value = value?;
        let found = names.iter().find(|(name, _)| *name == value).map(|(_, found)| *found);
        if found.is_none() {
            let expected: Vec<_> = names.iter().map(|(name, _)| *name).collect();
            self.fail(field, format!("“{value}” is unknown, expected one of {}", expected.join(", ")));
        }
        found
    }

    fn parts(&mut self, parts: &[Part], body: &str) {
        for (i, part) in parts.iter().enumerate() {
            if body.get(part.start..part.end).is_none() {
                self.fail(
                    format!("parts[{i}]"),
                    format!("{}..{} does not cut the body at character boundaries", part.start, part.end),
                );
            }
        }
    }
}

/// A date written `YYYY-MM-DD`, and nothing else.
pub fn parse_iso_date(text: &str) -> Option<Date> {
    let bytes = text.as_bytes();
    let shaped = bytes.len() == 10
        && bytes
            .iter()
            .enumerate()
            .all(|(i, b)| if i == 4 || i == 7 { *b == b'-' } else { b.is_ascii_digit() });
    if shaped { text.parse().ok() } else { None }
}

/// Sites write category paths with a backslash; the record has `/`, without empty steps.
fn as_path(value: String) -> String {
    if !value.contains(['\\', '/']) {
        return value;
    }
    let steps: Vec<_> = value.split(['\\', '/']).map(str::trim).filter(|step| !step.is_empty()).collect();
    steps.join("/")
}

/// Reads the JSON again, slowly, to say in which field it went wrong.
fn locate(json: &[u8]) -> Problem {
    let mut reader = serde_json::Deserializer::from_slice(json);
    let outcome = serde_path_to_error::deserialize::<_, RawRecord<'_>>(&mut reader);
    let (path, reason) = match outcome {
        Ok(_) => match reader.end() {
            Ok(()) => (String::new(), "cannot be read".to_owned()),
            Err(e) => (String::new(), e.to_string()),
        },
        Err(e) => (e.path().to_string(), e.inner().to_string()),
    };
    // The line is the whole record: "at line 1" would only confuse beside the file's own line.
    let reason = reason.replace(" at line 1 column ", ", at byte ");
    match reason.strip_prefix("missing field ") {
        Some(field) => {
            let name: String = field.chars().skip(1).take_while(|c| *c != '`').collect();
            Problem::new(name, "is required and missing")
        }
        None => Problem::new(if path == "." { String::new() } else { path }, reason),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problems(json: &str) -> Vec<String> {
        Record::from_json(json.as_bytes()).unwrap_err().iter().map(ToString::to_string).collect()
    }

    #[test]
    fn a_full_record_comes_back_as_it_went_in() {
        let json = r#"{"id":"a","kind":"policy","title":"办法","body":"第一条","issuers":["甲"],"categories":["综合政务\\其他"],"published_on":"2017-06-08","validity":"in_force","attachments":[{"name":"附件.pdf"}]}"#;
        let record = Record::from_json(json.as_bytes()).unwrap();
        assert_eq!(record.categories, ["综合政务/其他"]);
        let again = Record::from_json(&serde_json::to_vec(&record).unwrap()).unwrap();
        assert_eq!(record, again);
        assert_eq!(record.content_hash(), again.content_hash());
    }

    #[test]
    fn every_problem_is_named_with_its_field() {
        assert_eq!(
            problems(
                r#"{"id":" ","kind":"law","title":"t","published_on":"2016-13-05","issuers":["甲",""]}"#
            ),
            [
                "kind: “law” is unknown, expected one of document, policy, interpretation",
                "id: is empty, expected a unique name",
                "issuers[1]: is empty, expected a value or no field at all",
                "published_on: “2016-13-05” is not a date, expected YYYY-MM-DD such as 2017-05-15",
            ]
        );
    }

    #[test]
    fn what_cannot_be_read_names_the_field() {
        assert_eq!(problems(r#"{"kind":"policy","title":"t"}"#), ["id: is required and missing"]);
        assert!(
            problems(r#"{"id":"a","kind":"policy","title":"t","colour":1}"#)[0]
                .contains("unknown field `colour`")
        );
        assert!(
            problems(r#"{"id":"a","kind":"policy","title":"t","issuers":"甲"}"#)[0].starts_with("issuers: ")
        );
        assert!(!problems("not json").is_empty());
        assert!(!problems(r#"{"id":"a","kind":"policy","title":"t"} x"#).is_empty());
    }

    #[test]
    fn the_hash_ignores_the_order_of_keys_and_sees_every_change() {
        let hash = |json: &str| Record::from_json(json.as_bytes()).unwrap().content_hash();
        let a = hash(r#"{"id":"a","kind":"policy","title":"t"}"#);
        assert_eq!(a, hash(r#"{"title": "t", "kind":"policy", "id":"a", "body": null}"#));
        assert_ne!(a, hash(r#"{"id":"a","kind":"policy","title":"t","body":"x"}"#));
    }
}
