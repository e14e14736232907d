//! Budgets: who pays, what a request costs, and what waits or is refused when a budget is empty.

use std::time::{Duration, Instant};

use gongkai::access::{KeyRing, Scope};
use gongkai::config::{Config, Limits};
use gongkai_index::Record;
use tempfile::TempDir;

use crate::support::client::Request;
use crate::support::{Reply, SAMPLE, Server, record};

/// Server behind a proxy on this machine.
struct Proxied {
    server: Server,
    data: TempDir,
}

impl Proxied {
    fn with_limits(limits: Limits) -> Self {
        Self::new(&SAMPLE, |settings| settings.limits = limits)
    }

    fn new(records: &[Record], change: impl FnOnce(&mut Config)) -> Self {
        let data = TempDir::new().unwrap();
        let mut settings = Config { data: data.path().to_owned(), ..Config::default() };
        settings.server.trusted_proxies = vec!["127.0.0.1".parse().unwrap()];
        change(&mut settings);
        Self { server: Server::with_settings(records, settings), data }
    }

    /// Sends `GET` as a client at that address.
    fn get_from(&self, address: &str, path: &str) -> Reply {
        self.server.send(&Request { headers: &[("x-forwarded-for", address)], ..Request::get(path) })
    }

    /// Sends `GET` as a client at that address, with a key.
    fn get_with_key(&self, address: &str, key: &str, path: &str) -> Reply {
        let bearer = format!("Bearer {key}");
        let headers = [("x-forwarded-for", address), ("authorization", bearer.as_str())];
        self.server.send(&Request { headers: &headers, ..Request::get(path) })
    }

    /// Status of a request whose `X-Forwarded-For` has these bytes.
    fn status_forwarded_for(&self, value: &[u8]) -> u16 {
        let (head, tail) = (b"GET /livez/x HTTP/1.1\r\nhost: x\r\nx-forwarded-for: ", b"\r\n\r\n");
        let line = self.server.status_line_for(&[&head[..], value, tail].concat());
        line.split(' ').nth(1).and_then(|status| status.parse().ok()).expect("a status")
    }
}

/// Limits by which every request costs one unit; none comes back during a test.
fn count_requests(burst: u32) -> Limits {
    Limits { burst, per_minute: 1, unit_ms: 0, unit_kib: 0, ..Limits::default() }
}

/// Number of units left, by the header.
fn remaining(reply: &Reply) -> u32 {
    let header = reply.header("ratelimit");
    let left = header.split(';').find_map(|part| part.strip_prefix("r="));
    left.and_then(|left| left.parse().ok()).unwrap_or_else(|| panic!("{header}: {}", reply.text))
}

#[test]
fn malformed_forwarding_header_counts_against_the_proxy() {
    let proxied = Proxied::with_limits(count_requests(3));
    let malformed: [&[u8]; 4] = [b"198.51.100.\xff", b"", b"unknown", b"198.51.100.9, 127.0.0.300"];
    assert_eq!(malformed.map(|value| proxied.status_forwarded_for(value)), [404, 404, 404, 429]);
    assert_eq!(proxied.status_forwarded_for(b"\xfe"), 429, "another byte is no other client");
    assert_eq!(proxied.status_forwarded_for(b"\xff, 198.51.100.7"), 404, "the end is read first");
    assert_eq!(proxied.server.get("/nothing").header("ratelimit"), "", "this machine itself has no limit");
}

#[test]
fn forwarded_request_never_speaks_for_this_machine() {
    let proxied = Proxied::with_limits(count_requests(3));
    for claim in ["127.0.0.1", "::1", "::ffff:127.0.0.1"] {
        assert_ne!(proxied.get_from(claim, "/nothing").header("ratelimit"), "", "{claim}");
        proxied.get_from(claim, "/metrics").assert_problem(403, "switched-off");
    }
    for name in ["forwarded", "x-real-ip", "via"] {
        let headers = [(name, "127.0.0.1")];
        let reply = proxied.server.send(&Request { headers: &headers, ..Request::get("/metrics") });
        assert_eq!(reply.status, 403, "{name}");
    }
}

