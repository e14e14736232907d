//! Text that a page hides: by an inline style, by the attribute `hidden`, or as the reading above a
//! character.

use html5ever::tokenizer::Tag;
use html5ever::{LocalName, local_name};

use crate::import::formats::html::elements::{Role, role};

/// Depth up to which elements inside a hidden one are matched with their ends.
const MAX_INNER: usize = 400;
/// Distance in pixels from which a position is off the screen.
const MIN_OFF_SCREEN: f32 = 900.0;

/// Hidden element being read.
#[derive(Debug)]
pub struct HiddenScope {
    name: LocalName,
    /// Open elements inside.
    inner: Vec<LocalName>,
    /// Set if the element stands directly in a paragraph, which the start of a block ends.
    in_paragraph: bool,
}

/// Effect of a tag on the hidden element.
#[derive(Debug, PartialEq, Eq)]
pub enum Effect {
    /// The tag is inside the hidden element.
    Inside,
    /// The tag ends the hidden element and nothing else.
    Ends,
    /// The hidden element is over before this tag.
    OverBefore,
}

impl HiddenScope {
    /// Opens the scope of an element.
    pub fn open(name: &LocalName, in_paragraph: bool) -> Self {
        Self { name: name.clone(), inner: Vec::new(), in_paragraph }
    }

    /// Takes a start tag. Elements whose end tag is left out end as in a browser.
    pub fn start_tag(&mut self, name: &LocalName) -> Effect {
        let role = role(name);
        let over = match self.name {
            local_name!("rt") | local_name!("rp") => {
                matches!(*name, local_name!("rt") | local_name!("rp") | local_name!("rb"))
            }
            local_name!("p") => self.inner.is_empty() && begins_block(role),
            local_name!("li") | local_name!("td") | local_name!("th") | local_name!("tr") => {
                self.inner.is_empty() && (*name == self.name || role == Role::Row)
            }
            _ => self.in_paragraph && begins_block(role) && !self.inner.iter().any(is_block),
        };
        if over {
            return Effect::OverBefore;
        }
        if !is_void(name) && self.inner.len() < MAX_INNER {
            self.inner.push(name.clone());
        }
        Effect::Inside
    }

    /// Takes an end tag; `is_open_outside` tells if it ends an element around the hidden one.
    pub fn end_tag(&mut self, name: &LocalName, is_open_outside: impl FnOnce() -> bool) -> Effect {
        if let Some(at) = self.inner.iter().rposition(|open| open == name) {
            self.inner.truncate(at);
            return Effect::Inside;
        }
        let of_ruby = matches!(self.name, local_name!("rt") | local_name!("rp"));
        if *name == self.name {
            Effect::Ends
        } else if of_ruby && *name == local_name!("ruby") || is_block(name) && is_open_outside() {
            Effect::OverBefore
        } else {
            Effect::Inside
        }
    }
}

fn is_block(name: &LocalName) -> bool {
    !matches!(
        role(name),
        Role::Inline | Role::Anchor | Role::Void | Role::Break | Role::Meta | Role::Relation
    )
}

fn begins_block(role: Role) -> bool {
    matches!(
        role,
        Role::Block
            | Role::Paragraph
            | Role::Heading(_)
            | Role::List
            | Role::Item
            | Role::Table
            | Role::Preformatted
            | Role::Boilerplate
    )
}

fn is_void(name: &LocalName) -> bool {
    matches!(role(name), Role::Void | Role::Break | Role::Meta | Role::Relation)
}

/// Reason for which an element is not shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reason {
    /// A script may show it: `display: none`, `hidden`.
    Collapsed,
    /// Nobody is meant to see it: size zero, off the screen, transparent, a reading.
    Invisible,
}

/// Decides if an element is hidden.
pub fn hidden_reason(tag: &Tag) -> Option<Reason> {
    if matches!(tag.name, local_name!("rt") | local_name!("rp")) {
        return Some(Reason::Invisible);
    }
    let mut reason = None;
    for attribute in &tag.attrs {
        match attribute.name.local {
            local_name!("hidden") => reason = reason.or(Some(Reason::Collapsed)),
            local_name!("style") => reason = style_reason(&attribute.value).or(reason),
            _ => {}
        }
    }
    reason
}

/// Decides by an inline style.
fn style_reason(style: &str) -> Option<Reason> {
    // Most styles set none of these: they are not taken apart.
    const SIGNS: [&str; 7] = ["none", "hidden", "opacity", "font-size", "-9", "hide", "collapse"];
    let lower = style.to_ascii_lowercase();
    if !SIGNS.iter().any(|sign| lower.contains(sign)) {
        return None;
    }
    let mut reason = None;
    let mut positioned = false;
    let mut off_screen = false;
    for (name, value) in lower.split(';').filter_map(|declaration| declaration.split_once(':')) {
        let value = value.trim().trim_end_matches("!important").trim_end();
        let size = || leading_number(value);
        match name.trim() {
            "display" if value == "none" => reason = reason.or(Some(Reason::Collapsed)),
            "visibility" if matches!(value, "hidden" | "collapse") => reason = Some(Reason::Invisible),
            "opacity" if size() == Some(0.0) => reason = Some(Reason::Invisible),
            "mso-hide" if value == "all" => reason = Some(Reason::Invisible),
            "font-size" if size().is_some_and(|size| is_too_small(size, value)) => {
                reason = Some(Reason::Invisible);
            }
            "text-indent" if size().is_some_and(|size| size <= -MIN_OFF_SCREEN) => {
                reason = Some(Reason::Invisible);
            }
            "position" => positioned = matches!(value, "absolute" | "fixed"),
            "left" | "top" | "right" | "margin-left" => {
                off_screen |= size().is_some_and(|size| size <= -MIN_OFF_SCREEN);
            }
            _ => {}
        }
    }
    if positioned && off_screen { Some(Reason::Invisible) } else { reason }
}

/// Recognises a size that nobody can read: nothing, or up to one pixel or point.
fn is_too_small(size: f32, value: &str) -> bool {
    let unit = value.trim_start_matches(|c: char| c.is_ascii_digit() || matches!(c, '.' | '+' | '-'));
    size == 0.0 || size > 0.0 && size <= 1.0 && matches!(unit.trim(), "px" | "pt")
}

fn leading_number(value: &str) -> Option<f32> {
    let end = value.find(|c: char| !(c.is_ascii_digit() || matches!(c, '.' | '-' | '+')));
    value[..end.unwrap_or(value.len())].parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn style_reason_reads_every_way_of_hiding() {
        for style in [
            "visibility:hidden",
            "color:red; font-size : 0",
            "font-size:1px",
            "opacity: 0",
            "text-indent:-9999px",
            "position:absolute;left:-9999px",
            "mso-hide:all",
            "font-size:0.0pt !important",
        ] {
            assert_eq!(style_reason(style), Some(Reason::Invisible), "{style}");
        }
        assert_eq!(style_reason("DISPLAY: none !important"), Some(Reason::Collapsed));
        for style in [
            "font-size:10px",
            "font-size:1em",
            "opacity:0.9",
            "overflow:hidden",
            "border:none",
            "text-indent:-9px",
            "left:-9999px",
            "text-decoration:none;display:block",
        ] {
            assert_eq!(style_reason(style), None, "{style}");
        }
    }
}
