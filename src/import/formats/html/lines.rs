//! Lines and rows of cells from the characters of a page.

use crate::import::extraction::labels;
use crate::import::file_content::{BlockKind, FileLink, MAX_TEXT_BYTES, join_cells};
use crate::import::formats::html::attachments::linked_file;
use crate::import::formats::html::builder::{Gap, PageBuilder};
use crate::import::formats::html::elements::Role;
use crate::import::formats::html::page::{Line, MAX_ELEMENTS, MAX_FILES};

/// Size limit of scripts of facts for search engines.
const MAX_LINKED_DATA_BYTES: usize = 64 << 10;
/// Size limit of a table cell: one with more text lays out the page.
const MAX_CELL_BYTES: usize = 1_800;

impl PageBuilder {
    pub fn add_text(&mut self, text: &str) {
        if self.in_window_title {
            if self.page.window_title.len() < 4096 {
                self.page.window_title.push_str(text);
            }
        } else if let Some(json) = &mut self.linked_data {
            if json.len() + text.len() <= MAX_LINKED_DATA_BYTES {
                json.push_str(text);
            }
        } else if self.hidden == 0 && self.hidden_scope.is_none() && self.text_bytes < MAX_TEXT_BYTES {
            self.add_words(text);
        }
    }

    pub fn add_words(&mut self, text: &str) {
        let mut rest = text;
        while !rest.is_empty() {
            let space = rest.len() - rest.trim_start_matches(is_space).len();
            if space > 0 {
                let line_end = rest[..space].bytes().any(|b| b == b'\n');
                if line_end && self.open.last().is_some_and(|open| open.role == Role::Preformatted) {
                    self.end_line();
                } else if line_end || self.gap != Gap::None {
                    self.gap = if line_end || self.gap == Gap::LineEnd { Gap::LineEnd } else { Gap::Space };
                } else {
                    self.gap = Gap::Space;
                }
                rest = &rest[space..];
            }
            let word = rest.find(is_space).unwrap_or(rest.len());
            if word > 0 {
                self.add_word(&rest[..word]);
                rest = &rest[word..];
            }
        }
    }

    pub fn add_word(&mut self, word: &str) {
        if !self.line.is_empty() {
            let latin = |b: Option<u8>| b.is_some_and(|b| b.is_ascii_graphic());
            let joined = !latin(self.line.bytes().last()) || !latin(word.bytes().next());
            if self.gap == Gap::Space || self.gap == Gap::LineEnd && !joined {
                self.line.push(' ');
            }
        }
        self.gap = Gap::None;
        self.line.push_str(word);
        if self.link.is_some() {
            self.link_bytes += word.len();
        }
    }

    /// Adds a colon after an element that is all of the line so far and a known label, as in
    /// `<b>文号</b>某发〔2017〕1号`, where only the typeface marks the label.
    pub fn mark_label(&mut self) {
        let short = !self.line.is_empty() && self.line.len() <= 42 && self.hidden == 0;
        if short && !self.line.ends_with([':', '：']) && labels::find_field(&self.line).is_some() {
            self.line.push('：');
            self.gap = Gap::None;
        }
    }

    pub fn read_linked_data(&mut self) {
        let Some(json) = self.linked_data.take() else { return };
        let Ok(value) = serde_json::from_str::<serde_json::Value>(&json) else { return };
        for (key, name) in [("headline", "ArticleTitle"), ("datePublished", "PubDate")] {
            if let Some(text) = value.get(key).and_then(serde_json::Value::as_str) {
                self.page.metas.push((name.to_owned(), text.to_owned()));
            }
        }
    }

    pub fn end_link(&mut self) {
        let Some(link) = self.link.take() else { return };
        let text = self.line.get(link.start..).unwrap_or_default().trim().to_owned();
        let file = linked_file(&link.href, &link.on_click, &text);
        let Some(href) = file.filter(|_| !self.page.elements[self.current_element() as usize].boilerplate)
        else {
            return;
        };
        // The name of an attachment is text of the document, not a link that leads away.
        self.link_bytes = self.link_bytes.saturating_sub(text.len());
        if self.page.files.len() < MAX_FILES {
            self.page.files.push(FileLink { text, href });
        }
    }

    /// Ends the line.
    pub fn end_line(&mut self) {
        self.gap = Gap::None;
        if let Some(link) = &mut self.link {
            link.start = 0;
        }
        let link_bytes = std::mem::take(&mut self.link_bytes);
        if self.line.is_empty() {
            return;
        }
        let text = std::mem::take(&mut self.line);
        self.text_bytes += text.len();
        let index = self.current_element();
        let element = self.page.elements[index as usize];
        let level = if let Role::Heading(level) = element.role { level } else { 0 };
        let kind = match (level, element.centred) {
            (1.., _) => BlockKind::Heading,
            (0, true) => BlockKind::Centred,
            (0, false) => BlockKind::Paragraph,
        };
        self.add_line(Line { element: index, kind, level, text, link_bytes });
    }

    /// Adds a line to the cell it stands in, or to the page.
    pub fn add_line(&mut self, line: Line) {
        let row = self.rows.last_mut().filter(|row| !row.layout);
        match row.and_then(|row| row.cells.last_mut()) {
            Some(cell) => cell.push(line),
            None if self.page.lines.len() < MAX_ELEMENTS => self.page.lines.push(line),
            None => {}
        }
    }

    /// Marks the row around a nested table as layout.
    pub fn mark_layout_row(&mut self) {
        if let Some(row) = self.rows.last_mut()
            && !row.layout
        {
            row.layout = true;
            let lines: Vec<Line> = std::mem::take(&mut row.cells).into_iter().flatten().collect();
            self.page.lines.extend(lines);
        }
    }

    pub fn end_row(&mut self) {
        let Some(row) = self.rows.pop() else { return };
        let filled = row.cells.iter().filter(|cell| !cell.is_empty()).count();
        let bytes = |cell: &Vec<Line>| cell.iter().map(|line| line.text.len()).sum::<usize>();
        let layout = row.cells.iter().any(|cell| bytes(cell) > MAX_CELL_BYTES || cell.len() > 12);
        if filled < 2 || layout {
            row.cells.into_iter().flatten().for_each(|line| self.add_line(line));
            return;
        }
        let Some(element) = row.cells.iter().flatten().map(|line| line.element).next() else { return };
        let link_bytes = row.cells.iter().flatten().map(|line| line.link_bytes).sum();
        let cells: Vec<String> = row.cells.iter().map(|cell| cell_text(cell)).collect();
        // The row belongs to the table, not to its first cell.
        let element = self.page.elements[element as usize].parent;
        let text = join_cells(&cells);
        self.add_line(Line { element, kind: BlockKind::Row, level: 0, text, link_bytes });
    }
}

fn cell_text(lines: &[Line]) -> String {
    match lines {
        [one] => one.text.clone(),
        many => many.iter().map(|line| line.text.as_str()).collect::<Vec<_>>().join(" "),
    }
}

fn is_space(c: char) -> bool {
    matches!(
        c,
        '\0'..=' ' | '\u{7f}'..='\u{a0}' | '\u{ad}'
            | '\u{2000}'..='\u{200f}' | '\u{2028}'..='\u{202f}' | '\u{2060}' | '\u{3000}' | '\u{feff}'
    )
}
