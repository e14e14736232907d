//! Lines of a document, and the kinds of lines that several parts of the extraction must know.

use gongkai_index::official::{date, document_number};

use crate::import::extraction::labels;
use crate::import::file_content::BlockKind;

/// A line of the document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// How it is set.
    pub kind: BlockKind,
    /// Its words.
    pub text: String,
}

/// A line of so many bytes with a comma in it is running text: thirty characters.
const MIN_PROSE_BYTES: usize = 90;

/// Text in sentences, or the address of those it is sent to.
pub fn is_running_text(text: &str) -> bool {
    let long = text.len() >= MIN_PROSE_BYTES && text.contains(['，', ',', '。']);
    (long || is_salutation(text)) && labels::labels_on_line(text).1.len() < 2
}

/// `各县（市、区）人民政府，市直各部门：`.
fn is_salutation(text: &str) -> bool {
    let addressed =
        || text.starts_with('各') || ["人民政府", "、", "单位", "局"].iter().any(|word| text.contains(word));
    text.ends_with(['：', ':']) && addressed() && labels::labels_on_line(text).1.is_empty()
}

/// A document number that is all of a line, in brackets or not.
pub fn sole_document_number(line: &str) -> Option<String> {
    let bare = line.trim().trim_start_matches(['（', '(', '【']).trim_end_matches(['）', ')', '】']);
    if bare.chars().count() > 40 || !bare.ends_with('号') {
        return None;
    }
    let number = document_number::parse(bare)?;
    Some(number.to_string())
}

/// A line that ends with a date and has nothing but a name before it.
pub fn is_date_line(text: &str) -> bool {
    let dated = text.ends_with(|c: char| {
        c.is_ascii_digit() || "日号）)０１２３４５６７８９".contains(c) || c.is_whitespace()
    });
    if !dated || text.chars().count() > 40 {
        return false;
    }
    let found = date::find_all(text);
    let text = without_publication_note(text);
    found.last().is_some_and(|last| {
        if last.range.end > text.len() {
            return false;
        }
        let after = text[last.range.end..].trim_matches(|c: char| c.is_whitespace() || "）)".contains(c));
        let before = text[..last.range.start].trim_end_matches(['（', '(', ' ']);
        after.is_empty()
            && !before.ends_with(['至', '自', '于', '在', '：', ':'])
            && !before.contains(['，', '。'])
    })
}

/// `2022年11月4日（此件公开发布）`: the note is not part of the signature.
fn without_publication_note(text: &str) -> &str {
    let text = text.trim_end();
    let note = text
        .rfind(['（', '('])
        .filter(|at| *at > 0 && text.ends_with(['）', ')']) && text[*at..].contains("公开"));
    note.map_or(text, |at| &text[..at])
}
