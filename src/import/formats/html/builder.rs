//! State of the page builder between two tokens.

use html5ever::LocalName;

use crate::import::formats::html::elements::Role;
use crate::import::formats::html::hidden::HiddenScope;
use crate::import::formats::html::page::{Element, Line, Page};

/// White space since the last word.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Gap {
    None,
    Space,
    /// Line end in the source: a space between Latin words, nothing between Chinese ones.
    LineEnd,
}

/// Table row being read.
#[derive(Default)]
pub struct Row {
    pub cells: Vec<Vec<Line>>,
    /// Set for a row that lays out the page: its lines go straight to the page.
    pub layout: bool,
}

/// Link being read.
pub struct OpenLink {
    pub href: String,
    /// Script that a click runs.
    pub on_click: String,
    /// Offset of its words in the line.
    pub start: usize,
}

/// Page as far as it is read, with the open elements, row and line.
pub struct PageBuilder {
    pub page: Page,
    pub open: Vec<Open>,
    pub rows: Vec<Row>,
    pub line: String,
    pub link_bytes: usize,
    pub gap: Gap,
    pub link: Option<OpenLink>,
    /// Element being read that the page hides.
    pub hidden_scope: Option<HiddenScope>,
    /// Number of open elements that hold no text for reading.
    pub hidden: usize,
    /// Hidden elements inside so many hidden ones that they are only counted.
    pub deeper_hidden: usize,
    pub keeps_hidden: bool,
    pub in_window_title: bool,
    /// Script being read, if it holds facts for search engines.
    pub linked_data: Option<String>,
    pub text_bytes: usize,
}

impl Default for PageBuilder {
    fn default() -> Self {
        let root = Element {
            parent: 0,
            end: 0,
            role: Role::Block,
            boilerplate: false,
            title: false,
            centred: false,
        };
        Self {
            page: Page { elements: vec![root], ..Page::default() },
            open: Vec::new(),
            rows: Vec::new(),
            line: String::new(),
            link_bytes: 0,
            gap: Gap::None,
            link: None,
            hidden_scope: None,
            hidden: 0,
            deeper_hidden: 0,
            keeps_hidden: false,
            in_window_title: false,
            linked_data: None,
            text_bytes: 0,
        }
    }
}

impl PageBuilder {
    pub fn current_element(&self) -> u32 {
        self.open.last().map_or(0, |open| open.element)
    }
}

/// Open element.
pub struct Open {
    pub name: LocalName,
    pub role: Role,
    pub element: u32,
}
