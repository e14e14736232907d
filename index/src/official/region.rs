//! Administrative divisions: resolves a name to a province, city or county.
//!
//! A name that several places share (朝阳区, 鼓楼区) resolves to none of them unless the name of
//! a higher division decides it; this module never picks one.

use std::collections::HashMap;
use std::sync::LazyLock;

/// An administrative division.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// Path from the province down, with `/`.
    pub path: &'static str,
    /// Name without its kind (酒泉), where people use one.
    pub short: Option<&'static str>,
    /// Abbreviation used in document numbers (冀, 锦), where it is known.
    pub abbreviation: Option<&'static str>,
}

impl Place {
    /// Full name: the last step of the path.
    pub fn name(&self) -> &'static str {
        self.path.rsplit('/').next().unwrap_or(self.path)
    }

    /// Level: 0 for a province, 1 for a city or a county governed directly by a province, 2 below.
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

/// Length of the longest name of a place, in characters.
const MAX_NAME_CHARS: usize = 15;

/// All places, provinces first within each province's block.
pub fn places() -> &'static [Place] {
    &PLACES.all
}

/// Resolves a full name, a short name or a chain of full names to a path, if only one place
/// fits.
pub fn path_of(name: &str) -> Option<&'static str> {
    let name = name.trim();
    if let Some((path, length)) = leading(name)
        && length == name.len()
    {
        return path;
    }
    path_of_highest(PLACES.by_short.get(name)?)
}

/// Path in full names for a path as sites write it (`山东/青岛`, `河北`); `None` if a step is no
/// place or does not lie in the one above.
pub fn normalise(path: &str) -> Option<&'static str> {
    let mut steps = path.split(['/', '\\']).map(str::trim).filter(|step| !step.is_empty());
    let mut path = path_of(steps.next()?)?;
    for step in steps {
        let named = PLACES.by_name.get(step).or_else(|| PLACES.by_short.get(step))?;
        let mut below =
            named.iter().map(|i| PLACES.all[*i].path).filter(|candidate| is_below(candidate, path));
        path = below.next().filter(|_| below.next().is_none())?;
    }
    Some(path)
}

/// Chain of full names at the start of a text (`甘肃省酒泉市`): its path, if only one place
/// fits, and its length in bytes.
pub fn leading(text: &str) -> Option<(Option<&'static str>, usize)> {
    let mut length = 0;
    let mut candidates: Vec<usize> = Vec::new();
    while let Some((matches, next)) = longest_leading_name(&text[length..], &PLACES.by_name) {
        let below = |i: &&usize| {
            candidates.iter().any(|above| is_below(PLACES.all[**i].path, PLACES.all[*above].path))
        };
        let kept: Vec<usize> = matches.iter().filter(|i| length == 0 || below(i)).copied().collect();
        if kept.is_empty() {
            break;
        }
        (candidates, length) = (kept, length + next);
    }
    (length > 0).then(|| (single_path(&candidates), length))
}

/// Province or city named by its short name at the start of a text (`广西住房城乡建设厅`).
pub fn leading_short(text: &str) -> Option<(&'static str, usize)> {
    let (matches, length) = longest_leading_name(text, &PLACES.by_short)?;
    let path = path_of_highest(matches).filter(|path| path.matches('/').count() < 2)?;
    Some((path, length))
}

fn single_path(candidates: &[usize]) -> Option<&'static str> {
    if let [one] = candidates { Some(PLACES.all[*one].path) } else { None }
}

/// Path of the place of the highest level among places with one short name, if there is only
/// one of that level: 吉林 is the province, 朝阳 is a city and several districts.
fn path_of_highest(matches: &[usize]) -> Option<&'static str> {
    let top = matches.iter().map(|i| PLACES.all[*i].level()).min()?;
    let highest: Vec<usize> = matches.iter().filter(|i| PLACES.all[**i].level() == top).copied().collect();
    let path = single_path(&highest)?;
    (matches.len() == 1 || !path.ends_with(['区', '县', '旗']) || top == 0).then_some(path)
}

fn is_below(path: &str, above: &str) -> bool {
    path.strip_prefix(above).is_some_and(|rest| rest.starts_with('/'))
}

fn longest_leading_name<'m>(
    text: &str,
    names: &'m HashMap<&'static str, Vec<usize>>,
) -> Option<(&'m [usize], usize)> {
    let mut ends: Vec<usize> =
        text.char_indices().map(|(offset, c)| offset + c.len_utf8()).take(MAX_NAME_CHARS).collect();
    ends.reverse();
    ends.into_iter().find_map(|end| Some((names.get(&text[..end])?.as_slice(), end)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn leading_chain_of_names_resolves_to_one_place() {
        assert_eq!(leading("甘肃省酒泉市人民政府"), Some((Some("甘肃省/酒泉市"), "甘肃省酒泉市".len())));
        assert_eq!(leading("酒泉市肃州区财政局").unwrap().0, Some("甘肃省/酒泉市/肃州区"));
        assert_eq!(leading("北京市朝阳区教委").unwrap().0, Some("北京市/朝阳区"));
        assert_eq!(leading("财政部"), None);
    }

    #[test]
    fn path_of_shared_name_is_none() {
        assert_eq!(path_of("朝阳区"), None);
        assert_eq!(path_of("鼓楼区"), None);
        assert_eq!(path_of("朝阳市"), Some("辽宁省/朝阳市"));
    }

    #[test]
    fn short_name_resolves_to_highest_place() {
        assert_eq!(path_of("河北"), Some("河北省"));
        assert_eq!(path_of("酒泉"), Some("甘肃省/酒泉市"));
        assert_eq!(leading_short("广西住房城乡建设厅"), Some(("广西壮族自治区", "广西".len())));
    }

    #[test]
    fn normalise_site_path_gives_full_names() {
        assert_eq!(normalise("山东/青岛市"), Some("山东省/青岛市"));
        assert_eq!(normalise("北京/朝阳"), Some("北京市/朝阳区"));
        assert_eq!(normalise("甘肃省/酒泉市"), Some("甘肃省/酒泉市"));
        assert_eq!(normalise("甘肃省/青岛市"), None);
        assert_eq!(normalise(""), None);
    }

    #[test]
    fn places_table_has_every_province_and_parent() {
        let provinces = places().iter().filter(|place| place.level() == 0).count();
        assert_eq!(provinces, 34);
        for place in places() {
            for above in place.path.match_indices('/').map(|(offset, _)| &place.path[..offset]) {
                assert!(
                    places().iter().any(|p| p.path == above),
                    "parent {above} of {} is missing",
                    place.path
                );
            }
        }
    }
}
