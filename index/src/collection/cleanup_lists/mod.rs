//! What clean-up lists (清理目录) say of the records they name.
//!
//! A list and the documents it ends arrive in any order and in different runs, so the
//! evidence is made when a run has been committed: from the lists that are held over
//! the records that are held. A record that a list names gets a piece of
//! [`ValidityEvidence`] with the list's id, title and day and the row as it stands; what
//! its own source states is left as it is. Evidence of a list that is gone or has
//! changed goes with it. Rows that name nothing or several things are told.
//!
//! What the evidence comes to on a day is not judged here.

mod matching;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet, HashSet};

use serde::{Deserialize, Serialize};

use self::matching::{Catalogue, Outcome};
use crate::collection::reader::Reader;
use crate::collection::writer::RecordWriter;
use crate::error::Result;
use crate::official::validity::{Action, Row, cleanup_list};
use crate::record::{Date, EvidenceSource, MAX_LIST_VALUES, Origin, Record, Validity, ValidityEvidence};

/// Words of titles under which lists are published.
const CUES: [&str; 9] =
    ["废止", "失效", "清理", "继续有效", "现行有效", "有效的", "保留", "修改", "规范性文件目录"];

/// What became of the rows of all lists that are held.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListReport {
    /// Lists that are held; the same list from several sites counts once.
    pub lists: usize,
    /// Their rows.
    pub rows: usize,
    /// Rows that name a record, or several copies of one.
    pub matched: usize,
    /// Those rows.
    pub named: Vec<NamedRow>,
    /// Records whose evidence was changed by this run.
    pub updated: usize,
    /// Rows that name nothing that is held.
    pub unmatched: Vec<OpenRow>,
    /// Rows that could name several documents, or whose number and title name different ones.
    pub ambiguous: Vec<OpenRow>,
}

/// A row that is evidence.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NamedRow {
    /// The id of the list.
    pub list: String,
    /// The row as it stands.
    pub row: String,
    /// What it says.
    pub state: Validity,
    /// Ids of the records it names.
    pub records: Vec<String>,
}

/// A row that changed nothing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OpenRow {
    /// The id of the list.
    pub list: String,
    /// Its title.
    pub list_title: String,
    /// The row as it stands.
    pub row: String,
    /// Why it changed nothing.
    pub reason: String,
    /// Ids of the records it could name, at most ten.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub candidates: Vec<String>,
}

/// A list that is held.
struct List {
    id: String,
    title: String,
    issuers: Vec<String>,
    region: Option<String>,
    /// When it was made: it names nothing that is younger.
    made: Option<Date>,
    /// Since when what it says holds.
    since: Option<Date>,
    rows: Vec<Row>,
}

/// Brings the evidence of lists on all records up to what is held; the caller commits.
/// A second call changes nothing.
///
/// # Errors
/// A failure of the index.
pub fn apply(reader: &Reader, writer: &mut dyn RecordWriter) -> Result<ListReport> {
    apply_and_know(reader, writer).map(|(report, _)| report)
}

/// The same, and what to look for in later changes.
///
/// # Errors
/// A failure of the index.
pub fn apply_and_know(reader: &Reader, writer: &mut dyn RecordWriter) -> Result<(ListReport, Known)> {
    let Held { lists, all, named } = held_lists(reader)?;
    let mut report = ListReport { lists: lists.len(), ..ListReport::default() };
    let mut known = Known { lists: all, ..Known::default() };
    if lists.is_empty() && named.is_empty() {
        return Ok((report, known));
    }
    let catalogue = Catalogue::of(reader, lists.iter().flat_map(|list| &list.rows))?;
    let mut wanted: BTreeMap<String, BTreeSet<ValidityEvidence>> =
        named.into_iter().map(|id| (id, BTreeSet::new())).collect();
    for list in &lists {
        read_list(list, &catalogue, &mut report, &mut wanted);
    }
    for (id, evidence) in wanted {
        known.records.insert(id.clone());
        report.updated += usize::from(update(reader, writer, &id, evidence)?);
    }
    known.records.extend(catalogue.ids().map(str::to_owned));
    known.keys = catalogue.into_asked();
    Ok((report, known))
}

/// By what a change is told that lists have something to say of.
#[derive(Debug, Default)]
pub struct Known {
    /// Ids of all lists.
    lists: HashSet<String>,
    /// Numbers and titles that some row names.
    keys: HashSet<String>,
    /// Ids of the records that have them.
    records: HashSet<String>,
}

impl Known {
    /// Whether after a change of this record the evidence of lists may be another; `record` is
    /// what it is now.
    pub fn concerns(&self, id: &str, record: Option<&Record>) -> bool {
        let is_named = |record: &Record| {
            as_list(record).is_some() || matching::keys_of(record).any(|key| self.keys.contains(&key))
        };
        self.lists.contains(id) || self.records.contains(id) || record.is_some_and(is_named)
    }
}

