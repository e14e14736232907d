//! Support for the tests of the program: a real server on a free port, a client, the sample, and
//! an oracle that answers by looking at every record.

// Each test program uses a part of these.
#![allow(dead_code, unused_imports)]

pub mod client;
pub mod oracle;
pub mod server;
pub mod stub;
pub mod workspace;

use std::sync::{LazyLock, OnceLock};

use gongkai_index::Record;

pub use client::Reply;
pub use server::Server;
pub use stub::Stub;

/// Records of the sample.
pub static SAMPLE: LazyLock<Vec<Record>> = LazyLock::new(|| gongkai::sample::sample_records().collect());

/// Server of the sample that lives as long as the test program.
pub fn sample_server() -> &'static Server {
    static SERVER: OnceLock<Server> = OnceLock::new();
    SERVER.get_or_init(|| Server::with_records(&SAMPLE))
}

/// Record with an id and a title; tests set the other fields they need.
pub fn record(id: &str, title: &str) -> Record {
    let json = serde_json::json!({ "id": id, "kind": "document", "title": title });
    Record::from_json(json.to_string().as_bytes()).expect("id, kind and title are enough")
}

/// Random numbers (xorshift), the same in every run; the seed must not be 0.
pub struct Random(pub u64);

impl Random {
    /// Random number below `limit`.
    pub fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % limit.max(1) as u64) as usize
    }

    /// Random element of a slice.
    pub fn pick<'a, T>(&mut self, from: &'a [T]) -> &'a T {
        &from[self.below(from.len())]
    }
}
