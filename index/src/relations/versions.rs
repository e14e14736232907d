//! Versions of one document: the same title of the same organ, another date.

use super::facts::Facts;
use super::keyed::Slot;
use super::{Relations, place};
use crate::official::lineage;
use crate::record::Date;

/// Records of one title that are looked at; a title that more bear is nobody's.
const MOST: usize = 400;

impl Relations {
    /// All versions of a document, this one among them, in order of the day on which they
    /// begin; one record for each text. Only this one if there is no other.
    pub fn versions(&self, slot: Slot) -> Vec<Slot> {
        let own = self.canonical(slot);
        let Some(facts) = self.facts(slot).filter(|facts| facts.family != 0) else { return vec![own] };
        let mut found: Vec<Slot> = self
            .families
            .get(facts.family)
            .take(MOST)
            .filter(|other| self.same_line(slot, *other))
            .map(|other| self.canonical(other))
            .collect();
        found.push(own);
        found.sort_unstable();
        found.dedup();
        found.sort_by_key(|slot| (self.begins(*slot), *slot));
        found
    }

    /// The first day of a version, as far as any copy of it says.
    pub fn begins(&self, slot: Slot) -> Option<Date> {
        let copies = self.copies(slot).into_iter().filter_map(|slot| self.facts(slot)?.begins());
        self.facts(slot).and_then(Facts::begins).or_else(|| copies.min())
    }

    /// Whether two records of one title are of one line: issued for one place by the same
    /// organ, its predecessor or the organ it is part of.
    pub(super) fn same_line(&self, a: Slot, b: Slot) -> bool {
        let (Some(a), Some(b)) = (self.facts(a), self.facts(b)) else { return false };
        if !place::compatible(&a.place, &b.place) || a.place.is_empty() != b.place.is_empty() {
            return false;
        }
        let one = |x: &String, y: &String| {
            x == y
                || x.starts_with(y.as_str())
                || y.starts_with(x.as_str())
                || lineage::also_known_as(x).contains(y)
        };
        let shared = || a.issuers.iter().any(|x| b.issuers.iter().any(|y| one(x, y)));
        a.issuers.is_empty() || b.issuers.is_empty() || shared()
    }
}
