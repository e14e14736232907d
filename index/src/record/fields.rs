//! The record with its content hash and its weighed validity.

use std::collections::BTreeMap;

use jiff::civil::Date;
use serde::Serialize;

use super::values::{Attachment, Inference, Kind, Part, Provenance, Validity, ValidityEvidence};

/// One valid record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Record {
    /// Unique id; `put` replaces the record with the same id.
    pub id: String,
    /// Kind: document, policy or interpretation.
    pub kind: Kind,
    /// Title as published.
    pub title: String,
    /// Text; paragraphs are separated by line breaks.
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
    /// Category paths with `/`, for example `综合政务/政务公开`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub categories: Vec<String>,
    /// 文种.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub genre: Option<String>,
    /// Region path with `/`: province, city, county.
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
    /// 失效 or 废止日期: the first day on which it no longer applies.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ends_on: Option<Date>,
    /// Validity as the source states it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub validity: Option<Validity>,
    /// Further evidence on its validity, from other documents and from its text.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub validity_evidence: Vec<ValidityEvidence>,
    /// Address of the source of the text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source_url: Option<String>,
    /// Name of the source site: not necessarily the issuer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source_name: Option<String>,
    /// Documents that it interprets: ids, document numbers or titles.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub interprets: Vec<String>,
    /// Documents that it repeals: ids, document numbers or titles.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub repeals: Vec<String>,
    /// Documents that it amends: ids, document numbers or titles.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub amends: Vec<String>,
    /// Attached files.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub attachments: Vec<Attachment>,
    /// Provenance: an original, a reprint, or a text without issuer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub provenance: Option<Provenance>,
    /// Documents inside this one.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub parts: Vec<Part>,
    /// For each field that the source did not state: the inference of its value.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub inferred: BTreeMap<String, Inference>,
}

impl Record {
    /// Empty record, to be completed by importers and tests.
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
            validity_evidence: Vec::new(),
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

    /// Stated validity weighed against the evidence of other documents: an end stated by a list
    /// is stronger than the word of a site, which was true on some unknown day.
    pub fn weighed_validity(&self) -> Option<Validity> {
        let of_others = self.validity_evidence.iter().filter(|evidence| evidence.is_of_another());
        let newest = of_others.max_by_key(|evidence| (evidence.since, evidence.state.strength()));
        let Some(newest) = newest else { return self.validity };
        match self.validity {
            Some(stated) if stated.strength() >= newest.state.strength() => Some(stated),
            _ => Some(newest.state),
        }
    }

    /// Hash of the content: equal records have equal hashes, whatever the
    /// order of keys or the spacing of the JSON they came from (BLAKE3, first 128 bits).
    ///
    /// Evidence from other records of the collection is no content of this one: it comes and goes
    /// with them, and does not change the record when it is read again.
    pub fn content_hash(&self) -> u128 {
        if self.validity_evidence.iter().any(ValidityEvidence::is_of_another) {
            let mut own = self.clone();
            own.validity_evidence.retain(|evidence| !evidence.is_of_another());
            return own.content_hash();
        }
        // Writing a record as JSON cannot fail: it has no map with non-string keys.
        let json = serde_json::to_vec(self).unwrap_or_default();
        let mut first = [0; 16];
        first.copy_from_slice(&blake3::hash(&json).as_bytes()[..16]);
        u128::from_le_bytes(first)
    }
}
