//! The public JSON. Names and meanings here are promised; see docs/API.md.

use gongkai_index::collection::match_reasons::Reason;
use gongkai_index::collection::rewrite::{Answer, Because, Instead, Near};
use gongkai_index::query::{Mode, ParsedQuery, Preference, Query, Sort, Stream};
use gongkai_index::record::{Attachment, Date, Record};
use gongkai_index::results::{Explanation, FacetCounts, Hit, SearchResults, TermPart};
use serde::Serialize;
use utoipa::ToSchema;

use crate::api::cursor::{Cursor, fingerprint};
use crate::api::outline::{SectionReply, outline};
use crate::api::parameters::SearchRequest;
use crate::api::related::RelatedReply;
use crate::links::{here, record_url, section_url};

/// The answer to a search.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct SearchReply {
    /// How the query was read.
    pub query: QueryReply,
    /// The commit that was searched.
    pub generation: u64,
    /// Matching records, exactly.
    pub total: u64,
    /// Time in the server, in milliseconds.
    pub took_ms: f64,
    /// The page.
    pub hits: Vec<HitReply>,
    /// By facet name: its values with exact counts over the matches, each ignoring its own filter.
    pub facets: std::collections::BTreeMap<&'static str, Vec<FacetValueReply>>,
    /// The address of the next page; absent on the last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
    /// A receipt of the search, if one was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub receipt: Option<crate::receipt::Receipt>,
}

/// How the query was read.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct QueryReply {
    /// As typed.
    pub text: String,
    /// In words.
    pub understood: String,
    /// smart or literal.
    pub mode: &'static str,
    /// Whether not all words were required, because all together match too little.
    pub relaxed: bool,
    /// What was searched instead of what was typed; `mode=literal` searches as typed.
    pub corrections: Vec<CorrectionReply>,
    /// Terms that were looked for beside those typed.
    pub expansions: Vec<ExpansionReply>,
    /// What the text speaks of: such records are lifted, others are not left out;
    /// `ignore` takes one away.
    pub preferences: Vec<PreferenceReply>,
    /// Where a document number was typed that is not held: records numbered near it.
    pub near: Vec<NearReply>,
    /// What was taken otherwise than typed.
    pub warnings: Vec<WarningReply>,
}

/// A text that was searched instead of the one typed.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct CorrectionReply {
    /// As typed.
    pub from: String,
    /// As searched.
    pub to: String,
    /// spelling or pinyin.
    pub kind: &'static str,
}

/// A term that stands in for a typed one.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ExpansionReply {
    /// What was typed.
    pub from: String,
    /// What was looked for as well.
    pub to: String,
    /// everyday, abbreviation, variant, renamed or hypernym.
    pub kind: &'static str,
}

/// An issuer, a place or a year in the query.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct PreferenceReply {
    /// As typed; the value of `ignore` that takes it away.
    pub text: String,
    /// issuer, region or year.
    pub kind: &'static str,
    /// The issuer's name, the path of the place, the year.
    pub value: String,
}

/// A record that is not the one named by number, but numbered near it.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct NearReply {
    /// The number that is not held.
    pub missing: String,
    /// neighbour: the same organ and year, counted shortly before or after; other_year:
    /// the same organ and count.
    pub relation: &'static str,
    /// The record's number.
    pub document_number: String,
    /// Its id.
    pub id: String,
    /// Its title.
    pub title: String,
    /// Its page here.
    pub url: String,
}

/// Something the person should know.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct WarningReply {
    /// Where in the text, in characters.
    pub offset: usize,
    /// What was done.
    pub reason: String,
}

/// One record that matches.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct HitReply {
    /// The record's id.
    pub id: String,
    /// document, policy or interpretation.
    pub kind: &'static str,
    /// The title as published.
    pub title: String,
    /// 文号.
    pub document_number: Option<String>,
    /// 索引号.
    pub index_number: Option<String>,
    /// 发布机构.
    pub issuers: Vec<String>,
    /// 发布日期.
    #[schema(value_type = Option<String>, format = Date)]
    pub published_on: Option<Date>,
    /// 成文日期.
    #[schema(value_type = Option<String>, format = Date)]
    pub written_on: Option<Date>,
    /// 施行日期.
    #[schema(value_type = Option<String>, format = Date)]
    pub effective_on: Option<Date>,
    /// 失效日期.
    #[schema(value_type = Option<String>, format = Date)]
    pub ends_on: Option<Date>,
    /// 时效性 on the day of the search.
    pub validity: &'static str,
    /// 主题分类.
    pub categories: Vec<String>,
    /// 文种.
    pub genre: Option<String>,
    /// 地区.
    pub region: Option<String>,
    /// Only comparable within one answer; absent if the order is not by relevance.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub score: Option<f32>,
    /// The record's page here.
    pub url: String,
    /// Where it was published.
    pub source_url: Option<String>,
    /// The site it was taken from.
    pub source_name: Option<String>,
    /// How many other records hold the same text.
    pub reprints: usize,
    /// How many interpretations of it are held.
    pub interpretations: usize,
    /// How many other versions of it are held.
    pub versions: usize,
    /// Marked title and pieces of the body.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub highlights: Option<HighlightsReply>,
    /// What of the query stands where: title, body, issuer, keyword, index_number, number,
    /// whole_title, or with a colon and details article, synonym, short_name, renamed,
    /// correction, pinyin, prefers_issuer, prefers_region, prefers_year. Absent where nothing is marked.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub why: Vec<String>,
    /// The parts of the score, with `explain=true`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub explanation: Option<ExplanationReply>,
}

