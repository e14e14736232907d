//! Copies of one text: found by what their texts share, led by the copy that is nearest to
//! the issuer.

use crate::record::days::day_number;
use crate::relations::facts::Facts;
use crate::relations::source::Relations;
use crate::relations::{place, sketch};
use crate::schema::doc_ref::{DocRef, KeyField};

/// Texts shorter than this, in characters, prove nothing by themselves.
const MIN_PROOF_CHARS: u32 = 80;
/// Most documents looked at under one key: a key that many share tells little.
const MAX_SHARING_KEY: usize = 96;
/// Most documents whose texts a text is compared with.
const MAX_COMPARED: usize = 6;
/// Fewest bins of the sketches that must agree before texts are compared.
const MIN_AGREEING_BINS: usize = 7;

impl Relations<'_> {
    /// Records that may be copies, the likeliest first.
    pub(super) fn copy_candidates(&self, document: DocRef) -> Vec<DocRef> {
        let Some(facts) = self.facts(document) else { return Vec::new() };
        if facts.length == 0 {
            return Vec::new();
        }
        let mut found: Vec<DocRef> = Vec::new();
        found.extend(self.lookup_some(KeyField::Fingerprint, facts.fingerprint, MAX_SHARING_KEY));
        found.extend(self.lookup_some(KeyField::Fingerprint, facts.title_print, MAX_SHARING_KEY));
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
                false => sketch::agreeing(&facts.sketch, &other.sketch),
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

    /// All copies of a text, this one among them, the canonical first; empty if there is
    /// only this one.
    pub fn copies(&self, document: DocRef) -> Vec<DocRef> {
        let group = self.derived(document).group;
        let mut members = self.lookup(KeyField::CopyGroup, u64::from(group));
        if group == 0 || members.len() < 2 {
            return Vec::new();
        }
        self.lead(&mut members);
        members
    }

    /// The group of a record and its place in it, the canonical copy having 0; `None` if
    /// there is no copy of it.
    pub fn place_in_group(&self, document: DocRef) -> Option<(u32, u32)> {
        let group = self.derived(document).group;
        let at = self.copies(document).iter().position(|member| *member == document)?;
        Some((group, at as u32))
    }

    /// How many other copies of a text there are.
    pub fn reprints(&self, document: DocRef) -> usize {
        let group = self.derived(document).group;
        self.lookup(KeyField::CopyGroup, u64::from(group)).len().saturating_sub(1)
    }

    /// The canonical copy of a text.
    pub fn canonical(&self, document: DocRef) -> DocRef {
        self.copies(document).first().copied().unwrap_or(document)
    }

    /// Nearest to the issuer, then the one that says most of itself, then the earliest.
    fn lead(&self, members: &mut [DocRef]) {
        members.sort_by_cached_key(|document| {
            let Some(facts) = self.facts(*document) else {
                return (u8::MAX, u8::MAX, i64::MAX, u32::MAX, String::new());
            };
            let known = u8::from(facts.number != 0)
                + u8::from(facts.stated.is_some())
                + u8::from(!facts.issuers.is_empty());
            let published = facts.dates[1].map_or(i64::MAX, |day| i64::from(day_number(day)));
            (facts.source_rank, u8::MAX - known, published, u32::MAX - facts.length, facts.id.clone())
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
    if a.length.min(b.length) >= MIN_PROOF_CHARS {
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
