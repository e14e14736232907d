//! `/d/{id}`: a record as a page.

use askama::Template;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, RawQuery, State};
use axum::response::Response;
use gongkai_index::record::{Date, ValidityEvidence};

use crate::api::App;
use crate::api::outline::SectionReply;
use crate::api::records::find;
use crate::api::wire::RecordReply;
use crate::api::with_generation;
use crate::labels;
use crate::links::record_url;
use crate::pages::problem::problem_page;
use crate::pages::render::render;
use crate::pages::text;
use crate::pages::text::Block;

#[derive(Template)]
#[template(path = "record.html")]
struct RecordPage {
    reply: RecordReply,
    facts: Vec<Fact>,
    blocks: Vec<Block>,
    /// The divisions, or the articles of a text that has no divisions.
    outline: Vec<(String, String)>,
    state: (&'static str, String),
}

/// A line of the table of facts.
struct Fact {
    label: &'static str,
    value: String,
    /// How it was found, if the source did not state it.
    inferred: Option<String>,
}

/// The page.
pub async fn page(
    State(app): State<App>,
    id: Result<Path<String>, PathRejection>,
    RawQuery(query): RawQuery,
) -> Response {
    match find(&app, id, query.as_deref()).await {
        Ok(reply) => with_generation(reply.generation, render(&RecordPage::new(reply))),
        Err(problem) => problem_page(problem),
    }
}

impl RecordPage {
    fn new(reply: RecordReply) -> Self {
        let blocks = text::blocks(&reply.record.body, &reply.outline);
        let state = (reply.validity_today, labels::validity(reply.validity_today).to_owned());
        Self { facts: facts(&reply), blocks, outline: outline(&reply.outline), state, reply }
    }

    /// Whether the text is an original, with the reason.
    fn origin(&self) -> Option<(&'static str, &str)> {
        let provenance = self.reply.record.provenance.as_ref()?;
        Some((labels::origin(provenance.origin), provenance.reason.as_str()))
    }

    /// What is said of the validity by others than the source.
    fn evidence(&self) -> impl Iterator<Item = (&'static str, &ValidityEvidence)> {
        let evidence = self.reply.record.validity_evidence.iter();
        evidence.map(|evidence| (labels::validity(evidence.state.name()), evidence))
    }

    /// The page of a record that says something about this one.
    fn page_of(&self, id: &str) -> String {
        record_url(id)
    }
}

/// Most lines of an outline that has no divisions.
const ARTICLES: usize = 200;

fn outline(sections: &[SectionReply]) -> Vec<(String, String)> {
    let divided = sections.iter().any(|section| section.level != "article");
    let shown = sections.iter().filter(|section| !divided || section.level != "article");
    let name = |section: &SectionReply| match &section.title {
        Some(title) => format!("{}　{title}", section.label),
        None => section.label.clone(),
    };
    shown.take(ARTICLES).map(|section| (section.anchor.clone(), name(section))).collect()
}

/// The table at the top: what is known, nothing for what is not.
fn facts(reply: &RecordReply) -> Vec<Fact> {
    let record = &reply.record;
    let date = |date: Option<Date>| date.map(|d| d.to_string());
    let list = |values: &[String]| (!values.is_empty()).then(|| values.join("、"));
    let stated = |field: &str, value: &str| record.inferred.contains_key(field).then(|| value.to_owned());
    let known = [
        // Shown above, and here again where they are only inferred.
        ("标题", "title", stated("title", &record.title)),
        ("时效性", "validity", stated("validity", labels::validity(reply.validity_today))),
        ("索引号", "index_number", record.index_number.clone()),
        ("文号", "document_number", record.document_number.clone()),
        ("发布机构", "issuers", list(&record.issuers)),
        ("主题分类", "categories", list(&record.categories)),
        ("文种", "genre", record.genre.clone()),
        ("地区", "region", record.region.clone()),
        ("成文日期", "written_on", date(record.written_on)),
        ("发布日期", "published_on", date(record.published_on)),
        ("施行日期", "effective_on", date(record.effective_on)),
        ("失效日期", "ends_on", date(record.ends_on)),
        ("来源", "source_name", record.source_name.clone()),
    ];
    let fact = |(label, field, value): (&'static str, &str, Option<String>)| {
        let inferred = record.inferred.get(field).map(labels::inferred);
        Some(Fact { label, value: value?, inferred })
    };
    known.into_iter().filter_map(fact).collect()
}
