//! Values of the fields of a record, and their names.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

/// Kind of a record: the three sections of a portal.
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
    /// 有效期 is over.
    Expired,
    /// 尚未生效.
    NotYetEffective,
    /// Not stated.
    Unknown,
}

/// A file attached to a record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Attachment {
    /// Name as the reader sees it.
    pub name: String,
    /// Address of the file, if known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
}

/// Origin of a text, as far as the source shows.
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

/// An [`Origin`] with its reason.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Provenance {
    /// Origin of the text.
    pub origin: Origin,
    /// Reason, in words that a reader understands.
    pub reason: String,
}

/// Inference of the value of a field that the source did not state.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Inference {
    /// Rule or place from which the value was read: `title`, `body`, `meta`, `signature`, …
    pub from: String,
    /// Words from which the value was read.
    pub evidence: String,
}

/// A document inside a record, which a notice issues, encloses or forwards.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Part {
    /// Title of that document.
    pub title: String,
    /// Start in `body`, in bytes.
    pub start: usize,
    /// End in `body`, in bytes (exclusive).
    pub end: usize,
}

/// Source of a piece of evidence on validity.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EvidenceSource {
    /// Statement of the source, or of the site the text was taken from.
    Stated,
    /// A sentence of the record's own text.
    Text,
    /// A row of a clean-up list (清理目录) that names the record.
    CleanupList,
    /// Another document that repeals, replaces or amends the record.
    Document,
}

/// A piece of evidence on the validity of a record: its source and its words. Pieces of evidence
/// may contradict each other: all are kept, and the conflict is shown with the state.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ValidityEvidence {
    /// Claimed state.
    pub state: Validity,
    /// First day of that state, if known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<Date>,
    /// Source of the claim.
    pub from: EvidenceSource,
    /// Id of the claiming record, if that is another one of the collection.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub record: Option<String>,
    /// Title of the source of the claim.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// Quotation: a sentence, a row.
    pub quote: String,
}

impl ValidityEvidence {
    /// Checks if another record of the collection makes the claim.
    pub fn is_of_another(&self) -> bool {
        self.record.is_some()
    }
}

/// Names of [`Kind`] in JSON.
pub(super) const KINDS: [(&str, Kind); 3] =
    [("document", Kind::Document), ("policy", Kind::Policy), ("interpretation", Kind::Interpretation)];

/// Names of [`Validity`] in JSON.
pub(super) const VALIDITIES: [(&str, Validity); 6] = [
    ("in_force", Validity::InForce),
    ("amended", Validity::Amended),
    ("repealed", Validity::Repealed),
    ("expired", Validity::Expired),
    ("not_yet_effective", Validity::NotYetEffective),
    ("unknown", Validity::Unknown),
];

impl Kind {
    /// Name used in records, filters and responses.
    pub fn name(self) -> &'static str {
        KINDS.iter().find(|(_, kind)| *kind == self).map_or("", |(name, _)| name)
    }
}

impl Validity {
    /// Name used in records, filters and responses.
    pub fn name(self) -> &'static str {
        VALIDITIES.iter().find(|(_, validity)| *validity == self).map_or("", |(name, _)| name)
    }

    /// All states, in the order in which they are shown.
    pub fn all() -> impl Iterator<Item = Self> {
        VALIDITIES.iter().map(|(_, validity)| *validity)
    }

    /// Strength of a claim against others: an end is stronger than an amendment, an amendment
    /// stronger than being in force.
    pub(super) fn strength(self) -> u8 {
        match self {
            Self::Unknown => 0,
            Self::NotYetEffective | Self::InForce => 1,
            Self::Amended => 2,
            Self::Expired | Self::Repealed => 3,
        }
    }

    /// State on a day, from the stated one and the dates; silence stays unknown.
    pub fn on(day: Date, stated: Option<Self>, effective_on: Option<Date>, ends_on: Option<Date>) -> Self {
        let ended = ends_on.is_some_and(|end| end <= day);
        let begun = effective_on.is_none_or(|start| start <= day);
        match stated {
            Some(Self::Repealed) => Self::Repealed,
            _ if ended => Self::Expired,
            _ if !begun => Self::NotYetEffective,
            // Its effective date has passed.
            Some(Self::NotYetEffective) if effective_on.is_some() => Self::InForce,
            Some(state) => state,
            None => Self::Unknown,
        }
    }
}
