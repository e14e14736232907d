//! The text of a record as blocks of a page: headings, articles, paragraphs, tables.

use std::collections::BTreeMap;

use crate::api::outline::SectionReply;

/// What parts the cells of a row; see docs/IMPORT.md.
const CELL: char = '|';

/// A piece of the text.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Block {
    /// An enclosed document or a division.
    Heading { anchor: String, text: String },
    /// An article: its label is the link to it.
    Article { anchor: String, label: String, text: String },
    /// A paragraph.
    Paragraph(String),
    /// Rows of cells.
    Table(Vec<Vec<String>>),
}

/// The blocks of a text with these sections.
pub(super) fn blocks(body: &str, sections: &[SectionReply]) -> Vec<Block> {
    // Of two that begin at one place, an enclosed document and its first line, the outer counts.
    let mut starts: BTreeMap<usize, &SectionReply> = BTreeMap::new();
    for section in sections.iter().rev() {
        starts.insert(section.start, section);
    }
    let mut blocks = Vec::new();
    let mut at = 0;
    for line in body.split_inclusive('\n') {
        let end = at + line.len();
        let cuts: Vec<usize> = starts.range(at + 1..end.max(at + 1)).map(|(start, _)| *start).collect();
        for piece in [at].iter().chain(&cuts).copied().zip(cuts.iter().copied().chain([end])) {
            let text = body.get(piece.0..piece.1).unwrap_or_default();
            let start = piece.0 + (text.len() - text.trim_start().len());
            push(&mut blocks, text.trim(), starts.get(&start).copied());
        }
        at = end;
    }
    blocks
}

fn push(blocks: &mut Vec<Block>, text: &str, section: Option<&SectionReply>) {
    if text.is_empty() {
        return;
    }
    match section {
        Some(section) if section.level == "article" => {
            let written = text.find('条').map_or(0, |at| at + '条'.len_utf8());
            let inserted = section.label.split_once('条').map_or(0, |(_, inserted)| inserted.len());
            let (label, rest) = text.split_at_checked(written + inserted).unwrap_or((text, ""));
            blocks.push(Block::Article {
                anchor: section.anchor.clone(),
                label: label.to_owned(),
                text: rest.to_owned(),
            });
        }
        Some(section) => {
            blocks.push(Block::Heading { anchor: section.anchor.clone(), text: text.to_owned() });
        }
        None => match (row(text), blocks.last_mut()) {
            (Some(cells), Some(Block::Table(rows))) => rows.push(cells),
            (Some(cells), _) => blocks.push(Block::Table(vec![cells])),
            (None, _) => blocks.push(Block::Paragraph(text.to_owned())),
        },
    }
}

/// The cells of a row.
fn row(text: &str) -> Option<Vec<String>> {
    let spaced = text.contains(" | ");
    let inside = text.trim_matches(CELL);
    spaced.then(|| inside.split(CELL).map(|cell| cell.trim().to_owned()).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn section(level: &'static str, anchor: &str, start: usize) -> SectionReply {
        SectionReply {
            level,
            label: anchor.to_owned(),
            title: None,
            anchor: anchor.to_owned(),
            url: String::new(),
            start,
            end: start,
        }
    }

    #[test]
    fn articles_in_one_line_and_rows_of_a_table() {
        let body = "第一条 甲。第二条之一 乙。\n序号 | 名称\n1 | 某办法\n末";
        let second = body.find("第二条").unwrap();
        let sections = [section("article", "第一条", 0), section("article", "第二条之一", second)];
        let article = |label: &str, text: &str| Block::Article {
            anchor: label.to_owned(),
            label: label.to_owned(),
            text: text.to_owned(),
        };
        let cells = |cells: [&str; 2]| cells.map(str::to_owned).to_vec();
        assert_eq!(
            blocks(body, &sections),
            [
                article("第一条", " 甲。"),
                article("第二条之一", " 乙。"),
                Block::Table(vec![cells(["序号", "名称"]), cells(["1", "某办法"])]),
                Block::Paragraph("末".to_owned()),
            ]
        );
    }
}
