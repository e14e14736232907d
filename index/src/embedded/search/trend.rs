//! Counting matches over time.

use std::collections::BTreeMap;

use crate::analysis::Analyzer;
use crate::backend::Budget;
use crate::embedded::reader::columns::{PROFILE_FACETS, STATES};
use crate::embedded::reader::derived_columns::state_number_of;
use crate::embedded::reader::segments::{IndexSnapshot, Segment};
use crate::embedded::search::collect::Collector;
use crate::embedded::search::matching::{MatchPlan, Matcher};
use crate::error::Result;
use crate::query::MISSING;
use crate::query::plan::SearchPlan;
use crate::results::{Interval, StepCounts, TrendCounts, TrendQuery};
use crate::schema::fields::Facet;

/// Number of a missing value of the splitting facet.
const NO_VALUE: u32 = u32::MAX;

/// The counts of one step, by number of the value of the splitting facet.
#[derive(Default)]
struct Counts {
    total: u64,
    values: BTreeMap<u32, u64>,
}

type Steps = BTreeMap<u32, Counts>;

/// Counts the matches of a plan over time.
pub fn count_over_time(
    snapshot: &IndexSnapshot,
    plan: &SearchPlan,
    request: &TrendQuery,
    analyzer: &Analyzer,
    budget: &Budget,
) -> Result<TrendCounts> {
    let counter = TrendCounter { snapshot, request, analyzer, budget };
    let matching = counter.count_steps(plan)?;
    let everything = counter.count_steps(&plan.without_query())?;
    let names = counter.value_names();
    let named = |counts: Counts| StepCounts {
        count: counts.total,
        values: counts.values.into_iter().map(|(value, count)| (names(value), count)).collect(),
    };
    Ok(TrendCounts {
        matching: matching.into_iter().map(|(step, counts)| (step, named(counts))).collect(),
        everything: everything.into_iter().map(|(step, counts)| (step, counts.total)).collect(),
    })
}

/// A count of matches over time.
struct TrendCounter<'a> {
    snapshot: &'a IndexSnapshot,
    request: &'a TrendQuery,
    analyzer: &'a Analyzer,
    budget: &'a Budget,
}

impl TrendCounter<'_> {
    fn count_steps(&self, plan: &SearchPlan) -> Result<Steps> {
        let matching = MatchPlan::new(&plan.matching, self.analyzer, self.snapshot)?;
        let groups = self.snapshot.facts.groups_end();
        let mut collector = Collector::new(plan, &self.snapshot.dictionary, groups);
        let mut steps = Steps::new();
        let mut hits = Vec::new();
        for (ordinal, segment) in self.snapshot.segments.iter().enumerate() {
            let matches = Matcher { segment, budget: self.budget }.evaluate(&matching)?;
            hits.push(collector.collect_segment(ordinal, segment, matches));
        }
        for (segment, hits) in self.snapshot.segments.iter().zip(hits) {
            self.add_hits(plan, segment, collector.shown_hits(segment, hits).iter(), &mut steps);
        }
        Ok(steps)
    }

    fn add_hits(
        &self,
        plan: &SearchPlan,
        segment: &Segment,
        hits: impl Iterator<Item = u32>,
        steps: &mut Steps,
    ) {
        let dates = segment.columns.dates(plan.date_field);
        let states = segment.derived.states(plan.day);
        let facet = self.request.split.and_then(|split| PROFILE_FACETS.iter().position(|f| *f == split));
        for doc in hits {
            let day = dates[doc as usize];
            let counts = steps.entry(self.step_of(day)).or_default();
            counts.total += 1;
            let mut count = |value: u32| *counts.values.entry(value).or_default() += 1;
            match (self.request.split, facet) {
                (Some(Facet::Validity), _) => count(state_number_of(states[doc as usize]) as u32),
                (Some(Facet::Year), _) => count(day / 10_000),
                (Some(_), Some(facet)) => {
                    let values =
                        segment.columns.profiles.values(segment.columns.profile[doc as usize], facet);
                    values.iter().for_each(|value| count(*value));
                    if values.is_empty() {
                        count(NO_VALUE);
                    }
                }
                _ => {}
            }
        }
    }

    fn step_of(&self, day: u32) -> u32 {
        match self.request.interval {
            Interval::Year => day / 10_000,
            Interval::Month => day / 100,
        }
    }

    /// Names the values of the splitting facet by their numbers.
    fn value_names(&self) -> impl Fn(u32) -> String {
        let split = self.request.split;
        let facet = PROFILE_FACETS.iter().position(|facet| Some(*facet) == split);
        let known = facet.map(|facet| self.snapshot.value_names(facet)).unwrap_or_default();
        move |value| match split {
            Some(Facet::Validity) => STATES.get(value as usize).map_or("", |state| state.name()).to_owned(),
            Some(Facet::Year) if value == 0 => MISSING.to_owned(),
            Some(Facet::Year) => value.to_string(),
            _ => known.get(value as usize).map_or_else(|| MISSING.to_owned(), ToString::to_string),
        }
    }
}
