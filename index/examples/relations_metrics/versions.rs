//! Versions of laws, compared with their own dates and stated validity.
//!
//! Expected of the records of one title: the one that took effect last on or before the day; on the
//! last day, those stated in force.

use std::collections::{BTreeMap, BTreeSet};

use gongkai_index::record::days::day_number;
use gongkai_index::record::{Date, Record, Validity, parse_iso_date};

use crate::Collection;

/// Days checked.
const DAYS: [&str; 8] = [
    "1995-06-01",
    "2000-01-01",
    "2005-03-01",
    "2010-01-01",
    "2015-07-01",
    "2018-12-31",
    "2021-06-01",
    "2024-01-01",
];

/// Prints the share of checks that agree, and every check that does not.
pub fn print(collection: &Collection, today: Date) {
    let relations = collection.facts.relations();
    let mut titles: BTreeMap<&str, Vec<&Record>> = BTreeMap::new();
    for record in collection.records.values() {
        titles.entry(record.title.as_str()).or_default().push(record);
    }
    titles.retain(|_, versions| versions.len() > 1);
    let (mut checks, mut agree, mut undated) = (0, 0, 0);
    for (title, versions) in &titles {
        let days = DAYS.iter().filter_map(|day| parse_iso_date(day));
        for day in days.chain([today]) {
            let Some(expected) = expected(versions, day, today) else {
                undated += 1;
                continue;
            };
            let found: BTreeSet<&str> = versions
                .iter()
                .filter(|record| {
                    let document = relations.find(&record.id).expect("held");
                    relations.validity_period(document).applies(day_number(day))
                })
                .map(|record| record.id.as_str())
                .collect();
            checks += 1;
            if found == expected {
                agree += 1;
            } else {
                println!("  {day} {title}: found {found:?}, expected {expected:?}");
                for record in versions {
                    let document = relations.find(&record.id).expect("held");
                    println!(
                        "      {} published {:?} effective {:?} stated {:?}: {:?}",
                        record.id,
                        record.published_on.map(|d| d.to_string()),
                        record.effective_on.map(|d| d.to_string()),
                        record.validity,
                        relations.validity_period(document)
                    );
                }
            }
        }
    }
    println!(
        "versions: {} titles, {agree} of {checks} checks agree ({:.2} %); {undated} say nothing of the day",
        titles.len(),
        f64::from(agree) / f64::from(checks) * 100.0
    );
}

/// Records that apply on a day by their own dates and stated validity; `None` where these are absent.
fn expected<'a>(versions: &[&'a Record], day: Date, today: Date) -> Option<BTreeSet<&'a str>> {
    let in_force = |record: &&&Record| matches!(record.validity, Some(Validity::InForce));
    if day == today {
        return Some(versions.iter().filter(in_force).map(|record| record.id.as_str()).collect());
    }
    let begins = |record: &Record| record.effective_on.or(record.published_on);
    let begun: Vec<&&Record> =
        versions.iter().filter(|r| begins(r).is_some_and(|begins| begins <= day)).collect();
    let last = begun.iter().max_by_key(|record| begins(record));
    match last {
        None => Some(BTreeSet::new()),
        // A last version repealed since then: its own dates do not say when it ended.
        Some(last) => {
            let is_last = versions.iter().all(|record| begins(record) <= begins(last));
            let silent = !matches!(last.validity, Some(Validity::InForce | Validity::Amended));
            if is_last && silent { None } else { Some(BTreeSet::from([last.id.as_str()])) }
        }
    }
}
