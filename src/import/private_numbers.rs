//! Private numbers found in imported records, for the report of a run.
//!
//! An inspection fails a whole site for one identity number in a list. The report names
//! places and counts and never the numbers themselves.

use gongkai_index::Record;
use gongkai_index::official::privacy::{self, Private};
use serde::Serialize;

use crate::import::item::Place;

/// Limit of records named in a report; the counts go on.
const MAX_RECORDS: usize = 10_000;
/// Limit of lines named of one record.
const MAX_BODY_LINES: usize = 20;

/// Private numbers found in a run.
#[derive(Debug, Default, Serialize)]
pub struct PrivateNumbers {
    /// Count of 居民身份证号码, proven by their check digit.
    pub identity_numbers: u64,
    /// Count of 手机号码.
    pub mobile_numbers: u64,
    /// Count of 银行卡号, proven by Luhn's check digit.
    pub bank_cards: u64,
    /// Records that contain private numbers.
    pub records: Vec<PrivateRecord>,
}

/// Record with private numbers.
#[derive(Debug, Serialize)]
pub struct PrivateRecord {
    /// Place it was read from.
    #[serde(flatten)]
    pub place: Place,
    /// Id of the record.
    pub id: String,
    /// Count of 居民身份证号码.
    pub identity_numbers: u64,
    /// Count of 手机号码.
    pub mobile_numbers: u64,
    /// Count of 银行卡号.
    pub bank_cards: u64,
    /// Lines of the body with private numbers, from 1, at most twenty; 0 is the title or
    /// the name of a file.
    pub body_lines: Vec<usize>,
}

impl PrivateNumbers {
    /// Counts the private numbers of a record.
    pub fn add_record(&mut self, place: &Place, record: &Record) {
        let names = record.attachments.iter().map(|file| file.name.as_str());
        let head = names.chain([record.title.as_str()]).map(|text| (0, text));
        let lines = head.chain((1..).zip(record.body.lines()));
        let mut found = PrivateRecord::new(place, record);
        for (line, text) in lines {
            let numbers = privacy::find_all(text);
            numbers.iter().for_each(|number| *found.count_mut(number.kind) += 1);
            let new = found.body_lines.last() != Some(&line) && found.body_lines.len() < MAX_BODY_LINES;
            if !numbers.is_empty() && new {
                found.body_lines.push(line);
            }
        }
        if found.body_lines.is_empty() {
            return;
        }
        self.identity_numbers += found.identity_numbers;
        self.mobile_numbers += found.mobile_numbers;
        self.bank_cards += found.bank_cards;
        if self.records.len() < MAX_RECORDS {
            self.records.push(found);
        }
    }

    /// Checks if no private numbers were found.
    pub fn is_empty(&self) -> bool {
        self.records.is_empty()
    }
}

impl PrivateRecord {
    fn new(place: &Place, record: &Record) -> Self {
        Self {
            place: place.clone(),
            id: record.id.clone(),
            identity_numbers: 0,
            mobile_numbers: 0,
            bank_cards: 0,
            body_lines: Vec::new(),
        }
    }

    fn count_mut(&mut self, kind: Private) -> &mut u64 {
        match kind {
            Private::IdentityNumber => &mut self.identity_numbers,
            Private::MobileNumber => &mut self.mobile_numbers,
            Private::BankCard => &mut self.bank_cards,
        }
    }
}

impl std::fmt::Display for PrivateRecord {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { place, id, identity_numbers, mobile_numbers, bank_cards, body_lines } = self;
        write!(f, "{place} ({id}): {identity_numbers} identity numbers, {mobile_numbers} mobile numbers, ")?;
        write!(f, "{bank_cards} bank cards; lines of the body: {body_lines:?}")
    }
}
