//! Metrics of links, versions and reprints on the shared collections:
//! `cargo run --release -p gongkai-index --example relations_metrics [pairs|citations [SEED [COUNT]]|versions|reprints]`.
//!
//! The collections are read from the folder named by `GONGKAI_SHARED`, or from
//! `../shared` beside the repository; without them nothing is measured.

mod citations;
mod pairs;
mod reprints;
mod versions;

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::time::Instant;

use gongkai_index::Record;
use gongkai_index::record::parse_iso_date;
use gongkai_index::relations::fact_table::FactTable;
use gongkai_index::relations::facts::Facts;
use gongkai_index::relations::frames::Change;

/// Collection with its facts.
pub struct Collection {
    /// Records by id.
    pub records: HashMap<String, Record>,
    /// Facts of the records.
    pub facts: FactTable,
}

fn main() {
    let Some(shared) = shared_folder() else {
        println!("no shared collections: nothing measured");
        return;
    };
    let wanted: Vec<String> = std::env::args().skip(1).collect();
    let every = wanted.iter().all(|word| word.parse::<u64>().is_ok());
    let asked = |name: &str| every || wanted.iter().any(|w| w == name);
    if asked("pairs") {
        pairs::print(&shared, &Collection::read(&shared, &["disclosure"]));
    }
    if asked("versions") {
        let laws = Collection::read(&shared, &["laws"]);
        versions::print(&laws, parse_iso_date("2025-12-01").expect("a date"));
    }
    if asked("reprints") {
        reprints::print(&Collection::read(&shared, &["laws", "rules", "local", "disclosure"]), 3);
    }
    if asked("citations") {
        let mut numbers = wanted.iter().filter_map(|word| word.parse().ok());
        let (seed, shown) = (numbers.next().unwrap_or(1), numbers.next().unwrap_or(100));
        citations::print(
            &Collection::read(&shared, &["laws", "rules", "local", "disclosure"]),
            seed,
            shown as usize,
        );
    }
}

/// Folder of the shared collections; `None` where it is absent.
fn shared_folder() -> Option<PathBuf> {
    let folder = std::env::var_os("GONGKAI_SHARED").map_or_else(|| PathBuf::from("../shared"), PathBuf::from);
    folder.is_dir().then_some(folder)
}

impl Collection {
    /// Reads corpora by name and relates their records.
    pub fn read(shared: &Path, names: &[&str]) -> Self {
        let mut records = HashMap::new();
        for name in names {
            let file = shared.join("corpus").join(format!("{name}.jsonl.zst"));
            let packed = std::fs::read(&file).expect("a corpus");
            let text = zstd::decode_all(&packed[..]).expect("zstd");
            for line in text.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
                let record = Record::from_json(line).expect("a record");
                records.insert(record.id.clone(), record);
            }
        }
        let begun = Instant::now();
        let mut ids: Vec<&String> = records.keys().collect();
        ids.sort();
        let changes = ids.iter().map(|id| Change::Put(Box::new(Facts::from_record(&records[*id])))).collect();
        let read = begun.elapsed();
        let mut facts = FactTable::default();
        let put = facts.apply(changes);
        let filed = begun.elapsed();
        facts.find_copies(&put, &mut |id| records.get(id).map(|record| record.body.clone()));
        println!(
            "{}: {} records; read {:.2} s, filed {:.2} s, copies {:.2} s",
            names.join("+"),
            records.len(),
            read.as_secs_f64(),
            (filed - read).as_secs_f64(),
            (begun.elapsed() - filed).as_secs_f64()
        );
        Self { records, facts }
    }
}
