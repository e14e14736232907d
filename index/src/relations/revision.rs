//! From which day the text of a record is, where it was revised: sources date a revised law
//! by the day of its first version, and its title or the note below it says of which revision
//! it is.

use crate::official::date;
use crate::record::{Date, Kind, Record};

/// The part of a text in which the note on its revisions stands, in bytes.
const HEAD: usize = 2_400;
/// What is said of a revision.
const REVISED: [&str; 2] = ["修正", "修订"];
/// Longest distance from the day of a revision to the word, in bytes: the congress, its
/// session and the decision stand between.
const BESIDE: usize = 480;

/// The day of the last revision that a record names, if it names one.
pub fn of(record: &Record) -> Option<Date> {
    if record.kind == Kind::Interpretation {
        return None;
    }
    of_title(&record.title).into_iter().chain(of_note(&record.body)).max()
}

/// `行政处罚法(2021-01-22)`, `土地管理法实施条例（2021年7月2日第三次修订）`.
fn of_title(title: &str) -> Option<Date> {
    let open = title.trim().strip_suffix([')', '）'])?.rfind(['(', '（'])?;
    date::find_all(&title[open..]).into_iter().map(|found| found.date).max()
}

/// `根据2009年8月27日…《关于修改部分法律的决定》第一次修正`.
fn of_note(body: &str) -> Option<Date> {
    let end = (0..=HEAD.min(body.len())).rev().find(|at| body.is_char_boundary(*at))?;
    let head = &body[..end];
    // The note stands before the first article.
    let head = head.split_once("第一条").map_or(head, |(note, _)| note);
    if !REVISED.iter().any(|word| head.contains(word)) {
        return None;
    }
    let dates = date::find_all(head);
    let words = REVISED.iter().flat_map(|word| head.match_indices(word)).map(|(at, _)| at);
    let of_word = |at: usize| {
        let before = dates.iter().rev().find(|found| found.range.end <= at)?;
        let between = &head[before.range.end..at];
        // 《关于修正…的决定》 names a decision and is no revision.
        let within = between.matches(['《', '〈']).count() > between.matches(['》', '〉']).count();
        let own = between.len() <= BESIDE && !between.contains(['。', '；']);
        (own && !within).then_some(before.date)
    };
    words.filter_map(of_word).max()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::parse_iso_date;

    fn edition(title: &str, body: &str) -> Option<String> {
        let record = Record { body: body.into(), ..Record::new("a", Kind::Policy, title) };
        of(&record).map(|date| date.to_string())
    }

    #[test]
    fn the_last_revision_that_is_named() {
        assert_eq!(edition("某某法(2021-01-22)", "").as_deref(), Some("2021-01-22"));
        assert_eq!(edition("某某条例（2021年7月2日第三次修订）", "").as_deref(), Some("2021-07-02"));
        let note = "（1996年3月17日通过 根据2009年8月27日《关于修改部分法律的决定》第一次修正 \
            根据2017年9月1日某会议《关于修改〈某法〉等八部法律的决定》第二次修正）\n第一条 为了……";
        assert_eq!(edition("某某法", note).as_deref(), Some("2017-09-01"));
        assert_eq!(parse_iso_date("2017-09-01"), of_note(note));
    }

    #[test]
    fn what_is_no_revision_of_the_text() {
        assert_eq!(edition("某某办法", "（2001年6月18日发布）\n第一条 为了……2009年1月1日修正"), None);
        assert_eq!(edition("某某通知", "2009年8月27日通过的《刑法修正案》已经公布。"), None);
        assert_eq!(edition("关于废止文件的决定（二）", "各单位："), None);
    }
}
