//! Words in names and comments, and code that must not be there.

use std::collections::BTreeSet;

use proc_macro2::{TokenStream, TokenTree};
use syn::visit::{self, Visit};
use syn::{Attribute, Expr, Lit, Meta};

use crate::source;
use crate::tree::{File, assert_no_offenders, read_files, rust_files};

/// Module names under which anything could be put.
const DRAWERS: [&str; 12] = [
    "util", "utils", "helper", "helpers", "common", "core", "misc", "lib2", "shared", "base", "tools",
    "stuff",
];
/// First words of a doc comment that names no thing.
const RIDDLES: [&str; 19] = [
    "how", "it", "its", "says", "so", "tells", "that", "they", "those", "what", "when", "where", "whether",
    "which", "who", "whom", "whose", "why", "these",
];
/// First words of a test's name that names no subject.
const RIDDLE_TESTS: [&str; 4] = ["how_", "what_", "whether_", "who_"];
/// Files with types that go into answers: the program alone writes them as JSON.
const ANSWER_TYPES: [&str; 5] = [
    "index/src/backend",
    "index/src/query",
    "index/src/results",
    "index/src/schema/fields",
    "index/src/collection/highlight",
];

#[test]
fn modules_have_names_of_their_content() {
    let is_drawer = |name: &str| name.split('/').any(|part| DRAWERS.contains(&part.trim_end_matches(".rs")));
    let names = rust_files().into_iter().map(|(name, _)| name);
    assert_no_offenders(&names.filter(|name| is_drawer(name)).collect::<Vec<_>>());
}

#[test]
fn modules_begin_with_a_doc_comment() {
    let bare = rust_files().into_iter().filter(|(_, text)| !text.starts_with("//!"));
    assert_no_offenders(&bare.map(|(name, _)| name).collect::<Vec<_>>());
}

/// Lines of doc comments, and names of tests.
#[derive(Default)]
struct Words {
    docs: BTreeSet<(usize, String)>,
    tests: Vec<(usize, String)>,
}

impl Words {
    fn read((name, text): &File) -> Self {
        let mut words = Self::default();
        words.visit_file(&source::parse(name, text));
        words
    }

    /// First line of each doc comment.
    fn first_lines(&self) -> Vec<(usize, &str)> {
        let lines: BTreeSet<usize> = self.docs.iter().map(|(line, _)| *line).collect();
        let first = self.docs.iter().filter(|(line, _)| *line == 1 || !lines.contains(&(line - 1)));
        first.map(|(line, text)| (*line, text.trim())).collect()
    }

    /// Adds the tests that a macro call contains.
    fn add_tokens(&mut self, tokens: TokenStream) {
        let mut after_fn = false;
        for token in tokens {
            match &token {
                TokenTree::Ident(name) if after_fn => {
                    self.tests.push((name.span().start().line, name.to_string()));
                }
                TokenTree::Group(group) => self.add_tokens(group.stream()),
                _ => {}
            }
            after_fn = matches!(&token, TokenTree::Ident(name) if name == "fn");
        }
    }
}

impl<'ast> Visit<'ast> for Words {
    fn visit_attribute(&mut self, attribute: &'ast Attribute) {
        if let Meta::NameValue(doc) = &attribute.meta
            && doc.path.is_ident("doc")
            && let Expr::Lit(value) = &doc.value
            && let Lit::Str(text) = &value.lit
        {
            self.docs.insert((attribute.pound_token.spans[0].start().line, text.value()));
        }
    }

    fn visit_item_fn(&mut self, function: &'ast syn::ItemFn) {
        let is_test =
            |attribute: &Attribute| attribute.path().segments.last().is_some_and(|last| last.ident == "test");
        if function.attrs.iter().any(is_test) {
            self.tests.push((function.sig.ident.span().start().line, function.sig.ident.to_string()));
        }
        visit::visit_item_fn(self, function);
    }

    fn visit_macro(&mut self, call: &'ast syn::Macro) {
        if call.path.segments.last().is_some_and(|last| last.ident == "proptest") {
            self.add_tokens(call.tokens.clone());
        }
    }
}

fn is_riddle(comment: &str) -> bool {
    let first = comment.split(|c: char| !c.is_alphabetic()).next().unwrap_or_default();
    RIDDLES.contains(&first.to_lowercase().as_str())
}

