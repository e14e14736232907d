//! `/api/v1/admin/review`: findings for the operator of a portal, as JSON and CSV.

use axum::Json;
use axum::extract::{RawQuery, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use gongkai_index::official::workdays;

use crate::api::admin::AdminState;
use crate::api::parameters::parse_single_valued;
use crate::api::review::reviewer::Reviewer;
use crate::api::with_generation;
use crate::clock::today;
use crate::problem::{ApiError, ParameterError};
use crate::search::service::SharedService;

mod replies;
mod reviewer;
mod table;

pub use self::replies::{CountReply, FindingReply, ISSUES, IssuerReply, MISSING, ReviewReply};

/// Findings per page.
pub const PER_PAGE: usize = 100;
/// Most issuers that are listed; the table lists all.
const MAX_ISSUERS: usize = 100;
/// Counts of all kinds of findings, and the findings of one kind.
#[utoipa::path(
    get, path = "/api/v1/admin/review", tag = "operation",
    params(
        ("issue" = Option<String>, Query, description = "without_interpretation, late_interpretation, undecided_interpretation, without_validity, conflict, dangling_citation, lapsed_basis or personal_data"),
        ("issuer" = Option<String>, Query, description = "Only records of this issuer; `_missing` for those that name none"),
        ("page" = Option<String>, Query, description = "From 1; 100 findings per page"),
    ),
    responses(
        (status = 200, description = "Findings", body = ReviewReply),
        (status = 400, description = "Wrong parameters, each named", body = ApiError, content_type = "application/problem+json"),
        (status = 401, description = "A key is needed", body = ApiError, content_type = "application/problem+json"),
    )
)]
pub async fn review(
    State((service, _)): State<AdminState>,
    RawQuery(query): RawQuery,
) -> std::result::Result<Response, ApiError> {
    let reply = build_reply(&service, query.as_deref().unwrap_or_default()).await?;
    Ok(with_generation(reply.generation, Json(reply)))
}

/// All findings, or those of one kind, as CSV.
#[utoipa::path(
    get, path = "/api/v1/admin/review.csv", tag = "operation", operation_id = "csv",
    params(
        ("issue" = Option<String>, Query, description = "One kind; all kinds if absent"),
        ("issuer" = Option<String>, Query, description = "Only records of this issuer; `_missing` for those that name none"),
        ("group" = Option<String>, Query, description = "`issuer`: one line for each kind and issuer, with counts"),
    ),
    responses(
        (status = 200, description = "One finding per line", content_type = "text/csv"),
        (status = 400, description = "Wrong parameters, each named", body = ApiError, content_type = "application/problem+json"),
        (status = 401, description = "A key is needed", body = ApiError, content_type = "application/problem+json"),
    )
)]
pub async fn download_csv(
    State((service, _)): State<AdminState>,
    RawQuery(query): RawQuery,
) -> std::result::Result<Response, ApiError> {
    let [issue, issuer, group] =
        parse_single_valued(query.as_deref().unwrap_or_default(), ["issue", "issuer", "group"])
            .map_err(ApiError::wrong_parameters)?;
    let issue = issue.filter(|issue| !issue.is_empty());
    let issuer = issuer.filter(|issuer| !issuer.is_empty());
    let by_issuer = match group.as_deref() {
        None | Some("") => false,
        Some("issuer") => true,
        Some(_) => {
            let error = ParameterError::new("group", "is not issuer");
            return Err(ApiError::wrong_parameters(vec![error]));
        }
    };
    if let Some(name) = &issue {
        parse_issue(name)?;
    }
    let day = today();
    let (generation, rows) = service
        .run_read(move |collection, budget| {
            let reader = &collection.reader();
            let reviewer = Reviewer { reader, budget, day, issuer: issuer.as_deref() };
            let wanted =
                ISSUES.iter().filter(|(name, ..)| issue.as_deref().is_none_or(|issue| issue == *name));
            if by_issuer {
                let rows = wanted.map(|(name, _, label)| Ok((*label, reviewer.issuers(name)?)));
                let rows = rows.collect::<gongkai_index::Result<Vec<_>>>()?;
                return Ok((reader.generation(), table::issuers_csv(&rows)));
            }
            let mut all = Vec::new();
            for (name, ..) in wanted {
                all.extend(reviewer.findings(name, 0, usize::MAX)?);
            }
            Ok((reader.generation(), table::findings_csv(&all)))
        })
        .await?;
    let headers = [
        (header::CONTENT_TYPE, "text/csv; charset=utf-8"),
        (header::CONTENT_DISPOSITION, "attachment; filename=\"review.csv\""),
    ];
    Ok(with_generation(generation, (headers, rows).into_response()))
}

/// Finds a kind of findings by its name on the wire.
fn parse_issue(name: &str) -> std::result::Result<&'static str, ApiError> {
    let found = ISSUES.iter().find(|(other, ..)| *other == name).map(|(other, ..)| *other);
    found.ok_or_else(|| {
        let names: Vec<&str> = ISSUES.iter().map(|(name, ..)| *name).collect();
        let reason = format!("“{name}” is unknown, expected {}", names.join(", "));
        ApiError::wrong_parameters(vec![ParameterError::new("issue", reason)])
    })
}

/// Builds the reply to a query, for JSON and pages.
///
/// # Errors
/// Wrong parameters; a failure of the index.
pub async fn build_reply(service: &SharedService, query: &str) -> std::result::Result<ReviewReply, ApiError> {
    let [issue, issuer, page] =
        parse_single_valued(query, ["issue", "issuer", "page"]).map_err(ApiError::wrong_parameters)?;
    let issue = issue.filter(|issue| !issue.is_empty()).map(|issue| parse_issue(&issue)).transpose()?;
    let page: usize = match page.filter(|page| !page.is_empty()).map(|page| page.parse()) {
        None => 1,
        Some(Ok(page @ 1..=100_000)) => page,
        Some(_) => {
            let error = ParameterError::new("page", "is not a number from 1 to 100000");
            return Err(ApiError::wrong_parameters(vec![error]));
        }
    };
    let day = today();
    let reply = service
        .run_read(move |collection, budget| {
            let reader = &collection.reader();
            let issuer = issuer.as_deref().filter(|issuer| !issuer.is_empty());
            let reviewer = Reviewer { reader, budget, day, issuer };
            let findings = match issue {
                Some(issue) => reviewer.findings(issue, (page - 1) * PER_PAGE, PER_PAGE)?,
                None => Vec::new(),
            };
            let mut issuers = issue.map(|issue| reviewer.issuers(issue)).transpose()?.unwrap_or_default();
            let issuers_total = issuers.len();
            issuers.truncate(MAX_ISSUERS);
            let counts = reviewer.counts()?;
            let total = counts.iter().find(|count| Some(count.issue) == issue).map_or(0, |count| count.count);
            let workdays_known = workdays::first_and_last_year();
            Ok(ReviewReply {
                generation: reader.generation(),
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
