//! Copies of one text: found by what their texts share, proven by laying them side by
//! side, led by the copy that is nearest to the issuer.

use crate::relations::alignment::Likeness;
use crate::relations::facts::Facts;
use crate::relations::key_index::Slot;
use crate::relations::{Relations, Texts, alignment, place, sketch};

/// Texts shorter than this, in characters, prove nothing by themselves.
const SHORT: u32 = 80;
/// Records looked at under one key: what many share tells little.
const MOST_SHARING: usize = 96;
/// Records a text is laid against.
const MOST_COMPARED: usize = 6;
/// Bins that must agree for it.
const LEAST_AGREEING: usize = 7;

/// A record of a group: its number in the list of all copies, and its group.
pub type Assigned = (u64, u32);

impl Relations {
    /// Finds the copies of the records at these places. What was found is kept for
    /// [`Relations::take_found`].
    pub fn regroup(&mut self, slots: &[Slot], texts: Texts<'_>) {
        let mut touched = Vec::new();
        for slot in slots {
            self.find_copies(*slot, texts, &mut touched);
        }
        touched.sort_unstable();
        touched.dedup();
        let of = |slot: &Slot| {
            let entry = self.entry(*slot)?;
            Some((crate::relations::facts::key(&entry.facts.id), entry.group))
        };
        let found: Vec<Assigned> = touched.iter().filter_map(of).collect();
        self.found.extend(found);
    }

    /// What was found since this was last asked, to be entered with [`Relations::assign`]
    /// where the texts are not at hand.
    pub fn take_found(&mut self) -> Vec<Assigned> {
        std::mem::take(&mut self.found)
    }

    /// Enters groups that were found before.
    pub fn assign(&mut self, groups: &[Assigned]) {
        for (id, group) in groups {
            if let Some(slot) = self.by_id.get(id).copied() {
                self.leave_group(slot);
                if *group != 0 {
                    self.join(slot, *group);
                }
            }
        }
    }

    fn find_copies(&mut self, slot: Slot, texts: Texts<'_>, touched: &mut Vec<Slot>) {
        let mut own: Option<Vec<char>> = None;
        let mut joined: Vec<u32> =
            self.entry(slot).map(|entry| entry.group).filter(|g| *g != 0).into_iter().collect();
        // A text cut short is a copy of each of two documents that differ at their ends: a record
        // is none of a group of which a copy was told from it.
        let mut told: Vec<u32> = Vec::new();
        for other in self.candidates(slot) {
            let Some((a, b)) = self.facts(slot).zip(self.facts(other)) else { continue };
            let group = self.entry(other).map_or(0, |entry| entry.group);
            if group != 0 && (joined.contains(&group) || told.contains(&group)) {
                continue;
            }
            let identical = a.fingerprint == b.fingerprint && a.length == b.length;
            if !identical {
                let mut content = |id: &str| sketch::content(&texts(id).unwrap_or_default());
                let (id, other_id) = (a.id.clone(), b.id.clone());
                let mine = own.get_or_insert_with(|| content(&id));
                match alignment::compare(mine, &content(&other_id)) {
                    Likeness::Copies => {}
                    Likeness::Told => {
                        told.push(group);
                        continue;
                    }
                    Likeness::Unlike => continue,
                }
                if self.entry(slot).is_some_and(|entry| entry.group != 0) && self.are_told(slot, other, texts)
                {
                    continue;
                }
            }
            let (into, moved) = self.unite(slot, other);
            touched.extend(moved);
            joined.push(into);
        }
    }

    /// Whether the texts that lead the copies of two records are of two documents.
    fn are_told(&self, a: Slot, b: Slot, texts: Texts<'_>) -> bool {
        let [first, second] = [a, b].map(|slot| self.canonical(slot));
        if (first, second) == (a, b) {
            return false;
        }
        let mut content = |slot: Slot| Some(sketch::content(&texts(&self.facts(slot)?.id)?));
        let (Some(first), Some(second)) = (content(first), content(second)) else { return false };
        alignment::compare(&first, &second) == Likeness::Told
    }

    /// Puts two records into one group; the group, and the records whose group changed.
    fn unite(&mut self, a: Slot, b: Slot) -> (u32, Vec<Slot>) {
        let group = |slot| self.entry(slot).map_or(0, |entry| entry.group);
        match (group(a), group(b)) {
            (0, 0) => {
                self.last_group += 1;
                let new = self.last_group;
                self.join(a, new);
                self.join(b, new);
                (new, vec![a, b])
            }
            (0, known) => {
                self.join(a, known);
                (known, vec![a])
            }
            (known, 0) => {
                self.join(b, known);
                (known, vec![b])
            }
            (into, from) => {
                let moved = self.groups.get(&from).cloned().unwrap_or_default();
                for slot in &moved {
                    self.leave_group(*slot);
                    self.join(*slot, into);
                }
                (into, moved)
            }
        }
    }

    fn join(&mut self, slot: Slot, group: u32) {
        if let Some(entry) = self.entries.get_mut(slot as usize).and_then(Option::as_mut) {
            entry.group = group;
            let members = self.groups.entry(group).or_default();
            members.push(slot);
            // A new member may lead, and so moves the others.
            self.dirty.extend(members.iter());
            self.last_group = self.last_group.max(group);
        }
    }

