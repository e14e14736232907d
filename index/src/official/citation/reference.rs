//! A cited document and the relation of the citing text to it.

use std::ops::Range;

use crate::official::document_number::DocumentNumber;

/// Relation of a text to a document it cites.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Relation {
    /// Names it only.
    Mentions,
    /// 根据, 依据, 按照: is based on it or follows it.
    BasedOn,
    /// 废止: repeals it.
    Repeals,
    /// 修改: amends it.
    Amends,
    /// 印发, 公布: issues it as its own enclosure.
    Encloses,
    /// 转发, 批转: forwards it for another organ.
    Forwards,
    /// 解读: explains it.
    Interprets,
}

/// A citation of a document in a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Citation {
    /// Range in bytes: title with its brackets, number, or both.
    pub range: Range<usize>,
    /// Title without its outer brackets, as written.
    pub title: Option<String>,
    /// Titles inside that title.
    pub inner: Vec<String>,
    /// Number given with the title, or alone.
    pub number: Option<DocumentNumber>,
    /// Relation of the text to it.
    pub relation: Relation,
    /// Full title, if the text defined the cited title as a short name.
    pub full_title: Option<String>,
}
