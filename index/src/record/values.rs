//! The values a record is made of, and their names.

use serde::{Deserialize, Serialize};

use super::Date;

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

/// What says that a record is valid or not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EvidenceSource {
    /// The word of the source, or of the site it was taken from.
    Stated,
    /// A sentence of its own text.
    Text,
    /// A row of a clean-up list (清理目录) that names it.
    CleanupList,
    /// Another document that repeals, replaces or amends it.
    Document,
}

/// What is said of a record's validity, by whom and in which words. Pieces of evidence
/// may contradict each other: all are kept, and who shows a state shows the conflict.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ValidityEvidence {
    /// The state it claims.
    pub state: Validity,
    /// From which day on, if that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<Date>,
    /// What kind of thing says it.
    pub from: EvidenceSource,
    /// The id of the record that says it, if that is another one of the collection.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub record: Option<String>,
    /// The title of what says it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// The words: a sentence, a row.
    pub quote: String,
}

impl ValidityEvidence {
    /// Whether another record of the collection says it.
    pub fn is_of_another(&self) -> bool {
        self.record.is_some()
    }
}

/// Names on the wire of [`Kind`].
pub(super) const KINDS: [(&str, Kind); 3] =
    [("document", Kind::Document), ("policy", Kind::Policy), ("interpretation", Kind::Interpretation)];

/// Names on the wire of [`Validity`].
pub(super) const VALIDITIES: [(&str, Validity); 6] = [
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
    /// Which of two claims stands: an end against a change, a change against being in force.
    pub(super) fn strength(self) -> u8 {
        match self {
            Self::Unknown => 0,
            Self::NotYetEffective | Self::InForce => 1,
            Self::Amended => 2,
            Self::Expired | Self::Repealed => 3,
        }
    }

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
