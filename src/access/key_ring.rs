//! Keys of a data directory: one file, replaced as a whole, that holds hashes of the keys.
//!
//! A key is 256 random bits, so a plain hash reveals nothing of it and needs neither salt nor
//! slowness. Hashes are compared in constant time.

use std::fs::{self, Metadata};
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use gongkai_index::atomic_file::replace_file;
use gongkai_index::file_lock;
use gongkai_index::private_files::create_folder;
use parking_lot::Mutex;
use serde::{Deserialize, Serialize};

use crate::access::caller::{Caller, KeyId, Scope};

/// Prefix of every key, by which people and secret scanners recognise one.
const KEY_PREFIX: &str = "gk_";
/// Random bytes of a key.
const KEY_BYTES: usize = 32;
/// Time to wait for another process that changes the file, which takes milliseconds.
const LOCK_TIMEOUT: Duration = Duration::from_secs(5);
/// Maximal length of a name, in characters.
const MAX_NAME_CHARS: usize = 64;
/// Maximal number of keys: each request with a key is compared with all of them.
const MAX_KEYS: usize = 1_000;

/// A key as the file holds it, without the key itself.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Key {
    /// Name that the operator gave it.
    pub name: String,
    /// Scope that it allows.
    pub scope: Scope,
    /// Time of creation.
    pub created: jiff::Timestamp,
    hash: String,
}

/// Reason why keys cannot be read or changed.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// The file cannot be read or written.
    #[error("{0}: {1}")]
    File(PathBuf, io::Error),
    /// Another process does not release the lock of the file.
    #[error(transparent)]
    Locked(io::Error),
    /// The file is not a key file.
    #[error("{0} is not a file of keys ({1}); it was left as it is")]
    Damaged(PathBuf, String),
    /// The name is too long or has other characters.
    #[error("a name has 1 to {MAX_NAME_CHARS} letters, digits, “-”, “_” or “.”")]
    Name,
    /// The name is taken.
    #[error("there is a key “{0}” already; revoke it or take another name")]
    Taken(String),
    /// No key has this name.
    #[error("there is no key “{0}”; `gongkai key list` shows them")]
    Unknown(String),
    /// The ring is full.
    #[error("there are {MAX_KEYS} keys already; revoke those not in use")]
    TooMany,
    /// The system provides no random bytes.
    #[error("no random bytes: {0}")]
    Random(String),
}

/// Contents of the key file.
#[derive(Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Contents {
    keys: Vec<Key>,
}

/// Identifies one state of the file: inode, length, seconds and nanoseconds of its change.
#[derive(Clone, Copy, PartialEq, Eq)]
struct FileStamp(u64, u64, i64, i64);

impl FileStamp {
    fn from_metadata(file: &Metadata) -> Self {
        Self(file.ino(), file.len(), file.mtime(), file.mtime_nsec())
    }
}

/// Keys of a data directory, read again whenever the file has changed.
pub struct KeyRing {
    file: PathBuf,
    cached: Mutex<(Option<FileStamp>, Arc<[Key]>)>,
}

impl KeyRing {
    /// Creates a key ring on a file; it need not exist yet.
    pub fn new(file: PathBuf) -> Self {
        Self { file, cached: Mutex::new((None, Arc::new([]))) }
    }

    /// Lists all keys; a changed file is read again.
    ///
    /// # Errors
    /// A file that cannot be read.
    pub fn keys(&self) -> Result<Arc<[Key]>, KeyError> {
        let stamp = match fs::metadata(&self.file) {
            Ok(metadata) => Some(FileStamp::from_metadata(&metadata)),
            Err(e) if e.kind() == io::ErrorKind::NotFound => None,
            Err(e) => return Err(KeyError::File(self.file.clone(), e)),
        };
        let mut cached = self.cached.lock();
        if cached.0 != stamp {
            *cached = (stamp, self.read()?.keys.into());
        }
        Ok(cached.1.clone())
    }

    /// Finds the holder of a key; `None` for a wrong one.
    ///
    /// # Errors
    /// A file that cannot be read.
    pub fn find_caller(&self, presented: &str) -> Result<Option<Caller>, KeyError> {
        let presented = blake3::hash(presented.as_bytes());
        let keys = self.keys()?;
        // All are compared, each in constant time, so that the time taken reveals nothing.
        let mut found = None;
        for key in keys.iter() {
            // An entry that is no hash matches no key.
            if blake3::Hash::from_hex(&key.hash).is_ok_and(|hash| hash == presented) {
                let id = KeyId(key.hash.as_str().into());
                found = Some(Caller::Holder { name: key.name.as_str().into(), id, scope: key.scope });
            }
        }
        Ok(found)
    }

    /// True if this key was not revoked and its scope includes `needed`.
    ///
    /// # Errors
    /// A file that cannot be read.
    pub fn has_scope(&self, id: &KeyId, needed: Scope) -> Result<bool, KeyError> {
        Ok(self.keys()?.iter().any(|key| *key.hash == *id.0 && key.scope >= needed))
    }

    /// True if any key has this scope.
    ///
    /// # Errors
    /// A file that cannot be read.
    pub fn anyone_may(&self, scope: Scope) -> Result<bool, KeyError> {
        Ok(self.keys()?.iter().any(|key| key.scope >= scope))
    }

    /// Creates a key and returns it; the file holds only its hash.
    ///
    /// # Errors
    /// A wrong or taken name, too many keys, a file that cannot be written.
    pub fn add(&self, name: &str, scope: Scope) -> Result<String, KeyError> {
        if !is_valid_name(name) {
            return Err(KeyError::Name);
        }
        let mut random = [0; KEY_BYTES];
        getrandom::fill(&mut random).map_err(|e| KeyError::Random(e.to_string()))?;
        let secret: String = random.iter().map(|byte| format!("{byte:02x}")).collect();
        let secret = format!("{KEY_PREFIX}{secret}");
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

    /// Removes a key; it is worthless from then on.
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

    /// Reads, changes and replaces the file; processes that do so at once take turns.
    fn change(&self, change: impl FnOnce(&mut Vec<Key>) -> Result<(), KeyError>) -> Result<(), KeyError> {
        let failed = |e: io::Error| KeyError::File(self.file.clone(), e);
        let folder = self.file.parent().unwrap_or(Path::new("."));
        create_folder(folder).map_err(failed)?;
        let _lock =
            file_lock::lock(&self.file.with_extension("lock"), LOCK_TIMEOUT).map_err(KeyError::Locked)?;
        let mut contents = self.read()?;
        change(&mut contents.keys)?;
        let json = serde_json::to_vec_pretty(&contents).map_err(|e| failed(e.into()))?;
        replace_file(&self.file, &json).map_err(failed)
    }
}

fn is_valid_name(name: &str) -> bool {
    let is_allowed = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_' | '.');
    (1..=MAX_NAME_CHARS).contains(&name.chars().count()) && name.chars().all(is_allowed)
}
