//! Paragraphs: lines joined by their ends, their indentation and the space between them.

use crate::import::file_content::{BlockCollector, BlockKind, FileContent};
use crate::import::formats::page_layout::lines::Line;

/// Measures of ordinary text: the size of most characters, the left and the right edge.
pub struct BodyMetrics {
    size: f32,
    left: f32,
    right: f32,
    /// Usual distance of two base lines.
    pitch: f32,
    /// Set if paragraphs begin with an indentation.
    is_indented: bool,
}

impl BodyMetrics {
    /// Measures the lines of a file.
    pub fn measure<'a>(lines: impl Iterator<Item = &'a Line> + Clone) -> Self {
        let mut sizes: Vec<(i32, usize)> = Vec::new();
        for line in lines.clone() {
            let key = (line.size * 2.0).round() as i32;
            match sizes.iter_mut().find(|(known, _)| *known == key) {
                Some((_, count)) => *count += line.text.len(),
                None => sizes.push((key, line.text.len())),
            }
        }
        let size = sizes.iter().max_by_key(|(_, count)| *count).map_or(12.0, |(key, _)| *key as f32 / 2.0);
        let body: Vec<&Line> = lines.filter(|line| (line.size - size).abs() <= 1.0).collect();
        let whole = || body.iter().filter(|line| line.column.is_none());
        // Edges that a share of the lines reach, so that one stray line does not decide.
        let mut lefts: Vec<f32> = whole().map(|line| line.left).collect();
        let mut rights: Vec<f32> = whole().map(|line| line.right).collect();
        let mut pitches: Vec<f32> =
            body.windows(2).map(|pair| pair[1].y - pair[0].y).filter(|pitch| *pitch > 0.0).collect();
        for numbers in [&mut lefts, &mut rights, &mut pitches] {
            numbers.sort_by(f32::total_cmp);
        }
        let left = lefts.get(lefts.len() / 20).copied().unwrap_or(0.0);
        let right = rights.get(rights.len() * 9 / 10).copied().unwrap_or(f32::MAX);
        // The lower quartile is inside a paragraph even where each paragraph has but two lines.
        let pitch = pitches.get(pitches.len() / 4).copied().unwrap_or(f32::MAX);
        let mut metrics = Self { size: size.max(1.0), left, right, pitch, is_indented: false };
        metrics.is_indented = metrics.indents_paragraphs(&body);
        metrics
    }

    /// Checks if the lines that certainly begin a paragraph are indented: those behind a short line
    /// that ends a sentence.
    fn indents_paragraphs(&self, body: &[&Line]) -> bool {
        let begins = |pair: &[&Line]| {
            let short = self.room_after(pair[0]) > self.size * 4.0;
            short && ends_sentence(&pair[0].text) && pair[1].cells == 1
        };
        let starts: Vec<&Line> = body.windows(2).filter(|pair| begins(pair)).map(|pair| pair[1]).collect();
        let indented = starts.iter().filter(|line| self.starts_indented(line)).count();
        !starts.is_empty() && indented * 10 >= starts.len() * 8
    }

    /// Edges between which a line is set.
    fn edges(&self, line: &Line) -> (f32, f32) {
        line.column.unwrap_or((self.left, self.right))
    }

    fn room_after(&self, line: &Line) -> f32 {
        self.edges(line).1 - line.right
    }

    fn starts_indented(&self, line: &Line) -> bool {
        line.left > self.edges(line).0 + self.size * 1.2
    }

    fn is_centred(&self, line: &Line) -> bool {
        let (before, after) = (line.left - self.edges(line).0, self.room_after(line));
        // The first line of a paragraph that ends a little early has margins of one width, too.
        let paragraph = self.is_indented && line.size <= self.size + 1.0 && before < self.size * 2.6;
        // A title may fill the width.
        let title = line.size > self.size + 1.0 && before > -self.size;
        (before > self.size * 1.5 || title) && (before - after).abs() < self.size * 2.0 && !paragraph
    }

    /// Checks if a wider space than between other lines is above a line.
    fn is_parted(&self, last: &PreviousLine, line: &Line) -> bool {
        !self.is_indented && line.y > last.y && line.y - last.y > (self.pitch * 1.4).max(line.size * 1.2)
    }
}

/// Collector of paragraphs.
#[derive(Default)]
pub struct Paragraphs {
    blocks: BlockCollector,
    text: String,
    kind: Option<BlockKind>,
    last: Option<PreviousLine>,
    /// Lines beside the text that wait for the end of the paragraph.
    asides: Vec<String>,
}

/// Properties of the last line that decide on the next one.
struct PreviousLine {
    indent: f32,
    /// Room between its end and the right edge.
    room: f32,
    /// Set if it reaches beyond the middle.
    is_wide: bool,
    centred: bool,
    size: f32,
    y: f32,
}

