//! Content of one file as a reader finds it, before the extraction judges its meaning.

use std::borrow::Cow;

use gongkai_index::analysis::radicals::fold_radicals;
use serde::{Deserialize, Serialize};

use crate::import::removed::RemovedLine;
use crate::import::whitespace::collapse_whitespace;

/// Size limit of the text that is read out of one file.
pub const MAX_TEXT_BYTES: usize = 8 << 20;

/// Text, metadata and links of one file, in reading order.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileContent {
    /// Candidates for the title, the best evidence first.
    pub titles: Vec<TitleCandidate>,
    /// Paragraphs, headings and table rows.
    pub blocks: Vec<Block>,
    /// Metadata that the file states beside its text (`<meta>`, document properties).
    pub metadata: Vec<MetadataEntry>,
    /// Files that the text links to.
    pub files: Vec<FileLink>,
    /// Address that the file gives for itself.
    pub address: Option<String>,
    /// Set for a file of a kind that has text, but without any: a scan.
    pub without_text: bool,
    /// Set if the main part of the page is a list of links.
    #[serde(default)]
    pub is_list: bool,
    /// Set for a page of a site, which has the site's lines around the text. No other format has them.
    #[serde(default)]
    pub has_site: bool,
    /// Lines that the reader took away.
    #[serde(default)]
    pub removed: Vec<RemovedLine>,
    /// Set if the page shows a file in place of text.
    #[serde(default)]
    pub shows_file: bool,
    /// Set if the text was longer than [`MAX_TEXT_BYTES`] and was cut.
    pub cut: bool,
}

impl FileContent {
    /// Replaces radicals (U+2E80–2FDF) by the characters that they stand for, in everything that is
    /// read for text or facts.
    pub fn with_folded_radicals(mut self) -> Self {
        let titles = self.titles.iter_mut().map(|title| &mut title.text);
        let blocks = self.blocks.iter_mut().map(|block| &mut block.text);
        let metadata = self.metadata.iter_mut().map(|entry| &mut entry.value);
        let files = self.files.iter_mut().map(|file| &mut file.text);
        for text in titles.chain(blocks).chain(metadata).chain(files) {
            if let Cow::Owned(folded) = fold_radicals(text) {
                *text = folded;
            }
        }
        self
    }
}

/// Candidate for the title.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TitleCandidate {
    /// Position in the file.
    pub place: TitlePlace,
    /// Words of the candidate.
    pub text: String,
}

/// Position of a title candidate; the order is that of trust.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TitlePlace {
    /// `<meta name="ArticleTitle">` or a document's properties.
    Meta,
    /// First-level heading of a format in which it can only be the title.
    MainHeading,
    /// The first heading of the page.
    Heading,
    /// `<title>`, with the name of the site.
    Window,
}

/// Label and value that the file states as metadata.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MetadataEntry {
    /// Label as written in the file.
    pub label: String,
    /// Value as written in the file.
    pub value: String,
}

/// Link to a file that is offered beside the text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileLink {
    /// Words of the link.
    pub text: String,
    /// Target as written.
    pub href: String,
}

/// One line of the text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Block {
    /// Typesetting of the line.
    pub kind: BlockKind,
    /// Part of the page.
    pub zone: Zone,
    /// Words on one line.
    pub text: String,
}

/// Typesetting of a block.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BlockKind {
    /// A heading by markup.
    Heading,
    /// Centred paragraph: titles are set so.
    Centred,
    /// Ordinary text.
    Paragraph,
    /// Table row, its cells joined by [`CELL_SEPARATOR`].
    Row,
}

/// Part of a page in which a block stands.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Zone {
    /// Above the main text: navigation, title, the line with the source and the date.
    Before,
    /// The main text, or everything in a file without boilerplate.
    #[default]
    Main,
    /// Below the main text.
    After,
}

/// Separator of the cells of a row.
pub const CELL_SEPARATOR: &str = " | ";

impl Block {
    /// Makes a paragraph of the main text.
    pub fn paragraph(text: impl Into<String>) -> Self {
        Self { kind: BlockKind::Paragraph, zone: Zone::Main, text: text.into() }
    }

    /// Makes a table row of the main text.
    pub fn row<S: AsRef<str>>(cells: &[S]) -> Self {
        Self { kind: BlockKind::Row, zone: Zone::Main, text: join_cells(cells) }
    }
}

/// Joins the cells of a row on one line; leaves out empty cells at its end.
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

/// Collector of blocks up to the limit on text.
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

    /// Checks if the limit was reached.
    pub fn is_full(&self) -> bool {
        self.cut
    }

    /// Makes a file content with these blocks and nothing else.
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
    fn join_cells_keeps_empty_cells_between_full_ones() {
        assert_eq!(join_cells(&["a", "", "c", "", ""]), "a |  | c");
    }
}
