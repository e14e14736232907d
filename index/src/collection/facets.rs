//! Facets as readers see them: the listed values and their order.

use std::cmp::{Ordering, Reverse};
use std::collections::HashSet;

use crate::query::{Filter, MISSING};
use crate::results::{FacetCounts, FacetValue};
use crate::schema::fields::{Facet, path_and_above};

/// Orders the counted values of a facet and lists at most `limit` of them. A value that is
/// selected and the missing value are always listed.
pub fn list_values(
    facet: Facet,
    mut values: Vec<(String, u64)>,
    limit: Option<usize>,
    filter: Option<&Filter>,
) -> FacetCounts {
    let selected_values = selected_values(facet, &mut values, filter);
    if facet.is_path() {
        values.retain(|(value, _)| is_listed_path(value, filter));
    }
    values.sort_by(if facet == Facet::Year { compare_values } else { compare_counts });
    let limit = limit.unwrap_or(usize::MAX);
    let (mut listed, mut further) = (0, 0);
    let mut kept = Vec::new();
    for (value, count) in values {
        let selected = selected_values.contains(&value);
        if listed < limit || selected || value == MISSING {
            listed += usize::from(value != MISSING);
            kept.push(FacetValue { value, count, selected });
        } else {
            further += 1;
        }
    }
    if facet.is_path() {
        kept = sort_below_parents(kept);
    }
    FacetCounts { facet, values: kept, further }
}

/// Returns the values that a filter selects, and adds those that no match has.
fn selected_values(
    facet: Facet,
    values: &mut Vec<(String, u64)>,
    filter: Option<&Filter>,
) -> HashSet<String> {
    let mut selected = HashSet::new();
    let Some(filter) = filter else { return selected };
    for wanted in &filter.any {
        // The key of every value is needed only where another spelling is listed than was asked for.
        let listed = values.iter().find(|(value, _)| value == wanted).or_else(|| {
            let key = facet.value_key(wanted);
            values.iter().find(|(value, _)| facet.value_key(value) == key)
        });
        match listed.map(|(value, _)| value.clone()) {
            Some(value) => selected.insert(value),
            None => {
                values.push((wanted.clone(), 0));
                selected.insert(wanted.clone())
            }
        };
    }
    if filter.missing {
        selected.insert(MISSING.to_owned());
        // Every record has a validity, and a year is selected by its number.
        let can_be_missing = !matches!(facet, Facet::Validity | Facet::Year);
        if can_be_missing && !values.iter().any(|(value, _)| value == MISSING) {
            values.push((MISSING.to_owned(), 0));
        }
    }
    selected
}

/// Checks if a path is listed: the first level always, lower levels only below a selected path.
fn is_listed_path(path: &str, filter: Option<&Filter>) -> bool {
    let Some((parent, _)) = path.rsplit_once('/') else { return true };
    let selected = filter.map(|filter| filter.any.as_slice()).unwrap_or_default();
    selected.iter().any(|selected| path_and_above(selected).any(|above| above == parent))
}

fn is_missing(value: &str) -> bool {
    value == MISSING
}

/// Orders by count, the highest first; the missing value last.
fn compare_counts(a: &(String, u64), b: &(String, u64)) -> Ordering {
    let key = |pair: &(String, u64)| (is_missing(&pair.0), Reverse(pair.1));
    key(a).cmp(&key(b)).then_with(|| a.0.cmp(&b.0))
}

/// Orders by value, the highest first; the missing value last.
fn compare_values(a: &(String, u64), b: &(String, u64)) -> Ordering {
    is_missing(&a.0).cmp(&is_missing(&b.0)).then_with(|| b.0.cmp(&a.0))
}

