//! Characters that are right as typed, and whole words: the limits of every correction.

use rustc_hash::FxHashSet;

use crate::lexicon::vocabulary::Vocabulary;
use crate::lexicon::vocabulary::units::{Unit, char_from_unit, is_han, unit_from_char};

/// Longest word that is searched around a character, in units.
const MAX_WORD_UNITS: usize = 4;
/// Most characters before the ending of a place name that may belong to it.
const MAX_PLACE_NAME_CHARS: usize = 3;
/// Words of everyday questions. Official texts hardly use them, so they always look like mistakes.
const EVERYDAY_WORDS: &str =
    "吗 呢 吧 啊 呀 嘛 我 你 您 她 咱 谁 哪 啥 怎么 怎样 怎么办 什么 多少 这么 那么 为啥 能否 可否";
/// Words of one character that fit nearly everywhere, so that little proves them wrong.
const SMALL_WORDS: &str = "的了和与或等在是不还都也就即所及其为以于对从而且但并被把让向可能将应该若如则之";
/// Provinces: several sound or look like each other, and each is meant as typed.
const PROVINCES: &str = "北京 天津 上海 重庆 河北 山西 辽宁 吉林 江苏 浙江 安徽 福建 江西 山东 河南 湖北 湖南 广东 海南 四川 贵州 云南 陕西 甘肃 青海 台湾 广西 西藏 宁夏 新疆 香港 澳门 内蒙古 黑龙江";
/// Endings of the names of places.
const PLACE_ENDINGS: &str = "省市县区州盟旗镇乡村";

/// Knowledge beside the collection: names that are right as typed whatever
/// they resemble, and the words of a general dictionary.
#[derive(Default)]
pub struct KnownWords {
    names: FxHashSet<Vec<Unit>>,
    max_length: usize,
    dictionary: Option<Dictionary>,
}

/// A general dictionary: returns true for a word.
pub type Dictionary = Box<dyn Fn(&str) -> bool + Send + Sync>;

impl KnownWords {
    /// Adds names of at least two characters.
    pub fn add_names<'a>(&mut self, names: impl IntoIterator<Item = &'a str>) {
        let units = names.into_iter().map(|name| name.chars().filter_map(unit_from_char).collect());
        self.names.extend(units.filter(|units: &Vec<Unit>| units.len() > 1));
        self.max_length = self.names.iter().map(Vec::len).max().unwrap_or(0);
    }

    /// Sets the dictionary.
    pub fn set_dictionary(&mut self, dictionary: Dictionary) {
        self.dictionary = Some(dictionary);
    }

    /// Checks if a dictionary was set.
    pub fn has_dictionary(&self) -> bool {
        self.dictionary.is_some()
    }

    /// Checks if a kept name stands in the text around index `i`.
    fn has_name_around(&self, typed: &[Unit], i: usize) -> bool {
        substrings_around(typed, i, self.max_length).any(|substring| self.names.contains(substring))
    }

    /// Checks if a word of the dictionary stands in the text around index `i`.
    pub fn has_word_around(&self, typed: &[Unit], i: usize) -> bool {
        substrings_around(typed, i, MAX_WORD_UNITS).any(|substring| self.is_word(substring))
    }

    /// Checks if a place that the dictionary has with its ending (福州市) stands around index `i`.
    fn has_place_around(&self, typed: &[Unit], i: usize) -> bool {
        is_before_place_ending(typed, i)
            && substrings_around(typed, i, MAX_WORD_UNITS)
                .any(|s| s.last().is_some_and(|last| is_place_ending(*last)) && self.is_word(s))
    }

    fn is_word(&self, units: &[Unit]) -> bool {
        let Some(dictionary) = &self.dictionary else { return false };
        dictionary(&units.iter().map(|u| char_from_unit(*u)).collect::<String>())
    }
}

/// All substrings of two and more characters around index `i`.
fn substrings_around(units: &[Unit], i: usize, max_length: usize) -> impl Iterator<Item = &[Unit]> {
    ((i + 1).saturating_sub(max_length)..=i).flat_map(move |from| {
        let ends = (i + 1).max(from + 2)..=units.len().min(from + max_length);
        ends.map(move |to| &units[from..to])
    })
}

/// Checks if the character at index `i` is right whatever its context.
pub fn is_surely_right(typed: &[Unit], i: usize, vocabulary: &Vocabulary, known_words: &KnownWords) -> bool {
    !is_han(typed[i])
        || known_words.has_name_around(typed, i)
        || EVERYDAY_WORDS.split(' ').chain(PROVINCES.split(' ')).any(|word| contains_around(word, typed, i))
        || is_in_place_name(typed, i, vocabulary)
        || known_words.has_place_around(typed, i)
}

/// Checks if a character is a word that fits nearly everywhere.
pub fn is_small_word(unit: Unit) -> bool {
    SMALL_WORDS.chars().filter_map(unit_from_char).any(|small| small == unit)
}

/// Checks if `word` stands in the text around index `i`.
fn contains_around(word: &str, typed: &[Unit], i: usize) -> bool {
    let length = word.chars().count();
    let last = (i + 1).min((typed.len() + 1).saturating_sub(length));
    ((i + 1).saturating_sub(length)..last)
        .any(|from| word.chars().filter_map(unit_from_char).eq(typed[from..from + length].iter().copied()))
}

/// Checks if a place name seems to end right after the character: the place cannot be guessed.
pub fn is_before_place_ending(typed: &[Unit], i: usize) -> bool {
    typed[i + 1..].iter().take(MAX_PLACE_NAME_CHARS).any(|unit| is_place_ending(*unit))
}

fn is_place_ending(unit: Unit) -> bool {
    PLACE_ENDINGS.chars().filter_map(unit_from_char).any(|ending| ending == unit)
}

/// Checks if the collection has the character as part of a place name.
fn is_in_place_name(typed: &[Unit], i: usize, vocabulary: &Vocabulary) -> bool {
    (i.max(1) + 1..=i + 2).any(|end| {
        typed.get(end).is_some_and(|unit| is_place_ending(*unit))
            && vocabulary.characters().count_limit(&typed[end - 2..=end]) > 0.0
    })
}

/// Number of records of the most frequent word of several characters around index `i`
/// that does not reach beyond the text; 0 if there is none.
pub fn records_of_word_around(units: &[Unit], i: usize, vocabulary: &Vocabulary) -> f32 {
    let words = vocabulary.words();
    let records = |substring: &[Unit]| words.find(substring).map_or(0.0, |word| words.weight(word));
    substrings_around(units, i, MAX_WORD_UNITS).map(records).fold(0.0, f32::max)
}
