//! What the layout promises, checked on the files themselves.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// Longest file of Rust, in lines; a test of what is long enough to be two.
const MOST_LINES: usize = 500;
/// Files that hold one long table or one record type with its rules, with the limit of each.
const LONGER: &[(&str, usize)] = &[];
/// Names under which anything could be put.
const DRAWERS: [&str; 10] =
    ["util", "utils", "helper", "helpers", "common", "core", "misc", "lib2", "shared", "base"];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Files with this ending below a folder of the repository; none if there is no such folder.
fn files(folder: &str, ending: &str) -> Vec<(String, String)> {
    fn walk(path: &Path, found: &mut Vec<PathBuf>) {
        let Ok(entries) = fs::read_dir(path) else { return };
        for entry in entries.filter_map(Result::ok) {
            let path = entry.path();
            let hidden = entry.file_name().to_string_lossy().starts_with('.');
            match path.is_dir() {
                true if !hidden && entry.file_name() != "target" && entry.file_name() != "node_modules" => {
                    walk(&path, found)
                }
                true => {}
                false => found.push(path),
            }
        }
    }
    let mut found = Vec::new();
    walk(&root().join(folder), &mut found);
    found.sort();
    let name =
        |path: &Path| path.strip_prefix(root()).expect("below the root").to_string_lossy().replace('\\', "/");
    let ended = found.into_iter().filter(|path| path.to_string_lossy().ends_with(ending));
    ended.filter_map(|path| Some((name(&path), fs::read_to_string(&path).ok()?))).collect()
}

fn rust() -> Vec<(String, String)> {
    let all: Vec<_> = ["src", "index", "fixtures", "tests", "benches"]
        .iter()
        .flat_map(|folder| files(folder, ".rs"))
        .collect();
    assert!(all.len() > 40, "the walk found only {} files", all.len());
    all
}

/// The code of a file: no comments, and nothing behind `#[cfg(test)]`.
fn code(text: &str) -> String {
    let shipped = text.split("#[cfg(test)]").next().unwrap_or_default();
    let lines = shipped.lines().map(|line| line.split("//").next().unwrap_or_default());
    lines.collect::<Vec<_>>().join("\n")
}

