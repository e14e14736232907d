//! `GET /api/v1/suggest`: completions while a query is typed.

use axum::Json;
use axum::extract::{RawQuery, State};
use axum::response::Response;
use gongkai_index::lexicon::vocabulary::EntryKind;
use serde::Serialize;
use utoipa::ToSchema;

use crate::api::parameters::parse_single_valued;
use crate::api::with_generation;
use crate::problem::ApiError;
use crate::search::service::SharedService;

/// Longest text that is completed, in characters.
const MAX_CHARS: usize = 64;

/// Completions of a text.
#[derive(Debug, Serialize, ToSchema)]
pub struct SuggestReply {
    /// Text as typed.
    pub text: String,
    /// Generation whose vocabulary was used; absent while there is none yet.
    pub generation: Option<u64>,
    /// At most ten completions, the most useful first.
    pub suggestions: Vec<SuggestionReply>,
}

/// Completion.
#[derive(Debug, Serialize, ToSchema)]
pub struct SuggestionReply {
    /// Query to search for.
    pub text: String,
    /// title, issuer, term or short_name.
    pub kind: &'static str,
    /// Part that was typed, in characters: start, and end exclusive.
    pub matched: [usize; 2],
}

/// Completions from titles, issuers, official terms and short names.
#[utoipa::path(
    get, path = "/api/v1/suggest", tag = "search",
    params(("q" = String, Query, description = "Text typed so far: characters, pinyin, initials or a mixture")),
    responses(
        (status = 200, description = "Completions", body = SuggestReply),
        (status = 400, description = "Wrong parameters, each named", body = ApiError, content_type = "application/problem+json"),
    )
)]
pub async fn suggest(
    State(service): State<SharedService>,
    RawQuery(query): RawQuery,
) -> Result<Response, ApiError> {
    let [q] = parse_single_valued(query.as_deref().unwrap_or_default(), ["q"])
        .map_err(ApiError::wrong_parameters)?;
    let text: String = q.unwrap_or_default().chars().take(MAX_CHARS).collect();
    let lexicon = service.lexicon();
    let found = lexicon.as_ref().map(|lexicon| lexicon.suggest(text.trim())).unwrap_or_default();
    let reply = SuggestReply {
        generation: lexicon.map(|lexicon| lexicon.generation),
        suggestions: found.into_iter().map(suggestion_reply).collect(),
        text,
    };
    Ok(with_generation(service.generation(), Json(reply)))
}

fn suggestion_reply(found: gongkai_index::lexicon::suggest::Suggestion) -> SuggestionReply {
    let chars_before = |byte: usize| found.text.get(..byte).map_or(0, |before| before.chars().count());
    let matched = [chars_before(found.matched.start), chars_before(found.matched.end)];
    SuggestionReply { kind: kind_name(found.kind), matched, text: found.text }
}

fn kind_name(kind: EntryKind) -> &'static str {
    match kind {
        EntryKind::Title => "title",
        EntryKind::Issuer => "issuer",
        EntryKind::Term => "term",
        EntryKind::ShortName => "short_name",
        EntryKind::Word => "word",
    }
}
