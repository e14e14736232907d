//! Facts that a page states beside its document: on lines of labels, in tables of
//! labels, on the line after a label.

use crate::import::extraction::labels::{self, Field};
use crate::import::extraction::values;
use crate::import::file_content::{Block, BlockKind, CELL_SEPARATOR, FileContent, Zone};

/// Fact that the source states.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fact {
    /// Field of the record.
    pub field: Field,
    /// Value as written.
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

/// Facts at the head of a page.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct ParsedFacts {
    /// Number of blocks they occupy.
    pub blocks: usize,
    /// Facts in the order of the page.
    pub facts: Vec<Fact>,
    /// Words before the first label; they are part of no fact.
    pub rest: Option<String>,
}

/// Reads the facts in metadata: `<meta>` names are labels like any other.
pub fn facts_in_metadata(content: &FileContent) -> Vec<Fact> {
    let facts = content.metadata.iter().filter_map(|entry| {
        let fact = Fact::new(labels::find_field(&entry.label)?, &entry.value);
        (fact.is_useful() && fact.field != Field::Body).then_some(fact)
    });
    facts.collect()
}

/// Reads a table of facts inside or under the text, only one that is beyond doubt.
pub fn facts_in_text_table(blocks: &[Block]) -> Option<ParsedFacts> {
    let parsed = table_facts(blocks)?;
    let distinctive =
        parsed.facts.iter().filter(|fact| is_distinctive(fact.field) && is_plausible(fact)).count();
    (distinctive >= 3).then_some(parsed)
}

/// Reads facts off the beginning of `blocks`; none if no facts stand there.
pub fn facts_at_start(blocks: &[Block]) -> Option<ParsedFacts> {
    let first = blocks.first()?;
    if first.kind == BlockKind::Row {
        return table_facts(blocks);
    }
    line_facts(first, &blocks[1..])
}

/// Reads facts on a line under the text, `发文单位：某局　发文日期：2019年5月9日`. The line stays text.
pub fn facts_at_end(block: &Block) -> Option<Vec<Fact>> {
    if block.kind == BlockKind::Row || block.text.chars().count() > 80 {
        return None;
    }
    let (before, labelled) = labels::labels_on_line(&block.text);
    let facts: Vec<Fact> =
        labelled.iter().map(|l| Fact::new(l.field, l.value)).filter(Fact::is_useful).collect();
    let sure = before.is_empty()
        && !facts.is_empty()
        && facts.iter().all(|fact| is_distinctive(fact.field) || fact.field == Field::SourceName);
    sure.then_some(facts)
}

/// Checks if a line under the text with these facts belongs to the catalogue, not to the document.
pub fn are_catalogue_facts(facts: &[Fact]) -> bool {
    let own =
        |field| matches!(field, Field::Issuers | Field::WrittenOn | Field::SourceName | Field::Publisher);
    facts.iter().all(|fact| !own(fact.field))
}

/// Recognises fields whose labels never head the columns of a table of figures.
fn is_distinctive(field: Field) -> bool {
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
            | Field::EffectiveOn
            | Field::ValidityPeriod
    )
}

/// Reads rows of labels and values, if enough of them are sure.
fn table_facts(blocks: &[Block]) -> Option<ParsedFacts> {
    let mut parsed = ParsedFacts::default();
    while let Some((first, after)) = blocks[parsed.blocks..].split_first() {
        let one = if first.kind == BlockKind::Row {
            row_facts(first, after.first())
        } else {
            lone_label_facts(first, after)
        };
        let Some((rows, facts)) = one else { break };
        parsed.blocks += rows;
        parsed.facts.extend(facts);
    }
    let distinctive = parsed.facts.iter().filter(|fact| is_distinctive(fact.field)).count();
    parsed.facts.retain(Fact::is_useful);
    (distinctive >= 2).then_some(parsed)
}

