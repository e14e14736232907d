//! Line ends that a mail program or a converter set inside a sentence: lines are joined where
//! the text proves it.

use crate::import::extraction::line::{is_article, is_numbered};

/// Range of widths at which texts are wrapped, in columns; a Chinese character has two.
const WRAP_COLUMNS: std::ops::RangeInclusive<usize> = 30..=130;
/// Columns by which a full line may be narrower than the widest: a mark that may not begin a line
/// takes a character with it.
const FULL_LINE_TOLERANCE: usize = 4;
/// Indented lines from which a text marks its paragraphs so.
const MIN_INDENTED_LINES: usize = 2;

/// Limit of lines in which the end of a paragraph is looked for.
const MAX_PARAGRAPH_LINES: usize = 100;

/// Line of a text with its measures.
struct MeasuredLine<'a> {
    text: &'a str,
    /// Columns of white space before the words, beyond those of all lines.
    indent: usize,
    /// Columns of all.
    width: usize,
}

/// Joins the lines of wrapped paragraphs; an empty line always separates.
pub fn join_wrapped_lines(text: &str) -> Vec<String> {
    let lines = measure_lines(text);
    let widest = lines.iter().map(|line| line.width).max().unwrap_or_default();
    let indented = lines.iter().filter(|line| line.indent >= 2).count() >= MIN_INDENTED_LINES;
    let wrapped = WRAP_COLUMNS.contains(&widest);
    let is_full = |line: &MeasuredLine<'_>| line.width + FULL_LINE_TOLERANCE >= widest;
    let mut paragraphs: Vec<String> = Vec::new();
    for (at, line) in lines.iter().enumerate() {
        let above = at.checked_sub(1).map(|above| &lines[above]).filter(|above| wrapped && is_full(above));
        let joins = above.is_some_and(|above| continues(above, &lines[at..], indented, &is_full));
        match paragraphs.last_mut().filter(|_| joins) {
            Some(paragraph) => append_line(paragraph, line.text),
            None => paragraphs.push(line.text.to_owned()),
        }
    }
    paragraphs
}

fn measure_lines(text: &str) -> Vec<MeasuredLine<'_>> {
    let mut lines: Vec<MeasuredLine<'_>> = text
        .lines()
        .map(|line| {
            let line = line.trim_end();
            let words = line.trim_start();
            let indent = column_count(&line[..line.len() - words.len()]);
            MeasuredLine { text: words, indent, width: indent + column_count(words) }
        })
        .collect();
    let margin = lines.iter().filter(|line| !line.text.is_empty()).map(|line| line.indent).min();
    for line in &mut lines {
        line.indent = line.indent.saturating_sub(margin.unwrap_or_default());
    }
    lines
}

fn column_count(text: &str) -> usize {
    text.chars().map(|c| if c.is_ascii() { 1 } else { 2 }).sum()
}

/// Checks that the first of `rest` goes on with the sentence of the full line above it.
fn continues(
    above: &MeasuredLine<'_>,
    rest: &[MeasuredLine<'_>],
    indented: bool,
    is_full: &impl Fn(&MeasuredLine<'_>) -> bool,
) -> bool {
    let Some(line) = rest.first().filter(|line| !line.text.is_empty()) else { return false };
    if line.indent > 0 && line.indent >= above.indent {
        return false;
    }
    // Where paragraphs are indented, a line at the margin begins none.
    let at_margin = indented && line.indent == 0;
    if starts_paragraph(line.text) && (!at_margin || ends_sentence(above.text)) {
        return false;
    }
    if ends_sentence(above.text) {
        return at_margin && is_running_text(line.text) && !line.text.ends_with(['：', ':']);
    }
    // The paragraph is a sentence: it has marks, and where it ends there is one.
    let end = rest
        .iter()
        .take(MAX_PARAGRAPH_LINES)
        .take_while(|line| !line.text.is_empty())
        .find(|line| !is_full(line));
    let end = end.map_or(line.text, |line| line.text);
    is_running_text(above.text) && (is_running_text(line.text) || ends_sentence(end))
        || at_margin && ends_sentence(end)
}

/// Checks that a line of Markdown goes on with the sentence of the line above it in the same paragraph.
pub fn continues_sentence(above: &str, line: &str) -> bool {
    let heading = starts_paragraph(above) && !is_running_text(above);
    !ends_sentence(above)
        && !starts_paragraph(line)
        && !heading
        && (is_running_text(line) || ends_sentence(line))
}

/// Appends a line; between words of Latin letters stood a space.
pub fn append_line(paragraph: &mut String, line: &str) {
    let latin = |c: Option<char>| c.is_some_and(|c| c.is_ascii_alphabetic() || ",.;:)".contains(c));
    if latin(paragraph.chars().next_back()) && line.starts_with(|c: char| c.is_ascii_alphanumeric()) {
        paragraph.push(' ');
    }
    paragraph.push_str(line);
}

fn starts_paragraph(line: &str) -> bool {
    is_article(line) || is_numbered(line) || line.starts_with(['-', '—', '•', '●', '|', '*', '#'])
}

fn is_running_text(line: &str) -> bool {
    line.contains(['，', '。', '；', '：', '、', '“', ',', '.'])
}

fn ends_sentence(line: &str) -> bool {
    line.trim_end_matches(['”', '"', '’', '）', ')', '》'])
        .ends_with(['。', '；', '：', '！', '？', '…', '.', ';', ':', '!', '?'])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn join_wrapped_lines_makes_paragraphs_whole() {
        let text = "澜江市农业农村局关于加强宅基地管理的通知\n\n各县农业农村局：\n\
            \u{20}   为进一步加强农村宅基地管理，规范宅基地审批，保障农民合法权\n\
            益，根据有关规定，现就有关事项通知如下。\n\
            \u{20}   一、严格落实“一户一宅”规定，宅基地面积不得超过规定的上限标\n准。\n\n\
            澜江市农业农村局\n2021年3月5日";
        let joined = join_wrapped_lines(text);
        assert!(joined.iter().any(|line| line.contains("保障农民合法权益，根据")), "{joined:?}");
        assert!(joined.iter().any(|line| line.ends_with("规定的上限标准。")), "{joined:?}");
        assert!(
            joined.contains(&"澜江市农业农村局".to_owned()) && joined.contains(&"2021年3月5日".to_owned())
        );
    }

    #[test]
    fn join_wrapped_lines_keeps_lines_without_proof() {
        for text in [
            "澜江市停车场管理办法\n第一条 为了规范管理，制定本办法，适用于本市行政区域内的停车场和相关的活动\n第二条 本办法自发布之日起施行。",
            "参加单位名单如下面各行所示的内容为准\n澜江市人民政府办公室政务公开科第一组\n澜江市人民政府办公室政务公开科第二组",
            "第一章 总则\n第一条 为了规范停车场管理，制定本办法。\n第二条 停车场应当公示收费标准。",
        ] {
            assert_eq!(join_wrapped_lines(text), text.lines().collect::<Vec<_>>());
        }
    }
}
