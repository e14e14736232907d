//! XML of packages (DOCX, OFD) as a stream of three events.
//!
//! Entities of the document type are never expanded: quick-xml does not support them, so there
//! is no "billion laughs" to limit.

use quick_xml::Reader;
use quick_xml::escape::resolve_predefined_entity;
use quick_xml::events::{BytesStart, Event};

use crate::import::formats::charset;
use crate::import::read_error::ReadError;

/// Depth limit of elements.
const MAX_DEPTH: usize = 512;

/// Event; names are without their prefix.
pub enum Node<'a> {
    /// Start of an element.
    Start(&'a str, &'a Attributes<'a>),
    /// End of an element.
    End(&'a str),
    /// Characters.
    Text(&'a str),
}

/// Attributes of an element, read on demand.
pub struct Attributes<'a>(&'a BytesStart<'a>);

impl Attributes<'_> {
    /// Returns the value of the attribute with this local name.
    pub fn get(&self, name: &str) -> Option<String> {
        let found =
            self.0.attributes().with_checks(false).flatten().find(|a| local_name(a.key.as_ref()) == name)?;
        let value = found.normalized_value(quick_xml::XmlVersion::Implicit1_0).ok()?;
        Some(value.into_owned())
    }
}

/// Reads a document to its end, or until `visit` returns false.
///
/// # Errors
/// The document is not well-formed, or too deep.
pub fn walk(bytes: &[u8], visit: &mut dyn FnMut(Node<'_>) -> bool) -> Result<(), ReadError> {
    let decoded = charset::decode(bytes, None);
    let mut reader = Reader::from_str(&decoded.text);
    let mut depth = 0_usize;
    loop {
        let go_on = match reader.read_event().map_err(ReadError::damaged)? {
            Event::Start(start) => {
                depth += 1;
                if depth > MAX_DEPTH {
                    return Err(ReadError::Limit(format!("XML 嵌套超过 {MAX_DEPTH} 层")));
                }
                visit(Node::Start(local_name(start.name().as_ref()), &Attributes(&start)))
            }
            Event::Empty(start) => {
                let name = start.name();
                visit(Node::Start(local_name(name.as_ref()), &Attributes(&start)))
                    && visit(Node::End(local_name(name.as_ref())))
            }
            Event::End(end) => {
                depth = depth.saturating_sub(1);
                visit(Node::End(local_name(end.name().as_ref())))
            }
            Event::Text(text) => visit(Node::Text(&text.xml10_content())),
            Event::CData(text) => visit(Node::Text(&text.xml10_content())),
            Event::GeneralRef(reference) => match reference.resolve_char_ref() {
                Ok(Some(c)) => visit(Node::Text(c.encode_utf8(&mut [0; 4]))),
                _ => visit(Node::Text(
                    resolve_predefined_entity(&reference.xml10_content()).unwrap_or_default(),
                )),
            },
            Event::Eof => return Ok(()),
            _ => true,
        };
        if !go_on {
            return Ok(());
        }
    }
}

/// Reads a property that is on unless its value says otherwise, `<w:vanish/>`.
pub fn is_on(attributes: &Attributes<'_>) -> bool {
    !attributes.get("val").is_some_and(|value| matches!(value.as_str(), "0" | "false" | "off"))
}

fn local_name(name: &str) -> &str {
    name.rsplit_once(':').map_or(name, |(_, local)| local)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(xml: &str) -> Result<String, ReadError> {
        let mut out = String::new();
        walk(xml.as_bytes(), &mut |node| {
            if let Node::Text(text) = node {
                out.push_str(text);
            }
            true
        })?;
        Ok(out)
    }

    #[test]
    fn references_are_resolved_and_unknown_entities_dropped() {
        assert_eq!(text("<a>甲&lt;&#20057;&x;<![CDATA[<丙>]]></a>").unwrap(), "甲<乙<丙>");
    }

    #[test]
    fn depth_is_limited_and_damage_is_reported() {
        assert!(matches!(text(&"<a>".repeat(1000)), Err(ReadError::Limit(_))));
        assert!(matches!(text("<a></b>"), Err(ReadError::Damaged(_))));
    }
}
