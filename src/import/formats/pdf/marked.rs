//! Marked content: text that stands for what is drawn (`/ActualText`), and watermarks.

use lopdf::content::Operation;
use lopdf::{Dictionary, Document, Object, decode_text_string};

use crate::import::formats::pdf::font::dictionary_entry;

/// Depth limit of nested marks.
const MAX_MARKS: usize = 64;

/// Meaning of a mark.
#[derive(Debug, PartialEq, Eq)]
pub enum Mark {
    /// Mark without a meaning for the text.
    Plain,
    /// Text that stands for everything drawn under the mark.
    Replaced(String),
    /// Watermark.
    Watermark,
}

impl Mark {
    /// Reads the mark of an operation `BDC`.
    pub fn read(document: &Document, operation: &Operation, resources: &[&Dictionary]) -> Self {
        let [tag, properties] = operation.operands.as_slice() else { return Self::Plain };
        let properties = match properties {
            Object::Dictionary(own) => Some(own),
            Object::Name(name) => resources.iter().find_map(|r| {
                let named = dictionary_entry(document, r, b"Properties")?.as_dict().ok()?;
                dictionary_entry(document, named, name)?.as_dict().ok()
            }),
            _ => None,
        };
        let Some(properties) = properties else { return Self::Plain };
        if let Some(text) = dictionary_entry(document, properties, b"ActualText")
            && let Ok(text) = decode_text_string(text)
        {
            return Self::Replaced(text);
        }
        let subtype = dictionary_entry(document, properties, b"Subtype").and_then(|name| name.as_name().ok());
        let is_artifact = tag.as_name().is_ok_and(|tag| tag == b"Artifact");
        if is_artifact && subtype == Some(b"Watermark") { Self::Watermark } else { Self::Plain }
    }
}

/// Open marks, each with the number of runs drawn before it.
#[derive(Debug, Default)]
pub struct MarkedContent {
    open: Vec<(Mark, usize)>,
    /// Marks beyond the limit, which have no meaning.
    beyond: usize,
}

impl MarkedContent {
    /// Begins a mark. Within text that is replaced other marks have no meaning.
    pub fn begin(&mut self, mark: Mark, runs: usize) {
        if self.open.len() >= MAX_MARKS {
            self.beyond += 1;
        } else if self.is_replaced() {
            self.open.push((Mark::Plain, runs));
        } else {
            self.open.push((mark, runs));
        }
    }

    /// Ends the innermost mark.
    pub fn end(&mut self) -> Option<(Mark, usize)> {
        if self.beyond > 0 {
            self.beyond -= 1;
            return None;
        }
        self.open.pop()
    }

    /// Checks if a mark is open.
    pub fn is_open(&self) -> bool {
        self.beyond > 0 || !self.open.is_empty()
    }

    /// Checks if the text drawn now is replaced.
    pub fn is_replaced(&self) -> bool {
        self.open.iter().any(|(mark, _)| matches!(mark, Mark::Replaced(_)))
    }
}