/// Moves each path directly below its parent, keeping the order among siblings.
fn sort_below_parents(values: Vec<FacetValue>) -> Vec<FacetValue> {
    let depth = |value: &FacetValue| value.value.matches('/').count();
    let deepest = values.iter().map(depth).max().unwrap_or(0);
    let mut ordered: Vec<FacetValue> = values.iter().filter(|value| depth(value) == 0).cloned().collect();
    for level in 1..=deepest {
        for value in values.iter().filter(|value| depth(value) == level).rev() {
            let parent = value.value.rsplit_once('/').map_or("", |(parent, _)| parent);
            let parent = ordered.iter().position(|listed| listed.value == parent);
            ordered.insert(parent.map_or(ordered.len(), |index| index + 1), value.clone());
        }
    }
    ordered
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counts(values: &[(&str, u64)]) -> Vec<(String, u64)> {
        values.iter().map(|(value, count)| ((*value).to_owned(), *count)).collect()
    }

    fn filter(any: &[&str], missing: bool) -> Filter {
        Filter { any: any.iter().map(ToString::to_string).collect(), missing, ..Filter::default() }
    }

    fn names(listed: &FacetCounts) -> Vec<&str> {
        listed.values.iter().map(|value| value.value.as_str()).collect()
    }

    #[test]
    fn facet_values_are_listed_by_count_then_value_with_missing_last() {
        let values = counts(&[(MISSING, 90), ("b", 2), ("c", 7), ("a", 2)]);
        let listed = list_values(Facet::Issuer, values, None, None);
        assert_eq!(names(&listed), ["c", "a", "b", MISSING]);
        assert_eq!((listed.facet, listed.further), (Facet::Issuer, 0));
        assert!(listed.values.iter().all(|value| !value.selected));
    }

    #[test]
    fn years_are_listed_latest_first_whatever_their_counts() {
        let values = counts(&[("2019", 9), ("2021", 1), (MISSING, 5), ("2020", 4)]);
        let listed = list_values(Facet::Year, values, Some(2), None);
        assert_eq!(names(&listed), ["2021", "2020", MISSING]);
        assert_eq!(listed.further, 1, "the missing value does not count towards the limit");
    }

    #[test]
    fn selected_values_are_listed_beyond_the_limit_and_with_count_0() {
        let values = counts(&[("a", 5), ("b", 4), ("c", 3), ("d", 2)]);
        let listed = list_values(Facet::Issuer, values, Some(1), Some(&filter(&["c", "gone"], true)));
        let expected = [("a", 5, false), ("c", 3, true), ("gone", 0, true), (MISSING, 0, true)];
        let listed_values: Vec<_> =
            listed.values.iter().map(|value| (value.value.as_str(), value.count, value.selected)).collect();
        assert_eq!(listed_values, expected);
        assert_eq!(listed.further, 2);
    }

    #[test]
    fn issuer_in_another_spelling_is_the_listed_value() {
        let values = counts(&[("雲州省財政廳", 3), ("云州省税务局", 1)]);
        let listed = list_values(Facet::Issuer, values, None, Some(&filter(&["云州省财政厅"], false)));
        assert_eq!(names(&listed), ["雲州省財政廳", "云州省税务局"]);
        assert!(listed.values[0].selected && !listed.values[1].selected);
    }

    #[test]
    fn missing_value_is_not_added_to_validity_and_year() {
        for facet in [Facet::Validity, Facet::Year] {
            assert_eq!(names(&list_values(facet, Vec::new(), None, Some(&filter(&[], true)))), [""; 0]);
        }
    }

    #[test]
    fn paths_are_listed_below_their_parents_once_those_are_selected() {
        let values =
            counts(&[("甲省", 9), ("乙省", 8), ("甲省/丙市", 3), ("甲省/丁市", 5), ("乙省/戊市", 8)]);
        let closed = list_values(Facet::Region, values.clone(), None, None);
        assert_eq!(names(&closed), ["甲省", "乙省"]);
        let open = list_values(Facet::Region, values, None, Some(&filter(&["甲省"], false)));
        assert_eq!(names(&open), ["甲省", "甲省/丁市", "甲省/丙市", "乙省"]);
    }
}
