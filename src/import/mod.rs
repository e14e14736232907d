//! Files people have → records: pages, exports, Word, PDF and OFD files, archives of them.

pub mod charset;
pub mod extract;
pub mod html;
pub mod text;
