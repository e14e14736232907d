//! What relations cost: reading facts and finding copies against indexing as a whole, and
//! a search with copies together against one without, on the collection five times over.
//!
//! Demands: indexing at most 1.5 times what it is without, a search with copies together
//! at most 1.2 times one without.

mod corpus;
mod measure;

use std::hint::black_box;
use std::time::Duration;

use gongkai_index::analysis::Analyzer;
use gongkai_index::query::{Mode, Query, parse};
use gongkai_index::record::parse_iso_date;
use gongkai_index::relations::{Change, Facts, Relations};
use gongkai_index::schema::fields::Facet;
use gongkai_index::{Budget, Embedded, Record, Searcher, Writer};

use corpus::Corpus;
use measure::{mean, process_cpu, row, shortest};

const TIMES: usize = 5;
const MOST_INDEXING: f64 = 1.5;
const MOST_SEARCH: f64 = 1.2;
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
    let kept = [indexing(&records), searching(&records)];
    if kept.contains(&false) {
        std::process::exit(1);
    }
}

/// Everything that relations add to indexing happens in these three steps.
fn indexing(records: &[Record]) -> bool {
    let begun = process_cpu();
    let facts: Vec<Change> = records.iter().map(|record| Change::Put(Box::new(Facts::of(record)))).collect();
    let read = process_cpu() - begun;
    let mut relations = Relations::default();
    let put = relations.apply(facts);
    let bodies: std::collections::HashMap<&str, &str> =
        records.iter().map(|record| (record.id.as_str(), record.body.as_str())).collect();
    relations.regroup(&put, &mut |id| bodies.get(id).map(|body| (*body).to_owned()));
    let relating = process_cpu() - begun;
    drop(relations);

    let folder = tempfile::tempdir().expect("a folder");
    let begun = process_cpu();
    index(folder.path(), records);
    let whole = process_cpu() - begun;
    let ratio = whole.as_secs_f64() / (whole.saturating_sub(relating)).as_secs_f64();
    row("", &["CPU s".into()]);
    for (name, time) in [("facts", read), ("facts, keys and copies", relating), ("indexing with them", whole)]
    {
        row(name, &[format!("{:.2}", time.as_secs_f64())]);
    }
    verdict("indexing", ratio, MOST_INDEXING)
}

fn index(path: &std::path::Path, records: &[Record]) -> Embedded {
    let engine = Embedded::open(path).expect("an index");
    let mut writer = engine.writer().expect("the writer");
    for record in records {
        writer.put(record).expect("taken");
    }
    writer.commit().expect("commits");
    writer.optimise(2).expect("merges");
    engine
}

fn searching(records: &[Record]) -> bool {
    let several: Vec<Record> = (0..TIMES)
        .flat_map(|time| {
            records.iter().map(move |record| Record { id: format!("{}-{time}", record.id), ..record.clone() })
        })
        .collect();
    let folder = tempfile::tempdir().expect("a folder");
    let begun = std::time::Instant::now();
    let engine = index(folder.path(), &several);
    println!(
        "\n{} records, {} times the collection, indexed in {:.1} s",
        several.len(),
        TIMES,
        begun.elapsed().as_secs_f64()
    );
    one_more(&engine, &records[0]);
    let [apart, together] = [false, true].map(|collapse| {
        let times = shortest(&QUERIES, ROUNDS, |text| {
            black_box(search(&engine, text, collapse));
        });
        for (text, time) in QUERIES.iter().zip(&times) {
            row(
                text,
                &[
                    format!("{:.0} µs", time.as_secs_f64() * 1e6),
                    format!("{}", search(&engine, text, collapse)),
                ],
            );
        }
        mean(&times)
    });
    verdict("search", together.as_secs_f64() / apart.as_secs_f64(), MOST_SEARCH)
}

/// A commit of one record, with everything that follows from it.
fn one_more(engine: &Embedded, record: &Record) {
    let mut writer = engine.writer().expect("the writer");
    let mut shortest = Duration::MAX;
    for n in 0..5 {
        writer.put(&Record { id: format!("more-{n}"), ..record.clone() }).expect("taken");
        let begun = std::time::Instant::now();
        writer.commit().expect("commits");
        shortest = shortest.min(begun.elapsed());
    }
    println!("a commit of one record more: {:.1} ms", shortest.as_secs_f64() * 1e3);
}

fn search(engine: &Embedded, text: &str, collapse: bool) -> u64 {
    let today = parse_iso_date("2025-01-01").expect("a date");
    let query = Query {
        collapse,
        facets: [Facet::Issuer, Facet::Year, Facet::Category, Facet::Validity, Facet::Kind]
            .map(|f| (f, Some(10)))
            .to_vec(),
        ..Query::new(parse::parse(text, Mode::Literal, &Analyzer::shared()), today)
    };
    engine.search(&query, None, &Budget::default()).expect("answers").total
}

fn verdict(name: &str, ratio: f64, most: f64) -> bool {
    let kept = ratio <= most;
    let said = if kept { "kept" } else { "MISSED" };
    println!("{name}: ratio {ratio:.2}, demand at most {most:.1}: {said}");
    kept
}
