//! The collector: one pass over the matches for filters, exact total, all facets, and hits.
//!
//! A facet's counts ignore that facet's own filter. A match that fails no filter
//! counts everywhere; one that fails exactly one filter counts only in that facet;
//! one that fails two counts nowhere. Filters on the facets of a profile are
//! decided once a profile.

use crate::embedded::reader::columns::{Columns, FacetDictionary, PROFILE_FACETS, STATES};
use crate::embedded::reader::derived_columns::{applies, state_number_of};
use crate::embedded::reader::segments::{IndexSnapshot, Segment};
use crate::embedded::search::bits::Bits;
use crate::embedded::search::collapse::{Collapser, Counted};
use crate::query::plan::SearchPlan;
use crate::query::{Filter, MISSING};
use crate::record::Validity;
use crate::record::days::day_number;
use crate::schema::fields::Facet;

const FACETS: usize = PROFILE_FACETS.len();
/// Years 0 to 9999; 0 stands for records without the date.
const YEARS: usize = 10_000;

/// A filter with its values as numbers.
struct NumericFilter {
    any: Vec<u32>,
    not: Vec<u32>,
    /// Set if the filter requires a value, or the absence of one.
    is_restrictive: bool,
    missing: bool,
    not_missing: bool,
}

impl NumericFilter {
    fn new(filter: &Filter, number: impl Fn(&str) -> Option<u32>) -> Self {
        Self {
            any: filter.any.iter().filter_map(|value| number(value)).collect(),
            not: filter.not.iter().filter_map(|value| number(value)).collect(),
            is_restrictive: !filter.any.is_empty() || filter.missing,
            missing: filter.missing,
            not_missing: filter.not_missing,
        }
    }

    fn accepts(&self, values: &[u32]) -> bool {
        if values.is_empty() {
            return if self.is_restrictive { self.missing } else { !self.not_missing };
        }
        (!self.is_restrictive || values.iter().any(|v| self.any.contains(v)))
            && !values.iter().any(|v| self.not.contains(v))
    }
}

/// Counts and hits of a search over all segments.
pub struct Collector<'a> {
    plan: &'a SearchPlan,
    filters: [Option<NumericFilter>; FACETS],
    /// States, by number, that pass the validity filter.
    passing_states: [bool; STATES.len()],
    /// The year filter, if there is one.
    year_filter: Option<NumericFilter>,
    counts: [Vec<u64>; FACETS],
    missing: [u64; FACETS],
    state_counts: [u64; STATES.len()],
    year_counts: Vec<u64>,
    collapser: Collapser,
    /// Matches that pass all filters.
    pub total: u64,
    /// Matches before the filters.
    pub matched: u64,
}

/// Verdict on a profile that was not judged yet.
const UNDECIDED: u8 = u8::MAX;
/// Verdict on a profile that passes all filters.
const PASSES: u8 = 0;
/// Verdict on a profile that fails several filters.
const FAILS_SEVERAL: u8 = FACETS as u8 + 1;

impl<'a> Collector<'a> {
    /// Creates the collector of a search.
    pub fn new(plan: &'a SearchPlan, dictionary: &'a FacetDictionary, groups: u32) -> Self {
        let filter = |facet: Facet| plan.filters.get(&facet).filter(|filter| !filter.is_empty());
        let profile = |i: usize| {
            filter(PROFILE_FACETS[i])
                .map(|filter| NumericFilter::new(filter, |value| dictionary.number(i, value)))
        };
        let state = filter(Facet::Validity)
            .map(|filter| NumericFilter::new(&with_missing_as_unknown(filter), state_number_by_name));
        Self {
            plan,
            filters: std::array::from_fn(profile),
            passing_states: std::array::from_fn(|i| {
                state.as_ref().is_none_or(|filter| filter.accepts(&[i as u32]))
            }),
            year_filter: filter(Facet::Year)
                .map(|filter| NumericFilter::new(filter, |value| value.parse().ok())),
            counts: Default::default(),
            missing: [0; FACETS],
            state_counts: [0; STATES.len()],
            year_counts: vec![0; YEARS],
            collapser: Collapser::new(if plan.collapse { groups as usize } else { 0 }),
            total: 0,
            matched: 0,
        }
    }

