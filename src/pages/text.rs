//! Text of a record as blocks of a page: headings, articles, paragraphs, tables.

use std::collections::BTreeMap;

use crate::api::outline::SectionReply;

/// Separator of the cells of a row; see docs/IMPORT.md.
const CELL_SEPARATOR: char = '|';

/// Block of the text.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Block {
    /// Heading of an enclosed document or a division.
    Heading { anchor: String, text: String },
    /// Article; its label is the link to it.
    Article { anchor: String, label: String, text: String },
    /// Paragraph.
    Paragraph(String),
    /// Table as rows of cells.
    Table(Vec<Vec<String>>),
}

/// Splits a text with these sections into blocks.
pub(super) fn split_blocks(body: &str, sections: &[SectionReply]) -> Vec<Block> {
    // Where an enclosed document and its first line begin at one place, the outer section counts.
    let mut starts: BTreeMap<usize, &SectionReply> = BTreeMap::new();
    for section in sections.iter().rev() {
        starts.insert(section.start, section);
    }
    let mut blocks = Vec::new();
    let mut offset = 0;
    for line in body.split_inclusive('\n') {
        let end = offset + line.len();
        let cuts: Vec<usize> =
            starts.range(offset + 1..end.max(offset + 1)).map(|(start, _)| *start).collect();
        for piece in [offset].iter().chain(&cuts).copied().zip(cuts.iter().copied().chain([end])) {
            let text = body.get(piece.0..piece.1).unwrap_or_default();
            let start = piece.0 + (text.len() - text.trim_start().len());
            push_block(&mut blocks, text.trim(), starts.get(&start).copied());
        }
        offset = end;
    }
    blocks
}

/// Adds a piece of text as the block that its section makes of it.
fn push_block(blocks: &mut Vec<Block>, text: &str, section: Option<&SectionReply>) {
    if text.is_empty() {
        return;
    }
    match section {
        Some(section) if section.level == "article" => {
            let label_length = text.find('条').map_or(0, |offset| offset + '条'.len_utf8());
            let inserted = section.label.split_once('条').map_or(0, |(_, inserted)| inserted.len());
            let (label, rest) = text.split_at_checked(label_length + inserted).unwrap_or((text, ""));
            blocks.push(Block::Article {
                anchor: section.anchor.clone(),
                label: label.to_owned(),
                text: rest.to_owned(),
            });
        }
        Some(section) => {
            blocks.push(Block::Heading { anchor: section.anchor.clone(), text: text.to_owned() });
        }
        None => match (split_row(text), blocks.last_mut()) {
            (Some(cells), Some(Block::Table(rows))) => rows.push(cells),
            (Some(cells), _) => blocks.push(Block::Table(vec![cells])),
            (None, _) => blocks.push(Block::Paragraph(text.to_owned())),
        },
    }
}

/// Splits a row into cells; `None` if the text is no row.
fn split_row(text: &str) -> Option<Vec<String>> {
    let is_row = text.contains(" | ");
    let inside = text.trim_matches(CELL_SEPARATOR);
    is_row.then(|| inside.split(CELL_SEPARATOR).map(|cell| cell.trim().to_owned()).collect())
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
    fn articles_in_one_line_and_table_rows_become_blocks() {
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
            split_blocks(body, &sections),
            [
                article("第一条", " 甲。"),
                article("第二条之一", " 乙。"),
                Block::Table(vec![cells(["序号", "名称"]), cells(["1", "某办法"])]),
                Block::Paragraph("末".to_owned()),
            ]
        );
    }
}
