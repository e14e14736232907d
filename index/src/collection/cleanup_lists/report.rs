//! Report on the rows of all lists of a collection.

use serde::{Deserialize, Serialize};

use crate::record::Validity;

/// Outcome of the rows of all lists of a collection.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListReport {
    /// Lists in the collection; the same list from several sites counts once.
    pub lists: usize,
    /// Rows of these lists.
    pub rows: usize,
    /// Rows that name a record, or several copies of one.
    pub matched: usize,
    /// Rows that are evidence, with the records they name.
    pub named: Vec<NamedRow>,
    /// Records whose evidence was changed by this run.
    pub updated: usize,
    /// Rows that name no record of the collection.
    pub unmatched: Vec<OpenRow>,
    /// Rows that could name several documents, or whose number and title name different ones.
    pub ambiguous: Vec<OpenRow>,
}

/// A row that is evidence.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NamedRow {
    /// Id of the list.
    pub list: String,
    /// The row as it stands.
    pub row: String,
    /// State that the row gives the records.
    pub state: Validity,
    /// Ids of the records it names.
    pub records: Vec<String>,
}

/// A row that changed nothing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OpenRow {
    /// Id of the list.
    pub list: String,
    /// Title of the list.
    pub list_title: String,
    /// The row as it stands.
    pub row: String,
    /// Reason why it changed nothing.
    pub reason: String,
    /// Ids of the records it could name, at most ten.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub candidates: Vec<String>,
}
