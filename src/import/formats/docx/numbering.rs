//! Automatic numbers of Word: `第一条`, `一、`, `（一）`, `1.`, as numbering.xml describes them.

use std::collections::{HashMap, HashSet};

use crate::import::formats::docx::numerals::write_number;
use crate::import::formats::docx::styles::Styles;
use crate::import::formats::xml::{self, Attributes, Node};

/// Number of levels of a list.
const LEVELS: usize = 9;

/// Level of a list.
#[derive(Debug, Clone, Default)]
struct Level {
    start: Option<u32>,
    format: String,
    /// Text with `%1` to `%9` for the numbers of the levels.
    text: String,
    /// Set if the numbers of all levels are written in Arabic digits.
    is_legal: bool,
    /// Set if the level goes on counting below others.
    never_restarts: bool,
    /// Paragraph style that stands for this level.
    style: Option<String>,
}

/// List definition.
#[derive(Debug, Clone, Default)]
struct List {
    levels: [Level; LEVELS],
    /// Style whose list this one is.
    linked_style: Option<String>,
}

/// Use of a list definition, with its own starts.
#[derive(Debug, Clone, Default)]
struct Instance {
    list: String,
    starts: [Option<u32>; LEVELS],
    levels: HashMap<usize, Level>,
}

/// Lists of a document and how far they have counted.
#[derive(Debug, Default)]
pub struct Numbering {
    lists: HashMap<String, List>,
    instances: HashMap<String, Instance>,
    counters: HashMap<String, [Option<u32>; LEVELS]>,
    started: HashSet<String>,
}

impl Numbering {
    /// Reads numbering.xml. Damage leaves the lists that were read before it.
    pub fn read(xml: &[u8]) -> Self {
        let mut reader = NumberingReader::default();
        let _ = xml::walk(xml, &mut |node| {
            reader.visit_node(&node);
            true
        });
        reader.numbering
    }

    /// Counts a paragraph and returns its number; empty for bullets and for unknown lists.
    pub fn next_label(&mut self, number: &str, level: Option<usize>, style: &str, styles: &Styles) -> String {
        let Some(instance) = self.instances.get(number) else { return String::new() };
        let list_id = self.resolve_list(&instance.list, styles);
        let Some(list) = self.lists.get(&list_id) else { return String::new() };
        let by_style = || list.levels.iter().position(|level| level.style.as_deref() == Some(style));
        let at = level.or_else(by_style).unwrap_or(0).min(LEVELS - 1);
        let levels: Vec<&Level> = list
            .levels
            .iter()
            .enumerate()
            .map(|(i, level)| instance.levels.get(&i).unwrap_or(level))
            .collect();
        let first = |i: usize| instance.starts[i].or(levels[i].start).unwrap_or(0);
        let counters = self.counters.entry(list_id).or_default();
        if self.started.insert(number.to_owned()) {
            for (counter, start) in counters.iter_mut().zip(instance.starts) {
                *counter = if start.is_some() { None } else { *counter };
            }
        }
        counters[at] = Some(counters[at].map_or(first(at), |count| count.saturating_add(1)));
        for i in 0..LEVELS {
            if i < at {
                counters[i].get_or_insert(first(i));
            } else if i > at && !levels[i].never_restarts {
                counters[i] = None;
            }
        }
        write_label(&levels, at, counters)
    }

    /// Follows a list that only names the style of another.
    fn resolve_list(&self, list: &str, styles: &Styles) -> String {
        let linked = self.lists.get(list).and_then(|list| list.linked_style.as_deref());
        let number = linked.and_then(|style| styles.find(style).number);
        let resolved = number.and_then(|number| self.instances.get(&number)).map(|found| found.list.clone());
        resolved.unwrap_or_else(|| list.to_owned())
    }
}

