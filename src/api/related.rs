//! What is held beside a record: interpretations, what it cites and who cites it, copies,
//! versions, and what its validity rests on.

use gongkai_index::official::citation::Relation;
use gongkai_index::official::privacy;
use gongkai_index::record::{Date, Record};
use gongkai_index::relations::{Cited, Proof, Relations, Resolved, Slot, differences};
use gongkai_index::{Result, Searcher};
use serde::Serialize;
use utoipa::ToSchema;

use crate::links::record_url;

/// Most links of one kind that are listed; the others are counted.
const MOST: usize = 50;
/// Most copies whose differences are counted.
const MOST_COMPARED: usize = 20;
/// Characters of a quote before and after the place.
const AROUND: usize = 30;

/// Another record, in short.
#[derive(Debug, Clone, Default, Serialize, ToSchema)]
pub struct RecordRef {
    /// Its id.
    pub id: String,
    /// document, policy or interpretation.
    pub kind: &'static str,
    /// Its title.
    pub title: String,
    /// Its page here.
    pub url: String,
    /// Its issuers.
    pub issuers: Vec<String>,
    /// 成文, else 发布, else 施行日期.
    #[schema(value_type = Option<String>, format = Date)]
    pub date: Option<Date>,
    /// 时效性 on the day asked for.
    pub validity: &'static str,
}

/// A citation.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct CitationReply {
    /// mentions, based_on, repeals, amends, encloses, forwards or interprets.
    pub relation: &'static str,
    /// found, ambiguous, absent: whether the cited document is held.
    pub outcome: &'static str,
    /// The words around the place, in the citing text; absent where a field or the title cites.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub quote: Option<String>,
    /// The record at the other end.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub record: Option<RecordRef>,
    /// Where several may be meant: these.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub candidates: Vec<RecordRef>,
}

/// Links of one kind.
#[derive(Debug, Clone, Default, Serialize, ToSchema)]
pub struct LinksReply {
    /// How many there are.
    pub total: usize,
    /// The first of them.
    pub links: Vec<CitationReply>,
}

/// A copy of the same text.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct CopyReply {
    /// The record.
    #[serde(flatten)]
    pub record: RecordRef,
    /// The site it was taken from.
    pub source_name: Option<String>,
    /// Whether it is the one nearest to the issuer.
    pub canonical: bool,
    /// In how many places its text differs from that of this record, layout aside; absent
    /// where it was not compared.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub differences: Option<usize>,
}

/// A version of the same document.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct VersionReply {
    /// The record.
    #[serde(flatten)]
    pub record: RecordRef,
    /// Its first day.
    #[schema(value_type = Option<String>, format = Date)]
    pub begins: Option<Date>,
    /// Whether its text is what applied on the day asked for.
    pub applies: bool,
    /// Whether it is this record or a copy of it.
    pub this: bool,
}

/// A piece of evidence for or against a state.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ProofReply {
    /// stated, effective_on, ends_on, text_effective, text_ends, marked, repealed_by,
    /// newer_version or claimed.
    pub kind: &'static str,
    /// The state it claims, where it claims one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub state: Option<&'static str>,
    /// The day it speaks of.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = Date)]
    pub on: Option<Date>,
    /// The record that says it, if it is another one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub record: Option<RecordRef>,
    /// The words that say it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub quote: Option<String>,
    /// Whether the state follows from it.
    pub decides: bool,
}

/// The state on a day, and why.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct StandingReply {
    /// The state.
    pub state: &'static str,
    /// The day it is for.
    #[schema(value_type = String, format = Date)]
    pub as_of: Date,
    /// Since when, if that is known.
    #[schema(value_type = Option<String>, format = Date)]
    pub since: Option<Date>,
    /// Whether the evidence contradicts itself.
    pub conflict: bool,
    /// Whether this text is what applied on that day.
    pub applies: bool,
    /// All that is known, what decides first.
    pub evidence: Vec<ProofReply>,
}

/// What is held beside a record.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct RelatedReply {
    /// The state on the day asked for.
    pub validity: StandingReply,
    /// What it explains, if it is an interpretation.
    pub interprets: Vec<RecordRef>,
    /// What explains it.
    pub interpretations: Vec<RecordRef>,
    /// All versions, by their first day; empty if there is only this one.
    pub versions: Vec<VersionReply>,
    /// All records that hold this text, the canonical first; empty if there is only this one.
    pub copies: Vec<CopyReply>,
    /// What it cites.
    pub cites: LinksReply,
    /// Who cites it.
    pub cited_by: LinksReply,
    /// Documents it rests on that have been repealed or have expired.
    pub lapsed_bases: Vec<RecordRef>,
}

