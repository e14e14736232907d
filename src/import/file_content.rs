//! What a reader finds in one file, before anybody judges what it means.

use serde::{Deserialize, Serialize};

use crate::import::whitespace::collapse_whitespace;

/// Most characters that are read out of one file.
pub const MAX_TEXT_BYTES: usize = 8 << 20;

/// Text, statements and links of one file, in reading order.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileContent {
    /// What may be the title, the best evidence first.
    pub titles: Vec<TitleCandidate>,
    /// Paragraphs, headings and table rows.
    pub blocks: Vec<Block>,
    /// Facts that the file states beside its text (`<meta>`, document properties).
    pub metadata: Vec<MetadataEntry>,
    /// Files that the text offers.
    pub files: Vec<FileLink>,
    /// The address the file gives for itself.
    pub address: Option<String>,
    /// The file is of a kind that has text, and has none: a scan.
    pub without_text: bool,
    /// The main part of the page is a list of links.
    #[serde(default)]
    pub is_list: bool,
    /// The text is longer than we take, and was cut.
    pub cut: bool,
}

/// A candidate for the title.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TitleCandidate {
    /// Where it stands.
    pub place: TitlePlace,
    /// Its words.
    pub text: String,
}

/// Where a candidate for the title stands; the order is that of trust.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TitlePlace {
    /// `<meta name="ArticleTitle">` or a document's properties.
    Meta,
    /// The first heading of the page.
    Heading,
    /// `<title>`, with the name of the site.
    Window,
}

/// One fact that the file states: a label and its value.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MetadataEntry {
    /// As it is written in the file.
    pub label: String,
    /// As it is written in the file.
    pub value: String,
}

/// A file that is offered beside the text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileLink {
    /// The words of the link.
    pub text: String,
    /// Its target as written.
    pub href: String,
}

/// One line of the text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Block {
    /// How it is set.
    pub kind: BlockKind,
    /// Which part of the page it stands in.
    pub zone: Zone,
    /// Its words on one line.
    pub text: String,
}

/// How a block is set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BlockKind {
    /// A heading by markup.
    Heading,
    /// A paragraph in the middle of the line: titles are set so.
    Centred,
    /// Ordinary text.
    Paragraph,
    /// A row of a table, its cells joined by [`CELL_SEPARATOR`].
    Row,
}

/// Which part of a page a block stands in.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Zone {
    /// Above the main text: navigation, title, the line with the source and the date.
    Before,
    /// The main text, or anything in a file that has no chrome.
    #[default]
    Main,
    /// Below it.
    After,
}

/// What stands between the cells of a row.
pub const CELL_SEPARATOR: &str = " | ";

impl Block {
    /// A paragraph of the main text.
    pub fn paragraph(text: impl Into<String>) -> Self {
        Self { kind: BlockKind::Paragraph, zone: Zone::Main, text: text.into() }
    }

    /// A row of the main text.
    pub fn row<S: AsRef<str>>(cells: &[S]) -> Self {
        Self { kind: BlockKind::Row, zone: Zone::Main, text: join_cells(cells) }
    }
}

/// The cells of a row on one line; empty cells at its end are left out.
pub fn join_cells<S: AsRef<str>>(cells: &[S]) -> String {
    let mut text = String::new();
    for (i, cell) in cells.iter().enumerate() {
        if i > 0 {
            text.push_str(CELL_SEPARATOR);
        }
        text.push_str(cell.as_ref());
    }
    text.truncate(text.trim_end_matches([' ', '|']).len());
    text
}

/// Collects blocks up to the limit on text.
#[derive(Debug, Default)]
pub struct BlockCollector {
    blocks: Vec<Block>,
    bytes: usize,
    cut: bool,
}

impl BlockCollector {
    /// Adds a block if it has words; false when no more is taken.
    pub fn push(&mut self, kind: BlockKind, text: &str) -> bool {
        let text = collapse_whitespace(text);
        if text.is_empty() {
            return !self.cut;
        }
        if self.bytes + text.len() > MAX_TEXT_BYTES {
            self.cut = true;
            return false;
        }
        self.bytes += text.len() + 1;
        self.blocks.push(Block { kind, zone: Zone::Main, text });
        true
    }

    /// Whether the limit was reached.
    pub fn is_full(&self) -> bool {
        self.cut
    }

    /// An content with these blocks and nothing else.
    pub fn into_content(self) -> FileContent {
        FileContent {
            without_text: self.blocks.is_empty(),
            blocks: self.blocks,
            cut: self.cut,
            ..FileContent::default()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_keep_empty_cells_between_full_ones() {
        assert_eq!(join_cells(&["a", "", "c", "", ""]), "a |  | c");
    }
}
