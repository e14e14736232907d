//! The sample records that a first run indexes, held in the program.

use gongkai_index::Record;

const RECORDS: &str = include_str!("../fixtures/records.ndjson");

/// The sample records; every line of the file is one (a test reads them all).
pub fn records() -> impl Iterator<Item = Record> {
    RECORDS.lines().filter_map(|line| Record::from_json(line.as_bytes()).ok())
}

#[cfg(test)]
mod tests {
    #[test]
    fn every_line_is_a_record() {
        let lines = crate::sample::RECORDS.lines().count();
        assert!(lines >= 300, "{lines}");
        for line in crate::sample::RECORDS.lines() {
            assert!(crate::sample::Record::from_json(line.as_bytes()).is_ok(), "{line}");
        }
        assert_eq!(crate::sample::records().count(), lines);
    }
}
