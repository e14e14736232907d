//! Facts that a page states beside its document: on lines of labels, in tables
//! of labels, on a label's next line.

use super::extract::{Block, BlockKind, CELL, Extract, Zone};
use super::labels::{self, Field};
use super::values;

/// A fact that the source states.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fact {
    /// What it is about.
    pub field: Field,
    /// As written.
    pub value: String,
}

impl Fact {
    fn new(field: Field, value: &str) -> Self {
        Self { field, value: value.trim().to_owned() }
    }

    fn is_useful(&self) -> bool {
        self.field != Field::Ignored && !self.value.is_empty()
    }
}

/// What blocks at the head of a page gave.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Taken {
    /// How many blocks.
    pub blocks: usize,
    /// Their facts.
    pub facts: Vec<Fact>,
    /// Words before the first label: they are not part of any fact.
    pub rest: Option<String>,
}

/// `<meta>` names are labels like any other.
pub fn of_metas(extract: &Extract) -> Vec<Fact> {
    let known = extract.stated.iter().filter_map(|stated| {
        let fact = Fact::new(labels::field(&stated.label)?, &stated.value);
        (fact.is_useful() && fact.field != Field::Body).then_some(fact)
    });
    known.collect()
}

/// Takes facts off the beginning of `blocks`; nothing if none stand there.
pub fn take(blocks: &[Block]) -> Option<Taken> {
    let first = blocks.first()?;
    if first.kind == BlockKind::Row {
        return table(blocks);
    }
    on_line(first, &blocks[1..])
}

/// Labels that no table of figures has for its columns.
fn is_telling(field: Field) -> bool {
    matches!(
        field,
        Field::IndexNumber
            | Field::DocumentNumber
            | Field::Issuers
            | Field::Publisher
            | Field::WrittenOn
            | Field::PublishedOn
            | Field::Validity
            | Field::EndsOn
    )
}

/// Rows of labels and values, if enough of them are sure.
fn table(blocks: &[Block]) -> Option<Taken> {
    let mut taken = Taken::default();
    while let Some((first, after)) = blocks[taken.blocks..].split_first() {
        let one = if first.kind == BlockKind::Row { row(first, after.first()) } else { lone(first, after) };
        let Some((rows, facts)) = one else { break };
        taken.blocks += rows;
        taken.facts.extend(facts);
    }
    let telling = taken.facts.iter().filter(|fact| is_telling(fact.field)).count();
    taken.facts.retain(Fact::is_useful);
    (telling >= 2).then_some(taken)
}

fn row(block: &Block, next: Option<&Block>) -> Option<(usize, Vec<Fact>)> {
    let cells: Vec<&str> = block.text.split(CELL).map(str::trim).collect();
    // 索引号：1 | 文号：2
    let inside: Vec<Option<Fact>> = cells.iter().map(|cell| whole_cell(cell)).collect();
    if cells.iter().zip(&inside).all(|(cell, fact)| fact.is_some() || cell.is_empty())
        && inside.iter().flatten().any(|fact| !fact.value.is_empty())
    {
        return Some((1, inside.into_iter().flatten().collect()));
    }
    if cells.len() >= 2 && cells.iter().all(|cell| labels::field(cell).is_some()) {
        return header_row(&cells, next);
    }
    // 索引号 | 1 | 文号 | 2
    let mut facts = Vec::new();
    for pair in cells.chunks(2) {
        let field = labels::field(pair[0]).or_else(|| pair[0].is_empty().then_some(Field::Ignored))?;
        facts.push(Fact::new(field, pair.get(1).copied().unwrap_or_default()));
    }
    Some((1, facts))
}

/// A cell that is one label with its value.
fn whole_cell(cell: &str) -> Option<Fact> {
    let (before, labelled) = labels::on_line(cell);
    match labelled.as_slice() {
        [one] if before.is_empty() => Some(Fact::new(one.field, one.value)),
        _ => None,
    }
}

/// A row of labels over a row of values.
fn header_row(labels: &[&str], next: Option<&Block>) -> Option<(usize, Vec<Fact>)> {
    let values: Vec<&str> =
        next.filter(|next| next.kind == BlockKind::Row)?.text.split(CELL).map(str::trim).collect();
    if values.len() > labels.len() || values.iter().any(|value| labels::field(value).is_some()) {
        return None;
    }
    let pairs = labels.iter().zip(values);
    Some((2, pairs.filter_map(|(label, value)| Some(Fact::new(labels::field(label)?, value))).collect()))
}

