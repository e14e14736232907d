//! The dictionary of organs.

use std::collections::{HashMap, HashSet};
use std::sync::LazyLock;

/// All that is known of the names of organs.
pub(super) struct Organs {
    /// Every name of a central organ, with its full name.
    pub national: HashMap<&'static str, &'static str>,
    /// Every name of a local department without its place, with its full name.
    pub local: HashMap<&'static str, &'static str>,
    /// Central organs whose branches have a place inside their names.
    pub vertical: HashSet<&'static str>,
    /// What names end in, longest first.
    pub endings: Vec<&'static str>,
    longest: usize,
}

pub(super) static ORGANS: LazyLock<Organs> =
    LazyLock::new(|| read(include_str!("../../../dictionary/organs.tsv")));

fn read(table: &'static str) -> Organs {
    let mut organs = Organs {
        national: HashMap::new(),
        local: HashMap::new(),
        vertical: HashSet::new(),
        endings: Vec::new(),
        longest: 0,
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
    organs.longest = lengths.max().unwrap_or(0);
    organs
}

impl Organs {
    /// A name of a central organ, or of a local department that says no place.
    pub(super) fn is_known(&self, name: &str) -> bool {
        let bare = name.strip_prefix("中华人民共和国").unwrap_or(name);
        self.national.contains_key(bare) || self.national.contains_key(name) || self.local.contains_key(name)
    }

    /// How many bytes of the text are the name of a central organ; 0 for none.
    pub(super) fn longest_at(&self, text: &str) -> usize {
        self.at(text, &self.national)
    }

    /// How many bytes of the text are the name of a local department; 0 for none.
    pub(super) fn local_at(&self, text: &str) -> usize {
        self.at(text, &self.local)
    }

    fn at(&self, text: &str, names: &HashMap<&'static str, &'static str>) -> usize {
        let ends = text.char_indices().map(|(at, c)| at + c.len_utf8()).take(self.longest);
        ends.filter(|end| names.contains_key(&text[..*end])).last().unwrap_or(0)
    }

    /// Whether a name ends as names of organs do.
    pub(super) fn ending(&self, name: &str) -> bool {
        self.endings.iter().any(|ending| name.ends_with(ending))
    }
}
