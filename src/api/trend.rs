//! `GET /api/v1/trend`: how many records match over time.

use axum::Json;
use axum::extract::{RawQuery, State};
use axum::response::Response;
use gongkai_index::results::{Interval, Trend, TrendQuery};
use gongkai_index::schema::fields::Facet;
use serde::Serialize;
use utoipa::ToSchema;

use crate::api::App;
use crate::api::parameters::SearchRequest;
use crate::api::search::answer_to;
use crate::api::with_generation;
use crate::clock::today;
use crate::problem::{ApiError, ParameterError};

/// Parameters of a search that cut pages or order hits.
pub const IDLE: [&str; 6] = ["page", "per_page", "cursor", "receipt", "facets", "sort"];

/// Counts over time.
#[derive(Debug, Serialize, ToSchema)]
pub struct TrendReply {
    /// The commit that was searched.
    pub generation: u64,
    /// year or month.
    pub interval: &'static str,
    /// The date that is counted by.
    pub date_field: &'static str,
    /// How many entries match, exactly; the same as the search's total.
    pub total: u64,
    /// How many of them have no such date.
    pub undated: u64,
    /// Every step from the first to the last that has a match, empty ones too.
    pub steps: Vec<StepReply>,
}

/// One step.
#[derive(Debug, Serialize, ToSchema)]
pub struct StepReply {
    /// `2019` or `2019-05`.
    pub at: String,
    /// How many match.
    pub count: u64,
    /// How many there are with the same filters, whatever the words.
    pub of: u64,
    /// The share of the one in the other, 0 to 1.
    pub share: f64,
    /// By value of the facet that splits, the most frequent of all steps first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub values: Vec<ValueReply>,
}

/// A value in one step.
#[derive(Debug, Serialize, ToSchema)]
pub struct ValueReply {
    /// The value.
    pub value: String,
    /// How many match with it.
    pub count: u64,
    /// Its share of the step's count, 0 to 1.
    pub share: f64,
}

/// Counts over time.
#[utoipa::path(
    get, path = "/api/v1/trend", tag = "search",
    params(
        ("interval" = Option<String>, Query, description = "year (default) or month"),
        ("split" = Option<String>, Query, description = "A facet by whose values each step is split"),
    ),
    responses(
        (status = 200, description = "The counts", body = TrendReply),
        (status = 400, description = "Wrong parameters, each named", body = ApiError, content_type = "application/problem+json"),
        (status = 503, description = "Overloaded; see Retry-After", body = ApiError, content_type = "application/problem+json"),
    )
)]
pub async fn trend(State(app): State<App>, RawQuery(query): RawQuery) -> Result<Response, ApiError> {
    let given: Vec<(String, String)> =
        form_urlencoded::parse(query.unwrap_or_default().as_bytes()).into_owned().collect();
    let (own, rest): (Vec<_>, Vec<_>) =
        given.into_iter().partition(|(name, _)| ["interval", "split"].contains(&name.as_str()));
    let idle = |name: &str| ParameterError::new(name, "has no meaning here: every match is counted");
    let idle: Vec<ParameterError> =
        rest.iter().filter(|(name, _)| IDLE.contains(&name.as_str())).map(|(name, _)| idle(name)).collect();
    let asked = asked(&own);
    let request = SearchRequest::from_pairs(rest, app.analyzer(), today());
    let (asked, request) = match (asked, request) {
        (Ok(asked), Ok(request)) if idle.is_empty() => (asked, request),
        (asked, request) => {
            let errors = asked.err().into_iter().chain(request.err()).flatten().chain(idle).collect();
            return Err(ApiError::parameters(errors));
        }
    };
    // What was typed is read as a search reads it: corrected or relaxed where that would be.
    let answer = answer_to(&app, &request).await?;
    let meant = crate::receipt::meant(&request.query, &answer);
    let field = request.query.date_field.name();
    let trend = app.consult(move |searcher, budget| searcher.trend(&meant, &asked, budget)).await?;
    Ok(with_generation(trend.generation, Json(TrendReply::new(&trend, asked.interval, field))))
}

fn asked(given: &[(String, String)]) -> Result<TrendQuery, Vec<ParameterError>> {
    let mut asked = TrendQuery { interval: Interval::Year, split: None };
    let mut errors = Vec::new();
    for (i, (name, value)) in given.iter().enumerate().filter(|(_, (_, value))| !value.is_empty()) {
        if given[..i].iter().any(|(before, _)| before == name) {
            errors.push(ParameterError::new(name, "is given twice, expected once"));
        }
        match (name.as_str(), value.as_str()) {
            ("interval", "year") => asked.interval = Interval::Year,
            ("interval", "month") => asked.interval = Interval::Month,
            ("interval", other) => {
                errors.push(ParameterError::new(name, format!("“{other}” is unknown, expected year or month")));
            }
            (_, facet) => match Facet::by_name(facet) {
                Some(facet) => asked.split = Some(facet),
                None => errors.push(ParameterError::new(
                    name,
                    format!("“{facet}” is unknown, expected kind, issuer, category, region, validity, genre or year"),
                )),
            },
        }
    }
    if errors.is_empty() { Ok(asked) } else { Err(errors) }
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
