//! Keys of document numbers.

use crate::official::document_number::{self, DocumentNumber};

/// The exact key of a document number.
pub fn key_of_number(number: &document_number::DocumentNumber) -> String {
    format!("n:{}", number.key())
}

/// The document number that such a key stands for.
pub fn number_of_key(key: &str) -> Option<DocumentNumber> {
    let mut parts = key.strip_prefix("n:")?.split('|');
    let (series, year, serial) = (parts.next()?, parts.next()?, parts.next()?);
    let year = if year.is_empty() { None } else { Some(year.parse().ok()?) };
    Some(DocumentNumber { series: series.to_owned(), year, serial: serial.parse().ok()? })
}
