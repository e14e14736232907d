//! Story of a Word file: the text of one part, paragraph by paragraph, as a reader of the printed
//! sheet sees it.

use std::collections::HashMap;

use crate::import::file_content::{BlockCollector, BlockKind, CELL_SEPARATOR, join_cells};
use crate::import::formats::docx::numbering::{Numbering, join_label};
use crate::import::formats::docx::styles::Styles;
use crate::import::formats::xml::{self, Attributes, Node};
use crate::import::whitespace::collapse_whitespace;

/// Line of a story.
pub type StoryLine = (BlockKind, String);

/// Parts that the text refers to.
#[derive(Default)]
pub struct Context {
    pub styles: Styles,
    pub numbering: Numbering,
    /// Lines of notes by kind of reference and id.
    pub notes: HashMap<(NoteKind, String), String>,
    /// Lines of embedded files by the id of their relation.
    pub chunks: HashMap<String, Vec<StoryLine>>,
}

/// Kind of a note.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum NoteKind {
    Footnote,
    Endnote,
}

impl NoteKind {
    fn label(self) -> &'static str {
        match self {
            Self::Footnote => "注",
            Self::Endnote => "尾注",
        }
    }
}

/// Paragraph being read.
#[derive(Default)]
struct Paragraph {
    text: String,
    style: String,
    heading: Option<bool>,
    centred: Option<bool>,
    number: Option<String>,
    level: Option<usize>,
    /// Set from the start of a paragraph until its number was written.
    awaits_number: bool,
    /// Lines that follow the paragraph: text boxes anchored in it, notes.
    after: Vec<StoryLine>,
}

/// Field being read.
#[derive(Default)]
struct FieldState {
    in_result: bool,
    instruction: String,
}

/// Reader of a story.
#[derive(Default)]
pub struct Story {
    blocks: BlockCollector,
    paragraph: Paragraph,
    /// Paragraphs around the text boxes being read.
    around: Vec<Paragraph>,
    in_text: bool,
    in_instruction: bool,
    in_paragraph_properties: bool,
    in_run: bool,
    run_hidden: bool,
    /// Tables being read, from the outermost to the innermost: the cells of their current rows.
    tables: Vec<Vec<String>>,
    /// Depth inside elements that are no text of the sheet.
    skipped: usize,
    /// Structured fields being read; set for one that shows its prompt.
    controls: Vec<bool>,
    fields: Vec<FieldState>,
    /// Leaves page numbers out, in heads and feet.
    without_page_numbers: bool,
    notes: [usize; 2],
}

/// Elements whose content is no text of the sheet: the other form of a shape, moved and deleted text in
/// its old place, readings above characters, former properties.
fn is_skipped(name: &str) -> bool {
    matches!(
        name,
        "Fallback"
            | "moveFrom"
            | "del"
            | "rt"
            | "pPrChange"
            | "rPrChange"
            | "sectPrChange"
            | "tblPrChange"
            | "tcPrChange"
            | "trPrChange"
            | "numberingChange"
    )
}

impl Story {
    /// Makes the reader of a head or a foot.
    pub fn for_margin() -> Self {
        Self { without_page_numbers: true, ..Self::default() }
    }

    /// Takes the next event; false when no more is wanted.
    pub fn visit_node(&mut self, node: &Node<'_>, context: &mut Context) -> bool {
        match node {
            Node::Start("sdtContent", _) if self.controls.last() == Some(&true) => self.skipped += 1,
            Node::End("sdtContent") if self.controls.last() == Some(&true) => {
                self.skipped = self.skipped.saturating_sub(1);
            }
            Node::Start(name, _) if is_skipped(name) => self.skipped += 1,
            Node::End(name) if is_skipped(name) => self.skipped = self.skipped.saturating_sub(1),
            _ if self.skipped > 0 => {}
            Node::Start(name, attributes) => self.start_element(name, attributes, context),
            Node::End(name) => self.end_element(name, context),
            Node::Text(text) if self.in_text => self.add_text(text),
            Node::Text(text) if self.in_instruction => {
                if let Some(field) = self.fields.last_mut().filter(|field| field.instruction.len() < 200) {
                    field.instruction.push_str(text);
                }
            }
            Node::Text(_) => {}
        }
        !self.blocks.is_full()
    }

    /// Ends the story and returns its lines.
    pub fn finish(mut self, context: &mut Context) -> BlockCollector {
        self.end_paragraph(context);
        while !self.around.is_empty() {
            self.end_text_box(context);
            self.end_paragraph(context);
        }
        while !self.tables.is_empty() {
            self.end_row();
            self.tables.pop();
        }
        self.blocks
    }

