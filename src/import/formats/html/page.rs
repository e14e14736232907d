//! Tokenized page: a flat list of elements and a flat list of lines.

use crate::import::file_content::{BlockKind, FileLink};
use crate::import::formats::html::elements::Role;

/// Limit of elements and of lines that are kept of one page.
pub const MAX_ELEMENTS: usize = 2_000_000;

/// Limit of files that are kept of one page.
pub const MAX_FILES: usize = 200;

/// Tokenized page.
#[derive(Debug, Default)]
pub struct Page {
    /// Elements in document order; the first is the whole page.
    pub elements: Vec<Element>,
    /// Lines in document order.
    pub lines: Vec<Line>,
    /// Names and contents of `<meta>`.
    pub metas: Vec<(String, String)>,
    /// Text of `<title>`.
    pub window_title: String,
    /// Address that the page gives for itself.
    pub address: Option<String>,
    /// Links to files.
    pub files: Vec<FileLink>,
    /// Set if the page shows a file in a frame of its own.
    pub shows_file: bool,
}

/// Element that begins a line of its own.
#[derive(Debug, Clone, Copy)]
pub struct Element {
    /// Index of the element around this one; its own index for the first.
    pub parent: u32,
    /// Index after the last element inside this one.
    pub end: u32,
    /// Role of the element.
    pub role: Role,
    /// Set if this element or one around it frames the document.
    pub boilerplate: bool,
    /// Set if the class names a title.
    pub title: bool,
    pub centred: bool,
}

/// Line of text.
#[derive(Debug)]
pub struct Line {
    /// Index of the innermost element around the line.
    pub element: u32,
    /// Typesetting of the line.
    pub kind: BlockKind,
    /// Level of the heading, or 0.
    pub level: u8,
    /// Words of the line.
    pub text: String,
    /// Number of bytes that are links.
    pub link_bytes: usize,
}

impl Page {
    /// Counts the bytes of lines that are long enough to be running text.
    pub fn prose_bytes(&self) -> usize {
        let own = self.lines.iter().map(|line| line.text.len().saturating_sub(line.link_bytes));
        own.filter(|bytes| *bytes >= 45).sum()
    }
}
