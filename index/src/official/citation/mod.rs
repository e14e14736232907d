//! Citations: the documents that a text names, and its relation to each of them.
//!
//! # Grammar
//!
//! ```text
//! citation   = 《 title 》 [number | ( number … ) ]       《…〈…〉…》（国发〔2015〕58号）
//!            | number
//! definition = (以下简称|以下统称|下称|简称) name          （以下简称《条例》）  （简称"23条"）
//! relation   = verb before (根据, 印发, 修改 …) or after (同时废止, 作如下修改)
//! ```
//!
//! A verb governs all titles of a row (`《甲》《乙》和《丙》同时废止`). A title that a
//! definition made short is returned in full as well. Nothing is looked up: only the collection
//! can tell if the cited document exists.

mod article;
mod definition;
mod find;
mod reference;
mod relation;
#[cfg(test)]
mod tests;
mod title;
mod title_relation;

pub use article::{Article, CitedArticle, Heading, articles, heading_before, headings};
pub use definition::{Definition, definitions};
pub use find::find_all;
pub use reference::{Citation, Relation};
pub use title::{Title, titles};
pub use title_relation::carried;
