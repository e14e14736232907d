//! `/api/v1/admin/review`: what the operator of a portal should look at, as JSON and CSV.

use axum::Json;
use axum::extract::{RawQuery, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use gongkai_index::official::workdays;

use crate::api::App;
use crate::api::admin::Operated;
use crate::api::parameters::only;
use crate::api::review::reviewer::Reviewer;
use crate::api::with_generation;
use crate::clock::today;
use crate::problem::{ApiError, ParameterError};

mod replies;
mod reviewer;
mod table;

pub use self::replies::{CountReply, FindingReply, ISSUES, IssuerReply, MISSING, ReviewReply};

/// Findings a page.
pub const PER_PAGE: usize = 100;
/// Issuers that are listed.
const MOST_ISSUERS: usize = 100;
/// Counts of all kinds and the findings of one.
#[utoipa::path(
    get, path = "/api/v1/admin/review", tag = "operation",
    params(
        ("issue" = Option<String>, Query, description = "without_interpretation, late_interpretation, undecided_interpretation, without_validity, conflict, dangling_citation, lapsed_basis or personal_data"),
        ("issuer" = Option<String>, Query, description = "Only records of this issuer; `_missing` for those that name none"),
        ("page" = Option<String>, Query, description = "From 1; a hundred findings a page"),
    ),
    responses(
        (status = 200, description = "What to look at", body = ReviewReply),
        (status = 400, description = "Wrong parameters, each named", body = ApiError, content_type = "application/problem+json"),
        (status = 401, description = "A key is needed", body = ApiError, content_type = "application/problem+json"),
    )
)]
pub async fn review(
    State((app, _)): State<Operated>,
    RawQuery(query): RawQuery,
) -> std::result::Result<Response, ApiError> {
    let reply = reply(&app, query.as_deref().unwrap_or_default()).await?;
    Ok(with_generation(reply.generation, Json(reply)))
}

/// All findings, or those of one kind, as CSV.
#[utoipa::path(
    get, path = "/api/v1/admin/review.csv", tag = "operation",
    params(
        ("issue" = Option<String>, Query, description = "One kind; all if absent"),
        ("issuer" = Option<String>, Query, description = "Only records of this issuer; `_missing` for those that name none"),
        ("group" = Option<String>, Query, description = "`issuer`: one line for each kind and issuer, with how many"),
    ),
    responses(
        (status = 200, description = "One finding a line", content_type = "text/csv"),
        (status = 400, description = "Wrong parameters, each named", body = ApiError, content_type = "application/problem+json"),
        (status = 401, description = "A key is needed", body = ApiError, content_type = "application/problem+json"),
    )
)]
pub async fn csv(
    State((app, _)): State<Operated>,
    RawQuery(query): RawQuery,
) -> std::result::Result<Response, ApiError> {
    let [issue, issuer, group] = only(query.as_deref().unwrap_or_default(), ["issue", "issuer", "group"])
        .map_err(ApiError::parameters)?;
    let issue = issue.filter(|issue| !issue.is_empty());
    let issuer = issuer.filter(|issuer| !issuer.is_empty());
    let by_issuer = match group.as_deref() {
        None | Some("") => false,
        Some("issuer") => true,
        Some(_) => {
            let error = ParameterError::new("group", "is not issuer");
            return Err(ApiError::parameters(vec![error]));
        }
    };
    if let Some(name) = &issue {
        known(name)?;
    }
    let generation = app.generation();
    let day = today();
    let rows = app
        .consult(move |searcher, _| {
            let reviewer = Reviewer { searcher, day, issuer: issuer.as_deref() };
            let asked =
                ISSUES.iter().filter(|(name, ..)| issue.as_deref().is_none_or(|issue| issue == *name));
            if by_issuer {
                let rows = asked.map(|(name, _, label)| (*label, reviewer.issuers(name)));
                return Ok(table::of_issuers(&rows.collect::<Vec<_>>()));
            }
            let mut all = Vec::new();
            for (name, ..) in asked {
                all.extend(reviewer.findings(name, 0, usize::MAX)?);
            }
            Ok(table::of_findings(&all))
        })
        .await?;
    let headers = [
        (header::CONTENT_TYPE, "text/csv; charset=utf-8"),
        (header::CONTENT_DISPOSITION, "attachment; filename=\"review.csv\""),
    ];
    Ok(with_generation(generation, (headers, rows).into_response()))
}

fn known(name: &str) -> std::result::Result<&'static str, ApiError> {
    let found = ISSUES.iter().find(|(known, ..)| *known == name).map(|(known, ..)| *known);
    found.ok_or_else(|| {
        let names: Vec<&str> = ISSUES.iter().map(|(name, ..)| *name).collect();
        let reason = format!("“{name}” is unknown, expected {}", names.join(", "));
        ApiError::parameters(vec![ParameterError::new("issue", reason)])
    })
}

/// Counts and findings as a query asks for them.
///
/// # Errors
/// Wrong parameters; a failure of the index.
pub async fn reply(app: &App, query: &str) -> std::result::Result<ReviewReply, ApiError> {
    let [issue, issuer, page] = only(query, ["issue", "issuer", "page"]).map_err(ApiError::parameters)?;
    let issue = issue.filter(|issue| !issue.is_empty()).map(|issue| known(&issue)).transpose()?;
    let page: usize = match page.filter(|page| !page.is_empty()).map(|page| page.parse()) {
        None => 1,
        Some(Ok(page @ 1..=100_000)) => page,
        Some(_) => {
            let error = ParameterError::new("page", "is not a number from 1 to 100000");
            return Err(ApiError::parameters(vec![error]));
        }
    };
    let (generation, day) = (app.generation(), today());
    let reply = app
        .consult(move |searcher, _| {
            let reviewer =
                Reviewer { searcher, day, issuer: issuer.as_deref().filter(|issuer| !issuer.is_empty()) };
            let findings = match issue {
                Some(issue) => reviewer.findings(issue, (page - 1) * PER_PAGE, PER_PAGE)?,
                None => Vec::new(),
            };
            let mut issuers = issue.map(|issue| reviewer.issuers(issue)).unwrap_or_default();
            let issuers_total = issuers.len();
            issuers.truncate(MOST_ISSUERS);
            let counts = reviewer.counts();
            let total = counts.iter().find(|count| Some(count.issue) == issue).map_or(0, |count| count.count);
            let workdays_known = workdays::years();
            Ok(ReviewReply {
                generation,
                day,
                counts,
                workdays_known,
                issuers,
                issuers_total,
                total,
                findings,
            })
        })
        .await?;
    Ok(reply)
}
