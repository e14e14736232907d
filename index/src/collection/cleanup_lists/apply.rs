//! Applying the lists of a collection to its records.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use crate::collection::cleanup_lists::evidence::with_list_evidence;
use crate::collection::cleanup_lists::list::{CollectionLists, List};
use crate::collection::cleanup_lists::matching::{Catalogue, RowMatch, record_keys};
use crate::collection::cleanup_lists::report::{ListReport, NamedRow, OpenRow};
use crate::collection::reader::Reader;
use crate::collection::writer::RecordWriter;
use crate::error::Result;
use crate::record::{Record, ValidityEvidence};

/// Most records that the report names for one open row.
const MAX_REPORTED_CANDIDATES: usize = 10;

/// Evidence that each record should have, by id.
type WantedEvidence = BTreeMap<String, BTreeSet<ValidityEvidence>>;

/// Brings the evidence of lists on all records up to date with the collection; the caller
/// commits. A second call changes nothing.
///
/// # Errors
/// A failure of the index.
pub fn apply(reader: &Reader, writer: &mut dyn RecordWriter) -> Result<ListReport> {
    apply_and_watch(reader, writer).map(|(report, _)| report)
}

/// Does the same as [`apply`], and returns by which later changes may affect the evidence.
///
/// # Errors
/// A failure of the index.
pub fn apply_and_watch(reader: &Reader, writer: &mut dyn RecordWriter) -> Result<(ListReport, ListWatch)> {
    let CollectionLists { distinct: lists, ids, named_records } = CollectionLists::read(reader)?;
    let mut report = ListReport { lists: lists.len(), ..ListReport::default() };
    let mut watch = ListWatch { lists: ids, ..ListWatch::default() };
    if lists.is_empty() && named_records.is_empty() {
        return Ok((report, watch));
    }
    let catalogue = Catalogue::build(reader, lists.iter().flat_map(|list| &list.rows))?;
    let mut wanted: WantedEvidence = named_records.into_iter().map(|id| (id, BTreeSet::new())).collect();
    for list in &lists {
        match_rows(list, &catalogue, &mut report, &mut wanted);
    }
    for (id, evidence) in wanted {
        watch.records.insert(id.clone());
        report.updated += usize::from(update_record(reader, writer, &id, evidence)?);
    }
    watch.records.extend(catalogue.ids().map(str::to_owned));
    watch.keys = catalogue.into_row_keys();
    Ok((report, watch))
}

/// Keys of the lists and the records they name, to recognise changes that may affect the evidence.
#[derive(Debug, Default)]
pub struct ListWatch {
    /// Ids of all lists.
    lists: HashSet<String>,
    /// Numbers and titles that some row names.
    keys: HashSet<String>,
    /// Ids of the records that have them.
    records: HashSet<String>,
}

impl ListWatch {
    /// Checks if a change of a record may change the evidence of lists. `record` is the record
    /// after the change, `None` if it was deleted.
    pub fn is_affected_by(&self, id: &str, record: Option<&Record>) -> bool {
        let is_named = |record: &Record| {
            List::from_record(record).is_some() || record_keys(record).any(|key| self.keys.contains(&key))
        };
        self.lists.contains(id) || self.records.contains(id) || record.is_some_and(is_named)
    }
}

/// Adds the rows of a list to the report, and their evidence to the records they name.
fn match_rows(list: &List, catalogue: &Catalogue, report: &mut ListReport, wanted: &mut WantedEvidence) {
    for row in &list.rows {
        report.rows += 1;
        let open = |reason: &str, candidates: Vec<String>| OpenRow {
            list: list.id.clone(),
            list_title: list.title.clone(),
            row: row.text.clone(),
            reason: reason.to_owned(),
            candidates,
        };
        match catalogue.match_row(list, row) {
            RowMatch::Document(ids) => {
                report.matched += 1;
                let evidence = list.evidence_from_row(row);
                report.named.push(NamedRow {
                    list: list.id.clone(),
                    row: row.text.clone(),
                    state: evidence.state,
                    records: ids.iter().map(|id| (*id).to_owned()).collect(),
                });
                for id in ids {
                    wanted.entry(id.to_owned()).or_default().insert(evidence.clone());
                }
            }
            RowMatch::Absent => report.unmatched.push(open("库中没有这一文件", Vec::new())),
            RowMatch::Ambiguous { reason, candidates } => {
                let candidates = candidates.into_iter().take(MAX_REPORTED_CANDIDATES).map(str::to_owned);
                report.ambiguous.push(open(reason, candidates.collect()));
            }
        }
    }
}

/// Gives a record this evidence of lists; returns whether the record had other evidence.
fn update_record(
    reader: &Reader,
    writer: &mut dyn RecordWriter,
    id: &str,
    wanted: BTreeSet<ValidityEvidence>,
) -> Result<bool> {
    let Some(record) = reader.record(id)? else { return Ok(false) };
    let Some(record) = with_list_evidence(record, wanted.into_iter().collect()) else { return Ok(false) };
    // The content hash ignores evidence, so a put alone would be taken for no change.
    writer.delete(id)?;
    writer.put(&record)?;
    Ok(true)
}
