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
    /// Where the index is kept.
    pub data: PathBuf,
    /// The HTTP server.
    pub server: Server,
    /// Searching.
    pub search: Search,
    /// Writing while others search.
    pub writing: Writing,
    /// Private numbers in the records.
    pub privacy: Privacy,
    /// How much one client may ask.
    pub limits: Limits,
    /// What is logged.
    pub logs: Logs,
    /// The log of what was searched.
    pub searches: Searches,
}

/// What is logged on stderr.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Logs {
    /// How its lines are written.
    pub format: LogFormat,
    /// A line for each request: by whom, at which address, with what outcome; not what was asked.
    pub access: bool,
    /// A line for each search: what was typed and how much was found; not by whom.
    pub queries: bool,
    /// A warning for each request that took longer than so many milliseconds; 0 for none.
    pub slow_ms: u64,
    /// A file of the log of who did what is followed by another when it has so many MiB; 0 for never.
    pub audit_mib: u64,
}

impl Logs {
    /// How long a file of the log of who did what may be.
    pub fn audit_bytes(&self) -> u64 {
        self.audit_mib << 20
    }
}

/// How lines of the log are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// As text on a terminal, else as JSON.
    Auto,
    /// One JSON object a line.
    Json,
    /// For people.
    Text,
}

/// The log of what was searched, by day, without who.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Searches {
    /// Whether it is kept at all.
    pub keep: bool,
    /// How many days.
    pub days: u32,
    /// How many different texts a day; others are counted together.
    pub texts_a_day: usize,
}

/// Private numbers in the records: identity numbers, mobile numbers, bank cards.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Privacy {
    /// Whether they lose their inner digits in everything that is shown, marked or exported.
    pub mask: bool,
}

/// The HTTP server.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Server {
    /// Address and port to listen on.
    pub listen: SocketAddr,
    /// The path below which the server is reached, such as `/search`; every address shown begins with it.
    pub base_path: BasePath,
    /// HTTPS, if files are named.
    pub tls: Tls,
    /// Another address and port for administration and `/metrics`, which are then there alone.
    pub admin_listen: Option<SocketAddr>,
    /// Those whose `X-Forwarded-For` is believed: addresses or ranges.
    pub trusted_proxies: Vec<Network>,
    /// Origins whose scripts may read answers, such as `https://www.example.gov.cn`; `*` for all.
    pub cors_origins: Vec<String>,
    /// Most connections at a time; further ones wait to be accepted.
    pub max_connections: usize,
    /// Most connections of one address, except of proxies and of this machine; 0 for no limit.
    pub max_connections_per_address: usize,
    /// How long a client may take to send the head of a request, in seconds.
    pub header_timeout_seconds: u64,
    /// How long a client may send nothing of a body, or take nothing of an answer, in seconds.
    pub stall_timeout_seconds: u64,
    /// Below so many MiB free where the data are, the server is not ready; 0 for no mark.
    pub min_free_disk_mib: u64,
    /// How long open requests may take to end after the signal to stop, in seconds.
    pub shutdown_seconds: u64,
}

/// HTTPS: both files or none.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Tls {
    /// The certificate and those between it and the root, in PEM.
    pub certificate: Option<PathBuf>,
    /// Its private key, in PEM.
    pub key: Option<PathBuf>,
}

impl Tls {
    /// Whether HTTPS is spoken.
    pub fn is_on(&self) -> bool {
        self.certificate.is_some()
    }

    /// What addresses begin with.
    pub fn scheme(&self) -> &'static str {
        if self.is_on() { "https" } else { "http" }
    }
}

/// Searching.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Search {
    /// Searches that run at a time; 0 for one a core.
    pub concurrent: usize,
    /// Searches that may wait at a peak for each that runs; further ones are refused with 503.
    /// While that lasts, only a few may wait, so that they do not wait long.
    pub queue: usize,
    /// How long a search may take with its waiting, in milliseconds.
    pub deadline_ms: u64,
    /// Memory for answers kept for asking again, in MiB; 0 for none.
    pub cache_mib: usize,
}

