//! Characters of foreign text that nobody sees: control characters, bidirectional controls, line
//! separators. They are made visible in logs and on terminals, and cannot reach beyond their text on
//! pages.

use std::borrow::Cow;
use std::io;

use serde::Serialize;

/// Embeddings and overrides, which end with [`END_OF_EMBEDDING`].
const EMBEDDINGS: [char; 4] = ['\u{202a}', '\u{202b}', '\u{202d}', '\u{202e}'];
/// Isolates, which end with [`END_OF_ISOLATE`].
const ISOLATES: [char; 3] = ['\u{2066}', '\u{2067}', '\u{2068}'];
const END_OF_EMBEDDING: char = '\u{202c}';
const END_OF_ISOLATE: char = '\u{2069}';

/// True for a bidirectional control: embeddings, overrides, isolates, their ends, and marks.
fn is_bidi_control(c: char) -> bool {
    matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{200e}' | '\u{200f}' | '\u{61c}')
}

/// True for a character that must not reach a log or terminal as it is.
fn is_hidden(c: char) -> bool {
    c.is_control() || is_bidi_control(c) || matches!(c, '\u{2028}' | '\u{2029}')
}

/// True for a character without width: soft hyphens, joiners, marks of order, variation selectors,
/// fillers, tags.
pub fn has_no_width(c: char) -> bool {
    is_hidden(c)
        || matches!(
            c,
            '\u{ad}' | '\u{34f}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180b}'..='\u{180f}'
            | '\u{200b}'..='\u{200d}' | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}'
            | '\u{feff}' | '\u{ffa0}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e0fff}'
        )
}

/// Writes hidden characters as in JSON: `\u202e`, `\n`. JSON stays JSON of the same value.
pub fn escape(text: &str) -> Cow<'_, str> {
    escape_but(text, &[])
}

/// Does the same, but keeps line ends and tabs.
pub fn escape_lines(text: &str) -> Cow<'_, str> {
    escape_but(text, &['\n', '\t'])
}

/// Does the same, but keeps these characters.
pub fn escape_but<'a>(text: &'a str, kept: &[char]) -> Cow<'a, str> {
    let is_escaped = |c: char| is_hidden(c) && !kept.contains(&c);
    if !text.contains(is_escaped) {
        return Cow::Borrowed(text);
    }
    let mut visible = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        match c {
            _ if !is_escaped(c) => visible.push(c),
            '\n' => visible.push_str("\\n"),
            '\r' => visible.push_str("\\r"),
            '\t' => visible.push_str("\\t"),
            // All hidden characters have four digits at most.
            _ => visible.push_str(&format!("\\u{:04x}", u32::from(c))),
        }
    }
    Cow::Owned(visible)
}

/// Writes a value as one line of NDJSON for every reader: characters that some take for line ends are
/// escaped, and the value stays the same.
pub fn write_json_line(out: &mut Vec<u8>, value: &impl Serialize) -> serde_json::Result<()> {
    value.serialize(&mut serde_json::Serializer::with_formatter(&mut *out, OneLine))?;
    out.push(b'\n');
    Ok(())
}

/// Format of JSON without U+0085, U+2028 and U+2029.
struct OneLine;

impl serde_json::ser::Formatter for OneLine {
    fn write_string_fragment<W: io::Write + ?Sized>(&mut self, out: &mut W, text: &str) -> io::Result<()> {
        let mut rest = text;
        while let Some(at) = rest.find(['\u{85}', '\u{2028}', '\u{2029}']) {
            let c = rest[at..].chars().next().unwrap_or_default();
            write!(out, "{}\\u{:04x}", &rest[..at], u32::from(c))?;
            rest = &rest[at + c.len_utf8()..];
        }
        out.write_all(rest.as_bytes())
    }
}

/// Makes a text end every embedding and isolate that it begins, and none that it does not, so that it
/// cannot reorder what stands around it. Markup in it stays as it is.
pub fn balance(text: &str) -> Cow<'_, str> {
    if !text.contains(is_bidi_control) {
        return Cow::Borrowed(text);
    }
    let mut balanced = String::with_capacity(text.len() + 16);
    let mut open = Vec::new();
    for c in text.chars() {
        match c {
            _ if EMBEDDINGS.contains(&c) => open.push(END_OF_EMBEDDING),
            _ if ISOLATES.contains(&c) => open.push(END_OF_ISOLATE),
            // It ends an embedding only if no isolate was begun since.
            END_OF_EMBEDDING if open.last() == Some(&c) => drop(open.pop()),
            END_OF_ISOLATE if open.contains(&c) => {
                // It ends the embeddings inside it as well.
                while open.pop().is_some_and(|end| end != c) {}
            }
            END_OF_EMBEDDING | END_OF_ISOLATE => continue,
            _ => {}
        }
        balanced.push(c);
    }
    balanced.extend(open.into_iter().rev());
    Cow::Owned(balanced)
}

/// Escapes a text for HTML and balances it.
#[derive(Debug, Clone, Copy, Default)]
pub struct BalancedHtml;

impl askama::filters::Escaper for BalancedHtml {
    fn write_escaped_str<W: std::fmt::Write>(&self, dest: W, text: &str) -> std::fmt::Result {
        askama::filters::Html.write_escaped_str(dest, &balance(text))
    }

    fn write_escaped_char<W: std::fmt::Write>(&self, dest: W, c: char) -> std::fmt::Result {
        self.write_escaped_str(dest, c.encode_utf8(&mut [0; 4]))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hidden_characters_are_escaped_and_json_keeps_its_value() {
        assert_eq!(escape("公开\u{202e}\u{1b}[1m\r\n"), "公开\\u202e\\u001b[1m\\r\\n");
        assert_eq!(escape_lines("a\tb\nc\u{2028}\u{85}"), "a\tb\nc\\u2028\\u0085");
        assert!(matches!(escape("公开 plain"), Cow::Borrowed(_)));
        let json = serde_json::to_string("a\u{202e}\u{9b}b\n").unwrap();
        assert!(!json.is_ascii() && escape(&json).is_ascii());
        assert_eq!(serde_json::from_str::<String>(&escape(&json)).unwrap(), "a\u{202e}\u{9b}b\n");
    }

    #[test]
    fn balanced_text_ends_what_it_begins_and_nothing_else() {
        for (text, expected) in [
            ("a\u{202e}b", "a\u{202e}b\u{202c}"),
            ("a\u{202c}\u{2069}b", "ab"),
            ("\u{2067}a\u{202b}b\u{2069}c", "\u{2067}a\u{202b}b\u{2069}c"),
            ("\u{202b}a\u{2067}b\u{202c}c", "\u{202b}a\u{2067}bc\u{2069}\u{202c}"),
            ("\u{202a}a\u{202c}\u{200f}", "\u{202a}a\u{202c}\u{200f}"),
        ] {
            assert_eq!(balance(text), expected, "{text:?}");
            assert_eq!(balance(&balance(text)), expected);
        }
    }
}
