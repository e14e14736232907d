//! Index files of an OFD: `OFD.xml`, `Document.xml`, and lists of annotations and attachments.

use std::collections::HashMap;

use crate::import::formats::xml::{self, Node};
use crate::import::read_error::ReadError;

/// Limit of entries in each list.
const MAX_ENTRIES: usize = 5_000;
/// Area of A4 in square millimetres.
const USUAL_AREA: f32 = 210.0 * 297.0;

/// `OFD.xml`: the documents of the file.
#[derive(Default)]
pub struct OfdIndex {
    /// Locations of `Document.xml`.
    pub roots: Vec<String>,
    /// Title in the metadata.
    pub title: Option<String>,
}

impl OfdIndex {
    /// Reads the index.
    ///
    /// # Errors
    /// The XML is damaged, or names no document.
    pub fn read(bytes: &[u8]) -> Result<Self, ReadError> {
        let mut entry = Self::default();
        let mut element = String::new();
        xml::walk(bytes, &mut |node| {
            match node {
                Node::Start(name, _) => name.clone_into(&mut element),
                Node::End(_) => element.clear(),
                Node::Text(text) if element == "DocRoot" => entry.roots.push(text.trim().to_owned()),
                Node::Text(text) if element == "Title" => entry.title = Some(text.trim().to_owned()),
                Node::Text(_) => {}
            }
            entry.roots.len() < 100
        })?;
        if entry.roots.is_empty() {
            return Err(ReadError::Damaged("OFD.xml 没有 DocRoot".to_owned()));
        }
        Ok(entry)
    }
}

/// Page of a document.
pub struct PageEntry {
    /// Id, by which annotations name it.
    pub id: String,
    /// Location of its content.
    pub location: String,
}

/// `Document.xml`: its pages in order, and the locations of what they share.
pub struct DocumentOutline {
    /// Pages in order.
    pub pages: Vec<PageEntry>,
    /// Locations of templates by their id.
    pub templates: HashMap<String, String>,
    /// Files with shared resources.
    pub resources: Vec<String>,
    /// List of annotations.
    pub annotations: Option<String>,
    /// List of attachments.
    pub attachments: Option<String>,
    /// Area of a page in square millimetres.
    pub page_area: f32,
}

impl DocumentOutline {
    /// Reads the outline.
    ///
    /// # Errors
    /// The XML is damaged.
    pub fn read(bytes: &[u8]) -> Result<Self, ReadError> {
        let mut out = Self {
            pages: Vec::new(),
            templates: HashMap::new(),
            resources: Vec::new(),
            annotations: None,
            attachments: None,
            page_area: USUAL_AREA,
        };
        let mut element = String::new();
        xml::walk(bytes, &mut |node| {
            match node {
                Node::Start(name, attributes) => {
                    name.clone_into(&mut element);
                    let id = || attributes.get("ID").unwrap_or_default();
                    match (name, attributes.get("BaseLoc")) {
                        ("Page", Some(location)) => out.pages.push(PageEntry { id: id(), location }),
                        ("TemplatePage", Some(location)) if out.templates.len() < MAX_ENTRIES => {
                            out.templates.insert(id(), location);
                        }
                        _ => {}
                    }
                }
                Node::End(_) => element.clear(),
                Node::Text(text) => out.read_text(&element, text.trim()),
            }
            out.pages.len() < MAX_ENTRIES
        })?;
        Ok(out)
    }

    fn read_text(&mut self, element: &str, text: &str) {
        match element {
            "PublicRes" | "DocumentRes" if self.resources.len() < 100 => self.resources.push(text.to_owned()),
            "Annotations" => self.annotations = Some(text.to_owned()),
            "Attachments" => self.attachments = Some(text.to_owned()),
            "PhysicalBox" => self.page_area = box_area(text).unwrap_or(self.page_area),
            _ => {}
        }
    }
}

/// Area of a box `x y width height`.
pub fn box_area(text: &str) -> Option<f32> {
    let [_, _, width, height] = parse_numbers(text).try_into().ok()?;
    let area = width * height;
    (area.is_finite() && area > 1.0).then_some(area)
}

/// Reads the elements `name` of a list: an attribute, and the location of the file (`FileLoc`).
pub fn read_locations(bytes: &[u8], name: &str, attribute: &str) -> Vec<(String, String)> {
    let (mut entries, mut current, mut in_location) = (Vec::new(), None, false);
    let read = xml::walk(bytes, &mut |node| {
        match node {
            Node::Start(element, attributes) if element == name => {
                current = Some((attributes.get(attribute).unwrap_or_default(), String::new()));
            }
            Node::Start("FileLoc", _) => in_location = true,
            Node::Text(text) if in_location => {
                if let Some((_, location)) = &mut current {
                    location.push_str(text.trim());
                }
            }
            Node::End("FileLoc") => in_location = false,
            Node::End(element) if element == name => entries.extend(current.take()),
            _ => {}
        }
        entries.len() < MAX_ENTRIES
    });
    if read.is_err() { Vec::new() } else { entries }
}

/// Parses numbers separated by spaces.
pub fn parse_numbers(text: &str) -> Vec<f32> {
    text.split_ascii_whitespace().filter_map(|word| word.parse().ok()).collect()
}
