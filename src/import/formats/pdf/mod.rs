//! PDF files with a text layer.
//!
//! lopdf reads the file format. Characters and positions of text operators are computed here,
//! because the libraries that extract text do not support the encodings of Chinese fonts
//! (`GBK-EUC-H` and the like). Runs only in the process for untrusted files: see
//! [`crate::import::formats::sandbox`].

mod attachments;
mod cmap;
mod content;
mod font;
mod limits;
mod marked;
mod page_box;

use lopdf::{Document, LoadOptions};

use crate::import::file_content::FileContent;
use crate::import::formats::page_layout::assemble_pages;
use crate::import::formats::pdf::limits::MAX_STREAM_BYTES;
use crate::import::read_error::ReadError;

/// Limit of pages that are read.
const MAX_PAGES: usize = 5_000;

/// Reads a PDF file.
///
/// # Errors
/// The file is damaged, or encrypted with a password.
pub fn read(bytes: &[u8]) -> Result<FileContent, ReadError> {
    let options = LoadOptions { max_decompressed_size: Some(MAX_STREAM_BYTES), ..LoadOptions::default() };
    let document = Document::load_mem_with_options(bytes, options).map_err(ReadError::damaged)?;
    if document.is_encrypted() {
        return Err(ReadError::Unsupported("文件有打开密码，请去除密码后再导入".to_owned()));
    }
    let mut pages = Vec::new();
    let mut count = content::CharacterCount::default();
    for page in document.page_iter().take(MAX_PAGES) {
        pages.push(content::read_page(&document, page, &mut count));
    }
    // Fonts without character names draw a text that only people can read. One such font among
    // others, as of a stamp, does not condemn the text.
    if count.unknown > count.known {
        pages.clear();
    }
    Ok(FileContent { files: attachments::attachment_names(&document), ..assemble_pages(pages) })
}

#[cfg(test)]
mod tests;
