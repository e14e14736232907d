//! `/api/v1/admin/…`: what an operator asks a running server. Every address needs a key
//! of the scope admin.

use std::sync::Arc;

use axum::Json;
use axum::extract::{RawQuery, State};
use axum::response::Response;
use gongkai_index::record::{Date, parse_iso_date};
use serde::Serialize;
use utoipa::ToSchema;

use crate::api::App;
use crate::api::parameters::only;
use crate::api::with_generation;
use crate::clock::today;
use crate::problem::{ApiError, ParameterError};
use crate::state::ServerState;
use crate::telemetry::metrics::disk_free;
use crate::telemetry::search_log::{Day, Times};

/// What the handlers of administration are given.
pub type Operated = (App, Arc<ServerState>);

/// The server in figures.
#[derive(Debug, Serialize, ToSchema)]
pub struct StatsReply {
    /// The version of the program.
    pub version: &'static str,
    /// Since when it runs, in seconds.
    pub uptime_seconds: u64,
    /// The newest commit.
    pub generation: u64,
    /// How many records it holds.
    pub records: u64,
    /// In how many pieces.
    pub segments: usize,
    /// How long that commit has been the newest, in seconds, as far as was seen.
    pub generation_age_seconds: u64,
    /// Searches and look-ups that the engine ran.
    pub searched: u64,
    /// Searches answered from memory.
    pub from_cache: u64,
    /// Searches refused because too many waited.
    pub turned_away: u64,
    /// Searches stopped because their client had gone.
    pub abandoned: u64,
    /// What the answers in memory take, in bytes, about.
    pub cache_bytes: usize,
    /// Room left where the data are, in bytes.
    pub disk_free_bytes: Option<u64>,
}

/// What was searched on one day, without who.
#[derive(Debug, Serialize, ToSchema)]
pub struct SearchesReply {
    /// The day.
    #[schema(value_type = String)]
    pub day: Date,
    /// Searches of the day, and those that found nothing.
    pub searched: u64,
    /// Those that found nothing.
    pub nothing: u64,
    /// Searches of texts for which the log of the day had no room.
    pub others: u64,
    /// The most frequent texts.
    pub searches: Vec<SearchedReply>,
}

/// A text and how often it was searched.
#[derive(Debug, Serialize, ToSchema)]
pub struct SearchedReply {
    /// What was typed, with private numbers hidden.
    pub text: String,
    /// How often.
    pub searched: u64,
    /// How often without any match.
    pub nothing: u64,
}

impl SearchesReply {
    /// A day of the log.
    pub fn new(date: Date, day: &Day, nothing: bool, limit: usize) -> Self {
        let row = |(text, times): (&str, Times)| SearchedReply {
            text: text.to_owned(),
            searched: times.searched,
            nothing: times.nothing,
        };
        let total = day.total();
        Self {
            day: date,
            searched: total.searched,
            nothing: total.nothing,
            others: day.others.searched,
            searches: day.most(nothing, limit).into_iter().map(row).collect(),
        }
    }
}

/// The server in figures.
#[utoipa::path(
    get, path = "/api/v1/admin/stats", tag = "operation",
    responses(
        (status = 200, description = "The figures", body = StatsReply),
        (status = 401, description = "A key is needed", body = ApiError, content_type = "application/problem+json"),
        (status = 403, description = "Not with this key, or off until there is one", body = ApiError, content_type = "application/problem+json"),
    )
)]
pub async fn stats(State((app, edge)): State<Operated>) -> Response {
    let generation = app.generation();
    let figures = app.figures();
    let reply = StatsReply {
        version: env!("CARGO_PKG_VERSION"),
        uptime_seconds: edge.begun.elapsed().as_secs(),
        generation,
        records: app.len(),
        segments: figures.segments,
        generation_age_seconds: edge.telemetry.generation_age(generation).as_secs(),
        searched: figures.searched,
        from_cache: figures.from_cache,
        turned_away: figures.turned_away,
        abandoned: figures.abandoned,
        cache_bytes: figures.cached_bytes,
        disk_free_bytes: disk_free(&edge.config.data),
    };
    with_generation(generation, Json(reply))
}

/// What was searched on a day, the most frequent first.
#[utoipa::path(
    get, path = "/api/v1/admin/searches", tag = "operation",
    params(
        ("day" = Option<String>, Query, description = "YYYY-MM-DD; today if not given"),
        ("nothing" = Option<String>, Query, description = "true: only what found nothing, by how often it did"),
        ("limit" = Option<String>, Query, description = "How many texts, 1 to 10000; 100 if not given"),
    ),
    responses(
        (status = 200, description = "The day", body = SearchesReply),
        (status = 400, description = "Wrong parameters, each named", body = ApiError, content_type = "application/problem+json"),
        (status = 401, description = "A key is needed", body = ApiError, content_type = "application/problem+json"),
        (status = 403, description = "Not with this key, or off until there is one", body = ApiError, content_type = "application/problem+json"),
    )
)]
pub async fn searches(
    State((app, edge)): State<Operated>,
    RawQuery(query): RawQuery,
) -> Result<Response, ApiError> {
    let (date, nothing, limit) = asked(query.as_deref().unwrap_or_default()).map_err(ApiError::parameters)?;
    let day = edge.telemetry.searches.day(date).map_err(|e| {
        tracing::error!(error = %e, "a day of the search log cannot be read");
        ApiError::internal()
    })?;
    Ok(with_generation(app.generation(), Json(SearchesReply::new(date, &day, nothing, limit))))
}

/// The day, whether only what found nothing, and how many texts.
fn asked(query: &str) -> Result<(Date, bool, usize), Vec<ParameterError>> {
    let [day, nothing, limit] = only(query, ["day", "nothing", "limit"])?;
    let wrong = |name, reason: &str| vec![ParameterError::new(name, reason)];
    let date = match day {
        Some(day) => {
            parse_iso_date(&day).ok_or_else(|| wrong("day", "is not a date, expected YYYY-MM-DD"))?
        }
        None => today(),
    };
    let nothing = match nothing.as_deref() {
        None | Some("" | "false") => false,
        Some("true") => true,
        Some(_) => return Err(wrong("nothing", "is neither true nor false")),
    };
    let limit = limit.map_or(Some(100), |limit| limit.parse().ok().filter(|n| (1..=10_000).contains(n)));
    Ok((date, nothing, limit.ok_or_else(|| wrong("limit", "is not a number from 1 to 10000"))?))
}
