//! A disk in memory that knows what would survive a power cut, and that fails on demand.
//!
//! It is stricter than file systems usually are. Of a file, what was not synced may be
//! there, in part, or as zeros. Of a folder, each change since its last sync may or may not
//! have happened, whatever came after it; only changes to one name keep their order.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard};

use tantivy::directory::{FileHandle, OwnedBytes};

use crate::embedded::faults::Numbers;
use crate::embedded::storage::disk::{Disk, DiskEntry, DiskFile, FileStamp, Held};

/// A file's content and how much of it is durable.
#[derive(Clone, Default)]
struct Node {
    bytes: Vec<u8>,
    synced: usize,
    /// What was durable before it was cut short, until it is synced again.
    before: Option<Vec<u8>>,
}

/// A change of names that is not yet durable.
#[derive(Clone)]
enum Naming {
    Gives(PathBuf, usize),
    Moves(PathBuf, PathBuf, usize),
    Takes(PathBuf),
}

/// What the disk holds.
#[derive(Clone, Default)]
struct State {
    nodes: Vec<Node>,
    names: BTreeMap<PathBuf, usize>,
    durable: BTreeMap<PathBuf, usize>,
    pending: Vec<Naming>,
    folders: BTreeSet<PathBuf>,
}

type Watch = Box<dyn FnMut(Cut) + Send>;

struct Inner {
    state: State,
    locks: Arc<Mutex<BTreeSet<PathBuf>>>,
    operations: usize,
    fails_at: Option<(usize, io::ErrorKind)>,
    failed: bool,
    broken: bool,
    numbers: Numbers,
    /// Every so many operations the watch sees what a power cut would leave.
    every: usize,
    watch: Option<Watch>,
}

/// The disk; clones share it.
#[derive(Clone)]
pub struct SimulatedDisk {
    inner: Arc<Mutex<Inner>>,
}

impl fmt::Debug for SimulatedDisk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SimulatedDisk")
    }
}

/// The moment at which the power goes.
pub struct Cut(State);

impl Cut {
    /// One of the states in which the disk may be found afterwards.
    pub fn power_on(self, numbers: &mut Numbers) -> SimulatedDisk {
        let Self(state) = self;
        let mut names = state.durable;
        // Mostly what came first; sometimes any of it.
        let up_to = numbers.below(state.pending.len() + 1);
        let any = numbers.below(2) == 0;
        let mut missed: BTreeSet<PathBuf> = BTreeSet::new();
        for (at, naming) in state.pending.into_iter().enumerate() {
            let happens = if any { numbers.below(2) == 0 } else { at < up_to };
            let touched = match &naming {
                Naming::Gives(path, _) | Naming::Takes(path) => vec![path.clone()],
                Naming::Moves(_, to, _) => vec![to.clone()],
            };
            if !happens || touched.iter().any(|path| missed.contains(path)) {
                missed.extend(touched);
                continue;
            }
            match naming {
                Naming::Gives(path, node) => drop(names.insert(path, node)),
                Naming::Moves(from, to, node) => {
                    names.remove(&from);
                    names.insert(to, node);
                }
                Naming::Takes(path) => drop(names.remove(&path)),
            }
        }
        let nodes: Vec<Node> = state.nodes.into_iter().map(|node| torn(node, numbers)).collect();
        let state =
            State { nodes, durable: names.clone(), names, pending: Vec::new(), folders: state.folders };
        SimulatedDisk::of(state, 1, usize::MAX, None)
    }
}

