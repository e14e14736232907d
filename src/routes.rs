//! Every address of the server on one page, by who uses it.

use std::sync::Arc;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::http::{HeaderValue, header};
use axum::middleware;
use axum::response::IntoResponse;
use axum::routing::{get, post, put};
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::compression::CompressionLayer;
use tower_http::set_header::SetResponseHeaderLayer;

use crate::access::{Scope, guard};
use crate::api::problem::ApiError;
use crate::api::{App, admin, openapi, records, resolve, search, status, stream, suggest, writing};
use crate::edge::Edge;
use crate::pages;

/// Nothing runs in our pages but what we serve: no script at all.
const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; style-src 'self'; img-src 'self' data:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/// What the public address serves.
pub fn router(app: App, edge: &Arc<Edge>) -> Router {
    let mut routes = Router::new().merge(portal()).merge(journalist()).merge(operator());
    routes = routes.merge(guard::require(&edge.keys, Scope::Write, writing()));
    if edge.config.server.admin_listen.is_none() {
        routes = routes.merge(administration(&app, edge));
    }
    dressed(routes, app, edge)
}

/// What the administrative address serves, if there is one.
pub fn admin_router(app: App, edge: &Arc<Edge>) -> Router {
    let routes = operator().merge(administration(&app, edge));
    dressed(routes, app, edge)
}

/// What is the same for every address and for what is no address.
fn dressed(routes: Router<App>, app: App, edge: &Arc<Edge>) -> Router {
    let header = |name, value| SetResponseHeaderLayer::if_not_present(name, HeaderValue::from_static(value));
    routes
        .method_not_allowed_fallback(|| async { ApiError::method() })
        .fallback(|| async { ApiError::not_found("there is nothing at this address; see /openapi.json") })
        .with_state(app)
        .layer(middleware::from_fn_with_state(edge.keys.clone(), guard::identify))
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

/// Programs that write, with a key.
fn writing() -> Router<App> {
    Router::new()
        .route("/api/v1/records", post(writing::many))
        .route("/api/v1/records/{id}", put(writing::put).delete(writing::delete))
        .layer(DefaultBodyLimit::max(writing::MOST_BYTES))
}

/// Those who watch over it.
fn operator() -> Router<App> {
    Router::new().route("/livez", get(status::livez)).route("/readyz", get(status::readyz))
}

/// Operators with a key.
fn administration(app: &App, edge: &Arc<Edge>) -> Router<App> {
    let routes = Router::new().route("/api/v1/admin/stats", get(admin::stats));
    guard::require(&edge.keys, Scope::Admin, routes).with_state((app.clone(), edge.clone()))
}
