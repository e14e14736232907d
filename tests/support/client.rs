//! A small client of the server: addresses in, status, headers and text out.

use std::io::{BufRead, BufReader, Write};
use std::net::TcpStream;
use std::time::Duration;

use serde_json::Value;
use ureq::Agent;
use ureq::http::HeaderMap;

use super::Server;

/// What the server answered.
#[derive(Debug)]
pub struct Reply {
    pub status: u16,
    pub headers: HeaderMap,
    pub text: String,
}

impl Reply {
    /// The body as JSON.
    #[track_caller]
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|e| panic!("{e} in {}", self.text))
    }

    /// A header as text; empty if it is absent.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    /// The ids of the hits.
    #[track_caller]
    pub fn ids(&self) -> Vec<String> {
        let json = self.json();
        let hits = json["hits"].as_array().unwrap_or_else(|| panic!("no hits in {}", self.text));
        hits.iter().map(|hit| hit["id"].as_str().expect("an id").to_owned()).collect()
    }

    /// The exact total.
    #[track_caller]
    pub fn total(&self) -> u64 {
        self.json()["total"].as_u64().unwrap_or_else(|| panic!("no total in {}", self.text))
    }

    /// The counts of a facet, in the order given.
    #[track_caller]
    pub fn facet(&self, name: &str) -> Vec<(String, u64)> {
        let json = self.json();
        let values = json["facets"][name].as_array().unwrap_or_else(|| panic!("no facet {name}")).clone();
        let pair = |v: &Value| {
            (v["value"].as_str().unwrap_or_default().to_owned(), v["count"].as_u64().unwrap_or_default())
        };
        values.iter().map(pair).collect()
    }

    /// Asserts that this is a problem of that status and kind; gives the parameters it names.
    #[track_caller]
    pub fn problem(&self, status: u16, kind: &str) -> Vec<String> {
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

/// A request.
#[derive(Clone, Copy)]
pub struct Asked<'a> {
    pub method: &'a str,
    pub path: &'a str,
    pub headers: &'a [(&'a str, &'a str)],
    pub body: Option<&'a [u8]>,
}

impl<'a> Asked<'a> {
    /// A plain one.
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
    /// The address of a path on this server.
    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// Asks for a path, written as in an address.
    #[track_caller]
    pub fn get(&self, path: &str) -> Reply {
        self.call("GET", path)
    }

    /// Asks with any method.
    #[track_caller]
    pub fn call(&self, method: &str, path: &str) -> Reply {
        self.ask_with(&Asked { method, ..Asked::get(path) })
    }

    /// Asks with a key.
    #[track_caller]
    pub fn with_key(&self, key: &str, method: &str, path: &str) -> Reply {
        let bearer = format!("Bearer {key}");
        self.ask_with(&Asked { method, headers: &[("authorization", &bearer)], ..Asked::get(path) })
    }

    /// Asks with all that a request can have.
    #[track_caller]
    pub fn ask_with(&self, asked: &Asked<'_>) -> Reply {
        let Asked { method, path, .. } = asked;
        let mut request = ureq::http::Request::builder().method(*method).uri(self.url(path));
        for (name, value) in asked.headers {
            request = request.header(*name, *value);
        }
        let answer = match asked.body {
            Some(body) => agent().run(request.body(body).expect("a request")),
            None => agent().run(request.body(()).expect("a request")),
        };
        let mut response = answer.unwrap_or_else(|e| panic!("{method} {path}: {e}"));
        Reply {
            status: response.status().as_u16(),
            headers: response.headers().clone(),
            text: response.body_mut().with_config().limit(64 << 20).read_to_string().expect("text in UTF-8"),
        }
    }

    /// Sends bytes as they are and gives the first line of the answer.
    pub fn raw(&self, request: &[u8]) -> String {
        let mut stream = TcpStream::connect(self.address).expect("accepted");
        // The server may answer and close before it has read all of it.
        let _ = stream.write_all(request);
        let mut line = String::new();
        let _ = BufReader::new(stream).read_line(&mut line);
        line.trim_end().to_owned()
    }

    /// Searches with parameters that are not yet written as in an address.
    #[track_caller]
    pub fn search(&self, parameters: &[(&str, &str)]) -> Reply {
        self.get(&address("/api/v1/search", parameters))
    }

    /// Searches for `q`, which must be answered.
    #[track_caller]
    pub fn ask(&self, q: &str) -> Reply {
        let reply = self.search(&[("q", q)]);
        assert_eq!(reply.status, 200, "{q}: {}", reply.text);
        reply
    }
}

/// A path with parameters.
pub fn address(path: &str, parameters: &[(&str, &str)]) -> String {
    let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(parameters).finish();
    format!("{path}?{query}")
}
