//! Styles of a Word file, as far as they decide about text: headings, numbers, hidden text.

use std::collections::HashMap;

use crate::import::formats::xml::{self, Attributes, Node};

/// Depth limit of styles that are based on others.
const MAX_DEPTH: usize = 16;

/// Properties of a style.
#[derive(Debug, Clone, Default)]
pub struct Style {
    /// Set for a heading.
    pub is_heading: Option<bool>,
    /// Set for centred paragraphs.
    pub is_centred: Option<bool>,
    /// Set for hidden text.
    pub is_hidden: Option<bool>,
    /// List whose number the paragraphs have.
    pub number: Option<String>,
    /// Level in the list.
    pub level: Option<usize>,
    based_on: Option<String>,
}

/// Styles by their identifiers.
#[derive(Debug, Default)]
pub struct Styles {
    styles: HashMap<String, Style>,
    /// Style of paragraphs that name none.
    default: Option<String>,
}

impl Styles {
    /// Reads styles.xml. Damage leaves the styles that were read before it.
    pub fn read(xml: &[u8]) -> Self {
        let mut styles = Self::default();
        let mut current: Option<(String, Style)> = None;
        let _ = xml::walk(xml, &mut |node| {
            match node {
                Node::Start("style", attributes) => {
                    let id = attributes.get("styleId").unwrap_or_default();
                    let is_default = attributes.get("default").is_some_and(|on| on != "0" && on != "false");
                    if is_default && attributes.get("type").as_deref() == Some("paragraph") {
                        styles.default = Some(id.clone());
                    }
                    current = Some((id, Style::default()));
                }
                Node::Start(name, attributes) => {
                    if let Some((_, style)) = &mut current {
                        style.set(name, attributes);
                    }
                }
                Node::End("style") => {
                    if let Some((id, style)) = current.take() {
                        styles.styles.insert(id, style);
                    }
                }
                _ => {}
            }
            true
        });
        styles
    }

    /// Returns a style with what it takes from those it is based on; empty names mean the default.
    pub fn find(&self, id: &str) -> Style {
        let mut found = Style::default();
        let mut next = if id.is_empty() { self.default.clone() } else { Some(id.to_owned()) };
        for _ in 0..MAX_DEPTH {
            let Some(style) = next.and_then(|id| self.styles.get(&id)) else { break };
            found.is_heading = found.is_heading.or(style.is_heading);
            found.is_centred = found.is_centred.or(style.is_centred);
            found.is_hidden = found.is_hidden.or(style.is_hidden);
            found.number = found.number.or_else(|| style.number.clone());
            found.level = found.level.or(style.level);
            next = style.based_on.clone();
        }
        found
    }
}

impl Style {
    fn set(&mut self, name: &str, attributes: &Attributes<'_>) {
        let value = || attributes.get("val").unwrap_or_default();
        match name {
            "name" => {
                let name = value().to_ascii_lowercase();
                if name.starts_with("heading ") || name == "title" {
                    self.is_heading = Some(true);
                }
            }
            "basedOn" => self.based_on = Some(value()),
            "outlineLvl" => self.is_heading = Some(value() != "9"),
            "jc" => self.is_centred = Some(value() == "center"),
            "vanish" => self.is_hidden = Some(xml::is_on(attributes)),
            "numId" => self.number = Some(value()),
            "ilvl" => self.level = value().parse().ok(),
            _ => {}
        }
    }
}
