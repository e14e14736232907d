//! Clean-up lists among the records of a collection.

use std::collections::HashSet;

use crate::collection::cleanup_lists::evidence::is_list_evidence;
use crate::collection::reader::Reader;
use crate::error::Result;
use crate::official::validity::{Action, Row, cleanup_list};
use crate::record::{Date, EvidenceSource, Origin, Record, Validity, ValidityEvidence};

/// Words of the titles under which lists are published.
const TITLE_CUES: [&str; 9] =
    ["废止", "失效", "清理", "继续有效", "现行有效", "有效的", "保留", "修改", "规范性文件目录"];

/// A clean-up list.
pub struct List {
    /// Id of its record.
    pub id: String,
    /// Title of its record.
    pub title: String,
    /// Organs that made it.
    pub issuers: Vec<String>,
    /// Place of these organs.
    pub region: Option<String>,
    /// Day on which it was made: it names nothing that is younger.
    pub made: Option<Date>,
    /// First day on which its rows hold.
    pub since: Option<Date>,
    /// Rows, in their order.
    pub rows: Vec<Row>,
}

impl List {
    /// Reads a record as a list; `None` unless it is one that an organ has made.
    pub fn from_record(record: &Record) -> Option<Self> {
        let titles = record.parts.iter().map(|part| &part.title).chain([&record.title]);
        let has_cue = titles.into_iter().any(|title| TITLE_CUES.iter().any(|cue| title.contains(cue)));
        let is_collected = record.provenance.as_ref().is_some_and(|p| p.origin == Origin::Collected);
        if !has_cue || is_collected {
            return None;
        }
        let rows = cleanup_list(&format!("{}\n{}", record.title, record.body));
        let made = record.written_on.or(record.published_on).or(record.effective_on);
        (!rows.is_empty()).then(|| Self {
            id: record.id.clone(),
            title: record.title.clone(),
            issuers: record.issuers.clone(),
            region: record.region.clone(),
            made,
            since: record.effective_on.or(made),
            rows,
        })
    }

    /// Makes the evidence that a row gives the records it names.
    pub fn evidence_from_row(&self, row: &Row) -> ValidityEvidence {
        let state = match row.action {
            Action::Repealed | Action::Lapsed => Validity::Repealed,
            Action::Amended => Validity::Amended,
            Action::Kept => Validity::InForce,
        };
        ValidityEvidence {
            state,
            since: self.since,
            from: EvidenceSource::CleanupList,
            record: Some(self.id.clone()),
            title: Some(self.title.clone()),
            quote: row.text.clone(),
        }
    }
}

/// All lists of a collection, and the records that have evidence of lists.
pub struct CollectionLists {
    /// The lists, those with the same rows once.
    pub distinct: Vec<List>,
    /// Ids of all lists.
    pub ids: HashSet<String>,
    /// Ids of the records that have evidence of some list.
    pub named_records: Vec<String>,
}

impl CollectionLists {
    /// Scans a collection.
    ///
    /// # Errors
    /// A failure of the index.
    pub fn read(reader: &Reader) -> Result<Self> {
        let (mut lists, mut named_records) = (Vec::new(), Vec::new());
        reader.each_record(&mut |record| {
            if record.validity_evidence.iter().any(is_list_evidence) {
                named_records.push(record.id.clone());
            }
            lists.extend(List::from_record(record));
        })?;
        lists.sort_by(|a: &List, b: &List| a.id.cmp(&b.id));
        let ids = lists.iter().map(|list| list.id.clone()).collect();
        let mut seen = HashSet::new();
        lists.retain(|list| {
            let rows: Vec<&str> = list.rows.iter().map(|row| row.text.as_str()).collect();
            seen.insert(rows.join("\n"))
        });
        Ok(Self { distinct: lists, ids, named_records })
    }
}
