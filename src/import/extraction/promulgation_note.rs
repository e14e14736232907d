//! Promulgation note (题注) under the title of a law or a rule: passing and publishing organ,
//! date, order. Many texts have no other signature.

use gongkai_index::official::{date, document_number, issuer};
use gongkai_index::record::Date;

use crate::import::extraction::line::Line;
use crate::import::extraction::organs::{self, without_congress_term};

/// Promulgation of a document's first version.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PromulgationNote {
    /// Organs that passed or published it.
    pub issuers: Vec<String>,
    /// Order or number by which it was published.
    pub number: Option<String>,
    /// Day on which it was passed.
    pub passed_on: Option<Date>,
    /// Words of the note, up to the first verb.
    pub evidence: String,
}

/// Limit of lines under the title that may be a note.
const MAX_HEAD_LINES: usize = 3;
/// Limit of a note's length that is read, in bytes.
const MAX_NOTE_BYTES: usize = 450;
/// Verbs that end the first clause of a note.
const PROMULGATION_VERBS: [&str; 7] = ["公布", "发布", "颁布", "通过", "印发", "修订", "修正"];
/// Verbs whose day is that of the text.
const VERBS_OF_PASSING: [&str; 3] = ["通过", "修订", "修正"];

/// Finds the promulgation note of a document.
pub fn find_note(lines: &[Line]) -> Option<PromulgationNote> {
    lines.iter().take(MAX_HEAD_LINES).find_map(|line| parse_note(&line.text))
}

/// Reads the day of taking effect on a line of its own under the title, `2021年1月1日 施行`.
pub fn effective_line(lines: &[Line]) -> Option<(Date, String)> {
    lines.iter().take(MAX_HEAD_LINES + 1).find_map(|line| {
        let bare = line.text.trim_matches(['(', ')', '（', '）', ' ']);
        let day = date::find_all(text_head(bare, 40)).into_iter().next()?;
        let before = bare[..day.range.start].trim();
        let after = bare[day.range.end..].trim().trim_start_matches('起').trim_end_matches('。');
        let effective = matches!(before, "" | "自") && matches!(after, "施行" | "实施" | "起施行" | "生效");
        effective.then(|| (day.date, line.text.clone()))
    })
}

fn parse_note(line: &str) -> Option<PromulgationNote> {
    let bare = line.trim_start_matches(['(', '（', '【', '[']);
    let begins = bare.len() < line.len()
        || date::find_all(text_head(bare, 40)).first().is_some_and(|found| found.range.start == 0);
    let bare = text_head(bare, MAX_NOTE_BYTES);
    let (end, verb) = PROMULGATION_VERBS.iter().filter_map(|verb| Some((bare.find(verb)?, *verb))).min()?;
    let clause = &bare[..end];
    // A sentence is no note: 根据…，现公布如下.
    if !begins || clause.contains(['。', '；', '，', ',']) || clause.starts_with("根据") {
        return None;
    }
    let day = date::find_all(clause).into_iter().next();
    let named = day.as_ref().map_or(clause, |found| &clause[found.range.end..]);
    let number = document_number::find_all(clause).into_iter().next();
    let organs = number.as_ref().map_or_else(|| congress_name(named), |found| organs_of_order(clause, found));
    (day.is_some() || number.is_some()).then(|| PromulgationNote {
        issuers: organs,
        number: number.map(|found| found.number.to_string()),
        passed_on: day.filter(|_| VERBS_OF_PASSING.contains(&verb)).map(|found| found.date),
        evidence: format!("{clause}{verb}"),
    })
}

fn text_head(text: &str, bytes: usize) -> &str {
    let end = (0..=bytes.min(text.len())).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
    &text[..end]
}

/// Reads all organs before the word 令: `国家计委、国家经贸委令第12号`.
fn organs_of_order(clause: &str, found: &document_number::Found) -> Vec<String> {
    let before_end = &clause[..found.range.end];
    let start = date::find_all(before_end)
        .into_iter()
        .map(|day| day.range.end)
        .filter(|end| *end <= found.range.end)
        .max()
        .unwrap_or(0);
    let names = before_end.get(start..).unwrap_or_default();
    let names = ["令", "公告", "通告"]
        .iter()
        .filter_map(|word| names.find(word))
        .min()
        .map_or(names, |at| &names[..at]);
    let organs = organs::organs_on_line(names);
    if organs.is_empty() { organs::organs_in_number(&found.number.to_string()) } else { organs }
}

/// Reads a congress or its committee without its term: `河北省第八届人民代表大会常务委员会第二次会议`.
fn congress_name(named: &str) -> Vec<String> {
    let name = named.trim();
    let body = ["人民代表大会常务委员会", "人民代表大会", "人民政府"]
        .into_iter()
        .find_map(|body| Some(name.find(body)? + body.len()));
    let full_name = body.map_or("", |end| &name[..end]);
    let name = without_congress_term(full_name);
    if issuer::is_organ(&name) { vec![name] } else { Vec::new() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::import::file_content::BlockKind;

    fn note_on(text: &str) -> Option<PromulgationNote> {
        find_note(&[Line { kind: BlockKind::Paragraph, text: text.to_owned() }])
    }

    #[test]
    fn find_note_reads_orders_and_congresses() {
        let order = note_on(
            "(2008年12月15日河北省人民政府令〔2008〕第13号公布 根据2014年1月16日河北省人民政府令第2号修正)",
        )
        .unwrap();
        assert_eq!(order.issuers, ["河北省人民政府"]);
        assert!(order.number.unwrap().contains("13"));
        assert_eq!(order.passed_on, None);
        let congress =
            note_on("（2018年1月12日河北省第十三届人民代表大会常务委员会第二次会议通过）").unwrap();
        assert_eq!(congress.issuers, ["河北省人民代表大会常务委员会"]);
        assert_eq!(congress.passed_on.unwrap().to_string(), "2018-01-12");
        let joint = note_on("(2001年7月5日国家计委、国家经贸委、建设部令第12号公布)").unwrap();
        assert_eq!(joint.issuers.len(), 3, "{:?}", joint.issuers);
    }

    #[test]
    fn find_note_reads_revision_and_effective_line() {
        let revised =
            note_on("2020年11月25日 某某省第十三届人民代表大会常务委员会第二十五次会议修订").unwrap();
        assert_eq!(revised.passed_on.unwrap().to_string(), "2020-11-25");
        let line = |text: &str| Line { kind: BlockKind::Paragraph, text: text.to_owned() };
        let (day, _) = effective_line(&[line("2021年1月1日 施行")]).unwrap();
        assert_eq!(day.to_string(), "2021-01-01");
        assert_eq!(effective_line(&[line("2021年1月1日施行的办法同时废止")]), None);
    }

    #[test]
    fn find_note_rejects_sentences() {
        assert_eq!(note_on("根据2014年1月16日的决定，现将名单公布如下"), None);
        assert_eq!(note_on("各单位："), None);
    }
}