fn write_label(levels: &[&Level], at: usize, counters: &[Option<u32>; LEVELS]) -> String {
    let level = levels[at];
    if level.format == "bullet" {
        return String::new();
    }
    let mut label = String::new();
    let mut characters = level.text.chars().peekable();
    while let Some(c) = characters.next() {
        let digit =
            characters.peek().and_then(|c| c.to_digit(10)).filter(|d| c == '%' && (1..=9).contains(d));
        match digit {
            Some(digit) => {
                characters.next();
                let i = digit as usize - 1;
                let format = if level.is_legal { "decimal" } else { levels[i].format.as_str() };
                label.push_str(&write_number(counters[i].unwrap_or(0), format));
            }
            None => label.push(c),
        }
    }
    label
}

/// Puts a number before its text: a space only where the two would run together.
pub fn join_label(label: &str, text: &str) -> String {
    let label = label.trim();
    let closed = label.ends_with(|c: char| !c.is_alphanumeric());
    let runs_together = !closed || text.starts_with(|c: char| c.is_ascii_alphanumeric());
    let space = if runs_together && !label.is_empty() && !text.is_empty() { " " } else { "" };
    format!("{label}{space}{text}")
}

/// State of reading numbering.xml.
#[derive(Default)]
struct NumberingReader {
    numbering: Numbering,
    list: Option<(String, List)>,
    instance: Option<(String, Instance)>,
    level: Option<(usize, Level)>,
    /// Level whose start is overridden.
    overridden: Option<usize>,
}

impl NumberingReader {
    fn visit_node(&mut self, node: &Node<'_>) {
        match node {
            Node::Start(name, attributes) => self.start_element(name, attributes),
            Node::End("abstractNum") => {
                if let Some((id, list)) = self.list.take() {
                    self.numbering.lists.insert(id, list);
                }
            }
            Node::End("num") => {
                if let Some((id, instance)) = self.instance.take() {
                    self.numbering.instances.insert(id, instance);
                }
            }
            Node::End("lvl") => self.end_level(),
            Node::End("lvlOverride") => self.overridden = None,
            _ => {}
        }
    }

    fn start_element(&mut self, name: &str, attributes: &Attributes<'_>) {
        let value = || attributes.get("val").unwrap_or_default();
        let index = || attributes.get("ilvl").and_then(|at| at.parse().ok()).filter(|at| *at < LEVELS);
        match name {
            "abstractNum" => {
                self.list = Some((attributes.get("abstractNumId").unwrap_or_default(), List::default()));
            }
            "num" => self.instance = Some((attributes.get("numId").unwrap_or_default(), Instance::default())),
            "numStyleLink" => {
                if let Some((_, list)) = &mut self.list {
                    list.linked_style = Some(value());
                }
            }
            "abstractNumId" => {
                if let Some((_, instance)) = &mut self.instance {
                    instance.list = value();
                }
            }
            "lvlOverride" => self.overridden = index(),
            "startOverride" => {
                if let (Some((_, instance)), Some(at)) = (&mut self.instance, self.overridden) {
                    instance.starts[at] = value().parse().ok();
                }
            }
            "lvl" => self.level = index().map(|at| (at, Level::default())),
            _ => self.set_level(name, attributes),
        }
    }

    fn set_level(&mut self, name: &str, attributes: &Attributes<'_>) {
        let Some((_, level)) = &mut self.level else { return };
        let value = || attributes.get("val").unwrap_or_default();
        match name {
            "start" => level.start = value().parse().ok(),
            // The newer form of a format stands in an alternative beside the older one.
            "numFmt" if level.format.is_empty() => level.format = value(),
            "lvlText" => level.text = value(),
            "isLgl" => level.is_legal = xml::is_on(attributes),
            "lvlRestart" => level.never_restarts = value() == "0",
            "pStyle" => level.style = Some(value()),
            _ => {}
        }
    }

    fn end_level(&mut self) {
        let Some((at, level)) = self.level.take() else { return };
        if let Some((_, list)) = &mut self.list {
            list.levels[at] = level;
        } else if let Some((_, instance)) = &mut self.instance {
            instance.levels.insert(at, level);
        }
    }
}
