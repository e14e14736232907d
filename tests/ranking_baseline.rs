//! Ranking metrics against a saved baseline: `gongkai evaluate` on the sample and, where the shared
//! collections are present, on articles of law. A fall of more than a point in any class fails;
//! an improved ranking is saved as the new baseline with `--save`.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;

fn project_path(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// Folder of the shared collections; `None` where it is absent.
fn shared_folder() -> Option<PathBuf> {
    let named = std::env::var_os("GONGKAI_SHARED").map(PathBuf::from);
    let folder = named.unwrap_or_else(|| project_path("../shared"));
    if folder.join("relevance").is_dir() {
        return Some(folder);
    }
    println!("skipped: no shared collections (GONGKAI_SHARED or ../shared)");
    None
}

fn run_program(data: &Path, arguments: &[&Path]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_gongkai"));
    command.arg("--data").arg(data).args(arguments).output().expect("the program starts")
}

fn index(data: &Path, file: &Path) {
    let output = run_program(data, &[Path::new("index"), file]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

/// Evaluates and compares with the baseline of this name; returns the new metrics.
fn evaluate(data: &Path, queries: &Path, qrels: &Path, baseline: &str) -> Value {
    let current = data.join("now.json");
    let previous = project_path("fixtures/figures").join(baseline);
    let flags = ["evaluate", "--queries", "--qrels", "--save", "--compare"].map(Path::new);
    let output = run_program(
        data,
        &[flags[0], flags[1], queries, flags[2], qrels, flags[3], &current, flags[4], &previous],
    );
    print!("{}", String::from_utf8_lossy(&output.stdout));
    assert!(output.status.success(), "{baseline}: {}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&std::fs::read(current).expect("saved")).expect("metrics")
}

#[test]
fn sample_ranking_is_not_below_baseline() {
    let data = tempfile::tempdir().expect("a temporary directory");
    index(data.path(), &project_path("fixtures/records.ndjson"));
    let (queries, qrels) = (project_path("fixtures/queries.jsonl"), project_path("fixtures/qrels.tsv"));
    evaluate(data.path(), &queries, &qrels, "sample.json");
}

#[test]
fn statute_ranking_is_not_below_baseline() {
    let Some(shared) = shared_folder() else { return };
    let relevance = shared.join("relevance");
    let data = tempfile::tempdir().expect("a temporary directory");
    index(data.path(), &relevance.join("statutes.corpus.jsonl.zst"));
    let evaluate_set = |set: &str| {
        let file = |end: &str| relevance.join(format!("statutes.{set}.{end}"));
        evaluate(data.path(), &file("queries.jsonl"), &file("qrels.tsv"), &format!("statutes.{set}.json"))
    };
    let lay = evaluate_set("lay");
    let overall = |metrics: &Value, name: &str| metrics["all"][name].as_f64().expect("a metric");
    assert!(overall(&lay, "ndcg_10") >= 0.42 && overall(&lay, "recall_100") >= 0.74, "{lay}");
    let citation = evaluate_set("citation");
    assert!(overall(&citation, "success_1") >= 0.97, "{citation}");
}
