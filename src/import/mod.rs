//! Files people have → records: pages, exports, Word, PDF and OFD files, archives of them.

pub mod charset;
pub mod child;
pub mod chrome;
pub mod delimited;
pub mod docx;
pub mod enclosed;
pub mod extract;
pub mod format;
pub mod html;
pub mod labels;
pub mod layout;
pub mod ofd;
pub mod package;
pub mod page;
pub mod pdf;
pub mod provenance;
pub mod several;
pub mod text;
pub mod title;
pub mod xml;
