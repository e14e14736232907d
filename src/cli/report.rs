//! What a run of `gongkai index` says on the terminal; the report file has all of it.

use gongkai_index::collection::cleanup_lists::{ListReport, OpenRow};

use crate::import::private_numbers::PrivateNumbers;

/// Lines of one sort; the report file has all.
pub(super) const MOST: usize = 20;

/// Private numbers, by place.
pub(super) fn private(found: &PrivateNumbers) {
    if found.is_empty() {
        return;
    }
    let PrivateNumbers { identity_numbers, mobile_numbers, bank_cards, records } = found;
    eprintln!(
        "private numbers: {identity_numbers} identity numbers, {mobile_numbers} mobile numbers, {bank_cards} bank cards in {} records",
        records.len()
    );
    records.iter().take(MOST).for_each(|record| eprintln!("  {record}"));
    further(records.len());
}

/// What clean-up lists came to.
pub(super) fn lists(report: &ListReport) {
    if report.lists == 0 && report.updated == 0 {
        return;
    }
    let ListReport { lists, rows, matched, updated, unmatched, ambiguous, named: _ } = report;
    eprintln!(
        "clean-up lists: {lists} with {rows} rows: {matched} name records that are held, {} name nothing, {} are open; evidence changed on {updated} records",
        unmatched.len(),
        ambiguous.len()
    );
    open_rows("names nothing", unmatched);
    open_rows("is open", ambiguous);
}

fn open_rows(what: &str, rows: &[OpenRow]) {
    for OpenRow { list, row, reason, candidates, .. } in rows.iter().take(MOST) {
        let candidates =
            if candidates.is_empty() { String::new() } else { format!(" ({})", candidates.join(", ")) };
        eprintln!("  {list} {what}: {row}: {reason}{candidates}");
    }
    further(rows.len());
}

fn further(count: usize) {
    if count > MOST {
        eprintln!("  and {} more; --report FILE lists all", count - MOST);
    }
}
