//! Refused attempts in the audit log: requests with a wrong key, without one, or beyond its scope.
//!
//! Their number is bounded, for one client and for all, so that nobody can fill the disk: what goes
//! beyond in a minute is counted, and one line has the count.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::extract::Request;
use axum::http::StatusCode;
use parking_lot::Mutex;

use crate::access::network::{Client, client_network};
use crate::telemetry::audit::AuditLog;
use crate::telemetry::masking::masked_path;

/// Time in which lines are counted.
const INTERVAL: Duration = Duration::from_secs(60);
/// Name of the server in its own lines; names of keys have no blanks.
const THIS_SERVER: &str = "this server";

/// Writer of refused attempts.
pub struct Refusals {
    audit: Arc<AuditLog>,
    /// Lines of one client a minute.
    max_per_client: u32,
    /// Lines of all clients a minute.
    max: u32,
    minute: Mutex<Minute>,
}

/// Attempts of one minute. It has as many clients as lines at most.
#[derive(Default)]
struct Minute {
    since: Option<Instant>,
    lines: HashMap<Option<IpAddr>, u32>,
    total: u32,
    left_out: u64,
}

impl Minute {
    fn is_over(&self, now: Instant) -> bool {
        self.since.is_none_or(|since| now.saturating_duration_since(since) >= INTERVAL)
    }
}

/// Decision on one attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Decision {
    Listed,
    /// The first one that is not listed in its minute.
    FirstLeftOut,
    LeftOut,
}

impl Refusals {
    /// Creates a writer to this log with so many lines a minute, of one client and in all.
    pub fn new(audit: Arc<AuditLog>, max_per_client: u32, max: u32) -> Self {
        Self { audit, max_per_client, max, minute: Mutex::default() }
    }

    /// Adds a refused request, if there is room for it; resolves when its line is on disk. `who` is the
    /// name of the key or says that there is none.
    pub fn add(
        self: &Arc<Self>,
        request: &Request,
        who: &str,
        status: StatusCode,
        reason: &str,
    ) -> impl Future<Output = ()> + Send + use<> {
        let client = request.extensions().get::<Client>().map(|client| client.address);
        let now = Instant::now();
        let left_out = self.take_left_out(now, false);
        let decision = self.decide(client.map(client_network), now);
        let line = (decision == Decision::Listed).then(|| {
            let what = format!("{} {}", request.method(), masked_path(request.uri().path()));
            let from = client.map_or_else(|| "an unknown address".to_owned(), |client| client.to_string());
            (who.to_owned(), what, format!("{} from {from}: {reason}", status.as_u16()))
        });
        let this = self.clone();
        async move {
            this.write_left_out(left_out).await;
            if let Some((who, what, outcome)) = line {
                this.write(&who, &what, &outcome).await;
            }
            if decision == Decision::FirstLeftOut {
                tokio::spawn(async move {
                    tokio::time::sleep(INTERVAL).await;
                    this.write_left_out(this.take_left_out(Instant::now(), false)).await;
                });
            }
        }
    }

    async fn write_left_out(&self, count: Option<u64>) {
        if let Some(count) = count {
            self.write(THIS_SERVER, SUMMARY, &summary(count)).await;
        }
    }

    /// Writes the count of those left out so far; called when the server ends.
    pub fn flush(&self) {
        if let Some(count) = self.take_left_out(Instant::now(), true)
            && let Err(e) = self.audit.add(THIS_SERVER, SUMMARY, &summary(count))
        {
            tracing::error!(error = %e, "the audit log could not be written");
        }
    }

    async fn write(&self, who: &str, what: &str, outcome: &str) {
        if let Err(e) = self.audit.add_async(who, what, outcome).await {
            tracing::error!(error = %e, "the audit log could not be written");
        }
    }

    fn decide(&self, network: Option<IpAddr>, now: Instant) -> Decision {
        let mut minute = self.minute.lock();
        if minute.is_over(now) {
            // Those left out before are counted on: their line is yet to be written.
            *minute = Minute { since: Some(now), left_out: minute.left_out, ..Minute::default() };
        }
        let of_client = minute.lines.get(&network).copied().unwrap_or_default();
        if minute.total >= self.max || of_client >= self.max_per_client {
            minute.left_out += 1;
            return if minute.left_out == 1 { Decision::FirstLeftOut } else { Decision::LeftOut };
        }
        minute.total += 1;
        minute.lines.insert(network, of_client + 1);
        Decision::Listed
    }

    /// Takes the count of those left out, if there are any and their minute is over.
    fn take_left_out(&self, now: Instant, at_once: bool) -> Option<u64> {
        let mut minute = self.minute.lock();
        let is_due = minute.left_out > 0 && (at_once || minute.is_over(now));
        is_due.then(|| std::mem::take(&mut minute.left_out))
    }
}

/// Action of the line that counts those left out.
const SUMMARY: &str = "refused requests";

fn summary(count: u64) -> String {
    format!("{count} more within a minute are not listed")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attempts_beyond_limits_are_counted_until_minute_is_over() {
        let folder = tempfile::tempdir().unwrap();
        let audit = Arc::new(AuditLog::new(folder.path().join("audit.ndjson"), 0));
        let refusals = Refusals::new(audit, 2, 3);
        let network = |n: u8| Some(IpAddr::from([192, 0, 2, n]));
        let now = Instant::now();
        let decided: Vec<_> = [1, 1, 1, 2, 3, 2].map(|n| refusals.decide(network(n), now)).into();
        use Decision::{FirstLeftOut, LeftOut, Listed};
        assert_eq!(decided, [Listed, Listed, FirstLeftOut, Listed, LeftOut, LeftOut]);
        assert_eq!(refusals.minute.lock().lines.len(), 2, "as many clients as lines at most");
        assert_eq!(refusals.take_left_out(now, false), None);
        assert_eq!(refusals.take_left_out(now + INTERVAL, false), Some(3));
        assert_eq!(refusals.decide(network(1), now + INTERVAL), Listed, "the next minute has room");
    }
}
