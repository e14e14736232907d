//! A simulated disk in memory that can lose power, and that fails on demand.
//!
//! It is stricter than file systems usually are. After a power cut, unsynced bytes of a file may be
//! there, in part, or as zeros. Of a folder, each change since its last sync may or may not
//! have happened, whatever came after it; only changes to one name keep their order.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard};

use tantivy::directory::{FileHandle, OwnedBytes};

use crate::embedded::faults::RandomNumbers;
use crate::embedded::storage::disk::{Disk, DiskEntry, DiskFile, FileStamp, LockGuard};

/// The content of a file and the length of its durable part.
#[derive(Clone, Default)]
struct Node {
    bytes: Vec<u8>,
    synced: usize,
    /// Content that was durable before the file was truncated, until it is synced again.
    before_truncation: Option<Vec<u8>>,
}

/// A change of names that is not yet durable.
#[derive(Clone)]
enum NameChange {
    Create(PathBuf, usize),
    Rename(PathBuf, PathBuf, usize),
    Remove(PathBuf),
}

/// Files and names, current and durable.
#[derive(Clone, Default)]
struct State {
    nodes: Vec<Node>,
    names: BTreeMap<PathBuf, usize>,
    durable: BTreeMap<PathBuf, usize>,
    pending: Vec<NameChange>,
    folders: BTreeSet<PathBuf>,
}

/// Callback that gets the state at a power cut.
type Watch = Box<dyn FnMut(PowerCut) + Send>;

/// State of the simulation.
struct Simulation {
    state: State,
    locks: Arc<Mutex<BTreeSet<PathBuf>>>,
    operations: usize,
    fails_at: Option<(usize, io::ErrorKind)>,
    has_failed: bool,
    is_full: bool,
    numbers: RandomNumbers,
    /// Mean number of operations between two simulated power cuts.
    interval: usize,
    watch: Option<Watch>,
}

/// A simulated disk; clones share it.
#[derive(Clone)]
pub struct SimulatedDisk {
    inner: Arc<Mutex<Simulation>>,
}

impl fmt::Debug for SimulatedDisk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SimulatedDisk")
    }
}

/// State of the disk at a power cut.
pub struct PowerCut(State);

impl PowerCut {
    /// Returns the disk in one of the states in which it may be found afterwards.
    pub fn power_on(self, numbers: &mut RandomNumbers) -> SimulatedDisk {
        let Self(state) = self;
        let mut names = state.durable;
        // Half the time the first changes happened, else any of them.
        let first = numbers.below(state.pending.len() + 1);
        let is_any_order = numbers.below(2) == 0;
        let mut missed: BTreeSet<PathBuf> = BTreeSet::new();
        for (position, change) in state.pending.into_iter().enumerate() {
            let happens = if is_any_order { numbers.below(2) == 0 } else { position < first };
            let changed_paths = match &change {
                NameChange::Create(path, _) | NameChange::Remove(path) => vec![path.clone()],
                NameChange::Rename(_, to, _) => vec![to.clone()],
            };
            if !happens || changed_paths.iter().any(|path| missed.contains(path)) {
                missed.extend(changed_paths);
                continue;
            }
            match change {
                NameChange::Create(path, node) => drop(names.insert(path, node)),
                NameChange::Rename(from, to, node) => {
                    names.remove(&from);
                    names.insert(to, node);
                }
                NameChange::Remove(path) => drop(names.remove(&path)),
            }
        }
        let nodes: Vec<Node> = state.nodes.into_iter().map(|node| tear(node, numbers)).collect();
        let state =
            State { nodes, durable: names.clone(), names, pending: Vec::new(), folders: state.folders };
        SimulatedDisk::new(state, 1, usize::MAX, None)
    }
}

/// Returns a file as a power cut may leave it: the synced part, and a part of the rest, perhaps as
/// zeros. A file that was truncated and written again may also have its content from before, all of
/// it or behind a part of the new content.
fn tear(mut node: Node, numbers: &mut RandomNumbers) -> Node {
    if let Some(before) = node.before_truncation.take()
        && numbers.below(2) == 0
    {
        let new = node.synced + numbers.below(node.bytes.len() - node.synced + 1);
        node.bytes.truncate(new);
        node.bytes.extend(before.into_iter().skip(new));
        node.synced = node.bytes.len();
        return node;
    }
    let rest = node.bytes.len() - node.synced;
    let left = node.synced + numbers.below(rest + 1);
    node.bytes.truncate(left);
    if numbers.below(2) == 0 {
        let from = node.synced + numbers.below(left - node.synced + 1);
        node.bytes[from..].fill(0);
    }
    node.synced = node.bytes.len();
    node
}

