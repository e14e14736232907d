//! Readers of file formats. Each format has its module, which gives a
//! [`FileContent`](crate::import::FileContent), or records where the format states them.

pub mod archive;
pub mod charset;
pub mod delimited;
pub mod detection;
pub mod docx;
pub mod html;
pub mod http_head;
pub mod line_wraps;
pub mod markdown;
pub mod ndjson;
pub mod ofd;
pub mod package;
pub mod page_layout;
pub mod pdf;
pub mod rows;
pub mod sandbox;
pub mod text;
pub mod utf16;
pub mod xml;