/// Takes a line of labels apart.
fn on_line(block: &Block, after: &[Block]) -> Option<Taken> {
    let (before, labelled) = labels::on_line(&block.text);
    if labelled.is_empty() {
        let (blocks, mut facts) = lone(block, after)?;
        facts.retain(Fact::is_useful);
        return Some(Taken { blocks, facts, rest: None });
    }
    let long = |l: &labels::Labelled<'_>| {
        l.value.chars().count() > 80 && !matches!(l.field, Field::Keywords | Field::Ignored | Field::Title)
    };
    if labelled.iter().any(long) || before.chars().count() > 60 {
        return None;
    }
    // The last label may have its value on the next line.
    let last = labelled.last().filter(|last| last.value.is_empty() && is_telling(last.field));
    let next = last.and_then(|last| Some((last.field, value_after(last.field, after)?)));
    let mut facts: Vec<Fact> = labelled.iter().map(|l| Fact::new(l.field, l.value)).collect();
    let blocks = 1 + usize::from(next.is_some());
    facts.extend(next.map(|(field, value)| Fact::new(field, value)));
    facts.retain(Fact::is_useful);
    Some(Taken { blocks, facts, rest: (!before.is_empty()).then(|| before.to_owned()) })
}

/// A label alone on its line: its value is the next one.
fn lone(block: &Block, after: &[Block]) -> Option<(usize, Vec<Fact>)> {
    let field = labels::field(&block.text).filter(|field| *field != Field::Body)?;
    let letters = block.text.chars().filter(|c| c.is_alphanumeric()).count();
    let marked = block.text.ends_with([':', '：', '】']) || block.zone == Zone::Before || letters >= 3;
    if !marked {
        return None;
    }
    match value_after(field, after).filter(|_| field != Field::Ignored) {
        Some(value) => Some((2, vec![Fact::new(field, value)])),
        None => Some((1, Vec::new())),
    }
}

/// The next line, if it can be a value of this field.
fn value_after(field: Field, after: &[Block]) -> Option<&str> {
    let next = after.first()?;
    let plain = next.text.chars().count() <= 80
        && labels::field(&next.text).is_none()
        && labels::on_line(&next.text).1.is_empty();
    let fits = match field {
        Field::WrittenOn | Field::PublishedOn | Field::EffectiveOn | Field::EndsOn => {
            values::day(&next.text).is_some() && next.text.chars().count() <= 30
        }
        Field::DocumentNumber => next.text.contains('号') && next.text.chars().count() <= 40,
        Field::Validity => values::validity(&next.text).is_some(),
        _ => true,
    };
    (plain && fits && next.kind != BlockKind::Row).then_some(next.text.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(rows: &[&[&str]]) -> Vec<Block> {
        rows.iter().map(|cells| Block::row(cells)).collect()
    }

    fn facts(blocks: &[Block]) -> Vec<(Field, String)> {
        take(blocks)
            .map(|taken| taken.facts)
            .unwrap_or_default()
            .into_iter()
            .map(|f| (f.field, f.value))
            .collect()
    }

    #[test]
    fn tables_of_labels_are_read_in_all_their_forms() {
        let beside =
            rows(&[&["索引号", "1", "文号", "甲发〔2017〕1号"], &["发布日期", "2017-01-02", "", ""]]);
        assert_eq!(facts(&beside).len(), 3);
        let above = rows(&[
            &["索引号", "公开方式", "文号"],
            &["1", "主动公开", "甲发〔2017〕1号"],
            &["成文日期", "发布日期"],
            &["2017-01-01", "2017-01-02"],
        ]);
        assert_eq!(facts(&above).len(), 4);
        let inside = rows(&[&["索引号：1", "文号：甲发〔2017〕1号"]]);
        assert_eq!(facts(&inside).len(), 2);
    }

    #[test]
    fn tables_of_figures_are_no_facts() {
        assert!(take(&rows(&[&["名称", "数量"], &["甲", "3"], &["时间", "2017年"]])).is_none());
        assert!(take(&rows(&[&["项目", "金额"]])).is_none());
    }

    #[test]
    fn a_label_may_stand_over_its_value() {
        let blocks =
            [Block::paragraph("发文字号"), Block::paragraph("甲发〔2017〕1号"), Block::paragraph("正文")];
        let taken = take(&blocks).unwrap();
        assert_eq!((taken.blocks, taken.facts[0].value.as_str()), (2, "甲发〔2017〕1号"));
        assert!(take(&[Block::paragraph("正文。")]).is_none());
    }
}