fn row_facts(block: &Block, next: Option<&Block>) -> Option<(usize, Vec<Fact>)> {
    let cells: Vec<&str> =
        block.text.split(CELL_SEPARATOR).map(str::trim).filter(|cell| !matches!(*cell, ":" | "：")).collect();
    // 索引号：1 | 文号：2
    let inside: Vec<Option<Fact>> = cells.iter().map(|cell| cell_fact(cell)).collect();
    if cells.iter().zip(&inside).all(|(cell, fact)| fact.is_some() || cell.is_empty())
        && inside.iter().flatten().any(|fact| !fact.value.is_empty())
    {
        return Some((1, inside.into_iter().flatten().collect()));
    }
    if cells.len() >= 2 && cells.iter().all(|cell| labels::find_field(cell).is_some()) {
        return header_row_facts(&cells, next);
    }
    // 索引号 | 1 | 文号 | 2
    let mut facts = Vec::new();
    for pair in cells.chunks(2) {
        let field = labels::find_field(pair[0]).or_else(|| pair[0].is_empty().then_some(Field::Ignored))?;
        facts.push(Fact::new(field, pair.get(1).copied().unwrap_or_default()));
    }
    Some((1, facts))
}

/// Reads a cell that is one label with its value.
fn cell_fact(cell: &str) -> Option<Fact> {
    let (before, labelled) = labels::labels_on_line(cell);
    match labelled.as_slice() {
        [one] if before.is_empty() => Some(Fact::new(one.field, one.value)),
        _ => None,
    }
}

/// Reads a row of labels over a row of values.
fn header_row_facts(labels: &[&str], next: Option<&Block>) -> Option<(usize, Vec<Fact>)> {
    let values: Vec<&str> =
        next.filter(|next| next.kind == BlockKind::Row)?.text.split(CELL_SEPARATOR).map(str::trim).collect();
    if values.len() > labels.len() || values.iter().any(|value| labels::find_field(value).is_some()) {
        return None;
    }
    let pairs = labels.iter().zip(values);
    Some((2, pairs.filter_map(|(label, value)| Some(Fact::new(labels::find_field(label)?, value))).collect()))
}

/// Reads the labels of a line.
fn line_facts(block: &Block, after: &[Block]) -> Option<ParsedFacts> {
    let (before, labelled) = labels::labels_on_line(&block.text);
    if labelled.is_empty()
        && let Some(facts) = facts_without_colons(&block.text)
    {
        return Some(ParsedFacts { blocks: 1, facts, rest: None });
    }
    if labelled.is_empty() {
        let (blocks, mut facts) = lone_label_facts(block, after)?;
        facts.retain(Fact::is_useful);
        return Some(ParsedFacts { blocks, facts, rest: None });
    }
    let long = |l: &labels::LabelledValue<'_>| {
        l.value.chars().count() > 80 && !matches!(l.field, Field::Keywords | Field::Ignored | Field::Title)
    };
    if labelled.iter().any(long) || before.chars().count() > 60 {
        return None;
    }
    // The last label may have its value on the next line.
    let last = labelled.last().filter(|last| last.value.is_empty() && is_distinctive(last.field));
    let next = last.and_then(|last| Some((last.field, value_on_next_line(last.field, after)?)));
    let mut facts: Vec<Fact> = labelled.iter().map(|l| Fact::new(l.field, l.value)).collect();
    let blocks = 1 + usize::from(next.is_some());
    facts.extend(next.map(|(field, value)| Fact::new(field, value)));
    facts.retain(Fact::is_useful);
    Some(ParsedFacts { blocks, facts, rest: (!before.is_empty()).then(|| before.to_owned()) })
}

/// Reads labels without colons, `发布日期 2019-05-09 来源 某局`, `发布日期2019-05-09`.
fn facts_without_colons(line: &str) -> Option<Vec<Fact>> {
    if line.chars().count() > 240 {
        return None;
    }
    let words: Vec<&str> = line.split_whitespace().collect();
    let mut facts: Vec<Fact> = Vec::new();
    let mut at = 0;
    while at < words.len() {
        if let Some(field) = labels::find_field(words[at]).filter(|_| words[at].chars().count() >= 2) {
            let value: Vec<&str> = words[at + 1..]
                .iter()
                .copied()
                .take_while(|word| labels::find_field(word).is_none())
                .collect();
            at += 1 + value.len();
            facts.push(Fact::new(field, &value.join(" ")));
            continue;
        }
        facts.push(dated_word_fact(words[at])?);
        at += 1;
    }
    facts.retain(Fact::is_useful);
    facts.iter().any(|fact| is_distinctive(fact.field) && is_plausible(fact)).then_some(facts)
}