/// Collects what is held beside a record on a day.
///
/// # Errors
/// A failure of the index.
pub fn collect(searcher: &dyn Searcher, record: &Record, day: Date) -> Result<RelatedReply> {
    let mut found = None;
    searcher.relations(&mut |relations| {
        found = relations.slot(&record.id).map(|slot| View { relations, day }.related(slot, record));
    });
    let Some((mut reply, sources)) = found else { return Ok(nothing(record, day)) };
    for (copy, at) in reply.copies.iter_mut().zip(0..) {
        let Some(other) = searcher.record(&copy.record.id)? else { continue };
        copy.source_name = other.source_name;
        copy.differences = (at < MOST_COMPARED).then(|| differences(&record.body, &other.body));
    }
    for (link, place) in reply.cited_by.links.iter_mut().zip(sources) {
        let Some(citing) = link.record.as_ref().filter(|_| place != (0, 0)) else { continue };
        link.quote = searcher.record(&citing.id)?.and_then(|other| quoted(&other.body, place));
    }
    Ok(reply)
}

/// A record that the relations do not know yet.
fn nothing(record: &Record, day: Date) -> RelatedReply {
    let state =
        gongkai_index::Validity::on(day, record.weighed_validity(), record.effective_on, record.ends_on);
    let validity = StandingReply {
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

/// Relations as they are shown on a day.
pub struct View<'a> {
    /// What follows from the records together.
    pub relations: &'a Relations,
    /// The day of every state.
    pub day: Date,
}

impl View<'_> {
    /// A record in short.
    pub fn short(&self, slot: Slot) -> RecordRef {
        let Some(facts) = self.relations.facts(slot) else { return RecordRef::default() };
        RecordRef {
            id: facts.id.clone(),
            kind: facts.kind.name(),
            title: privacy::mask(&facts.title).into_owned(),
            url: record_url(&facts.id),
            issuers: facts.issuers.clone(),
            date: facts.day(),
            validity: self.relations.term(slot).state(gongkai_index::relations::day_number(self.day)).name(),
        }
    }

    fn all(&self, slots: &[Slot]) -> Vec<RecordRef> {
        slots.iter().map(|slot| self.short(*slot)).collect()
    }

    fn related(&self, slot: Slot, record: &Record) -> (RelatedReply, Vec<(u32, u32)>) {
        let relations = self.relations;
        let cited_by = relations.cited_by(slot);
        let mut links = cited_by.links;
        // What does something with the record says more than what only names it.
        links.sort_by_key(|link| {
            let day = relations.facts(link.slot).and_then(|facts| facts.day());
            (link.relation == Relation::Mentions, std::cmp::Reverse(day))
        });
        let total = links.len();
        links.truncate(MOST);
        let places = links.iter().map(|link| link.place).collect();
        let citing = links.iter().map(|link| CitationReply {
            relation: name(link.relation),
            outcome: "found",
            quote: None,
            record: Some(self.short(link.slot)),
            candidates: Vec::new(),
        });
        let reply = RelatedReply {
            validity: self.standing(slot, record),
            interprets: self.all(&relations.explains(slot)),
            interpretations: self.all(&relations.interpretations(slot)),
            versions: self.versions(slot),
            copies: self.copies(slot),
            cites: self.cites(slot, record),
            cited_by: LinksReply { total, links: citing.collect() },
            lapsed_bases: self.all(&relations.lapsed_bases(slot, self.day)),
        };
        (reply, places)
    }

    fn cites(&self, slot: Slot, record: &Record) -> LinksReply {
        let all: Vec<(Cited, Resolved)> =
            self.relations.cites(slot).into_iter().filter(|(_, to)| *to != Resolved::Own).collect();
        let links = all.iter().take(MOST).map(|(cited, to)| self.citation(cited, to, record));
        LinksReply { total: all.len(), links: links.collect() }
    }

    /// A citation of a record with what it leads to.
    pub fn citation(&self, cited: &Cited, to: &Resolved, record: &Record) -> CitationReply {
        let (outcome, target, candidates) = match to {
            Resolved::To(slot) => ("found", Some(self.short(*slot)), Vec::new()),
            Resolved::Ambiguous(slots) => ("ambiguous", None, self.all(&slots[..slots.len().min(10)])),
            Resolved::Own | Resolved::Absent => ("absent", None, Vec::new()),
        };
        let quote = if cited.place == (0, 0) { None } else { quoted(&record.body, cited.place) };
        CitationReply { relation: name(cited.relation()), outcome, quote, record: target, candidates }
    }

    fn versions(&self, slot: Slot) -> Vec<VersionReply> {
        let versions = self.relations.versions(slot);
        if versions.len() < 2 {
            return Vec::new();
        }
        let own = self.relations.canonical(slot);
        let version = |version: &Slot| VersionReply {
            record: self.short(*version),
            begins: self.relations.begins(*version),
            applies: self.relations.term(*version).applies(gongkai_index::relations::day_number(self.day)),
            this: *version == own,
        };
        versions.iter().map(version).collect()
    }

    fn copies(&self, slot: Slot) -> Vec<CopyReply> {
        let copies = self.relations.copies(slot).into_iter().enumerate();
        let copy = |(at, copy)| CopyReply {
            record: self.short(copy),
            source_name: None,
            canonical: at == 0,
            differences: None,
        };
        copies.map(copy).collect()
    }

    fn standing(&self, slot: Slot, record: &Record) -> StandingReply {
        let standing = self.relations.standing(slot, self.day);
        let evidence = standing
            .evidence
            .iter()
            .map(|evidence| ProofReply { decides: evidence.decides, ..self.proof(&evidence.proof, record) });
        StandingReply {
            state: standing.state.name(),
            as_of: self.day,
            since: standing.since,
            conflict: standing.conflict,
            applies: standing.applies,
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
                quote: sentence(&record.body, &["施行", "实施", "执行", "生效"]),
                ..plain("text_effective", Some(*on))
            },
            Proof::Ends { on, in_text: false } => plain("ends_on", Some(*on)),
            Proof::Ends { on, in_text: true } => ProofReply {
                quote: sentence(&record.body, &["有效期", "试行期", "试行"]),
                ..plain("text_ends", Some(*on))
            },
            Proof::Marked => ProofReply { quote: Some(record.title.clone()), ..plain("marked", None) },
            Proof::RepealedBy { on, by } => {
                ProofReply { record: Some(self.short(*by)), ..plain("repealed_by", Some(*on)) }
            }
            Proof::SupersededBy { on, by } => {
                ProofReply { record: Some(self.short(*by)), ..plain("newer_version", Some(*on)) }
            }
            Proof::Claimed { state, since, by } => {
                let id = by.and_then(|slot| self.relations.facts(slot)).map(|facts| facts.id.as_str());
                let said =
                    record.validity_evidence.iter().find(|e| e.record.as_deref() == id && e.state == *state);
                ProofReply {
                    state: Some(state.name()),
                    record: by.map(|slot| self.short(slot)),
                    quote: said.map(|evidence| evidence.quote.clone()),
                    ..plain("claimed", *since)
                }
            }
        }
    }
}

/// The name of a relation on the wire.
pub fn name(relation: Relation) -> &'static str {
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

/// The words around a place of a text.
pub fn quoted(body: &str, (start, end): (u32, u32)) -> Option<String> {
    let (start, end) = (start as usize, end as usize);
    let before =
        body.get(..start)?.char_indices().rev().take(AROUND).map(|(at, _)| at).last().unwrap_or(start);
    let after = body.get(end..)?.char_indices().nth(AROUND).map_or(body.len(), |(at, _)| end + at);
    let from = body[before..start]
        .rfind(['\n', '。'])
        .map_or(before, |at| before + at + body[before + at..].chars().next().map_or(1, char::len_utf8));
    let to = body[end..after].find(['\n', '。']).map_or(after, |at| end + at);
    Some(privacy::mask(body.get(from..to)?.trim()).into_owned())
}

/// The last sentence that has one of these words.
fn sentence(body: &str, words: &[&str]) -> Option<String> {
    let mut sentences = body.split(['\n', '。']).rev();
    let found = sentences.find(|sentence| words.iter().any(|word| sentence.contains(word)))?;
    Some(privacy::mask(&found.trim().chars().take(200).collect::<String>()).into_owned())
}
