//! Trends as readers see them: all steps from the first to the last, with the most frequent values.

use std::collections::BTreeMap;

use crate::record::generation::Generation;
use crate::results::{Interval, StepCounts, Trend, TrendCounts, TrendQuery, TrendStep};

/// Most values by which a trend is split; rarer ones are left out.
const MAX_SPLIT_VALUES: usize = 20;

/// Arranges the counts of a backend as steps without gaps.
pub fn arrange_steps(generation: Generation, counts: &TrendCounts, request: &TrendQuery) -> Trend {
    let matching = &counts.matching;
    let split_values = most_frequent_values(matching);
    let empty = StepCounts::default();
    let step = |at: u32| {
        let counted = matching.get(&at).unwrap_or(&empty);
        TrendStep {
            at,
            count: counted.count,
            of: counts.everything.get(&at).copied().unwrap_or(0),
            values: split_values
                .iter()
                .map(|name| (name.clone(), counted.values.get(name).copied().unwrap_or(0)))
                .collect(),
        }
    };
    let dated: Vec<u32> = matching.keys().copied().filter(|at| *at != 0).collect();
    let steps = dated.first().zip(dated.last());
    let steps = steps.map(|(first, last)| steps_between(*first, *last, request.interval)).unwrap_or_default();
    Trend {
        generation,
        total: matching.values().map(|counted| counted.count).sum(),
        undated: matching.get(&0).map_or(0, |counted| counted.count),
        steps: steps.into_iter().map(step).collect(),
    }
}

/// Returns the values of the splitting facet, the most frequent first.
fn most_frequent_values(matching: &BTreeMap<u32, StepCounts>) -> Vec<String> {
    let mut totals: BTreeMap<&str, u64> = BTreeMap::new();
    for (value, count) in matching.values().flat_map(|counted| &counted.values) {
        *totals.entry(value).or_default() += count;
    }
    let mut values: Vec<(&str, u64)> = totals.into_iter().collect();
    values.sort_by(|(a, x), (b, y)| y.cmp(x).then_with(|| a.cmp(b)));
    values.into_iter().take(MAX_SPLIT_VALUES).map(|(value, _)| value.to_owned()).collect()
}

/// Lists all steps from the first to the last.
fn steps_between(first: u32, last: u32, interval: Interval) -> Vec<u32> {
    match interval {
        Interval::Year => (first..=last).collect(),
        Interval::Month => {
            let month_count = |step: u32| step / 100 * 12 + (step % 100).clamp(1, 12) - 1;
            (month_count(first)..=month_count(last)).map(|n| n / 12 * 100 + n % 12 + 1).collect()
        }
    }
}