/// Number of doc comments in a file, and those that begin with a riddle.
fn riddles(file: &File) -> (usize, Vec<String>) {
    let words = Words::read(file);
    let lines = words.first_lines();
    let riddles = lines.iter().filter(|(_, text)| is_riddle(text));
    (lines.len(), riddles.map(|(line, text)| format!("{}:{line}: {text}", file.0)).collect())
}

#[test]
fn doc_comments_begin_with_the_thing() {
    let (mut comments, mut found) = (0, Vec::new());
    for file in rust_files() {
        let (of_file, riddles) = riddles(&file);
        comments += of_file;
        found.extend(riddles);
    }
    assert!(comments > 500, "only {comments} doc comments were read");
    assert_no_offenders(&found);
}

#[test]
fn doc_comment_with_riddle_is_found() {
    let text = "//! Files.\n\n/// Whether it\n/// so is.\nfn f() {}\n/// Counts.\n/// How many\nstruct A {\n    /// Whose\n    a: u8,\n}\n";
    let (comments, found) = riddles(&("a.rs".into(), text.into()));
    assert_eq!((comments, found), (4, vec!["a.rs:3: Whether it".into(), "a.rs:9: Whose".into()]));
}

fn riddle_tests(file: &File) -> Vec<String> {
    let tests = Words::read(file).tests.into_iter();
    let riddles = tests.filter(|(_, name)| RIDDLE_TESTS.iter().any(|start| name.starts_with(start)));
    riddles.map(|(line, name)| format!("{}:{line}: {name}", file.0)).collect()
}

#[test]
fn tests_are_named_by_their_subject() {
    assert_no_offenders(&rust_files().iter().flat_map(riddle_tests).collect::<Vec<_>>());
}

#[test]
fn test_name_with_riddle_is_found() {
    let text = "#[test]\nfn what_is() {}\nfn what_code() {}\nproptest! {\n    #[test]\n    fn who_knows(a in 0..1) {}\n}\n";
    assert_eq!(riddle_tests(&("a.rs".into(), text.into())), ["a.rs:2: what_is", "a.rs:6: who_knows"]);
}

#[test]
fn answer_types_are_not_serialised_by_the_engine() {
    // The public JSON is written in the program alone.
    let files = read_files("index/src", ".rs");
    let answers = files.iter().filter(|(name, _)| ANSWER_TYPES.iter().any(|start| name.starts_with(start)));
    let shipped = |text: &str| text.split("#[cfg(test)]").next().unwrap_or_default().contains("Serialize");
    let found = answers.filter(|(_, text)| shipped(text)).map(|(name, _)| format!("{name}: Serialize"));
    assert_no_offenders(&found.collect::<Vec<_>>());
}

/// Finds lines with one of these words, written in parts so that this file does not find itself.
fn lines_with(files: &[File], banned: &[[&str; 2]]) -> Vec<String> {
    let banned: Vec<String> = banned.iter().map(|parts| parts.concat()).collect();
    let mut found = Vec::new();
    for (name, text) in files {
        for (line, number) in text.lines().zip(1..) {
            let words = banned.iter().filter(|word| line.contains(word.as_str()));
            found.extend(words.map(|word| format!("{name}:{number}: {word}")));
        }
    }
    found
}

#[test]
fn code_has_nothing_left_undone_or_switched_off() {
    let banned = [
        ["#[ig", "nore"],
        ["to", "do!("],
        ["unimple", "mented!("],
        ["TO", "DO"],
        ["FIX", "ME"],
        ["XX", "X:"],
        ["db", "g!("],
    ];
    assert_no_offenders(&lines_with(&rust_files(), &banned));
}

#[test]
fn tests_do_not_sleep_and_take_no_fixed_port() {
    let banned = [["thread::sl", "eep"], ["time::sl", "eep("], ["127.0.0.1:80", "80"]];
    let tests = [read_files("tests", ".rs"), read_files("index/tests", ".rs")].concat();
    assert_no_offenders(&lines_with(&tests, &banned));
}

#[test]
fn files_name_no_path_of_the_machine_they_were_written_on() {
    let files = [rust_files(), read_files("docs", ".md"), read_files("templates", ".html")].concat();
    assert_no_offenders(&lines_with(&files, &[["/wo", "rk/"]]));
}

#[test]
fn banned_word_is_found_with_its_line() {
    let files: [File; 1] = [("a.rs".into(), "fn f() {\n    switch_off();\n}\n".into())];
    assert_eq!(lines_with(&files, &[["switch", "_off"]]), ["a.rs:2: switch_off"]);
}
