//! Records related to a record: interpretations, citations in both directions, copies, versions,
//! and the evidence for its validity.

mod replies;
mod view;

use gongkai_index::record::{Date, Record};
use gongkai_index::relations::alignment::count_differences;
use gongkai_index::{Reader, Result};

pub use self::replies::{
    CitationReply, CopyReply, LinksReply, ProofReply, RecordRef, RelatedReply, ValidityStatusReply,
    VersionReply,
};
pub use self::view::View;

/// Most copies whose differences are counted.
const MAX_COMPARED_COPIES: usize = 20;

/// Collects the records related to a record, with validity on a day.
///
/// # Errors
/// A failure of the index.
pub fn collect_related(reader: &Reader, record: &Record, day: Date) -> Result<RelatedReply> {
    let found = reader.relations(|relations| {
        let view = View { reader, relations, day };
        relations.find(&record.id).map(|document| view.related(document, record))
    })?;
    let Some((mut reply, sources)) = found else { return Ok(unrelated(record, day)) };
    for (copy, position) in reply.copies.iter_mut().zip(0..) {
        let Some(other) = reader.record(&copy.record.id)? else { continue };
        copy.source_name = other.source_name;
        copy.differences =
            (position < MAX_COMPARED_COPIES).then(|| count_differences(&record.body, &other.body));
    }
    for (link, place) in reply.cited_by.links.iter_mut().zip(sources) {
        let Some(citing) = link.record.as_ref().filter(|_| place != (0, 0)) else { continue };
        link.quote = reader.record(&citing.id)?.and_then(|other| view::quote(&other.body, place));
    }
    Ok(reply)
}

/// Builds the reply for a record that the relations do not contain yet.
fn unrelated(record: &Record, day: Date) -> RelatedReply {
    let state =
        gongkai_index::Validity::on(day, record.weighed_validity(), record.effective_on, record.ends_on);
    let validity = ValidityStatusReply {
        state: state.name(),
        as_of: day,
        since: None,
        conflict: false,
        applies: false,
        evidence: Vec::new(),
    };
    RelatedReply {
        validity,
        interprets: Vec::new(),
        interpretations: Vec::new(),
        versions: Vec::new(),
        copies: Vec::new(),
        cites: LinksReply::default(),
        cited_by: LinksReply::default(),
        lapsed_bases: Vec::new(),
    }
}
