//! Columns derived from other records: the copies and the validity period of each document of a
//! segment. Segments never change, but these do; if no document of a segment was touched, one
//! generation shares its columns with the next.

use std::sync::{Arc, Mutex};

use rustc_hash::FxHashSet;

use crate::embedded::reader::columns::{STATES, state_number};
use crate::record::Date;
use crate::record::days::day_number;
use crate::relations::fact_table::FactTable;
use crate::relations::validity_period::ValidityPeriod;

/// Group of a document without copies.
pub const NO_GROUP: u32 = 0;
/// Bit that is set in a state if the text applied on that day.
const APPLIES_BIT: u8 = 0x80;

/// The derived columns of one segment.
#[derive(Default)]
pub struct DerivedColumns {
    /// Group of copies of each document.
    pub group: Vec<u32>,
    /// Rank of each document in its group; the canonical copy has 0.
    pub rank: Vec<u32>,
    periods: Vec<ValidityPeriod>,
    /// States on the day that was asked for last.
    states: Mutex<Option<(Date, Arc<[u8]>)>>,
}

impl DerivedColumns {
    /// Computes the columns of the documents with these id hashes.
    pub fn new(ids: &[u64], facts: &FactTable) -> Self {
        let mut columns = Self {
            group: vec![NO_GROUP; ids.len()],
            rank: vec![0; ids.len()],
            periods: vec![ValidityPeriod::default(); ids.len()],
            states: Mutex::new(None),
        };
        ids.iter().enumerate().for_each(|(doc, id)| columns.set(doc, *id, facts));
        columns
    }

    /// Computes the columns of touched documents again; returns the same columns if there are none.
    pub fn updated(self: &Arc<Self>, ids: &[u64], dirty: &FxHashSet<u64>, facts: &FactTable) -> Arc<Self> {
        let touched: Vec<usize> =
            ids.iter().enumerate().filter(|(_, id)| dirty.contains(id)).map(|(doc, _)| doc).collect();
        if touched.is_empty() {
            return self.clone();
        }
        let mut new = Self {
            group: self.group.clone(),
            rank: self.rank.clone(),
            periods: self.periods.clone(),
            states: Mutex::new(None),
        };
        touched.into_iter().for_each(|doc| new.set(doc, ids[doc], facts));
        Arc::new(new)
    }

    fn set(&mut self, doc: usize, id: u64, facts: &FactTable) {
        let relations = facts.relations();
        let Some(document) = relations.find_by_hash(id) else { return };
        (self.group[doc], self.rank[doc]) = relations.rank_in_group(document).unwrap_or((NO_GROUP, 0));
        self.periods[doc] = relations.validity_period(document);
    }

    /// Returns the state of each document on a day, for [`state_number_of`] and [`applies`]; computed
    /// once a day.
    pub fn states(&self, day: Date) -> Arc<[u8]> {
        let mut cached = self.states.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if let Some((cached_day, states)) = &*cached
            && *cached_day == day
        {
            return states.clone();
        }
        let number = day_number(day);
        let state = |period: &ValidityPeriod| {
            state_number(period.state(number)) | if period.applies(number) { APPLIES_BIT } else { 0 }
        };
        let states: Arc<[u8]> = self.periods.iter().map(state).collect();
        *cached = Some((day, states.clone()));
        states
    }
}

/// Returns the number in [`STATES`] of a document's state.
#[inline]
pub fn state_number_of(state: u8) -> usize {
    usize::from(state & !APPLIES_BIT) % STATES.len()
}

/// Returns whether the text of a document applied.
#[inline]
pub fn applies(state: u8) -> bool {
    state & APPLIES_BIT != 0
}
