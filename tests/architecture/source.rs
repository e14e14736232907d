//! Paths that shipped code mentions: `use` trees, inline paths, and paths inside macro calls.
//!
//! Code behind `#[cfg(test)]` or `#[test]` is not shipped and mentions nothing.

use std::collections::BTreeSet;

use proc_macro2::{Delimiter, Spacing, TokenStream, TokenTree};
use syn::visit::{self, Visit};
use syn::{Attribute, ImplItem, Item, Meta, Stmt, TraitItem, UseTree, Visibility};

/// Position a path was mentioned in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A name of a private `use`.
    Import,
    /// A name of a `pub use`, of any visibility.
    Reexport,
    /// The module before `::*`.
    Glob,
    /// A path in code.
    Inline,
}

/// A path that code mentions.
#[derive(Debug, Clone)]
pub struct Mention {
    pub segments: Vec<String>,
    /// Name it has in this module, for imports.
    pub alias: Option<String>,
    pub line: usize,
    pub kind: Kind,
}

/// Parses a file.
pub fn parse(name: &str, text: &str) -> syn::File {
    syn::parse_file(text).unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// True for an item that is compiled for tests alone.
pub fn is_test_only(attributes: &[Attribute]) -> bool {
    attributes.iter().any(|attribute| match &attribute.meta {
        Meta::List(list) => list.path.is_ident("cfg") && requires_test(list.tokens.clone()),
        Meta::Path(path) => path.segments.last().is_some_and(|last| last.ident == "test"),
        Meta::NameValue(_) => false,
    })
}

/// Finds `test` in a condition, alone or inside `all(…)`.
fn requires_test(condition: TokenStream) -> bool {
    let mut before = String::new();
    for token in condition {
        match &token {
            TokenTree::Ident(name) if name == "test" => return true,
            TokenTree::Ident(name) => before = name.to_string(),
            TokenTree::Group(group) if before == "all" && requires_test(group.stream()) => return true,
            _ => {}
        }
    }
    false
}

fn item_attributes(item: &Item) -> &[Attribute] {
    match item {
        Item::Const(item) => &item.attrs,
        Item::Enum(item) => &item.attrs,
        Item::ExternCrate(item) => &item.attrs,
        Item::Fn(item) => &item.attrs,
        Item::ForeignMod(item) => &item.attrs,
        Item::Impl(item) => &item.attrs,
        Item::Macro(item) => &item.attrs,
        Item::Mod(item) => &item.attrs,
        Item::Static(item) => &item.attrs,
        Item::Struct(item) => &item.attrs,
        Item::Trait(item) => &item.attrs,
        Item::TraitAlias(item) => &item.attrs,
        Item::Type(item) => &item.attrs,
        Item::Union(item) => &item.attrs,
        Item::Use(item) => &item.attrs,
        _ => &[],
    }
}

/// Items that are part of the program, without those for tests.
pub fn shipped_items(items: &[Item]) -> impl Iterator<Item = &Item> {
    items.iter().filter(|item| !is_test_only(item_attributes(item)))
}

/// Collects the mentions of one item; nested modules are left to the caller.
pub fn mentions(item: &Item) -> Vec<Mention> {
    let mut collector = Collector::default();
    collector.visit_item(item);
    let Collector { mut found, locals } = collector;
    // A lower-case name alone may be a local variable of the same name as an import.
    found.retain(|mention| {
        mention.kind != Kind::Inline || mention.segments.len() > 1 || !locals.contains(&mention.segments[0])
    });
    found
}

#[derive(Default)]
struct Collector {
    found: Vec<Mention>,
    locals: BTreeSet<String>,
}

impl Collector {
    fn add_use(&mut self, tree: &UseTree, prefix: &[String], kind: Kind) {
        let mut push = |segments: Vec<String>, alias: Option<String>, line, kind| {
            self.found.push(Mention { segments, alias, line, kind });
        };
        match tree {
            UseTree::Path(path) => {
                let prefix = [prefix, &[path.ident.to_string()]].concat();
                self.add_use(&path.tree, &prefix, kind);
            }
            UseTree::Group(group) => group.items.iter().for_each(|tree| self.add_use(tree, prefix, kind)),
            UseTree::Name(name) if name.ident == "self" => {
                push(prefix.to_vec(), prefix.last().cloned(), name.ident.span().start().line, kind);
            }
            UseTree::Name(name) => {
                let segments = [prefix, &[name.ident.to_string()]].concat();
                push(segments, Some(name.ident.to_string()), name.ident.span().start().line, kind);
            }
            UseTree::Rename(name) => {
                let segments = match name.ident == "self" {
                    true => prefix.to_vec(),
                    false => [prefix, &[name.ident.to_string()]].concat(),
                };
                push(segments, Some(name.rename.to_string()), name.ident.span().start().line, kind);
            }
            UseTree::Glob(glob) => {
                push(prefix.to_vec(), None, glob.star_token.spans[0].start().line, Kind::Glob);
            }
        }
    }

    /// Finds paths among the tokens of a macro call, which the parser leaves as they are.
    fn add_tokens(&mut self, tokens: TokenStream) {
        let tokens: Vec<_> = tokens.into_iter().collect();
        let mut next = 0;
        while next < tokens.len() {
            match &tokens[next] {
                TokenTree::Group(group) => self.add_tokens(group.stream()),
                TokenTree::Ident(first) if !continues_path(&tokens[..next]) => {
                    let line = first.span().start().line;
                    let (segments, end) = path_from(&tokens, next);
                    let is_called = matches!(
                        tokens.get(end),
                        Some(TokenTree::Group(group)) if group.delimiter() == Delimiter::Parenthesis
                    );
                    if segments.len() > 1 || is_called || segments[0].starts_with(char::is_uppercase) {
                        self.found.push(Mention { segments, alias: None, line, kind: Kind::Inline });
                    }
                    next = end;
                    continue;
                }
                _ => {}
            }
            next += 1;
        }
    }
}

/// True if the next identifier belongs to a field, a lifetime or a path already begun.
fn continues_path(before: &[TokenTree]) -> bool {
    let Some(TokenTree::Punct(last)) = before.last() else { return false };
    let follows = |sign| matches!(before, [.., TokenTree::Punct(first), _] if first.as_char() == sign && first.spacing() == Spacing::Joint);
    match last.as_char() {
        // Two dots are a range, not a field.
        '.' => !follows('.'),
        '\'' => true,
        ':' => follows(':'),
        _ => false,
    }
}

/// Reads `a::b::c` from the tokens; the path and the place after it.
fn path_from(tokens: &[TokenTree], start: usize) -> (Vec<String>, usize) {
    let mut segments = vec![tokens[start].to_string()];
    let mut end = start + 1;
    while let [TokenTree::Punct(first), TokenTree::Punct(second), TokenTree::Ident(name), ..] = &tokens[end..]
    {
        if first.as_char() != ':' || second.as_char() != ':' {
            break;
        }
        segments.push(name.to_string());
        end += 3;
    }
    (segments, end)
}

impl<'ast> Visit<'ast> for Collector {
    fn visit_item(&mut self, item: &'ast Item) {
        if !is_test_only(item_attributes(item)) {
            visit::visit_item(self, item);
        }
    }

    // A nested module is a module of its own; attributes name no modules of ours.
    fn visit_item_mod(&mut self, _: &'ast syn::ItemMod) {}
    fn visit_attribute(&mut self, _: &'ast Attribute) {}

    fn visit_impl_item(&mut self, item: &'ast ImplItem) {
        let attributes: &[Attribute] = match item {
            ImplItem::Const(item) => &item.attrs,
            ImplItem::Fn(item) => &item.attrs,
            ImplItem::Type(item) => &item.attrs,
            ImplItem::Macro(item) => &item.attrs,
            _ => &[],
        };
        if !is_test_only(attributes) {
            visit::visit_impl_item(self, item);
        }
    }

    fn visit_trait_item(&mut self, item: &'ast TraitItem) {
        if !matches!(item, TraitItem::Fn(function) if is_test_only(&function.attrs)) {
            visit::visit_trait_item(self, item);
        }
    }

    fn visit_field(&mut self, field: &'ast syn::Field) {
        if !is_test_only(&field.attrs) {
            visit::visit_field(self, field);
        }
    }

    fn visit_field_value(&mut self, field: &'ast syn::FieldValue) {
        if !is_test_only(&field.attrs) {
            visit::visit_field_value(self, field);
        }
    }

    fn visit_arm(&mut self, arm: &'ast syn::Arm) {
        if !is_test_only(&arm.attrs) {
            visit::visit_arm(self, arm);
        }
    }

    fn visit_stmt(&mut self, statement: &'ast Stmt) {
        if !matches!(statement, Stmt::Local(local) if is_test_only(&local.attrs)) {
            visit::visit_stmt(self, statement);
        }
    }

    fn visit_item_use(&mut self, item: &'ast syn::ItemUse) {
        if item.leading_colon.is_none() {
            let is_private = matches!(item.vis, Visibility::Inherited);
            self.add_use(&item.tree, &[], if is_private { Kind::Import } else { Kind::Reexport });
        }
    }

    fn visit_pat_ident(&mut self, pattern: &'ast syn::PatIdent) {
        let name = pattern.ident.to_string();
        if !name.starts_with(char::is_uppercase) {
            self.locals.insert(name);
        }
        visit::visit_pat_ident(self, pattern);
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        if path.leading_colon.is_none() {
            let segments: Vec<_> = path.segments.iter().map(|segment| segment.ident.to_string()).collect();
            let line = path.segments.first().map_or(0, |first| first.ident.span().start().line);
            if !segments.is_empty() {
                self.found.push(Mention { segments, alias: None, line, kind: Kind::Inline });
            }
        }
        visit::visit_path(self, path);
    }

    fn visit_macro(&mut self, call: &'ast syn::Macro) {
        self.visit_path(&call.path);
        self.add_tokens(call.tokens.clone());
    }
}

#[test]
fn test_only_items_are_not_shipped() {
    let text = "#[cfg(all(test, unix))] mod a {} #[cfg(not(test))] mod b {} #[test] fn c() {} fn d() {}";
    let items = parse("a.rs", text).items;
    assert_eq!(shipped_items(&items).count(), 2);
}

#[test]
fn mentions_of_macro_call_are_paths_without_fields_and_locals() {
    let item =
        syn::parse_str("fn f() { write!(x, \"{}\", a::b::<C>(y.d, 0..e::F, g())); }").expect("a function");
    let paths: Vec<_> = mentions(&item).into_iter().map(|mention| mention.segments.join("::")).collect();
    assert_eq!(paths, ["write", "a::b", "C", "e::F", "g"]);
}
