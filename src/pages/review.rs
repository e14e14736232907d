//! `/review`: what the operator of a portal should look at, as a page.

use askama::Template;
use axum::extract::{RawQuery, State};
use axum::http::{HeaderValue, header};
use axum::response::Response;

use crate::api::admin::Operated;
use crate::api::review;
use crate::api::review::{IssuerReply, PER_PAGE, ReviewReply};
use crate::api::with_generation;
use crate::labels;
use crate::links::here;
use crate::pages::problem::problem_page;
use crate::pages::render::render;

#[derive(Template)]
#[template(path = "review.html")]
struct ReviewPage {
    reply: ReviewReply,
    kinds: Vec<Kind>,
    /// The kind that is shown, with its name for readers.
    shown: Option<(String, &'static str)>,
    issuer: Option<String>,
    issuers: Vec<Issuer>,
    from: usize,
    table: String,
    table_of_issuers: String,
    whole: String,
    previous: Option<String>,
    next: Option<String>,
}

/// A kind of findings.
struct Kind {
    label: &'static str,
    count: usize,
    url: String,
    table: String,
    current: bool,
}

/// The findings of one issuer.
struct Issuer {
    reply: IssuerReply,
    url: String,
}

/// The page.
pub async fn page(State((app, _)): State<Operated>, RawQuery(query): RawQuery) -> Response {
    let query = query.unwrap_or_default();
    let mut response = match review::reply(&app, &query).await {
        Ok(reply) => with_generation(reply.generation, render(&ReviewPage::new(&query, reply))),
        Err(problem) => problem_page(problem),
    };
    // It is for whoever has the key, and nobody after them at this browser.
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
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
        let of = |issuer: Option<&str>, page: usize| {
            let page = if page > 1 { page.to_string() } else { String::new() };
            address("/review", &[("issue", name), ("issuer", issuer.unwrap_or_default()), ("page", &page)])
        };
        let issuers = reply.issuers.iter().map(|reply| {
            let asked = reply.issuer.as_deref().unwrap_or(review::MISSING);
            Issuer { reply: reply.clone(), url: of(Some(asked), 1) }
        });
        let from = (page - 1) * PER_PAGE;
        let asked = issuer.as_deref().unwrap_or_default();
        Self {
            issuers: issuers.collect(),
            table: address(TABLE, &[("issue", name), ("issuer", asked)]),
            table_of_issuers: address(TABLE, &[("issue", name), ("group", "issuer")]),
            whole: of(None, 1),
            previous: (page > 1).then(|| of(issuer.as_deref(), page - 1)),
            next: (from + reply.findings.len() < reply.total).then(|| of(issuer.as_deref(), page + 1)),
            shown: issue.zip(label),
            kinds,
            issuer,
            from,
            reply,
        }
    }

    /// The years whose working days are known, for readers.
    fn years(&self) -> String {
        let years = self.reply.workdays_known;
        years.map_or_else(String::new, |(first, last)| format!("{first} 至 {last} 年"))
    }
}

const TABLE: &str = "/api/v1/admin/review.csv";

impl Kind {
    fn new(count: &review::CountReply, current: Option<&str>) -> Self {
        Self {
            label: count.label,
            count: count.count,
            url: address("/review", &[("issue", count.issue)]),
            table: address(TABLE, &[("issue", count.issue)]),
            current: current == Some(count.issue),
        }
    }
}

/// A path with those parameters that are not empty.
fn address(path: &str, parameters: &[(&str, &str)]) -> String {
    let mut pairs = form_urlencoded::Serializer::new(String::new());
    pairs.extend_pairs(parameters.iter().filter(|(_, value)| !value.is_empty()));
    format!("{}?{}", here(path), pairs.finish())
}
