//! Accuracy of `official` on real records, compared with the values that their sources state.
//!
//! The records are not part of the project: their folder is `GONGKAI_SHARED`, or
//! `shared` beside the repository. Without it the tests are skipped, with a message.
//! The bounds are a little below the measured values, so that a change for the worse fails.

use std::path::PathBuf;

use gongkai_index::official::{date, document_number, issuer, region, validity};
use gongkai_index::record::Record;

/// Records of one file of the corpus; `None`, with a message, where it is absent.
fn read_records(name: &str) -> Option<Vec<Record>> {
    let beside = concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared");
    let folder = std::env::var_os("GONGKAI_SHARED").map_or_else(|| PathBuf::from(beside), PathBuf::from);
    let path = folder.join("corpus").join(name);
    let Ok(packed) = std::fs::read(&path) else {
        eprintln!("skipped: no {}", path.display());
        return None;
    };
    let text = zstd::decode_all(&packed[..]).expect("a zstd file");
    let lines = text.split(|b| *b == b'\n').filter(|line| !line.is_empty());
    Some(lines.map(|line| Record::from_json(line).expect("a valid record")).collect())
}

/// Share of the cases that are true.
fn share(cases: impl Iterator<Item = bool>) -> f64 {
    let (right, all) =
        cases.fold((0usize, 0usize), |(right, all), case| (right + usize::from(case), all + 1));
    assert!(all > 30, "only {all} cases");
    #[expect(clippy::cast_precision_loss, reason = "counts of records are small")]
    let share = right as f64 / all as f64;
    share
}

#[test]
fn stated_numbers_are_parsed_and_found_in_the_text() {
    for (name, min_parsed, min_found) in
        [("rules.jsonl.zst", 0.99, 0.94), ("disclosure.jsonl.zst", 0.99, 0.95)]
    {
        let Some(records) = read_records(name) else { return };
        let stated = || records.iter().filter_map(|r| Some((r, r.document_number.as_deref()?)));
        let parsed = share(stated().map(|(_, number)| document_number::parse(number).is_some()));
        assert!(parsed >= min_parsed, "{name}: {parsed:.3} of the stated numbers can be read");
        let own = share(stated().map(|(record, number)| {
            let own = document_number::own(&record.title, &record.body);
            own.map(|own| own.found.number.key()) == document_number::parse(number).map(|number| number.key())
        }));
        assert!(own >= min_found, "{name}: {own:.3} of the stated numbers are found");
    }
}

#[test]
fn stated_effective_dates_are_found() {
    for (name, bound) in
        [("rules.jsonl.zst", 0.97), ("local.jsonl.zst", 0.91), ("disclosure.jsonl.zst", 0.97)]
    {
        let Some(records) = read_records(name) else { return };
        let found = share(records.iter().filter_map(|record| {
            let dated = date::roles(&record.body);
            let found = date::of_role(&dated, date::Role::Effective).map(|dated| dated.date);
            Some(found == Some(record.effective_on?))
        }));
        assert!(found >= bound, "{name}: {found:.3} of the effective dates are found");
    }
}

#[test]
fn region_of_issuers_is_the_stated_one() {
    // The second states the region of the site, which reprints central documents too.
    for (name, bound) in [("local.jsonl.zst", 0.97), ("disclosure.jsonl.zst", 0.88)] {
        let Some(records) = read_records(name) else { return };
        let found = share(records.iter().filter(|record| !record.issuers.is_empty()).filter_map(|record| {
            let stated = region::normalise(record.region.as_deref()?)?;
            let found = issuer::region_of(&record.issuers);
            Some(found.is_some_and(|found| found.starts_with(stated)))
        }));
        assert!(found >= bound, "{name}: {found:.3} of the regions follow from the issuers");
    }
}

#[test]
fn stated_issuers_are_organs() {
    let Some(records) = read_records("laws.jsonl.zst") else { return };
    let organs = share(records.iter().flat_map(|record| &record.issuers).map(|name| issuer::is_organ(name)));
    assert!(organs >= 0.99, "{organs:.3} of the issuers are organs");
}

#[test]
fn cleanup_list_has_the_stated_number_of_rows() {
    let Some(records) = read_records("laws.jsonl.zst") else { return };
    let stated_rows = |body: &str| {
        body.match_indices('件').find_map(|(at, _)| {
            let digits = body[..at].trim_end_matches(|c: char| c.is_ascii_digit()).len();
            body[digits..at].parse::<usize>().ok()
        })
    };
    let lists =
        records.iter().filter(|r| r.title.contains("最高人民法院关于废止") && r.title.contains("批）"));
    let mut checked = 0;
    for record in lists {
        let rows = validity::cleanup_list(&format!("{}\n{}", record.title, record.body)).len();
        let Some(stated) = stated_rows(&record.body) else { continue };
        assert!(rows.abs_diff(stated) <= 1, "{}: {rows} rows, {stated} stated", record.title);
        checked += 1;
    }
    assert!(checked >= 3, "only {checked} lists state their number of rows");
}