/// Writing while others search.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Writing {
    /// Changes that may wait to be written; further ones are refused with 503.
    pub queue: usize,
    /// Memory for changes that wait, in MiB.
    pub queue_mib: usize,
}

/// How much one client may ask: so many at once, and so many a minute for long. 0 a minute
/// is no limit.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Limits {
    /// Requests of one address at once.
    pub burst: u32,
    /// Requests of one address a minute.
    pub per_minute: u32,
    /// Exports and lists of one address at once.
    pub exports_burst: u32,
    /// Exports and lists of one address a minute.
    pub exports_per_minute: u32,
    /// Requests with one key at once.
    pub key_burst: u32,
    /// Requests with one key a minute.
    pub key_per_minute: u32,
    /// Exports and lists with one key at once.
    pub key_exports_burst: u32,
    /// Exports and lists with one key a minute.
    pub key_exports_per_minute: u32,
    /// How many clients are remembered; the one not seen for longest is forgotten.
    pub clients: usize,
}

/// Names in the environment that begin like settings and are none: what is logged, and
/// where tests and benches find their data.
const NO_SETTINGS: [&str; 5] = ["log", "shared", "update", "fuzz_seconds", "faults"];

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
            trusted_proxies: Vec::new(),
            cors_origins: Vec::new(),
            max_connections: 4096,
            max_connections_per_address: 256,
            header_timeout_seconds: 10,
            stall_timeout_seconds: 30,
            min_free_disk_mib: 256,
            shutdown_seconds: 30,
        }
    }
}

impl Default for Logs {
    fn default() -> Self {
        Self { format: LogFormat::Auto, access: true, queries: true, slow_ms: 1_000, audit_mib: 64 }
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
            burst: 300,
            per_minute: 1_200,
            exports_burst: 10,
            exports_per_minute: 20,
            key_burst: 3_000,
            key_per_minute: 60_000,
            key_exports_burst: 60,
            key_exports_per_minute: 300,
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
    /// As the writing thread takes it.
    pub fn limits(&self) -> write_queue::Limits {
        write_queue::Limits { changes: self.queue.max(1), bytes: self.queue_mib << 20 }
    }
}

impl Search {
    /// Searches that run at a time.
    pub fn permits(&self) -> usize {
        match self.concurrent {
            0 => std::thread::available_parallelism().map_or(2, usize::from),
            set => set,
        }
    }

    /// How long a search may take.
    pub fn deadline(&self) -> Duration {
        Duration::from_millis(self.deadline_ms)
    }
}

impl Config {
    /// Reads the settings.
    ///
    /// # Errors
    /// A file that cannot be read, an unknown key, a value of the wrong kind; each named.
    pub fn load(file: Option<&Path>) -> Result<Self, Box<figment::Error>> {
        let mut figment = Figment::from(Serialized::defaults(Self::default()));
        if let Some(file) = file {
            figment = figment.merge(Toml::file_exact(file));
        }
        figment.merge(Env::prefixed("GONGKAI_").ignore(&NO_SETTINGS).split("__")).extract().map_err(Box::new)
    }

    /// The file beside the index that holds what is known of typing. What was made of
    /// unmasked texts is not used with masked ones.
    pub fn typing_file(&self) -> PathBuf {
        self.data.join(if self.privacy.mask { "typing-masked" } else { "typing" })
    }

    /// The file beside the index that holds what clean-up lists came to.
    pub fn lists_file(&self) -> PathBuf {
        self.data.join("lists.json")
    }

    /// The file of the keys, hashed.
    pub fn keys_file(&self) -> PathBuf {
        self.data.join("keys.json")
    }

    /// The log of who did what.
    pub fn audit_file(&self) -> PathBuf {
        self.data.join("audit.ndjson")
    }

    /// The folder with one file of searches for each day.
    pub fn searches_directory(&self) -> PathBuf {
        self.data.join("searches")
    }

    /// The directory of the index inside the data directory.
    pub fn index_directory(&self) -> PathBuf {
        self.data.join("index")
    }
}
