//! Summary of `gongkai index` on the terminal; the report file has all details.

use gongkai_index::collection::cleanup_lists::{ListReport, OpenRow};

use crate::import::private_numbers::PrivateNumbers;

/// Maximal number of lines of one sort.
pub(super) const MAX_LINES: usize = 20;

/// Prints private numbers with their places.
pub(super) fn print_private_numbers(found: &PrivateNumbers) {
    if found.is_empty() {
        return;
    }
    let PrivateNumbers { identity_numbers, mobile_numbers, bank_cards, records } = found;
    eprintln!(
        "private numbers: {identity_numbers} identity numbers, {mobile_numbers} mobile numbers, {bank_cards} bank cards in {} records",
        records.len()
    );
    records.iter().take(MAX_LINES).for_each(|record| eprintln!("  {record}"));
    print_remainder(records.len());
}

/// Prints the matches of clean-up lists with records.
pub(super) fn print_lists(report: &ListReport) {
    if report.lists == 0 && report.updated == 0 {
        return;
    }
    let ListReport { lists, rows, matched, updated, unmatched, ambiguous, named: _ } = report;
    eprintln!(
        "clean-up lists: {lists} with {rows} rows: {matched} name records that are held, {} name nothing, {} are open; evidence changed on {updated} records",
        unmatched.len(),
        ambiguous.len()
    );
    print_open_rows("names nothing", unmatched);
    print_open_rows("is open", ambiguous);
}

fn print_open_rows(state: &str, rows: &[OpenRow]) {
    for OpenRow { list, row, reason, candidates, .. } in rows.iter().take(MAX_LINES) {
        let candidates =
            if candidates.is_empty() { String::new() } else { format!(" ({})", candidates.join(", ")) };
        eprintln!("  {list} {state}: {row}: {reason}{candidates}");
    }
    print_remainder(rows.len());
}

fn print_remainder(count: usize) {
    if count > MAX_LINES {
        eprintln!("  and {} more; --report FILE lists all", count - MAX_LINES);
    }
}
