//! Copies of one text: found by the parts that their texts share, the copy nearest to the issuer
//! first.

use crate::record::days::day_number;
use crate::relations::facts::Facts;
use crate::relations::source::Relations;
use crate::relations::{place, sketch};
use crate::schema::doc_ref::{DocRef, KeyField};

/// Shortest text, in characters, that proves a copy by itself.
const MIN_PROOF_CHARS: u32 = 80;
/// Most documents read under one key: a key that many share proves little.
const MAX_SHARING_KEY: usize = 96;
/// Most documents whose texts a text is compared with.
const MAX_COMPARED: usize = 6;
/// Fewest bins of the sketches that must agree before texts are compared.
const MIN_AGREEING_BINS: usize = 7;

impl Relations<'_> {
    /// Lists records that may be copies, the likeliest first.
    pub(super) fn copy_candidates(&self, document: DocRef) -> Vec<DocRef> {
        let Some(facts) = self.facts(document) else { return Vec::new() };
        if facts.length == 0 {
            return Vec::new();
        }
        let mut found: Vec<DocRef> = Vec::new();
        found.extend(self.lookup_some(KeyField::Fingerprint, facts.fingerprint, MAX_SHARING_KEY));
        found.extend(self.lookup_some(KeyField::Fingerprint, facts.title_fingerprint, MAX_SHARING_KEY));
        found.extend(self.lookup_some(KeyField::Number, facts.number, MAX_SHARING_KEY));
        for band in sketch::bands(&facts.sketch) {
            found.extend(self.lookup_some(KeyField::Band, band, MAX_SHARING_KEY));
        }
        found.sort_unstable();
        found.dedup();
        let likeness = |other: DocRef| {
            let other = self.facts(other)?;
            let agreeing = match other.fingerprint == facts.fingerprint && other.length == facts.length {
                true => sketch::BINS + 1,
                false => sketch::count_agreeing_bins(&facts.sketch, &other.sketch),
            };
            (agreeing >= MIN_AGREEING_BINS && may_be_copies(&facts, &other)).then_some(agreeing)
        };
        let mut likely: Vec<(usize, DocRef)> = found
            .into_iter()
            .filter(|other| *other != document)
            .filter_map(|other| Some((likeness(other)?, other)))
            .collect();
        likely.sort_unstable_by_key(|(agreeing, document)| (usize::MAX - agreeing, *document));
        likely.into_iter().map(|(_, document)| document).take(MAX_COMPARED).collect()
    }

    /// Lists all copies of a text, this one included, the canonical first; empty if there is no
    /// other.
    pub fn copies(&self, document: DocRef) -> Vec<DocRef> {
        let group = self.derived(document).group;
        let mut members = self.lookup(KeyField::CopyGroup, u64::from(group));
        if group == 0 || members.len() < 2 {
            return Vec::new();
        }
        self.sort_canonical_first(&mut members);
        members
    }

    /// Returns the group of a record and its rank in it, 0 for the canonical copy; `None` if it
    /// has no copies.
    pub fn rank_in_group(&self, document: DocRef) -> Option<(u32, u32)> {
        let group = self.derived(document).group;
        let rank = self.copies(document).iter().position(|member| *member == document)?;
        Some((group, rank as u32))
    }

    /// Counts the other copies of a text.
    pub fn reprints(&self, document: DocRef) -> usize {
        let group = self.derived(document).group;
        self.lookup(KeyField::CopyGroup, u64::from(group)).len().saturating_sub(1)
    }

    /// Returns the canonical copy of a text.
    pub fn canonical(&self, document: DocRef) -> DocRef {
        self.copies(document).first().copied().unwrap_or(document)
    }

    /// Sorts copies: the nearest to the issuer first, then the one with the most facts, then the
    /// earliest.
    fn sort_canonical_first(&self, members: &mut [DocRef]) {
        members.sort_by_cached_key(|document| {
            let Some(facts) = self.facts(*document) else {
                return (u8::MAX, u8::MAX, i64::MAX, u32::MAX, String::new());
            };
            let stated_facts = u8::from(facts.number != 0)
                + u8::from(facts.stated.is_some())
                + u8::from(!facts.issuers.is_empty());
            let published = facts.dates[1].map_or(i64::MAX, |day| i64::from(day_number(day)));
            (facts.source_rank, u8::MAX - stated_facts, published, u32::MAX - facts.length, facts.id.clone())
        });
    }
}

/// Checks if the facts of two records allow that their texts are copies.
fn may_be_copies(a: &Facts, b: &Facts) -> bool {
    let both = |x: u64, y: u64| x != 0 && y != 0;
    let number = !both(a.number, b.number) || a.number == b.number;
    let figures = a.title_figures == b.title_figures || a.title_fingerprint == b.title_fingerprint;
    let effective = a.dates[2].zip(b.dates[2]).is_none_or(|(x, y)| x == y);
    let kind = (a.kind == crate::Kind::Interpretation) == (b.kind == crate::Kind::Interpretation);
    let alike = number && figures && effective && kind && place::are_compatible(&a.place, &b.place);
    if a.length.min(b.length) >= MIN_PROOF_CHARS {
        return alike;
    }
    // The text of a form or of a list without its rows is no proof: all other facts must agree.
    let issuer = a.issuers.iter().any(|issuer| b.issuers.contains(issuer));
    alike
        && a.fingerprint == b.fingerprint
        && a.title_fingerprint == b.title_fingerprint
        && issuer
        && a.number == b.number
        && (a.number != 0 || a.dates[1] == b.dates[1])
}
