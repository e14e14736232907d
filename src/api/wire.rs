//! Public JSON of searches and records. Names and meanings are promised; see docs/API.md.

use gongkai_index::collection::rewrite::{Answer, Corrected, CorrectionKind, NearNumber};
use gongkai_index::query::{Mode, ParsedQuery, Preference, Query, Sort, Stream};
use gongkai_index::record::{Attachment, Date, Record};
use gongkai_index::results::{Explanation, FacetCounts, Hit, MatchReason, SearchResults, TermPart};
use serde::Serialize;
use utoipa::ToSchema;

use crate::api::cursor::{Cursor, fingerprint};
use crate::api::outline::{SectionReply, outline};
use crate::api::parameters::SearchRequest;
use crate::api::related::RelatedReply;
use crate::links::{record_url, section_url, with_base_path};

/// Answer to a search.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct SearchReply {
    /// Query as it was parsed.
    pub query: QueryReply,
    /// Generation that was searched.
    pub generation: u64,
    /// Number of matching entries, exact.
    pub total: u64,
    /// Time spent in the server, in milliseconds.
    pub took_ms: f64,
    /// Hits of the page.
    pub hits: Vec<HitReply>,
    /// Values by facet name with exact counts over the matches; each facet ignores its own filter.
    pub facets: std::collections::BTreeMap<&'static str, Vec<FacetValueReply>>,
    /// Address of the next page; absent on the last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
    /// Receipt of the search, with `receipt=true`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub receipt: Option<crate::receipt::Receipt>,
}

/// Query as it was parsed.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct QueryReply {
    /// Text as typed.
    pub text: String,
    /// Parsed query in words.
    pub understood: String,
    /// smart or literal.
    pub mode: &'static str,
    /// True if not all words were required, because all together match too little.
    pub relaxed: bool,
    /// Text that was searched instead of the text typed; `mode=literal` searches as typed.
    pub corrections: Vec<CorrectionReply>,
    /// Terms that were searched beside those typed.
    pub expansions: Vec<ExpansionReply>,
    /// Issuers, places and years named in the text: records that have them rank higher, others
    /// still match; `ignore` removes one.
    pub preferences: Vec<PreferenceReply>,
    /// Records with numbers near the document number typed, if no record has that number.
    pub near: Vec<NearReply>,
    /// Parts of the query that were not taken as typed.
    pub warnings: Vec<WarningReply>,
}

/// Correction: a text that was searched instead of the one typed.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct CorrectionReply {
    /// Text as typed.
    pub from: String,
    /// Text as searched.
    pub to: String,
    /// spelling or pinyin.
    pub kind: &'static str,
}

/// Expansion: a term searched beside a typed one.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ExpansionReply {
    /// Term as typed.
    pub from: String,
    /// Term that was searched as well.
    pub to: String,
    /// everyday, abbreviation, variant, renamed or hypernym.
    pub kind: &'static str,
}

/// Preference: an issuer, a place or a year named in the query.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct PreferenceReply {
    /// Text as typed; as a value of `ignore` it removes the preference.
    pub text: String,
    /// issuer, region or year.
    pub kind: &'static str,
    /// Name of the issuer, path of the place, or the year.
    pub value: String,
}

/// Near miss: a record whose document number is near the one typed.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct NearReply {
    /// Number typed, which no record has.
    pub missing: String,
    /// neighbour: same organ and year, sequence number shortly before or after; other_year:
    /// same organ and sequence number.
    pub relation: &'static str,
    /// Document number of the record.
    pub document_number: String,
    /// Record id.
    pub id: String,
    /// Title of the record.
    pub title: String,
    /// Address of the record's page.
    pub url: String,
}

/// Warning about a part of the query.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct WarningReply {
    /// Offset in the text, in characters.
    pub offset: usize,
    /// Reason, and the way the part was read.
    pub reason: String,
}

