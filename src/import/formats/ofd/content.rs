//! Content of pages, templates, composite units and annotations: text objects with their positions.

use std::collections::HashMap;

use crate::import::formats::ofd::outline::{box_area, parse_numbers};
use crate::import::formats::ofd::positions::{read_steps, split_parts};
use crate::import::formats::page_layout::matrix::{IDENTITY, Matrix, multiply};
use crate::import::formats::page_layout::{TextRun, UPRIGHT};
use crate::import::formats::xml::{self, Attributes, Node};
use crate::import::read_error::ReadError;
use crate::import::removed::{RemovalReason, RemovedLine};

/// Points of a millimetre: OFD measures in millimetres, layout in points.
const POINTS_PER_MILLIMETRE: f32 = 72.0 / 25.4;
/// Depth limit of composite objects in each other.
const MAX_NESTED: usize = 8;
/// Limit of text runs on one page.
const MAX_RUNS: usize = 200_000;

/// Pieces of composite units by their id.
pub type Units = HashMap<String, Vec<Piece>>;

/// Piece of a content, in the coordinates of its container.
#[derive(Debug)]
pub enum Piece {
    /// Text.
    Text(TextRun),
    /// Use of a composite unit.
    Composite {
        /// Id of the unit.
        unit: String,
        /// Place of the unit.
        matrix: Matrix,
    },
}

/// Reader of one content.
#[derive(Default)]
pub struct ContentReader {
    /// Pieces in drawing order.
    pub pieces: Vec<Piece>,
    /// Composite units that the file defines.
    pub units: Units,
    /// Ids of the templates of the page.
    pub templates: Vec<String>,
    /// Files with resources of the page.
    pub resources: Vec<String>,
    /// Area of the page, where it has one of its own.
    pub area: Option<f32>,
    /// Sum of the areas of pictures.
    pub picture_area: f32,
    /// Text that is not shown, or a watermark by its annotation.
    pub removed: Vec<RemovedLine>,
    depth: usize,
    /// Reason and depth of the element whose text is left out.
    left_out: Option<(RemovalReason, usize)>,
    element: String,
    object: TextObject,
    unit: Option<(String, Vec<Piece>)>,
    /// Left and upper edge of the appearance of an annotation.
    base: (f32, f32),
}

/// Text object that is being read.
#[derive(Default)]
struct TextObject {
    matrix: Matrix,
    size: f32,
    at: (f32, f32),
    steps: (Vec<f32>, Vec<f32>),
    code: Option<String>,
}

impl ContentReader {
    /// Reads a content.
    ///
    /// # Errors
    /// The XML is damaged.
    pub fn read(bytes: &[u8]) -> Result<Self, ReadError> {
        let mut reader = Self::default();
        xml::walk(bytes, &mut |node| {
            match node {
                Node::Start(name, attributes) => {
                    reader.depth += 1;
                    reader.start_element(name, attributes);
                }
                Node::End(name) => {
                    reader.end_element(name);
                    if reader.left_out.is_some_and(|(_, depth)| depth == reader.depth) {
                        reader.left_out = None;
                    }
                    reader.depth = reader.depth.saturating_sub(1);
                }
                Node::Text(text) => reader.add_text(text),
            }
            reader.pieces.len() < MAX_RUNS
        })?;
        Ok(reader)
    }

    fn start_element(&mut self, name: &str, attributes: &Attributes<'_>) {
        self.element.clear();
        match name {
            "Layer" | "PageBlock" | "PathObject" => self.leave_out_hidden(attributes),
            "TextObject" => {
                self.leave_out_hidden(attributes);
                let size = attributes.get("Size").and_then(|size| size.trim().parse().ok()).unwrap_or(4.0);
                self.object =
                    TextObject { matrix: self.object_matrix(attributes), size, ..Default::default() };
            }
            "TextCode" => self.start_code(attributes),
            "CompositeObject" => {
                self.leave_out_hidden(attributes);
                let matrix = self.object_matrix(attributes);
                let unit = attributes.get("ResourceID").filter(|_| self.left_out.is_none());
                self.pieces.extend(unit.map(|unit| Piece::Composite { unit, matrix }));
            }
            "ImageObject" => {
                self.leave_out_hidden(attributes);
                let area = attributes.get("Boundary").and_then(|edges| box_area(&edges));
                self.picture_area += area.filter(|_| self.left_out.is_none()).unwrap_or(0.0);
            }
            "Template" => self.templates.extend(attributes.get("TemplateID")),
            "CompositeGraphicUnit" => {
                let id = attributes.get("ID").unwrap_or_default();
                self.unit = Some((id, std::mem::take(&mut self.pieces)));
            }
            "Annot" => {
                self.leave_out_hidden(attributes);
                if self.left_out.is_none() && attributes.get("Type").as_deref() == Some("Watermark") {
                    self.left_out = Some((RemovalReason::Watermark, self.depth));
                }
            }
            "Appearance" => {
                let edges = parse_numbers(&attributes.get("Boundary").unwrap_or_default());
                self.base = (edges.first().copied().unwrap_or(0.0), edges.get(1).copied().unwrap_or(0.0));
            }
            "PageRes" | "PhysicalBox" => name.clone_into(&mut self.element),
            _ => {}
        }
    }

