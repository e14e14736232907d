//! How characters are read: the usual reading of each, and the reading that a
//! word gives to a character with several (重庆, 银行, 会计).

use std::collections::HashMap;
use std::sync::LazyLock;

use pinyin::{ToPinyin, ToPinyinMulti};

use crate::lexicon::pinyin::syllable;
use crate::lexicon::pinyin::syllable::SyllableId;
use crate::lexicon::vocabulary::units::{Unit, char_of, is_han, unit_of};

/// Words that decide a reading, see the file's head.
const WORDS: &str = include_str!("../../../dictionary/readings.tsv");

/// A word, the place in it of the character it decides, and that character's reading.
struct Deciding {
    word: Vec<Unit>,
    place: usize,
    reading: SyllableId,
}

struct Readings {
    /// By unit; 0 where there is none.
    usual: Vec<SyllableId>,
    /// By the first unit of the word.
    words: HashMap<Unit, Vec<Deciding>>,
}

static READINGS: LazyLock<Readings> = LazyLock::new(load);

fn load() -> Readings {
    let mut usual = vec![0; 1 << 16];
    for unit in (0..=Unit::MAX).filter(|u| is_han(*u)) {
        usual[usize::from(unit)] = char_of(unit)
            .to_pinyin()
            .and_then(|p| syllable::number(&p.plain().replace('ü', "u")))
            .unwrap_or(0);
    }
    let mut words: HashMap<Unit, Vec<Deciding>> = HashMap::new();
    for (character, reading, list) in WORDS.lines().filter_map(facts) {
        for word in list.split(' ') {
            if word == "*" {
                usual[usize::from(character)] = reading;
                continue;
            }
            let word: Vec<Unit> = word.chars().filter_map(unit_of).collect();
            let Some(place) = word.iter().position(|u| *u == character) else { continue };
            words.entry(word[0]).or_default().push(Deciding { word, place, reading });
        }
    }
    Readings { usual, words }
}

/// Character, reading and words of one line.
fn facts(line: &str) -> Option<(Unit, SyllableId, &str)> {
    let mut fields = line.split('\t').filter(|_| !line.starts_with('#'));
    let character = fields.next()?.chars().next().and_then(unit_of)?;
    let reading = syllable::number(fields.next()?)?;
    Some((character, reading, fields.next()?))
}

/// The usual reading of a character.
pub fn usual(unit: Unit) -> Option<SyllableId> {
    Some(READINGS.usual[usize::from(unit)]).filter(|id| *id != 0)
}

/// All readings of a character, the usual one first.
pub fn all(unit: Unit) -> Vec<SyllableId> {
    let mut readings: Vec<SyllableId> = usual(unit).into_iter().collect();
    for reading in char_of(unit).to_pinyin_multi().into_iter().flatten() {
        if let Some(id) = syllable::number(&reading.plain().replace('ü', "u"))
            && !readings.contains(&id)
        {
            readings.push(id);
        }
    }
    readings
}

/// The reading of each unit in its surroundings; none for what has none.
///
/// Of the words that decide a character, the longest wins.
pub fn read(units: &[Unit]) -> Vec<Option<SyllableId>> {
    let mut read: Vec<(Option<SyllableId>, usize)> = units.iter().map(|u| (usual(*u), 0)).collect();
    for (at, unit) in units.iter().enumerate() {
        for deciding in READINGS.words.get(unit).into_iter().flatten() {
            let decided = at + deciding.place;
            if units[at..].starts_with(&deciding.word) && read[decided].1 < deciding.word.len() {
                read[decided] = (Some(deciding.reading), deciding.word.len());
            }
        }
    }
    read.into_iter().map(|(reading, _)| reading).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_aloud(text: &str) -> String {
        let units: Vec<Unit> = text.chars().filter_map(unit_of).collect();
        let read: Vec<&str> = read(&units).into_iter().map(|r| r.map_or("?", syllable::letters)).collect();
        read.join(" ")
    }

    #[test]
    fn words_decide_readings() {
        for (text, expected) in [
            ("重庆市银行行长", "chong qing shi yin hang hang zhang"),
            ("长期重要", "chang qi zhong yao"),
            ("会计调整", "kuai ji tiao zheng"),
            ("行政调查", "xing zheng diao cha"),
            ("人大会计划", "ren da hui ji hua"),
            ("厦门大厦", "xia men da sha"),
            ("退耕还林还是", "tui geng huan lin hai shi"),
            ("律师法PPP", "lu shi fa ? ? ?"),
            ("部分行业部分行为", "bu fen hang ye bu fen xing wei"),
        ] {
            assert_eq!(read_aloud(text), expected, "{text}");
        }
    }

    #[test]
    fn every_line_states_a_fact_that_is_needed() {
        let wrong: Vec<String> = WORDS.lines().filter(|l| !l.starts_with('#')).filter_map(fault).collect();
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    }

    fn fault(line: &str) -> Option<String> {
        let Some((character, reading, words)) = facts(line) else { return Some(line.to_owned()) };
        let known = all(character);
        let missing = words.split(' ').find(|w| *w != "*" && !w.contains(char_of(character)));
        let from_library = char_of(character).to_pinyin().map(|p| p.plain().replace('ü', "u"));
        let repeated = words == "*" && from_library.as_deref() == Some(syllable::letters(reading));
        // The county 乐亭 is called so by its people; the library does not know it.
        let unknown = !known.contains(&reading) && !line.starts_with("乐\tlao");
        (unknown || known.len() == 1 || missing.is_some() || repeated)
            .then(|| format!("{line}: {known:?} {missing:?} {repeated}"))
    }
}
