//! How official documents are written: what can be read out of a text without
//! an index. Pure functions over `&str`; none of them panics, none allocates
//! without bound.
//!
//! - [`document_number`]: 文号, its many spellings, and where a text cites one
//! - [`category`]: the 22 classes of 主题分类
//! - [`citation`]: what a document names, defines, and does with what it names
//! - [`date`]: the writings of a date, and which date of a document is which
//! - [`issuer`]: 发布机构, one by one out of glued text
//! - [`lineage`]: organs renamed and merged
//! - [`genre`]: 文种, from a title
//! - [`index_number`]: 索引号
//! - [`region`]: provinces, cities, counties
//! - [`validity`]: statements about a term, clean-up lists, the state on a day
//! - [`privacy`]: identity numbers, mobile numbers, bank cards

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
pub mod validity;
