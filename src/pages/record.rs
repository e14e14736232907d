//! `/d/{id}`: the page of a record.

use askama::Template;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, RawQuery, State};
use axum::response::Response;
use gongkai_index::record::{Date, ValidityEvidence};

use crate::api::outline::SectionReply;
use crate::api::records::find_record;
use crate::api::wire::RecordReply;
use crate::api::with_generation;
use crate::labels;
use crate::links::record_url;
use crate::pages::problem::problem_page;
use crate::pages::render::render;
use crate::pages::text;
use crate::pages::text::Block;
use crate::search::service::SharedService;

#[derive(Template)]
#[template(path = "record.html")]
struct RecordPage {
    reply: RecordReply,
    facts: Vec<Fact>,
    blocks: Vec<Block>,
    /// Divisions, or the articles of a text without divisions: anchor and label.
    outline: Vec<(String, String)>,
    state: (&'static str, String),
}

/// Row of the table of facts.
struct Fact {
    label: &'static str,
    value: String,
    /// Label of the inference, if the source did not state the value.
    inferred: Option<String>,
}

/// Serves the page.
pub async fn record_page(
    State(service): State<SharedService>,
    id: Result<Path<String>, PathRejection>,
    RawQuery(query): RawQuery,
) -> Response {
    match find_record(&service, id, query.as_deref()).await {
        Ok(reply) => with_generation(reply.generation, render(&RecordPage::new(reply))),
        Err(problem) => problem_page(problem),
    }
}

impl RecordPage {
    fn new(reply: RecordReply) -> Self {
        let blocks = text::split_blocks(&reply.record.body, &reply.outline);
        let state = (reply.validity_today, labels::validity(reply.validity_today).to_owned());
        Self { facts: facts_table(&reply), blocks, outline: outline_links(&reply.outline), state, reply }
    }

    /// Label of the text's origin, with the reason.
    fn origin(&self) -> Option<(&'static str, &str)> {
        let provenance = self.reply.record.provenance.as_ref()?;
        Some((labels::origin(provenance.origin), provenance.reason.as_str()))
    }

    /// Evidence for the validity from other records, with the label of the state.
    fn evidence(&self) -> impl Iterator<Item = (&'static str, &ValidityEvidence)> {
        let evidence = self.reply.record.validity_evidence.iter();
        evidence.map(|evidence| (labels::validity(evidence.state.name()), evidence))
    }

    /// Address of the page of another record.
    fn page_of(&self, id: &str) -> String {
        record_url(id)
    }
}

/// Most lines of an outline.
const MAX_OUTLINE_LINES: usize = 200;

fn outline_links(sections: &[SectionReply]) -> Vec<(String, String)> {
    let has_divisions = sections.iter().any(|section| section.level != "article");
    let listed = sections.iter().filter(|section| !has_divisions || section.level != "article");
    let name = |section: &SectionReply| match &section.title {
        Some(title) => format!("{}　{title}", section.label),
        None => section.label.clone(),
    };
    listed.take(MAX_OUTLINE_LINES).map(|section| (section.anchor.clone(), name(section))).collect()
}

/// Builds the table of facts; fields without a value are left out.
fn facts_table(reply: &RecordReply) -> Vec<Fact> {
    let record = &reply.record;
    let date = |date: Option<Date>| date.map(|d| d.to_string());
    let list = |values: &[String]| (!values.is_empty()).then(|| values.join("、"));
    let if_inferred =
        |field: &str, value: &str| record.inferred.contains_key(field).then(|| value.to_owned());
    let values = [
        // Shown above, and here again where they are only inferred.
        ("标题", "title", if_inferred("title", &record.title)),
        ("时效性", "validity", if_inferred("validity", labels::validity(reply.validity_today))),
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
        let inferred = record.inferred.get(field).map(labels::inference);
        Some(Fact { label, value: value?, inferred })
    };
    values.into_iter().filter_map(fact).collect()
}
