//! `/review`: findings for the operator of a portal, as a page.

use askama::Template;
use axum::extract::{RawQuery, State};
use axum::response::Response;

use crate::api::admin::AdminState;
use crate::api::review;
use crate::api::review::{IssuerReply, PER_PAGE, ReviewReply};
use crate::api::with_generation;
use crate::labels;
use crate::links::with_base_path;
use crate::pages::problem::problem_page;
use crate::pages::render::render;

#[derive(Template)]
#[template(path = "review.html")]
struct ReviewPage {
    reply: ReviewReply,
    kinds: Vec<Kind>,
    /// Kind that is shown, with its label.
    current_kind: Option<(String, &'static str)>,
    issuer: Option<String>,
    issuers: Vec<Issuer>,
    from: usize,
    findings_csv: String,
    issuers_csv: String,
    all_issuers: String,
    previous: Option<String>,
    next: Option<String>,
}

/// Kind of findings.
struct Kind {
    label: &'static str,
    count: usize,
    url: String,
    table: String,
    current: bool,
}

/// Findings of one issuer.
struct Issuer {
    reply: IssuerReply,
    url: String,
}

/// Serves the page.
pub async fn review_page(State((service, _)): State<AdminState>, RawQuery(query): RawQuery) -> Response {
    let query = query.unwrap_or_default();
    match review::build_reply(&service, &query).await {
        Ok(reply) => with_generation(reply.generation, render(&ReviewPage::new(&query, reply))),
        Err(problem) => problem_page(problem),
    }
}

impl ReviewPage {
    fn new(query: &str, reply: ReviewReply) -> Self {
        let given = |wanted: &str| {
            let found = form_urlencoded::parse(query.as_bytes()).find(|(name, _)| name == wanted);
            found.map(|(_, value)| value.into_owned()).filter(|value| !value.is_empty())
        };
        let (issue, issuer) = (given("issue"), given("issuer"));
        let page: usize = given("page").and_then(|page| page.parse().ok()).unwrap_or(1);
        let kinds: Vec<Kind> = reply.counts.iter().map(|count| Kind::new(count, issue.as_deref())).collect();
        let name = issue.as_deref().unwrap_or_default();
        let label = reply.counts.iter().find(|count| count.issue == name).map(|count| count.label);
        let review_url = |issuer: Option<&str>, page: usize| {
            let page = if page > 1 { page.to_string() } else { String::new() };
            build_url("/review", &[("issue", name), ("issuer", issuer.unwrap_or_default()), ("page", &page)])
        };
        let issuers = reply.issuers.iter().map(|reply| {
            let name = reply.issuer.as_deref().unwrap_or(review::MISSING);
            Issuer { reply: reply.clone(), url: review_url(Some(name), 1) }
        });
        let from = (page - 1) * PER_PAGE;
        let wanted_issuer = issuer.as_deref().unwrap_or_default();
        Self {
            issuers: issuers.collect(),
            findings_csv: build_url(CSV_PATH, &[("issue", name), ("issuer", wanted_issuer)]),
            issuers_csv: build_url(CSV_PATH, &[("issue", name), ("group", "issuer")]),
            all_issuers: review_url(None, 1),
            previous: (page > 1).then(|| review_url(issuer.as_deref(), page - 1)),
            next: (from + reply.findings.len() < reply.total)
                .then(|| review_url(issuer.as_deref(), page + 1)),
            current_kind: issue.zip(label),
            kinds,
            issuer,
            from,
            reply,
        }
    }

    /// Years whose working days are known, for readers.
    fn years(&self) -> String {
        let years = self.reply.workdays_known;
        years.map_or_else(String::new, |(first, last)| format!("{first} 至 {last} 年"))
    }
}

/// Address of the findings as CSV.
const CSV_PATH: &str = "/api/v1/admin/review.csv";

impl Kind {
    fn new(count: &review::CountReply, current: Option<&str>) -> Self {
        Self {
            label: count.label,
            count: count.count,
            url: build_url("/review", &[("issue", count.issue)]),
            table: build_url(CSV_PATH, &[("issue", count.issue)]),
            current: current == Some(count.issue),
        }
    }
}

/// Builds an address from a path and those parameters that are not empty.
fn build_url(path: &str, parameters: &[(&str, &str)]) -> String {
    let mut pairs = form_urlencoded::Serializer::new(String::new());
    pairs.extend_pairs(parameters.iter().filter(|(_, value)| !value.is_empty()));
    format!("{}?{}", with_base_path(path), pairs.finish())
}
