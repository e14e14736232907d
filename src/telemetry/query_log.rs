//! Query lines of the log, written so that none can be joined with the access line of its request.
//!
//! They have no requester, duration or size. A number of them is held and written at once in the
//! order of their texts, so that time and order of the log name the batch and not the request.

use parking_lot::Mutex;

use crate::telemetry::masking::{masked_parameters, masked_text};
use crate::telemetry::search_log::Searched;

/// Lines that are held.
pub struct QueryLog {
    batch_lines: usize,
    searches: Mutex<Vec<QueryLine>>,
    slow: Mutex<Vec<String>>,
}

/// A search, as the log has it.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct QueryLine {
    text: String,
    literal: bool,
    total: u64,
}

impl QueryLog {
    /// Creates a log that writes so many lines at once.
    pub fn new(batch_lines: usize) -> Self {
        Self { batch_lines, searches: Mutex::default(), slow: Mutex::default() }
    }

    /// Adds a search.
    pub fn add_search(&self, searched: &Searched) {
        let Searched { text, literal, total, .. } = searched;
        let line = QueryLine { text: masked_text(text), literal: *literal, total: *total };
        write_searches(push(&self.searches, line, self.batch_lines));
    }

    /// Adds the parameters of a request that took long. They have batches of their own: among other
    /// searches a rare slow one would be known by its time.
    pub fn add_slow(&self, query: &str) {
        if !query.is_empty() {
            write_slow(push(&self.slow, masked_parameters(query), self.batch_lines));
        }
    }

    /// Writes the lines that are held; called when the server ends.
    pub fn flush(&self) {
        write_searches(std::mem::take(&mut *self.searches.lock()));
        write_slow(std::mem::take(&mut *self.slow.lock()));
    }
}

/// Adds a line and takes all of them once there are enough.
fn push<T>(held: &Mutex<Vec<T>>, line: T, batch_lines: usize) -> Vec<T> {
    let mut held = held.lock();
    held.push(line);
    if held.len() < batch_lines { Vec::new() } else { std::mem::take(&mut *held) }
}

fn write_searches(mut lines: Vec<QueryLine>) {
    lines.sort();
    for QueryLine { text, literal, total } in lines {
        tracing::info!(target: "query", text, literal, total);
    }
}

fn write_slow(mut lines: Vec<String>) {
    lines.sort();
    for asked in lines {
        tracing::info!(target: "slow_query", asked);
    }
}