    fn add_text(&mut self, text: &str) {
        // Between the instruction of an outer field and its result nothing is shown.
        let outer = self.fields.len().saturating_sub(1);
        let instructs = self.fields.iter().take(outer).any(|field| !field.in_result);
        let page_number = self.without_page_numbers && self.fields.iter().any(is_page_number);
        if !self.run_hidden && !instructs && !page_number {
            self.paragraph.text.push_str(text);
        }
    }

    fn start_element(&mut self, name: &str, attributes: &Attributes<'_>, context: &mut Context) {
        match name {
            "p" => {
                self.end_paragraph(context);
                self.paragraph = Paragraph { awaits_number: true, ..Paragraph::default() };
            }
            "r" => (self.in_run, self.run_hidden) = (true, self.style_hides(context)),
            "t" => self.in_text = true,
            "instrText" => self.in_instruction = true,
            "fldChar" => self.mark_field(attributes),
            "sdt" => self.controls.push(false),
            "showingPlcHdr" if xml::is_on(attributes) => {
                if let Some(control) = self.controls.last_mut() {
                    *control = true;
                }
            }
            "tab" | "ptab" if self.in_run && !self.paragraph.text.is_empty() => self.paragraph.text.push(' '),
            "br" | "cr" if self.tables.is_empty() => self.break_line(context),
            "br" | "cr" => self.paragraph.text.push(' '),
            "noBreakHyphen" => self.paragraph.text.push('-'),
            "sym" => self.add_symbol(attributes),
            "txbxContent" => {
                self.around.push(std::mem::take(&mut self.paragraph));
                (self.in_run, self.run_hidden) = (false, false);
            }
            "footnoteReference" => self.add_note(NoteKind::Footnote, attributes, context),
            "endnoteReference" => self.add_note(NoteKind::Endnote, attributes, context),
            "altChunk" => self.add_chunk(attributes, context),
            "tbl" => {
                self.end_paragraph(context);
                self.tables.push(Vec::new());
            }
            "tr" => self.change_cells(Vec::clear),
            "tc" => self.change_cells(|cells| cells.push(String::new())),
            _ => self.set_property(name, attributes, context),
        }
    }

    fn set_property(&mut self, name: &str, attributes: &Attributes<'_>, context: &Context) {
        let value = || attributes.get("val").unwrap_or_default();
        match name {
            "pPr" => self.in_paragraph_properties = true,
            "vanish" if self.in_run && !self.in_paragraph_properties => {
                self.run_hidden = xml::is_on(attributes);
            }
            "rStyle" if self.in_run && !self.in_paragraph_properties => {
                self.run_hidden |= context.styles.find(&value()).is_hidden == Some(true);
            }
            "jc" if self.in_paragraph_properties => self.paragraph.centred = Some(value() == "center"),
            "pStyle" => self.paragraph.style = value(),
            "outlineLvl" => self.paragraph.heading = Some(value() != "9"),
            "numId" if self.in_paragraph_properties => self.paragraph.number = Some(value()),
            "ilvl" if self.in_paragraph_properties => self.paragraph.level = value().parse().ok(),
            _ => {}
        }
    }

    fn end_element(&mut self, name: &str, context: &mut Context) {
        match name {
            "p" => {
                self.end_paragraph(context);
                self.paragraph = Paragraph::default();
            }
            "r" => (self.in_run, self.run_hidden) = (false, false),
            "t" => self.in_text = false,
            "instrText" => self.in_instruction = false,
            "pPr" => self.in_paragraph_properties = false,
            "sdt" => drop(self.controls.pop()),
            "txbxContent" => self.end_text_box(context),
            "tr" => self.end_row(),
            "tbl" => drop(self.tables.pop()),
            _ => {}
        }
    }

    fn style_hides(&self, context: &Context) -> bool {
        !self.paragraph.style.is_empty() && context.styles.find(&self.paragraph.style).is_hidden == Some(true)
    }

    fn mark_field(&mut self, attributes: &Attributes<'_>) {
        match attributes.get("fldCharType").as_deref() {
            Some("begin") => self.fields.push(FieldState::default()),
            Some("separate") => {
                if let Some(field) = self.fields.last_mut() {
                    field.in_result = true;
                }
            }
            Some("end") => drop(self.fields.pop()),
            _ => {}
        }
    }

