//! Place that a text names most.

use std::collections::HashMap;
use std::sync::LazyLock;

use aho_corasick::{AhoCorasick, MatchKind};
use gongkai_index::official::region;

use crate::import::extraction::line::Line;

struct PlaceNames {
    names: AhoCorasick,
    paths: Vec<(&'static str, usize)>,
}

static PLACE_NAMES: LazyLock<PlaceNames> = LazyLock::new(|| {
    let mut names: Vec<&'static str> = Vec::new();
    let mut paths = Vec::new();
    for place in region::places() {
        names.push(place.name());
        paths.push((place.path, 2));
        if let Some(short) = place.short.filter(|short| place.level() <= 1 && short.chars().count() >= 2) {
            names.push(short);
            paths.push((place.path, 1));
        }
    }
    let names = AhoCorasick::builder().match_kind(MatchKind::LeftmostLongest).build(names);
    let names = names.expect("a few thousand short names, fixed in the program, are no automaton too large");
    PlaceNames { names, paths }
});

/// Finds the place that a text names most, if the text names it more than once.
pub fn most_named_place(lines: &[Line]) -> Option<&'static str> {
    let mut counts: HashMap<&'static str, usize> = HashMap::new();
    for line in lines {
        for found in PLACE_NAMES.names.find_iter(&line.text) {
            let (path, weight) = PLACE_NAMES.paths[found.pattern().as_usize()];
            *counts.entry(path).or_default() += weight;
        }
    }
    let best = counts.into_iter().max_by_key(|(path, count)| (*count, std::cmp::Reverse(*path)));
    best.filter(|(_, count)| *count >= 2).map(|(path, _)| path)
}
