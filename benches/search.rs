//! Cost of a full answer, compared with bare searches of the baseline.
//!
//! A full answer: the query is parsed; ten hits with highlighted titles and bodies, the exact total,
//! five facets of which two are filtered. Nothing is cached between searches. Bare: tantivy's
//! best ten for the same words, with and without fetching the ten stored documents.
//!
//! Target: at most three times a bare search that requires all words and fetches.

mod baseline;
mod collection;
mod corpus;
mod measure;

use std::sync::Arc;
use std::time::Duration;

use gongkai_index::analysis::Analyzer;
use gongkai_index::query::{Filter, Mode, Query, parse};
use gongkai_index::record::{Date, parse_iso_date};
use gongkai_index::schema::fields::Facet;
use gongkai_index::{Budget, Reader, Record, Validity};
use jieba_rs::Jieba;
use tantivy::collector::TopDocs;
use tantivy::query::{BooleanQuery, Occur, TermQuery};
use tantivy::schema::{IndexRecordOption, Term};
use tantivy::{Searcher as Bare, TantivyDocument};

use baseline::Baseline;
use corpus::{Corpus, Random};
use measure::{mean, percentile, print_row, shortest};

const QUERIES: usize = 200;
const ROUNDS: usize = 9;
const TARGET: f64 = 3.0;
const FACETS: [Facet; 5] = [Facet::Issuer, Facet::Year, Facet::Category, Facet::Validity, Facet::Kind];

/// Query of words of a title, with kind and validity of its record as filters.
struct SampleQuery {
    words: Vec<String>,
    kind: &'static str,
    state: &'static str,
}

fn sample_queries(records: &[Record], today: Date) -> Vec<SampleQuery> {
    let analyzer = Analyzer::shared();
    let mut numbers = Random(47);
    let mut questions = Vec::new();
    while questions.len() < QUERIES {
        let record = &records[numbers.below(records.len())];
        let words: Vec<String> = analyzer
            .words(&record.title)
            .into_iter()
            .map(|t| t.text)
            .filter(|w| w.chars().count() > 1)
            .collect();
        let count = 2 + numbers.below(3);
        if words.len() < count {
            continue;
        }
        let start = numbers.below(words.len() - count + 1);
        let state = Validity::on(today, record.validity, record.effective_on, record.ends_on);
        questions.push(SampleQuery {
            words: words[start..start + count].to_vec(),
            kind: record.kind.name(),
            state: state.name(),
        });
    }
    questions
}

fn search_full(
    reader: &Reader,
    analyzer: &Analyzer,
    question: &SampleQuery,
    today: Date,
    filtered: bool,
) -> u64 {
    let mut query = Query::new(parse::parse(&question.words.join(" "), Mode::Literal, analyzer), today);
    query.facets = FACETS.map(|facet| (facet, Some(10))).to_vec();
    if filtered {
        let only = |value: &str| Filter { any: vec![value.to_owned()], ..Filter::default() };
        query.filters.insert(Facet::Kind, only(question.kind));
        query.filters.insert(Facet::Validity, only(question.state));
    }
    let results = reader.search(&query, &Budget::default()).expect("answers");
    assert!(results.hits.len() as u64 == results.total.min(10));
    results.total
}

fn search_bare(
    baseline: &Baseline,
    searcher: &Bare,
    question: &SampleQuery,
    all: bool,
    fetch: bool,
) -> usize {
    let term = |field, word: &str| -> Box<dyn tantivy::query::Query> {
        Box::new(TermQuery::new(Term::from_field_text(field, word), IndexRecordOption::WithFreqs))
    };
    let either = |word: &String| {
        vec![(Occur::Should, term(baseline.title, word)), (Occur::Should, term(baseline.body, word))]
    };
    let query = if all {
        let must = |word: &String| -> (Occur, Box<dyn tantivy::query::Query>) {
            (Occur::Must, Box::new(BooleanQuery::new(either(word))))
        };
        BooleanQuery::new(question.words.iter().map(must).collect())
    } else {
        BooleanQuery::new(question.words.iter().flat_map(either).collect())
    };
    let best = searcher.search(&query, &TopDocs::with_limit(10).order_by_score()).expect("answers");
    if fetch {
        for (_, address) in &best {
            let document: TantivyDocument = searcher.doc(*address).expect("stored");
            std::hint::black_box(document);
        }
    }
    best.len()
}

fn report(name: &str, times: &[Duration]) -> f64 {
    let micros = |time: Duration| time.as_secs_f64() * 1e6;
    let columns = [mean(times), percentile(times, 0.5), percentile(times, 0.9), percentile(times, 0.99)];
    print_row(name, &columns.map(|time| format!("{:.0}", micros(time))));
    micros(mean(times))
}

fn run(corpus: &Corpus, today: Date) {
    let records = corpus.records();
    println!("\n{}: {} records; {QUERIES} queries, best of {ROUNDS} rounds, µs", corpus.name, records.len());
    let folder = tempfile::tempdir().expect("a folder");
    let (own, other) = (folder.path().join("own"), folder.path().join("plain"));
    std::fs::create_dir(&other).expect("a folder");
    let reader = collection::index_and_merge(&own, &records).reader();
    let baseline = Baseline::create(&other, &Arc::new(Jieba::new()));
    baseline.write(&corpus.lines);
    let searcher = baseline.index.reader().expect("a reader").searcher();
    let (questions, analyzer) = (sample_queries(&records, today), Analyzer::shared());
    let matches: u64 = questions.iter().map(|q| search_full(&reader, &analyzer, q, today, false)).sum();
    println!(
        "{:.0} matches a query; segments: {} plain",
        matches as f64 / QUERIES as f64,
        searcher.segment_readers().len()
    );
    print_row("", &["mean", "p50", "p90", "p99"].map(str::to_owned));
    let time = |work: &dyn Fn(&SampleQuery)| shortest(&questions, ROUNDS, work);
    let filtered = report(
        "full answer, two filters",
        &time(&|q| {
            search_full(&reader, &analyzer, q, today, true);
        }),
    );
    let unfiltered = report(
        "full answer, no filter",
        &time(&|q| {
            search_full(&reader, &analyzer, q, today, false);
        }),
    );
    let mut bases = Vec::new();
    for (name, all, fetch) in [
        ("bare, all words, fetched", true, true),
        ("bare, all words", true, false),
        ("bare, any word, fetched", false, true),
        ("bare, any word", false, false),
    ] {
        bases.push((
            name,
            report(
                name,
                &time(&|q| {
                    search_bare(&baseline, &searcher, q, all, fetch);
                }),
            ),
        ));
    }
    for (name, base) in &bases {
        println!(
            "full answer / {name}: {:.2} with filters, {:.2} without",
            filtered / base,
            unfiltered / base
        );
    }
    let ratio = filtered / bases[0].1;
    println!(
        "ratio {ratio:.2}, demand at most {TARGET:.1}: {}",
        if ratio <= TARGET { "kept" } else { "MISSED" }
    );
}

fn main() {
    let today = parse_iso_date("2026-01-01").expect("a date");
    for corpus in std::iter::once(Corpus::documents()).chain(Corpus::articles()) {
        run(&corpus, today);
    }
}
