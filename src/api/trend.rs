//! `GET /api/v1/trend`: counts of matches over time.

use axum::Json;
use axum::extract::{RawQuery, State};
use axum::response::Response;
use gongkai_index::results::{Interval, Trend, TrendQuery};
use gongkai_index::schema::fields::Facet;
use serde::Serialize;
use utoipa::ToSchema;

use crate::api::parameters::SearchRequest;
use crate::api::search::run_search;
use crate::api::with_generation;
use crate::clock::today;
use crate::problem::{ApiError, ErrorList, ParameterError};
use crate::receipt::rewritten_query;
use crate::search::service::SharedService;

/// Parameters of a search that cut pages or order hits; they are refused here.
pub const REFUSED_PARAMETERS: [&str; 6] = ["page", "per_page", "cursor", "receipt", "facets", "sort"];

/// Counts of matches over time.
#[derive(Debug, Serialize, ToSchema)]
pub struct TrendReply {
    /// Generation that was searched.
    pub generation: u64,
    /// year or month.
    pub interval: &'static str,
    /// Date field that is counted by.
    pub date_field: &'static str,
    /// Number of matching entries, exact; the same as the total of the search.
    pub total: u64,
    /// Number of matching entries without such a date.
    pub undated: u64,
    /// Steps from the first to the last that has a match, empty ones included.
    pub steps: Vec<StepReply>,
}

/// Step of a trend: a year or a month.
#[derive(Debug, Serialize, ToSchema)]
pub struct StepReply {
    /// Year or month: `2019` or `2019-05`.
    pub at: String,
    /// Number of matching entries.
    pub count: u64,
    /// Number of entries with the same filters, whatever the query.
    pub of: u64,
    /// Share of matching entries in `of`, 0 to 1.
    pub share: f64,
    /// Counts by value of the facet in `split`, the most frequent over all steps first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub values: Vec<ValueReply>,
}

/// Value of the facet in one step.
#[derive(Debug, Serialize, ToSchema)]
pub struct ValueReply {
    /// Value.
    pub value: String,
    /// Number of matching entries that have it.
    pub count: u64,
    /// Share of the step's count, 0 to 1.
    pub share: f64,
}

/// Counts of matches over time.
#[utoipa::path(
    get, path = "/api/v1/trend", tag = "search",
    params(
        ("interval" = Option<String>, Query, description = "year (default) or month"),
        ("split" = Option<String>, Query, description = "Facet by whose values each step is split"),
    ),
    responses(
        (status = 200, description = "Counts", body = TrendReply),
        (status = 400, description = "Wrong parameters, each named", body = ApiError, content_type = "application/problem+json"),
        (status = 503, description = "Overloaded; see Retry-After", body = ApiError, content_type = "application/problem+json"),
    )
)]
pub async fn trend(
    State(service): State<SharedService>,
    RawQuery(query): RawQuery,
) -> Result<Response, ApiError> {
    let given: Vec<(String, String)> =
        form_urlencoded::parse(query.unwrap_or_default().as_bytes()).into_owned().collect();
    let (own, rest): (Vec<_>, Vec<_>) =
        given.into_iter().partition(|(name, _)| ["interval", "split"].contains(&name.as_str()));
    let refuse = |name: &str| ParameterError::new(name, "has no meaning here: every match is counted");
    let refused: Vec<ParameterError> = REFUSED_PARAMETERS
        .iter()
        .filter(|refused| rest.iter().any(|(name, _)| name == *refused))
        .map(|name| refuse(name))
        .collect();
    let trend_query = parse_trend_query(&own);
    let lexicon = service.lexicon();
    let request = SearchRequest::from_pairs(rest, &service.collection().parser(lexicon.as_deref()), today());
    let (trend_query, request) = match (trend_query, request) {
        (Ok(trend_query), Ok(request)) if refused.is_empty() => (trend_query, request),
        (trend_query, request) => {
            let errors =
                trend_query.err().into_iter().chain(request.err()).flatten().chain(refused).collect();
            return Err(ApiError::wrong_parameters(errors));
        }
    };
    // The query is rewritten as a search rewrites it: corrected or relaxed where that applies.
    let answer = run_search(&service, &request).await?;
    let rewritten = rewritten_query(&request.query, &answer);
    let field = request.query.date_field.name();
    let interval = trend_query.interval;
    let trend = service
        .run_read(move |collection, budget| collection.reader().trend(&rewritten, &trend_query, budget))
        .await?;
    Ok(with_generation(trend.generation, Json(TrendReply::new(&trend, interval, field))))
}

/// Reads the parameters that only a trend has.
fn parse_trend_query(given: &[(String, String)]) -> Result<TrendQuery, Vec<ParameterError>> {
    let mut query = TrendQuery { interval: Interval::Year, split: None };
    let mut errors = ErrorList::default();
    for (i, (name, value)) in given.iter().enumerate().filter(|(_, (_, value))| !value.is_empty()) {
        if given.iter().position(|(first, _)| first == name) < Some(i) {
            errors.push(|| ParameterError::new(name, "is given twice, expected once"));
        }
        match (name.as_str(), value.as_str()) {
            ("interval", "year") => query.interval = Interval::Year,
            ("interval", "month") => query.interval = Interval::Month,
            ("interval", other) => {
                let reason = format!("“{other}” is unknown, expected year or month");
                errors.push(|| ParameterError::new(name, reason));
            }
            (_, facet) => match Facet::by_name(facet) {
                Some(facet) => query.split = Some(facet),
                None => errors.push(|| {
                    ParameterError::new(
                        name,
                        format!("“{facet}” is unknown, expected kind, issuer, category, region, validity, genre or year"),
                    )
                }),
            },
        }
    }
    errors.or_value(query)
}

impl TrendReply {
    fn new(trend: &Trend, interval: Interval, date_field: &'static str) -> Self {
        let share = |part: u64, whole: u64| if whole == 0 { 0.0 } else { part as f64 / whole as f64 };
        let steps = trend.steps.iter().map(|step| StepReply {
            at: match interval {
                Interval::Year => format!("{:04}", step.at),
                Interval::Month => format!("{:04}-{:02}", step.at / 100, step.at % 100),
            },
            count: step.count,
            of: step.of,
            share: share(step.count, step.of),
            values: step
                .values
                .iter()
                .map(|(value, count)| ValueReply {
                    value: value.clone(),
                    count: *count,
                    share: share(*count, step.count),
                })
                .collect(),
        });
        Self {
            generation: trend.generation,
            interval: if interval == Interval::Year { "year" } else { "month" },
            date_field,
            total: trend.total,
            undated: trend.undated,
            steps: steps.collect(),
        }
    }
}
