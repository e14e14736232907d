//! Looks for the likeliest text behind what was typed.
//!
//! A beam search over the characters: each may stand as typed, or be replaced
//! at a cost by one it is confused with. What the collection says decides.

use crate::lexicon::pinyin::readings;
use crate::lexicon::spelling::confusion::{ANOTHER, Confusions, SAME_SOUND};
use crate::lexicon::vocabulary::units::{END, Unit, is_han};
use crate::lexicon::vocabulary::{Axis, Characters, Entries, Span};

/// Paths followed at each character.
const BEAM: usize = 16;
/// Paths kept with the same last two characters.
const PER_STATE: usize = 2;
/// Replacements tried at one place.
const REPLACEMENTS: usize = 16;
/// Lengths of words that may be mistyped as a whole.
const WORDS: std::ops::RangeInclusive<usize> = 2..=3;
/// Words of the same sound tried at one place.
const WORDS_TRIED: usize = 6;

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
    /// The words of the collection.
    pub words: &'a Entries,
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
        // Nodes that end before each character.
        let mut ends: Vec<Vec<usize>> = vec![Vec::new(); self.typed.len() + 1];
        ends[0].push(0);
        for at in 0..self.typed.len() {
            let beam = self.best(&nodes, std::mem::take(&mut ends[at]));
            for (unit, cost) in self.choices(at, suspicious[at]) {
                ends[at + 1].extend(beam.iter().map(|from| self.extend(&mut nodes, *from, &[unit], cost)));
            }
            for length in
                WORDS.clone().filter(|l| suspicious.get(at..at + l).is_some_and(|s| !s.contains(&false)))
            {
                for (word, cost) in self.words(&self.typed[at..at + length]) {
                    let reached = beam.iter().map(|from| self.extend(&mut nodes, *from, word, cost));
                    ends[at + length].extend(reached);
                }
            }
        }
        let last = self.best(&nodes, ends.pop().unwrap_or_default());
        last.iter().map(|end| self.path(&nodes, *end)).collect()
    }

    /// Adds the characters after a node; the node they end in.
    fn extend(&self, nodes: &mut Vec<Node>, from: usize, units: &[Unit], cost: f32) -> usize {
        let mut parent = from;
        for unit in units {
            let Node { before, last, score, .. } = nodes[parent];
            let score = score + self.characters.log_probability(before, last, *unit);
            nodes.push(Node { before: last, last: *unit, score, parent });
            parent = nodes.len() - 1;
        }
        nodes[parent].score -= cost;
        parent
    }

    /// The best nodes, few of them with the same last two characters.
    fn best(&self, nodes: &[Node], mut ends: Vec<usize>) -> Vec<usize> {
        ends.sort_unstable_by(|a, b| nodes[*b].score.total_cmp(&nodes[*a].score));
        let mut kept: Vec<usize> = Vec::with_capacity(BEAM);
        for end in ends {
            let state = |n: usize| (nodes[n].before, nodes[n].last);
            if kept.iter().filter(|k| state(**k) == state(end)).count() < PER_STATE {
                kept.push(end);
            }
            if kept.len() == BEAM {
                break;
            }
        }
        kept
    }

    /// Words that sound like the typed characters taken together.
    fn words(&self, typed: &[Unit]) -> Vec<(&[Unit], f32)> {
        let read = readings::read(typed);
        let Some(mut spans) = read.into_iter().map(|r| r.map(|id| (id, id))).collect::<Option<Vec<Span>>>()
        else {
            return Vec::new();
        };
        spans.push((END, END));
        let range = self.words.range(Axis::Syllable, true, &spans);
        let cost = SAME_SOUND + ANOTHER * (typed.len() - 1) as f32;
        let found = self.words.places(Axis::Syllable, true, range).take(WORDS_TRIED);
        found.map(|place| (self.words.units_from(place), cost)).filter(|(word, _)| *word != typed).collect()
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
        // One neighbour at least is usually right; among those that suit neither,
        // only the frequent are worth a try.
        let suits = |(meant, cost): &(Unit, f32)| {
            let beside = self.characters.pair(before, *meant).max(self.characters.pair(*meant, after));
            (1.0 + beside).log2() * 2.0 + (1.0 + self.characters.single(*meant)).log2() * 0.5 - cost
        };
        let mut ranked: Vec<(f32, (Unit, f32))> =
            self.confusions.of(typed).iter().map(|c| (suits(c), *c)).collect();
        ranked.sort_unstable_by(|a, b| b.0.total_cmp(&a.0));
        choices.extend(ranked.into_iter().take(REPLACEMENTS).map(|(_, choice)| choice));
        choices
    }
}
