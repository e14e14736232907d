//! Signature of a document: the organs over the date, or the organ named in the text.

use gongkai_index::official::{date, issuer, region};

use crate::import::extraction::line::{Line, is_date_line};
use crate::import::extraction::organs::{has_place, organs_on_line, starts_with_level, without_seal_note};
use crate::import::file_content::BlockKind;

/// Limit of lines with organs over a date.
const MAX_ORGAN_LINES: usize = 12;

/// Signing organs, and the line with the date under them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signature {
    /// Organs one by one.
    pub organs: Vec<String>,
    /// Date as found on its line.
    pub date: date::Found,
    /// Index of the line with the date.
    pub line: usize,
    /// Words of organs and date.
    pub evidence: String,
}

/// Finds the first signature in these lines.
pub fn find_signature(lines: &[Line]) -> Option<Signature> {
    let dated =
        (0..lines.len()).filter(|at| lines[*at].kind != BlockKind::Row && is_date_line(&lines[*at].text));
    let signatures: Vec<Signature> = dated.take(20).filter_map(|at| signature_at(lines, at)).collect();
    let signed = signatures.iter().find(|signature| !signature.organs.is_empty() && signature.line > 0);
    // A date under a person's name or alone at the end of the text is a signature too.
    let signed = signed
        .or_else(|| signatures.iter().find(|s| s.line > 0 && is_official_name(&lines[s.line - 1].text)));
    signed.or_else(|| signatures.iter().rfind(|signature| signature.line + 4 >= lines.len())).cloned()
}

/// Endings of names of bodies that no list of organs has.
const BODY_ENDINGS: [&str; 24] = [
    "中心", "馆", "院", "校", "大学", "学院", "会", "协会", "办", "处", "站", "所", "队", "总队", "支队",
    "组", "公司", "集团", "社", "园", "委", "局", "厅", "台",
];

/// Reads a short line right over the date at the end of a text as a signature, whatever the
/// kind of body: a museum, a service centre, a leading group.
fn unlisted_body_above(lines: &[Line], at: usize) -> Vec<String> {
    let ends = lines[at + 1..].iter().all(|line| line.text.chars().count() <= 40);
    let Some(above) = at.checked_sub(1).map(|above| without_seal_note(&lines[above].text)) else {
        return Vec::new();
    };
    let parts: Vec<&str> = above.split_whitespace().collect();
    if parts.len() > 1 {
        let each: Vec<String> = parts.iter().map(|part| (*part).to_owned()).collect();
        let all = parts.iter().all(|part| {
            issuer::is_organ(part)
                || BODY_ENDINGS.iter().any(|body| part.ends_with(body)) && part.chars().count() >= 4
        });
        return if ends && all && organs_on_line(above).is_empty() { each } else { Vec::new() };
    }
    let han = above.chars().all(|c| ('\u{4e00}'..='\u{9fff}').contains(&c) || "（）()".contains(c));
    let body =
        BODY_ENDINGS.iter().any(|body| above.ends_with(body)) && (5..=40).contains(&above.chars().count());
    let listed = !organs_on_line(above).is_empty();
    if ends && han && body && !listed && !is_official_name(above) {
        vec![above.to_owned()]
    } else {
        Vec::new()
    }
}

/// Recognises the person who signs an order: `省长　某某`.
fn is_official_name(line: &str) -> bool {
    let titles = [
        "省长", "市长", "县长", "区长", "主席", "主任", "部长", "局长", "署长", "行长", "总理", "州长",
        "院长",
    ];
    let bare: String = line.chars().filter(|c| !c.is_whitespace()).collect();
    bare.chars().count() <= 14 && titles.iter().any(|title| bare.starts_with(title) || bare.ends_with(title))
}

fn signature_at(lines: &[Line], at: usize) -> Option<Signature> {
    let text = &lines[at].text;
    let date = date::find_all(text).into_iter().next_back()?;
    let beside = text[..date.range.start].trim();
    let mut organs = organs_on_line(beside);
    let mut first = at;
    if beside.is_empty() {
        organs = unlisted_body_above(lines, at);
        if !organs.is_empty() {
            first = at - 1;
        }
    }
    if beside.is_empty() && organs.is_empty() {
        let above = lines[..at]
            .iter()
            .rev()
            .take(MAX_ORGAN_LINES)
            .take_while(|line| !organs_on_line(&line.text).is_empty())
            .count();
        first = at - above;
        organs = lines[first..at].iter().flat_map(|line| organs_on_line(&line.text)).collect();
    }
    organs.dedup();
    let evidence = lines[first..=at].iter().map(|line| line.text.as_str()).collect::<Vec<_>>().join(" ");
    Some(Signature { organs, date, line: at, evidence })
}

/// Finds a signature in a text that lost its line ends: `…。某省民政厅2014年11月13日（此件主动公开）`.
pub fn signature_in_run_on_text(lines: &[Line]) -> Option<(String, String)> {
    let line = lines.iter().rev().take(3).find(|line| line.text.len() > 120)?;
    let tail = line.text.char_indices().rev().nth(120).map_or(0, |(at, _)| at);
    let tail = &line.text[tail..];
    let day = date::find_all(tail).into_iter().next_back()?;
    let before = tail[..day.range.start].trim_end();
    let start = before
        .rfind(|c: char| !c.is_alphabetic())
        .map_or(0, |at| at + before[at..].chars().next().map_or(1, char::len_utf8));
    let name = &before[start..];
    (issuer::is_organ(name) && has_place(name))
        .then(|| (name.to_owned(), tail[start..day.range.end].to_owned()))
}

/// Finds the full name of an organ that the title shortens, `建设局2008年度…报告`, in the text.
pub fn full_name_in_text(title: &str, lines: &[Line]) -> Option<String> {
    let end = title.find(|c: char| c.is_ascii_digit() || c == '关')?;
    let short = title[..end].trim();
    if !issuer::is_organ(short)
        || has_place(short) && !starts_with_level(short) && region::leading(short).is_some()
    {
        return None;
    }
    let found =
        lines.iter().take(3).flat_map(|line| line.text.match_indices(short).map(|(at, _)| (&line.text, at)));
    found.take(20).find_map(|(text, at)| {
        let before = &text[..at];
        let start = before
            .rfind(|c: char| !c.is_alphabetic() || c == '年')
            .map_or(0, |start| start + before[start..].chars().next().map_or(1, char::len_utf8));
        let name = &text[start..at + short.len()];
        (name.len() > short.len() && issuer::is_organ(name) && issuer::region(name).is_some())
            .then(|| name.to_owned())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn paragraphs(texts: &[&str]) -> Vec<Line> {
        texts.iter().map(|text| Line { kind: BlockKind::Paragraph, text: (*text).to_owned() }).collect()
    }

    #[test]
    fn find_signature_reads_organs_above_date() {
        let found = find_signature(&paragraphs(&[
            "各单位：",
            "请认真执行。",
            "中共南通市委办公室",
            "南通市人民政府办公室",
            "2016年12月5日",
            "附件",
        ]))
        .unwrap();
        assert_eq!(found.organs, ["中共南通市委办公室", "南通市人民政府办公室"]);
        assert_eq!(found.date.date.to_string(), "2016-12-05");
        let beside = find_signature(&paragraphs(&["正文。", "南通市财政局 2016年12月5日"])).unwrap();
        assert_eq!(beside.organs, ["南通市财政局"]);
        let alone = find_signature(&paragraphs(&["正文。", "二〇〇七年十二月二十六日"])).unwrap();
        assert!(alone.organs.is_empty());
    }
}
