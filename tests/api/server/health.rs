//! `/livez`, `/readyz`, and paths and methods that do not exist.

use crate::support::{SAMPLE, sample_server};

#[test]
fn server_of_sample_is_alive_and_ready() {
    assert_eq!(sample_server().get("/livez").status, 200);
    let ready = sample_server().get("/readyz");
    assert_eq!((ready.status, ready.json()["status"].as_str()), (200, Some("ready")));
    assert_eq!(ready.json()["records"], SAMPLE.len());
}

#[test]
fn unknown_path_or_method_is_answered_by_problem() {
    for path in ["/api", "/api/v1", "/api/v1/nothing", "/api/v2/search", "/nothing", "/api/v1/search/", "//"]
    {
        sample_server().get(path).assert_problem(404, "not-found");
    }
    sample_server().call("PATCH", "/api/v1/records/x").assert_problem(405, "method");
    for path in ["/api/v1/search", "/livez", "/openapi.json", "/"] {
        for method in ["DELETE", "PATCH"] {
            sample_server().call(method, path).assert_problem(405, "method");
        }
    }
    assert_eq!(sample_server().call("HEAD", "/api/v1/search").status, 200);
}

#[test]
fn answers_carry_security_headers() {
    for path in ["/", "/d/yz-mz-2021-014", "/api/v1/search", "/nothing"] {
        let reply = sample_server().get(path);
        assert_eq!(reply.header("x-content-type-options"), "nosniff", "{path}");
        assert!(reply.header("content-security-policy").contains("default-src 'none'"), "{path}");
    }
}
