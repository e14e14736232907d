//! Search for the most likely text behind the typed one.
//!
//! A beam search over the characters: each may stay as typed, or be replaced
//! at a cost by one it is confused with. The texts of the collection decide.

use crate::lexicon::pinyin::readings;
use crate::lexicon::spelling::confusion::{Confusions, FURTHER_CHARACTER_COST, SAME_SOUND_COST};
use crate::lexicon::vocabulary::units::{END, Unit, is_han};
use crate::lexicon::vocabulary::{Axis, Characters, Entries, Span};

/// Most paths followed at each character.
const BEAM_WIDTH: usize = 16;
/// Most paths kept with the same last two characters.
const MAX_PATHS_PER_STATE: usize = 2;
/// Most replacements tried for one character.
const MAX_REPLACEMENTS: usize = 16;
/// Lengths of words that may be mistyped as a whole.
const WORD_LENGTHS: std::ops::RangeInclusive<usize> = 2..=3;
/// Most words of the same sound tried at one position.
const MAX_WORDS: usize = 6;

/// A text that may have been meant.
#[derive(Debug, Clone, PartialEq)]
pub struct Path {
    /// Units; as many as were typed.
    pub units: Vec<Unit>,
    /// Score: the likelihood less the cost of the changes, in bits.
    pub score: f32,
}

struct Node {
    before: Unit,
    last: Unit,
    score: f32,
    parent: usize,
}

/// Beam search over one typed text.
pub struct BeamSearch<'a> {
    /// Counts of characters that follow each other.
    pub characters: &'a Characters,
    /// Words of the collection.
    pub words: &'a Entries,
    /// Characters that are confused with each other.
    pub confusions: &'a Confusions,
    /// Text as typed.
    pub typed: &'a [Unit],
}

impl BeamSearch<'_> {
    /// True for each character in a context that the collection does not have.
    pub fn suspicious_characters(&self) -> Vec<bool> {
        let mut suspicious = vec![false; self.typed.len()];
        let width = self.typed.len().min(3);
        for (i, window) in self.typed.windows(width.max(1)).enumerate() {
            if window.iter().all(|u| is_han(*u)) && self.characters.count_limit(window) == 0.0 {
                suspicious[i..i + width].fill(true);
            }
        }
        suspicious
    }

    /// Most likely texts, the best first; the typed text is among them.
    pub fn best_paths(&self, suspicious: &[bool]) -> Vec<Path> {
        let mut nodes = vec![Node { before: 0, last: 0, score: 0.0, parent: usize::MAX }];
        // Nodes that end before each character.
        let mut ends: Vec<Vec<usize>> = vec![Vec::new(); self.typed.len() + 1];
        ends[0].push(0);
        for i in 0..self.typed.len() {
            let beam = self.prune(&nodes, std::mem::take(&mut ends[i]));
            for (unit, cost) in self.choices(i, suspicious[i]) {
                ends[i + 1].extend(beam.iter().map(|from| self.extend(&mut nodes, *from, &[unit], cost)));
            }
            for length in
                WORD_LENGTHS.clone().filter(|l| suspicious.get(i..i + l).is_some_and(|s| !s.contains(&false)))
            {
                for (word, cost) in self.homophone_words(&self.typed[i..i + length]) {
                    let reached = beam.iter().map(|from| self.extend(&mut nodes, *from, word, cost));
                    ends[i + length].extend(reached);
                }
            }
        }
        let last = self.prune(&nodes, ends.pop().unwrap_or_default());
        last.iter().map(|end| self.trace_path(&nodes, *end)).collect()
    }

    /// Adds characters after a node; returns the last new node.
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

    /// Keeps the best nodes, few of them with the same last two characters.
    fn prune(&self, nodes: &[Node], mut ends: Vec<usize>) -> Vec<usize> {
        ends.sort_unstable_by(|a, b| nodes[*b].score.total_cmp(&nodes[*a].score));
        let mut kept: Vec<usize> = Vec::with_capacity(BEAM_WIDTH);
        for end in ends {
            let state = |n: usize| (nodes[n].before, nodes[n].last);
            if kept.iter().filter(|k| state(**k) == state(end)).count() < MAX_PATHS_PER_STATE {
                kept.push(end);
            }
            if kept.len() == BEAM_WIDTH {
                break;
            }
        }
        kept
    }

    /// Words that sound like the typed characters taken together.
    fn homophone_words(&self, typed: &[Unit]) -> Vec<(&[Unit], f32)> {
        let read = readings::readings_in_context(typed);
        let Some(mut spans) = read.into_iter().map(|r| r.map(|id| (id, id))).collect::<Option<Vec<Span>>>()
        else {
            return Vec::new();
        };
        spans.push((END, END));
        let range = self.words.range(Axis::Syllable, true, &spans);
        let cost = SAME_SOUND_COST + FURTHER_CHARACTER_COST * (typed.len() - 1) as f32;
        let found = self.words.positions(Axis::Syllable, true, range).take(MAX_WORDS);
        found
            .map(|position| (self.words.units_from(position), cost))
            .filter(|(word, _)| *word != typed)
            .collect()
    }

    fn trace_path(&self, nodes: &[Node], end: usize) -> Path {
        let mut units = Vec::with_capacity(self.typed.len());
        let mut i = end;
        while nodes[i].parent != usize::MAX {
            units.push(nodes[i].last);
            i = nodes[i].parent;
        }
        units.reverse();
        Path { units, score: nodes[end].score }
    }

    /// Choices for the character at index `i`: the typed one, and if it is suspicious those it is
    /// confused with.
    fn choices(&self, i: usize, suspect: bool) -> Vec<(Unit, f32)> {
        let typed = self.typed[i];
        let mut choices = vec![(typed, 0.0)];
        if !suspect {
            return choices;
        }
        let before = i.checked_sub(1).map_or(0, |b| self.typed[b]);
        let after = self.typed.get(i + 1).copied().unwrap_or(0);
        // At least one neighbour is usually right; among characters that suit neither,
        // only the frequent ones are worth trying.
        let suits = |(meant, cost): &(Unit, f32)| {
            let beside = self.characters.pair(before, *meant).max(self.characters.pair(*meant, after));
            (1.0 + beside).log2() * 2.0 + (1.0 + self.characters.single(*meant)).log2() * 0.5 - cost
        };
        let mut ranked: Vec<(f32, (Unit, f32))> =
            self.confusions.candidates(typed).iter().map(|c| (suits(c), *c)).collect();
        ranked.sort_unstable_by(|a, b| b.0.total_cmp(&a.0));
        choices.extend(ranked.into_iter().take(MAX_REPLACEMENTS).map(|(_, choice)| choice));
        choices
    }
}