    /// Adds a character of a symbol font, if it means the same in every font.
    fn add_symbol(&mut self, attributes: &Attributes<'_>) {
        let code = attributes.get("char").and_then(|code| u32::from_str_radix(&code, 16).ok());
        let known = code.filter(|code| !(0xe000..=0xf8ff).contains(code)).and_then(char::from_u32);
        if let Some(c) = known.filter(|_| !self.run_hidden) {
            self.paragraph.text.push(c);
        }
    }

    /// Puts a note on a line of its own below the paragraph: a mark in the text would part its words.
    fn add_note(&mut self, kind: NoteKind, attributes: &Attributes<'_>, context: &Context) {
        let Some(id) = attributes.get("id").filter(|_| !self.run_hidden) else { return };
        let Some(text) = context.notes.get(&(kind, id)) else { return };
        let count = &mut self.notes[usize::from(kind == NoteKind::Endnote)];
        *count += 1;
        let line = format!("{}{count}：{text}", kind.label());
        self.paragraph.after.push((BlockKind::Paragraph, line));
    }

    fn add_chunk(&mut self, attributes: &Attributes<'_>, context: &mut Context) {
        self.end_paragraph(context);
        let lines = attributes.get("id").and_then(|id| context.chunks.get(&id).cloned());
        for (kind, text) in lines.unwrap_or_default() {
            self.add_line(kind, text);
        }
    }

    fn change_cells(&mut self, change: impl FnOnce(&mut Vec<String>)) {
        if let Some(cells) = self.tables.last_mut() {
            change(cells);
        }
    }

    fn break_line(&mut self, context: &mut Context) {
        if self.paragraph.text.trim().is_empty() {
            return;
        }
        let after = std::mem::take(&mut self.paragraph.after);
        self.end_paragraph(context);
        self.paragraph.after = after;
    }

    fn end_paragraph(&mut self, context: &mut Context) {
        // The instruction of a field stands in one paragraph: one that has no end hides no more.
        while self.fields.last().is_some_and(|field| !field.in_result) && self.around.is_empty() {
            self.fields.pop();
        }
        let mut text = collapse_whitespace(&std::mem::take(&mut self.paragraph.text));
        let style = context.styles.find(&self.paragraph.style);
        if std::mem::take(&mut self.paragraph.awaits_number) {
            let number = self.paragraph.number.clone().or_else(|| style.number.clone());
            let level = self.paragraph.level.or(style.level);
            if let Some(number) = number {
                let name = self.paragraph.style.as_str();
                let label = context.numbering.next_label(&number, level, name, &context.styles);
                text = join_label(&label, &text);
            }
        }
        let heading = self.paragraph.heading.or(style.is_heading);
        let heading = heading.unwrap_or_else(|| is_heading(&self.paragraph.style));
        let kind = match (heading, self.paragraph.centred.or(style.is_centred).unwrap_or(false)) {
            (true, _) => BlockKind::Heading,
            (false, true) => BlockKind::Centred,
            (false, false) => BlockKind::Paragraph,
        };
        self.add_line(kind, text);
        for (kind, text) in std::mem::take(&mut self.paragraph.after) {
            self.add_line(kind, text);
        }
    }

    /// Adds a line to the cell it stands in, to the paragraph around its text box, or to the story.
    fn add_line(&mut self, kind: BlockKind, text: String) {
        if text.is_empty() {
            return;
        }
        if let Some(cell) = self.tables.last_mut().and_then(|cells| cells.last_mut()) {
            if !cell.is_empty() {
                cell.push(' ');
            }
            cell.push_str(&text);
        } else if let Some(around) = self.around.last_mut() {
            around.after.push((kind, text));
        } else {
            self.blocks.push(kind, &text);
        }
    }

    fn end_text_box(&mut self, context: &mut Context) {
        self.end_paragraph(context);
        if let Some(around) = self.around.pop() {
            self.paragraph = around;
        }
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
                self.add_line(kind, text);
            }
        }
    }
}

fn is_page_number(field: &FieldState) -> bool {
    let name = field.instruction.split_whitespace().next().unwrap_or_default().to_ascii_uppercase();
    matches!(name.as_str(), "PAGE" | "NUMPAGES" | "SECTIONPAGES")
}

/// Recognises style names of headings as Word writes them in any language: by number, or by name.
fn is_heading(style: &str) -> bool {
    let style = style.to_ascii_lowercase();
    style.starts_with("heading") || style == "title" || matches!(style.as_str(), "1" | "2" | "3")
}
