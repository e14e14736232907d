//! Copies of one text counted as one entry.
//!
//! An entry is there if one of its copies is, and it has every value that one of its
//! copies has: so the count of a value is what choosing it gives. Copies mostly agree in
//! all that is counted; the first one counts, and only those that differ from it are
//! looked at again at the end.

use crate::embedded::reader::derived_columns::ALONE;

/// What a match counts for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counted {
    /// A hash of its facet values, the same in all segments.
    pub values: u64,
    /// Where they are.
    pub segment: u32,
    /// Which they are.
    pub profile: u32,
    /// Its state.
    pub state: u8,
    /// Its year.
    pub year: u16,
    /// Whether its profile passes the filters; see the collector.
    pub verdict: u8,
    /// Whether its state and its year pass theirs.
    pub passes: (bool, bool),
}

impl Counted {
    fn like(&self, other: &Self) -> bool {
        let rest = |c: &Self| (c.values, c.state, c.year, c.verdict, c.passes);
        rest(self) == rest(other)
    }
}

/// The copies met in one search, by group.
pub struct Collapser {
    firsts: Vec<Option<Counted>>,
    leading: Vec<u32>,
    differing: Vec<(u32, Counted)>,
}

impl Collapser {
    /// For groups below a number; none, if copies are entries of their own.
    pub fn new(groups: usize) -> Self {
        Self { firsts: vec![None; groups], leading: vec![u32::MAX; groups], differing: Vec::new() }
    }

    /// Whether a match of this group is to be counted now.
    #[inline]
    pub fn is_new(&mut self, group: u32, counted: &Counted) -> bool {
        if group == ALONE || self.firsts.is_empty() {
            return true;
        }
        match &mut self.firsts[group as usize] {
            first @ None => {
                *first = Some(*counted);
                true
            }
            Some(first) => {
                if !first.like(counted) {
                    self.differing.push((group, *counted));
                }
                false
            }
        }
    }

    /// Notes a hit, so that of its group the one that leads is shown.
    #[inline]
    pub fn note(&mut self, group: u32, place: u32) {
        if group != ALONE && !self.leading.is_empty() {
            let leading = &mut self.leading[group as usize];
            *leading = (*leading).min(place);
        }
    }

    /// Whether a hit is the one that is shown of its group.
    #[inline]
    pub fn is_shown(&self, group: u32, place: u32) -> bool {
        group == ALONE || self.leading.is_empty() || self.leading[group as usize] == place
    }

    /// Groups whose copies count for different things, each with the first and the others.
    pub fn differing(&mut self) -> Vec<(Counted, Vec<Counted>)> {
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
