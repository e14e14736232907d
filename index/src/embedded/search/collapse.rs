//! Collapsing: copies of one text are counted as one entry.
//!
//! An entry matches if one of its copies does, and it has every value that one of its copies has: so
//! the count of a value is the number of entries that a filter on it gives. Copies mostly agree in
//! all that is counted; the first one counts, and only those that differ from it are compared again
//! at the end.

use crate::embedded::reader::derived_columns::NO_GROUP;

/// The values that a match counts for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counted {
    /// Hash of its profile's values, the same in all segments.
    pub values_hash: u64,
    /// Segment of the match.
    pub segment: u32,
    /// Number of its profile in the segment.
    pub profile: u32,
    /// Number of its validity state.
    pub state: u8,
    /// Year of its date; 0 for none.
    pub year: u16,
    /// Outcome of the filters for its profile; see the collector.
    pub verdict: u8,
    /// Outcome of the filters for its state and its year.
    pub passes: (bool, bool),
}

impl Counted {
    /// Checks if another match counts for the same values.
    fn counts_like(&self, other: &Self) -> bool {
        let counted = |c: &Self| (c.values_hash, c.state, c.year, c.verdict, c.passes);
        counted(self) == counted(other)
    }
}

/// The copies found in one search, by group.
pub struct Collapser {
    firsts: Vec<Option<Counted>>,
    leading: Vec<u32>,
    differing: Vec<(u32, Counted)>,
}

impl Collapser {
    /// Creates a collapser of so many groups; 0 if copies are entries of their own.
    pub fn new(groups: usize) -> Self {
        Self { firsts: vec![None; groups], leading: vec![u32::MAX; groups], differing: Vec::new() }
    }

    /// Returns whether a match of this group is to be counted now.
    #[inline]
    pub fn is_new(&mut self, group: u32, counted: &Counted) -> bool {
        if group == NO_GROUP || self.firsts.is_empty() {
            return true;
        }
        match &mut self.firsts[group as usize] {
            first @ None => {
                *first = Some(*counted);
                true
            }
            Some(first) => {
                if !first.counts_like(counted) {
                    self.differing.push((group, *counted));
                }
                false
            }
        }
    }

    /// Notes a hit, so that the hit of the best rank in its group is shown.
    #[inline]
    pub fn note_hit(&mut self, group: u32, rank: u32) {
        if group != NO_GROUP && !self.leading.is_empty() {
            let leading = &mut self.leading[group as usize];
            *leading = (*leading).min(rank);
        }
    }

    /// Returns whether a hit is the one that is shown of its group.
    #[inline]
    pub fn is_shown(&self, group: u32, rank: u32) -> bool {
        group == NO_GROUP || self.leading.is_empty() || self.leading[group as usize] == rank
    }

    /// Takes the groups whose copies count for different values, each with its first copy and the others.
    pub fn take_differing(&mut self) -> Vec<(Counted, Vec<Counted>)> {
        let mut differing = std::mem::take(&mut self.differing);
        differing.sort_by_key(|(group, _)| *group);
        let groups = differing.chunk_by(|(a, _), (b, _)| a == b);
        let with_first = |group: &[(u32, Counted)]| {
            let first = self.firsts[group.first()?.0 as usize]?;
            Some((first, group.iter().map(|(_, counted)| *counted).collect()))
        };
        groups.filter_map(with_first).collect()
    }
}
