//! Circles of imports between the files of a crate.
//!
//! An edge goes from the importing file to the file that defines the item, however many `pub use`
//! stand between. Declaring a child and showing its items are no edges.

use std::collections::{BTreeMap, BTreeSet};

use crate::layers::crates;
use crate::modules::{Crate, Edge};
use crate::tree::{File, assert_no_offenders};

/// Describes each circle: the strongly connected files and the imports between them.
fn circles(edges: &BTreeSet<Edge>) -> Vec<String> {
    let mut imports: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for edge in edges {
        imports.entry(&edge.from).or_default().insert(&edge.to);
    }
    let reached: BTreeMap<&str, BTreeSet<&str>> =
        imports.keys().map(|file| (*file, reachable(&imports, file))).collect();
    let reaches = |from: &str, to: &str| reached.get(from).is_some_and(|files| files.contains(to));
    let mut described = BTreeSet::new();
    let mut found = Vec::new();
    for file in reached.keys().filter(|file| reaches(file, file)) {
        let members: BTreeSet<&str> =
            reached.keys().copied().filter(|other| reaches(file, other) && reaches(other, file)).collect();
        if described.insert(members.clone()) {
            found.push(describe(edges, &members));
        }
    }
    found
}

fn reachable<'a>(imports: &BTreeMap<&'a str, BTreeSet<&'a str>>, start: &'a str) -> BTreeSet<&'a str> {
    let mut reached = BTreeSet::new();
    let mut pending = vec![start];
    while let Some(file) = pending.pop() {
        pending.extend(imports.get(file).into_iter().flatten().filter(|next| reached.insert(**next)));
    }
    reached
}

fn describe(edges: &BTreeSet<Edge>, members: &BTreeSet<&str>) -> String {
    let mut items: BTreeMap<(&str, &str), Vec<String>> = BTreeMap::new();
    for edge in edges.iter().filter(|edge| members.contains(&*edge.from) && members.contains(&*edge.to)) {
        items.entry((&edge.from, &edge.to)).or_default().push(format!("{} (line {})", edge.item, edge.line));
    }
    let lines = items.iter().map(|((from, to), items)| format!("  {from} → {to}: {}", items.join(", ")));
    format!("circle of {} files\n{}", members.len(), lines.collect::<Vec<_>>().join("\n"))
}

#[test]
fn files_of_a_crate_import_in_no_circle() {
    let found: Vec<_> = crates()
        .iter()
        .flat_map(|part| circles(&part.edges()).into_iter().map(|circle| format!("{}: {circle}", part.root)))
        .collect();
    assert_no_offenders(&found);
}

fn snippet_circles(files: &[(&str, &str)]) -> Vec<String> {
    let files: Vec<File> = files.iter().map(|(name, text)| ((*name).into(), (*text).into())).collect();
    circles(&Crate::load(&files, "src/lib.rs").edges())
}

#[test]
fn circles_through_reexports_names_defining_files() {
    let found = snippet_circles(&[
        ("src/lib.rs", "mod a; mod b; pub use b::make;"),
        ("src/a.rs", "use crate::make; pub struct Thing; fn begin() { make() }"),
        ("src/b/mod.rs", "mod inner; pub use self::inner::make;"),
        ("src/b/inner.rs", "pub fn make() -> crate::a::Thing { crate::a::Thing }"),
    ]);
    let expected = "circle of 2 files\n  src/a.rs → src/b/inner.rs: make (line 1)\n  src/b/inner.rs → src/a.rs: Thing (line 1)";
    assert_eq!(found, [expected]);
}

#[test]
fn circles_with_parent_that_uses_child_are_found() {
    let found = snippet_circles(&[
        ("src/lib.rs", "mod parent;"),
        ("src/parent/mod.rs", "mod child; pub struct Shared; pub fn read() { child::read(Shared) }"),
        ("src/parent/child.rs", "use super::Shared; pub fn read(_: Shared) {}"),
    ]);
    assert_eq!(found.len(), 1, "{found:?}");
}

#[test]
fn circles_inside_macro_calls_and_renames_are_found() {
    let found = snippet_circles(&[
        ("src/lib.rs", "mod a; mod b;"),
        ("src/a.rs", "pub const LIMIT: u8 = 1; fn show() { println!(\"{}\", crate::b::name()) }"),
        ("src/b.rs", "use super::{a::{self as limits}}; pub fn name() -> u8 { limits::LIMIT }"),
    ]);
    assert_eq!(found.len(), 1, "{found:?}");
}

#[test]
fn circles_of_declarations_and_tests_are_none() {
    let found = snippet_circles(&[
        ("src/lib.rs", "mod parent;"),
        (
            "src/parent/mod.rs",
            "mod child; pub use self::child::read; pub struct Shared; #[cfg(test)] use self::child::read as tested;",
        ),
        (
            "src/parent/child.rs",
            "use super::Shared; pub fn read(_: Shared) {} #[cfg(test)] mod tests { use super::*; }",
        ),
    ]);
    assert_eq!(found, [""; 0]);
}