/// Hit: a record that matches.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct HitReply {
    /// Record id.
    pub id: String,
    /// document, policy or interpretation.
    pub kind: &'static str,
    /// Title as published.
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
    /// Score, comparable within one answer only; absent if the order is not by relevance.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub score: Option<f32>,
    /// Address of the record's page.
    pub url: String,
    /// Address it was published at.
    pub source_url: Option<String>,
    /// Name of the site it was taken from.
    pub source_name: Option<String>,
    /// Number of other records with the same text.
    pub reprints: usize,
    /// Number of interpretations of it in the collection.
    pub interpretations: usize,
    /// Number of other versions of it in the collection.
    pub versions: usize,
    /// Highlighted title and snippets of the body.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub highlights: Option<HighlightsReply>,
    /// Match reasons: title, body, issuer, keyword, index_number, number, whole_title, or with
    /// a colon and details article, synonym, short_name, renamed, correction, pinyin,
    /// prefers_issuer, prefers_region, prefers_year. Absent where nothing is highlighted.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub why: Vec<String>,
    /// Parts of the score, with `explain=true`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub explanation: Option<ExplanationReply>,
}

/// Parts of a score: the sum of the terms, times all factors, plus the boost.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ExplanationReply {
    /// Contribution of each term in each field, the largest first; at most 24.
    pub terms: Vec<TermReply>,
    /// Sum of the contributions of all other terms; absent if there are none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rest: Option<f32>,
    /// Factors the sum is multiplied by: validity, kind, age, preference.
    pub factors: std::collections::BTreeMap<&'static str, f32>,
    /// Boost added because the query names the record by its title or number.
    pub boost: f32,
}

/// Contribution of one term in one field (BM25).
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct TermReply {
    /// Text of the term.
    pub text: String,
    /// Name of the field.
    pub field: &'static str,
    /// words or pairs (of characters).
    pub stream: &'static str,
    /// Weight of term, field and stream.
    pub weight: f32,
    /// Inverse document frequency of the term in this collection.
    pub idf: f32,
    /// Frequency of the term in the field.
    pub frequency: u32,
    /// Contribution to the score.
    pub adds: f32,
}

/// HTML-escaped text with `<mark>` only.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct HighlightsReply {
    /// Whole title.
    pub title: String,
    /// Snippets of the body.
    pub body: Vec<SnippetReply>,
}

/// Snippet of the body.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct SnippetReply {
    /// Escaped text with `<mark>`.
    pub html: String,
    /// Article that contains the snippet.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub section: Option<String>,
    /// Address of that article on the record's page.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
}

/// Value of a facet.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct FacetValueReply {
    /// Value; `_missing` for records without one.
    pub value: String,
    /// Number of matching entries that have it.
    pub count: u64,
    /// True if the search is filtered by it.
    pub selected: bool,
}

/// Whole record.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct RecordReply {
    /// Record as it was indexed.
    #[serde(flatten)]
    #[schema(value_type = Object)]
    pub record: Record,
    /// 时效性 on the day asked for; today if none was given.
    pub validity_today: &'static str,
    /// Enclosed documents, chapters and articles, in the order of the text.
    pub outline: Vec<SectionReply>,
    /// Evidence for the validity, and the records related to this one.
    pub related: RelatedReply,
    /// Address of the record's page.
    pub url: String,
    /// Generation it was read from.
    pub generation: u64,
}

impl SearchReply {
    /// Converts the answer to a search.
    pub fn new(request: &SearchRequest, answer: &Answer, took_ms: f64) -> Self {
        let query = &request.query;
        let results = &answer.results;
        let parsed = &answer.parsed;
        Self {
            query: QueryReply {
                text: query.parsed.text.clone(),
                understood: parsed.understood.clone(),
                mode: mode_name(request.mode),
                relaxed: answer.relaxed,
                corrections: answer.corrected.iter().map(correction).collect(),
                expansions: expansions(parsed),
                preferences: preferences(parsed),
                near: answer.near.iter().map(NearReply::new).collect(),
                warnings: warnings(query, answer.relaxed),
            },
            generation: results.generation,
            total: results.total,
            took_ms,
            hits: results
                .hits
                .iter()
                .map(|hit| HitReply::with_correction(hit, query, answer.corrected.as_ref()))
                .collect(),
            facets: results.facets.iter().map(|facet| (facet.facet.name(), facet_values(facet))).collect(),
            next: next_page(request, results),
            receipt: None,
        }
    }
}

