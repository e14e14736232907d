//! Dictionary of organs.

use std::collections::{HashMap, HashSet};
use std::sync::LazyLock;

/// Names of organs from `index/dictionary/organs.tsv`.
pub(super) struct Organs {
    /// Every name of a central organ, with its full name.
    pub national: HashMap<&'static str, &'static str>,
    /// Every name of a local department without its place, with its full name.
    pub local: HashMap<&'static str, &'static str>,
    /// Central organs whose branches have a place inside their names.
    pub vertical: HashSet<&'static str>,
    /// Endings of names, longest first.
    pub endings: Vec<&'static str>,
    /// Length of the longest name, in characters.
    max_name_chars: usize,
}

pub(super) static ORGANS: LazyLock<Organs> =
    LazyLock::new(|| parse_table(include_str!("../../../dictionary/organs.tsv")));

fn parse_table(table: &'static str) -> Organs {
    let mut organs = Organs {
        national: HashMap::new(),
        local: HashMap::new(),
        vertical: HashSet::new(),
        endings: Vec::new(),
        max_name_chars: 0,
    };
    for line in table.lines().filter(|line| !line.starts_with('#')) {
        let mut fields = line.split('\t');
        let (Some(level), Some(name)) = (fields.next(), fields.next()) else { continue };
        let others = fields.next().unwrap_or("").split(' ').filter(|other| !other.is_empty());
        let names = std::iter::once(name).chain(others).map(|other| (other, name));
        match level {
            "国" => organs.national.extend(names),
            "地" => organs.local.extend(names),
            "统" => _ = organs.vertical.insert(name),
            _ => organs.endings.push(name),
        }
    }
    organs.endings.sort_by_key(|ending| std::cmp::Reverse(ending.len()));
    let lengths = organs.national.keys().chain(organs.local.keys()).map(|name| name.chars().count());
    organs.max_name_chars = lengths.max().unwrap_or(0);
    organs
}

impl Organs {
    /// Recognises a name of a central organ, or of a local department without its place.
    pub(super) fn is_known(&self, name: &str) -> bool {
        let bare = name.strip_prefix("中华人民共和国").unwrap_or(name);
        self.national.contains_key(bare) || self.national.contains_key(name) || self.local.contains_key(name)
    }

    /// Length in bytes of the name of a central organ at the start of a text; 0 for none.
    pub(super) fn national_name_length(&self, text: &str) -> usize {
        self.leading_name_length(text, &self.national)
    }

    /// Length in bytes of the name of a local department at the start of a text; 0 for none.
    pub(super) fn local_name_length(&self, text: &str) -> usize {
        self.leading_name_length(text, &self.local)
    }

    fn leading_name_length(&self, text: &str, names: &HashMap<&'static str, &'static str>) -> usize {
        let ends = text.char_indices().map(|(offset, c)| offset + c.len_utf8()).take(self.max_name_chars);
        ends.filter(|end| names.contains_key(&text[..*end])).last().unwrap_or(0)
    }

    /// Checks if a name ends as names of organs do.
    pub(super) fn has_known_ending(&self, name: &str) -> bool {
        self.endings.iter().any(|ending| name.ends_with(ending))
    }
}