/// The parts of a score: the terms added up, times all factors, plus the boost.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ExplanationReply {
    /// What each term adds in each field, the most first.
    pub terms: Vec<TermReply>,
    /// What the sum is multiplied by: validity, kind, age, preference.
    pub factors: std::collections::BTreeMap<&'static str, f32>,
    /// What is added because the record was named outright, by its title or number.
    pub boost: f32,
}

/// What one term adds in one field (BM25).
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct TermReply {
    /// The term.
    pub text: String,
    /// The field it stands in.
    pub field: &'static str,
    /// words or pairs (of characters).
    pub stream: &'static str,
    /// The weight of term, field and stream.
    pub weight: f32,
    /// How much it tells in this collection.
    pub idf: f32,
    /// How often it stands there.
    pub frequency: u32,
    /// What that comes to.
    pub adds: f32,
}

/// HTML-escaped text with `<mark>` only.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct HighlightsReply {
    /// The whole title.
    pub title: String,
    /// Pieces of the body.
    pub body: Vec<SnippetReply>,
}

/// A piece of the body.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct SnippetReply {
    /// Escaped text with `<mark>`.
    pub html: String,
    /// The article it stands in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub section: Option<String>,
    /// The place of that article on the record's page.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
}

/// A value of a facet.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct FacetValueReply {
    /// The value; `_missing` for records without one.
    pub value: String,
    /// Matching records with it.
    pub count: u64,
    /// Whether the search is filtered by it.
    pub selected: bool,
}

/// A whole record.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct RecordReply {
    /// As it was indexed.
    #[serde(flatten)]
    #[schema(value_type = Object)]
    pub record: Record,
    /// 时效性 on the day asked for, today if none was.
    pub validity_today: &'static str,
    /// Enclosed documents, chapters and articles, in the order of the text.
    pub outline: Vec<SectionReply>,
    /// What the state rests on, and what else is held beside the record.
    pub related: RelatedReply,
    /// Its page here.
    pub url: String,
    /// The commit it was read from.
    pub generation: u64,
}

impl SearchReply {
    /// Writes results as they are promised.
    pub fn new(request: &SearchRequest, answer: &Answer, took_ms: f64) -> Self {
        let query = &request.query;
        let results = &answer.results;
        let understanding = &answer.understanding;
        Self {
            query: QueryReply {
                text: query.understanding.text.clone(),
                understood: understanding.understood.clone(),
                mode: mode_name(request.mode),
                relaxed: answer.relaxed,
                corrections: answer.instead.iter().map(correction).collect(),
                expansions: expansions(understanding),
                preferences: preferences(understanding),
                near: answer.near.iter().map(NearReply::new).collect(),
                warnings: warnings(query, answer.relaxed),
            },
            generation: results.generation,
            total: results.total,
            took_ms,
            hits: results.hits.iter().map(|hit| HitReply::of(hit, query, answer.instead.as_ref())).collect(),
            facets: results.facets.iter().map(|facet| (facet.facet.name(), values(facet))).collect(),
            next: next(request, results),
            receipt: None,
        }
    }
}

fn correction(instead: &Instead) -> CorrectionReply {
    let kind = match instead.because {
        Because::Spelling => "spelling",
        Because::Pinyin => "pinyin",
    };
    CorrectionReply { from: instead.from.clone(), to: instead.to.clone(), kind }
}

fn expansions(understanding: &ParsedQuery) -> Vec<ExpansionReply> {
    let expansions = understanding.expansions.iter();
    expansions.map(|e| ExpansionReply { from: e.from.clone(), to: e.to.clone(), kind: e.kind }).collect()
}

fn preferences(understanding: &ParsedQuery) -> Vec<PreferenceReply> {
    let preferences = understanding.preferences.iter();
    let reply = |p: &Preference| PreferenceReply {
        text: p.text.clone(),
        kind: p.kind.name(),
        value: p.value.clone(),
    };
    preferences.map(reply).collect()
}

