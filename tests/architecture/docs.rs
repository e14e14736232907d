//! Paths that the documents name.

use std::fs;
use std::path::Path;

use crate::tree::{assert_no_offenders, read_files, root};

/// Documents outside `docs/`.
const DOCUMENTS: [&str; 5] =
    ["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "CHANGELOG.md", "fixtures/README.md"];

#[test]
fn paths_named_in_the_docs_exist() {
    let root = root();
    let mut found = Vec::new();
    let mut checked = 0;
    let mut docs = read_files("docs", ".md");
    for name in DOCUMENTS {
        docs.extend(fs::read_to_string(root.join(name)).ok().map(|text| (name.to_owned(), text)));
    }
    for (name, text) in docs {
        for path in named_paths(&text) {
            checked += 1;
            let beside = root.join(Path::new(&name).parent().unwrap_or(Path::new("")));
            // A module may be named without the folder that holds the sources.
            let places = [root.clone(), beside, root.join("index"), root.join("index/src"), root.join("src")];
            if !places.iter().any(|place| place.join(&path).exists()) {
                found.push(format!("{name}: {path}"));
            }
        }
    }
    assert!(checked > 0, "the docs name no path at all");
    assert_no_offenders(&found);
}

/// Words in backticks that look like a path of this repository.
fn named_paths(text: &str) -> Vec<String> {
    let prose: String = text.split("```").step_by(2).collect();
    let quoted = prose.split('`').skip(1).step_by(2);
    let is_path = |word: &&str| {
        let plain = word.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '/' | '.' | '_' | '-'));
        let folders =
            ["src/", "index/", "fixtures/", "tests/", "benches/", "docs/", "templates/", "scripts/"];
        let in_folder = folders.iter().any(|folder| word.starts_with(folder));
        let is_file = [".rs", ".toml", ".md"].iter().any(|ending| word.ends_with(ending)) && word.len() > 4;
        plain && (in_folder || is_file) && !word.starts_with('.') && !word.contains("..")
    };
    quoted.filter(is_path).map(str::to_owned).collect()
}

#[test]
fn named_paths_are_those_in_backticks() {
    let text = "See `src/main.rs` and `a::b`, `.rs`, src/lib.rs.\n```\n`src/no.rs`\n```\n`docs/API.md`";
    assert_eq!(named_paths(text), ["src/main.rs", "docs/API.md"]);
}
