//! Conventions of official documents: the facts that can be read from a text without an index.
//! Pure functions over `&str`; none of them panics, none allocates without bound.
//!
//! | module | reads |
//! |---|---|
//! | [`document_number`] | 文号: all spellings, one key for each number, citations in running text |
//! | [`date`] | dates in all notations, and the role of each date in a document |
//! | [`issuer`] | 发布机构: single organs from glued text, and their full names |
//! | [`region`] | provinces, cities, counties |
//! | [`lineage`] | organs that were renamed or merged |
//! | [`citation`] | cited documents and articles, defined short names, relations |
//! | [`validity`] | statements about validity periods, clean-up lists, the state on a day |
//! | [`structure`] | enclosed documents, chapters and articles, each with an anchor |
//! | [`genre`] | 文种, from a title |
//! | [`category`] | the 22 classes of 主题分类 |
//! | [`index_number`] | 索引号, whole and by its tail |
//! | [`privacy`] | identity numbers, mobile numbers, bank cards |
//! | [`workdays`] | official holidays: which days are worked, and how many lie between two days |
//!
//! Lower modules do not import higher ones: `region` < `issuer` < `date`,
//! `document_number` < `citation` < `validity`.

pub mod category;
pub mod citation;
pub mod date;
pub mod document_number;
pub mod genre;
pub mod index_number;
pub mod issuer;
pub mod lineage;
pub mod privacy;
pub mod region;
pub(crate) mod scan;
pub(crate) mod script;
pub mod structure;
#[cfg(test)]
mod tests;
pub mod validity;
pub mod workdays;
