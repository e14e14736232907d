//! Cost of indexing, compared with the baseline: the same lines, two threads and the same memory,
//! JSON read, committed, merged to two segments.
//!
//! Target: at most twice the processor time per megabyte.

mod baseline;
mod collection;
mod corpus;
mod measure;

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use gongkai_index::{Record, RecordWriter};
use jieba_rs::Jieba;

use baseline::Baseline;
use corpus::Corpus;
use measure::{megabytes, print_row, process_cpu};

const ROUNDS: usize = 3;
const TARGET: f64 = 2.0;

struct Cost {
    cpu: Duration,
    wall: Duration,
    disk: u64,
}

fn measure(work: impl FnOnce(&Path)) -> Cost {
    let directory = tempfile::tempdir().expect("a folder");
    let (cpu, begun) = (process_cpu(), Instant::now());
    work(directory.path());
    Cost { cpu: process_cpu() - cpu, wall: begun.elapsed(), disk: size(directory.path()) }
}

fn size(folder: &Path) -> u64 {
    let files = std::fs::read_dir(folder).expect("a folder").filter_map(Result::ok);
    files.filter_map(|file| file.metadata().ok()).map(|meta| meta.len()).sum()
}

fn index_lines(path: &Path, lines: &[Vec<u8>]) {
    let mut writer = collection::bulk_writer(&collection::open(path));
    for line in lines {
        writer.put(&Record::from_json(line).expect("a record")).expect("taken");
    }
    writer.commit().expect("commits");
    writer.optimise(2).expect("merges");
}

fn cheapest(costs: &[Cost]) -> &Cost {
    costs.iter().min_by_key(|cost| cost.cpu).expect("several rounds")
}

fn main() {
    let jieba = Arc::new(Jieba::new());
    gongkai_index::analysis::Analyzer::shared();
    for corpus in std::iter::once(Corpus::documents()).chain(Corpus::articles()) {
        let bytes = corpus.bytes();
        println!("\n{}: {} records, {:.1} MB", corpus.name, corpus.lines.len(), megabytes(bytes));
        let (mut gongkai, mut baseline_costs) = (Vec::new(), Vec::new());
        // Alternating, so that a busy moment of the machine affects both.
        for _ in 0..ROUNDS {
            gongkai.push(measure(|path| index_lines(path, &corpus.lines)));
            baseline_costs.push(measure(|path| Baseline::create(path, &jieba).write(&corpus.lines)));
        }
        print_row("", &["CPU s".into(), "MB/CPU s".into(), "wall s".into(), "disk MB".into()]);
        for (name, costs) in [("gongkai", &gongkai), ("plain tantivy + jieba", &baseline_costs)] {
            let cost = cheapest(costs);
            let cpu = cost.cpu.as_secs_f64();
            let columns = [cpu, megabytes(bytes) / cpu, cost.wall.as_secs_f64(), cost.disk as f64 / 1e6];
            print_row(name, &columns.map(|n| format!("{n:.2}")));
        }
        let ratio = cheapest(&gongkai).cpu.as_secs_f64() / cheapest(&baseline_costs).cpu.as_secs_f64();
        let verdict = if ratio <= TARGET { "kept" } else { "MISSED" };
        println!("ratio {ratio:.2}, demand at most {TARGET:.1}: {verdict}");
    }
}
