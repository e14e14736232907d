//! The modules of a crate, and the file that defines what a path names.

use std::collections::{BTreeMap, BTreeSet};

use syn::Item;

use crate::source::{self, Kind, Mention};
use crate::tree::File;

/// Steps through re-exports before a name is given up as not of this crate.
const MAX_STEPS: usize = 8;

/// Modules of a crate, the root first.
pub struct Crate {
    pub root: String,
    modules: Vec<Module>,
    /// File of each macro, by name: macros are in scope by text, not by path.
    macros: BTreeMap<String, String>,
}

struct Module {
    path: Vec<String>,
    file: String,
    names: BTreeMap<String, Vec<Binding>>,
    globs: Vec<Vec<String>>,
    mentions: Vec<Mention>,
}

enum Binding {
    Item,
    Module(usize),
    Import(Vec<String>),
}

#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Target {
    Module(usize),
    Item { module: usize, name: String },
}

/// An import of an item from the file that defines it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Edge {
    pub from: String,
    pub to: String,
    pub item: String,
    pub line: usize,
}

impl Crate {
    /// Loads the crate with this root file, following its module declarations.
    pub fn load(files: &[File], root: &str) -> Self {
        let texts: BTreeMap<&str, &str> = files.iter().map(|(name, text)| (&**name, &**text)).collect();
        let mut loaded = Self { root: root.to_owned(), modules: Vec::new(), macros: BTreeMap::new() };
        let items = parse_items(&texts, root);
        let folder = folder_of(root).to_owned();
        loaded.add_module(&texts, Vec::new(), root, &folder, &items);
        loaded
    }

    fn add_module(
        &mut self,
        texts: &BTreeMap<&str, &str>,
        path: Vec<String>,
        file: &str,
        folder: &str,
        items: &[Item],
    ) -> usize {
        let number = self.modules.len();
        let (names, globs, mentions) = Default::default();
        self.modules.push(Module { path: path.clone(), file: file.to_owned(), names, globs, mentions });
        for item in source::shipped_items(items) {
            if let Item::Mod(module) = item {
                let name = module.ident.to_string();
                let path = [&*path, std::slice::from_ref(&name)].concat();
                let folder_of_child = format!("{folder}/{name}");
                let child = match &module.content {
                    Some((_, items)) => self.add_module(texts, path, file, &folder_of_child, items),
                    None => {
                        let candidates = [format!("{folder}/{name}.rs"), format!("{folder}/{name}/mod.rs")];
                        let found = candidates.into_iter().find(|name| texts.contains_key(&**name));
                        let file = found.unwrap_or_else(|| panic!("{file}: no file for mod {name}"));
                        let items = parse_items(texts, &file);
                        self.add_module(texts, path, &file, &folder_of_child, &items)
                    }
                };
                self.bind(number, &name, Binding::Module(child));
            } else {
                self.add_item(number, item);
            }
        }
        number
    }

    fn add_item(&mut self, module: usize, item: &Item) {
        if let Some(name) = defined_name(item) {
            self.bind(module, &name, Binding::Item);
        }
        if let Item::Macro(rules) = item
            && let Some(name) = &rules.ident
        {
            self.macros.insert(name.to_string(), self.modules[module].file.clone());
        }
        for mention in source::mentions(item) {
            if let Some(alias) = &mention.alias {
                self.bind(module, alias, Binding::Import(mention.segments.clone()));
            }
            if mention.kind == Kind::Glob {
                self.modules[module].globs.push(mention.segments.clone());
            }
            self.modules[module].mentions.push(mention);
        }
    }

    fn bind(&mut self, module: usize, name: &str, binding: Binding) {
        self.modules[module].names.entry(name.to_owned()).or_default().push(binding);
    }

    /// Every path that the shipped code mentions, with its file.
    pub fn mentions(&self) -> impl Iterator<Item = (&str, &Mention)> {
        self.modules.iter().flat_map(|module| module.mentions.iter().map(|mention| (&*module.file, mention)))
    }

    /// Files of the crate.
    pub fn files(&self) -> BTreeSet<&str> {
        self.modules.iter().map(|module| &*module.file).collect()
    }