    /// Counts the matches of a segment and reduces them to the hits, all copies included.
    pub fn collect_segment(&mut self, ordinal: usize, segment: &Segment, mut matches: Bits) -> Bits {
        let columns = &segment.columns;
        let dates = columns.dates(self.plan.date_field);
        let derived = &segment.derived;
        let states = derived.states(self.plan.day);
        let mut profiles = ProfileCounts::new(columns);
        let range = day_bounds(self.plan);
        let mut hits = Bits::empty(segment.len());
        if let Some(alive) = segment.reader.alive_bitset() {
            (0..segment.len()).filter(|doc| alive.is_deleted(*doc)).for_each(|doc| matches.remove(doc));
        }
        self.matched += u64::from(matches.count());
        for doc in matches.iter() {
            let day = dates[doc as usize];
            if !range.contains(&day) {
                continue;
            }
            let year = (day / 10_000) as usize;
            if self.plan.as_of && !applies(states[doc as usize]) {
                continue;
            }
            let state = state_number_of(states[doc as usize]);
            let profile = columns.profile[doc as usize];
            let verdict = profiles.verdict(profile, |p| self.judge(columns, p));
            let year_passes = self.year_passes(year);
            let failures = u8::from(!self.passing_states[state]) + u8::from(!year_passes);
            let group = derived.group[doc as usize];
            if (verdict, failures) == (PASSES, 0) {
                hits.insert(doc);
                self.collapser.note_hit(group, derived.rank[doc as usize]);
            }
            let counted = Counted {
                values_hash: columns.profiles.values_hash(profile),
                segment: ordinal as u32,
                profile,
                state: state as u8,
                year: year as u16,
                verdict,
                passes: (self.passing_states[state], year_passes),
            };
            if !self.collapser.is_new(group, &counted) {
                continue;
            }
            match (verdict, failures) {
                (PASSES, 0) => {
                    self.total += 1;
                    self.year_counts[year] += 1;
                    self.state_counts[state] += 1;
                    profiles.count_match(profile);
                }
                (PASSES, 1) if year_passes => self.state_counts[state] += 1,
                (PASSES, 1) => self.year_counts[year] += 1,
                (1..FAILS_SEVERAL, 0) => profiles.count_near_match(profile),
                _ => {}
            }
        }
        self.add_profiles(columns, &profiles);
        hits
    }

    /// Reduces the hits of a segment to those that are shown: one of the copies of a text.
    pub fn shown_hits(&self, segment: &Segment, mut hits: Bits) -> Bits {
        if self.plan.collapse {
            let derived = &segment.derived;
            let is_shown =
                |doc: u32| self.collapser.is_shown(derived.group[doc as usize], derived.rank[doc as usize]);
            let hidden: Vec<u32> = hits.iter().filter(|doc| !is_shown(*doc)).collect();
            hidden.into_iter().for_each(|doc| hits.remove(doc));
        }
        hits
    }

    /// Adds the values that copies count for beside the first of them; called after all segments.
    pub fn finish(&mut self, segments: &[Segment]) {
        for (first, others) in self.collapser.take_differing() {
            let mut counted = self.contributions(segments, &first);
            for other in others {
                for value in self.contributions(segments, &other) {
                    if !counted.contains(&value) {
                        self.add_contribution(value);
                        counted.push(value);
                    }
                }
            }
        }
    }

    /// Returns everything that a match counts for.
    fn contributions(&self, segments: &[Segment], counted: &Counted) -> Vec<FacetContribution> {
        let profiles = &segments[counted.segment as usize].columns.profiles;
        let (state, year) = (usize::from(counted.state), usize::from(counted.year));
        let values = |facet: usize| {
            let values = profiles.values(counted.profile, facet);
            let missing = values.is_empty().then_some(FacetContribution::Missing(facet));
            missing.into_iter().chain(values.iter().map(move |value| FacetContribution::Value(facet, *value)))
        };
        match (counted.verdict, counted.passes) {
            (PASSES, (true, true)) => {
                let entry = [
                    FacetContribution::Entry,
                    FacetContribution::State(state),
                    FacetContribution::Year(year),
                ];
                entry.into_iter().chain((0..FACETS).flat_map(values)).collect()
            }
            (PASSES, (false, true)) => vec![FacetContribution::State(state)],
            (PASSES, (true, false)) => vec![FacetContribution::Year(year)],
            (1..FAILS_SEVERAL, (true, true)) => values(usize::from(counted.verdict) - 1).collect(),
            _ => Vec::new(),
        }
    }

    fn add_contribution(&mut self, contribution: FacetContribution) {
        match contribution {
            FacetContribution::Entry => self.total += 1,
            FacetContribution::State(state) => self.state_counts[state] += 1,
            FacetContribution::Year(year) => self.year_counts[year] += 1,
            FacetContribution::Missing(facet) => self.missing[facet] += 1,
            FacetContribution::Value(facet, value) => add_count(&mut self.counts[facet], value, 1),
        }
    }

    fn year_passes(&self, year: usize) -> bool {
        let values = [year as u32];
        self.year_filter.as_ref().is_none_or(|filter| filter.accepts(if year == 0 { &[] } else { &values }))
    }

    /// Judges a profile: 0 if it passes, n if only facet n - 1 fails, more if several do.
    fn judge(&self, columns: &Columns, profile: u32) -> u8 {
        let mut verdict = PASSES;
        for (i, filter) in self.filters.iter().enumerate() {
            let Some(filter) = filter else { continue };
            if !filter.accepts(columns.profiles.values(profile, i)) {
                verdict = if verdict == PASSES { i as u8 + 1 } else { FAILS_SEVERAL };
            }
        }
        verdict
    }

