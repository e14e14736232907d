//! White space of pages and files.

/// Replaces white space of every kind by one space and trims both ends.
pub fn collapse_whitespace(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    append_collapsed(text, &mut out);
    out.truncate(out.trim_end().len());
    out
}

/// Appends `text` to `out` with single spaces and none at the beginning of `out`.
pub fn append_collapsed(text: &str, out: &mut String) {
    let mut rest = text;
    while !rest.is_empty() {
        let word = rest.find(is_space).unwrap_or(rest.len());
        out.push_str(&rest[..word]);
        rest = &rest[word..];
        let trimmed = rest.trim_start_matches(is_space);
        if trimmed.len() < rest.len() && !out.is_empty() && !out.ends_with(' ') {
            out.push(' ');
        }
        rest = trimmed;
    }
}

/// Recognises white space and the invisible characters that editors leave in pages.
fn is_space(c: char) -> bool {
    if c.is_ascii() {
        return c.is_ascii_whitespace() || c.is_ascii_control();
    }
    matches!(c, '\u{3000}' | '\u{a0}' | '\u{feff}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202f}' | '\u{80}'..='\u{9f}' | '\u{2000}'..='\u{200a}' | '\u{2060}' | '\u{ad}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn collapse_whitespace_of_every_kind_gives_single_spaces() {
        assert_eq!(collapse_whitespace("\u{3000}\u{3000}关于\u{a0}\r\n 进一步\u{200b} "), "关于 进一步");
        assert_eq!(collapse_whitespace(" \n"), "");
    }
}