    pub(super) fn leave_group(&mut self, slot: Slot) {
        let Some(entry) = self.entries.get_mut(slot as usize).and_then(Option::as_mut) else { return };
        let group = std::mem::take(&mut entry.group);
        if let Some(members) = self.groups.get_mut(&group) {
            members.retain(|member| *member != slot);
            self.dirty.extend(members.iter());
            if members.is_empty() {
                self.groups.remove(&group);
            }
        }
    }

    /// Records that may be copies, the likeliest first.
    fn candidates(&self, slot: Slot) -> Vec<Slot> {
        let Some(facts) = self.facts(slot) else { return Vec::new() };
        if facts.length == 0 {
            return Vec::new();
        }
        let mut found: Vec<Slot> = Vec::new();
        found.extend(self.prints.get(facts.fingerprint).take(MOST_SHARING));
        found.extend(self.prints.get(facts.title_print).take(MOST_SHARING));
        found.extend(self.numbers.get(facts.number).take(MOST_SHARING));
        for band in sketch::bands(&facts.sketch) {
            found.extend(self.bands.get(band).take(MOST_SHARING));
        }
        found.sort_unstable();
        found.dedup();
        let likeness = |other: Slot| {
            let other = self.facts(other)?;
            let agreeing = match other.fingerprint == facts.fingerprint && other.length == facts.length {
                true => sketch::BINS + 1,
                false => sketch::agreeing(&facts.sketch, &other.sketch),
            };
            (agreeing >= LEAST_AGREEING && may_be_copies(facts, other)).then_some(agreeing)
        };
        let mut likely: Vec<(usize, Slot)> = found
            .into_iter()
            .filter(|other| *other != slot)
            .filter_map(|other| Some((likeness(other)?, other)))
            .collect();
        likely.sort_unstable_by_key(|(agreeing, slot)| (usize::MAX - agreeing, *slot));
        likely.into_iter().map(|(_, slot)| slot).take(MOST_COMPARED).collect()
    }

    /// All copies of a text, this one among them, the canonical first; empty if there is
    /// only this one.
    pub fn copies(&self, slot: Slot) -> Vec<Slot> {
        let group = self.entry(slot).map_or(0, |entry| entry.group);
        let mut members = self.groups.get(&group).cloned().unwrap_or_default();
        if group == 0 || members.len() < 2 {
            return Vec::new();
        }
        self.lead(&mut members);
        members
    }

    /// The group of a record and its place in it, the canonical copy having 0; `None` if
    /// there is no copy of it.
    pub fn place_in_group(&self, slot: Slot) -> Option<(u32, u32)> {
        let group = self.entry(slot)?.group;
        let at = self.copies(slot).iter().position(|member| *member == slot)?;
        Some((group, at as u32))
    }

    /// A number above those of all groups.
    pub fn groups_end(&self) -> u32 {
        self.last_group + 1
    }

    /// How many other copies of a text there are.
    pub fn reprints(&self, slot: Slot) -> usize {
        let group = self.entry(slot).map_or(0, |entry| entry.group);
        self.groups.get(&group).map_or(0, |members| members.len().saturating_sub(1))
    }

    /// The canonical copy of a text.
    pub fn canonical(&self, slot: Slot) -> Slot {
        self.copies(slot).first().copied().unwrap_or(slot)
    }

    /// All groups of copies, each with the canonical first.
    pub fn all_copies(&self) -> impl Iterator<Item = Vec<Slot>> {
        self.groups.values().filter(|members| members.len() > 1).map(|members| {
            let mut members = members.clone();
            self.lead(&mut members);
            members
        })
    }

    /// Nearest to the issuer, then the one that says most of itself, then the earliest.
    fn lead(&self, members: &mut [Slot]) {
        members.sort_by_cached_key(|slot| {
            let facts = self.facts(*slot);
            let known = facts.map_or(0, |f| {
                u8::from(f.number != 0) + u8::from(f.stated.is_some()) + u8::from(!f.issuers.is_empty())
            });
            let published = facts
                .and_then(|f| f.dates[1])
                .map_or(i64::MAX, |d| i64::from(crate::relations::validity_period::day_number(d)));
            let length = facts.map_or(0, |f| f.length);
            let id = facts.map(|f| f.id.clone()).unwrap_or_default();
            (facts.map_or(u8::MAX, |f| f.standing), u8::MAX - known, published, u32::MAX - length, id)
        });
    }
}

/// Whether what is said of two records allows that their texts are one.
fn may_be_copies(a: &Facts, b: &Facts) -> bool {
    let both = |x: u64, y: u64| x != 0 && y != 0;
    let number = !both(a.number, b.number) || a.number == b.number;
    let figures = a.title_figures == b.title_figures || a.title_print == b.title_print;
    let effective = a.dates[2].zip(b.dates[2]).is_none_or(|(x, y)| x == y);
    let kind = (a.kind == crate::Kind::Interpretation) == (b.kind == crate::Kind::Interpretation);
    let alike = number && figures && effective && kind && place::compatible(&a.place, &b.place);
    if a.length.min(b.length) >= SHORT {
        return alike;
    }
    // A form, a list without its rows: the text is no proof, all the rest must agree.
    let issuer = a.issuers.iter().any(|issuer| b.issuers.contains(issuer));
    alike
        && a.fingerprint == b.fingerprint
        && a.title_print == b.title_print
        && issuer
        && a.number == b.number
        && (a.number != 0 || a.dates[1] == b.dates[1])
}
