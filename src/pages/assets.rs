//! Files that pages load: style sheet, script, icon.

use std::sync::LazyLock;

use axum::extract::RawQuery;
use axum::http::header;
use axum::response::IntoResponse;

use crate::links::here;

const STYLE: &str = include_str!("style.css");

/// The style sheet's address, which changes with its content.
static STYLE_ADDRESS: LazyLock<String> = LazyLock::new(|| versioned("/assets/style.css", STYLE));

/// An address of a file that is served as it is, with a hash of the file: whoever has it under
/// this address need never ask again.
fn versioned(path: &str, content: &str) -> String {
    format!("{path}?v={}", &blake3::hash(content.as_bytes()).to_hex()[..12])
}

/// The style sheet's address, for templates.
pub fn style_address() -> String {
    here(&STYLE_ADDRESS)
}

/// The style sheet.
pub async fn style(RawQuery(version): RawQuery) -> impl IntoResponse {
    let current = version.is_some_and(|version| STYLE_ADDRESS.ends_with(&format!("?{version}")));
    let caching = if current { "public, max-age=31536000, immutable" } else { "no-cache" };
    let headers = [(header::CONTENT_TYPE, "text/css; charset=utf-8"), (header::CACHE_CONTROL, caching)];
    (headers, STYLE)
}

/// The script of the search box.
pub async fn script() -> impl IntoResponse {
    let headers =
        [(header::CONTENT_TYPE, "text/javascript; charset=utf-8"), (header::CACHE_CONTROL, "max-age=3600")];
    (headers, include_str!("suggest.js"))
}

/// The icon: the first character of the name.
pub async fn icon() -> impl IntoResponse {
    let headers = [(header::CONTENT_TYPE, "image/svg+xml"), (header::CACHE_CONTROL, "max-age=86400")];
    (headers, include_str!("icon.svg"))
}