impl NearReply {
    /// Writes a near miss as it is promised.
    pub fn new(near: &Near) -> Self {
        let record = &near.hit.record;
        Self {
            missing: near.missing.clone(),
            relation: near.how.name(),
            document_number: record.document_number.clone().unwrap_or_default(),
            url: record_url(&record.id),
            id: record.id.clone(),
            title: record.title.clone(),
        }
    }
}

impl ExplanationReply {
    fn new(explanation: &Explanation) -> Self {
        let term = |part: &TermPart| TermReply {
            text: part.text.clone(),
            field: part.field.field().name,
            stream: match part.stream {
                Stream::Words => "words",
                Stream::Grams => "pairs",
            },
            weight: part.weight,
            idf: part.idf,
            frequency: part.frequency,
            adds: part.adds,
        };
        Self {
            terms: explanation.terms.iter().map(term).collect(),
            factors: explanation.factors.iter().copied().collect(),
            boost: explanation.boost,
        }
    }
}

/// What matched, the whole text's correction last.
fn why(hit: &Hit, instead: Option<&Instead>) -> Vec<String> {
    let mut why: Vec<String> = hit.why.iter().map(Reason::name).collect();
    if let Some(instead) = instead.filter(|_| !why.is_empty()) {
        let CorrectionReply { from, to, kind } = correction(instead);
        let kind = if kind == "spelling" { "correction" } else { kind };
        why.push(format!("{kind}:{from}→{to}"));
    }
    why
}

fn warnings(query: &Query, relaxed: bool) -> Vec<WarningReply> {
    let told = query.understanding.warnings.iter();
    let mut warnings: Vec<WarningReply> =
        told.map(|w| WarningReply { offset: w.offset, reason: w.reason.clone() }).collect();
    if relaxed {
        let reason =
            "同时含有全部词语的信息太少，已列出含有其中一部分词语的信息，含有越多、越少见的越靠前".to_owned();
        warnings.push(WarningReply { offset: 0, reason });
    }
    warnings
}

fn mode_name(mode: Mode) -> &'static str {
    match mode {
        Mode::Smart => "smart",
        Mode::Literal => "literal",
    }
}

fn values(facet: &FacetCounts) -> Vec<FacetValueReply> {
    let value = |v: &gongkai_index::results::FacetValue| FacetValueReply {
        value: v.value.clone(),
        count: v.count,
        selected: v.selected,
    };
    facet.values.iter().map(value).collect()
}

/// The next page, always by cursor: it stays on this generation and has no end.
fn next(request: &SearchRequest, results: &SearchResults) -> Option<String> {
    const PATH: &str = "/api/v1/search";
    let last = results.hits.last().filter(|_| results.more)?;
    let cursor = Cursor {
        generation: results.generation,
        after: last.position,
        search: fingerprint(&request.query),
        today: request.query.today,
    };
    Some(request.link(&here(PATH), &[("page", None), ("cursor", Some(&cursor.encode()))]))
}

impl HitReply {
    /// Writes a hit as it is promised.
    pub fn new(hit: &Hit, query: &Query) -> Self {
        Self::of(hit, query, None)
    }

    /// Writes a hit of an answer to what was searched instead of what was typed.
    fn of(hit: &Hit, query: &Query, instead: Option<&Instead>) -> Self {
        let record = hit.record.clone();
        Self {
            why: why(hit, instead),
            explanation: hit.explanation.as_ref().map(ExplanationReply::new),
            url: record_url(&record.id),
            kind: record.kind.name(),
            validity: hit.validity.name(),
            score: (query.sort == Sort::Relevance).then_some(hit.score),
            highlights: query.highlight.then(|| HighlightsReply {
                title: hit.highlights.title.clone(),
                body: hit
                    .highlights
                    .body
                    .iter()
                    .map(|s| SnippetReply {
                        html: s.html.clone(),
                        section: s.section.clone(),
                        url: s.anchor.as_ref().map(|anchor| section_url(&record_url(&record.id), anchor)),
                    })
                    .collect(),
            }),
            reprints: hit.reprints,
            interpretations: hit.interpretations,
            versions: hit.versions,
            id: record.id,
            title: record.title,
            document_number: record.document_number,
            index_number: record.index_number,
            issuers: record.issuers,
            published_on: record.published_on,
            written_on: record.written_on,
            effective_on: record.effective_on,
            ends_on: record.ends_on,
            categories: record.categories,
            genre: record.genre,
            region: record.region,
            source_url: record.source_url,
            source_name: record.source_name,
        }
    }
}

impl RecordReply {
    /// Writes a record as it is promised.
    pub fn new(record: Record, related: RelatedReply, generation: u64) -> Self {
        let url = record_url(&record.id);
        let outline = outline(&record, &url);
        Self { validity_today: related.validity.state, outline, url, related, record, generation }
    }

    /// The files that belong to it.
    pub fn attachments(&self) -> &[Attachment] {
        &self.record.attachments
    }
}
