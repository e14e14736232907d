//! Script: Traditional characters and variants of numbers and names read as simplified ones.

use std::borrow::Cow;
use std::sync::LazyLock;

/// Simplified form of each character of the Basic Multilingual Plane; 0 for characters that have none.
static SIMPLIFIED: LazyLock<Box<[u16]>> = LazyLock::new(|| {
    let tables =
        [include_str!("../../dictionary/traditional.tsv"), include_str!("../../dictionary/variants.tsv")];
    let mut simplified = vec![0; 0x1_0000].into_boxed_slice();
    for line in tables.iter().flat_map(|table| table.lines()).filter(|line| !line.starts_with('#')) {
        let Some((target, from)) = line.split_once('\t') else { continue };
        let Some(target) = target.chars().next() else { continue };
        // Offsets stay those of the original: only characters of equal length are replaced.
        for c in from.chars().filter(|c| (*c as u32) < 0x1_0000 && c.len_utf8() == target.len_utf8()) {
            simplified[c as usize] = target as u16;
        }
    }
    simplified
});

/// Text in simplified characters, each at its byte offset in the original.
pub(crate) fn simplified(text: &str) -> Cow<'_, str> {
    let table = &*SIMPLIFIED;
    let replacement = |c: char| {
        let code = table.get(c as usize).copied().filter(|code| *code > 0)?;
        char::from_u32(u32::from(code))
    };
    if text.chars().all(|c| replacement(c).is_none()) {
        return Cow::Borrowed(text);
    }
    Cow::Owned(text.chars().map(|c| replacement(c).unwrap_or(c)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn simplified_text_keeps_all_offsets() {
        let text = "雲政辦發〔2017〕47號，𠮷第３號";
        assert_eq!(simplified(text), "云政办发〔2017〕47号，𠮷第３号");
        assert_eq!(simplified(text).len(), text.len());
        assert!(matches!(simplified("云政办发〔2017〕47号"), Cow::Borrowed(_)));
    }
}
