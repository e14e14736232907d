//! Relations of a record as replies for one day.

use gongkai_index::Reader;
use gongkai_index::official::citation::Relation;
use gongkai_index::record::days::day_number;
use gongkai_index::record::{Date, Record};
use gongkai_index::relations::cited::Cited;
use gongkai_index::relations::links::Resolved;
use gongkai_index::relations::source::Relations;
use gongkai_index::relations::validity::Proof;
use gongkai_index::schema::doc_ref::DocRef;

use crate::api::related::replies::{
    CitationReply, CopyReply, LinksReply, ProofReply, RecordRef, RelatedReply, ValidityStatusReply,
    VersionReply,
};
use crate::links::record_url;

/// Most links of one kind that are listed; the others are only counted.
const MAX_LINKS: usize = 50;
/// Most candidates listed for an ambiguous citation.
const MAX_CANDIDATES: usize = 10;
/// Characters of a quote before and after the citation.
const QUOTE_CONTEXT_CHARS: usize = 30;
/// Longest sentence quoted as evidence, in characters.
const MAX_SENTENCE_CHARS: usize = 200;

/// Relations of a collection, shown for one day.
pub struct View<'a> {
    /// Reader of the collection, which masks private numbers if the settings say so.
    pub reader: &'a Reader,
    /// Relations of the collection.
    pub relations: &'a Relations<'a>,
    /// Day of every validity state.
    pub day: Date,
}

impl View<'_> {
    /// Builds the reference to a record.
    pub fn record_ref(&self, document: DocRef) -> RecordRef {
        let Some(facts) = self.relations.facts(document) else { return RecordRef::default() };
        RecordRef {
            id: facts.id.clone(),
            kind: facts.kind.name(),
            title: self.reader.visible_title(&facts),
            url: record_url(&facts.id),
            issuers: facts.issuers.clone(),
            date: facts.day(),
            validity: self.relations.validity_period(document).state(day_number(self.day)).name(),
        }
    }

    fn record_refs(&self, documents: &[DocRef]) -> Vec<RecordRef> {
        documents.iter().map(|document| self.record_ref(*document)).collect()
    }

    /// Builds the reply, and the place of each citation of the record in the citing text.
    pub(super) fn related(&self, document: DocRef, record: &Record) -> (RelatedReply, Vec<(u32, u32)>) {
        let relations = self.relations;
        let cited_by = relations.cited_by(document);
        let mut links = cited_by.links;
        // A relation with an effect on the record matters more than a mention.
        links.sort_by_key(|link| {
            let day = relations.facts(link.document).and_then(|facts| facts.day());
            (link.relation == Relation::Mentions, std::cmp::Reverse(day))
        });
        let total = links.len();
        links.truncate(MAX_LINKS);
        let places = links.iter().map(|link| link.range).collect();
        let citing = links.iter().map(|link| CitationReply {
            relation: relation_name(link.relation),
            outcome: "found",
            quote: None,
            record: Some(self.record_ref(link.document)),
            candidates: Vec::new(),
        });
        let reply = RelatedReply {
            validity: self.validity_status(document, record),
            interprets: self.record_refs(&relations.explains(document)),
            interpretations: self.record_refs(&relations.interpretations(document)),
            versions: self.versions(document),
            copies: self.copies(document),
            cites: self.cites(document, record),
            cited_by: LinksReply { total, links: citing.collect() },
            lapsed_bases: self.record_refs(&relations.lapsed_bases(document, self.day)),
        };
        (reply, places)
    }

    fn cites(&self, document: DocRef, record: &Record) -> LinksReply {
        let all: Vec<(Cited, Resolved)> =
            self.relations.cites(document).into_iter().filter(|(_, to)| *to != Resolved::Own).collect();
        let links = all.iter().take(MAX_LINKS).map(|(cited, to)| self.citation(cited, to, record));
        LinksReply { total: all.len(), links: links.collect() }
    }

    /// Builds the reply for a citation in a record and the records it resolves to.
    fn citation(&self, cited: &Cited, to: &Resolved, record: &Record) -> CitationReply {
        let (outcome, target, candidates) = match to {
            Resolved::To(document) => ("found", Some(self.record_ref(*document)), Vec::new()),
            Resolved::Ambiguous(documents) => {
                ("ambiguous", None, self.record_refs(&documents[..documents.len().min(MAX_CANDIDATES)]))
            }
            Resolved::Own | Resolved::Absent => ("absent", None, Vec::new()),
        };
        let quote = if cited.range == (0, 0) { None } else { quote(&record.body, cited.range) };
        CitationReply {
            relation: relation_name(cited.relation()),
            outcome,
            quote,
            record: target,
            candidates,
        }
    }

    fn versions(&self, document: DocRef) -> Vec<VersionReply> {
        let versions = self.relations.versions(document);
        if versions.len() < 2 {
            return Vec::new();
        }
        let own = self.relations.canonical(document);
        let version = |version: &DocRef| VersionReply {
            record: self.record_ref(*version),
            begins: self.relations.first_day(*version),
            applies: self.relations.validity_period(*version).applies(day_number(self.day)),
            this: *version == own,
        };
        versions.iter().map(version).collect()
    }

    fn copies(&self, document: DocRef) -> Vec<CopyReply> {
        let copies = self.relations.copies(document).into_iter().enumerate();
        let copy = |(position, copy)| CopyReply {
            record: self.record_ref(copy),
            source_name: None,
            canonical: position == 0,
            differences: None,
        };
        copies.map(copy).collect()
    }

    fn validity_status(&self, document: DocRef, record: &Record) -> ValidityStatusReply {
        let status = self.relations.validity_on(document, self.day);
        let evidence = status
            .evidence
            .iter()
            .map(|evidence| ProofReply { decides: evidence.decides, ..self.proof(&evidence.proof, record) });
        ValidityStatusReply {
            state: status.state.name(),
            as_of: self.day,
            since: status.since,
            conflict: status.conflict,
            applies: status.applies,
            evidence: evidence.collect(),
        }
    }

    fn proof(&self, proof: &Proof, record: &Record) -> ProofReply {
        let plain = |kind, on: Option<Date>| ProofReply {
            kind,
            state: None,
            on,
            record: None,
            quote: None,
            decides: false,
        };
        match proof {
            Proof::Stated(state) => ProofReply { state: Some(state.name()), ..plain("stated", None) },
            Proof::Effective { on, in_text: false } => plain("effective_on", Some(*on)),
            Proof::Effective { on, in_text: true } => ProofReply {
                quote: quote_sentence(&record.body, &["施行", "实施", "执行", "生效"]),
                ..plain("text_effective", Some(*on))
            },
            Proof::Ends { on, in_text: false } => plain("ends_on", Some(*on)),
            Proof::Ends { on, in_text: true } => ProofReply {
                quote: quote_sentence(&record.body, &["有效期", "试行期", "试行"]),
                ..plain("text_ends", Some(*on))
            },
            Proof::Marked => ProofReply { quote: Some(record.title.clone()), ..plain("marked", None) },
            Proof::RepealedBy { on, by } => {
                ProofReply { record: Some(self.record_ref(*by)), ..plain("repealed_by", Some(*on)) }
            }
            Proof::SupersededBy { on, by } => {
                ProofReply { record: Some(self.record_ref(*by)), ..plain("newer_version", Some(*on)) }
            }
            Proof::Claimed { state, since, by } => {
                let facts = by.and_then(|document| self.relations.facts(document));
                let id = facts.as_ref().map(|facts| facts.id.as_str());
                let evidence =
                    record.validity_evidence.iter().find(|e| e.record.as_deref() == id && e.state == *state);
                ProofReply {
                    state: Some(state.name()),
                    record: by.map(|document| self.record_ref(document)),
                    quote: evidence.map(|evidence| evidence.quote.clone()),
                    ..plain("claimed", *since)
                }
            }
        }
    }
}

