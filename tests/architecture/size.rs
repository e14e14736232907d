//! Limits of files, folders and functions, and the shape of the seam.

use std::collections::BTreeMap;

use syn::visit::{self, Visit};
use syn::{Block, Item, Signature, TraitItem};

use crate::source;
use crate::tree::{File, assert_no_offenders, read_files, rust_files};

/// Longest file, in lines.
const MAX_FILE_LINES: usize = 500;
/// Longest function, in lines from `fn` to its closing brace.
const MAX_FUNCTION_LINES: usize = 70;
/// Most Rust files side by side in a folder.
const MAX_FOLDER_FILES: usize = 20;

#[test]
fn files_have_at_most_500_lines() {
    let long = rust_files().into_iter().map(|(name, text)| (name, text.lines().count()));
    let long = long.filter(|(_, lines)| *lines > MAX_FILE_LINES);
    assert_no_offenders(&long.map(|(name, lines)| format!("{name}: {lines} lines")).collect::<Vec<_>>());
}

fn crowded_folders<'a>(names: impl Iterator<Item = &'a str>) -> Vec<String> {
    let mut folders: BTreeMap<&str, usize> = BTreeMap::new();
    for name in names {
        *folders.entry(name.rsplit_once('/').map_or("", |(folder, _)| folder)).or_default() += 1;
    }
    let crowded = folders.into_iter().filter(|(_, files)| *files > MAX_FOLDER_FILES);
    crowded.map(|(folder, files)| format!("{folder}: {files} files side by side")).collect()
}

#[test]
fn folders_have_at_most_20_files() {
    let files = rust_files();
    assert_no_offenders(&crowded_folders(files.iter().map(|(name, _)| &**name)));
}

#[test]
fn folder_of_21_files_is_refused() {
    let names: Vec<_> = (0..21).map(|number| format!("a/b/{number}.rs")).collect();
    assert_eq!(crowded_folders(names.iter().map(|name| &**name)), ["a/b: 21 files side by side"]);
    assert_eq!(crowded_folders(names[1..].iter().map(|name| &**name)), [""; 0]);
}

/// Functions of a file with their lines.
#[derive(Default)]
struct Functions(Vec<(String, usize, usize)>);

impl Functions {
    fn add(&mut self, signature: &Signature, block: &Block) {
        let start = signature.fn_token.span.start().line;
        let end = block.brace_token.span.close().end().line;
        self.0.push((signature.ident.to_string(), start, end + 1 - start));
    }
}

impl<'ast> Visit<'ast> for Functions {
    fn visit_item_fn(&mut self, function: &'ast syn::ItemFn) {
        self.add(&function.sig, &function.block);
        visit::visit_item_fn(self, function);
    }

    fn visit_impl_item_fn(&mut self, function: &'ast syn::ImplItemFn) {
        self.add(&function.sig, &function.block);
        visit::visit_impl_item_fn(self, function);
    }

    fn visit_trait_item_fn(&mut self, function: &'ast syn::TraitItemFn) {
        if let Some(block) = &function.default {
            self.add(&function.sig, block);
        }
        visit::visit_trait_item_fn(self, function);
    }
}

fn long_functions((name, text): &File) -> Vec<String> {
    let mut functions = Functions::default();
    functions.visit_file(&source::parse(name, text));
    let long = functions.0.into_iter().filter(|(_, _, lines)| *lines > MAX_FUNCTION_LINES);
    long.map(|(function, line, lines)| format!("{name}:{line}: fn {function} has {lines} lines")).collect()
}

#[test]
fn functions_have_at_most_70_lines() {
    assert_no_offenders(&rust_files().iter().flat_map(long_functions).collect::<Vec<_>>());
}

#[test]
fn function_of_71_lines_is_refused() {
    let function =
        |statements: usize| format!("impl X {{\n    fn f() {{\n{}    }}\n}}\n", "g();\n".repeat(statements));
    let found = |statements| long_functions(&("a.rs".into(), function(statements)));
    assert_eq!(found(69), ["a.rs:2: fn f has 71 lines"]);
    assert_eq!(found(68), [""; 0]);
}

fn default_bodies((name, text): &File) -> Vec<String> {
    let mut found = Vec::new();
    for item in source::parse(name, text).items {
        let Item::Trait(seam) = item else { continue };
        for method in seam.items {
            if let TraitItem::Fn(method) = method
                && method.default.is_some()
            {
                let line = method.sig.fn_token.span.start().line;
                found.push(format!("{name}:{line}: {}::{} has a default body", seam.ident, method.sig.ident));
            }
        }
    }
    found
}

#[test]
fn seam_methods_have_no_default_body() {
    // A decorator that forgets such a method answers with the default instead of what it wraps.
    let seam: Vec<_> = read_files("index/src", ".rs")
        .into_iter()
        .filter(|(name, _)| name == "index/src/backend.rs" || name.starts_with("index/src/backend/"))
        .collect();
    let is_trait = |item: &Item| matches!(item, Item::Trait(_));
    assert!(
        seam.iter().any(|(name, text)| source::parse(name, text).items.iter().any(is_trait)),
        "no trait at the seam"
    );
    assert_no_offenders(&seam.iter().flat_map(default_bodies).collect::<Vec<_>>());
}

#[test]
fn seam_method_with_default_body_is_refused() {
    let text = "pub trait Seam {\n    fn must(&self);\n    fn may(&self) -> u8 { 0 }\n}\n";
    assert_eq!(default_bodies(&("a.rs".into(), text.into())), ["a.rs:3: Seam::may has a default body"]);
}
