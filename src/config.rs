//! Settings: built-in defaults, then a TOML file, then the environment, then the command line.
//!
//! In the environment each key is `GONGKAI_SECTION__KEY`, for example `GONGKAI_SERVER__LISTEN`.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use figment::Figment;
use figment::providers::{Env, Format, Serialized, Toml};
use gongkai_index::collection::write_queue;
use serde::{Deserialize, Serialize};

use crate::access::network::Network;
use crate::links::BasePath;

/// All settings.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Data directory: the index and the files beside it.
    pub data: PathBuf,
    /// Settings of the HTTP server.
    pub server: Server,
    /// Settings of searches.
    pub search: Search,
    /// Settings of writes beside searches.
    pub writing: Writing,
    /// Handling of private numbers in records.
    pub privacy: Privacy,
    /// Rate limits of one client.
    pub limits: Limits,
    /// Logging on stderr.
    pub logs: Logs,
    /// The search log.
    pub searches: Searches,
}

/// Logging on stderr.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Logs {
    /// Format of the lines.
    pub format: LogFormat,
    /// Log a line for each request: requester, address and outcome, but no query.
    pub access: bool,
    /// Log a line for each search: query and number of hits, but no requester.
    pub queries: bool,
    /// Number of query lines that are written at once, so that none can be joined with the access line
    /// of its request.
    pub query_batch: usize,
    /// Log a warning for each request that took longer than so many milliseconds; 0 for none.
    pub slow_ms: u64,
    /// Size in MiB at which a file of the audit log is followed by another; 0 for never.
    pub audit_mib: u64,
    /// Refused requests of one client that the audit log lists a minute; others are counted.
    pub refusals_per_client: u32,
    /// Refused requests of all clients that the audit log lists a minute.
    pub refusals: u32,
}

impl Logs {
    /// Maximal size of a file of the audit log, in bytes.
    pub fn audit_bytes(&self) -> u64 {
        self.audit_mib << 20
    }
}

/// Format of log lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// Text on a terminal, else JSON.
    Auto,
    /// One JSON object a line.
    Json,
    /// Text for people.
    Text,
}

/// The search log: queries by day, without requesters.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Searches {
    /// Keep the log.
    pub keep: bool,
    /// Number of days to keep.
    pub days: u32,
    /// Number of different texts a day; further ones are counted together.
    pub texts_a_day: usize,
}

/// Private numbers in the records: identity numbers, mobile numbers, bank cards.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Privacy {
    /// Mask the inner digits of private numbers in every output.
    pub mask: bool,
}

/// Settings of the HTTP server.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Server {
    /// Address and port to listen on.
    pub listen: SocketAddr,
    /// The path below which the server is reached, such as `/search`; every address shown begins with it.
    pub base_path: BasePath,
    /// HTTPS, if a certificate and a key are named.
    pub tls: Tls,
    /// Separate address and port for administration and `/metrics`, which are then served there only.
    pub admin_listen: Option<SocketAddr>,
    /// Serve `/metrics` at the public address to everybody, not only to this machine and admin keys.
    pub metrics_open: bool,
    /// Proxies whose `X-Forwarded-For` is trusted: addresses or ranges.
    pub trusted_proxies: Vec<Network>,
    /// Origins whose scripts may read responses, such as `https://www.example.gov.cn`; `*` for all.
    pub cors_origins: Vec<String>,
    /// Maximal number of connections; further ones wait to be accepted.
    pub max_connections: usize,
    /// Maximal number of connections of one address, except proxies and this machine; 0 for no limit.
    pub max_connections_per_address: usize,
    /// Time for a client to send the head of a request, in seconds.
    pub header_timeout_seconds: u64,
    /// Time that a client may send nothing of a body, in seconds; of a response it has to read 16 KiB in it.
    pub stall_timeout_seconds: u64,
    /// Time for a request body, or for a line of a list of records, to arrive, in seconds.
    pub body_timeout_seconds: u64,
    /// Memory for answers that clients have not taken, in MiB; 0 for no limit.
    pub max_unsent_mib: usize,
    /// The same for one address, except proxies and this machine.
    pub max_unsent_per_address_mib: usize,
    /// Memory for request bodies under way, in MiB; 0 for no limit.
    pub max_bodies_mib: usize,
    /// The same for one address, except proxies and this machine.
    pub max_bodies_per_address_mib: usize,
    /// Speaks HTTP/2 without TLS too.
    pub http2_cleartext: bool,
    /// Free disk space in MiB below which the server is not ready; 0 for no limit.
    pub min_free_disk_mib: u64,
    /// Time for open requests to end after the signal to stop, in seconds.
    pub shutdown_seconds: u64,
}