impl SimulatedDisk {
    /// Creates an empty disk; one in so many operations calls `watch` with the state at a power cut.
    pub fn with_power_cuts(seed: u64, interval: usize, watch: impl FnMut(PowerCut) + Send + 'static) -> Self {
        Self::new(State::default(), seed, interval, Some(Box::new(watch)))
    }

    /// Creates an empty disk of which one operation fails. A full disk goes on failing in operations
    /// that need room until it is repaired; any other failure happens once.
    pub fn failing(operation: usize, kind: io::ErrorKind) -> Self {
        let disk = Self::new(State::default(), 1, usize::MAX, None);
        disk.locked().fails_at = Some((operation, kind));
        disk
    }

    fn new(state: State, seed: u64, interval: usize, watch: Option<Watch>) -> Self {
        let inner = Simulation {
            state,
            locks: Arc::default(),
            operations: 0,
            fails_at: None,
            has_failed: false,
            is_full: false,
            numbers: RandomNumbers(seed),
            interval,
            watch,
        };
        Self { inner: Arc::new(Mutex::new(inner)) }
    }

    /// Returns whether the failure has happened.
    pub fn has_failed(&self) -> bool {
        self.locked().has_failed
    }

    /// Ends all failures.
    pub fn repair(&self) {
        let mut inner = self.locked();
        inner.is_full = false;
        inner.fails_at = None;
    }

    fn locked(&self) -> MutexGuard<'_, Simulation> {
        self.inner.lock().expect("not poisoned")
    }

    /// Counts an operation, which may be the one that fails.
    fn count_operation(&self, needs_room: bool) -> io::Result<MutexGuard<'_, Simulation>> {
        let mut inner = self.locked();
        inner.operations += 1;
        let interval = inner.interval;
        if inner.watch.is_some() && inner.numbers.below(interval) == 0 {
            let cut = PowerCut(inner.state.clone());
            if let Some(watch) = &mut inner.watch {
                watch(cut);
            }
        }
        let Some((operation, kind)) = inner.fails_at else { return Ok(inner) };
        let full = kind == io::ErrorKind::StorageFull;
        let is_turn =
            inner.operations == operation || (full && inner.operations > operation && !inner.has_failed);
        if (is_turn || inner.is_full) && (needs_room || !full) {
            inner.has_failed = true;
            inner.is_full = full;
            return Err(io::Error::new(kind, "the simulated disk fails"));
        }
        Ok(inner)
    }
}

fn not_found() -> io::Error {
    io::Error::from(io::ErrorKind::NotFound)
}

/// A file being written on the simulated disk.
struct SimulatedFile {
    disk: SimulatedDisk,
    node: usize,
}

impl Write for SimulatedFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut inner = self.disk.count_operation(true)?;
        inner.state.nodes[self.node].bytes.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl DiskFile for SimulatedFile {
    fn sync(&mut self) -> io::Result<()> {
        let mut inner = self.disk.count_operation(true)?;
        let node = &mut inner.state.nodes[self.node];
        node.synced = node.bytes.len();
        node.before_truncation = None;
        Ok(())
    }
}

/// A lock on the simulated disk; dropping it releases it.
struct SimulatedLock(Arc<Mutex<BTreeSet<PathBuf>>>, PathBuf);

impl Drop for SimulatedLock {
    fn drop(&mut self) {
        self.0.lock().expect("not poisoned").remove(&self.1);
    }
}

impl Disk for SimulatedDisk {
    fn location(&self) -> &Path {
        Path::new("simulated")
    }

    fn read(&self, path: &Path) -> io::Result<Arc<dyn FileHandle>> {
        let inner = self.count_operation(false)?;
        let node = inner.state.names.get(path).ok_or_else(not_found)?;
        Ok(Arc::new(OwnedBytes::new(inner.state.nodes[*node].bytes.clone())))
    }