#[track_caller]
fn assert_none(found: Vec<String>) {
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[test]
fn files_are_short_enough_to_read() {
    let limit =
        |name: &str| LONGER.iter().find(|(long, _)| *long == name).map_or(MOST_LINES, |(_, lines)| *lines);
    let long = rust().into_iter().filter(|(name, text)| text.lines().count() > limit(name));
    assert_none(long.map(|(name, text)| format!("{name} has {} lines", text.lines().count())).collect());
}

#[test]
fn no_module_is_a_drawer() {
    let is_drawer = |name: &str| name.split('/').any(|part| DRAWERS.contains(&part.trim_end_matches(".rs")));
    assert_none(rust().into_iter().map(|(name, _)| name).filter(|name| is_drawer(name)).collect());
}

#[test]
fn every_module_begins_with_what_it_is_for() {
    let shipped =
        rust().into_iter().filter(|(name, _)| !name.contains("/pages/") || name.starts_with("src/"));
    assert_none(shipped.filter(|(_, text)| !text.starts_with("//!")).map(|(name, _)| name).collect());
}

/// Names of the packages in the dependency tables of a manifest.
fn dependencies(manifest: &str) -> BTreeSet<String> {
    let text = fs::read_to_string(root().join(manifest)).expect("a manifest");
    let mut names = BTreeSet::new();
    let mut inside = false;
    for line in text.lines() {
        if line.starts_with('[') {
            inside = line.trim().ends_with("dependencies]") && !line.contains("workspace");
        } else if inside && !line.trim_start().starts_with('#') {
            let name: String =
                line.chars().take_while(|c| c.is_alphanumeric() || matches!(c, '-' | '_')).collect();
            names.insert(name);
        }
    }
    names.remove("");
    names
}

#[test]
fn the_engine_knows_no_server_and_the_program_no_search_library() {
    let (engine, program) = (dependencies("index/Cargo.toml"), dependencies("Cargo.toml"));
    assert!(engine.contains("tantivy") && program.contains("axum"), "{engine:?} {program:?}");
    let never = |names: &BTreeSet<String>, banned: &[&str]| {
        let found: Vec<_> =
            names.iter().filter(|name| banned.iter().any(|b| name.starts_with(b))).cloned().collect();
        assert!(found.is_empty(), "{found:?}");
    };
    never(
        &engine,
        &[
            "axum",
            "tokio",
            "hyper",
            "tower",
            "clap",
            "askama",
            "utoipa",
            "indicatif",
            "ureq",
            "tracing-subscriber",
        ],
    );
    never(&program, &["tantivy", "jieba"]);
}

#[test]
fn the_engine_imports_nothing_of_the_program() {
    let banned = ["gongkai::", "axum", "tokio", "hyper", "std::net", "println!", "eprintln!"];
    let mut found = Vec::new();
    for (name, text) in files("index/src", ".rs") {
        let code = code(&text);
        found
            .extend(banned.iter().filter(|word| code.contains(**word)).map(|word| format!("{name}: {word}")));
    }
    assert_none(found);
}

#[test]
fn only_its_own_folder_knows_a_backend() {
    let mut found = Vec::new();
    for (name, text) in files("index/src", ".rs") {
        let code = code(&text);
        let mut must_not = |word: &str, home: &str| {
            if !name.starts_with(home) && code.contains(word) {
                found.push(format!("{name}: {word}"));
            }
        };
        must_not("tantivy::", "index/src/embedded/");
        must_not("jieba_rs::", "index/src/analysis/");
        if name != "index/src/lib.rs" {
            must_not("embedded::", "index/src/embedded/");
            must_not("distributed::", "index/src/distributed/");
        }
    }
    assert_none(found);
}

#[test]
fn what_is_below_does_not_reach_up() {
    // Each folder and what it must not import.
    let rules: [(&str, &[&str]); 8] = [
        ("index/src/analysis/", &["crate::query", "crate::embedded", "crate::backend", "crate::results"]),
        ("index/src/query/", &["crate::embedded", "crate::backend", "crate::results"]),
        ("index/src/official/", &["crate::query", "crate::embedded", "crate::backend", "crate::results"]),
        (
            "index/src/record/",
            &["crate::query", "crate::embedded", "crate::backend", "crate::results", "crate::analysis"],
        ),
        (
            "src/import/",
            &["crate::api", "crate::pages", "crate::routes", "crate::server", "crate::cli", "crate::service"],
        ),
        ("src/api/", &["crate::pages", "crate::routes", "crate::server", "crate::cli"]),
        ("src/pages/", &["crate::routes", "crate::server", "crate::cli"]),
        ("src/service.rs", &["crate::api", "crate::pages", "crate::routes", "crate::cli"]),
    ];
    let mut found = Vec::new();
    for (name, text) in files("index/src", ".rs").into_iter().chain(files("src", ".rs")) {
        let code = code(&text);
        for (_, banned) in rules.iter().filter(|(folder, _)| name.starts_with(folder)) {
            found.extend(
                banned.iter().filter(|path| code.contains(**path)).map(|path| format!("{name}: {path}")),
            );
        }
    }
    assert_none(found);
}

#[test]
fn the_public_json_is_written_in_the_program_alone() {
    // Types of the engine that go into answers have no form on the wire of their own.
    let mut found = Vec::new();
    for name in ["results.rs", "query/mod.rs", "schema.rs", "backend.rs", "highlight.rs"] {
        let text = fs::read_to_string(root().join("index/src").join(name)).unwrap_or_default();
        if code(&text).contains("Serialize") {
            found.push(format!("index/src/{name}: Serialize"));
        }
    }
    assert_none(found);
}

#[test]
fn nothing_is_left_undone_or_switched_off() {
    // Written apart, so that this file does not find itself.
    let banned = [
        ["#[ig", "nore"],
        ["to", "do!("],
        ["unimple", "mented!("],
        ["TO", "DO"],
        ["FIX", "ME"],
        ["XX", "X:"],
        ["db", "g!("],
    ]
    .map(|parts| parts.concat());
    let mut found = Vec::new();
    for (name, text) in rust() {
        for (line, number) in text.lines().zip(1..) {
            found.extend(
                banned
                    .iter()
                    .filter(|word| line.contains(word.as_str()))
                    .map(|word| format!("{name}:{number}: {word}")),
            );
        }
    }
    assert_none(found);
}

#[test]
fn tests_do_not_sleep_and_take_no_fixed_port() {
    let banned =
        [["thread::sl", "eep"], ["time::sl", "eep("], ["127.0.0.1:80", "80"]].map(|parts| parts.concat());
    let mut found = Vec::new();
    for (name, text) in files("tests", ".rs").into_iter().chain(files("index/tests", ".rs")) {
        found.extend(
            banned.iter().filter(|word| text.contains(word.as_str())).map(|word| format!("{name}: {word}")),
        );
    }
    assert_none(found);
}

#[test]
fn every_path_named_in_the_docs_exists() {
    let mut found = Vec::new();
    let mut checked = 0;
    let mut docs = files("docs", ".md");
    for name in ["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "fixtures/README.md"] {
        docs.extend(fs::read_to_string(root().join(name)).ok().map(|text| (name.to_owned(), text)));
    }
    for (name, text) in docs {
        for path in paths_in(&text) {
            checked += 1;
            let beside = root().join(Path::new(&name).parent().unwrap_or(Path::new("")));
            // A module may be named without the folder that holds the sources.
            let places = [
                root().join(&path),
                beside.join(&path),
                root().join("index").join(&path),
                root().join("index/src").join(&path),
                root().join("src").join(&path),
            ];
            if !places.iter().any(|place| place.exists()) {
                found.push(format!("{name}: {path}"));
            }
        }
    }
    assert!(checked > 0, "the docs name no path at all");
    assert_none(found);
}

/// What stands in backticks and looks like a path of this repository.
fn paths_in(text: &str) -> Vec<String> {
    let prose: String = text.split("```").step_by(2).collect();
    let quoted = prose.split('`').skip(1).step_by(2);
    let is_path = |word: &&str| {
        let plain = word.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '/' | '.' | '_' | '-'));
        let ours = ["src/", "index/", "fixtures/", "tests/", "benches/", "docs/", "templates/"]
            .iter()
            .any(|top| word.starts_with(top));
        let file = [".rs", ".toml", ".md"].iter().any(|ending| word.ends_with(ending)) && word.len() > 4;
        plain && (ours || file) && !word.starts_with('.') && !word.contains("..")
    };
    quoted.filter(is_path).map(str::to_owned).collect()
}

#[test]
fn no_line_tells_of_the_place_it_was_written_in() {
    let banned = ["/wo", "rk/"].concat();
    let all = rust().into_iter().chain(files("docs", ".md")).chain(files("templates", ".html"));
    let files = all.filter(|(_, text)| text.contains(&banned)).map(|(name, _)| name);
    assert_none(files.collect());
}
