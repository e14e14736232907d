//! Evidence of lists on a record.

use crate::record::{EvidenceSource, MAX_LIST_VALUES, Record, ValidityEvidence};

/// Lists the evidence of lists that a record has.
pub fn list_evidence(record: &Record) -> Vec<ValidityEvidence> {
    record.validity_evidence.iter().filter(|evidence| is_list_evidence(evidence)).cloned().collect()
}

/// Replaces the evidence of lists on a record; `None` if the record has exactly this evidence.
pub fn with_list_evidence(mut record: Record, wanted: Vec<ValidityEvidence>) -> Option<Record> {
    let (of_lists, mut kept): (Vec<_>, Vec<_>) =
        std::mem::take(&mut record.validity_evidence).into_iter().partition(is_list_evidence);
    let room = MAX_LIST_VALUES.saturating_sub(kept.len());
    let wanted: Vec<_> = wanted.into_iter().take(room).collect();
    if of_lists == wanted {
        return None;
    }
    kept.extend(wanted);
    record.validity_evidence = kept;
    Some(record)
}

/// Checks if a piece of evidence comes from a list that is another record.
pub fn is_list_evidence(evidence: &ValidityEvidence) -> bool {
    evidence.from == EvidenceSource::CleanupList && evidence.is_of_another()
}
