//! What is right as typed and what is a whole word: the bounds of every correction.

use rustc_hash::FxHashSet;

use crate::lexicon::vocabulary::Vocabulary;
use crate::lexicon::vocabulary::units::{Unit, char_of, is_han, unit_of};

/// Units of the longest word that is looked for around a character.
const MAX_WORD: usize = 4;
/// Characters before the ending of a place name that may belong to it.
const NAME: usize = 3;
/// Words of everyday questions. Official texts hardly use them, so they always look strange there.
const EVERYDAY: &str =
    "吗 呢 吧 啊 呀 嘛 我 你 您 她 咱 谁 哪 啥 怎么 怎样 怎么办 什么 多少 这么 那么 为啥 能否 可否";
/// Words of one character that fit nearly everywhere, so that little proves them wrong.
const SMALL_WORDS: &str = "的了和与或等在是不还都也就即所及其为以于对从而且但并被把让向可能将应该若如则之";
/// Provinces: several sound or look like each other, and each is meant as typed.
const PROVINCES: &str = "北京 天津 上海 重庆 河北 山西 辽宁 吉林 江苏 浙江 安徽 福建 江西 山东 河南 湖北 湖南 广东 海南 四川 贵州 云南 陕西 甘肃 青海 台湾 广西 西藏 宁夏 新疆 香港 澳门 内蒙古 黑龙江";
/// What the names of places end in.
const PLACE_ENDINGS: &str = "省市县区州盟旗镇乡村";

/// What is known besides the collection: names that are right as typed whatever
/// they resemble, and the words of a general dictionary.
#[derive(Default)]
pub struct Knowledge {
    names: FxHashSet<Vec<Unit>>,
    longest: usize,
    dictionary: Option<Dictionary>,
}

/// Whether something is a word.
pub type Dictionary = Box<dyn Fn(&str) -> bool + Send + Sync>;

impl Knowledge {
    /// Takes these names, as far as they have two characters at least.
    pub fn keep<'a>(&mut self, names: impl IntoIterator<Item = &'a str>) {
        let units = names.into_iter().map(|name| name.chars().filter_map(unit_of).collect());
        self.names.extend(units.filter(|units: &Vec<Unit>| units.len() > 1));
        self.longest = self.names.iter().map(Vec::len).max().unwrap_or(0);
    }

    /// Takes a dictionary.
    pub fn consult(&mut self, dictionary: Dictionary) {
        self.dictionary = Some(dictionary);
    }

    /// Whether a dictionary can be asked.
    pub fn has_dictionary(&self) -> bool {
        self.dictionary.is_some()
    }

    /// Whether a kept name stands in the text around `at`.
    fn keeps(&self, typed: &[Unit], at: usize) -> bool {
        stretches(typed, at, self.longest).any(|stretch| self.names.contains(stretch))
    }

    /// Whether a word of the dictionary stands in the text around `at`.
    pub fn has_word_around(&self, typed: &[Unit], at: usize) -> bool {
        stretches(typed, at, MAX_WORD).any(|stretch| self.is_word(stretch))
    }

    /// Whether a place that the dictionary names with its ending, 福州市, stands there.
    fn has_place_around(&self, typed: &[Unit], at: usize) -> bool {
        is_before_place_ending(typed, at)
            && stretches(typed, at, MAX_WORD)
                .any(|s| s.last().is_some_and(|last| is_place_ending(*last)) && self.is_word(s))
    }

    fn is_word(&self, units: &[Unit]) -> bool {
        let Some(dictionary) = &self.dictionary else { return false };
        dictionary(&units.iter().map(|u| char_of(*u)).collect::<String>())
    }
}

/// The stretches of two and more characters around `at`.
fn stretches(units: &[Unit], at: usize, longest: usize) -> impl Iterator<Item = &[Unit]> {
    ((at + 1).saturating_sub(longest)..=at).flat_map(move |from| {
        let ends = (at + 1).max(from + 2)..=units.len().min(from + longest);
        ends.map(move |to| &units[from..to])
    })
}

/// Whether the character at `at` is meant as it stands whatever surrounds it.
pub fn is_fixed(typed: &[Unit], at: usize, vocabulary: &Vocabulary, knowledge: &Knowledge) -> bool {
    !is_han(typed[at])
        || knowledge.keeps(typed, at)
        || EVERYDAY.split(' ').chain(PROVINCES.split(' ')).any(|word| covers(word, typed, at))
        || is_in_place_name(typed, at, vocabulary)
        || knowledge.has_place_around(typed, at)
}

/// Whether it is a word that fits nearly everywhere.
pub fn is_small_word(unit: Unit) -> bool {
    SMALL_WORDS.chars().filter_map(unit_of).any(|small| small == unit)
}

/// Whether `word` stands in the text around `at`.
fn covers(word: &str, typed: &[Unit], at: usize) -> bool {
    let length = word.chars().count();
    let last = (at + 1).min((typed.len() + 1).saturating_sub(length));
    ((at + 1).saturating_sub(length)..last)
        .any(|from| word.chars().filter_map(unit_of).eq(typed[from..from + length].iter().copied()))
}

/// Whether a place name seems to end right after the character: which place it is, nobody can guess.
pub fn is_before_place_ending(typed: &[Unit], at: usize) -> bool {
    typed[at + 1..].iter().take(NAME).any(|unit| is_place_ending(*unit))
}

fn is_place_ending(unit: Unit) -> bool {
    PLACE_ENDINGS.chars().filter_map(unit_of).any(|ending| ending == unit)
}

/// Whether the collection knows the character as part of a place name.
fn is_in_place_name(typed: &[Unit], at: usize, vocabulary: &Vocabulary) -> bool {
    (at.max(1) + 1..=at + 2).any(|end| {
        typed.get(end).is_some_and(|unit| is_place_ending(*unit))
            && vocabulary.characters().at_most(&typed[end - 2..=end]) > 0.0
    })
}

/// The number of records of the most frequent word of several characters around `at`
/// that does not reach beyond the text; 0 when there is none.
pub fn word_around(units: &[Unit], at: usize, vocabulary: &Vocabulary) -> f32 {
    let words = vocabulary.words();
    let records = |stretch: &[Unit]| words.find(stretch).map_or(0.0, |word| words.weight(word));
    stretches(units, at, MAX_WORD).map(records).fold(0.0, f32::max)
}
