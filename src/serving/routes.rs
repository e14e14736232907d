//! Routes of the server, grouped by their users, and the layers that all responses pass.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::{HeaderName, HeaderValue, Method, StatusCode, header};
use axum::middleware;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post, put};
use tower::util::option_layer;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::compression::predicate::{Predicate, SizeAbove};
use tower_http::compression::{CompressionLayer, DefaultPredicate};
use tower_http::cors::{AllowOrigin, CorsLayer};
use tower_http::set_header::SetResponseHeaderLayer;
use tower_http::timeout::RequestBodyTimeoutLayer;

use crate::access::{Scope, guard, rates};
use crate::api::status::Readiness;
use crate::api::{
    GENERATION_HEADER, admin, bulk, openapi, receipts, records, resolve, review, search, status, stream,
    suggest, trend, writing,
};
use crate::flow::control::count_answer;
use crate::links;
use crate::pages;
use crate::problem::ApiError;
use crate::search::service::SharedService;
use crate::serving::connection::RawErrorBody;
use crate::serving::etag;
use crate::serving::listener::Site;
use crate::state::ServerState;
use crate::telemetry;

/// Content security policy: scripts are files that the server serves, never inside a page.
const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; script-src 'self'; connect-src 'self'; style-src 'self'; img-src 'self' data:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/// Shortest answer that is compressed: a shorter one fits a packet, and a compressor takes 300 KiB.
const MIN_COMPRESSED_BYTES: u64 = 1_400;

/// The site of the public address.
pub fn site(service: SharedService, state: &Arc<ServerState>) -> Site {
    let mut routes =
        Router::new().merge(page_routes()).merge(search_routes()).merge(health_routes(&service, state));
    routes = routes.merge(guard::require(state, Scope::Write, write_routes()));
    if state.config.server.admin_listen.is_none() {
        let metrics = metrics_routes(&service, state);
        let metrics = match state.config.server.metrics_open {
            true => metrics,
            false => guard::require_here_or(state, Scope::Admin, metrics),
        };
        routes = routes.merge(metrics).merge(admin_routes(&service, state));
    }
    build_site(routes, service, state)
}

/// The site of the administrative address, if there is one. It includes the pages for readers, since
/// the pages for operators link to them.
pub fn admin_site(service: SharedService, state: &Arc<ServerState>) -> Site {
    let routes = page_routes()
        .merge(health_routes(&service, state))
        .merge(metrics_routes(&service, state))
        .merge(admin_routes(&service, state));
    build_site(routes, service, state)
}

fn build_site(routes: Router<SharedService>, service: SharedService, state: &Arc<ServerState>) -> Site {
    Site {
        raw_error_body: raw_error_body(service.clone()),
        deliveries: state.flow.answers.deliveries().clone(),
        router: with_layers(routes, service, state),
    }
}

