//! Layers of the engine and of the program: imports that each part must not have.

use std::collections::BTreeSet;
use std::fs;

use crate::modules::Crate;
use crate::source::{Kind, Mention};
use crate::tree::{File, assert_no_offenders, read_files, root, rust_files};

/// Backends of the engine: the module and its types.
const BACKENDS: [(&str, &[&str]); 3] =
    [("embedded", &["Embedded", "EmbeddedWriter"]), ("memory", &["Memory"]), ("opensearch", &["OpenSearch"])];
/// The one file of the program that says which backend is opened.
const OPENING: &str = "src/cli/mod.rs";
/// Everything of the engine that stands on an index.
const INDEX_MODULES: [&str; 10] = [
    "analysis",
    "backend",
    "collection",
    "embedded",
    "keys",
    "lexicon",
    "memory",
    "query",
    "relations",
    "results",
];

/// A part of the tree and the parts that it must not import.
struct Layer {
    part: &'static str,
    never: &'static [&'static str],
}

/// Parts of the engine, by their modules.
const ENGINE: [Layer; 9] = [
    Layer {
        part: "record",
        never: &["analysis", "backend", "collection", "embedded", "memory", "query", "relations", "results"],
    },
    Layer { part: "official", never: &INDEX_MODULES },
    Layer {
        part: "analysis",
        never: &["backend", "collection", "embedded", "memory", "query", "relations", "results"],
    },
    Layer {
        part: "keys",
        never: &["backend", "collection", "embedded", "memory", "query", "relations", "results"],
    },
    Layer { part: "query", never: &["backend", "collection", "embedded", "memory", "relations", "results"] },
    Layer { part: "relations", never: &["backend", "collection", "embedded", "memory"] },
    Layer { part: "backend", never: &["collection", "embedded", "memory"] },
    Layer { part: "embedded", never: &["collection", "memory"] },
    Layer { part: "memory", never: &["collection", "embedded"] },
];

/// Parts of the program, by their modules.
const PROGRAM: [Layer; 4] = [
    Layer { part: "import", never: &["api", "background", "cli", "pages", "search", "serving"] },
    Layer { part: "search", never: &["api", "cli", "pages", "serving"] },
    Layer { part: "api", never: &["cli", "pages", "serving"] },
    Layer { part: "pages", never: &["cli", "serving"] },
];

/// Loads the crates of the workspace: the library and the program of each member.
pub fn crates() -> Vec<Crate> {
    let files = rust_files();
    let manifest = fs::read_to_string(root().join("Cargo.toml")).expect("a manifest");
    let members = manifest.lines().find_map(|line| line.strip_prefix("members = ")).expect("members");
    let folders = members.split('"').skip(1).step_by(2).map(|member| match member {
        "." => "src".to_owned(),
        member => format!("{member}/src"),
    });
    let roots = folders.flat_map(|folder| [format!("{folder}/lib.rs"), format!("{folder}/main.rs")]);
    roots
        .filter(|root| files.iter().any(|(name, _)| name == root))
        .map(|root| Crate::load(&files, &root))
        .collect()
}

fn engine() -> Crate {
    Crate::load(&read_files("index/src", ".rs"), "index/src/lib.rs")
}

fn is_part(file: &str, sources: &str, part: &str) -> bool {
    file.strip_prefix(sources)
        .and_then(|file| file.strip_prefix('/'))
        .and_then(|file| file.strip_prefix(part))
        .is_some_and(|rest| rest.starts_with('/') || rest == ".rs")
}

/// Finds imports across the layers, and layers that have no file.
fn layer_offenders(part: &Crate, sources: &str, layers: &[Layer]) -> Vec<String> {
    let mut found = Vec::new();
    for layer in layers {
        if !part.files().iter().any(|file| is_part(file, sources, layer.part)) {
            found.push(format!("{sources}/{}: no such part", layer.part));
        }
        for edge in part.edges().iter().filter(|edge| is_part(&edge.from, sources, layer.part)) {
            if layer.never.iter().any(|never| is_part(&edge.to, sources, never)) {
                found.push(format!("{}:{} → {}: {}", edge.from, edge.line, edge.to, edge.item));
            }
        }
    }
    found
}

#[test]
fn engine_layers_import_downwards() {
    assert_no_offenders(&layer_offenders(&engine(), "index/src", &ENGINE));
}

#[test]
fn program_layers_import_downwards() {
    let program = Crate::load(&read_files("src", ".rs"), "src/lib.rs");
    assert_no_offenders(&layer_offenders(&program, "src", &PROGRAM));
}

#[test]
fn layers_of_snippet_with_upward_import_are_refused() {
    let files: [File; 3] = [
        ("src/lib.rs".into(), "mod low; mod high;".into()),
        ("src/low.rs".into(), "fn f() { crate::high::g() }".into()),
        ("src/high.rs".into(), "pub fn g() {}".into()),
    ];
    let layers = [Layer { part: "low", never: &["high"] }, Layer { part: "gone", never: &["high"] }];
    let found = layer_offenders(&Crate::load(&files, "src/lib.rs"), "src", &layers);
    assert_eq!(found, ["src/low.rs:1 → src/high.rs: g", "src/gone: no such part"]);
}