    fn stream(&self, path: &Path, from: u64) -> io::Result<Box<dyn Read>> {
        let inner = self.count_operation(false)?;
        let node = inner.state.names.get(path).ok_or_else(not_found)?;
        let bytes = &inner.state.nodes[*node].bytes;
        Ok(Box::new(io::Cursor::new(bytes.get(from as usize..).unwrap_or_default().to_vec())))
    }

    fn extend(&self, path: &Path, from: u64) -> io::Result<Box<dyn DiskFile>> {
        let mut inner = self.count_operation(true)?;
        let number = *inner.state.names.get(path).ok_or_else(not_found)?;
        let node = &mut inner.state.nodes[number];
        let from = from as usize;
        if from < node.synced {
            node.before_truncation.get_or_insert(node.bytes[..node.synced].to_vec());
            node.synced = from;
        }
        node.bytes.resize(from, 0);
        Ok(Box::new(SimulatedFile { disk: self.clone(), node: number }))
    }

    fn create(&self, path: &Path) -> io::Result<Box<dyn DiskFile>> {
        let mut inner = self.count_operation(true)?;
        if inner.state.names.contains_key(path) {
            return Err(io::Error::from(io::ErrorKind::AlreadyExists));
        }
        let node = inner.state.nodes.len();
        inner.state.nodes.push(Node::default());
        inner.state.names.insert(path.to_owned(), node);
        inner.state.pending.push(NameChange::Create(path.to_owned(), node));
        Ok(Box::new(SimulatedFile { disk: self.clone(), node }))
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        let mut inner = self.count_operation(true)?;
        let node = inner.state.names.remove(from).ok_or_else(not_found)?;
        inner.state.names.insert(to.to_owned(), node);
        inner.state.pending.push(NameChange::Rename(from.to_owned(), to.to_owned(), node));
        Ok(())
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        let mut inner = self.count_operation(false)?;
        inner.state.names.remove(path).ok_or_else(not_found)?;
        inner.state.pending.push(NameChange::Remove(path.to_owned()));
        Ok(())
    }

    fn remove_folder(&self, path: &Path) -> io::Result<()> {
        self.count_operation(false)?.state.folders.remove(path);
        Ok(())
    }

    fn create_folder(&self, path: &Path) -> io::Result<()> {
        self.count_operation(true)?.state.folders.insert(path.to_owned());
        Ok(())
    }

    fn list(&self, folder: &Path) -> io::Result<Vec<DiskEntry>> {
        let inner = self.count_operation(false)?;
        let inside = |path: &Path| path.parent() == Some(folder) && path != folder;
        let name = |path: &Path| path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let files = inner.state.names.keys().filter(|path| inside(path));
        let mut entries: Vec<DiskEntry> =
            files.map(|path| DiskEntry { name: name(path), is_folder: false }).collect();
        let folders = inner.state.folders.iter().filter(|path| inside(path));
        entries.extend(folders.map(|path| DiskEntry { name: name(path), is_folder: true }));
        entries.sort();
        Ok(entries)
    }

    fn sync_folder(&self, folder: &Path) -> io::Result<()> {
        let mut inner = self.count_operation(true)?;
        let state = &mut inner.state;
        let (here, elsewhere): (Vec<_>, Vec<_>) =
            std::mem::take(&mut state.pending).into_iter().partition(|change| match change {
                NameChange::Create(path, _) | NameChange::Remove(path) | NameChange::Rename(_, path, _) => {
                    path.parent() == Some(folder)
                }
            });
        state.pending = elsewhere;
        for change in here {
            match change {
                NameChange::Create(path, node) => drop(state.durable.insert(path, node)),
                NameChange::Rename(from, to, node) => {
                    state.durable.remove(&from);
                    state.durable.insert(to, node);
                }
                NameChange::Remove(path) => drop(state.durable.remove(&path)),
            }
        }
        Ok(())
    }

    fn lock(&self, path: &Path, wait: bool) -> io::Result<Option<LockGuard>> {
        let locks = self.count_operation(false)?.locks.clone();
        loop {
            if locks.lock().expect("not poisoned").insert(path.to_owned()) {
                return Ok(Some(Box::new(SimulatedLock(locks, path.to_owned()))));
            }
            if !wait {
                return Ok(None);
            }
            std::thread::yield_now();
        }
    }

    fn file_stamp(&self, path: &Path) -> Option<FileStamp> {
        let inner = self.locked();
        inner.state.names.get(path).map(|node| [*node as u64, 0, 0])
    }
}