/// What a record has of lists.
pub fn evidence_of(record: &Record) -> Vec<ValidityEvidence> {
    record.validity_evidence.iter().filter(|evidence| is_of_a_list(evidence)).cloned().collect()
}

/// The record with this evidence of lists in place of what it had; `None` if it has it already.
pub fn with_evidence(mut record: Record, wanted: Vec<ValidityEvidence>) -> Option<Record> {
    let (of_lists, mut kept): (Vec<_>, Vec<_>) =
        std::mem::take(&mut record.validity_evidence).into_iter().partition(is_of_a_list);
    let room = MAX_LIST_VALUES.saturating_sub(kept.len());
    let wanted: Vec<_> = wanted.into_iter().take(room).collect();
    if of_lists == wanted {
        return None;
    }
    kept.extend(wanted);
    record.validity_evidence = kept;
    Some(record)
}

/// The lists of a collection.
struct Held {
    /// Each once.
    lists: Vec<List>,
    /// The ids of all.
    all: HashSet<String>,
    /// The ids of records that have evidence of some list.
    named: Vec<String>,
}

fn held_lists(reader: &Reader) -> Result<Held> {
    let (mut lists, mut named) = (Vec::new(), Vec::new());
    reader.each_record(&mut |record| {
        if record.validity_evidence.iter().any(is_of_a_list) {
            named.push(record.id.clone());
        }
        lists.extend(as_list(record));
    })?;
    lists.sort_by(|a: &List, b: &List| a.id.cmp(&b.id));
    let all = lists.iter().map(|list| list.id.clone()).collect();
    let mut seen = HashSet::new();
    lists.retain(|list| {
        let rows: Vec<&str> = list.rows.iter().map(|row| row.text.as_str()).collect();
        seen.insert(rows.join("\n"))
    });
    Ok(Held { lists, all, named })
}

fn is_of_a_list(evidence: &ValidityEvidence) -> bool {
    evidence.from == EvidenceSource::CleanupList && evidence.is_of_another()
}

/// The record as a list, if it is one that an organ has made.
fn as_list(record: &Record) -> Option<List> {
    let titles = record.parts.iter().map(|part| &part.title).chain([&record.title]);
    let called = titles.into_iter().any(|title| CUES.iter().any(|cue| title.contains(cue)));
    let sample = record.provenance.as_ref().is_some_and(|p| p.origin == Origin::Collected);
    if !called || sample {
        return None;
    }
    let rows = cleanup_list(&format!("{}\n{}", record.title, record.body));
    let made = record.written_on.or(record.published_on).or(record.effective_on);
    (!rows.is_empty()).then(|| List {
        id: record.id.clone(),
        title: record.title.clone(),
        issuers: record.issuers.clone(),
        region: record.region.clone(),
        made,
        since: record.effective_on.or(made),
        rows,
    })
}

fn read_list(
    list: &List,
    catalogue: &Catalogue,
    report: &mut ListReport,
    wanted: &mut BTreeMap<String, BTreeSet<ValidityEvidence>>,
) {
    for row in &list.rows {
        report.rows += 1;
        let open = |reason: &str, candidates: Vec<String>| OpenRow {
            list: list.id.clone(),
            list_title: list.title.clone(),
            row: row.text.clone(),
            reason: reason.to_owned(),
            candidates,
        };
        match catalogue.named(list, row) {
            Outcome::Named(ids) => {
                report.matched += 1;
                let evidence = evidence(list, row);
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
            Outcome::Nothing => report.unmatched.push(open("库中没有这一文件", Vec::new())),
            Outcome::Open { reason, candidates } => {
                let candidates = candidates.into_iter().take(10).map(str::to_owned).collect();
                report.ambiguous.push(open(reason, candidates));
            }
        }
    }
}

fn evidence(list: &List, row: &Row) -> ValidityEvidence {
    let state = match row.action {
        Action::Repealed | Action::Lapsed => Validity::Repealed,
        Action::Amended => Validity::Amended,
        Action::Kept => Validity::InForce,
    };
    ValidityEvidence {
        state,
        since: list.since,
        from: EvidenceSource::CleanupList,
        record: Some(list.id.clone()),
        title: Some(list.title.clone()),
        quote: row.text.clone(),
    }
}

/// Puts the record with this evidence of lists, if it has other; whether it had.
fn update(
    reader: &Reader,
    writer: &mut dyn RecordWriter,
    id: &str,
    wanted: BTreeSet<ValidityEvidence>,
) -> Result<bool> {
    let Some(record) = reader.record(id)? else { return Ok(false) };
    let Some(record) = with_evidence(record, wanted.into_iter().collect()) else { return Ok(false) };
    // The content is the same, so putting alone would leave what is held as it is.
    writer.delete(id)?;
    writer.put(&record)?;
    Ok(true)
}
