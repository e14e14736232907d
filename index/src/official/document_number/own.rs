//! The document's own number among all numbers in its text.
//!
//! The own number stands at the head: behind a label, alone on a line, right after the title, or
//! in the note about its publication. A number that a sentence cites is never
//! taken for it, so a text may well have none.

use std::ops::Range;

use super::find::{Found, find_all};
use super::words::TITLE_WORDS;
use crate::official::genre;
use crate::official::scan::{digit, head, is_han};

/// Length of the head of a text, in bytes.
const MAX_HEAD_BYTES: usize = 2_400;

/// Longest title that opens a text, in bytes.
const MAX_OPENING_TITLE_BYTES: usize = 450;

/// Place of the document's own number, the most certain first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Place {
    /// Behind 文号, 发文字号.
    Label,
    /// On a line of its own, with at most a date or the issuer before it.
    Line,
    /// Right after the title, or first of all, in a text without line breaks.
    Start,
    /// In the note under the title: 某年某月某日…令第…号公布.
    Note,
    /// In the title.
    Title,
}

/// A document's own number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Own {
    /// The number; its range is in the body, or in the title if it was found there.
    pub found: Found,
    /// Place of the number.
    pub place: Place,
}

/// Number of a document, from its title and its text.
pub fn own(title: &str, body: &str) -> Option<Own> {
    let head = head(body, MAX_HEAD_BYTES);
    let placed = find_all(head).into_iter().filter_map(|found| {
        let place = place_of_number(title, head, &found.range)?;
        Some(Own { found, place })
    });
    let in_body = placed.min_by_key(|own| (own.place, own.found.range.start));
    in_body.or_else(|| number_in_title(title))
}

fn number_in_title(title: &str) -> Option<Own> {
    let found = find_all(title).into_iter().find(|found| {
        let edge =
            found.range.start == 0 || title[found.range.end..].trim_matches(['）', ')', ' ']).is_empty();
        edge && !title[..found.range.start].contains('《')
    })?;
    Some(Own { found, place: Place::Title })
}

fn place_of_number(title: &str, head: &str, range: &Range<usize>) -> Option<Place> {
    let before = &head[..range.start];
    let after = &head[range.end..];
    if is_labelled(before) {
        return Some(Place::Label);
    }
    let line = before.rsplit('\n').next().unwrap_or(before);
    if is_cited(line, after) {
        return None;
    }
    let ends = after.trim_start_matches([' ', '\u{3000}', '）', ')', '\t']).starts_with(['\n', '\r'])
        || after.is_empty();
    if ends && only_date_or_issuer(line) {
        return Some(Place::Line);
    }
    if starts_text(title, before) && !sentence_continues(after) {
        return Some(Place::Start);
    }
    is_in_note(line, &head[range.clone()], after).then_some(Place::Note)
}

fn is_labelled(before: &str) -> bool {
    let label = before.trim_end_matches(|c: char| c.is_whitespace() || ":：】]|".contains(c));
    let labels = ["文号", "发文字号", "文件编号", "公文字号", "文件号"];
    label.len() < before.len() && labels.iter().any(|word| label.ends_with(word))
}

/// Checks if the line or the text after the number shows that it belongs to another document.
fn is_cited(line: &str, after: &str) -> bool {
    let clause = line.rsplit(['，', '。', '；']).next().unwrap_or(line);
    let verb =
        ["根据", "按照", "依据", "依照", "贯彻", "落实", "你院", "你部", "你局", "你厅", "你省", "你委"];
    let verb = verb.iter().any(|word| clause.contains(word));
    let enclosed = clause.ends_with(['（', '(']) && clause.trim_end_matches(['（', '(', ' ']).ends_with('》');
    let spoken = ["文", "收悉", "函收悉", "文件", "请示", "规定", "要求", "和", "的"]
        .iter()
        .any(|word| after.starts_with(word));
    verb || enclosed || spoken
}

/// Checks if only a date, a name or brackets stand before a number on its line.
fn only_date_or_issuer(line: &str) -> bool {
    let line = line.trim().trim_end_matches(['（', '(', '|']).trim_end();
    line.is_empty()
        || line.chars().count() <= 40
            && !line.contains(['《', '。', '，', '：'])
            && line.ends_with(['日', '|', '院', '府', '局', '厅', '部', '委', '会', '室'])
}

