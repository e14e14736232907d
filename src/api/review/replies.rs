//! Findings of the review on the wire.

use gongkai_index::record::Date;
use gongkai_index::relations::Issue;
use serde::Serialize;
use utoipa::ToSchema;

use crate::api::related::RecordRef;

/// What stands for the issuer of records that name none.
pub const MISSING: &str = "_missing";
/// The kinds of findings with their names on the wire and for readers.
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

/// How many findings of each kind there are, and those of one kind.
#[derive(Debug, Serialize, ToSchema)]
pub struct ReviewReply {
    /// The commit.
    pub generation: u64,
    /// The day of every state.
    #[schema(value_type = String, format = Date)]
    pub day: Date,
    /// By kind, in the order in which they are shown.
    pub counts: Vec<CountReply>,
    /// Years whose working days are known.
    pub workdays_known: Option<(i16, i16)>,
    /// Findings of the kind asked for by issuer, those with the most first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub issuers: Vec<IssuerReply>,
    /// How many issuers there are; the first hundred are listed, all are in the table.
    pub issuers_total: usize,
    /// How many findings of that kind there are, of the issuer asked for.
    pub total: usize,
    /// Findings of the kind asked for, on the page asked for.
    pub findings: Vec<FindingReply>,
}

/// Findings of one kind in the records of one issuer. Of a record of several issuers each has it.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct IssuerReply {
    /// The issuer; absent for records that name none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub issuer: Option<String>,
    /// How many findings.
    pub count: usize,
    /// How many citations of what is not held.
    #[serde(skip_serializing_if = "is_none")]
    pub citations: usize,
}

fn is_none(count: &usize) -> bool {
    *count == 0
}

/// Findings of one kind.
#[derive(Debug, Serialize, ToSchema)]
pub struct CountReply {
    /// Its name, for `issue`.
    pub issue: &'static str,
    /// For readers.
    pub label: &'static str,
    /// How many.
    pub count: usize,
}

/// A record to look at.
#[derive(Debug, Serialize, ToSchema)]
pub struct FindingReply {
    /// Its kind.
    pub issue: &'static str,
    /// The record.
    pub record: RecordRef,
    /// The other record that is concerned, if there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub other: Option<RecordRef>,
    /// Working days between policy and interpretation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub working_days: Option<u32>,
    /// What it cites in vain: the first ten.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub cited: Vec<String>,
    /// How many it cites in vain.
    #[serde(skip_serializing_if = "is_none")]
    pub cited_total: usize,
}
