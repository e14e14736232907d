//! Day of a revised text. Sources date a revised law by the day of its first version; its title
//! or the note below the title names the revision.

use crate::official::date;
use crate::record::{Date, Kind, Record};

/// Beginning of a text that may have the note on its revisions, in bytes.
const NOTE_BYTES: usize = 2_400;
/// Words for a revision.
const REVISION_WORDS: [&str; 2] = ["修正", "修订"];
/// Longest distance from the day of a revision to the word, in bytes: the congress, its
/// session and the decision are named between them.
const MAX_DAY_DISTANCE_BYTES: usize = 480;

/// Returns the day of the last revision that a record names, if it names one.
pub fn last_revision_day(record: &Record) -> Option<Date> {
    if record.kind == Kind::Interpretation {
        return None;
    }
    day_in_title(&record.title).into_iter().chain(day_in_note(&record.body)).max()
}

/// Reads the day at the end of a title: `行政处罚法(2021-01-22)`, `土地管理法实施条例（2021年7月2日第三次修订）`.
fn day_in_title(title: &str) -> Option<Date> {
    let open = title.trim().strip_suffix([')', '）'])?.rfind(['(', '（'])?;
    date::find_all(&title[open..]).into_iter().map(|found| found.date).max()
}

/// Reads the last day of the note: `根据2009年8月27日…《关于修改部分法律的决定》第一次修正`.
fn day_in_note(body: &str) -> Option<Date> {
    let end = (0..=NOTE_BYTES.min(body.len())).rev().find(|offset| body.is_char_boundary(*offset))?;
    let head = &body[..end];
    // The note is before the first article.
    let head = head.split_once("第一条").map_or(head, |(note, _)| note);
    if !REVISION_WORDS.iter().any(|word| head.contains(word)) {
        return None;
    }
    let dates = date::find_all(head);
    let words = REVISION_WORDS.iter().flat_map(|word| head.match_indices(word)).map(|(offset, _)| offset);
    let day_of_word = |offset: usize| {
        let before = dates.iter().rev().find(|found| found.range.end <= offset)?;
        let between = &head[before.range.end..offset];
        // 《关于修正…的决定》 names a decision and is no revision.
        let in_title = between.matches(['《', '〈']).count() > between.matches(['》', '〉']).count();
        let in_clause = between.len() <= MAX_DAY_DISTANCE_BYTES && !between.contains(['。', '；']);
        (in_clause && !in_title).then_some(before.date)
    };
    words.filter_map(day_of_word).max()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::parse_iso_date;

    fn revision_day(title: &str, body: &str) -> Option<String> {
        let record = Record { body: body.into(), ..Record::new("a", Kind::Policy, title) };
        last_revision_day(&record).map(|date| date.to_string())
    }

    #[test]
    fn last_revision_of_title_or_note_is_read() {
        assert_eq!(revision_day("某某法(2021-01-22)", "").as_deref(), Some("2021-01-22"));
        assert_eq!(revision_day("某某条例（2021年7月2日第三次修订）", "").as_deref(), Some("2021-07-02"));
        let note = "（1996年3月17日通过 根据2009年8月27日《关于修改部分法律的决定》第一次修正 \
            根据2017年9月1日某会议《关于修改〈某法〉等八部法律的决定》第二次修正）\n第一条 为了……";
        assert_eq!(revision_day("某某法", note).as_deref(), Some("2017-09-01"));
        assert_eq!(parse_iso_date("2017-09-01"), day_in_note(note));
    }

    #[test]
    fn day_that_is_no_revision_is_ignored() {
        assert_eq!(revision_day("某某办法", "（2001年6月18日发布）\n第一条 为了……2009年1月1日修正"), None);
        assert_eq!(revision_day("某某通知", "2009年8月27日通过的《刑法修正案》已经公布。"), None);
        assert_eq!(revision_day("关于废止文件的决定（二）", "各单位："), None);
    }
}
