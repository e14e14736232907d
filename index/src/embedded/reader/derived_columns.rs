//! What follows from other records, for each document of a segment: its copies and its
//! period. A segment never changes, this does; where nothing in a segment was touched, one
//! generation shares it with the next.

use std::sync::{Arc, Mutex};

use rustc_hash::FxHashSet;

use crate::embedded::reader::columns::{STATES, state_number};
use crate::record::Date;
use crate::record::days::day_number;
use crate::relations::fact_table::FactTable;
use crate::relations::validity_period::ValidityPeriod;

/// Of no group: the only one of its text.
pub const ALONE: u32 = 0;
/// Set in a state where the text is what applied on that day.
const APPLIES: u8 = 0x80;

/// What is known of the documents of one segment.
#[derive(Default)]
pub struct DerivedColumns {
    /// The copies each document belongs to.
    pub group: Vec<u32>,
    /// Its place among them, the canonical copy having 0.
    pub place: Vec<u32>,
    periods: Vec<ValidityPeriod>,
    states: Mutex<Option<(Date, Arc<[u8]>)>>,
}

impl DerivedColumns {
    /// For documents with these id hashes.
    pub fn new(ids: &[u64], facts: &FactTable) -> Self {
        let mut columns = Self {
            group: vec![ALONE; ids.len()],
            place: vec![0; ids.len()],
            periods: vec![ValidityPeriod::default(); ids.len()],
            states: Mutex::new(None),
        };
        ids.iter().enumerate().for_each(|(doc, id)| columns.set(doc, *id, facts));
        columns
    }

    /// The same with what was touched read anew.
    pub fn updated(self: &Arc<Self>, ids: &[u64], dirty: &FxHashSet<u64>, facts: &FactTable) -> Arc<Self> {
        let touched: Vec<usize> =
            ids.iter().enumerate().filter(|(_, id)| dirty.contains(id)).map(|(doc, _)| doc).collect();
        if touched.is_empty() {
            return self.clone();
        }
        let mut new = Self {
            group: self.group.clone(),
            place: self.place.clone(),
            periods: self.periods.clone(),
            states: Mutex::new(None),
        };
        touched.into_iter().for_each(|doc| new.set(doc, ids[doc], facts));
        Arc::new(new)
    }

    fn set(&mut self, doc: usize, id: u64, facts: &FactTable) {
        let relations = facts.relations();
        let Some(document) = relations.find_by_hash(id) else { return };
        (self.group[doc], self.place[doc]) = relations.rank_in_group(document).unwrap_or((ALONE, 0));
        self.periods[doc] = relations.validity_period(document);
    }

    /// The state of each document on a day, by number in [`STATES`], and whether its text
    /// is what applied; computed once a day.
    pub fn states(&self, day: Date) -> Arc<[u8]> {
        let mut held = self.states.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if let Some((known, states)) = &*held
            && *known == day
        {
            return states.clone();
        }
        let number = day_number(day);
        let of = |period: &ValidityPeriod| {
            state_number(period.state(number)) | if period.applies(number) { APPLIES } else { 0 }
        };
        let states: Arc<[u8]> = self.periods.iter().map(of).collect();
        *held = Some((day, states.clone()));
        states
    }
}

/// The place of a state in [`STATES`].
#[inline]
pub fn state_of(state: u8) -> usize {
    usize::from(state & !APPLIES) % STATES.len()
}

/// Whether the text is what applied.
#[inline]
pub fn applies(state: u8) -> bool {
    state & APPLIES != 0
}
