//! Keys of document numbers.

use crate::keys::hash::hash_key;
use crate::official::document_number::{self, DocumentNumber};

/// Exact key of a document number.
pub fn key_of_number(number: &document_number::DocumentNumber) -> String {
    format!("n:{}", number.key())
}

/// Document number of such a key.
pub fn number_of_key(key: &str) -> Option<DocumentNumber> {
    let mut parts = key.strip_prefix("n:")?.split('|');
    let (series, year, serial) = (parts.next()?, parts.next()?, parts.next()?);
    let year = if year.is_empty() { None } else { Some(year.parse().ok()?) };
    Some(DocumentNumber { series: series.to_owned(), year, serial: serial.parse().ok()? })
}

/// Hash of a number in text form; 0 if it cannot be parsed or names no single document.
pub fn number_hash(number: &str) -> u64 {
    document_number::parse(number).map_or(0, |number| hash_of_number(&number))
}

/// Hash of a number that names one document; 0 for others: ministries restart their serials each
/// year, so their numbers without a year name no single document.
pub fn hash_of_number(number: &DocumentNumber) -> u64 {
    let counted_through = ["国务院", "主席", "国令"].iter().any(|word| number.series.contains(word));
    if number.year.is_none() && !counted_through {
        return 0;
    }
    hash_key(&format!("n:{}", number.key()))
}