/// True if a path names a module that is reached through one of these roots.
fn names_module(mention: &Mention, module: &str, roots: &[&str]) -> bool {
    let Some(at) = mention.segments.iter().position(|segment| segment == module) else { return false };
    let is_last = at + 1 == mention.segments.len();
    mention.segments[..at].iter().all(|segment| roots.contains(&&**segment))
        && !(is_last && mention.kind == Kind::Inline)
}

/// Finds mentions of a backend outside the files that may know it.
fn backend_offenders(part: &Crate, roots: &[&str], allowed: impl Fn(&str, &str) -> bool) -> Vec<String> {
    let mut found = BTreeSet::new();
    for (file, mention) in part.mentions() {
        for (module, types) in BACKENDS.iter().filter(|(module, _)| !allowed(file, module)) {
            let names_type = mention.segments.iter().any(|segment| types.contains(&&**segment));
            if names_type || names_module(mention, module, roots) {
                found.insert(format!("{file}:{}: {}", mention.line, mention.segments.join("::")));
            }
        }
    }
    found.into_iter().collect()
}

#[test]
fn program_names_a_backend_only_where_it_opens_one() {
    let found = crates()
        .iter()
        .filter(|part| part.root.starts_with("src/"))
        .flat_map(|part| backend_offenders(part, &["gongkai_index", "gongkai"], |file, _| file == OPENING))
        .collect::<Vec<_>>();
    assert_no_offenders(&found);
}

#[test]
fn engine_names_a_backend_only_in_its_own_folder() {
    let allowed = |file: &str, module: &str| file == "index/src/lib.rs" || is_part(file, "index/src", module);
    assert_no_offenders(&backend_offenders(&engine(), &["crate", "self", "super"], allowed));
}

#[test]
fn backend_named_in_snippet_is_found() {
    let text = "use gongkai_index::{Embedded as Engine, memory}; fn f() { gongkai_index::embedded::copy() }";
    let files: [File; 1] = [("src/lib.rs".into(), text.into())];
    let part = Crate::load(&files, "src/lib.rs");
    assert_eq!(backend_offenders(&part, &["gongkai_index"], |_, _| false).len(), 3);
    assert_eq!(backend_offenders(&part, &["gongkai_index"], |_, _| true), [""; 0]);
}

#[test]
fn libraries_are_named_only_in_the_folder_that_wraps_them() {
    let homes = [("tantivy", "index/src/embedded/"), ("jieba_rs", "index/src/analysis/")];
    let engine = engine();
    let mut found = Vec::new();
    for (file, mention) in engine.mentions() {
        let first = &mention.segments[0];
        let strays = homes.iter().any(|(library, home)| first == library && !file.starts_with(home));
        if strays {
            found.push(format!("{file}:{}: {}", mention.line, mention.segments.join("::")));
        }
    }
    let named = |library: &str| engine.mentions().any(|(_, mention)| mention.segments[0] == library);
    assert!(homes.iter().all(|(library, _)| named(library)), "no file names the libraries");
    assert_no_offenders(&found);
}

#[test]
fn engine_names_nothing_of_the_program() {
    let banned = ["gongkai", "axum", "tokio", "hyper", "println", "eprintln"];
    let engine = engine();
    let is_banned = |mention: &Mention| {
        banned.contains(&&*mention.segments[0]) || mention.segments.starts_with(&["std".into(), "net".into()])
    };
    let found = engine.mentions().filter(|(_, mention)| is_banned(mention));
    let found =
        found.map(|(file, mention)| format!("{file}:{}: {}", mention.line, mention.segments.join("::")));
    assert_no_offenders(&found.collect::<Vec<_>>());
}

/// Names of the packages in the dependency tables of a manifest.
fn dependencies(manifest: &str) -> BTreeSet<String> {
    let text = fs::read_to_string(root().join(manifest)).expect("a manifest");
    let mut names = BTreeSet::new();
    let mut is_inside = false;
    for line in text.lines() {
        if line.starts_with('[') {
            is_inside = line.trim().ends_with("dependencies]") && !line.contains("workspace");
        } else if is_inside && !line.trim_start().starts_with('#') {
            let name: String =
                line.chars().take_while(|c| c.is_alphanumeric() || matches!(c, '-' | '_')).collect();
            names.insert(name);
        }
    }
    names.remove("");
    names
}

#[test]
fn manifests_depend_on_no_library_of_the_other_crate() {
    let (engine, program) = (dependencies("index/Cargo.toml"), dependencies("Cargo.toml"));
    assert!(engine.contains("tantivy") && program.contains("axum"), "{engine:?} {program:?}");
    let servers = [
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
    ];
    let banned = |names: &BTreeSet<String>, banned: &[&str], manifest: &str| {
        let found = names.iter().filter(|name| banned.iter().any(|b| name.starts_with(b)));
        found.map(|name| format!("{manifest}: {name}")).collect::<Vec<_>>()
    };
    let mut found = banned(&engine, &servers, "index/Cargo.toml");
    found.extend(banned(&program, &["tantivy", "jieba"], "Cargo.toml"));
    assert_no_offenders(&found);
}
