//! How official documents are written: what can be read out of a text without
//! an index. Pure functions over `&str`; none of them panics, none allocates
//! without bound.
//!
//! | module | what it reads |
//! |---|---|
//! | [`document_number`] | 文号: its many spellings, one key for each, and where a text cites one |
//! | [`date`] | the writings of a date, and which date of a document is which |
//! | [`issuer`] | 发布机构, one by one out of glued text, and their full names |
//! | [`region`] | provinces, cities, counties |
//! | [`lineage`] | organs renamed and merged |
//! | [`citation`] | what a document names, defines, and does with what it names |
//! | [`validity`] | statements about a term, clean-up lists, the state on a day |
//! | [`structure`] | enclosed documents, chapters and articles, each with an anchor |
//! | [`genre`] | 文种, from a title |
//! | [`category`] | the 22 classes of 主题分类 |
//! | [`index_number`] | 索引号, whole and by its tail |
//! | [`privacy`] | identity numbers, mobile numbers, bank cards |
//! | [`workdays`] | official holidays: which days are worked, and how many lie between two days |
//!
//! Lower modules know nothing of higher ones: `region` < `issuer` < `date`,
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
pub mod structure;
#[cfg(test)]
mod tests;
pub mod validity;
pub mod workdays;