#[test]
fn site_of_many_client_networks_has_a_budget_of_its_own() {
    let proxied = Proxied::with_limits(count_requests(1));
    let status = |n: u32| proxied.get_from(&format!("2001:db8:1:{n:x}::1"), "/nothing").status;
    assert_eq!([0, 1, 2, 3, 4, 5, 6, 7].map(status), [404; 8]);
    let refused = proxied.get_from("2001:db8:1:8::1", "/nothing");
    refused.assert_problem(429, "rate");
    assert!(refused.header("ratelimit-policy").starts_with("\"site\";q=8;"));
    assert_eq!(proxied.get_from("2001:db8:2::1", "/nothing").status, 404, "another site");
}

#[test]
fn request_costs_the_bytes_of_its_answer() {
    let limits = Limits { burst: 1_000, per_minute: 1, unit_ms: 0, unit_kib: 1, ..Limits::default() };
    let proxied = Proxied::with_limits(limits);
    let small = proxied.get_from("198.51.100.1", "/api/v1/records/none");
    assert_eq!(remaining(&small), 999, "at least one unit");
    // The second time from the cache: it costs its bytes all the same.
    for address in ["198.51.100.2", "198.51.100.3"] {
        let large = proxied.get_from(address, "/api/v1/search?per_page=100");
        let units = large.text.len() as f64 / 1024.0;
        assert!(units > 10.0 && (f64::from(remaining(&large)) - (1_000.0 - units)).abs() <= 1.0);
    }
}

#[test]
fn request_costs_the_time_of_its_search() {
    let limits = Limits { burst: 100_000, per_minute: 1, unit_ms: 1, unit_kib: 0, ..Limits::default() };
    let proxied = Proxied::with_limits(limits);
    let spent = |query: &str| {
        let path = format!("/api/v1/search?{query}");
        100_000 - remaining(&proxied.get_from("198.51.100.1", &path))
    };
    let (first, then) = (spent("q=a"), spent("q=%E5%85%AC%E5%BC%80&per_page=100&explain=true"));
    assert!(first >= 1 && then > first + 1, "{first} and {then} units together");
}

#[test]
fn costly_request_leaves_a_debt_that_others_of_its_client_wait_for() {
    let limits = Limits { burst: 10, per_minute: 60, unit_ms: 0, unit_kib: 1, ..Limits::default() };
    let proxied = Proxied::with_limits(limits);
    let costly = proxied.get_from("198.51.100.1", "/api/v1/search?per_page=100");
    assert_eq!((costly.status, remaining(&costly)), (200, 0));
    let refused = proxied.get_from("198.51.100.1", "/nothing");
    refused.assert_problem(429, "rate");
    let wait: f64 = refused.header("retry-after").parse().unwrap();
    assert!(wait > costly.text.len() as f64 / 2048.0, "as long as it costs: {wait} s");
    assert_eq!(proxied.get_from("198.51.100.2", "/nothing").status, 404);
}

#[test]
fn long_page_needs_more_units_to_begin() {
    let proxied = Proxied::with_limits(count_requests(10));
    for _ in 0..6 {
        assert_eq!(proxied.get_from("198.51.100.1", "/nothing").status, 404);
    }
    // Four are left, and given back where they are not needed.
    let search =
        |parameters: &str| proxied.get_from("198.51.100.1", &format!("/api/v1/search?{parameters}")).status;
    assert_eq!(search("per_page=100"), 429);
    assert_eq!(search("per_page=20&explain=true"), 200);
    assert_eq!(search("per_page=60"), 200);
    assert_eq!(proxied.get_from("198.51.100.1", "/nothing").status, 404);
}

#[test]
fn stream_beyond_its_budget_is_paced_and_complete() {
    let records: Vec<Record> = (0..600).map(|i| record(&format!("r{i:03}"), "通知")).collect();
    let proxied = Proxied::new(&records, |settings| {
        settings.limits = Limits {
            exports_burst: 10,
            exports_per_minute: 6_000,
            unit_ms: 0,
            unit_kib: 1,
            ..Limits::default()
        };
    });
    let begun = Instant::now();
    let export = proxied.get_from("198.51.100.1", "/api/v1/search.ndjson");
    let took = begun.elapsed();
    assert_eq!((export.status, export.text.lines().count()), (200, 600));
    // A hundred units a second; the last chunk is not waited for.
    let units = export.text.len() as f64 / 1024.0 * 500.0 / 600.0 - 10.0;
    assert!(took > Duration::from_secs_f64(units / 100.0 * 0.9), "{took:?} for {units} units");
    let begun = Instant::now();
    assert_eq!(proxied.server.get("/api/v1/search.ndjson").text, export.text, "this machine does not wait");
    println!("unpaced: {:?}", begun.elapsed());
}

