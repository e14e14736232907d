//! `/api/v1/admin/…`: statistics of a running server and its search log, for operators. Every
//! address needs a key of the scope admin.

use std::sync::Arc;

use axum::Json;
use axum::extract::{RawQuery, State};
use axum::response::Response;
use gongkai_index::record::{Date, parse_iso_date};
use serde::Serialize;
use utoipa::ToSchema;

use crate::api::parameters::parse_single_valued;
use crate::api::with_generation;
use crate::clock::today;
use crate::problem::{ApiError, ParameterError};
use crate::search::service::SharedService;
use crate::state::ServerState;
use crate::telemetry::metrics::disk_free;
use crate::telemetry::search_log::{Day, Times};

/// State of the handlers for operators.
pub type AdminState = (SharedService, Arc<ServerState>);

/// Statistics of the server.
#[derive(Debug, Serialize, ToSchema)]
pub struct StatsReply {
    /// Version of the program.
    pub version: &'static str,
    /// Time since the server started, in seconds.
    pub uptime_seconds: u64,
    /// Newest generation.
    pub generation: u64,
    /// Number of records in it.
    pub records: u64,
    /// Number of its segments.
    pub segments: usize,
    /// Time since the server first saw that generation, in seconds.
    pub generation_age_seconds: u64,
    /// Searches and look-ups that the engine ran.
    pub searched: u64,
    /// Searches answered from the cache.
    pub from_cache: u64,
    /// Searches refused because too many were waiting.
    pub turned_away: u64,
    /// Searches stopped because the client had gone.
    pub abandoned: u64,
    /// Size of the cached answers, in bytes, approximate.
    pub cache_bytes: usize,
    /// Free space on the disk of the data directory, in bytes.
    pub disk_free_bytes: Option<u64>,
}

/// Search log of one day; it does not contain who searched.
#[derive(Debug, Serialize, ToSchema)]
pub struct SearchesReply {
    /// Day of the log.
    #[schema(value_type = String)]
    pub day: Date,
    /// All searches of the day.
    pub searched: u64,
    /// Searches without any match.
    pub nothing: u64,
    /// Searches of texts for which the log of the day had no room.
    pub others: u64,
    /// Most frequent texts.
    pub searches: Vec<SearchedReply>,
}

/// Text with the number of its searches.
#[derive(Debug, Serialize, ToSchema)]
pub struct SearchedReply {
    /// Text as typed, with private numbers masked.
    pub text: String,
    /// Number of searches.
    pub searched: u64,
    /// Number of searches without any match.
    pub nothing: u64,
}

impl SearchesReply {
    /// Converts a day of the log.
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
            searches: day.most_frequent(nothing, limit).into_iter().map(row).collect(),
        }
    }
}

/// Statistics of the server.
#[utoipa::path(
    get, path = "/api/v1/admin/stats", tag = "operation",
    responses(
        (status = 200, description = "Statistics", body = StatsReply),
        (status = 401, description = "A key is needed", body = ApiError, content_type = "application/problem+json"),
        (status = 403, description = "Not with this key, or off until there is one", body = ApiError, content_type = "application/problem+json"),
    )
)]
pub async fn stats(State((service, server)): State<AdminState>) -> Response {
    let generation = service.generation();
    let figures = service.metrics();
    let reply = StatsReply {
        version: env!("CARGO_PKG_VERSION"),
        uptime_seconds: server.started.elapsed().as_secs(),
        generation,
        records: service.len(),
        segments: figures.segments,
        generation_age_seconds: server.telemetry.generation_age(generation).as_secs(),
        searched: figures.searched,
        from_cache: figures.from_cache,
        turned_away: figures.turned_away,
        abandoned: figures.abandoned,
        cache_bytes: figures.cached_bytes,
        disk_free_bytes: disk_free(&server.config.data),
    };
    with_generation(generation, Json(reply))
}

/// Texts searched on a day, the most frequent first.
#[utoipa::path(
    get, path = "/api/v1/admin/searches", tag = "operation",
    params(
        ("day" = Option<String>, Query, description = "YYYY-MM-DD; default today"),
        ("nothing" = Option<String>, Query, description = "true: only texts without any match, by the number of such searches"),
        ("limit" = Option<String>, Query, description = "Most texts listed, 1 to 10000; default 100"),
    ),
    responses(
        (status = 200, description = "Search log of the day", body = SearchesReply),
        (status = 400, description = "Wrong parameters, each named", body = ApiError, content_type = "application/problem+json"),
        (status = 401, description = "A key is needed", body = ApiError, content_type = "application/problem+json"),
        (status = 403, description = "Not with this key, or off until there is one", body = ApiError, content_type = "application/problem+json"),
    )
)]
pub async fn searches(
    State((service, server)): State<AdminState>,
    RawQuery(query): RawQuery,
) -> Result<Response, ApiError> {
    let (date, nothing, limit) =
        parse_searches_query(query.as_deref().unwrap_or_default()).map_err(ApiError::wrong_parameters)?;
    let day = server.telemetry.searches.day(date).map_err(|e| {
        tracing::error!(error = %e, "a day of the search log cannot be read");
        ApiError::internal()
    })?;
    Ok(with_generation(service.generation(), Json(SearchesReply::new(date, &day, nothing, limit))))
}

/// Reads the day, the restriction to texts without any match, and the number of texts.
fn parse_searches_query(query: &str) -> Result<(Date, bool, usize), Vec<ParameterError>> {
    let [day, nothing, limit] = parse_single_valued(query, ["day", "nothing", "limit"])?;
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