fn correction(corrected: &Corrected) -> CorrectionReply {
    let kind = match corrected.kind {
        CorrectionKind::Spelling => "spelling",
        CorrectionKind::Pinyin => "pinyin",
    };
    CorrectionReply { from: corrected.from.clone(), to: corrected.to.clone(), kind }
}

fn expansions(parsed: &ParsedQuery) -> Vec<ExpansionReply> {
    let expansions = parsed.expansions.iter();
    expansions.map(|e| ExpansionReply { from: e.from.clone(), to: e.to.clone(), kind: e.kind }).collect()
}

fn preferences(parsed: &ParsedQuery) -> Vec<PreferenceReply> {
    let preferences = parsed.preferences.iter();
    let reply = |p: &Preference| PreferenceReply {
        text: p.text.clone(),
        kind: p.kind.name(),
        value: p.value.clone(),
    };
    preferences.map(reply).collect()
}

impl NearReply {
    /// Converts a near miss.
    pub fn new(near: &NearNumber) -> Self {
        let record = &near.hit.record;
        Self {
            missing: near.missing.clone(),
            relation: near.nearness.name(),
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
            rest: (explanation.rest != 0.0).then_some(explanation.rest),
            factors: explanation.factors.iter().copied().collect(),
            boost: explanation.boost,
        }
    }
}

/// Names the match reasons of a hit; a correction of the whole text comes last.
fn match_reasons(hit: &Hit, corrected: Option<&Corrected>) -> Vec<String> {
    let mut reasons: Vec<String> = hit.matched_on.iter().map(MatchReason::name).collect();
    if let Some(corrected) = corrected.filter(|_| !reasons.is_empty()) {
        let CorrectionReply { from, to, kind } = correction(corrected);
        let kind = if kind == "spelling" { "correction" } else { kind };
        reasons.push(format!("{kind}:{from}→{to}"));
    }
    reasons
}

fn warnings(query: &Query, relaxed: bool) -> Vec<WarningReply> {
    let parsed = query.parsed.warnings.iter();
    let mut warnings: Vec<WarningReply> =
        parsed.map(|w| WarningReply { offset: w.offset, reason: w.reason.clone() }).collect();
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

fn facet_values(facet: &FacetCounts) -> Vec<FacetValueReply> {
    let value = |v: &gongkai_index::results::FacetValue| FacetValueReply {
        value: v.value.clone(),
        count: v.count,
        selected: v.selected,
    };
    facet.values.iter().map(value).collect()
}

/// Builds the address of the next page, always with a cursor: cursors stay on this generation
/// and have no limit.
fn next_page(request: &SearchRequest, results: &SearchResults) -> Option<String> {
    const PATH: &str = "/api/v1/search";
    let last = results.hits.last().filter(|_| results.more)?;
    let cursor = Cursor {
        snapshot: results.token.clone(),
        after: last.position,
        search: fingerprint(request.mode, &request.query),
        today: request.query.today,
    };
    Some(request.link(&with_base_path(PATH), &[("page", None), ("cursor", Some(&cursor.encode()))]))
}

impl HitReply {
    /// Converts a hit.
    pub fn new(hit: &Hit, query: &Query) -> Self {
        Self::with_correction(hit, query, None)
    }

    /// Converts a hit of an answer that may be to a corrected text.
    fn with_correction(hit: &Hit, query: &Query, corrected: Option<&Corrected>) -> Self {
        let record = hit.record.clone();
        Self {
            why: match_reasons(hit, corrected),
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
    /// Converts a record with what is related to it.
    pub fn new(record: Record, related: RelatedReply, generation: u64) -> Self {
        let url = record_url(&record.id);
        let outline = outline(&record, &url);
        Self { validity_today: related.validity.state, outline, url, related, record, generation }
    }

    /// Attachments of the record.
    pub fn attachments(&self) -> &[Attachment] {
        &self.record.attachments
    }
}
