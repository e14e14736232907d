//! The ranking against saved figures: `gongkai evaluate` on the sample and, where the
//! shared collections are at hand, on articles of law. A fall of more than a point in any
//! class fails; whoever improves the ranking saves the figures anew with `--save`.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;

fn project(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

fn shared() -> Option<PathBuf> {
    let named = std::env::var_os("GONGKAI_SHARED").map(PathBuf::from);
    let folder = named.unwrap_or_else(|| project("../shared"));
    if folder.join("relevance").is_dir() {
        return Some(folder);
    }
    println!("skipped: no shared collections (GONGKAI_SHARED or ../shared)");
    None
}

fn gongkai(data: &Path, arguments: &[&Path]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_gongkai"));
    command.arg("--data").arg(data).args(arguments).output().expect("the program starts")
}

fn index(data: &Path, file: &Path) {
    let output = gongkai(data, &[Path::new("index"), file]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

/// Evaluates and compares with what was saved under this name; gives the figures of now.
fn evaluate(data: &Path, queries: &Path, qrels: &Path, saved: &str) -> Value {
    let now = data.join("now.json");
    let before = project("fixtures/figures").join(saved);
    let flags = ["evaluate", "--queries", "--qrels", "--save", "--compare"].map(Path::new);
    let output =
        gongkai(data, &[flags[0], flags[1], queries, flags[2], qrels, flags[3], &now, flags[4], &before]);
    print!("{}", String::from_utf8_lossy(&output.stdout));
    assert!(output.status.success(), "{saved}: {}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&std::fs::read(now).expect("saved")).expect("figures")
}

#[test]
fn the_sample_is_ranked_as_well_as_before() {
    let data = tempfile::tempdir().expect("a temporary directory");
    index(data.path(), &project("fixtures/records.ndjson"));
    let (queries, qrels) = (project("fixtures/queries.jsonl"), project("fixtures/qrels.tsv"));
    evaluate(data.path(), &queries, &qrels, "sample.json");
}

#[test]
fn articles_of_law_are_found_by_laypeople_and_by_citation() {
    let Some(shared) = shared() else { return };
    let relevance = shared.join("relevance");
    let data = tempfile::tempdir().expect("a temporary directory");
    index(data.path(), &relevance.join("statutes.corpus.jsonl.zst"));
    let figures = |set: &str| {
        let file = |end: &str| relevance.join(format!("statutes.{set}.{end}"));
        evaluate(data.path(), &file("queries.jsonl"), &file("qrels.tsv"), &format!("statutes.{set}.json"))
    };
    let lay = figures("lay");
    let all = |figures: &Value, name: &str| figures["all"][name].as_f64().expect("a figure");
    assert!(all(&lay, "ndcg_10") >= 0.42 && all(&lay, "recall_100") >= 0.74, "{lay}");
    let citation = figures("citation");
    assert!(all(&citation, "success_1") >= 0.97, "{citation}");
}
