//! Facet values and filters of one document.

use std::collections::BTreeSet;

use crate::memory::document::StoredDocument;
use crate::memory::document_set::{DerivedRow, DocumentSet};
use crate::query::Filter;
use crate::query::plan::SearchPlan;
use crate::record::Validity;
use crate::record::days::day_number;
use crate::schema::fields::Facet;

/// Returns the values of a facet of a document on the day of a plan. Every document has a
/// validity; what nobody said is the state unknown.
pub fn facet_values(
    plan: &SearchPlan,
    set: &DocumentSet,
    document: &StoredDocument,
    derived: &DerivedRow,
    facet: Facet,
) -> Vec<String> {
    match facet {
        Facet::Validity => vec![derived.period.state(day_number(plan.day)).name().to_owned()],
        Facet::Year => {
            let year = document.day(plan.date_field) / 10_000;
            if year > 0 { vec![year.to_string()] } else { Vec::new() }
        }
        Facet::Issuer => {
            let keys: BTreeSet<String> =
                document.values(facet).iter().map(|value| facet.value_key(value).into_owned()).collect();
            keys.iter().map(|key| set.issuer_name(key)).collect()
        }
        stored => document.values(stored).to_vec(),
    }
}

/// Returns whether a filter lets values of its facet pass.
pub fn accepts(filter: &Filter, facet: Facet, values: &[String]) -> bool {
    let missing = values.is_empty() || facet == Facet::Validity && values == [Validity::Unknown.name()];
    let has = |wanted: &String| values.iter().any(|value| is_value(facet, value, wanted));
    let demands = !filter.any.is_empty() || filter.missing;
    let demanded = filter.any.iter().any(has) || filter.missing && missing;
    let excluded = filter.not.iter().any(has) || filter.not_missing && missing;
    (!demands || demanded) && !excluded
}

/// Returns whether a filter names a value. Years are compared as numbers, issuers in any spelling.
fn is_value(facet: Facet, value: &str, wanted: &str) -> bool {
    match facet {
        Facet::Year => wanted.parse::<u32>().is_ok_and(|year| year.to_string() == value),
        _ => facet.value_key(value) == facet.value_key(wanted),
    }
}

/// Returns whether a document lies within the dates of a plan and, if the plan asks for that,
/// applied on its day.
pub fn is_within_dates(plan: &SearchPlan, document: &StoredDocument, derived: &DerivedRow) -> bool {
    let day = document.day(plan.date_field);
    let bounded = plan.range.from.is_some() || plan.range.to.is_some();
    let from = plan.range.from.is_none_or(|from| day_number(from) <= day);
    let to = plan.range.to.is_none_or(|to| day <= day_number(to));
    let dated = !bounded || day > 0 && from && to;
    dated && (!plan.as_of || derived.period.applies(day_number(plan.day)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filter(any: &[&str], not: &[&str], missing: bool, not_missing: bool) -> Filter {
        let owned = |values: &[&str]| values.iter().map(|value| (*value).to_owned()).collect();
        Filter { any: owned(any), not: owned(not), missing, not_missing }
    }

    #[test]
    fn filter_demands_one_of_any_and_none_of_not() {
        let passes = |filter: &Filter, values: &[&str]| {
            accepts(filter, Facet::Genre, &values.iter().map(|v| (*v).to_owned()).collect::<Vec<_>>())
        };
        assert!(passes(&filter(&["通知"], &[], false, false), &["通知"]));
        assert!(!passes(&filter(&["通知"], &[], false, false), &[]));
        assert!(passes(&filter(&["通知"], &[], true, false), &[]));
        assert!(!passes(&filter(&[], &[], true, false), &["通知"]));
        assert!(!passes(&filter(&["通知"], &["决定"], false, false), &["通知", "决定"]));
        assert!(!passes(&filter(&[], &[], false, true), &[]));
        assert!(passes(&filter(&[], &["决定"], false, true), &["通知"]));
    }

    #[test]
    fn missing_validity_is_the_state_unknown() {
        let unknown = [Validity::Unknown.name().to_owned()];
        assert!(accepts(&filter(&[], &[], true, false), Facet::Validity, &unknown));
        assert!(!accepts(&filter(&[], &[], false, true), Facet::Validity, &unknown));
        assert!(accepts(&filter(&["unknown"], &[], false, false), Facet::Validity, &unknown));
    }
}
