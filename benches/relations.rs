//! Cost of relations: facts and copies compared with indexing as a whole, and searches with copies
//! collapsed compared with searches without, on the collection five times over.
//!
//! Targets: indexing at most 1.5 times the time without relations, a search with copies collapsed at
//! most 1.2 times one without.

mod collection;
mod corpus;
mod measure;

use std::hint::black_box;
use std::time::Duration;

use gongkai_index::analysis::Analyzer;
use gongkai_index::query::{Mode, Query, parse};
use gongkai_index::record::parse_iso_date;
use gongkai_index::relations::fact_table::FactTable;
use gongkai_index::relations::facts::Facts;
use gongkai_index::relations::frames::Change;
use gongkai_index::schema::fields::Facet;
use gongkai_index::{Budget, Collection, Reader, Record, RecordWriter};

use corpus::Corpus;
use measure::{mean, print_row, process_cpu, shortest};

const REPETITIONS: usize = 5;
const MAX_INDEXING_RATIO: f64 = 1.5;
const MAX_SEARCH_RATIO: f64 = 1.2;
const ROUNDS: usize = 7;
const QUERIES: [&str; 12] = [
    "公开",
    "通知",
    "行政许可",
    "人民政府 办法",
    "劳动合同",
    "环境保护 条例",
    "食品安全",
    "职工 养老保险",
    "第三十八条",
    "的",
    "住房 公积金 提取",
    "“人民法院”",
];

fn main() {
    let corpus = Corpus::documents();
    let records: Vec<Record> =
        corpus.lines.iter().map(|line| Record::from_json(line).expect("a record")).collect();
    let kept = [measure_indexing(&records), measure_search(&records)];
    if kept.contains(&false) {
        std::process::exit(1);
    }
}

/// Measures the three steps that relations add to indexing.
fn measure_indexing(records: &[Record]) -> bool {
    let begun = process_cpu();
    let facts: Vec<Change> =
        records.iter().map(|record| Change::Put(Box::new(Facts::from_record(record)))).collect();
    let read = process_cpu() - begun;
    let mut table = FactTable::default();
    let put = table.apply(facts);
    let bodies: std::collections::HashMap<&str, &str> =
        records.iter().map(|record| (record.id.as_str(), record.body.as_str())).collect();
    table.find_copies(&put, &mut |id| bodies.get(id).map(|body| (*body).to_owned()));
    let relating = process_cpu() - begun;
    drop(table);

    let folder = tempfile::tempdir().expect("a folder");
    let begun = process_cpu();
    collection::index_and_merge(folder.path(), records);
    let whole = process_cpu() - begun;
    let ratio = whole.as_secs_f64() / (whole.saturating_sub(relating)).as_secs_f64();
    print_row("", &["CPU s".into()]);
    for (name, time) in [("facts", read), ("facts, keys and copies", relating), ("indexing with them", whole)]
    {
        print_row(name, &[format!("{:.2}", time.as_secs_f64())]);
    }
    print_verdict("indexing", ratio, MAX_INDEXING_RATIO)
}

fn measure_search(records: &[Record]) -> bool {
    let several: Vec<Record> = (0..REPETITIONS)
        .flat_map(|time| {
            records.iter().map(move |record| Record { id: format!("{}-{time}", record.id), ..record.clone() })
        })
        .collect();
    let folder = tempfile::tempdir().expect("a folder");
    let begun = std::time::Instant::now();
    let collection = collection::index_and_merge(folder.path(), &several);
    println!(
        "\n{} records, {} times the collection, indexed in {:.1} s",
        several.len(),
        REPETITIONS,
        begun.elapsed().as_secs_f64()
    );
    measure_commit(&collection, &records[0]);
    let reader = collection.reader();
    let [apart, together] = [false, true].map(|collapse| {
        let times = shortest(&QUERIES, ROUNDS, |text| {
            black_box(search(&reader, text, collapse));
        });
        for (text, time) in QUERIES.iter().zip(&times) {
            print_row(
                text,
                &[
                    format!("{:.0} µs", time.as_secs_f64() * 1e6),
                    format!("{}", search(&reader, text, collapse)),
                ],
            );
        }
        mean(&times)
    });
    print_verdict("search", together.as_secs_f64() / apart.as_secs_f64(), MAX_SEARCH_RATIO)
}

/// Measures a commit of one record, relations included.
fn measure_commit(collection: &Collection, record: &Record) {
    let mut writer = collection::bulk_writer(collection);
    let mut shortest = Duration::MAX;
    for n in 0..5 {
        writer.put(&Record { id: format!("more-{n}"), ..record.clone() }).expect("taken");
        let begun = std::time::Instant::now();
        writer.commit().expect("commits");
        shortest = shortest.min(begun.elapsed());
    }
    println!("a commit of one record more: {:.1} ms", shortest.as_secs_f64() * 1e3);
}

fn search(reader: &Reader, text: &str, collapse: bool) -> u64 {
    let today = parse_iso_date("2025-01-01").expect("a date");
    let query = Query {
        collapse,
        facets: [Facet::Issuer, Facet::Year, Facet::Category, Facet::Validity, Facet::Kind]
            .map(|f| (f, Some(10)))
            .to_vec(),
        ..Query::new(parse::parse(text, Mode::Literal, &Analyzer::shared()), today)
    };
    reader.search(&query, &Budget::default()).expect("answers").total
}

fn print_verdict(name: &str, ratio: f64, max: f64) -> bool {
    let kept = ratio <= max;
    let outcome = if kept { "kept" } else { "MISSED" };
    println!("{name}: ratio {ratio:.2}, demand at most {max:.1}: {outcome}");
    kept
}
