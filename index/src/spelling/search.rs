//! Looks for the likeliest text behind what was typed.
//!
//! A beam search over the characters: each may stand as typed, or be replaced
//! at a cost by one it is confused with. What the collection says decides.

use super::confusion::Confusions;
use crate::vocabulary::Characters;
use crate::vocabulary::units::{Unit, is_han};

/// Paths followed at each character.
const BEAM: usize = 20;
/// Paths kept with the same last two characters.
const PER_STATE: usize = 2;
/// Replacements tried at one place.
const REPLACEMENTS: usize = 20;

/// A text that may have been meant.
#[derive(Debug, Clone, PartialEq)]
pub struct Path {
    /// Its characters; as many as were typed.
    pub units: Vec<Unit>,
    /// Likelihood less the cost of the changes, in bits.
    pub score: f32,
}

struct Node {
    before: Unit,
    last: Unit,
    score: f32,
    parent: usize,
}

/// What is known while one text is looked at.
pub struct Search<'a> {
    /// How characters follow each other.
    pub characters: &'a Characters,
    /// What is confused with what.
    pub confusions: &'a Confusions,
    /// What was typed.
    pub typed: &'a [Unit],
}

impl Search<'_> {
    /// Whether each character stands in surroundings that the collection does not know.
    pub fn suspicious(&self) -> Vec<bool> {
        let mut suspicious = vec![false; self.typed.len()];
        let width = self.typed.len().min(3);
        for (at, window) in self.typed.windows(width.max(1)).enumerate() {
            if window.iter().all(|u| is_han(*u)) && self.characters.at_most(window) == 0.0 {
                suspicious[at..at + width].fill(true);
            }
        }
        suspicious
    }

    /// The likeliest texts, the best first; what was typed is among them.
    pub fn paths(&self, suspicious: &[bool]) -> Vec<Path> {
        let mut nodes = vec![Node { before: 0, last: 0, score: 0.0, parent: usize::MAX }];
        let mut beam = vec![0];
        for (at, suspect) in suspicious.iter().enumerate() {
            let choices = self.choices(at, *suspect);
            beam = self.step(&mut nodes, &beam, &choices);
        }
        beam.iter().map(|end| self.path(&nodes, *end)).collect()
    }

    fn step(&self, nodes: &mut Vec<Node>, beam: &[usize], choices: &[(Unit, f32)]) -> Vec<usize> {
        let mut next: Vec<Node> = Vec::with_capacity(beam.len() * choices.len());
        for &parent in beam {
            let Node { before, last, score, .. } = nodes[parent];
            next.extend(choices.iter().map(|(unit, cost)| Node {
                before: last,
                last: *unit,
                score: score + self.characters.log_probability(before, last, *unit) - cost,
                parent,
            }));
        }
        next.sort_unstable_by(|a, b| b.score.total_cmp(&a.score));
        let mut states: Vec<(Unit, Unit)> = Vec::with_capacity(BEAM);
        let mut kept = Vec::with_capacity(BEAM);
        for node in next {
            let state = (node.before, node.last);
            if states.iter().filter(|s| **s == state).count() >= PER_STATE {
                continue;
            }
            states.push(state);
            kept.push(nodes.len());
            nodes.push(node);
            if kept.len() == BEAM {
                break;
            }
        }
        kept
    }

    fn path(&self, nodes: &[Node], end: usize) -> Path {
        let mut units = Vec::with_capacity(self.typed.len());
        let mut at = end;
        while nodes[at].parent != usize::MAX {
            units.push(nodes[at].last);
            at = nodes[at].parent;
        }
        units.reverse();
        Path { units, score: nodes[end].score }
    }

    /// What may stand at a place: what was typed, and if that is suspicious what it is confused with.
    fn choices(&self, at: usize, suspect: bool) -> Vec<(Unit, f32)> {
        let typed = self.typed[at];
        let mut choices = vec![(typed, 0.0)];
        if !suspect {
            return choices;
        }
        let before = at.checked_sub(1).map_or(0, |b| self.typed[b]);
        let after = self.typed.get(at + 1).copied().unwrap_or(0);
        let mut found: Vec<(Unit, f32)> = Vec::new();
        self.confusions.of(typed, |meant, cost| found.push((meant, cost)));
        found.sort_unstable_by(|a, b| a.0.cmp(&b.0).then(a.1.total_cmp(&b.1)));
        found.dedup_by_key(|(meant, _)| *meant);
        // One neighbour at least is usually right; among those that suit neither,
        // only the frequent are worth a try.
        let suits = |(meant, cost): &(Unit, f32)| {
            let beside = self.characters.pair(before, *meant).max(self.characters.pair(*meant, after));
            (1.0 + beside).log2() * 2.0 + (1.0 + self.characters.single(*meant)).log2() * 0.5 - cost
        };
        let mut ranked: Vec<(f32, (Unit, f32))> = found.into_iter().map(|c| (suits(&c), c)).collect();
        ranked.sort_unstable_by(|a, b| b.0.total_cmp(&a.0));
        choices.extend(ranked.into_iter().take(REPLACEMENTS).map(|(_, choice)| choice));
        choices
    }
}
