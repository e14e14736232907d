//! Content streams: the strings they draw, with fonts and positions.

use std::collections::HashMap;
use std::rc::Rc;

use lopdf::content::{Content, Operation};
use lopdf::{Dictionary, Document, Object, ObjectId};

use crate::import::formats::page_layout::TextRun;
use crate::import::formats::pdf::font::{Font, dictionary_entry};
use crate::import::formats::pdf::limits::MAX_STREAM_BYTES;

/// Depth limit of nested forms.
const MAX_FORMS: usize = 8;
/// Limit of text runs on one page.
const MAX_RUNS: usize = 200_000;

/// Count of characters with and without a meaning.
#[derive(Debug, Default)]
pub struct CharacterCount {
    /// Characters with a meaning.
    pub known: usize,
    /// Glyphs without one.
    pub unknown: usize,
}

/// Returns the text runs of a page in drawing order.
pub fn page_runs(document: &Document, page: ObjectId, count: &mut CharacterCount) -> Vec<TextRun> {
    let Ok(bytes) = document.get_page_content_with_limit(page, MAX_STREAM_BYTES) else { return Vec::new() };
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
    };
    painter.paint(&bytes, &resources, 0);
    painter.runs
}

/// Transformation matrix: a b c d e f.
type Matrix = [f32; 6];

const IDENTITY: Matrix = [1.0, 0.0, 0.0, 1.0, 0.0, 0.0];

fn multiply(m: Matrix, n: Matrix) -> Matrix {
    [
        m[0] * n[0] + m[1] * n[2],
        m[0] * n[1] + m[1] * n[3],
        m[2] * n[0] + m[3] * n[2],
        m[2] * n[1] + m[3] * n[3],
        m[4] * n[0] + m[5] * n[2] + n[4],
        m[4] * n[1] + m[5] * n[3] + n[5],
    ]
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
                "Do" => self.paint_form(operation, resources, depth),
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
                pen.advance(-back / 1000.0 * self.state.size * self.state.stretch);
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
        let (mut text, mut width) = (String::new(), 0.0);
        for glyph in font.glyphs(bytes) {
            match glyph.text {
                Some(characters) => {
                    self.count.known += 1;
                    text.push_str(&characters);
                }
                None => self.count.unknown += 1,
            }
            let space = self.state.character_space + if glyph.is_space { self.state.word_space } else { 0.0 };
            width += (glyph.width / 1000.0 * size + space) * self.state.stretch;
        }
        pen.advance(width);
        let end = multiply(pen.text, self.state.page);
        if !text.is_empty() {
            // Pages grow upwards in PDF, downwards here.
            self.runs.push(TextRun {
                x: place[4],
                y: -place[5],
                width: (end[4] - place[4]).max(0.0),
                size: height,
                text,
            });
        }
    }

    /// Paints a form, which is a content stream of its own.
    fn paint_form(&mut self, operation: &Operation, resources: &[&'a Dictionary], depth: usize) {
        let Some(Object::Name(name)) = operation.operands.first() else { return };
        let document = self.document;
        let found = resources.iter().find_map(|r| {
            let forms = dictionary_entry(document, r, b"XObject")?.as_dict().ok()?;
            dictionary_entry(document, forms, name)?.as_stream().ok()
        });
        let Some(form) = found.filter(|_| depth < MAX_FORMS) else { return };
        if form.dict.get(b"Subtype").and_then(Object::as_name).is_ok_and(|subtype| subtype != b"Form") {
            return;
        }
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

    fn advance(&mut self, x: f32) {
        self.text = multiply([1.0, 0.0, 0.0, 1.0, x, 0.0], self.text);
    }
}

fn read_matrix(operands: &[Object]) -> Option<Matrix> {
    let numbers: Vec<f32> = operands.iter().filter_map(|n| n.as_float().ok()).collect();
    numbers.try_into().ok()
}
