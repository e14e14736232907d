//! What `official` reads out of real records, against what their sources state.
//!
//! The records are not part of the project: their folder is `GONGKAI_SHARED`, or
//! `shared` beside the repository. Without it these tests say so and check nothing.
//! The bounds are a little under what was measured when they were written, so that a
//! change for the worse shows.

use std::path::PathBuf;

use gongkai_index::official::{date, document_number, issuer, region, validity};
use gongkai_index::record::Record;

/// The records of one file of the corpus, or `None` with a word on the terminal.
fn records(name: &str) -> Option<Vec<Record>> {
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

/// How many of the cases hold, as a share.
fn share(cases: impl Iterator<Item = bool>) -> f64 {
    let (held, all) = cases.fold((0usize, 0usize), |(held, all), case| (held + usize::from(case), all + 1));
    assert!(all > 30, "only {all} cases");
    #[expect(clippy::cast_precision_loss, reason = "counts of records are small")]
    let share = held as f64 / all as f64;
    share
}

#[test]
fn stated_numbers_are_read_and_found_at_the_head() {
    for (name, read, found) in [("rules.jsonl.zst", 0.99, 0.94), ("disclosure.jsonl.zst", 0.99, 0.95)] {
        let Some(records) = records(name) else { return };
        let stated = || records.iter().filter_map(|r| Some((r, r.document_number.as_deref()?)));
        let parsed = share(stated().map(|(_, number)| document_number::parse(number).is_some()));
        assert!(parsed >= read, "{name}: {parsed:.3} of the stated numbers can be read");
        let own = share(stated().map(|(record, number)| {
            let own = document_number::own(&record.title, &record.body);
            own.map(|own| own.found.number.key()) == document_number::parse(number).map(|number| number.key())
        }));
        assert!(own >= found, "{name}: {own:.3} of the stated numbers are found");
    }
}

#[test]
fn stated_days_of_effect_are_found() {
    for (name, bound) in
        [("rules.jsonl.zst", 0.97), ("local.jsonl.zst", 0.91), ("disclosure.jsonl.zst", 0.97)]
    {
        let Some(records) = records(name) else { return };
        let found = share(records.iter().filter_map(|record| {
            let dated = date::roles(&record.body);
            let found = date::of_role(&dated, date::Role::Effective).map(|dated| dated.date);
            Some(found == Some(record.effective_on?))
        }));
        assert!(found >= bound, "{name}: {found:.3} of the days of effect are found");
    }
}

#[test]
fn issuers_lead_to_the_stated_region() {
    // The second states the region of the site, which reprints central documents too.
    for (name, bound) in [("local.jsonl.zst", 0.97), ("disclosure.jsonl.zst", 0.88)] {
        let Some(records) = records(name) else { return };
        let found = share(records.iter().filter(|record| !record.issuers.is_empty()).filter_map(|record| {
            let stated = region::normalise(record.region.as_deref()?)?;
            let found = issuer::region_of(&record.issuers);
            Some(found.is_some_and(|found| found.starts_with(stated)))
        }));
        assert!(found >= bound, "{name}: {found:.3} of the regions follow from the issuers");
    }
}

#[test]
fn every_stated_issuer_is_an_organ() {
    let Some(records) = records("laws.jsonl.zst") else { return };
    let organs = share(records.iter().flat_map(|record| &record.issuers).map(|name| issuer::is_organ(name)));
    assert!(organs >= 0.99, "{organs:.3} of the issuers are known as organs");
}

#[test]
fn a_clean_up_list_has_as_many_rows_as_it_says() {
    let Some(records) = records("laws.jsonl.zst") else { return };
    let said = |body: &str| {
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
        let Some(said) = said(&record.body) else { continue };
        assert!(rows.abs_diff(said) <= 1, "{}: {rows} rows, {said} said", record.title);
        checked += 1;
    }
    assert!(checked >= 3, "only {checked} lists say how long they are");
}
