#!/usr/bin/env bash
# tower-http 0.7.1: a CorsLayer that permits nobody answers every OPTIONS request itself.
#
# CorsLayer::new() without any origin seems to switch CORS off. It does send no CORS header, but it
# answers OPTIONS with 200 for every path, also for one that does not exist, and no layer or handler
# below sees the request: no budget, no log line with the client, no 405. A server that has CORS as an
# option leaves the layer out (tower's option_layer) where no origin is named.
#
# Seen with tower-http 0.7.1, axum 0.8.9, tower 0.5.3:
#   without / 405
#   without /absent 404
#   with / 200
#   with /absent 200
set -euo pipefail
folder="$(mktemp -d)"
trap 'rm -rf "$folder"' EXIT
mkdir "$folder/src"
cat > "$folder/Cargo.toml" <<'TOML'
[package]
name = "probe"
version = "0.0.0"
edition = "2024"

[dependencies]
axum = { version = "=0.8.9", default-features = false }
tokio = { version = "=1.54.1", features = ["macros", "rt"] }
tower = { version = "=0.5.3", features = ["util"] }
tower-http = { version = "=0.7.1", features = ["cors"] }
TOML
cat > "$folder/src/main.rs" <<'RUST'
use axum::{Router, body::Body, http::Request, routing::get};
use tower::ServiceExt;
use tower_http::cors::CorsLayer;

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let without = Router::new().route("/", get(|| async { "a page" }));
    let with = without.clone().layer(CorsLayer::new());
    for (name, router) in [("without", without), ("with", with)] {
        for path in ["/", "/absent"] {
            let request = Request::options(path).body(Body::empty()).expect("a request");
            let answer = router.clone().oneshot(request).await.expect("an answer");
            println!("{name} {path} {}", answer.status().as_u16());
        }
    }
}
RUST
seen="$(cd "$folder" && cargo run --quiet)"
echo "$seen"
[ "$seen" = "without / 405
without /absent 404
with / 200
with /absent 200" ] || { echo "this has changed"; exit 1; }