/// Files for HTTPS: both or none.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Tls {
    /// The certificate and the intermediate certificates, in PEM.
    pub certificate: Option<PathBuf>,
    /// The private key of the certificate, in PEM.
    pub key: Option<PathBuf>,
}

impl Tls {
    /// True if the server uses HTTPS.
    pub fn is_on(&self) -> bool {
        self.certificate.is_some()
    }

    /// Scheme of addresses.
    pub fn scheme(&self) -> &'static str {
        if self.is_on() { "https" } else { "http" }
    }
}

/// Settings of searches.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Search {
    /// Number of searches that run at a time; 0 for one a core.
    pub concurrent: usize,
    /// Number of searches that may wait for each that runs; further ones are rejected with 503. During
    /// overload only a few may wait, so that they do not wait long.
    pub queue: usize,
    /// Time for a search, waiting included, in milliseconds.
    pub deadline_ms: u64,
    /// Memory for cached answers, in MiB; 0 for none.
    pub cache_mib: usize,
}

/// Settings of writes beside searches.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Writing {
    /// Number of changes that may wait to be written; further ones are rejected with 503.
    pub queue: usize,
    /// Memory for waiting changes, in MiB.
    pub queue_mib: usize,
}

/// Rate limits of one client in units: a burst at once, and a rate per minute in the long run. 0 per
/// minute is no limit. A request costs at least one unit.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Limits {
    /// CPU time of one unit, in milliseconds: about a plain search; 0: CPU time is not counted.
    pub unit_ms: u32,
    /// Bytes sent of one unit, in KiB; 0: bytes are not counted.
    pub unit_kib: u32,
    /// Units of one address at once; of a /48 of IPv6 eight times as many, here and below.
    pub burst: u32,
    /// Units of one address a minute.
    pub per_minute: u32,
    /// Units of exports and lists of one address at once.
    pub exports_burst: u32,
    /// Units of exports and lists of one address a minute; a running one waits for them.
    pub exports_per_minute: u32,
    /// Units of one key at once.
    pub key_burst: u32,
    /// Units of one key a minute.
    pub key_per_minute: u32,
    /// Units of exports and lists of one key at once.
    pub key_exports_burst: u32,
    /// Units of exports and lists of one key a minute.
    pub key_exports_per_minute: u32,
    /// Health checks and readings of metrics of one address at once.
    pub probes_burst: u32,
    /// Health checks and readings of metrics of one address a minute.
    pub probes_per_minute: u32,
    /// Wrong keys of one address a minute; then none is looked at.
    pub wrong_keys_per_minute: u32,
    /// Number of clients whose budgets are kept; the one not seen for longest is dropped.
    pub clients: usize,
}

/// Names in the environment with the prefix of settings that are none: the log filter, and the data of
/// tests and benches.
const RESERVED_NAMES: [&str; 5] = ["log", "shared", "update", "fuzz_seconds", "faults"];

impl Default for Config {
    fn default() -> Self {
        Self {
            data: PathBuf::from("data"),
            server: Server::default(),
            search: Search::default(),
            writing: Writing::default(),
            privacy: Privacy::default(),
            limits: Limits::default(),
            logs: Logs::default(),
            searches: Searches::default(),
        }
    }
}

