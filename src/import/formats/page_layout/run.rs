//! Text runs: strings with positions, as PDF and OFD files record them.

use crate::import::removed::RemovedLine;

/// Direction of upright text.
pub const UPRIGHT: (f32, f32) = (1.0, 0.0);

/// Text run: a string set on one line.
#[derive(Debug, Clone, PartialEq)]
pub struct TextRun {
    /// Left edge.
    pub x: f32,
    /// Base line, growing downwards.
    pub y: f32,
    /// Width of the run.
    pub width: f32,
    /// Height of its characters, in points.
    pub size: f32,
    /// Direction of the base line: a vector of length 1.
    pub direction: (f32, f32),
    /// Words of the run.
    pub text: String,
}

/// Text runs of one page, in drawing order.
#[derive(Debug, Default)]
pub struct TextPage {
    /// Runs of the page.
    pub runs: Vec<TextRun>,
    /// Share of the page that pictures cover.
    pub picture_share: f32,
    /// Text that the reader of the file took away.
    pub removed: Vec<RemovedLine>,
}

impl TextRun {
    /// Number of quarter turns of the direction, clockwise, and the degrees that it deviates from them.
    pub fn quarter_turns(&self) -> (u8, f32) {
        let (x, y) = self.direction;
        if y == 0.0 && x > 0.0 {
            return (0, 0.0);
        }
        let degrees = y.atan2(x).to_degrees();
        let turns = (degrees / 90.0).round();
        (turns.rem_euclid(4.0) as u8, degrees - turns * 90.0)
    }

    /// Checks that the numbers of the run are usable and that it has words.
    pub fn is_drawn(&self) -> bool {
        let finite = self.x.is_finite() && self.y.is_finite() && self.width.is_finite();
        finite && self.size.is_finite() && !self.text.trim().is_empty()
    }
}
