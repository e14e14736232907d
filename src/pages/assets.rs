//! Files that pages load: style sheet, script, icon.

use std::sync::LazyLock;

use axum::extract::RawQuery;
use axum::http::header;
use axum::response::IntoResponse;

use crate::links::with_base_path;

const STYLE: &str = include_str!("style.css");

/// Address of the style sheet, which changes with its content.
static STYLE_ADDRESS: LazyLock<String> = LazyLock::new(|| versioned_address("/assets/style.css", STYLE));

/// Builds an address with a hash of the file, so that a client can cache it without end.
fn versioned_address(path: &str, content: &str) -> String {
    format!("{path}?v={}", &blake3::hash(content.as_bytes()).to_hex()[..12])
}

/// Returns the address of the style sheet, for templates.
pub fn style_address() -> String {
    with_base_path(&STYLE_ADDRESS)
}

/// Serves the style sheet.
pub async fn style_sheet(RawQuery(version): RawQuery) -> impl IntoResponse {
    let is_current = version.is_some_and(|version| STYLE_ADDRESS.ends_with(&format!("?{version}")));
    let caching = if is_current { "public, max-age=31536000, immutable" } else { "no-cache" };
    let headers = [(header::CONTENT_TYPE, "text/css; charset=utf-8"), (header::CACHE_CONTROL, caching)];
    (headers, STYLE)
}

/// Serves the script of the search box.
pub async fn suggest_script() -> impl IntoResponse {
    let headers =
        [(header::CONTENT_TYPE, "text/javascript; charset=utf-8"), (header::CACHE_CONTROL, "max-age=3600")];
    (headers, include_str!("suggest.js"))
}

/// Serves the icon: the first character of the name.
pub async fn icon() -> impl IntoResponse {
    let headers = [(header::CONTENT_TYPE, "image/svg+xml"), (header::CACHE_CONTROL, "max-age=86400")];
    (headers, include_str!("icon.svg"))
}
