//! Settings: built-in defaults, then a TOML file, then the environment, then the command line.
//!
//! In the environment each key is `GONGKAI_SECTION__KEY`, for example `GONGKAI_SERVER__LISTEN`.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use figment::Figment;
use figment::providers::{Env, Format, Serialized, Toml};
use serde::{Deserialize, Serialize};

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
}

/// The HTTP server.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Server {
    /// Address and port to listen on.
    pub listen: SocketAddr,
    /// Another address and port for administration and `/metrics`, which are then there alone.
    pub admin_listen: Option<SocketAddr>,
    /// Most connections at a time; further ones wait to be accepted.
    pub max_connections: usize,
    /// How long a client may take to send the head of a request, in seconds.
    pub header_timeout_seconds: u64,
    /// How long open requests may take to end after the signal to stop, in seconds.
    pub shutdown_seconds: u64,
}

/// Searching.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Search {
    /// Searches that run at a time; 0 for one a core.
    pub concurrent: usize,
    /// Searches that may wait for their turn; further ones are refused with 503.
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

/// Names in the environment that begin like settings and are none: what is logged, and
/// where tests and benches find their data.
const NO_SETTINGS: [&str; 4] = ["log", "shared", "update", "faults"];

impl Default for Config {
    fn default() -> Self {
        Self {
            data: PathBuf::from("data"),
            server: Server::default(),
            search: Search::default(),
            writing: Writing::default(),
        }
    }
}

impl Default for Server {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 8080)),
            admin_listen: None,
            max_connections: 4096,
            header_timeout_seconds: 10,
            shutdown_seconds: 30,
        }
    }
}

impl Default for Search {
    fn default() -> Self {
        Self { concurrent: 0, queue: 256, deadline_ms: 2_000, cache_mib: 64 }
    }
}

impl Default for Writing {
    fn default() -> Self {
        Self { queue: 2_048, queue_mib: 64 }
    }
}

impl Writing {
    /// As the writing thread takes it.
    pub fn limits(&self) -> gongkai_index::embedded::Limits {
        gongkai_index::embedded::Limits { changes: self.queue.max(1), bytes: self.queue_mib << 20 }
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

    /// The file beside the index that holds what is known of typing.
    pub fn typing_file(&self) -> PathBuf {
        self.data.join("typing")
    }

    /// The file of the keys, hashed.
    pub fn keys_file(&self) -> PathBuf {
        self.data.join("keys.json")
    }

    /// The directory of the index inside the data directory.
    pub fn index_directory(&self) -> PathBuf {
        self.data.join("index")
    }
}
