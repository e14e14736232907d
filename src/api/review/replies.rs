//! Findings of the review on the wire.

use gongkai_index::record::Date;
use gongkai_index::relations::review::Issue;
use serde::Serialize;
use utoipa::ToSchema;

use crate::api::related::RecordRef;

/// Value that stands for the issuer of records that name none.
pub const MISSING: &str = "_missing";
/// Kinds of findings with their names on the wire and for readers.
pub const ISSUES: [(&str, Issue, &str); 8] = [
    ("without_interpretation", Issue::WithoutInterpretation, "政策无解读"),
    ("late_interpretation", Issue::Interpretation, "解读晚于三个工作日"),
    ("undecided_interpretation", Issue::Interpretation, "解读时限无法计算"),
    ("without_validity", Issue::WithoutValidity, "未注明时效性"),
    ("conflict", Issue::Conflict, "时效性依据相互矛盾"),
    ("dangling_citation", Issue::Dangling, "引用的文件未入库"),
    ("lapsed_basis", Issue::LapsedBasis, "所依据的文件已失效"),
    ("personal_data", Issue::PersonalData, "含个人信息"),
];

/// Counts of all kinds of findings, and the findings of one kind.
#[derive(Debug, Serialize, ToSchema)]
pub struct ReviewReply {
    /// Newest generation when the review began.
    pub generation: u64,
    /// Day of every validity state.
    #[schema(value_type = String, format = Date)]
    pub day: Date,
    /// Counts by kind, in the order in which they are shown.
    pub counts: Vec<CountReply>,
    /// First and last year whose working days are known.
    pub workdays_known: Option<(i16, i16)>,
    /// Findings of the kind asked for by issuer, the most first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub issuers: Vec<IssuerReply>,
    /// Number of issuers; the first 100 are listed, the CSV has all.
    pub issuers_total: usize,
    /// Number of findings of that kind, of the issuer asked for.
    pub total: usize,
    /// Findings of the kind asked for, on the page asked for.
    pub findings: Vec<FindingReply>,
}

/// Findings of one kind in the records of one issuer. A record of several issuers counts for each.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct IssuerReply {
    /// Name of the issuer; absent for records that name none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub issuer: Option<String>,
    /// Number of findings.
    pub count: usize,
    /// Number of citations of documents that are not in the collection.
    #[serde(skip_serializing_if = "is_zero")]
    pub citations: usize,
}

fn is_zero(count: &usize) -> bool {
    *count == 0
}

/// Count of the findings of one kind.
#[derive(Debug, Serialize, ToSchema)]
pub struct CountReply {
    /// Name of the kind, a value of `issue`.
    pub issue: &'static str,
    /// Name of the kind for readers.
    pub label: &'static str,
    /// Number of findings.
    pub count: usize,
}

/// Finding: a record to look at.
#[derive(Debug, Serialize, ToSchema)]
pub struct FindingReply {
    /// Kind of the finding.
    pub issue: &'static str,
    /// Record to look at.
    pub record: RecordRef,
    /// Other record that is concerned, if any.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub other: Option<RecordRef>,
    /// Working days between policy and interpretation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub working_days: Option<u32>,
    /// First ten cited documents that are not in the collection.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub cited: Vec<String>,
    /// Number of cited documents that are not in the collection.
    #[serde(skip_serializing_if = "is_zero")]
    pub cited_total: usize,
}
