//! What the tests of the program share: a real server on a free port, a client,
//! the sample, and the same questions answered by looking at every record.

// Each test program uses a part of this.
#![allow(dead_code, unused_imports)]

pub mod client;
pub mod expectation;
pub mod place;
pub mod server;
pub mod stub;

use std::sync::{LazyLock, OnceLock};

use gongkai_index::Record;

pub use client::Reply;
pub use server::Server;
pub use stub::Stub;

/// The sample records.
pub static SAMPLE: LazyLock<Vec<Record>> = LazyLock::new(|| gongkai::sample::records().collect());

/// A server of the sample that lives as long as the test program.
pub fn sample() -> &'static Server {
    static SERVER: OnceLock<Server> = OnceLock::new();
    SERVER.get_or_init(|| Server::holding(&SAMPLE))
}

/// A record with an id and a title; tests set what they need beside them.
pub fn record(id: &str, title: &str) -> Record {
    let json = serde_json::json!({ "id": id, "kind": "document", "title": title });
    Record::from_json(json.to_string().as_bytes()).expect("id, kind and title are enough")
}

/// A generator of the same numbers in every run (xorshift); 0 is no seed.
pub struct Numbers(pub u64);

impl Numbers {
    /// A number below `limit`.
    pub fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % limit.max(1) as u64) as usize
    }

    /// One of several.
    pub fn pick<'a, T>(&mut self, from: &'a [T]) -> &'a T {
        &from[self.below(from.len())]
    }
}
