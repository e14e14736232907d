//! Readings of characters: the usual reading of each, and the reading that a
//! word gives to a character with several (重庆, 银行, 会计).

use std::collections::HashMap;
use std::sync::LazyLock;

use pinyin::{ToPinyin, ToPinyinMulti};

use crate::lexicon::pinyin::syllable;
use crate::lexicon::pinyin::syllable::SyllableId;
use crate::lexicon::vocabulary::units::{Unit, char_from_unit, is_han, unit_from_char};

/// Words that decide a reading; the head of the file describes its format.
const WORDS: &str = include_str!("../../../dictionary/readings.tsv");

/// A word, the position in it of the character whose reading it decides, and that reading.
struct DecidingWord {
    word: Vec<Unit>,
    position: usize,
    reading: SyllableId,
}

struct Readings {
    /// Usual reading by unit; 0 if there is none.
    usual: Vec<SyllableId>,
    /// Deciding words by their first unit.
    words: HashMap<Unit, Vec<DecidingWord>>,
}

static READINGS: LazyLock<Readings> = LazyLock::new(load_readings);

fn load_readings() -> Readings {
    let mut usual = vec![0; 1 << 16];
    for unit in (0..=Unit::MAX).filter(|u| is_han(*u)) {
        usual[usize::from(unit)] = char_from_unit(unit)
            .to_pinyin()
            .and_then(|p| syllable::id_from_letters(&p.plain().replace('ü', "u")))
            .unwrap_or(0);
    }
    let mut words: HashMap<Unit, Vec<DecidingWord>> = HashMap::new();
    for (character, reading, list) in WORDS.lines().filter_map(parse_line) {
        for word in list.split(' ') {
            if word == "*" {
                usual[usize::from(character)] = reading;
                continue;
            }
            let word: Vec<Unit> = word.chars().filter_map(unit_from_char).collect();
            let Some(position) = word.iter().position(|u| *u == character) else { continue };
            words.entry(word[0]).or_default().push(DecidingWord { word, position, reading });
        }
    }
    Readings { usual, words }
}

/// Parses one line: character, reading, words.
fn parse_line(line: &str) -> Option<(Unit, SyllableId, &str)> {
    let mut fields = line.split('\t').filter(|_| !line.starts_with('#'));
    let character = fields.next()?.chars().next().and_then(unit_from_char)?;
    let reading = syllable::id_from_letters(fields.next()?)?;
    Some((character, reading, fields.next()?))
}

/// Usual reading of a character.
pub fn usual_reading(unit: Unit) -> Option<SyllableId> {
    Some(READINGS.usual[usize::from(unit)]).filter(|id| *id != 0)
}

/// All readings of a character, the usual one first.
pub fn all_readings(unit: Unit) -> Vec<SyllableId> {
    let mut readings: Vec<SyllableId> = usual_reading(unit).into_iter().collect();
    for reading in char_from_unit(unit).to_pinyin_multi().into_iter().flatten() {
        if let Some(id) = syllable::id_from_letters(&reading.plain().replace('ü', "u"))
            && !readings.contains(&id)
        {
            readings.push(id);
        }
    }
    readings
}

/// Reading of each unit in its context; `None` for a unit without one.
///
/// Of the words that decide a character, the longest wins.
pub fn readings_in_context(units: &[Unit]) -> Vec<Option<SyllableId>> {
    let mut read: Vec<(Option<SyllableId>, usize)> = units.iter().map(|u| (usual_reading(*u), 0)).collect();
    for (i, unit) in units.iter().enumerate() {
        for word_fact in READINGS.words.get(unit).into_iter().flatten() {
            let decided = i + word_fact.position;
            if units[i..].starts_with(&word_fact.word) && read[decided].1 < word_fact.word.len() {
                read[decided] = (Some(word_fact.reading), word_fact.word.len());
            }
        }
    }
    read.into_iter().map(|(reading, _)| reading).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reading_text(text: &str) -> String {
        let units: Vec<Unit> = text.chars().filter_map(unit_from_char).collect();
        let read: Vec<&str> =
            readings_in_context(&units).into_iter().map(|r| r.map_or("?", syllable::letters_of_id)).collect();
        read.join(" ")
    }

    #[test]
    fn readings_in_context_follow_longest_word() {
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
            assert_eq!(reading_text(text), expected, "{text}");
        }
    }

    #[test]
    fn every_line_of_the_table_is_needed() {
        let wrong: Vec<String> = WORDS.lines().filter(|l| !l.starts_with('#')).filter_map(fault).collect();
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    }

    fn fault(line: &str) -> Option<String> {
        let Some((character, reading, words)) = parse_line(line) else { return Some(line.to_owned()) };
        let known = all_readings(character);
        let missing = words.split(' ').find(|w| *w != "*" && !w.contains(char_from_unit(character)));
        let from_library = char_from_unit(character).to_pinyin().map(|p| p.plain().replace('ü', "u"));
        let repeated = words == "*" && from_library.as_deref() == Some(syllable::letters_of_id(reading));
        // The county 乐亭 is called so by its people; the library does not know it.
        let unknown = !known.contains(&reading) && !line.starts_with("乐\tlao");
        (unknown || known.len() == 1 || missing.is_some() || repeated)
            .then(|| format!("{line}: {known:?} {missing:?} {repeated}"))
    }
}
