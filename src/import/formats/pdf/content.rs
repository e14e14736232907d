//! Content streams: the strings they draw, with fonts and positions.

use std::collections::HashMap;
use std::rc::Rc;

use lopdf::content::{Content, Operation};
use lopdf::{Dictionary, Document, Object, ObjectId, Stream};

use crate::import::formats::page_layout::matrix::{IDENTITY, Matrix, multiply};
use crate::import::formats::page_layout::{MAX_SKEW_DEGREES, TextPage, TextRun, UPRIGHT};
use crate::import::formats::pdf::font::{Font, dictionary_entry};
use crate::import::formats::pdf::limits::MAX_STREAM_BYTES;
use crate::import::formats::pdf::marked::{Mark, MarkedContent};
use crate::import::formats::pdf::page_box::page_area;
use crate::import::removed::{RemovalReason, RemovedLine};

/// Depth limit of nested forms.
const MAX_FORMS: usize = 8;
/// Limit of text runs on one page.
const MAX_RUNS: usize = 200_000;

/// Count of characters with and without a meaning. Text at an angle does not count.
#[derive(Debug, Default)]
pub struct CharacterCount {
    /// Characters with a meaning.
    pub known: usize,
    /// Glyphs without one.
    pub unknown: usize,
}

/// Reads the text runs of a page in drawing order.
pub fn read_page(document: &Document, page: ObjectId, count: &mut CharacterCount) -> TextPage {
    let Ok(bytes) = document.get_page_content_with_limit(page, MAX_STREAM_BYTES) else {
        return TextPage::default();
    };
    let (own, inherited) = document.get_page_resources(page).unwrap_or_default();
    let inherited = inherited.iter().filter_map(|id| document.get_dictionary(*id).ok());
    let resources: Vec<&Dictionary> = own.into_iter().chain(inherited).collect();
    let mut painter = TextPainter {
        document,
        count,
        runs: Vec::new(),
        fonts: HashMap::new(),
        state: GraphicsState::default(),
        saved: Vec::new(),
        marked: MarkedContent::default(),
        picture_area: 0.0,
        removed: Vec::new(),
    };
    painter.paint(&bytes, &resources, 0);
    while painter.marked.is_open() {
        painter.end_marked_content();
    }
    let picture_share = painter.picture_area / page_area(document, page);
    TextPage { runs: painter.runs, picture_share, removed: painter.removed }
}

#[derive(Clone)]
struct GraphicsState {
    page: Matrix,
    font: Option<Rc<Font>>,
    size: f32,
    leading: f32,
    character_space: f32,
    word_space: f32,
    stretch: f32,
    rise: f32,
}

impl Default for GraphicsState {
    fn default() -> Self {
        Self {
            page: IDENTITY,
            font: None,
            size: 12.0,
            leading: 0.0,
            character_space: 0.0,
            word_space: 0.0,
            stretch: 1.0,
            rise: 0.0,
        }
    }
}

struct TextPainter<'a> {
    document: &'a Document,
    count: &'a mut CharacterCount,
    runs: Vec<TextRun>,
    fonts: HashMap<*const Dictionary, Rc<Font>>,
    state: GraphicsState,
    saved: Vec<GraphicsState>,
    marked: MarkedContent,
    /// Sum of the areas of pictures.
    picture_area: f32,
    removed: Vec<RemovedLine>,
}

/// Position of the next string, and of its line.
struct Pen {
    text: Matrix,
    line: Matrix,
}