impl Paragraphs {
    /// Adds a line to the paragraph before it, or begins one; false when no more is taken.
    pub fn add_line(&mut self, line: &Line, body: &BodyMetrics) -> bool {
        let kind = match line {
            Line { cells: 2.., .. } => BlockKind::Row,
            line if body.is_centred(line) => BlockKind::Centred,
            _ => BlockKind::Paragraph,
        };
        let goes_on = self.last.as_ref().is_some_and(|last| {
            let same_size = (last.size - line.size).abs() < 1.0;
            let title = last.centred && kind == BlockKind::Centred && line.size > body.size + 1.0;
            let close = line.y > last.y && line.y - last.y < line.size * 2.5;
            let text = kind != BlockKind::Row
                && !body.starts_indented(line)
                && !body.is_parted(last, line)
                && !self.begins_next_item(line, body)
                && (self.fills_line(last, line, body) || self.breaks_sentence(last, line, body));
            self.kind != Some(BlockKind::Row) && same_size && (text || title && close)
        });
        if !goes_on {
            self.end_paragraph();
            self.kind = Some(kind);
        }
        let text = line.text.trim();
        self.text.push_str(joint(&self.text, text));
        self.text.push_str(text);
        let (left, right) = body.edges(line);
        self.last = Some(PreviousLine {
            indent: line.left - left,
            room: right - line.right,
            is_wide: line.right > left + (right - left) * 0.5,
            centred: kind == BlockKind::Centred,
            size: line.size,
            y: line.y,
        });
        !self.blocks.is_full()
    }

    /// Adds a line that stands beside the text.
    pub fn add_aside(&mut self, text: &str) {
        self.asides.push(text.to_owned());
    }

    /// Checks for a numbered item behind a sentence, where no indentation shows paragraphs.
    fn begins_next_item(&self, line: &Line, body: &BodyMetrics) -> bool {
        !body.is_indented && ends_sentence(&self.text) && begins_item(&line.text)
    }

    /// Checks if the last line had no room for the beginning of the next one.
    fn fills_line(&self, last: &PreviousLine, line: &Line, body: &BodyMetrics) -> bool {
        // Where a file breaks within a number, its lines end anywhere.
        let in_number = self.text.ends_with(is_digit) && line.text.starts_with(is_digit);
        let forced = || !ends_sentence(&self.text) && last.room < first_word_width(&line.text, line.size);
        last.room < body.size * 2.0 || !last.centred && (last.is_wide && in_number || forced())
    }

    /// Checks if the last line ends within a sentence, in a file whose paragraphs are indented.
    fn breaks_sentence(&self, last: &PreviousLine, line: &Line, body: &BodyMetrics) -> bool {
        let in_text = last.indent < body.size * 2.6 && !last.centred;
        let begins = is_own_line(&line.text) || begins_item(&line.text) || line.text.ends_with('：');
        let own_line = is_own_line(&self.text) || begins;
        body.is_indented && last.is_wide && in_text && !ends_sentence(&self.text) && !own_line
    }

    fn end_paragraph(&mut self) {
        let text = std::mem::take(&mut self.text);
        self.blocks.push(self.kind.unwrap_or(BlockKind::Paragraph), &text);
        for aside in std::mem::take(&mut self.asides) {
            self.blocks.push(BlockKind::Paragraph, &aside);
        }
    }

    /// Makes the content of the file.
    pub fn into_content(mut self) -> FileContent {
        self.end_paragraph();
        self.blocks.into_content()
    }
}

fn ends_sentence(text: &str) -> bool {
    text.trim_end()
        .trim_end_matches(['”', '’', '）', ')', '》', '"'])
        .ends_with(['。', '；', '：', '！', '？', ';', ':'])
}

/// Recognises lines that no sentence crosses: document numbers, days, annexes.
fn is_own_line(text: &str) -> bool {
    let text = text.trim();
    let number = text.contains(['〔', '［']) && text.ends_with('号') && text.chars().count() <= 30;
    let day = text.ends_with('日') && text.chars().count() <= 12;
    number || day || text.starts_with("附件") || text.starts_with("抄送")
}

/// Recognises the beginning of a numbered item: `一、`, `（一）`, `第一条`.
fn begins_item(text: &str) -> bool {
    let mut chars = text.trim_start().chars();
    let first = chars.next().unwrap_or_default();
    let second = chars.find(|c| !"一二三四五六七八九十百0123456789".contains(*c));
    "一二三四五六七八九十".contains(first) && second == Some('、')
        || matches!(first, '（' | '(') && matches!(second, Some('）' | ')'))
        || first == '第' && matches!(second, Some('条' | '章' | '节' | '编'))
}

fn is_digit(c: char) -> bool {
    c.is_ascii_digit()
}

/// Width of the beginning of a line that cannot be broken: a word or an address, or one character.
fn first_word_width(text: &str, size: f32) -> f32 {
    let word = text.trim_start().chars().take_while(char::is_ascii_graphic).count();
    if word == 0 { size } else { word as f32 * size * 0.45 }
}

/// Blank between two lines of a paragraph: between words, but within no number and no address.
fn joint(before: &str, after: &str) -> &'static str {
    let (Some(last), Some(first)) = (before.chars().next_back(), after.chars().next()) else { return "" };
    let words = last.is_ascii_alphanumeric() && first.is_ascii_alphanumeric();
    let number = last.is_ascii_digit() && first.is_ascii_digit();
    let token = before.rsplit(|c: char| !c.is_ascii_graphic()).next().unwrap_or_default();
    let address = token.contains("://") || token.starts_with("www.") || token.contains('@');
    if words && !number && !address { " " } else { "" }
}