/// Adds the layers that are the same for every address, and for unknown ones. The last layer sees a
/// request first.
fn with_layers(routes: Router<SharedService>, service: SharedService, state: &Arc<ServerState>) -> Router {
    let header = |name: HeaderName, value| {
        SetResponseHeaderLayer::if_not_present(name, HeaderValue::from_static(value))
    };
    let stall = Duration::from_secs(state.config.server.stall_timeout_seconds);
    let routes = routes
        .method_not_allowed_fallback(|| async { ApiError::method_not_allowed() })
        .fallback(pages::not_found)
        .with_state(service.clone())
        .layer(middleware::from_fn_with_state(service.clone(), etag::revalidate))
        .layer(RequestBodyTimeoutLayer::new(stall))
        .layer(middleware::from_fn_with_state(state.flow.clone(), count_answer))
        .layer(middleware::from_fn_with_state(state.rates.clone(), rates::limit))
        .layer(middleware::from_fn_with_state(state.clone(), guard::identify))
        .layer(
            CompressionLayer::new()
                .compress_when(DefaultPredicate::new().and(SizeAbove::new(MIN_COMPRESSED_BYTES))),
        )
        .layer(option_layer(cors(&state.config.server.cors_origins)))
        .layer(CatchPanicLayer::custom(|_| ApiError::internal().into_response()))
        .layer(middleware::from_fn_with_state(state.telemetry.clone(), telemetry::observe))
        .layer(header(header::CONTENT_SECURITY_POLICY, CONTENT_SECURITY_POLICY))
        .layer(header(header::X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .layer(header(header::REFERRER_POLICY, "same-origin"))
        .layer(header(HeaderName::from_static("cross-origin-opener-policy"), "same-origin"))
        .layer(header(
            HeaderName::from_static("permissions-policy"),
            "camera=(), geolocation=(), microphone=()",
        ))
        .layer(middleware::map_response_with_state(service, add_generation_header));
    let routes = match state.config.server.tls.is_on() {
        true => routes.layer(header(header::STRICT_TRANSPORT_SECURITY, "max-age=31536000")),
        false => routes,
    };
    links::nest_below(&state.config.server.base_path, routes)
}

/// Adds the newest generation to responses that do not name the one they were made from.
async fn add_generation_header(State(service): State<SharedService>, mut response: Response) -> Response {
    response
        .headers_mut()
        .entry(GENERATION_HEADER)
        .or_insert_with(|| HeaderValue::from(service.generation()));
    response
}

/// CORS: scripts of other origins may read responses only if the settings name them. Without any,
/// OPTIONS is a request like others.
fn cors(origins: &[String]) -> Option<CorsLayer> {
    if origins.is_empty() {
        return None;
    }
    let allowed = if origins.iter().any(|origin| origin == "*") {
        AllowOrigin::any()
    } else {
        AllowOrigin::list(origins.iter().filter_map(|origin| origin.parse().ok()))
    };
    let exposed_headers =
        [GENERATION_HEADER, "gongkai-total", "ratelimit", "ratelimit-policy", "retry-after"];
    let layer = CorsLayer::new()
        .allow_origin(allowed)
        .allow_methods([Method::GET, Method::POST])
        .allow_headers([header::AUTHORIZATION, header::CONTENT_TYPE])
        .expose_headers(exposed_headers.map(HeaderName::from_static));
    Some(layer)
}

/// Responses to requests that the HTTP library refuses before any handler sees them.
fn raw_error_body(service: SharedService) -> RawErrorBody {
    Arc::new(move |status| {
        let problem = ApiError::unreadable_request(status);
        let body = serde_json::to_string(&problem).unwrap_or_default();
        let reason = StatusCode::from_u16(status).ok().and_then(|status| status.canonical_reason());
        format!(
            "HTTP/1.1 {status} {}\r\ncontent-type: application/problem+json\r\n{GENERATION_HEADER}: {}\r\nx-content-type-options: nosniff\r\nconnection: close\r\ncontent-length: {}\r\n\r\n{body}",
            reason.unwrap_or_default(),
            service.generation(),
            body.len(),
        )
        .into_bytes()
    })
}

/// Pages for readers.
fn page_routes() -> Router<SharedService> {
    Router::new()
        .route("/", get(pages::search::search_page))
        .route("/d/{id}", get(pages::record::record_page))
        .route("/assets/style.css", get(pages::style_sheet))
        .route("/assets/suggest.js", get(pages::suggest_script))
        .route("/favicon.ico", get(pages::icon))
}

/// Pages for operators with a key.
fn review_page_routes() -> Router<admin::AdminState> {
    Router::new().route("/review", get(pages::review::review_page))
}

/// API for programs that search.
fn search_routes() -> Router<SharedService> {
    Router::new()
        .route("/api/v1/search", get(search::search))
        .route("/api/v1/search.ndjson", get(stream::stream_hits))
        .route("/api/v1/suggest", get(suggest::suggest))
        .route("/api/v1/trend", get(trend::trend))
        .route("/api/v1/receipts/verify", post(receipts::verify_receipt))
        .route("/api/v1/resolve", get(resolve::resolve_number).post(resolve::resolve_list))
        .route("/api/v1/records/{id}", get(records::record))
        .route("/openapi.json", get(openapi::openapi))
}

/// API for programs that write, with a key.
fn write_routes() -> Router<SharedService> {
    Router::new()
        .route("/api/v1/records", post(bulk::put_records))
        .route("/api/v1/records/{id}", put(writing::put_record).delete(writing::delete_record))
        .layer(DefaultBodyLimit::max(writing::MAX_RECORD_BYTES))
}

/// Health checks.
fn health_routes(service: &SharedService, state: &Arc<ServerState>) -> Router<SharedService> {
    let routes = Router::new().route("/livez", get(status::livez)).route("/readyz", get(status::readyz));
    routes.with_state((Readiness::default(), service.clone(), state.clone()))
}

/// Metrics for Prometheus.
fn metrics_routes(service: &SharedService, state: &Arc<ServerState>) -> Router<SharedService> {
    Router::new().route("/metrics", get(status::metrics)).with_state((service.clone(), state.clone()))
}

/// API and pages for operators with a key.
fn admin_routes(service: &SharedService, state: &Arc<ServerState>) -> Router<SharedService> {
    let routes = Router::new()
        .route("/api/v1/admin/stats", get(admin::stats))
        .route("/api/v1/admin/review", get(review::review))
        .route("/api/v1/admin/review.csv", get(review::download_csv))
        .route("/api/v1/admin/searches", get(admin::searches));
    let pages = review_page_routes();
    guard::require(state, Scope::Admin, routes)
        .merge(guard::require_of_browser(state, Scope::Admin, pages, pages::problem_page))
        .with_state((service.clone(), state.clone()))
}
