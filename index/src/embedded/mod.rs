//! The index on this machine, on tantivy.
//!
//! Nothing of tantivy is visible outside this folder.

mod bits;
mod collect;
mod columns;
mod copies;
mod fields;
mod matching;
mod overlay;
mod queued;
mod reliance;
mod scoring;
mod search;
mod snapshot;
mod stored;
mod tokenizers;
mod trend;
mod writer;

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, RwLock};
use std::time::SystemTime;

use serde::{Deserialize, Serialize};
use tantivy::{Index, IndexReader, ReloadPolicy};

use self::fields::{FORMAT, Fields};
use self::reliance::Reliance;
use self::snapshot::{Opener, Snapshot};
pub use self::writer::EmbeddedWriter;
use crate::analysis::Analyzer;
use crate::backend::{Budget, Searcher};
use crate::error::{Error, Result};
use crate::query::Query;
use crate::record::Record;
use crate::relations::{Commit, Relations};
use crate::results::{Generation, Ordered, SearchResults, Trend, TrendQuery};

/// How many generations stay open for cursors that were begun on them.
const HELD_GENERATIONS: usize = 4;

impl From<tantivy::TantivyError> for Error {
    fn from(error: tantivy::TantivyError) -> Self {
        match error {
            tantivy::TantivyError::IoError(io) => Self::Io(std::io::Error::new(io.kind(), io.to_string())),
            other => Self::Index(other.to_string()),
        }
    }
}

/// What a commit says of itself, in tantivy's commit payload.
#[derive(Debug, Serialize, Deserialize)]
struct CommitNote {
    format: u32,
    generation: Generation,
}

impl CommitNote {
    fn new(generation: Generation) -> Self {
        Self { format: FORMAT, generation }
    }

    fn to_json(&self) -> String {
        format!("{{\"format\":{},\"generation\":{}}}", self.format, self.generation)
    }

    fn of(index: &Index, path: &Path) -> Result<Self> {
        let metas = index.load_metas()?;
        let Some(payload) = metas.payload else { return Ok(Self::new(0)) };
        let note: Self = serde_json::from_str(&payload).map_err(|e| Error::Damaged {
            path: path.to_owned(),
            reason: format!("the last commit has an unreadable note: {e}"),
        })?;
        if note.format != FORMAT {
            return Err(Error::Format { path: path.to_owned(), found: note.format, expected: FORMAT });
        }
        Ok(note)
    }
}

/// An open index. Clones share it.
#[derive(Clone)]
pub struct Embedded {
    shared: Arc<Shared>,
}

struct Shared {
    path: PathBuf,
    index: Index,
    reader: IndexReader,
    fields: Arc<Fields>,
    analyzer: Analyzer,
    opener: Opener,
    reliance: Reliance,
    current: RwLock<Arc<Snapshot>>,
    /// The last generations, newest last; the current one among them.
    held: Mutex<Vec<Arc<Snapshot>>>,
    /// Which list of segments was last read.
    seen: Mutex<Option<ListMark>>,
}

impl Embedded {
    /// Opens the index in a directory, or makes an empty one where there is none.
    ///
    /// # Errors
    /// A directory that holds something else or a damaged index; it is left as it is.
    pub fn open(path: &Path) -> Result<Self> {
        fs::create_dir_all(path)?;
        let fields = Arc::new(Fields::new());
        let exists = path.join("meta.json").exists();
        if !exists && fs::read_dir(path)?.next().is_some() {
            return Err(Error::Damaged {
                path: path.to_owned(),
                reason: "holds files but no list of segments (meta.json); restore a backup or choose another directory".into(),
            });
        }
        let index = if exists {
            Index::open_in_dir(path)
                .map_err(|e| Error::Damaged { path: path.to_owned(), reason: e.to_string() })?
        } else {
            Index::create_in_dir(path, fields.schema.clone())?
        };
        CommitNote::of(&index, path)?;
        if index.schema() != fields.schema {
            return Err(Error::Format { path: path.to_owned(), found: 0, expected: FORMAT });
        }
        let analyzer = Analyzer::shared();
        tokenizers::register(&index, &analyzer);
        let reader: IndexReader = index.reader_builder().reload_policy(ReloadPolicy::Manual).try_into()?;
        let opener = Opener::default();
        let seen = list_mark(path);
        let note = reload(&index, &reader, path)?;
        let mut snapshot = opener.open(reader.searcher(), &fields, note.generation)?;
        let reliance = Reliance::new(path);
        reliance.follow(&mut snapshot)?;
        let snapshot = Arc::new(snapshot);
        Ok(Self {
            shared: Arc::new(Shared {
                path: path.to_owned(),
                index,
                reader,
                fields,
                analyzer,
                opener,
                reliance,
                current: RwLock::new(snapshot.clone()),
                held: Mutex::new(vec![snapshot]),
                seen: Mutex::new(seen),
            }),
        })
    }

    /// The writer; there can be one at a time, in all processes together.
    ///
    /// # Errors
    /// [`Error::InUse`].
    pub fn writer(&self) -> Result<EmbeddedWriter> {
        EmbeddedWriter::open(self)
    }