impl Default for Server {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 8080)),
            base_path: BasePath::default(),
            tls: Tls::default(),
            admin_listen: None,
            metrics_open: false,
            trusted_proxies: Vec::new(),
            cors_origins: Vec::new(),
            max_connections: 4096,
            max_connections_per_address: 256,
            header_timeout_seconds: 10,
            stall_timeout_seconds: 30,
            body_timeout_seconds: 60,
            max_unsent_mib: 64,
            max_unsent_per_address_mib: 4,
            max_bodies_mib: 64,
            max_bodies_per_address_mib: 24,
            http2_cleartext: false,
            min_free_disk_mib: 256,
            shutdown_seconds: 30,
        }
    }
}

impl Default for Logs {
    fn default() -> Self {
        Self {
            format: LogFormat::Auto,
            access: true,
            queries: true,
            query_batch: 20,
            slow_ms: 1_000,
            audit_mib: 64,
            refusals_per_client: 5,
            refusals: 20,
        }
    }
}

impl Default for Searches {
    fn default() -> Self {
        Self { keep: true, days: 400, texts_a_day: 20_000 }
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            unit_ms: 4,
            unit_kib: 64,
            burst: 300,
            per_minute: 1_200,
            exports_burst: 8,
            exports_per_minute: 600,
            key_burst: 3_000,
            key_per_minute: 60_000,
            key_exports_burst: 600,
            key_exports_per_minute: 12_000,
            probes_burst: 120,
            probes_per_minute: 600,
            wrong_keys_per_minute: 10,
            clients: 100_000,
        }
    }
}

impl Default for Search {
    fn default() -> Self {
        Self { concurrent: 0, queue: 64, deadline_ms: 2_000, cache_mib: 64 }
    }
}

impl Default for Writing {
    fn default() -> Self {
        Self { queue: 2_048, queue_mib: 64 }
    }
}

impl Writing {
    /// Limits of the write queue.
    pub fn limits(&self) -> write_queue::Limits {
        write_queue::Limits { changes: self.queue.max(1), bytes: self.queue_mib << 20 }
    }
}

impl Search {
    /// Number of searches that run at a time.
    pub fn permits(&self) -> usize {
        match self.concurrent {
            0 => std::thread::available_parallelism().map_or(2, usize::from),
            permits => permits,
        }
    }

    /// Time for a search, waiting included.
    pub fn deadline(&self) -> Duration {
        Duration::from_millis(self.deadline_ms)
    }
}

impl Config {
    /// Reads the settings from the file, if there is one, and the environment.
    ///
    /// # Errors
    /// A file that cannot be read, an unknown key, a value of the wrong kind; each named.
    pub fn load(file: Option<&Path>) -> Result<Self, Box<figment::Error>> {
        let mut figment = Figment::from(Serialized::defaults(Self::default()));
        if let Some(file) = file {
            figment = figment.merge(Toml::file_exact(file));
        }
        figment
            .merge(Env::prefixed("GONGKAI_").ignore(&RESERVED_NAMES).split("__"))
            .extract()
            .map_err(Box::new)
    }

    /// The file of the lexicon. Masked collections have another one, since a lexicon of unmasked texts
    /// could reveal private numbers.
    pub fn typing_file(&self) -> PathBuf {
        self.data.join(if self.privacy.mask { "typing-masked" } else { "typing" })
    }

    /// The file with the report of clean-up lists.
    pub fn lists_file(&self) -> PathBuf {
        self.data.join("lists.json")
    }

    /// The file of the hashed keys.
    pub fn keys_file(&self) -> PathBuf {
        self.data.join("keys.json")
    }

    /// The file of the audit log.
    pub fn audit_file(&self) -> PathBuf {
        self.data.join("audit.ndjson")
    }

    /// The folder of the search log, with one file for each day.
    pub fn searches_directory(&self) -> PathBuf {
        self.data.join("searches")
    }

    /// The directory of the index, inside the data directory.
    pub fn index_directory(&self) -> PathBuf {
        self.data.join("index")
    }
}