#[test]
fn list_beyond_its_budget_is_paced_and_complete() {
    let proxied = Proxied::with_limits(Limits {
        exports_burst: 2,
        exports_per_minute: 6_000,
        unit_ms: 0,
        unit_kib: 1,
        ..Limits::default()
    });
    let body = "国发〔2015〕58号\n".repeat(1_000);
    let headers = [("x-forwarded-for", "198.51.100.1")];
    let request =
        Request { method: "POST", path: "/api/v1/resolve", headers: &headers, body: Some(body.as_bytes()) };
    let begun = Instant::now();
    let reply = proxied.server.send(&request);
    let units = reply.text.len() as f64 / 1024.0 * 0.9 - 2.0;
    assert_eq!((reply.status, reply.text.lines().count()), (200, 1_000));
    assert!(begun.elapsed() > Duration::from_secs_f64(units / 100.0 * 0.9), "{:?}", begun.elapsed());
}

#[test]
fn probes_have_a_budget_beside_that_of_searches() {
    let limits = Limits { probes_burst: 3, probes_per_minute: 1, ..count_requests(3) };
    let proxied = Proxied::with_limits(limits);
    let probes = ["/livez", "/readyz", "/livez", "/readyz"];
    assert_eq!(probes.map(|path| proxied.get_from("198.51.100.1", path).status), [200, 200, 200, 429]);
    assert_eq!(proxied.get_from("198.51.100.1", "/nothing").status, 404);
    assert_eq!(proxied.get_from("198.51.100.2", "/readyz").status, 200, "nobody else is kept from it");
    let own: Vec<u16> = (0..20).map(|_| proxied.server.get("/readyz").status).collect();
    assert_eq!(own, [200; 20], "nor is this machine");
}

#[test]
fn default_probe_budget_lets_a_minute_of_probes_pass_at_once() {
    let proxied = Proxied::with_limits(Limits::default());
    for _ in 0..60 {
        assert_eq!(proxied.get_from("198.51.100.1", "/livez").status, 200);
    }
}

#[test]
fn metrics_are_for_this_machine_and_admin_keys() {
    let proxied = Proxied::with_limits(Limits::default());
    let keys = KeyRing::new(proxied.data.path().join("keys.json"));
    assert_eq!(proxied.server.get("/metrics").status, 200);
    let stranger = "198.51.100.1";
    proxied.get_from(stranger, "/metrics").assert_problem(403, "switched-off");
    let (admin, writer) =
        (keys.add("boss", Scope::Admin).unwrap(), keys.add("portal", Scope::Write).unwrap());
    proxied.get_from(stranger, "/metrics").assert_problem(401, "unauthorized");
    proxied.get_with_key(stranger, &writer, "/metrics").assert_problem(403, "forbidden");
    assert_eq!(proxied.get_with_key(stranger, &admin, "/metrics").status, 200);
    let open = Proxied::new(&SAMPLE[..1], |settings| settings.server.metrics_open = true);
    assert_eq!(open.get_from(stranger, "/metrics").status, 200);
}

#[test]
fn wrong_keys_of_an_address_are_limited_and_concern_no_other() {
    let proxied = Proxied::with_limits(Limits { wrong_keys_per_minute: 3, ..Limits::default() });
    let key = KeyRing::new(proxied.data.path().join("keys.json")).add("portal", Scope::Read).unwrap();
    let (guesser, other, path) = ("198.51.100.1", "198.51.100.2", "/api/v1/records/none");
    assert_eq!(proxied.get_with_key(guesser, &key, path).status, 404, "a right key costs nothing");
    let seen = [0, 1, 2, 3].map(|n| proxied.get_with_key(guesser, &format!("gk_{n}"), path).status);
    assert_eq!(seen, [401, 401, 401, 429]);
    let refused = proxied.get_with_key(guesser, &key, path);
    refused.assert_problem(429, "rate");
    assert!(refused.header("retry-after").parse::<u32>().is_ok_and(|seconds| (1..=20).contains(&seconds)));
    assert_eq!(proxied.get_with_key(other, &key, path).status, 404, "behind another address");
    assert_eq!(proxied.get_from(guesser, path).status, 404, "without a key it is as before");
}
