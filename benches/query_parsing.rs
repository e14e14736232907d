//! Time to parse a query before the search, and time to complete one.
//!
//! Parsing: parser, rewriting and expansion together, with the names of the collection, over all
//! judged queries. Completing: every prefix of a title or term.
//!
//! Target: parsing under 300 µs at the median and under 2 ms at p99; completing under 1 ms.

mod collection;
mod corpus;
mod measure;

use std::fs;
use std::path::Path;
use std::time::Duration;

use gongkai_index::lexicon::Lexicon;
use gongkai_index::query::{Mode, Query};
use gongkai_index::record::parse_iso_date;
use gongkai_index::{Collection, Effort};

use corpus::{Corpus, shared_folder};
use measure::{percentile, print_row, shortest};

const ROUNDS: usize = 5;
const TITLES: usize = 500;

fn main() {
    let corpus = Corpus::documents();
    let records = corpus.records();
    let directory = tempfile::tempdir().expect("a temporary directory");
    let collection = collection::index(directory.path(), &records);
    let lexicon = Lexicon::build(&collection.reader(), Effort::Full).expect("a vocabulary");
    println!("{}: {} records", corpus.name, records.len());
    measure_parsing(&collection, &lexicon);
    measure_completion(&lexicon, records.iter().map(|record| record.title.as_str()));
}

fn measure_parsing(collection: &Collection, lexicon: &Lexicon) {
    let parser = collection.parser(Some(lexicon));
    let today = parse_iso_date("2026-01-01").expect("a date");
    let queries = read_queries();
    let times = shortest(&queries, ROUNDS, |text| {
        std::hint::black_box(Query::new(parser.parse(text, Mode::Smart), today));
    });
    print_times("reading a query", &times);
}

fn measure_completion<'a>(lexicon: &Lexicon, titles: impl Iterator<Item = &'a str>) {
    let mut typed: Vec<String> = Vec::new();
    for title in titles.take(TITLES) {
        let chars: Vec<char> = title.chars().take(12).collect();
        typed.extend((1..=chars.len()).map(|n| chars[..n].iter().collect::<String>()));
    }
    typed.extend(["z", "zw", "zwgk", "zhengwu", "zhengwugongkai", "政务gongkai", "gjjtq"].map(String::from));
    let times = shortest(&typed, ROUNDS, |text| {
        std::hint::black_box(lexicon.suggest(text));
    });
    print_times("completing", &times);
}

fn print_times(name: &str, times: &[Duration]) {
    let micros = |share: f64| format!("{:.0} µs", percentile(times, share).as_secs_f64() * 1e6);
    print_row(&format!("{name}, {} texts", times.len()), &["p50".into(), "p99".into(), "most".into()]);
    print_row("", &[micros(0.5), micros(0.99), micros(1.0)]);
}

/// Judged queries of the sample and, where present, of the shared collections.
fn read_queries() -> Vec<String> {
    let own = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures/queries.jsonl");
    let mut files = vec![own];
    if let Some(shared) = shared_folder() {
        files.extend(
            ["lay", "citation"].map(|set| shared.join(format!("relevance/statutes.{set}.queries.jsonl"))),
        );
    }
    let text = |line: &str| {
        let line = line.replace(": NaN", ": null");
        let query: serde_json::Value = serde_json::from_str(&line).expect("a query a line");
        query["text"].as_str().expect("a text").to_owned()
    };
    let files = files.iter().map(|path| fs::read_to_string(path).expect("queries"));
    files.flat_map(|file| file.lines().map(text).collect::<Vec<_>>()).collect()
}