    fn leave_out_hidden(&mut self, attributes: &Attributes<'_>) {
        let visible = attributes.get("Visible");
        if self.left_out.is_none() && visible.is_some_and(|value| matches!(value.trim(), "false" | "0")) {
            self.left_out = Some((RemovalReason::Hidden, self.depth));
        }
    }

    /// Matrix of an object: its own, moved by the corner of its boundary.
    fn object_matrix(&self, attributes: &Attributes<'_>) -> Matrix {
        let edges = parse_numbers(&attributes.get("Boundary").unwrap_or_default());
        let own = attributes.get("CTM").and_then(|ctm| parse_numbers(&ctm).try_into().ok());
        let [a, b, c, d, e, f] = own.unwrap_or(IDENTITY);
        let edge = |at: usize| edges.get(at).copied().unwrap_or(0.0);
        [a, b, c, d, e + edge(0) + self.base.0, f + edge(1) + self.base.1]
    }

    fn start_code(&mut self, attributes: &Attributes<'_>) {
        let number = |name| attributes.get(name).and_then(|value: String| value.trim().parse().ok());
        let steps = |name| attributes.get(name).map(|steps| read_steps(&steps)).unwrap_or_default();
        let object = &mut self.object;
        // A position that is left out is that of the code before.
        object.at = (number("X").unwrap_or(object.at.0), number("Y").unwrap_or(object.at.1));
        object.steps = (steps("DeltaX"), steps("DeltaY"));
        object.code = Some(String::new());
    }

    fn add_text(&mut self, text: &str) {
        if let Some(code) = &mut self.object.code {
            code.push_str(text);
            return;
        }
        match self.element.as_str() {
            "PageRes" => self.resources.push(text.trim().to_owned()),
            "PhysicalBox" => self.area = box_area(text),
            _ => {}
        }
    }

    fn end_element(&mut self, name: &str) {
        match name {
            "TextCode" => {
                let code = self.object.code.take().unwrap_or_default();
                match self.left_out {
                    Some((reason, _)) if !code.trim().is_empty() => {
                        self.removed.push(RemovedLine::new(reason, code));
                    }
                    Some(_) => {}
                    None => self.add_code(&code),
                }
            }
            "CompositeGraphicUnit" => {
                if let Some((id, outer)) = self.unit.take() {
                    self.units.insert(id, std::mem::replace(&mut self.pieces, outer));
                }
            }
            "Appearance" => self.base = (0.0, 0.0),
            _ => {}
        }
        self.element.clear();
    }

    fn add_code(&mut self, code: &str) {
        let TextObject { matrix, size, at, steps, .. } = &self.object;
        for part in split_parts(code, *at, *size, (&steps.0, &steps.1)) {
            let run = TextRun {
                x: part.at.0,
                y: part.at.1,
                width: part.length,
                size: *size,
                direction: if part.is_vertical { (0.0, 1.0) } else { UPRIGHT },
                text: part.text,
            };
            self.pieces.push(Piece::Text(transform_run(run, matrix)));
        }
    }
}

/// Adds the text of pieces, in points, with that of the composite units they use.
pub fn place_pieces(pieces: Vec<Piece>, units: &Units, out: &mut Vec<TextRun>) {
    let points = [POINTS_PER_MILLIMETRE, 0.0, 0.0, POINTS_PER_MILLIMETRE, 0.0, 0.0];
    let mut steps = 0;
    for piece in pieces {
        match piece {
            Piece::Text(run) => out.push(transform_run(run, &points)),
            Piece::Composite { .. } => place_nested(&[piece], units, &points, 0, &mut steps, out),
        }
    }
}

fn place_nested(
    pieces: &[Piece],
    units: &Units,
    matrix: &Matrix,
    depth: usize,
    steps: &mut usize,
    out: &mut Vec<TextRun>,
) {
    for piece in pieces {
        *steps += 1;
        if *steps > MAX_RUNS {
            return;
        }
        match piece {
            Piece::Text(run) => out.push(transform_run(run.clone(), matrix)),
            Piece::Composite { unit, matrix: own } if depth < MAX_NESTED => {
                if let Some(pieces) = units.get(unit) {
                    place_nested(pieces, units, &multiply(*own, *matrix), depth + 1, steps, out);
                }
            }
            Piece::Composite { .. } => {}
        }
    }
}

fn transform_run(run: TextRun, matrix: &Matrix) -> TextRun {
    let [a, b, c, d, e, f] = *matrix;
    let (right, down) = run.direction;
    let ahead = (a * right + c * down, b * right + d * down);
    let scale = ahead.0.hypot(ahead.1);
    let is_straight = ahead.1 == 0.0 && ahead.0 > 0.0 || !scale.is_normal();
    TextRun {
        x: a * run.x + c * run.y + e,
        y: b * run.x + d * run.y + f,
        width: run.width * scale,
        size: run.size * scale,
        direction: if is_straight { UPRIGHT } else { (ahead.0 / scale, ahead.1 / scale) },
        text: run.text,
    }
}
