//! Pinyin readings behind characters, `关guān于yú`, as pages for learners have them. A search
//! for the words matches only the text without them.

use std::borrow::Cow;

/// Vowels with a tone mark.
const TONE_VOWELS: &[char] = &[
    'ā', 'á', 'ǎ', 'à', 'ē', 'é', 'ě', 'è', 'ī', 'í', 'ǐ', 'ì', 'ō', 'ó', 'ǒ', 'ò', 'ū', 'ú', 'ǔ', 'ù', 'ǖ',
    'ǘ', 'ǚ', 'ǜ',
];

/// Tone marks from which Latin letters are readings; fewer may be a word of another language.
const MIN_TONE_MARKS: usize = 2;
/// Length limit of a syllable, in characters.
const MAX_SYLLABLE_CHARS: usize = 6;

/// Removes the readings behind characters.
pub fn without_readings(text: &str) -> Cow<'_, str> {
    if text.is_ascii() || text.chars().filter(|c| TONE_VOWELS.contains(c)).count() < MIN_TONE_MARKS {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let syllable: usize = rest.chars().take_while(|c| is_latin(*c)).map(char::len_utf8).sum();
        if syllable > 0 {
            let (word, after) = rest.split_at(syllable);
            let reading = out.trim_end().ends_with(is_han)
                && word.chars().count() <= MAX_SYLLABLE_CHARS
                && word.chars().all(|c| !c.is_uppercase());
            if reading {
                out.truncate(out.trim_end().len());
                rest = after.trim_start();
                continue;
            }
            out.push_str(word);
            rest = after;
        } else {
            out.push(first);
            rest = &rest[first.len_utf8()..];
        }
    }
    Cow::Owned(out)
}

fn is_latin(c: char) -> bool {
    c.is_ascii_alphabetic() || TONE_VOWELS.contains(&c) || c == 'ü'
}

fn is_han(c: char) -> bool {
    ('\u{3400}'..='\u{9fff}').contains(&c) || ('\u{20000}'..='\u{3ffff}').contains(&c)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_readings_keeps_other_latin_words() {
        assert_eq!(without_readings("关 guān 于 yú 规 guī 范 fàn 的 de 通 tōng 知 zhī"), "关于规范的通知");
        assert_eq!(without_readings("关guān于yú APP 的de通tōng知zhī"), "关于APP 的通知");
        assert_eq!(without_readings("café 的通知"), "café 的通知");
        assert_eq!(without_readings("政务gongkai"), "政务gongkai");
    }
}