/// Checks if nothing or only a title stands before: the stated one, or a text that ends as titles do.
fn starts_text(title: &str, before: &str) -> bool {
    let opening = before.trim_end();
    if opening.len() < MAX_OPENING_TITLE_BYTES
        && !opening.contains('。')
        && opening.contains("关于")
        && genre::of_title(opening).is_some()
    {
        return true;
    }
    let letters = |text: &str| text.chars().filter(|c| is_han(*c) || digit(*c).is_some()).collect::<String>();
    let (before, title) = (letters(before), letters(title));
    before.is_empty() || !title.is_empty() && before.len() <= title.len() * 2 && before.ends_with(&title)
}

/// Checks if the sentence continues after the number: `…号要求`, `…号、`.
fn sentence_continues(after: &str) -> bool {
    after.starts_with(['、', '）', ')', '，', '。', '；'])
}

/// Recognises a note such as `（2016年11月18日河北省人民政府令〔2016〕第3号公布`; of joint numbers for
/// the first only.
fn is_in_note(line: &str, number: &str, after: &str) -> bool {
    let line = line.trim_start();
    let note = line.starts_with(['（', '(']) || line.starts_with(|c: char| c.is_ascii_digit());
    let said = after.trim_start_matches(['令', ' ', '\u{3000}']);
    let clause = &said[..said.find(['）', ')', '，', '。', '\n']).unwrap_or(said.len())];
    let published = ["公布", "发布", "颁布"].iter().any(|word| clause.starts_with(word))
        || said.starts_with(['）', ')'])
        || clause.starts_with('、') && ["公布", "发布"].iter().any(|word| clause.contains(word));
    let goes_on = said.len() < after.len() && ["自", "根据", "公"].iter().any(|word| said.starts_with(word));
    let titled = TITLE_WORDS.iter().any(|title| number.contains(title));
    note && !line.contains("根据") && (published || titled && goes_on)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[track_caller]
    fn check(title: &str, body: &str, expected: Option<(&str, Place)>) {
        let got = own(title, body).map(|own| (own.found.number.to_string(), own.place));
        assert_eq!(got, expected.map(|(number, place)| (number.to_owned(), place)), "{title} / {body}");
    }

    #[test]
    fn own_number_at_head_is_found_in_every_layout() {
        check("甲", "发文字号：国发〔2015〕58号\n内容", Some(("国发〔2015〕58号", Place::Label)));
        check(
            "关于甲的通知",
            "国务院关于甲的通知\n国发〔2015〕58号\n各省：",
            Some(("国发〔2015〕58号", Place::Line)),
        );
        check("甲", "1992年2月12日 法函〔1992〕16号\n某院：", Some(("法函〔1992〕16号", Place::Line)));
        check(
            "甲",
            "冀人社字〔2024〕22号河北省各市人力资源社会保障局：",
            Some(("冀人社字〔2024〕22号", Place::Start)),
        );
        check(
            "甲的若干措施",
            "甲的若干措施冀政办发〔2017〕5号 为深入",
            Some(("冀政办发〔2017〕5号", Place::Start)),
        );
        check(
            "甲规定",
            "甲规定\n（2016年11月18日河北省人民政府令〔2016〕第3号公布 根据2018年1月1日河北省人民政府令〔2018〕第1号修正）",
            Some(("河北省人民政府令2016年第3号", Place::Note)),
        );
        check(
            "财政部 税务总局公告2023年第11号",
            "为支持发展",
            Some(("财政部 税务总局公告2023年第11号", Place::Title)),
        );
    }

    #[test]
    fn own_number_is_never_a_cited_one() {
        check("甲", "按照财库〔2022〕3号要求，现通知如下", None);
        check("甲", "你院川检发研（1998）10号请示收悉。", None);
        check("甲", "根据《乙》（国发〔2015〕58号）\n现通知如下", None);
        check("甲", "各市：\n为落实国发[2015]58号和[2016]11号文件要求", None);
        check("转发《乙》（国发〔2015〕58号）", "各市：", None);
    }

    proptest! {
        #[test]
        fn own_any_text_does_not_panic(title in "\\PC{0,20}", body in "[国发令〔〕0-9号公布（）\n根据文号：《》 ]{0,60}") {
            own(&title, &body);
        }
    }
}
