//! The state of reading a page.

use html5ever::LocalName;

use crate::import::formats::html::elements::Role;
use crate::import::formats::html::page::{Element, Line, Page};

/// White space met since the last word.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Gap {
    None,
    Space,
    /// A line end in the source: a space between Latin words, nothing between Chinese ones.
    LineEnd,
}

/// A row being read.
#[derive(Default)]
pub struct Row {
    pub cells: Vec<Vec<Line>>,
    /// It lays out the page: its lines go straight to the page.
    pub layout: bool,
}

pub struct PageBuilder {
    pub page: Page,
    pub open: Vec<Open>,
    pub rows: Vec<Row>,
    pub line: String,
    pub link_bytes: usize,
    pub gap: Gap,
    /// Target of the link we are in, and where its words begin in the line.
    pub link: Option<(String, usize)>,
    pub hidden: usize,
    pub keeps_hidden: bool,
    pub in_window_title: bool,
    /// The script we are in, if it holds facts for search engines.
    pub linked_data: Option<String>,
    pub text_bytes: usize,
}

impl PageBuilder {
    pub fn new() -> Self {
        let whole = Element {
            parent: 0,
            end: 0,
            role: Role::Block,
            boilerplate: false,
            title: false,
            centred: false,
        };
        Self {
            page: Page { elements: vec![whole], ..Page::default() },
            open: Vec::new(),
            rows: Vec::new(),
            line: String::new(),
            link_bytes: 0,
            gap: Gap::None,
            link: None,
            hidden: 0,
            keeps_hidden: false,
            in_window_title: false,
            linked_data: None,
            text_bytes: 0,
        }
    }

    pub fn current_element(&self) -> u32 {
        self.open.last().map_or(0, |open| open.element)
    }
}

/// An element whose end has not come.
pub struct Open {
    pub name: LocalName,
    pub role: Role,
    pub element: u32,
}
