//! Sample records that a first run indexes, contained in the program.

use gongkai_index::Record;

const RECORDS: &str = include_str!("../fixtures/records.ndjson");

/// Iterates over the sample records, one per line of the file.
pub fn sample_records() -> impl Iterator<Item = Record> {
    RECORDS.lines().filter_map(|line| Record::from_json(line.as_bytes()).ok())
}

#[cfg(test)]
mod tests {
    #[test]
    fn sample_lines_are_valid_records() {
        let lines = crate::sample::RECORDS.lines().count();
        assert!(lines >= 300, "{lines}");
        for line in crate::sample::RECORDS.lines() {
            assert!(crate::sample::Record::from_json(line.as_bytes()).is_ok(), "{line}");
        }
        assert_eq!(crate::sample::sample_records().count(), lines);
    }
}
