//! Quality of the importer on judged pages: precision and recall of each field.
//!
//! `cargo run --release --example judge_pages -- fixtures/pages [seen|held|all]`
//!
//! The folder holds the pages and `gold.jsonl`, one page a line: its file, its set,
//! and the records a person reads in it. Differences are printed line by line for the
//! pages whose set is `seen`; for the others only the sums.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use gongkai::import::formats::sandbox;
use gongkai::import::{self, Item, Options};
use gongkai_index::official::document_number;
use serde::Deserialize;
use serde_json::Value;

#[derive(Deserialize)]
struct Judged {
    page: String,
    set: String,
    records: Vec<Value>,
}

/// Fields that are compared on every page.
const ALWAYS: [&str; 7] =
    ["title", "document_number", "issuers", "written_on", "published_on", "effective_on", "validity"];
/// Fields that are compared where the judge gives a value.
const WHERE_JUDGED: [&str; 10] = [
    "ends_on",
    "region",
    "index_number",
    "genre",
    "kind",
    "origin",
    "categories",
    "parts",
    "source_name",
    "interprets",
];

#[derive(Default)]
struct Tally {
    right: usize,
    wrong: usize,
    missed: usize,
}

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if arguments.first().is_some_and(|first| first == sandbox::COMMAND) {
        return sandbox::run_child(&arguments[1..]);
    }
    let folder = PathBuf::from(arguments.first().map_or("fixtures/pages", String::as_str));
    let set = arguments.get(1).map_or("seen", String::as_str);
    let Ok(gold) = std::fs::read_to_string(folder.join("gold.jsonl")) else {
        eprintln!("no gold.jsonl in {}", folder.display());
        return ExitCode::from(3);
    };
    let mut tallies: BTreeMap<&str, Tally> = BTreeMap::new();
    let mut pages = 0;
    for line in gold.lines().filter(|line| !line.trim().is_empty()) {
        match serde_json::from_str::<Judged>(line) {
            Ok(judged) if set == "all" || judged.set == set => {
                pages += 1;
                judge(&folder, &judged, &mut tallies);
            }
            Ok(_) => {}
            Err(e) => eprintln!("gold.jsonl: {e}"),
        }
    }
    println!("{pages} pages");
    for field in ALWAYS.iter().chain(&WHERE_JUDGED) {
        let Tally { right, wrong, missed } = tallies.remove(field).unwrap_or_default();
        let share = |total: usize| if total == 0 { 1.0 } else { right as f64 / total as f64 };
        println!(
            "{field:<16} precision {:.3} recall {:.3} ({right} right, {wrong} wrong, {missed} missed)",
            share(right + wrong),
            share(right + missed)
        );
    }
    ExitCode::SUCCESS
}

fn judge(folder: &Path, judged: &Judged, tallies: &mut BTreeMap<&'static str, Tally>) {
    let mut got = read(&folder.join(&judged.page));
    let prints = judged.set == "seen";
    if prints && got.len() != judged.records.len() {
        println!("{}: {} records, judged {}", judged.page, got.len(), judged.records.len());
    }
    for wanted in &judged.records {
        let same = got.iter().position(|record| value(record, "title") == value(wanted, "title"));
        let record = if got.is_empty() { Value::Null } else { got.remove(same.unwrap_or(0)) };
        for field in ALWAYS {
            compare(&judged.page, field, &record, wanted, tallies, prints);
        }
        for field in WHERE_JUDGED.into_iter().filter(|field| wanted.get(field).is_some()) {
            compare(&judged.page, field, &record, wanted, tallies, prints);
        }
    }
    // A surplus record counts as a wrong title.
    tallies.entry("title").or_default().wrong += got.len();
}

fn compare(
    page: &str,
    field: &'static str,
    got: &Value,
    wanted: &Value,
    tallies: &mut BTreeMap<&'static str, Tally>,
    prints: bool,
) {
    let (got, wanted) = (value(got, field), value(wanted, field));
    let tally = tallies.entry(field).or_default();
    if got == wanted {
        tally.right += usize::from(got.is_some());
        return;
    }
    tally.wrong += usize::from(got.is_some());
    tally.missed += usize::from(wanted.is_some());
    if prints {
        println!(
            "{page}: {field}: {} instead of {}",
            got.as_deref().unwrap_or("nothing"),
            wanted.as_deref().unwrap_or("nothing")
        );
    }
}

/// Normalises a value so that spellings do not matter: numbers by their key, titles without spaces.
fn value(record: &Value, field: &str) -> Option<String> {
    let found = match field {
        "origin" => record.get("origin").or_else(|| record.get("provenance")?.get("origin"))?,
        field => record.get(field)?,
    };
    match (field, found) {
        (_, Value::Null) => None,
        ("document_number", Value::String(number)) => {
            let bare = number.split_whitespace().collect::<String>();
            Some(document_number::parse(&bare).map_or(bare, |number| number.key()))
        }
        ("title", Value::String(title)) => Some(title.split_whitespace().collect()),
        ("parts", Value::Array(parts)) => {
            let titles =
                parts.iter().map(|part| part.get("title").unwrap_or(part).as_str().unwrap_or_default());
            Some(titles.collect::<Vec<_>>().join("|")).filter(|titles| !titles.is_empty())
        }
        (_, Value::Array(values)) if values.is_empty() => None,
        (_, Value::String(text)) => Some(text.clone()),
        (_, other) => Some(other.to_string()),
    }
}

fn read(path: &Path) -> Vec<Value> {
    let mut records = Vec::new();
    let read = import::read_paths(&[path.to_owned()], &Options::default(), &mut |item| {
        if let Item::Record { record, .. } = item {
            records.push(serde_json::to_value(*record).unwrap_or_default());
        }
        true
    });
    if let Err(e) = read {
        eprintln!("{}: {e}", path.display());
    }
    records
}