/// Reads a label that a date follows directly, `发布日期2019-05-09`.
fn dated_word_fact(word: &str) -> Option<Fact> {
    let digit = word.find(|c: char| c.is_ascii_digit())?;
    let field = labels::find_field(&word[..digit])?;
    let fact = Fact::new(field, &word[digit..]);
    is_plausible(&fact).then_some(fact)
}

/// Checks that a value can be one of its field.
fn is_plausible(fact: &Fact) -> bool {
    match fact.field {
        Field::WrittenOn | Field::PublishedOn | Field::EffectiveOn | Field::EndsOn => {
            values::parse_date(&fact.value).is_some() && fact.value.chars().count() <= 30
        }
        Field::DocumentNumber => fact.value.contains('号') && fact.value.chars().count() <= 40,
        Field::Validity => values::parse_validity(&fact.value).is_some(),
        _ => true,
    }
}

/// Reads a label alone on its line with the value on the next one.
fn lone_label_facts(block: &Block, after: &[Block]) -> Option<(usize, Vec<Fact>)> {
    let field = labels::find_field(&block.text).filter(|field| *field != Field::Body)?;
    let letters = block.text.chars().filter(|c| c.is_alphanumeric()).count();
    let value = value_on_next_line(field, after);
    // A short label needs a mark of its own, or a value of the right form.
    let distinctive =
        matches!(field, Field::DocumentNumber | Field::Validity | Field::PublishedOn) && value.is_some();
    let marked = block.text.ends_with([':', '：', '】']) || block.zone == Zone::Before || letters >= 3;
    if !marked && !distinctive {
        return None;
    }
    match value.filter(|_| field != Field::Ignored) {
        Some(value) => Some((2, vec![Fact::new(field, value)])),
        None => Some((1, Vec::new())),
    }
}

/// Takes the next line, if it can be a value of this field.
fn value_on_next_line(field: Field, after: &[Block]) -> Option<&str> {
    let next = after.first()?;
    let plain = next.text.chars().count() <= 80
        && labels::find_field(&next.text).is_none()
        && labels::labels_on_line(&next.text).1.is_empty();
    let plausible = is_plausible(&Fact::new(field, &next.text));
    (plain && plausible && next.kind != BlockKind::Row).then_some(next.text.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(rows: &[&[&str]]) -> Vec<Block> {
        rows.iter().map(|cells| Block::row(cells)).collect()
    }

    fn facts(blocks: &[Block]) -> Vec<(Field, String)> {
        facts_at_start(blocks)
            .map(|parsed| parsed.facts)
            .unwrap_or_default()
            .into_iter()
            .map(|f| (f.field, f.value))
            .collect()
    }

    #[test]
    fn facts_in_tables_of_labels_are_read_in_every_layout() {
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
    fn facts_in_tables_of_figures_are_not_found() {
        assert!(facts_at_start(&rows(&[&["名称", "数量"], &["甲", "3"], &["时间", "2017年"]])).is_none());
        assert!(facts_at_start(&rows(&[&["项目", "金额"]])).is_none());
    }

    #[test]
    fn label_above_its_value_is_read() {
        let blocks =
            [Block::paragraph("发文字号"), Block::paragraph("甲发〔2017〕1号"), Block::paragraph("正文")];
        let parsed = facts_at_start(&blocks).unwrap();
        assert_eq!((parsed.blocks, parsed.facts[0].value.as_str()), (2, "甲发〔2017〕1号"));
        assert!(facts_at_start(&[Block::paragraph("正文。")]).is_none());
    }
}
