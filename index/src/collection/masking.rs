//! Masking of private numbers.
//!
//! Stored records stay as they were published. The inner digits of identity numbers, mobile
//! numbers and bank cards are masked when a record is read, before it is highlighted or cut, so
//! that no snippet shows more than the whole text. Copies of the data (a backup, a new index
//! version) read the records unmasked.

use std::borrow::Cow;

use crate::official::privacy;
use crate::record::Record;

/// Masks the private numbers in every text of a record. Texts keep their lengths.
pub fn mask_record(record: &mut Record) {
    let lists = record.keywords.iter_mut().chain(&mut record.interprets);
    let parts = record.parts.iter_mut().map(|part| &mut part.title);
    let files = record.attachments.iter_mut().map(|file| &mut file.name);
    let evidence = record.validity_evidence.iter_mut().flat_map(|e| e.title.iter_mut().chain([&mut e.quote]));
    let inferences = record.inferred.values_mut().map(|inference| &mut inference.evidence);
    let reason = record.provenance.iter_mut().map(|provenance| &mut provenance.reason);
    let own = [&mut record.title, &mut record.body].into_iter();
    for text in own.chain(lists).chain(parts).chain(files).chain(evidence).chain(inferences).chain(reason) {
        if let Cow::Owned(masked) = privacy::mask(text) {
            *text = masked;
        }
    }
}
