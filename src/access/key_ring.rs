//! The keys of a data directory: one file, replaced as a whole, in which keys are hashed.
//!
//! A key is 256 random bits, so its plain hash tells nothing about it and needs neither
//! salt nor slowness. Hashes are compared in constant time.

use std::fs::{self, File, Metadata};
use std::io::{self, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use parking_lot::Mutex;
use serde::{Deserialize, Serialize};

use crate::access::caller::{Caller, Scope};

/// What a key begins with, so that people and secret scanners know it for one.
const PREFIX: &str = "gk_";
/// Random bytes of a key.
const BYTES: usize = 32;
/// Longest name, in characters.
const MAX_NAME: usize = 64;
/// Most keys: each request with a key is compared with all of them.
const MAX_KEYS: usize = 1_000;

/// What is kept of a key.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Key {
    /// What the operator calls it.
    pub name: String,
    /// What it allows.
    pub scope: Scope,
    /// When it was made.
    pub created: jiff::Timestamp,
    hash: String,
}

/// Why keys cannot be read or changed.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// The file cannot be read or written.
    #[error("{0}: {1}")]
    File(PathBuf, io::Error),
    /// The file is not one of keys.
    #[error("{0} is not a file of keys ({1}); it was left as it is")]
    Damaged(PathBuf, String),
    /// A name that cannot be one.
    #[error("a name has 1 to {MAX_NAME} letters, digits, “-”, “_” or “.”")]
    Name,
    /// The name is taken.
    #[error("there is a key “{0}” already; revoke it or take another name")]
    Taken(String),
    /// No key has the name.
    #[error("there is no key “{0}”; `gongkai key list` shows them")]
    Unknown(String),
    /// There are too many.
    #[error("there are {MAX_KEYS} keys already; revoke those not in use")]
    TooMany,
    /// The system gives no random bytes.
    #[error("no random bytes: {0}")]
    Random(String),
}

/// The file as a whole.
#[derive(Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Contents {
    keys: Vec<Key>,
}

/// Tells one writing of the file from another.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Stamp(u64, u64, i64, i64);

impl Stamp {
    fn of(file: &Metadata) -> Self {
        Self(file.ino(), file.len(), file.mtime(), file.mtime_nsec())
    }
}

/// The keys of one data directory, as they are in this moment.
pub struct KeyRing {
    file: PathBuf,
    known: Mutex<(Option<Stamp>, Arc<[Key]>)>,
}

impl KeyRing {
    /// The keys in that file; there need not be one yet.
    pub fn new(file: PathBuf) -> Self {
        Self { file, known: Mutex::new((None, Arc::new([]))) }
    }

    /// All keys. A change of the file is seen by the next call.
    ///
    /// # Errors
    /// A file that cannot be read.
    pub fn keys(&self) -> Result<Arc<[Key]>, KeyError> {
        let stamp = match fs::metadata(&self.file) {
            Ok(metadata) => Some(Stamp::of(&metadata)),
            Err(e) if e.kind() == io::ErrorKind::NotFound => None,
            Err(e) => return Err(KeyError::File(self.file.clone(), e)),
        };
        let mut known = self.known.lock();
        if known.0 != stamp {
            *known = (stamp, self.read()?.keys.into());
        }
        Ok(known.1.clone())
    }

    /// Whose key this is.
    ///
    /// # Errors
    /// A file that cannot be read.
    pub fn caller(&self, presented: &str) -> Result<Option<Caller>, KeyError> {
        let presented = blake3::hash(presented.as_bytes());
        let keys = self.keys()?;
        // All are compared, each in constant time: how long it takes says nothing.
        let mut found = None;
        for key in keys.iter() {
            // What is no hash is the hash of no key.
            if blake3::Hash::from_hex(&key.hash).is_ok_and(|hash| hash == presented) {
                found = Some(Caller::Holder { name: key.name.as_str().into(), scope: key.scope });
            }
        }
        Ok(found)
    }

    /// Whether any key allows this.
    ///
    /// # Errors
    /// A file that cannot be read.
    pub fn anyone_may(&self, scope: Scope) -> Result<bool, KeyError> {
        Ok(self.keys()?.iter().any(|key| key.scope >= scope))
    }

    /// Makes a key and gives it; it cannot be had again.
    ///
    /// # Errors
    /// A wrong or taken name, too many keys, a file that cannot be written.
    pub fn add(&self, name: &str, scope: Scope) -> Result<String, KeyError> {
        if !is_name(name) {
            return Err(KeyError::Name);
        }
        let mut random = [0; BYTES];
        getrandom::fill(&mut random).map_err(|e| KeyError::Random(e.to_string()))?;
        let secret: String = random.iter().map(|byte| format!("{byte:02x}")).collect();
        let secret = format!("{PREFIX}{secret}");
        self.change(|keys| {
            if keys.iter().any(|key| key.name == name) {
                return Err(KeyError::Taken(name.to_owned()));
            }
            if keys.len() >= MAX_KEYS {
                return Err(KeyError::TooMany);
            }
            let hash = blake3::hash(secret.as_bytes()).to_hex().to_string();
            keys.push(Key { name: name.to_owned(), scope, created: jiff::Timestamp::now(), hash });
            Ok(())
        })?;
        Ok(secret)
    }

    /// Makes a key worthless.
    ///
    /// # Errors
    /// No such key, a file that cannot be written.
    pub fn revoke(&self, name: &str) -> Result<(), KeyError> {
        self.change(|keys| {
            let before = keys.len();
            keys.retain(|key| key.name != name);
            if keys.len() < before { Ok(()) } else { Err(KeyError::Unknown(name.to_owned())) }
        })
    }

    fn read(&self) -> Result<Contents, KeyError> {
        match fs::read(&self.file) {
            Ok(bytes) => serde_json::from_slice(&bytes)
                .map_err(|e| KeyError::Damaged(self.file.clone(), e.to_string())),
            Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(Contents::default()),
            Err(e) => Err(KeyError::File(self.file.clone(), e)),
        }
    }

    /// Reads, changes and replaces the file; two processes that do so wait for each other.
    fn change(&self, change: impl FnOnce(&mut Vec<Key>) -> Result<(), KeyError>) -> Result<(), KeyError> {
        let failed = |e: io::Error| KeyError::File(self.file.clone(), e);
        let folder = self.file.parent().unwrap_or(Path::new("."));
        fs::create_dir_all(folder).map_err(failed)?;
        let directory = File::open(folder).map_err(failed)?;
        let lock = File::create(self.file.with_extension("lock")).map_err(failed)?;
        rustix::fs::flock(&lock, rustix::fs::FlockOperation::LockExclusive).map_err(|e| failed(e.into()))?;
        let mut contents = self.read()?;
        change(&mut contents.keys)?;
        self.replace(&contents).and_then(|()| directory.sync_all()).map_err(failed)
    }

    fn replace(&self, contents: &Contents) -> io::Result<()> {
        let next = self.file.with_extension("next");
        let mut file = File::options().write(true).create(true).truncate(true).mode(0o600).open(&next)?;
        file.write_all(&serde_json::to_vec_pretty(contents)?)?;
        file.sync_all()?;
        fs::rename(next, &self.file)
    }
}

fn is_name(name: &str) -> bool {
    let fits = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_' | '.');
    (1..=MAX_NAME).contains(&name.chars().count()) && name.chars().all(fits)
}
