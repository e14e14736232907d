//! Lines of a document, and the kinds of lines that several parts of the extraction recognise.

use gongkai_index::official::{date, document_number};

use crate::import::extraction::labels;
use crate::import::file_content::BlockKind;

/// Line of the document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// Typesetting of the line.
    pub kind: BlockKind,
    /// Words of the line.
    pub text: String,
}

/// Length from which a line with a comma is running text, in bytes: thirty characters.
const MIN_PROSE_BYTES: usize = 90;

/// Recognises text in sentences, or a salutation.
pub fn is_running_text(text: &str) -> bool {
    let long = text.len() >= MIN_PROSE_BYTES && text.contains(['，', ',', '。']);
    (long || is_salutation(text)) && labels::labels_on_line(text).1.len() < 2
}

/// Recognises a salutation, `各县（市、区）人民政府，市直各部门：`.
fn is_salutation(text: &str) -> bool {
    let addressed =
        || text.starts_with('各') || ["人民政府", "、", "单位", "局"].iter().any(|word| text.contains(word));
    text.ends_with(['：', ':']) && addressed() && labels::labels_on_line(text).1.is_empty()
}

/// Recognises the beginning of an article, `第三条`, `第十二条之一`, or of a chapter: never `第十届`.
pub fn is_article(line: &str) -> bool {
    let Some(rest) = line.trim_start().strip_prefix('第') else { return false };
    let number = rest
        .find(|c: char| !("零〇一二三四五六七八九十百千两".contains(c) || c.is_ascii_digit() || c == ' '));
    number.is_some_and(|at| at > 0 && rest[at..].starts_with(['条', '章', '节', '编', '款', '部']))
}

/// Recognises a numbered line: `一、`, `（二）`, `3.`, `④`, `附件1`.
pub fn is_numbered(line: &str) -> bool {
    let open = line.strip_prefix(['（', '(']);
    let rest = open.unwrap_or(line);
    let end = rest
        .find(|c: char| !(c.is_ascii_digit() || "零〇一二三四五六七八九十百".contains(c)))
        .unwrap_or(rest.len());
    let after = &rest[end..];
    let closed =
        if open.is_some() { after.starts_with(['）', ')']) } else { after.starts_with(['、', '.', '．']) };
    end > 0 && closed || line.starts_with(|c| ('①'..='⑳').contains(&c)) || line.starts_with("附件")
}

/// Reads a document number that is all of a line, in brackets or not.
pub fn sole_document_number(line: &str) -> Option<String> {
    let bare = line.trim().trim_start_matches(['（', '(', '【']).trim_end_matches(['）', ')', '】']);
    if bare.chars().count() > 40 || !bare.ends_with('号') {
        return None;
    }
    let number = document_number::parse(bare)?;
    Some(number.to_string())
}

/// Recognises a line that ends with a date and has only a name before it.
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

/// Removes a note of publication, `2022年11月4日（此件公开发布）`: it is no part of the signature.
fn without_publication_note(text: &str) -> &str {
    let text = text.trim_end();
    let note = text
        .rfind(['（', '('])
        .filter(|at| *at > 0 && text.ends_with(['）', ')']) && text[*at..].contains("公开"));
    note.map_or(text, |at| &text[..at])
}