/// What may be left of a file: what was synced, and of the rest a part, perhaps as zeros. Of
/// one that was cut short and written on, also what it was before, all of it or behind a part
/// of the new.
fn torn(mut node: Node, numbers: &mut Numbers) -> Node {
    if let Some(before) = node.before.take()
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
    /// An empty disk; the watch sees every so many operations what a power cut would leave.
    pub fn watched(seed: u64, every: usize, watch: impl FnMut(Cut) + Send + 'static) -> Self {
        Self::of(State::default(), seed, every, Some(Box::new(watch)))
    }

    /// An empty disk of which one operation fails. Without room it goes on failing in what
    /// needs room until it is mended; any other failure happens once.
    pub fn failing(at: usize, kind: io::ErrorKind) -> Self {
        let disk = Self::of(State::default(), 1, usize::MAX, None);
        disk.locked().fails_at = Some((at, kind));
        disk
    }

    fn of(state: State, seed: u64, every: usize, watch: Option<Watch>) -> Self {
        let inner = Inner {
            state,
            locks: Arc::default(),
            operations: 0,
            fails_at: None,
            failed: false,
            broken: false,
            numbers: Numbers(seed),
            every,
            watch,
        };
        Self { inner: Arc::new(Mutex::new(inner)) }
    }

    /// Whether the failure has happened.
    pub fn has_failed(&self) -> bool {
        self.locked().failed
    }

    /// From now on everything works.
    pub fn mend(&self) {
        let mut inner = self.locked();
        inner.broken = false;
        inner.fails_at = None;
    }

    fn locked(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().expect("no operation panics")
    }

    /// Counts an operation; it fails if it is its turn.
    fn operate(&self, needs_room: bool) -> io::Result<MutexGuard<'_, Inner>> {
        let mut inner = self.locked();
        inner.operations += 1;
        let every = inner.every;
        if inner.watch.is_some() && inner.numbers.below(every) == 0 {
            let cut = Cut(inner.state.clone());
            if let Some(watch) = &mut inner.watch {
                watch(cut);
            }
        }
        let Some((at, kind)) = inner.fails_at else { return Ok(inner) };
        let full = kind == io::ErrorKind::StorageFull;
        let turn = inner.operations == at || (full && inner.operations > at && !inner.failed);
        if (turn || inner.broken) && (needs_room || !full) {
            inner.failed = true;
            inner.broken = full;
            return Err(io::Error::new(kind, "the simulated disk fails"));
        }
        Ok(inner)
    }
}

fn not_found() -> io::Error {
    io::Error::from(io::ErrorKind::NotFound)
}

struct SimulatedFile {
    disk: SimulatedDisk,
    node: usize,
}

impl Write for SimulatedFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut inner = self.disk.operate(true)?;
        inner.state.nodes[self.node].bytes.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl DiskFile for SimulatedFile {
    fn sync(&mut self) -> io::Result<()> {
        let mut inner = self.disk.operate(true)?;
        let node = &mut inner.state.nodes[self.node];
        node.synced = node.bytes.len();
        node.before = None;
        Ok(())
    }
}

struct Unlock(Arc<Mutex<BTreeSet<PathBuf>>>, PathBuf);

impl Drop for Unlock {
    fn drop(&mut self) {
        self.0.lock().expect("no holder panics").remove(&self.1);
    }
}

impl Disk for SimulatedDisk {
    fn place(&self) -> &Path {
        Path::new("simulated")
    }

    fn read(&self, path: &Path) -> io::Result<Arc<dyn FileHandle>> {
        let inner = self.operate(false)?;
        let node = inner.state.names.get(path).ok_or_else(not_found)?;
        Ok(Arc::new(OwnedBytes::new(inner.state.nodes[*node].bytes.clone())))
    }

    fn stream(&self, path: &Path, from: u64) -> io::Result<Box<dyn Read>> {
        let inner = self.operate(false)?;
        let node = inner.state.names.get(path).ok_or_else(not_found)?;
        let bytes = &inner.state.nodes[*node].bytes;
        Ok(Box::new(io::Cursor::new(bytes.get(from as usize..).unwrap_or_default().to_vec())))
    }

