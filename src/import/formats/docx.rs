//! Word files (ISO/IEC 29500): paragraphs and tables of the main document.

use crate::import::file_content::{BlockCollector, BlockKind, CELL_SEPARATOR, FileContent, join_cells};
use crate::import::formats::package::Package;
use crate::import::formats::xml::{self, Attributes, Node};
use crate::import::read_error::ReadError;
use crate::import::whitespace::collapse_whitespace;

/// Reads a Word file.
///
/// # Errors
/// The file is damaged, or no Word file.
pub fn read(bytes: &[u8]) -> Result<FileContent, ReadError> {
    let mut package = Package::open(bytes)?;
    let name = main_part(&mut package);
    let document = package.read_named(&name)?;
    let mut reader = Document::default();
    xml::walk(&document, &mut |node| reader.visit_node(node))?;
    reader.end_paragraph();
    Ok(reader.blocks.into_content())
}

/// Finds the part that the package names as its main document.
fn main_part(package: &mut Package<'_>) -> String {
    let mut target = None;
    if let Ok(relations) = package.read_named("_rels/.rels") {
        let found = &mut target;
        let _ = xml::walk(&relations, &mut |node| {
            if let Node::Start("Relationship", attributes) = node
                && attributes.get("Type").is_some_and(|kind| kind.ends_with("/officeDocument"))
            {
                *found = attributes.get("Target");
            }
            found.is_none()
        });
    }
    target.unwrap_or_else(|| "word/document.xml".to_owned())
}

#[derive(Default)]
struct Document {
    blocks: BlockCollector,
    paragraph: String,
    heading: bool,
    centred: bool,
    in_text: bool,
    /// Tables being read, from the outermost to the innermost: the cells of their current rows.
    tables: Vec<Vec<String>>,
    /// Depth inside the alternative form of a shape (`mc:Fallback`).
    fallback: usize,
}

impl Document {
    fn visit_node(&mut self, node: Node<'_>) -> bool {
        match node {
            Node::Start("Fallback", _) => self.fallback += 1,
            Node::End("Fallback") => self.fallback = self.fallback.saturating_sub(1),
            _ if self.fallback > 0 => {}
            Node::Start(name, attributes) => self.start_element(name, attributes),
            Node::End(name) => self.end_element(name),
            Node::Text(text) if self.in_text => self.paragraph.push_str(text),
            Node::Text(_) => {}
        }
        !self.blocks.is_full()
    }

    fn start_element(&mut self, name: &str, attributes: &Attributes<'_>) {
        match name {
            // A text box begins inside a paragraph: the text before it is a line.
            "p" => self.end_paragraph(),
            "t" => self.in_text = true,
            "tab" | "ptab" if !self.paragraph.is_empty() => self.paragraph.push(' '),
            "br" | "cr" if self.tables.is_empty() => self.break_line(),
            "br" | "cr" => self.paragraph.push(' '),
            "noBreakHyphen" => self.paragraph.push('-'),
            "jc" => self.centred = attributes.get("val").as_deref() == Some("center"),
            "pStyle" => self.heading |= attributes.get("val").is_some_and(|style| is_heading(&style)),
            "outlineLvl" => self.heading |= attributes.get("val").is_some_and(|level| level != "9"),
            "tbl" => {
                self.end_paragraph();
                self.tables.push(Vec::new());
            }
            "tr" => self.change_cells(Vec::clear),
            "tc" => self.change_cells(|cells| cells.push(String::new())),
            _ => {}
        }
    }

    fn end_element(&mut self, name: &str) {
        match name {
            "p" => {
                self.end_paragraph();
                (self.heading, self.centred) = (false, false);
            }
            "t" => self.in_text = false,
            "tr" => self.end_row(),
            "tbl" => {
                self.tables.pop();
            }
            _ => {}
        }
    }

    fn change_cells(&mut self, change: impl FnOnce(&mut Vec<String>)) {
        if let Some(cells) = self.tables.last_mut() {
            change(cells);
        }
    }

    fn break_line(&mut self) {
        let (heading, centred) = (self.heading, self.centred);
        self.end_paragraph();
        (self.heading, self.centred) = (heading, centred);
    }