    /// Adds the counts of the profiles of a segment to those of values.
    fn add_profiles(&mut self, columns: &Columns, profiles: &ProfileCounts) {
        for (profile, count, verdict) in profiles.counted() {
            let facets = if verdict == PASSES { 0..FACETS } else { verdict as usize - 1..verdict as usize };
            for facet in facets {
                let values = columns.profiles.values(profile, facet);
                if values.is_empty() {
                    self.missing[facet] += count;
                }
                for value in values {
                    add_count(&mut self.counts[facet], *value, count);
                }
            }
        }
    }

    /// Returns the counts of the facets asked for: every value that occurs, in no order.
    pub fn facets(&self, snapshot: &IndexSnapshot) -> Vec<(Facet, Vec<(String, u64)>)> {
        self.plan.facets.iter().map(|facet| (*facet, self.facet(*facet, snapshot))).collect()
    }

    fn facet(&self, facet: Facet, snapshot: &IndexSnapshot) -> Vec<(String, u64)> {
        let mut values = match facet {
            Facet::Year => self.year_values(),
            Facet::Validity => STATES
                .iter()
                .zip(self.state_counts)
                .map(|(state, count)| (state.name().to_owned(), count))
                .collect(),
            _ => self.profile_values(facet, snapshot),
        };
        values.retain(|(_, count)| *count > 0);
        values
    }

    fn profile_values(&self, facet: Facet, snapshot: &IndexSnapshot) -> Vec<(String, u64)> {
        let Some(i) = PROFILE_FACETS.iter().position(|f| *f == facet) else { return Vec::new() };
        let names = snapshot.value_names(i);
        let counted = self.counts[i].iter().enumerate().filter(|(_, count)| **count > 0);
        let mut values: Vec<_> = counted.map(|(number, count)| (names[number].to_string(), *count)).collect();
        values.push((MISSING.to_owned(), self.missing[i]));
        values
    }

    fn year_values(&self) -> Vec<(String, u64)> {
        let counted = self.year_counts.iter().enumerate().filter(|(_, count)| **count > 0);
        let name = |year: usize| if year == 0 { MISSING.to_owned() } else { year.to_string() };
        counted.map(|(year, count)| (name(year), *count)).collect()
    }
}

/// A count that a match adds to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum FacetContribution {
    Entry,
    State(usize),
    Year(usize),
    Missing(usize),
    Value(usize, u32),
}

fn add_count(counts: &mut Vec<u64>, value: u32, number: u64) {
    if counts.len() <= value as usize {
        counts.resize(value as usize + 1, 0);
    }
    counts[value as usize] += number;
}

fn state_number_by_name(name: &str) -> Option<u32> {
    STATES.iter().position(|state| state.name() == name).map(|at| at as u32)
}

/// Replaces the missing value in a filter on validity by the state unknown: every record has a state.
fn with_missing_as_unknown(filter: &Filter) -> Filter {
    let unknown = |wanted: bool| wanted.then(|| Validity::Unknown.name().to_owned());
    Filter {
        any: filter.any.iter().cloned().chain(unknown(filter.missing)).collect(),
        not: filter.not.iter().cloned().chain(unknown(filter.not_missing)).collect(),
        missing: false,
        not_missing: false,
    }
}

/// Returns the range of days of a plan, as numbers; 0, no date, is in it only without bounds.
fn day_bounds(plan: &SearchPlan) -> std::ops::RangeInclusive<u32> {
    match (plan.range.from, plan.range.to) {
        (None, None) => 0..=u32::MAX,
        (from, to) => from.map_or(1, day_number)..=to.map_or(u32::MAX, day_number),
    }
}

/// Verdicts and counts by profile for one segment.
struct ProfileCounts {
    verdicts: Vec<u8>,
    counts: Vec<u32>,
    touched: Vec<u32>,
}

impl ProfileCounts {
    fn new(columns: &Columns) -> Self {
        let len = columns.profiles.len();
        Self { verdicts: vec![UNDECIDED; len], counts: vec![0; len], touched: Vec::new() }
    }

    #[inline]
    fn verdict(&mut self, profile: u32, judge: impl Fn(u32) -> u8) -> u8 {
        let verdict = &mut self.verdicts[profile as usize];
        if *verdict == UNDECIDED {
            *verdict = judge(profile);
        }
        *verdict
    }

    #[inline]
    fn count_match(&mut self, profile: u32) {
        let count = &mut self.counts[profile as usize];
        if *count == 0 {
            self.touched.push(profile);
        }
        *count += 1;
    }

    /// Counts a match that fails one filter. A profile passes or fails as a whole, so one counter serves
    /// both.
    #[inline]
    fn count_near_match(&mut self, profile: u32) {
        self.count_match(profile);
    }

    /// Iterates over the profiles that were counted, with their counts and verdicts.
    fn counted(&self) -> impl Iterator<Item = (u32, u64, u8)> {
        self.touched.iter().map(|p| (*p, u64::from(self.counts[*p as usize]), self.verdicts[*p as usize]))
    }
}
