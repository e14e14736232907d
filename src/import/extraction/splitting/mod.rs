//! Splitting of pages that hold several documents.

pub mod main_place;
pub mod page_document;
pub mod split;
pub mod split_untitled;
