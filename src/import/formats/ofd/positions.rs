//! Positions of characters: `DeltaX` and `DeltaY` of a text code.

/// Gap between characters, in character widths, from which they are in two cells.
const CELL_GAP_WIDTHS: f32 = 1.6;
/// Limit of steps in one list.
const MAX_STEPS: usize = 20_000;

/// Part of a text code whose characters follow each other.
#[derive(Debug, PartialEq)]
pub struct Part {
    /// Position of the first character.
    pub at: (f32, f32),
    /// Length along the line.
    pub length: f32,
    /// Set if the characters stand below each other.
    pub is_vertical: bool,
    /// Characters of the part.
    pub text: String,
}

/// Parts a text code where a step leaves the line or jumps to another cell.
pub fn split_parts(text: &str, at: (f32, f32), size: f32, steps: (&[f32], &[f32])) -> Vec<Part> {
    let (across, down) = steps;
    if let Some(whole) = read_whole(text, at, size, steps) {
        return vec![whole];
    }
    let is_vertical = across.iter().all(|step| *step == 0.0) && down.iter().any(|step| *step > 0.0);
    let mut parts = Vec::new();
    let mut part = Part { at, length: 0.0, is_vertical, text: String::new() };
    let mut position = at;
    let mut chars = text.chars().enumerate().peekable();
    while let Some((i, c)) = chars.next() {
        let natural = natural_width(c, size);
        part.text.push(c);
        if chars.peek().is_none() {
            part.length += if is_vertical { size } else { natural };
            break;
        }
        let usual = if is_vertical { 0.0 } else { natural };
        let step = (across.get(i).copied().unwrap_or(usual), down.get(i).copied().unwrap_or(0.0));
        position = (position.0 + step.0, position.1 + step.1);
        let (along, aside, usual) =
            if is_vertical { (step.1, step.0, size) } else { (step.0, step.1, natural) };
        let parted =
            along > usual + size * CELL_GAP_WIDTHS || along < -size * 0.5 || aside.abs() > size * 0.5;
        if parted {
            part.length += usual;
            let next = Part { at: position, length: 0.0, is_vertical, text: String::new() };
            parts.push(std::mem::replace(&mut part, next));
        } else {
            part.length += along;
        }
    }
    parts.push(part);
    parts
}

/// Reads a text code whose steps are those of ordinary text: the usual case, without a look at each character.
fn read_whole(text: &str, at: (f32, f32), size: f32, (across, down): (&[f32], &[f32])) -> Option<Part> {
    let last = text.chars().next_back()?;
    let across = across.get(..text.chars().count() - 1)?;
    let usual = -size * 0.5..=size * (0.5 + CELL_GAP_WIDTHS);
    let ordinary = down.is_empty() && across.iter().all(|step| usual.contains(step));
    let length = across.iter().sum::<f32>() + natural_width(last, size);
    ordinary.then(|| Part { at, length, is_vertical: false, text: text.to_owned() })
}

fn natural_width(c: char, size: f32) -> f32 {
    if c.is_ascii() { size * 0.5 } else { size }
}

/// Reads a list of steps: numbers, and `g n step` for `n` times the same step.
pub fn read_steps(steps: &str) -> Vec<f32> {
    let mut out = Vec::new();
    let mut words = steps.split_ascii_whitespace();
    while let Some(word) = words.next() {
        if word == "g" {
            let count: usize = words.next().and_then(|n| n.parse().ok()).unwrap_or(0);
            let step = words.next().and_then(|n| n.parse::<f32>().ok()).unwrap_or(0.0);
            out.resize(out.len() + count.min(MAX_STEPS), step);
        } else {
            out.push(word.parse::<f32>().unwrap_or(0.0));
        }
        out.truncate(MAX_STEPS);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_that_jump_part_the_cells_of_a_row() {
        let parts = split_parts("项目金额", (0.0, 5.0), 5.0, (&read_steps("5 30 g 1 5"), &[]));
        let texts: Vec<_> = parts.iter().map(|part| (part.text.as_str(), part.at.0, part.length)).collect();
        assert_eq!(texts, [("项目", 0.0, 10.0), ("金额", 35.0, 10.0)]);
    }

    #[test]
    fn steps_downwards_make_a_vertical_line() {
        let parts = split_parts("公报", (0.0, 5.0), 5.0, (&[], &[6.0]));
        assert_eq!(
            parts,
            [Part { at: (0.0, 5.0), length: 11.0, is_vertical: true, text: "公报".to_owned() }]
        );
    }
}