impl<'a> TextPainter<'a> {
    fn paint(&mut self, bytes: &[u8], resources: &[&'a Dictionary], depth: usize) {
        let Ok(content) = Content::decode(bytes) else { return };
        let mut pen = Pen { text: IDENTITY, line: IDENTITY };
        let floor = self.saved.len();
        for operation in &content.operations {
            if self.runs.len() >= MAX_RUNS {
                break;
            }
            match operation.operator.as_str() {
                "q" if self.saved.len() < floor + 256 => self.saved.push(self.state.clone()),
                "Q" if self.saved.len() > floor => self.state = self.saved.pop().unwrap_or_default(),
                "cm" => {
                    if let Some(matrix) = read_matrix(&operation.operands) {
                        self.state.page = multiply(matrix, self.state.page);
                    }
                }
                "Do" => self.paint_object(operation, resources, depth),
                "BDC" => {
                    let mark = Mark::read(self.document, operation, resources);
                    self.marked.begin(mark, self.runs.len());
                }
                "BMC" => self.marked.begin(Mark::Plain, self.runs.len()),
                "EMC" => self.end_marked_content(),
                "Tf" => self.select_font(operation, resources),
                _ => self.text_operator(operation, &mut pen),
            }
        }
        self.saved.truncate(floor);
    }

    fn text_operator(&mut self, operation: &Operation, pen: &mut Pen) {
        let number = |at: usize| operation.operands.get(at).and_then(|n| n.as_float().ok()).unwrap_or(0.0);
        match operation.operator.as_str() {
            "BT" => *pen = Pen { text: IDENTITY, line: IDENTITY },
            "Tc" => self.state.character_space = number(0),
            "Tw" => self.state.word_space = number(0),
            "Tz" => self.state.stretch = number(0) / 100.0,
            "TL" => self.state.leading = number(0),
            "Ts" => self.state.rise = number(0),
            "Td" => pen.move_line(number(0), number(1)),
            "TD" => {
                self.state.leading = -number(1);
                pen.move_line(number(0), number(1));
            }
            "Tm" => {
                if let Some(matrix) = read_matrix(&operation.operands) {
                    *pen = Pen { text: matrix, line: matrix };
                }
            }
            "T*" => pen.move_line(0.0, -self.state.leading),
            "Tj" => self.show_operand(operation.operands.first(), pen),
            "'" | "\"" => {
                pen.move_line(0.0, -self.state.leading);
                self.show_operand(operation.operands.last(), pen);
            }
            "TJ" => self.show_list(operation, pen),
            _ => {}
        }
    }

    fn show_operand(&mut self, operand: Option<&Object>, pen: &mut Pen) {
        if let Some(Object::String(bytes, _)) = operand {
            self.show_string(bytes, pen);
        }
    }

    fn show_list(&mut self, operation: &Operation, pen: &mut Pen) {
        let Some(Object::Array(items)) = operation.operands.first() else { return };
        for item in items {
            if let Object::String(bytes, _) = item {
                self.show_string(bytes, pen);
            } else if let Ok(back) = item.as_float() {
                let vertical = self.state.font.as_ref().is_some_and(|font| font.is_vertical());
                let back = -back / 1000.0 * self.state.size;
                pen.advance(if vertical { (0.0, back) } else { (back * self.state.stretch, 0.0) });
            }
        }
    }

    fn select_font(&mut self, operation: &Operation, resources: &[&'a Dictionary]) {
        let [Object::Name(name), size] = operation.operands.as_slice() else { return };
        self.state.size = size.as_float().unwrap_or(12.0);
        let found = resources.iter().find_map(|r| {
            let fonts = dictionary_entry(self.document, r, b"Font")?.as_dict().ok()?;
            dictionary_entry(self.document, fonts, name)?.as_dict().ok()
        });
        self.state.font = found.map(|dictionary| {
            let document = self.document;
            let font =
                self.fonts.entry(dictionary).or_insert_with(|| Rc::new(Font::read(document, dictionary)));
            Rc::clone(font)
        });
    }

    /// Draws a string and moves the pen behind it.
    fn show_string(&mut self, bytes: &[u8], pen: &mut Pen) {
        let Some(font) = self.state.font.clone() else { return };
        let size = self.state.size;
        let place =
            multiply(multiply([size, 0.0, 0.0, size, 0.0, self.state.rise], pen.text), self.state.page);
        let height = (place[2] * place[2] + place[3] * place[3]).sqrt();
        let (mut text, mut advance, mut unknown) = (String::new(), 0.0, 0);
        for glyph in font.glyphs(bytes) {
            match &glyph.text {
                Some(characters) => {
                    unknown += usize::from(characters.chars().any(is_unreadable));
                    text.push_str(characters);
                }
                None => unknown += 1,
            }
            let space = self.state.character_space + if glyph.is_space { self.state.word_space } else { 0.0 };
            advance += if font.is_vertical() {
                size + space
            } else {
                (glyph.width / 1000.0 * size + space) * self.state.stretch
            };
        }
        let ahead = if font.is_vertical() { (0.0, -advance) } else { (advance, 0.0) };
        pen.advance(ahead);
        let end = multiply(pen.text, self.state.page);
        let base = if font.is_vertical() { (-place[2], -place[3]) } else { (place[0], place[1]) };
        // Pages grow upwards in PDF, downwards here.
        let run = TextRun {
            x: place[4],
            y: -place[5],
            width: (end[4] - place[4]).hypot(end[5] - place[5]),
            size: height,
            direction: unit_vector(base.0, -base.1),
            text,
        };
        let replaced = self.marked.is_replaced();
        if !replaced && run.quarter_turns().1.abs() <= MAX_SKEW_DEGREES {
            self.count.known += run.text.chars().count().saturating_sub(unknown);
            self.count.unknown += unknown;
        }
        if replaced || !run.text.is_empty() {
            self.runs.push(run);
        }
    }

    fn end_marked_content(&mut self) {
        match self.marked.end() {
            Some((Mark::Replaced(text), start)) => replace_runs(&mut self.runs, start, &text),
            Some((Mark::Watermark, start)) => {
                let drawn = self.runs.drain(start.min(self.runs.len())..);
                let text: String = drawn.map(|run| run.text).collect();
                self.removed.push(RemovedLine::new(RemovalReason::Watermark, text));
            }
            Some((Mark::Plain, _)) | None => {}
        }
    }

    fn paint_object(&mut self, operation: &Operation, resources: &[&'a Dictionary], depth: usize) {
        let Some(Object::Name(name)) = operation.operands.first() else { return };
        let document = self.document;
        let found = resources.iter().find_map(|r| {
            let objects = dictionary_entry(document, r, b"XObject")?.as_dict().ok()?;
            dictionary_entry(document, objects, name)?.as_stream().ok()
        });
        let Some(object) = found else { return };
        match object.dict.get(b"Subtype").and_then(Object::as_name) {
            Ok(b"Image") => {
                // A picture fills the unit square.
                let [a, b, c, d, ..] = self.state.page;
                self.picture_area += (a * d - b * c).abs();
            }
            Ok(b"Form") | Err(_) if depth < MAX_FORMS => self.paint_form(object, resources, depth),
            _ => {}
        }
    }

    /// Paints a form, which is a content stream of its own.
    fn paint_form(&mut self, form: &'a Stream, resources: &[&'a Dictionary], depth: usize) {
        let document = self.document;
        let Ok(bytes) = form.decompressed_content_with_limit(MAX_STREAM_BYTES) else { return };
        let own = dictionary_entry(document, &form.dict, b"Resources").and_then(|r| r.as_dict().ok());
        let resources: Vec<&Dictionary> =
            own.into_iter().chain(resources.iter().copied()).take(MAX_FORMS * 2).collect();
        let before = self.state.clone();
        if let Some(matrix) =
            dictionary_entry(document, &form.dict, b"Matrix").and_then(|m| read_matrix(m.as_array().ok()?))
        {
            self.state.page = multiply(matrix, self.state.page);
        }
        self.paint(&bytes, &resources, depth + 1);
        self.state = before;
    }
}

impl Pen {
    fn move_line(&mut self, x: f32, y: f32) {
        self.line = multiply([1.0, 0.0, 0.0, 1.0, x, y], self.line);
        self.text = self.line;
    }

    fn advance(&mut self, (x, y): (f32, f32)) {
        self.text = multiply([1.0, 0.0, 0.0, 1.0, x, y], self.text);
    }
}

/// Gives the runs from `start` on the text that the file states for them.
fn replace_runs(runs: &mut Vec<TextRun>, start: usize, text: &str) {
    let drawn: usize = runs.iter().skip(start).map(|run| run.text.chars().count()).sum();
    let Some(first) = runs.get(start) else { return };
    // A hyphen at the end of a line may be replaced by nothing, but not a sentence.
    if text.is_empty() && drawn > 2 {
        runs.retain(|run| !run.text.is_empty());
        return;
    }
    let right = runs.iter().skip(start).filter(|run| (run.y - first.y).abs() < first.size * 0.5);
    let width = right.map(|run| run.x + run.width - first.x).fold(first.width, f32::max);
    let whole = TextRun { width, text: text.to_owned(), ..first.clone() };
    runs.truncate(start);
    runs.push(whole);
}

/// Recognises characters without a meaning outside their font: private use, and the replacement character.
fn is_unreadable(c: char) -> bool {
    matches!(c, '\u{e000}'..='\u{f8ff}' | '\u{fffd}' | '\0' | '\u{f0000}'..)
}

fn unit_vector(x: f32, y: f32) -> (f32, f32) {
    let length = x.hypot(y);
    if y == 0.0 && x > 0.0 || !length.is_normal() { UPRIGHT } else { (x / length, y / length) }
}

fn read_matrix(operands: &[Object]) -> Option<Matrix> {
    let numbers: Vec<f32> = operands.iter().filter_map(|n| n.as_float().ok()).collect();
    numbers.try_into().ok()
}
