//! `gongkai evaluate --queries F --qrels F`: measures the ranking on judged queries.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::Instant;

use anyhow::Context;
use gongkai_index::Budget;
use gongkai_index::collection::rewrite::QueryRewriter;
use gongkai_index::lexicon::Lexicon;
use gongkai_index::query::Query;

use crate::api::parameters::parse_mode;
use crate::cli::file_access::create_report;
use crate::cli::open;
use crate::cli::outcome::Outcome;
use crate::clock::today;
use crate::config::Config;
use crate::evaluation::{
    EVALUATED_HITS, JudgedQuery, Metrics, Report, find_regressions, parse_judgements, query_metrics,
    report_by_class,
};
use crate::visible;

/// Fall of a measure from which a comparison fails: one point.
const MAX_FALL: f64 = 0.01;

/// Arguments of `gongkai evaluate`.
#[derive(clap::Args)]
pub struct Arguments {
    /// Queries, NDJSON: id, text, class
    #[arg(long, value_name = "FILE")]
    queries: PathBuf,
    /// Judgements, tab-separated: query id, record id, grade
    #[arg(long, value_name = "FILE")]
    qrels: PathBuf,
    /// smart or literal
    #[arg(long, default_value = "smart")]
    mode: String,
    /// Write the measures as JSON
    #[arg(long, value_name = "FILE")]
    save: Option<PathBuf>,
    /// Compare with measures saved before; a fall of more than a point fails
    #[arg(long, value_name = "FILE")]
    compare: Option<PathBuf>,
    /// Print each query with the rank of its first relevant hit
    #[arg(long)]
    each: bool,
}

/// Measures the ranking and prints the measures by class of query.
///
/// # Errors
/// Files that cannot be read, an index that cannot be searched.
pub fn run(config: &Config, arguments: &Arguments) -> anyhow::Result<Outcome> {
    let Some(mode) = parse_mode(&arguments.mode) else {
        eprintln!("gongkai: “{}” is no mode, expected smart or literal", arguments.mode);
        return Ok(Outcome::Usage);
    };
    let collection = open(config)?.unmasked();
    let judged = parse_judgements(&read(&arguments.qrels)?)
        .map_err(|e| anyhow::anyhow!("{}: {e}", arguments.qrels.display()))?;
    let lexicon = Lexicon::load(&config.typing_file(), collection.generation());
    let parser = collection.parser(lexicon.as_ref());
    let budget = Budget::default();
    let reader = collection.reader();
    let rewriter = QueryRewriter { reader: &reader, lexicon: lexicon.as_ref(), budget: &budget };
    let mut results: Vec<(JudgedQuery, Metrics)> = Vec::new();
    let mut parse_micros: Vec<f64> = Vec::new();
    let mut out = io::stdout().lock();
    for (line, number) in read(&arguments.queries)?.lines().zip(1..).filter(|(line, _)| !line.is_empty()) {
        let query = parse_query(line).with_context(|| format!("{}:{number}", arguments.queries.display()))?;
        let Some(grades) = judged.get(&query.id) else { continue };
        let start = Instant::now();
        let parsed = parser.parse(&query.text, mode);
        let search = Query { per_page: EVALUATED_HITS, highlight: false, ..Query::new(parsed, today()) };
        parse_micros.push(start.elapsed().as_secs_f64() * 1e6);
        let found = rewriter.answer(&search, mode)?;
        let ranked: Vec<String> = found.results.hits.into_iter().map(|hit| hit.record.id).collect();
        let measured = query_metrics(&ranked, grades);
        if arguments.each {
            let first = ranked.iter().position(|id| grades.get(id).is_some_and(|grade| *grade > 0));
            let rank = first.map_or("-".to_owned(), |at| (at + 1).to_string());
            let (id, text) = (visible::escape(&query.id), visible::escape(&query.text));
            writeln!(out, "{rank}\t{:.3}\t{id}\t{text}", measured.ndcg_10)?;
        }
        results.push((query, measured));
    }
    let report = report_by_class(&results);
    print_report(&mut out, &report)?;
    parse_micros.sort_by(f64::total_cmp);
    if let (Some(median), Some(high)) =
        (parse_micros.get(parse_micros.len() / 2), parse_micros.get(parse_micros.len() * 99 / 100))
    {
        writeln!(out, "reading a query: {median:.0} µs at the median, {high:.0} µs at p99")?;
    }
    if let Some(path) = &arguments.save {
        let written =
            create_report(path).and_then(|mut file| file.write_all(&serde_json::to_vec_pretty(&report)?));
        written.with_context(|| path.display().to_string())?;
    }
    match &arguments.compare {
        Some(path) => compare(path, &report),
        None => Ok(Outcome::Done),
    }
}

/// Parses a judged query. Some writers of JSON put `NaN` for an absent value, which is absent here too.
fn parse_query(line: &str) -> serde_json::Result<JudgedQuery> {
    serde_json::from_str(line).or_else(|_| serde_json::from_str(&line.replace(": NaN", ": null")))
}

fn compare(path: &Path, now: &Report) -> anyhow::Result<Outcome> {
    let before: Report = serde_json::from_str(&read(path)?).with_context(|| path.display().to_string())?;
    let fallen = find_regressions(&before, now, MAX_FALL);
    fallen.iter().for_each(|line| eprintln!("gongkai: {line}"));
    Ok(if fallen.is_empty() { Outcome::Done } else { Outcome::Partly })
}

fn read(path: &Path) -> anyhow::Result<String> {
    fs::read_to_string(path).with_context(|| path.display().to_string())
}

fn print_report(out: &mut impl Write, report: &Report) -> io::Result<()> {
    write!(out, "{:14}{:>8}", "class", "queries")?;
    for (name, _) in Metrics::default().by_name() {
        write!(out, "{name:>12}")?;
    }
    writeln!(out)?;
    for (class, metrics) in report {
        write!(out, "{:14}{:>8}", visible::escape(class), metrics.queries)?;
        for (_, value) in metrics.by_name() {
            write!(out, "{value:>12.4}")?;
        }
        writeln!(out)?;
    }
    Ok(())
}
