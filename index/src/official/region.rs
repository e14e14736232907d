//! Places: which province, city or county a name means.
//!
//! Names that several places share (朝阳区, 鼓楼区) mean none of them until a
//! name above says which; this module never picks one.

use std::collections::HashMap;
use std::sync::LazyLock;

/// An administrative division.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// From the province down, with `/`.
    pub path: &'static str,
    /// The name without its kind (酒泉), where people use one.
    pub short: Option<&'static str>,
    /// What stands for it in a document number (冀, 锦), where that is known.
    pub abbreviation: Option<&'static str>,
}

impl Place {
    /// Its own full name: the last step of the path.
    pub fn name(&self) -> &'static str {
        self.path.rsplit('/').next().unwrap_or(self.path)
    }

    /// 0 for a province, 1 for a city or what a province governs directly, 2 below.
    pub fn level(&self) -> usize {
        self.path.matches('/').count()
    }
}

struct Places {
    all: Vec<Place>,
    by_name: HashMap<&'static str, Vec<usize>>,
    by_short: HashMap<&'static str, Vec<usize>>,
}

static PLACES: LazyLock<Places> = LazyLock::new(|| {
    let mut places = Places { all: Vec::new(), by_name: HashMap::new(), by_short: HashMap::new() };
    for line in include_str!("../../dictionary/places.tsv").lines().filter(|line| !line.starts_with('#')) {
        let mut fields = line.split('\t');
        let mut field = || fields.next().filter(|field| !field.is_empty());
        let Some(path) = field() else { continue };
        let place = Place { path, short: field(), abbreviation: field() };
        let index = places.all.len();
        places.by_name.entry(place.name()).or_default().push(index);
        if let Some(short) = place.short {
            places.by_short.entry(short).or_default().push(index);
        }
        places.all.push(place);
    }
    places
});

/// Longest name of a place, in characters.
const LONGEST: usize = 15;

/// All places, provinces first within each province's block.
pub fn places() -> &'static [Place] {
    &PLACES.all
}

/// The path a full name, a short name or a chain of full names means, when only one place is meant.
pub fn path_of(name: &str) -> Option<&'static str> {
    let name = name.trim();
    if let Some((path, length)) = leading(name)
        && length == name.len()
    {
        return path;
    }
    highest(PLACES.by_short.get(name)?)
}

/// A path as sites write it (`山东/青岛`, `河北`) in full names; `None` when a step
/// is no place or not in the one above.
pub fn normalise(path: &str) -> Option<&'static str> {
    let mut steps = path.split(['/', '\\']).map(str::trim).filter(|step| !step.is_empty());
    let mut found = path_of(steps.next()?)?;
    for step in steps {
        let named = PLACES.by_name.get(step).or_else(|| PLACES.by_short.get(step))?;
        let mut below = named.iter().map(|i| PLACES.all[*i].path).filter(|path| is_below(path, found));
        found = below.next().filter(|_| below.next().is_none())?;
    }
    Some(found)
}

/// The chain of full names a text begins with (`甘肃省酒泉市`): the path, when it
/// is only one, and the length in bytes.
pub fn leading(text: &str) -> Option<(Option<&'static str>, usize)> {
    let mut length = 0;
    let mut meant: Vec<usize> = Vec::new();
    while let Some((found, next)) = longest(&text[length..], &PLACES.by_name) {
        let below =
            |i: &&usize| meant.iter().any(|above| is_below(PLACES.all[**i].path, PLACES.all[*above].path));
        let kept: Vec<usize> = found.iter().filter(|i| length == 0 || below(i)).copied().collect();
        if kept.is_empty() {
            break;
        }
        (meant, length) = (kept, length + next);
    }
    (length > 0).then(|| (only(&meant), length))
}

/// A province or a city by its short name at the start of a text (`广西住房城乡建设厅`).
pub fn leading_short(text: &str) -> Option<(&'static str, usize)> {
    let (found, length) = longest(text, &PLACES.by_short)?;
    let path = highest(found).filter(|path| path.matches('/').count() < 2)?;
    Some((path, length))
}

fn only(meant: &[usize]) -> Option<&'static str> {
    if let [one] = meant { Some(PLACES.all[*one].path) } else { None }
}

/// Of places with one short name, the province or the city, if that is only one:
/// 吉林 is the province, 朝阳 is a city and several districts.
fn highest(found: &[usize]) -> Option<&'static str> {
    let top = found.iter().map(|i| PLACES.all[*i].level()).min()?;
    let those: Vec<usize> = found.iter().filter(|i| PLACES.all[**i].level() == top).copied().collect();
    let path = only(&those)?;
    (found.len() == 1 || !path.ends_with(['区', '县', '旗']) || top == 0).then_some(path)
}

fn is_below(path: &str, above: &str) -> bool {
    path.strip_prefix(above).is_some_and(|rest| rest.starts_with('/'))
}

fn longest<'m>(text: &str, names: &'m HashMap<&'static str, Vec<usize>>) -> Option<(&'m [usize], usize)> {
    let mut ends: Vec<usize> = text.char_indices().map(|(at, c)| at + c.len_utf8()).take(LONGEST).collect();
    ends.reverse();
    ends.into_iter().find_map(|end| Some((names.get(&text[..end])?.as_slice(), end)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chain_of_names_is_one_place() {
        assert_eq!(leading("甘肃省酒泉市人民政府"), Some((Some("甘肃省/酒泉市"), "甘肃省酒泉市".len())));
        assert_eq!(leading("酒泉市肃州区财政局").unwrap().0, Some("甘肃省/酒泉市/肃州区"));
        assert_eq!(leading("北京市朝阳区教委").unwrap().0, Some("北京市/朝阳区"));
        assert_eq!(leading("财政部"), None);
    }

    #[test]
    fn a_shared_name_means_no_place() {
        assert_eq!(path_of("朝阳区"), None);
        assert_eq!(path_of("鼓楼区"), None);
        assert_eq!(path_of("朝阳市"), Some("辽宁省/朝阳市"));
    }

    #[test]
    fn short_names() {
        assert_eq!(path_of("河北"), Some("河北省"));
        assert_eq!(path_of("酒泉"), Some("甘肃省/酒泉市"));
        assert_eq!(leading_short("广西住房城乡建设厅"), Some(("广西壮族自治区", "广西".len())));
    }

    #[test]
    fn paths_of_sites_in_full() {
        assert_eq!(normalise("山东/青岛市"), Some("山东省/青岛市"));
        assert_eq!(normalise("北京/朝阳"), Some("北京市/朝阳区"));
        assert_eq!(normalise("甘肃省/酒泉市"), Some("甘肃省/酒泉市"));
        assert_eq!(normalise("甘肃省/青岛市"), None);
        assert_eq!(normalise(""), None);
    }

    #[test]
    fn the_table_is_whole() {
        let provinces = places().iter().filter(|place| place.level() == 0).count();
        assert_eq!(provinces, 34);
        for place in places() {
            for above in place.path.match_indices('/').map(|(at, _)| &place.path[..at]) {
                assert!(places().iter().any(|p| p.path == above), "{above} is above {}", place.path);
            }
        }
    }
}