    /// Looks whether another process has committed, and if so makes it visible.
    ///
    /// # Errors
    /// A damaged index; what was visible before stays visible.
    pub fn refresh_if_changed(&self) -> Result<bool> {
        let now = list_mark(&self.shared.path);
        let known = *self.shared.seen.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if now == known {
            return Ok(false);
        }
        self.refresh()
    }

    /// Makes the last commit visible; false if it was already.
    fn refresh(&self) -> Result<bool> {
        let shared = &self.shared;
        let mut held = shared.held.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let seen = list_mark(&shared.path);
        let note = reload(&shared.index, &shared.reader, &shared.path)?;
        // A merge in the background changes segments and with them the statistics that
        // scores are made of, but not the generation. Within a generation the order of a
        // search must not change under a cursor, so the merged view waits for the next commit.
        let new = held.last().is_none_or(|newest| newest.generation != note.generation);
        if new {
            let mut snapshot =
                shared.opener.open(shared.reader.searcher(), &shared.fields, note.generation)?;
            shared.reliance.follow(&mut snapshot)?;
            let snapshot = Arc::new(snapshot);
            held.push(snapshot.clone());
            let surplus = held.len().saturating_sub(HELD_GENERATIONS);
            held.drain(..surplus);
            *shared.current.write().unwrap_or_else(std::sync::PoisonError::into_inner) = snapshot;
        }
        *shared.seen.lock().unwrap_or_else(std::sync::PoisonError::into_inner) = seen;
        Ok(new)
    }

    fn snapshot(&self) -> Arc<Snapshot> {
        self.shared.current.read().unwrap_or_else(std::sync::PoisonError::into_inner).clone()
    }

    fn snapshot_at(&self, generation: Option<Generation>) -> Result<Arc<Snapshot>> {
        let current = self.snapshot();
        let Some(asked) = generation.filter(|asked| *asked != current.generation) else { return Ok(current) };
        let held = self.shared.held.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let found = held.iter().find(|snapshot| snapshot.generation == asked).cloned();
        found.ok_or(Error::GenerationGone { asked, current: current.generation })
    }

    fn index(&self) -> &Index {
        &self.shared.index
    }

    fn reliance(&self) -> &Reliance {
        &self.shared.reliance
    }

    fn fields(&self) -> &Arc<Fields> {
        &self.shared.fields
    }

    fn directory(&self) -> &Path {
        &self.shared.path
    }
}

impl Searcher for Embedded {
    fn search(&self, query: &Query, at: Option<Generation>, budget: &Budget) -> Result<SearchResults> {
        let snapshot = self.snapshot_at(at)?;
        let shared = &self.shared;
        let mut found = search::run(&snapshot, query, &shared.analyzer, &shared.opener.dictionary, budget)?;
        let relations = shared.reliance.read();
        found.hits.iter_mut().for_each(|hit| hit.relate(&relations));
        Ok(found)
    }

    fn order(&self, query: &Query, at: Option<Generation>, budget: &Budget) -> Result<Ordered> {
        let snapshot = self.snapshot_at(at)?;
        search::order(&snapshot, query, &self.shared.analyzer, &self.shared.opener.dictionary, budget)
    }

    fn trend(&self, query: &Query, asked: &TrendQuery, budget: &Budget) -> Result<Trend> {
        let snapshot = self.snapshot();
        trend::run(&snapshot, query, asked, &self.shared.analyzer, &self.shared.opener.dictionary, budget)
    }

    fn relations(&self, read: &mut dyn FnMut(&Relations)) {
        read(&self.shared.reliance.read());
    }

    fn commits(&self) -> Result<Vec<Commit>> {
        self.shared.reliance.commits()
    }

    fn record(&self, id: &str) -> Result<Option<Record>> {
        self.snapshot().record(id)
    }

    fn each_record(&self, visit: &mut dyn FnMut(&Record)) -> Result<()> {
        self.snapshot().each_record(visit)
    }

    fn each_word(&self, visit: &mut dyn FnMut(&str, u32)) -> Result<()> {
        self.snapshot().each_word(visit)
    }

    fn generation(&self) -> Generation {
        self.snapshot().generation
    }

    fn len(&self) -> u64 {
        self.snapshot().searcher.num_docs()
    }
}

/// Reads the list of segments and the note of the commit that wrote it. They are two
/// reads, and another process may commit between them: read until both are of one commit.
fn reload(index: &Index, reader: &IndexReader, path: &Path) -> Result<CommitNote> {
    loop {
        let before = CommitNote::of(index, path)?;
        reader.reload()?;
        if CommitNote::of(index, path)?.generation == before.generation {
            return Ok(before);
        }
    }
}

/// Tells one list of segments from the next: each is a new file under the same name. The
/// time alone is too coarse for two commits in a row.
type ListMark = (SystemTime, u64, u64);

fn list_mark(path: &Path) -> Option<ListMark> {
    use std::os::unix::fs::MetadataExt;
    let meta = fs::metadata(path.join("meta.json")).ok()?;
    Some((meta.modified().ok()?, meta.ino(), meta.len()))
}