    fn extend(&self, path: &Path, from: u64) -> io::Result<Box<dyn DiskFile>> {
        let mut inner = self.operate(true)?;
        let at = *inner.state.names.get(path).ok_or_else(not_found)?;
        let node = &mut inner.state.nodes[at];
        let from = from as usize;
        if from < node.synced {
            node.before.get_or_insert(node.bytes[..node.synced].to_vec());
            node.synced = from;
        }
        node.bytes.resize(from, 0);
        Ok(Box::new(SimulatedFile { disk: self.clone(), node: at }))
    }

    fn create(&self, path: &Path) -> io::Result<Box<dyn DiskFile>> {
        let mut inner = self.operate(true)?;
        if inner.state.names.contains_key(path) {
            return Err(io::Error::from(io::ErrorKind::AlreadyExists));
        }
        let node = inner.state.nodes.len();
        inner.state.nodes.push(Node::default());
        inner.state.names.insert(path.to_owned(), node);
        inner.state.pending.push(Naming::Gives(path.to_owned(), node));
        Ok(Box::new(SimulatedFile { disk: self.clone(), node }))
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        let mut inner = self.operate(true)?;
        let node = inner.state.names.remove(from).ok_or_else(not_found)?;
        inner.state.names.insert(to.to_owned(), node);
        inner.state.pending.push(Naming::Moves(from.to_owned(), to.to_owned(), node));
        Ok(())
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        let mut inner = self.operate(false)?;
        inner.state.names.remove(path).ok_or_else(not_found)?;
        inner.state.pending.push(Naming::Takes(path.to_owned()));
        Ok(())
    }

    fn remove_folder(&self, path: &Path) -> io::Result<()> {
        self.operate(false)?.state.folders.remove(path);
        Ok(())
    }

    fn make_folder(&self, path: &Path) -> io::Result<()> {
        self.operate(true)?.state.folders.insert(path.to_owned());
        Ok(())
    }

    fn list(&self, folder: &Path) -> io::Result<Vec<DiskEntry>> {
        let inner = self.operate(false)?;
        let inside = |path: &Path| path.parent() == Some(folder) && path != folder;
        let name = |path: &Path| path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let files = inner.state.names.keys().filter(|path| inside(path));
        let mut entries: Vec<DiskEntry> =
            files.map(|path| DiskEntry { name: name(path), folder: false }).collect();
        let folders = inner.state.folders.iter().filter(|path| inside(path));
        entries.extend(folders.map(|path| DiskEntry { name: name(path), folder: true }));
        entries.sort();
        Ok(entries)
    }

    fn sync_folder(&self, folder: &Path) -> io::Result<()> {
        let mut inner = self.operate(true)?;
        let state = &mut inner.state;
        let (here, elsewhere): (Vec<_>, Vec<_>) =
            std::mem::take(&mut state.pending).into_iter().partition(|naming| match naming {
                Naming::Gives(path, _) | Naming::Takes(path) | Naming::Moves(_, path, _) => {
                    path.parent() == Some(folder)
                }
            });
        state.pending = elsewhere;
        for naming in here {
            match naming {
                Naming::Gives(path, node) => drop(state.durable.insert(path, node)),
                Naming::Moves(from, to, node) => {
                    state.durable.remove(&from);
                    state.durable.insert(to, node);
                }
                Naming::Takes(path) => drop(state.durable.remove(&path)),
            }
        }
        Ok(())
    }

    fn lock(&self, path: &Path, wait: bool) -> io::Result<Option<Held>> {
        let locks = self.operate(false)?.locks.clone();
        loop {
            if locks.lock().expect("no holder panics").insert(path.to_owned()) {
                return Ok(Some(Box::new(Unlock(locks, path.to_owned()))));
            }
            if !wait {
                return Ok(None);
            }
            std::thread::yield_now();
        }
    }

    fn stamp(&self, path: &Path) -> Option<FileStamp> {
        let inner = self.locked();
        inner.state.names.get(path).map(|node| [*node as u64, 0, 0])
    }
}
