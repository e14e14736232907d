//! Known-item search: every title of the collection is a query, and its record must be on the first
//! page. Prints the share and each failure with its rank.
//!
//! Target: 99.5 %.

mod collection;
mod corpus;

use std::collections::HashMap;

use gongkai_index::analysis::Analyzer;
use gongkai_index::keys::title::title_key;
use gongkai_index::query::{Mode, Query, parse};
use gongkai_index::record::{Date, parse_iso_date};
use gongkai_index::{Budget, Reader, Record};

use corpus::Corpus;

const TARGET: f64 = 0.995;
/// Ranks searched for a record that is not on the first page.
const MAX_RANK: usize = 500;
/// Number of failures printed.
const MAX_PRINTED: usize = 40;

/// Rank of a record for its own title, and the total.
fn rank(reader: &Reader, record: &Record, today: Date, depth: usize) -> (Option<usize>, u64) {
    let mut query = Query::new(parse::parse(&record.title, Mode::Literal, &Analyzer::shared()), today);
    query.per_page = depth;
    query.highlight = false;
    let results = reader.search(&query, &Budget::default()).expect("answers");
    (results.hits.iter().position(|hit| hit.record.id == record.id), results.total)
}

fn main() {
    let today = parse_iso_date("2026-01-01").expect("a date");
    let corpus = Corpus::documents();
    let records = corpus.records();
    let folder = tempfile::tempdir().expect("a folder");
    let reader = collection::index(folder.path(), &records).reader();
    let mut same: HashMap<String, usize> = HashMap::new();
    records.iter().for_each(|record| *same.entry(title_key(&record.title)).or_default() += 1);
    let mut failures = Vec::new();
    let mut first = 0;
    for record in &records {
        match rank(&reader, record, today, 10).0 {
            Some(0) => first += 1,
            Some(_) => {}
            None => failures.push(record),
        }
    }
    for record in failures.iter().take(MAX_PRINTED) {
        let title: String = record.title.chars().take(60).collect();
        let reason = match rank(&reader, record, today, MAX_RANK) {
            (Some(rank), total) => format!("place {} of {total}", rank + 1),
            (None, total) => format!("not among {} of {total}", total.min(MAX_RANK as u64)),
        };
        println!("{reason}, {} of that title: {title} ({})", same[&title_key(&record.title)], record.id);
    }
    let share = |count: usize| count as f64 / records.len() as f64;
    println!("{} titles; first: {:.4}", records.len(), share(first));
    let found = share(records.len() - failures.len());
    let verdict = if found >= TARGET { "kept" } else { "MISSED" };
    println!("on the first page: {found:.4}, demand at least {TARGET}: {verdict}");
}