/// Names a relation on the wire.
fn relation_name(relation: Relation) -> &'static str {
    match relation {
        Relation::Mentions => "mentions",
        Relation::BasedOn => "based_on",
        Relation::Repeals => "repeals",
        Relation::Amends => "amends",
        Relation::Encloses => "encloses",
        Relation::Forwards => "forwards",
        Relation::Interprets => "interprets",
    }
}

/// Quotes the words around a place of a text, within its line and sentence.
pub(super) fn quote(body: &str, (start, end): (u32, u32)) -> Option<String> {
    let (start, end) = (start as usize, end as usize);
    let before = body
        .get(..start)?
        .char_indices()
        .rev()
        .take(QUOTE_CONTEXT_CHARS)
        .map(|(offset, _)| offset)
        .last()
        .unwrap_or(start);
    let after = body
        .get(end..)?
        .char_indices()
        .nth(QUOTE_CONTEXT_CHARS)
        .map_or(body.len(), |(offset, _)| end + offset);
    let from = body[before..start].rfind(['\n', '。']).map_or(before, |offset| {
        before + offset + body[before + offset..].chars().next().map_or(1, char::len_utf8)
    });
    let to = body[end..after].find(['\n', '。']).map_or(after, |offset| end + offset);
    Some(body.get(from..to)?.trim().to_owned())
}

/// Quotes the last sentence that contains one of these words.
fn quote_sentence(body: &str, words: &[&str]) -> Option<String> {
    let mut sentences = body.split(['\n', '。']).rev();
    let found = sentences.find(|sentence| words.iter().any(|word| sentence.contains(word)))?;
    Some(found.trim().chars().take(MAX_SENTENCE_CHARS).collect())
}
