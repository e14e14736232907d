//! How many records match over time, against how many there are.

use std::collections::BTreeMap;

use crate::analysis::Analyzer;
use crate::backend::Budget;
use crate::embedded::reader::columns::{PROFILE_FACETS, STATES};
use crate::embedded::reader::derived_columns::state_of;
use crate::embedded::reader::segments::{Segment, Snapshot};
use crate::embedded::search::collect::Collector;
use crate::embedded::search::matching::{Matcher, Plan};
use crate::error::Result;
use crate::query::{Clause, MISSING, Query};
use crate::results::{Interval, Trend, TrendQuery, TrendStep};
use crate::schema::fields::Facet;

/// Most values that a trend is split by; the rarer ones are left out.
const MOST_VALUES: usize = 20;

/// The counts of one step, by value of the splitting facet.
#[derive(Default)]
struct Counts {
    all: u64,
    values: BTreeMap<u32, u64>,
}

type Steps = BTreeMap<u32, Counts>;

/// Counts the matches of a query over time.
pub fn run(
    snapshot: &Snapshot,
    query: &Query,
    asked: &TrendQuery,
    analyzer: &Analyzer,
    budget: &Budget,
) -> Result<Trend> {
    let counting = Counting { snapshot, asked, analyzer, budget };
    let matching = counting.steps(query)?;
    let mut all = query.clone();
    all.understanding.matching = Clause::All;
    let everything = counting.steps(&all)?;
    let total = matching.values().map(|counts| counts.all).sum();
    let undated = matching.get(&0).map_or(0, |counts| counts.all);
    let names = counting.names(&matching);
    let step = |at: u32| {
        let counts = matching.get(&at);
        let value = |(number, name): &(u32, String)| {
            (name.clone(), counts.and_then(|c| c.values.get(number)).copied().unwrap_or(0))
        };
        TrendStep {
            at,
            count: counts.map_or(0, |counts| counts.all),
            of: everything.get(&at).map_or(0, |counts| counts.all),
            values: names.iter().map(value).collect(),
        }
    };
    let dated: Vec<u32> = matching.keys().copied().filter(|at| *at != 0).collect();
    let steps = dated.first().zip(dated.last()).map(|(first, last)| between(*first, *last, asked.interval));
    let steps = steps.unwrap_or_default().into_iter().map(step).collect();
    Ok(Trend { generation: snapshot.generation, total, undated, steps })
}

struct Counting<'a> {
    snapshot: &'a Snapshot,
    asked: &'a TrendQuery,
    analyzer: &'a Analyzer,
    budget: &'a Budget,
}

impl Counting<'_> {
    fn steps(&self, query: &Query) -> Result<Steps> {
        let plan = Plan::new(&query.understanding.matching, self.analyzer, self.snapshot)?;
        let mut collector = Collector::new(query, &self.snapshot.dictionary, self.snapshot.groups);
        let mut steps = Steps::new();
        let mut hits = Vec::new();
        for (ordinal, segment) in self.snapshot.segments.iter().enumerate() {
            let matches = Matcher { segment, budget: self.budget }.run(&plan)?;
            hits.push(collector.segment(ordinal, segment, matches));
        }
        for (segment, hits) in self.snapshot.segments.iter().zip(hits) {
            self.add(query, segment, collector.shown(segment, hits).iter(), &mut steps);
        }
        Ok(steps)
    }

    fn add(&self, query: &Query, segment: &Segment, hits: impl Iterator<Item = u32>, steps: &mut Steps) {
        let dates = segment.columns.dates(query.date_field);
        let states = segment.overlay.states(query.today);
        let facet = self.asked.split.and_then(|split| PROFILE_FACETS.iter().position(|f| *f == split));
        for doc in hits {
            let day = dates[doc as usize];
            let counts = steps.entry(self.step_of(day)).or_default();
            counts.all += 1;
            let mut count = |value: u32| *counts.values.entry(value).or_default() += 1;
            match (self.asked.split, facet) {
                (Some(Facet::Validity), _) => count(state_of(states[doc as usize]) as u32),
                (Some(Facet::Year), _) => count(day / 10_000),
                (Some(_), Some(facet)) => {
                    let values =
                        segment.columns.profiles.values(segment.columns.profile[doc as usize], facet);
                    values.iter().for_each(|value| count(*value));
                    if values.is_empty() {
                        count(u32::MAX);
                    }
                }
                _ => {}
            }
        }
    }

    fn step_of(&self, day: u32) -> u32 {
        match self.asked.interval {
            Interval::Year => day / 10_000,
            Interval::Month => day / 100,
        }
    }

    /// The values of the splitting facet, the most frequent first.
    fn names(&self, steps: &Steps) -> Vec<(u32, String)> {
        let Some(split) = self.asked.split else { return Vec::new() };
        let mut totals: BTreeMap<u32, u64> = BTreeMap::new();
        for (value, count) in steps.values().flat_map(|counts| &counts.values) {
            *totals.entry(*value).or_default() += count;
        }
        let facet = PROFILE_FACETS.iter().position(|f| *f == split);
        let known = facet.map(|facet| self.snapshot.dictionary.values(facet)).unwrap_or_default();
        let name = |value: u32| match split {
            Facet::Validity => STATES.get(value as usize).map_or("", |state| state.name()).to_owned(),
            Facet::Year if value == 0 => MISSING.to_owned(),
            Facet::Year => value.to_string(),
            _ => known.get(value as usize).map_or(MISSING.to_owned(), ToString::to_string),
        };
        let mut named: Vec<(u64, u32, String)> =
            totals.into_iter().map(|(value, count)| (count, value, name(value))).collect();
        named.sort_by(|a, b| b.0.cmp(&a.0).then_with(|| a.2.cmp(&b.2)));
        named.into_iter().take(MOST_VALUES).map(|(_, value, name)| (value, name)).collect()
    }
}

/// All steps from the first to the last.
fn between(first: u32, last: u32, interval: Interval) -> Vec<u32> {
    match interval {
        Interval::Year => (first..=last).collect(),
        Interval::Month => {
            let count = |at: u32| at / 100 * 12 + (at % 100).clamp(1, 12) - 1;
            (count(first)..=count(last)).map(|n| n / 12 * 100 + n % 12 + 1).collect()
        }
    }
}
