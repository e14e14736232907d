//! A page as it was tokenized: a flat list of elements and a flat list of lines.

use crate::import::file_content::BlockKind;
use crate::import::formats::html::elements::Role;

/// Most elements and most lines that are kept of one page.
pub const MAX_ELEMENTS: usize = 2_000_000;

/// A page as it was tokenized.
#[derive(Debug, Default)]
pub struct Page {
    /// In document order; the first is the whole page.
    pub elements: Vec<Element>,
    /// In document order.
    pub lines: Vec<Line>,
    /// `<meta>` names and contents.
    pub metas: Vec<(String, String)>,
    /// `<title>`.
    pub window_title: String,
    /// The page's own address.
    pub address: Option<String>,
    /// Files that are linked to.
    pub files: Vec<FileLink>,
}

/// An element that begins a line of its own.
#[derive(Debug, Clone, Copy)]
pub struct Element {
    /// Index of the element around it; its own index for the first.
    pub parent: u32,
    /// One past the last element inside it.
    pub end: u32,
    /// What it is.
    pub role: Role,
    /// It or an element around it frames the document instead of being it.
    pub boilerplate: bool,
    /// Its class names a title.
    pub title: bool,
    pub centred: bool,
}

/// One line of text.
#[derive(Debug)]
pub struct Line {
    /// Index of the innermost element around it.
    pub element: u32,
    /// How it is set.
    pub kind: BlockKind,
    /// The level of the heading it is in, or 0.
    pub level: u8,
    /// Its words.
    pub text: String,
    /// How many bytes of them are links.
    pub link_bytes: usize,
}

/// A link to a file that is not a page.
#[derive(Debug)]
pub struct FileLink {
    /// Its words.
    pub text: String,
    /// Its target.
    pub href: String,
}

impl Page {
    /// Bytes of lines that are long enough to be running text.
    pub fn prose_bytes(&self) -> usize {
        let own = self.lines.iter().map(|line| line.text.len().saturating_sub(line.link_bytes));
        own.filter(|bytes| *bytes >= 45).sum()
    }
}
