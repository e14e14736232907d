//! HTTP client of the test server: paths in; status, headers and text out.

use std::io::{BufRead, BufReader, Write};
use std::net::TcpStream;
use std::time::Duration;

use serde_json::Value;
use ureq::Agent;
use ureq::http::HeaderMap;

use super::Server;

/// Answer of the server.
#[derive(Debug)]
pub struct Reply {
    pub status: u16,
    pub headers: HeaderMap,
    pub text: String,
}

impl Reply {
    /// Body as JSON.
    #[track_caller]
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|e| panic!("{e} in {}", self.text))
    }

    /// Header as text; empty if it is absent.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    /// Page without the elements that isolate the direction of texts.
    pub fn page(&self) -> String {
        self.text.replace("<bdi>", "").replace("</bdi>", "")
    }

    /// Ids of the hits, in order.
    #[track_caller]
    pub fn ids(&self) -> Vec<String> {
        let json = self.json();
        let hits = json["hits"].as_array().unwrap_or_else(|| panic!("no hits in {}", self.text));
        hits.iter().map(|hit| hit["id"].as_str().expect("an id").to_owned()).collect()
    }

    /// Exact total of a search.
    #[track_caller]
    pub fn total(&self) -> u64 {
        self.json()["total"].as_u64().unwrap_or_else(|| panic!("no total in {}", self.text))
    }

    /// Counts of a facet, in the order of the answer.
    #[track_caller]
    pub fn facet_counts(&self, name: &str) -> Vec<(String, u64)> {
        let json = self.json();
        let values = json["facets"][name].as_array().unwrap_or_else(|| panic!("no facet {name}")).clone();
        let pair = |v: &Value| {
            (v["value"].as_str().unwrap_or_default().to_owned(), v["count"].as_u64().unwrap_or_default())
        };
        values.iter().map(pair).collect()
    }

    /// Asserts that this is a problem of that status and kind; returns the parameters it names.
    #[track_caller]
    pub fn assert_problem(&self, status: u16, kind: &str) -> Vec<String> {
        assert_eq!(self.status, status, "{}", self.text);
        assert_eq!(self.header("content-type"), "application/problem+json");
        let json = self.json();
        assert_eq!(json["status"], status);
        assert_eq!(json["type"], format!("/problems/{kind}"));
        for member in ["title", "detail"] {
            assert!(json[member].as_str().is_some_and(|text| !text.is_empty()), "{member} in {json}");
        }
        let errors = json["errors"].as_array().cloned().unwrap_or_default();
        errors.iter().map(|error| error["parameter"].as_str().unwrap_or_default().to_owned()).collect()
    }
}

/// Request with all its parts.
#[derive(Clone, Copy)]
pub struct Request<'a> {
    pub method: &'a str,
    pub path: &'a str,
    pub headers: &'a [(&'a str, &'a str)],
    pub body: Option<&'a [u8]>,
}

impl<'a> Request<'a> {
    /// `GET` request without headers and body.
    pub fn get(path: &'a str) -> Self {
        Self { method: "GET", path, headers: &[], body: None }
    }
}

fn agent() -> Agent {
    let config = Agent::config_builder()
        .http_status_as_error(false)
        .max_redirects(0)
        .timeout_global(Some(Duration::from_secs(60)));
    config.build().into()
}

impl Server {
    /// Full address of a path on this server.
    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// Sends `GET` for a path, percent-encoded as in an address.
    #[track_caller]
    pub fn get(&self, path: &str) -> Reply {
        self.call("GET", path)
    }

    /// Sends a request with any method.
    #[track_caller]
    pub fn call(&self, method: &str, path: &str) -> Reply {
        self.send(&Request { method, ..Request::get(path) })
    }

    /// Sends a request with a key in its `Authorization` header.
    #[track_caller]
    pub fn call_with_key(&self, key: &str, method: &str, path: &str) -> Reply {
        let bearer = format!("Bearer {key}");
        self.send(&Request { method, headers: &[("authorization", &bearer)], ..Request::get(path) })
    }

    /// Sends a request with all its parts.
    #[track_caller]
    pub fn send(&self, request: &Request<'_>) -> Reply {
        let Request { method, path, headers, body } = request;
        let mut request = ureq::http::Request::builder().method(*method).uri(self.url(path));
        for (name, value) in *headers {
            request = request.header(*name, *value);
        }
        let answer = match body {
            Some(body) => agent().run(request.body(*body).expect("a request")),
            None => agent().run(request.body(()).expect("a request")),
        };
        let mut response = answer.unwrap_or_else(|e| panic!("{method} {path}: {e}"));
        Reply {
            status: response.status().as_u16(),
            headers: response.headers().clone(),
            text: response.body_mut().with_config().limit(64 << 20).read_to_string().expect("text in UTF-8"),
        }
    }

    /// Sends bytes as they are; returns the first line of the answer.
    pub fn status_line_for(&self, request: &[u8]) -> String {
        let mut stream = TcpStream::connect(self.address).expect("accepted");
        // The server may answer and close before it has read all of it.
        let _ = stream.write_all(request);
        let mut line = String::new();
        let _ = BufReader::new(stream).read_line(&mut line);
        line.trim_end().to_owned()
    }

    /// Searches with parameters that are not yet percent-encoded.
    #[track_caller]
    pub fn search(&self, parameters: &[(&str, &str)]) -> Reply {
        self.get(&path_with_query("/api/v1/search", parameters))
    }

    /// Searches for `q` and asserts that it is answered.
    #[track_caller]
    pub fn search_for(&self, q: &str) -> Reply {
        let reply = self.search(&[("q", q)]);
        assert_eq!(reply.status, 200, "{q}: {}", reply.text);
        reply
    }
}

/// Path with percent-encoded parameters.
pub fn path_with_query(path: &str, parameters: &[(&str, &str)]) -> String {
    let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(parameters).finish();
    format!("{path}?{query}")
}
