//! Syllables of Mandarin without tones, numbered in alphabetical order.
//!
//! Alphabetical numbers make all syllables that begin with `zh` one range,
//! so that an incomplete syllable or an initial is as easy to look up as a whole one.
//! `ü` is written `u` throughout: readers type `lvshi`, `lushi` or `lüshi` for 律师,
//! and the few syllables that this merges (女/努, 律/路) are ranked by usefulness.

use std::ops::RangeInclusive;
use std::sync::LazyLock;

/// Number of a syllable; 0 is never a syllable.
pub type SyllableId = u16;

/// One initial with its finals per line; the line without an initial has the bare finals.
const SYLLABLE_TABLE: &str = "\
- a ai an ang ao e ei en eng er o ou
b a ai an ang ao ei en eng i ian iao ie in ing o u
p a ai an ang ao ei en eng i ian iao ie in ing o ou u
m a ai an ang ao e ei en eng i ian iao ie in ing iu o ou u
f a an ang ei en eng o ou u
d a ai an ang ao e ei en eng i ia ian iao ie ing iu ong ou u uan ui un uo
t a ai an ang ao e eng i ian iao ie ing ong ou u uan ui un uo
n a ai an ang ao e ei en eng i ian iang iao ie in ing iu ong ou u uan ue un uo
l a ai an ang ao e ei eng i ia ian iang iao ie in ing iu o ong ou u uan ue un uo
g a ai an ang ao e ei en eng ong ou u ua uai uan uang ui un uo
k a ai an ang ao e ei en eng ong ou u ua uai uan uang ui un uo
h a ai an ang ao e ei en eng ong ou u ua uai uan uang ui un uo
j i ia ian iang iao ie in ing iong iu u uan ue un
q i ia ian iang iao ie in ing iong iu u uan ue un
x i ia ian iang iao ie in ing iong iu u uan ue un
zh a ai an ang ao e ei en eng i ong ou u ua uai uan uang ui un uo
ch a ai an ang ao e en eng i ong ou u ua uai uan uang ui un uo
sh a ai an ang ao e ei en eng i ou u ua uai uan uang ui un uo
r an ang ao e en eng i ong ou u ua uan ui un uo
z a ai an ang ao e ei en eng i ong ou u uan ui un uo
c a ai an ang ao e en eng i ong ou u uan ui un uo
s a ai an ang ao e en eng i ong ou u uan ui un uo
y a an ang ao e i in ing o ong ou u uan ue un
w a ai an ang ao ei en eng o u";

/// Length of the longest syllable, in letters: `zhuang`.
pub const MAX_SYLLABLE_LETTERS: usize = 6;

/// All syllables in order; the number of a syllable is its index plus one.
static SYLLABLES: LazyLock<Vec<String>> = LazyLock::new(|| {
    let mut all: Vec<String> = SYLLABLE_TABLE
        .lines()
        .flat_map(|line| {
            let mut parts = line.split(' ');
            let initial = parts.next().unwrap_or("-").trim_start_matches('-');
            parts.map(move |last| format!("{initial}{last}"))
        })
        .collect();
    all.sort_unstable();
    all.dedup();
    all
});

/// First letter of each syllable, by number.
static FIRST_LETTERS: LazyLock<Vec<u8>> =
    LazyLock::new(|| std::iter::once(0).chain(SYLLABLES.iter().map(|s| s.as_bytes()[0])).collect());

/// Number of ids, the unused 0 included.
pub fn id_count() -> usize {
    SYLLABLES.len() + 1
}

/// Id of a syllable written in lower-case letters, `ü` as `u`.
pub fn id_from_letters(letters: &str) -> Option<SyllableId> {
    let position = SYLLABLES.binary_search_by(|s| s.as_str().cmp(letters)).ok()?;
    SyllableId::try_from(position + 1).ok()
}

/// Letters of a syllable; empty for an unused id.
pub fn letters_of_id(id: SyllableId) -> &'static str {
    usize::from(id).checked_sub(1).and_then(|position| SYLLABLES.get(position)).map_or("", String::as_str)
}

/// First letter of a syllable; 0 for an unused id.
pub fn first_letter(id: SyllableId) -> u8 {
    FIRST_LETTERS.get(usize::from(id)).copied().unwrap_or(0)
}

/// Ids of all syllables that begin with the letters.
pub fn range_with_prefix(letters: &str) -> Option<RangeInclusive<SyllableId>> {
    let from = SYLLABLES.partition_point(|s| s.as_str() < letters);
    let length = SYLLABLES[from..].iter().take_while(|s| s.starts_with(letters)).count();
    let first = SyllableId::try_from(from + 1).ok()?;
    let last = SyllableId::try_from(from + length).ok()?;
    (length > 0).then_some(first..=last)
}

/// Splits a syllable into initial (`zh`, `b`, or nothing) and final; `y` and `w` count as initials.
pub fn initial_and_final(letters: &str) -> (&str, &str) {
    let length = match letters.as_bytes() {
        [b'z' | b'c' | b's', b'h', ..] => 2,
        [b'a' | b'e' | b'o', ..] | [] => 0,
        _ => 1,
    };
    letters.split_at(length)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_in_alphabetical_order() {
        assert!(id_count() > 390 && id_count() < 420, "{}", id_count());
        for id in 1..id_count() as SyllableId {
            assert_eq!(id_from_letters(letters_of_id(id)), Some(id));
            assert!(letters_of_id(id).len() <= MAX_SYLLABLE_LETTERS);
            assert!(id == 1 || letters_of_id(id - 1) < letters_of_id(id));
        }
        assert_eq!(letters_of_id(0), "");
        assert_eq!(id_from_letters("zhe2"), None);
    }

    #[test]
    fn range_with_prefix_has_all_its_syllables() {
        let range = range_with_prefix("zh").unwrap();
        assert!(range.clone().all(|id| letters_of_id(id).starts_with("zh")));
        assert_eq!(range.count(), 20);
        assert_eq!(range_with_prefix("v"), None);
        assert_eq!(range_with_prefix("zhuang").unwrap().count(), 1);
    }

    #[test]
    fn initial_and_final_keep_initials_of_two_letters() {
        assert_eq!(initial_and_final("zhuang"), ("zh", "uang"));
        assert_eq!(initial_and_final("an"), ("", "an"));
        assert_eq!(initial_and_final("yang"), ("y", "ang"));
    }
}
