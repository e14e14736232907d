//! Related records on the wire; see docs/API.md.

use gongkai_index::record::Date;
use serde::Serialize;
use utoipa::ToSchema;

/// Reference to another record.
#[derive(Debug, Clone, Default, Serialize, ToSchema)]
pub struct RecordRef {
    /// Record id.
    pub id: String,
    /// document, policy or interpretation.
    pub kind: &'static str,
    /// Title of the record.
    pub title: String,
    /// Address of the record's page.
    pub url: String,
    /// Issuers of the record.
    pub issuers: Vec<String>,
    /// 成文日期, else 发布日期, else 施行日期.
    #[schema(value_type = Option<String>, format = Date)]
    pub date: Option<Date>,
    /// 时效性 on the day asked for.
    pub validity: &'static str,
}

/// Citation of one document by another.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct CitationReply {
    /// mentions, based_on, repeals, amends, encloses, forwards or interprets.
    pub relation: &'static str,
    /// found, ambiguous or absent: result of looking for the cited document in the collection.
    pub outcome: &'static str,
    /// Quote around the citation, from the citing text; absent where a field or the title cites.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub quote: Option<String>,
    /// Record at the other end.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub record: Option<RecordRef>,
    /// Candidates, where the citation may mean several records.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub candidates: Vec<RecordRef>,
}

/// Links of one kind.
#[derive(Debug, Clone, Default, Serialize, ToSchema)]
pub struct LinksReply {
    /// Number of links.
    pub total: usize,
    /// First of the links.
    pub links: Vec<CitationReply>,
}

/// Copy: a record with the same text.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct CopyReply {
    /// Record.
    #[serde(flatten)]
    pub record: RecordRef,
    /// Name of the site it was taken from.
    pub source_name: Option<String>,
    /// True for the copy nearest to the issuer.
    pub canonical: bool,
    /// Number of places where its text differs from that of this record, layout aside; absent
    /// where it was not compared.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub differences: Option<usize>,
}

/// Version of the same document.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct VersionReply {
    /// Record.
    #[serde(flatten)]
    pub record: RecordRef,
    /// First day of the version.
    #[schema(value_type = Option<String>, format = Date)]
    pub begins: Option<Date>,
    /// True if its text applied on the day asked for.
    pub applies: bool,
    /// True if it is this record or a copy of it.
    pub this: bool,
}

/// Evidence for or against a validity state.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ProofReply {
    /// stated, effective_on, ends_on, text_effective, text_ends, marked, repealed_by,
    /// newer_version or claimed.
    pub kind: &'static str,
    /// State that it claims, if any.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub state: Option<&'static str>,
    /// Day that it names.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = Date)]
    pub on: Option<Date>,
    /// Record that contains it, if it is another one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub record: Option<RecordRef>,
    /// Quote of the words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub quote: Option<String>,
    /// True if the state follows from it.
    pub decides: bool,
}

/// Validity state on a day, with its evidence.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = StandingReply)]
pub struct ValidityStatusReply {
    /// Validity state.
    pub state: &'static str,
    /// Day the state is computed for.
    #[schema(value_type = String, format = Date)]
    pub as_of: Date,
    /// First day of the state, if that is known.
    #[schema(value_type = Option<String>, format = Date)]
    pub since: Option<Date>,
    /// True if the evidence contradicts itself.
    pub conflict: bool,
    /// True if this text applied on that day.
    pub applies: bool,
    /// All evidence, what decides first.
    pub evidence: Vec<ProofReply>,
}

/// Records related to a record.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct RelatedReply {
    /// Validity on the day asked for.
    pub validity: ValidityStatusReply,
    /// Records that it interprets, if it is an interpretation.
    pub interprets: Vec<RecordRef>,
    /// Interpretations of it.
    pub interpretations: Vec<RecordRef>,
    /// All versions, by their first day; empty if there is only this one.
    pub versions: Vec<VersionReply>,
    /// All records with this text, the canonical one first; empty if there is only this one.
    pub copies: Vec<CopyReply>,
    /// Citations in this record.
    pub cites: LinksReply,
    /// Citations of this record.
    pub cited_by: LinksReply,
    /// Documents it is based on that have been repealed or have expired.
    pub lapsed_bases: Vec<RecordRef>,
}
