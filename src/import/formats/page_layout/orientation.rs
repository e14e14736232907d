//! Orientation of pages: turns text upright and takes away what stands at an angle.

use crate::import::formats::page_layout::run::{TextRun, UPRIGHT};

/// Deviation from a quarter turn, in degrees, up to which text belongs to the page. Scans that
/// were read by a machine are askew by a few degrees.
pub const MAX_SKEW_DEGREES: f32 = 7.0;

/// Runs of one page by orientation.
#[derive(Debug, Default)]
pub struct OrientedRuns {
    /// Runs in the direction of most characters.
    pub text: Vec<TextRun>,
    /// Runs that are turned by a quarter or half against it, a group for each direction.
    pub asides: Vec<Vec<TextRun>>,
    /// Runs at an angle: watermarks and the words round a seal.
    pub oblique: Vec<TextRun>,
}

impl OrientedRuns {
    /// Groups the runs of a page; all groups but the oblique runs are turned upright.
    pub fn group(runs: Vec<TextRun>) -> Self {
        if runs.iter().all(|run| run.direction == UPRIGHT) {
            return Self { text: runs, ..Self::default() };
        }
        let turns: Vec<(u8, f32)> = runs.iter().map(TextRun::quarter_turns).collect();
        let oblique: Vec<bool> = (0..runs.len()).map(|i| is_oblique(&runs, &turns, i)).collect();
        let mut groups: [Vec<TextRun>; 4] = Default::default();
        let mut out = Self::default();
        for ((run, (turns, _)), oblique) in runs.into_iter().zip(&turns).zip(oblique) {
            if oblique {
                out.oblique.push(run);
            } else {
                groups[usize::from(*turns)].push(turn_back(run, *turns));
            }
        }
        let length = |group: &Vec<TextRun>| group.iter().map(|run| run.text.len()).sum::<usize>();
        // Of equal groups the one that is turned least is the text.
        if let Some(most) = (0..4).rev().max_by_key(|i| length(&groups[*i])) {
            out.text = std::mem::take(&mut groups[most]);
        }
        out.asides = groups.into_iter().filter(|group| !group.is_empty()).collect();
        out
    }
}

/// Recognises text at an angle, and letters on an arc: each is turned against both neighbours, so
/// one of them may happen to stand upright.
fn is_oblique(runs: &[TextRun], turns: &[(u8, f32)], at: usize) -> bool {
    if turns[at].1.abs() > MAX_SKEW_DEGREES {
        return true;
    }
    let is_letter = |run: &TextRun| run.text.chars().count() == 1;
    let angle = |i: usize| f32::from(turns[i].0) * 90.0 + turns[i].1;
    let turned_against = |other: usize| {
        let difference = (angle(at) - angle(other)).rem_euclid(360.0);
        let same_size = (runs[at].size - runs[other].size).abs() < runs[at].size * 0.2;
        is_letter(&runs[other]) && same_size && (3.0..=357.0).contains(&difference)
    };
    is_letter(&runs[at]) && at > 0 && at + 1 < runs.len() && turned_against(at - 1) && turned_against(at + 1)
}

/// Turns a run so that its base line runs from left to right.
fn turn_back(run: TextRun, turns: u8) -> TextRun {
    let (x, y) = match turns {
        1 => (run.y, -run.x),
        2 => (-run.x, -run.y),
        3 => (-run.y, run.x),
        _ => (run.x, run.y),
    };
    TextRun { x, y, direction: UPRIGHT, ..run }
}
