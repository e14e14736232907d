//! Every address of the server on one page, by who uses it.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::{HeaderName, HeaderValue, Method, StatusCode, header};
use axum::middleware;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post, put};
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::compression::CompressionLayer;
use tower_http::cors::{AllowOrigin, CorsLayer};
use tower_http::set_header::SetResponseHeaderLayer;
use tower_http::timeout::RequestBodyTimeoutLayer;

use crate::access::{Scope, guard, rates};
use crate::api::{
    App, GENERATION, admin, openapi, receipts, records, resolve, review, search, status, stream, suggest,
    trend, writing,
};
use crate::links;
use crate::pages;
use crate::problem::ApiError;
use crate::serving::connection::Wording;
use crate::serving::etag;
use crate::serving::listener::Site;
use crate::state::ServerState;
use crate::telemetry;

/// Nothing runs in our pages but what we serve as a file: no script inside a page.
const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; script-src 'self'; connect-src 'self'; style-src 'self'; img-src 'self' data:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/// What the public address serves.
pub fn site(app: App, edge: &Arc<ServerState>) -> Site {
    let mut routes = Router::new().merge(portal()).merge(journalist()).merge(operator(&app, edge));
    routes = routes.merge(guard::require(edge, Scope::Write, writing()));
    if edge.config.server.admin_listen.is_none() {
        routes = routes.merge(figures(&app, edge)).merge(administration(&app, edge));
    }
    Site { wording: wording(app.clone()), router: dressed(routes, app, edge) }
}

/// What the administrative address serves, if there is one: with the pages for readers, to which
/// those of operators lead.
pub fn admin_site(app: App, edge: &Arc<ServerState>) -> Site {
    let routes =
        portal().merge(operator(&app, edge)).merge(figures(&app, edge)).merge(administration(&app, edge));
    Site { wording: wording(app.clone()), router: dressed(routes, app, edge) }
}

/// What is the same for every address and for what is no address. The last layer sees a
/// request first.
fn dressed(routes: Router<App>, app: App, edge: &Arc<ServerState>) -> Router {
    let header = |name: HeaderName, value| {
        SetResponseHeaderLayer::if_not_present(name, HeaderValue::from_static(value))
    };
    let stall = Duration::from_secs(edge.config.server.stall_timeout_seconds);
    let routes = routes
        .method_not_allowed_fallback(|| async { ApiError::method() })
        .fallback(pages::not_found)
        .with_state(app.clone())
        .layer(middleware::from_fn_with_state(app.clone(), etag::keep))
        .layer(RequestBodyTimeoutLayer::new(stall))
        .layer(middleware::from_fn_with_state(edge.rates.clone(), rates::limit))
        .layer(middleware::from_fn_with_state(edge.clone(), guard::identify))
        .layer(CompressionLayer::new())
        .layer(cors(&edge.config.server.cors_origins))
        .layer(CatchPanicLayer::custom(|_| ApiError::internal().into_response()))
        .layer(middleware::from_fn_with_state(edge.telemetry.clone(), telemetry::observe))
        .layer(header(header::CONTENT_SECURITY_POLICY, CONTENT_SECURITY_POLICY))
        .layer(header(header::X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .layer(header(header::REFERRER_POLICY, "same-origin"))
        .layer(header(HeaderName::from_static("cross-origin-opener-policy"), "same-origin"))
        .layer(header(
            HeaderName::from_static("permissions-policy"),
            "camera=(), geolocation=(), microphone=()",
        ))
        .layer(middleware::map_response_with_state(app, name_generation));
    let routes = match edge.config.server.tls.is_on() {
        true => routes.layer(header(header::STRICT_TRANSPORT_SECURITY, "max-age=31536000")),
        false => routes,
    };
    links::under(&edge.config.server.base_path, routes)
}

/// Every answer names the generation; those that were made from one have done so already.
async fn name_generation(State(app): State<App>, mut response: Response) -> Response {
    response.headers_mut().entry(GENERATION).or_insert_with(|| HeaderValue::from(app.generation()));
    response
}

/// Whose scripts may read answers; nobody's but our own pages' unless the settings say so.
fn cors(origins: &[String]) -> CorsLayer {
    let layer = CorsLayer::new();
    if origins.is_empty() {
        return layer;
    }
    let allowed = if origins.iter().any(|origin| origin == "*") {
        AllowOrigin::any()
    } else {
        AllowOrigin::list(origins.iter().filter_map(|origin| origin.parse().ok()))
    };
    let exposed = [GENERATION, "gongkai-total", "ratelimit", "ratelimit-policy", "retry-after"];
    layer
        .allow_origin(allowed)
        .allow_methods([Method::GET, Method::POST])
        .allow_headers([header::AUTHORIZATION, header::CONTENT_TYPE])
        .expose_headers(exposed.map(HeaderName::from_static))
}

/// The words for what the HTTP library refuses before any handler.
fn wording(app: App) -> Wording {
    Arc::new(move |status| {
        let problem = ApiError::refused(status);
        let body = serde_json::to_string(&problem).unwrap_or_default();
        let reason = StatusCode::from_u16(status).ok().and_then(|status| status.canonical_reason());
        format!(
            "HTTP/1.1 {status} {}\r\ncontent-type: application/problem+json\r\n{GENERATION}: {}\r\nx-content-type-options: nosniff\r\nconnection: close\r\ncontent-length: {}\r\n\r\n{body}",
            reason.unwrap_or_default(),
            app.generation(),
            body.len(),
        )
        .into_bytes()
    })
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

/// Operators with a browser and a key.
fn review_pages() -> Router<admin::AdminState> {
    Router::new().route("/review", get(pages::review::page))
}

/// Programs that search.
fn journalist() -> Router<App> {
    Router::new()
        .route("/api/v1/search", get(search::search))
        .route("/api/v1/search.ndjson", get(stream::ndjson))
        .route("/api/v1/suggest", get(suggest::suggest))
        .route("/api/v1/trend", get(trend::trend))
        .route("/api/v1/receipts/verify", post(receipts::verify_receipt))
        .route("/api/v1/resolve", get(resolve::one).post(resolve::list))
        .route("/api/v1/records/{id}", get(records::record))
        .route("/openapi.json", get(openapi::openapi))
}

/// Programs that write, with a key.
fn writing() -> Router<App> {
    Router::new()
        .route("/api/v1/records", post(writing::many))
        .route("/api/v1/records/{id}", put(writing::put).delete(writing::delete))
        .layer(DefaultBodyLimit::max(writing::MAX_RECORD_BYTES))
}

/// Those who watch over it.
fn operator(app: &App, edge: &Arc<ServerState>) -> Router<App> {
    let routes = Router::new().route("/livez", get(status::livez)).route("/readyz", get(status::readyz));
    routes.with_state((app.clone(), edge.clone()))
}

/// What Prometheus asks for.
fn figures(app: &App, edge: &Arc<ServerState>) -> Router<App> {
    Router::new().route("/metrics", get(status::metrics)).with_state((app.clone(), edge.clone()))
}

/// Operators with a key.
fn administration(app: &App, edge: &Arc<ServerState>) -> Router<App> {
    let routes = Router::new()
        .route("/api/v1/admin/stats", get(admin::stats))
        .route("/api/v1/admin/review", get(review::review))
        .route("/api/v1/admin/review.csv", get(review::csv))
        .route("/api/v1/admin/searches", get(admin::searches));
    let pages = review_pages();
    guard::require(edge, Scope::Admin, routes)
        .merge(guard::require_of_browser(edge, Scope::Admin, pages, pages::problem_page))
        .with_state((app.clone(), edge.clone()))
}
