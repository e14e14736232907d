//! Every address of the server on one page, by who uses it.

use axum::Router;
use axum::http::{HeaderValue, header};
use axum::response::IntoResponse;
use axum::routing::get;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::compression::CompressionLayer;
use tower_http::set_header::SetResponseHeaderLayer;

use crate::api::problem::ApiError;
use crate::api::{App, openapi, records, resolve, search, status, stream, suggest};
use crate::pages;

/// Nothing runs in our pages but the one script that we serve; none stands in a page.
const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src 'self' data:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/// The whole server.
pub fn router(app: App) -> Router {
    let header = |name, value| SetResponseHeaderLayer::if_not_present(name, HeaderValue::from_static(value));
    Router::new()
        .merge(portal())
        .merge(journalist())
        .merge(operator())
        .method_not_allowed_fallback(|| async { ApiError::method() })
        .fallback(|| async { ApiError::not_found("there is nothing at this address; see /openapi.json") })
        .with_state(app)
        .layer(CompressionLayer::new())
        .layer(header(header::CONTENT_SECURITY_POLICY, CONTENT_SECURITY_POLICY))
        .layer(header(header::X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .layer(header(header::REFERRER_POLICY, "same-origin"))
        .layer(CatchPanicLayer::custom(|_| ApiError::internal().into_response()))
}

/// Readers with a browser.
fn portal() -> Router<App> {
    Router::new()
        .route("/", get(pages::search::page))
        .route("/d/{id}", get(pages::record::page))
        .route("/assets/style.css", get(pages::style))
        .route("/assets/suggest.js", get(pages::script))
        .route("/favicon.ico", get(pages::icon))
}

/// Programs that search.
fn journalist() -> Router<App> {
    Router::new()
        .route("/api/v1/search", get(search::search))
        .route("/api/v1/search.ndjson", get(stream::ndjson))
        .route("/api/v1/suggest", get(suggest::suggest))
        .route("/api/v1/resolve", get(resolve::one).post(resolve::list))
        .route("/api/v1/records/{id}", get(records::record))
        .route("/openapi.json", get(openapi::openapi))
}

/// Those who watch over it.
fn operator() -> Router<App> {
    Router::new().route("/livez", get(status::livez)).route("/readyz", get(status::readyz))
}