    /// Imports between files, each once for its item.
    pub fn edges(&self) -> BTreeSet<Edge> {
        let mut edges: BTreeMap<(String, String, String), usize> = BTreeMap::new();
        for (number, module) in self.modules.iter().enumerate() {
            for mention in &module.mentions {
                for (to, item) in self.definitions(number, mention) {
                    if to != module.file {
                        let line = edges.entry((module.file.clone(), to, item)).or_insert(mention.line);
                        *line = mention.line.min(*line);
                    }
                }
            }
        }
        edges.into_iter().map(|((from, to, item), line)| Edge { from, to, item, line }).collect()
    }

    /// Files and names of the items that a mention reaches.
    fn definitions(&self, from: usize, mention: &Mention) -> Vec<(String, String)> {
        let mut found: Vec<_> = match &mention.segments[..] {
            [name] if mention.kind == Kind::Inline => {
                self.macros.get(name).map(|file| (file.clone(), name.clone())).into_iter().collect()
            }
            _ => Vec::new(),
        };
        for target in self.resolve(from, &mention.segments, 0) {
            let Target::Item { module, name } = target else { continue };
            // Showing what a child defines does not use it.
            let shows_child = mention.kind == Kind::Reexport
                && self.modules[module].path.starts_with(&self.modules[from].path);
            if !shows_child {
                found.push((self.modules[module].file.clone(), name));
            }
        }
        found
    }

    fn resolve(&self, from: usize, segments: &[String], steps: usize) -> BTreeSet<Target> {
        let Some((first, mut rest)) = segments.split_first() else { return BTreeSet::new() };
        if steps > MAX_STEPS {
            return BTreeSet::new();
        }
        let mut targets = match &**first {
            "crate" => BTreeSet::from([Target::Module(0)]),
            "self" => BTreeSet::from([Target::Module(from)]),
            "super" => {
                let ups = 1 + rest.iter().take_while(|segment| *segment == "super").count();
                rest = &rest[ups - 1..];
                self.ancestor(from, ups).map(Target::Module).into_iter().collect()
            }
            name => self.look_up(from, name, steps),
        };
        for segment in rest {
            targets = targets
                .into_iter()
                .flat_map(|target| match target {
                    Target::Module(module) => self.look_up(module, segment, steps),
                    item => BTreeSet::from([item]),
                })
                .collect();
        }
        targets
    }

    fn ancestor(&self, from: usize, ups: usize) -> Option<usize> {
        let path = &self.modules[from].path;
        let wanted = &path[..path.len().checked_sub(ups)?];
        self.modules.iter().position(|module| module.path == wanted)
    }

    fn look_up(&self, module: usize, name: &str, steps: usize) -> BTreeSet<Target> {
        let scope = &self.modules[module];
        let mut targets = BTreeSet::new();
        for binding in scope.names.get(name).into_iter().flatten() {
            match binding {
                Binding::Item => drop(targets.insert(Target::Item { module, name: name.to_owned() })),
                Binding::Module(child) => drop(targets.insert(Target::Module(*child))),
                Binding::Import(path) => targets.extend(self.resolve(module, path, steps + 1)),
            }
        }
        if targets.is_empty() && steps <= MAX_STEPS {
            for glob in &scope.globs {
                for target in self.resolve(module, glob, steps + 1) {
                    if let Target::Module(shown) = target
                        && shown != module
                    {
                        targets.extend(self.look_up(shown, name, steps + 1));
                    }
                }
            }
        }
        targets
    }
}

fn parse_items(texts: &BTreeMap<&str, &str>, file: &str) -> Vec<Item> {
    let text = texts.get(file).unwrap_or_else(|| panic!("no file {file}"));
    source::parse(file, text).items
}

/// Folder of the children that a root file declares.
fn folder_of(root: &str) -> &str {
    root.rsplit_once('/').map_or("", |(folder, _)| folder)
}

fn defined_name(item: &Item) -> Option<String> {
    let name = match item {
        Item::Const(item) => &item.ident,
        Item::Enum(item) => &item.ident,
        Item::Fn(item) => &item.sig.ident,
        Item::Static(item) => &item.ident,
        Item::Struct(item) => &item.ident,
        Item::Trait(item) => &item.ident,
        Item::TraitAlias(item) => &item.ident,
        Item::Type(item) => &item.ident,
        Item::Union(item) => &item.ident,
        Item::Macro(item) => item.ident.as_ref()?,
        _ => return None,
    };
    Some(name.to_string())
}