    fn end_paragraph(&mut self) {
        let text = collapse_whitespace(&std::mem::take(&mut self.paragraph));
        if text.is_empty() {
            return;
        }
        if let Some(cell) = self.tables.last_mut().and_then(|cells| cells.last_mut()) {
            if !cell.is_empty() {
                cell.push(' ');
            }
            cell.push_str(&text);
            return;
        }
        let kind = match (self.heading, self.centred) {
            (true, _) => BlockKind::Heading,
            (false, true) => BlockKind::Centred,
            (false, false) => BlockKind::Paragraph,
        };
        self.blocks.push(kind, &text);
    }

    /// Ends a row. The row of a nested table belongs to the cell around it.
    fn end_row(&mut self) {
        let Some(cells) = self.tables.last_mut().map(std::mem::take) else { return };
        let text = join_cells(&cells);
        let around = self.tables.len().checked_sub(2).and_then(|outer| self.tables[outer].last_mut());
        match around {
            Some(cell) => {
                if !cell.is_empty() {
                    cell.push(' ');
                }
                cell.push_str(&text.replace(CELL_SEPARATOR, " "));
            }
            None => {
                let kind = if cells.len() > 1 { BlockKind::Row } else { BlockKind::Paragraph };
                self.blocks.push(kind, &text);
            }
        }
    }
}

/// Recognises style names of headings as Word writes them in any language: by number, or by name.
fn is_heading(style: &str) -> bool {
    let style = style.to_ascii_lowercase();
    style.starts_with("heading") || style == "title" || matches!(style.as_str(), "1" | "2" | "3")
}

#[cfg(test)]
mod tests {
    use std::io::{Cursor, Write};

    use zip::ZipWriter;
    use zip::write::SimpleFileOptions;

    use super::*;

    /// Makes a Word file with this body.
    pub fn word_file(body: &str) -> Vec<u8> {
        let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
        writer.start_file("word/document.xml", SimpleFileOptions::default()).unwrap();
        write!(writer, "<?xml version='1.0' encoding='UTF-8'?><w:document xmlns:w='w'><w:body>{body}</w:body></w:document>").unwrap();
        writer.finish().unwrap().into_inner()
    }

    fn paragraph(text: &str) -> String {
        format!("<w:p><w:r><w:t>{text}</w:t></w:r></w:p>")
    }

    #[test]
    fn paragraphs_headings_and_rows_keep_their_order() {
        let table = format!(
            "<w:tbl><w:tr><w:tc>{}</w:tc><w:tc>{}{}</w:tc></w:tr></w:tbl>",
            paragraph("项目"),
            paragraph("水费"),
            paragraph("电费")
        );
        let body = format!(
            "<w:p><w:pPr><w:jc w:val='center'/></w:pPr><w:r><w:t>关于</w:t></w:r><w:r><w:t xml:space='preserve'>收费的通知 </w:t></w:r></w:p>{}{table}<w:p><w:r><w:delText>删去</w:delText><w:t>甲&amp;乙</w:t><w:br/><w:t>丙</w:t></w:r></w:p>",
            paragraph("各单位：")
        );
        let content = read(&word_file(&body)).unwrap();
        let lines: Vec<_> = content.blocks.iter().map(|b| (b.kind, b.text.as_str())).collect();
        assert_eq!(
            lines,
            [
                (BlockKind::Centred, "关于收费的通知"),
                (BlockKind::Paragraph, "各单位："),
                (BlockKind::Row, "项目 | 水费 电费"),
                (BlockKind::Paragraph, "甲&乙"),
                (BlockKind::Paragraph, "丙"),
            ]
        );
    }

    #[test]
    fn docx_of_pictures_is_marked_without_text() {
        assert!(read(&word_file("<w:p><w:r><w:drawing/></w:r></w:p>")).unwrap().without_text);
    }

    #[test]
    fn read_of_other_bytes_reports_damage() {
        assert!(matches!(read(b"PK\x03\x04"), Err(ReadError::Damaged(_))));
        assert!(matches!(read(&word_file("<w:p></w:r>")), Err(ReadError::Damaged(_))));
    }
}
