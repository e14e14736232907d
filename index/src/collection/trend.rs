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

#[cfg(test)]
mod tests {
    use super::*;

    /// Step, count, and counts of its values.
    type Step<'a> = (u32, u64, &'a [(&'a str, u64)]);

    fn counted(steps: &[Step<'_>]) -> TrendCounts {
        let step_counts = |count: u64, values: &[(&str, u64)]| StepCounts {
            count,
            values: values.iter().map(|(value, count)| ((*value).to_owned(), *count)).collect(),
        };
        let matching = steps.iter().map(|(step, count, values)| (*step, step_counts(*count, values)));
        TrendCounts { matching: matching.collect(), everything: BTreeMap::from([(2020, 50), (2018, 40)]) }
    }

    fn request(interval: Interval) -> TrendQuery {
        TrendQuery { interval, split: None }
    }

    #[test]
    fn years_without_matches_are_filled_between_first_and_last() {
        let counts = counted(&[(0, 3, &[]), (2018, 2, &[]), (2021, 1, &[])]);
        let trend = arrange_steps(7, &counts, &request(Interval::Year));
        let steps: Vec<_> = trend.steps.iter().map(|step| (step.at, step.count, step.of)).collect();
        assert_eq!(steps, [(2018, 2, 40), (2019, 0, 0), (2020, 0, 50), (2021, 1, 0)]);
        assert_eq!((trend.generation, trend.total, trend.undated), (7, 6, 3));
    }

    #[test]
    fn months_without_matches_are_filled_across_the_year() {
        let counts = counted(&[(201911, 1, &[]), (202002, 1, &[])]);
        let trend = arrange_steps(1, &counts, &request(Interval::Month));
        let steps: Vec<_> = trend.steps.iter().map(|step| step.at).collect();
        assert_eq!(steps, [201911, 201912, 202001, 202002]);
    }

    #[test]
    fn trend_without_dates_has_no_steps() {
        let trend = arrange_steps(1, &counted(&[(0, 3, &[])]), &request(Interval::Month));
        assert_eq!((trend.steps.len(), trend.total, trend.undated), (0, 3, 3));
    }

    #[test]
    fn split_values_are_the_most_frequent_of_all_steps_in_every_step() {
        let counts = counted(&[(2018, 9, &[("b", 3), ("a", 3)]), (2020, 9, &[("c", 7), ("a", 1), ("b", 1)])]);
        let trend = arrange_steps(1, &counts, &request(Interval::Year));
        let values = |step: usize| -> Vec<(&str, u64)> {
            trend.steps[step].values.iter().map(|(value, count)| (value.as_str(), *count)).collect()
        };
        assert_eq!(values(0), [("c", 0), ("a", 3), ("b", 3)], "equal counts in order of the values");
        assert_eq!(values(1), [("c", 0), ("a", 0), ("b", 0)]);
        assert_eq!(values(2), [("c", 7), ("a", 1), ("b", 1)]);
    }

    #[test]
    fn split_values_beyond_the_limit_are_left_out() {
        let names: Vec<String> = (0..30).map(|n| format!("v{n:02}")).collect();
        let values: Vec<(&str, u64)> = names.iter().map(String::as_str).zip(1..).collect();
        let trend = arrange_steps(1, &counted(&[(2020, 99, &values)]), &request(Interval::Year));
        let listed = &trend.steps[0].values;
        assert_eq!(listed.len(), MAX_SPLIT_VALUES);
        assert_eq!((listed[0].0.as_str(), listed[19].0.as_str()), ("v29", "v10"));
    }
}
