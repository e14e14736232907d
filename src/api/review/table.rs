//! Findings of the review as CSV, for spreadsheets.

use crate::api::related::RecordRef;
use crate::api::review::replies::{FindingReply, ISSUES, IssuerReply};
use crate::visible::has_no_width;

/// Characters that begin a formula: of every width, since spreadsheets of East Asia take them all.
const FORMULA_SIGNS: [char; 13] =
    ['=', '+', '-', '@', '＝', '＋', '－', '＠', '﹦', '﹢', '﹣', '﹫', '\u{2212}'];

/// Escapes a cell that a spreadsheet would take for a formula, also behind blanks and characters
/// without width, which some drop before they look.
fn escape_cell(value: &str) -> String {
    let is_skipped = |c: char| c.is_whitespace() || has_no_width(c);
    let is_formula = value.trim_start_matches(is_skipped).starts_with(FORMULA_SIGNS);
    let begins_cell = value.starts_with(['\t', '\r', '\n']);
    if is_formula || begins_cell { format!("'{value}") } else { value.to_owned() }
}

/// Writes one finding per line.
pub fn findings_csv(findings: &[FindingReply]) -> Vec<u8> {
    let head = [
        "类别",
        "标识",
        "标题",
        "发布机构",
        "日期",
        "时效性",
        "相关标识",
        "相关标题",
        "工作日",
        "未入库的引用数",
        "未入库的引用",
    ];
    let row = |finding: &FindingReply| {
        let label = ISSUES.iter().find(|(name, ..)| *name == finding.issue).map_or("", |(.., label)| label);
        let date = finding.record.date.map(|date| date.to_string()).unwrap_or_default();
        let other =
            |read: fn(&RecordRef) -> &String| finding.other.as_ref().map(read).cloned().unwrap_or_default();
        let days = finding.working_days.map(|days| days.to_string()).unwrap_or_default();
        vec![
            label.to_owned(),
            finding.record.id.clone(),
            finding.record.title.clone(),
            finding.record.issuers.join("；"),
            date,
            finding.record.validity.to_owned(),
            other(|record| &record.id),
            other(|record| &record.title),
            days,
            if finding.cited_total > 0 { finding.cited_total.to_string() } else { String::new() },
            finding.cited.join("；"),
        ]
    };
    write_csv(&head, findings.iter().map(row))
}

/// Writes one kind and issuer per line.
pub fn issuers_csv(kinds: &[(&str, Vec<IssuerReply>)]) -> Vec<u8> {
    let rows = kinds.iter().flat_map(|(label, issuers)| {
        issuers.iter().map(move |issuer| {
            let name = issuer.issuer.clone().unwrap_or_default();
            vec![(*label).to_owned(), name, issuer.count.to_string(), issuer.citations.to_string()]
        })
    });
    write_csv(&["类别", "发布机构", "数量", "未入库的引用数"], rows)
}

fn write_csv(head: &[&str], rows: impl Iterator<Item = Vec<String>>) -> Vec<u8> {
    // A byte order mark, without which the usual spreadsheets read Chinese wrongly.
    let mut out = "\u{feff}".as_bytes().to_vec();
    let mut writer = csv::Writer::from_writer(&mut out);
    // Writing into memory cannot fail.
    let _ = writer.write_record(head);
    for row in rows {
        let _ = writer.write_record(row.iter().map(|value| escape_cell(value)));
    }
    drop(writer);
    out
}
