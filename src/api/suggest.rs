//! `GET /api/v1/suggest`: completions while somebody types.

use axum::Json;
use axum::extract::{RawQuery, State};
use axum::response::Response;
use gongkai_index::lexicon::vocabulary::EntryKind;
use serde::Serialize;
use utoipa::ToSchema;

use crate::api::App;
use crate::api::parameters::only;
use crate::api::with_generation;
use crate::problem::ApiError;

/// Longest text that is completed, in characters.
const MAX_CHARS: usize = 64;

/// Completions of a text.
#[derive(Debug, Serialize, ToSchema)]
pub struct SuggestReply {
    /// As typed.
    pub text: String,
    /// The commit whose vocabulary was used; absent while none is made yet.
    pub generation: Option<u64>,
    /// At most ten, the most useful first.
    pub suggestions: Vec<SuggestionReply>,
}

/// One completion.
#[derive(Debug, Serialize, ToSchema)]
pub struct SuggestionReply {
    /// What to search for.
    pub text: String,
    /// title, issuer, term or short_name.
    pub kind: &'static str,
    /// The part that was typed: its first character and the one behind its last.
    pub matched: [usize; 2],
}

/// Completions from titles, issuers, official terms and short names.
#[utoipa::path(
    get, path = "/api/v1/suggest", tag = "search",
    params(("q" = String, Query, description = "What was typed so far: characters, pinyin, initials or a mixture")),
    responses(
        (status = 200, description = "Completions", body = SuggestReply),
        (status = 400, description = "Wrong parameters, each named", body = ApiError, content_type = "application/problem+json"),
    )
)]
pub async fn suggest(State(app): State<App>, RawQuery(query): RawQuery) -> Result<Response, ApiError> {
    let [q] = only(query.as_deref().unwrap_or_default(), ["q"]).map_err(ApiError::parameters)?;
    let text: String = q.unwrap_or_default().chars().take(MAX_CHARS).collect();
    let typing = app.typing();
    let found = typing.as_ref().map(|typing| typing.suggest(text.trim())).unwrap_or_default();
    let reply = SuggestReply {
        generation: typing.map(|typing| typing.generation),
        suggestions: found.into_iter().map(suggestion).collect(),
        text,
    };
    Ok(with_generation(app.generation(), Json(reply)))
}

fn suggestion(found: gongkai_index::lexicon::suggest::Suggestion) -> SuggestionReply {
    let characters = |byte: usize| found.text.get(..byte).map_or(0, |before| before.chars().count());
    let matched = [characters(found.matched.start), characters(found.matched.end)];
    SuggestionReply { kind: kind(found.kind), matched, text: found.text }
}

fn kind(kind: EntryKind) -> &'static str {
    match kind {
        EntryKind::Title => "title",
        EntryKind::Issuer => "issuer",
        EntryKind::Term => "term",
        EntryKind::ShortName => "short_name",
        EntryKind::Word => "word",
    }
}
