//! Counting matches over time.

use std::collections::BTreeMap;

use crate::analysis::Analyzer;
use crate::backend::Budget;
use crate::error::Result;
use crate::memory::document_set::DocumentSet;
use crate::memory::filters::facet_values;
use crate::memory::search::Search;
use crate::query::MISSING;
use crate::query::plan::SearchPlan;
use crate::results::{Interval, StepCounts, TrendCounts, TrendQuery};

/// Counts the matches of a plan over time, and beside them everything with the same filters.
///
/// # Errors
/// A spent budget.
pub fn count_over_time(
    set: &DocumentSet,
    analyzer: &Analyzer,
    plan: &SearchPlan,
    request: &TrendQuery,
    budget: &Budget,
) -> Result<TrendCounts> {
    let steps = |plan: &SearchPlan| {
        let search = Search::new(set, analyzer, plan, budget)?;
        count_steps(set, plan, request, search.shown())
    };
    let everything = steps(&plan.without_query())?;
    Ok(TrendCounts {
        matching: steps(plan)?,
        everything: everything.into_iter().map(|(at, counts)| (at, counts.count)).collect(),
    })
}

fn count_steps(
    set: &DocumentSet,
    plan: &SearchPlan,
    request: &TrendQuery,
    shown: impl Iterator<Item = u32>,
) -> Result<BTreeMap<u32, StepCounts>> {
    let mut steps: BTreeMap<u32, StepCounts> = BTreeMap::new();
    for number in shown {
        let document = set.document(number)?;
        let day = document.day(plan.date_field);
        let step = match request.interval {
            Interval::Year => day / 10_000,
            Interval::Month => day / 100,
        };
        let counts = steps.entry(step).or_default();
        counts.count += 1;
        if let Some(facet) = request.split {
            let mut values = facet_values(plan, set, document, &set.derived_row(number), facet);
            if values.is_empty() {
                values.push(MISSING.to_owned());
            }
            values.into_iter().for_each(|value| *counts.values.entry(value).or_default() += 1);
        }
    }
    Ok(steps)
}
