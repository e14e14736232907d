//! `/livez`, `/readyz`, and addresses and methods that do not exist.

use crate::support::{SAMPLE, sample};

#[test]
fn it_is_alive_and_ready() {
    assert_eq!(sample().get("/livez").status, 200);
    let ready = sample().get("/readyz");
    assert_eq!((ready.status, ready.json()["status"].as_str()), (200, Some("ready")));
    assert_eq!(ready.json()["records"], SAMPLE.len());
}

#[test]
fn what_does_not_exist_is_a_problem() {
    for path in ["/api", "/api/v1", "/api/v1/nothing", "/api/v2/search", "/nothing", "/api/v1/search/", "//"]
    {
        sample().get(path).problem(404, "not-found");
    }
    sample().call("PATCH", "/api/v1/records/x").problem(405, "method");
    for path in ["/api/v1/search", "/livez", "/openapi.json", "/"] {
        for method in ["DELETE", "PATCH"] {
            sample().call(method, path).problem(405, "method");
        }
    }
    assert_eq!(sample().call("HEAD", "/api/v1/search").status, 200);
}

#[test]
fn answers_forbid_what_a_page_of_ours_never_needs() {
    for path in ["/", "/d/yz-mz-2021-014", "/api/v1/search", "/nothing"] {
        let reply = sample().get(path);
        assert_eq!(reply.header("x-content-type-options"), "nosniff", "{path}");
        assert!(reply.header("content-security-policy").contains("default-src 'none'"), "{path}");
    }
}
