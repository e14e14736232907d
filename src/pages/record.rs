//! `/d/{id}`: a record as a page.

use askama::Template;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, RawQuery, State};
use axum::response::Response;

use super::search::problem_page;
use super::{render, words};
use crate::api::App;
use crate::api::records::find;
use crate::api::search::with_generation;
use crate::api::wire::RecordReply;

#[derive(Template)]
#[template(path = "record.html")]
struct RecordPage {
    reply: RecordReply,
    facts: Vec<(&'static str, String)>,
    paragraphs: Vec<Paragraph>,
    outline: Vec<(String, String)>,
    state: (&'static str, String),
}

struct Paragraph {
    text: String,
    anchor: String,
    heading: bool,
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
        let paragraphs: Vec<Paragraph> =
            reply.record.body.lines().map(str::trim).filter(|line| !line.is_empty()).map(paragraph).collect();
        let outline =
            paragraphs.iter().filter(|p| p.heading).map(|p| (p.anchor.clone(), p.text.clone())).collect();
        let state = (reply.validity_today, words::validity(reply.validity_today).to_owned());
        Self { facts: facts(&reply), paragraphs, outline, state, reply }
    }
}

/// The table at the top: what is known, nothing for what is not.
fn facts(reply: &RecordReply) -> Vec<(&'static str, String)> {
    let record = &reply.record;
    let date = |date: Option<gongkai_index::record::Date>| date.map(|d| d.to_string());
    let list = |values: &[String]| (!values.is_empty()).then(|| values.join("、"));
    let known = [
        ("索引号", record.index_number.clone()),
        ("文号", record.document_number.clone()),
        ("发布机构", list(&record.issuers)),
        ("主题分类", list(&record.categories)),
        ("文种", record.genre.clone()),
        ("地区", record.region.clone()),
        ("成文日期", date(record.written_on)),
        ("发布日期", date(record.published_on)),
        ("施行日期", date(record.effective_on)),
        ("失效日期", date(record.ends_on)),
        ("来源", record.source_name.clone()),
    ];
    known.into_iter().filter_map(|(label, value)| Some((label, value?))).collect()
}

/// A line of the text; chapters and articles get an anchor.
fn paragraph(line: &str) -> Paragraph {
    let article = gongkai_index::highlight::article(line);
    let heading = is_chapter(line);
    let anchor = if heading {
        line.chars().take(24).filter(|c| !c.is_whitespace()).collect()
    } else {
        article.unwrap_or_default()
    };
    Paragraph { text: line.to_owned(), anchor, heading }
}

/// `第三章 法律责任`: short, and begins with the number of a part, chapter or section.
fn is_chapter(line: &str) -> bool {
    let Some(rest) = line.strip_prefix('第') else { return false };
    let number = rest.chars().take_while(|c| "〇零一二三四五六七八九十百0123456789".contains(*c)).count();
    let unit = rest.chars().nth(number);
    number > 0 && matches!(unit, Some('编' | '章' | '节')) && line.chars().count() <= 40
}
