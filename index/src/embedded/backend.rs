//! The embedded index as a [`Backend`].

use std::path::Path;
use std::sync::Arc;

use crate::backend::{Backend, Capabilities, Health, Journal, Load, Snapshot, Writer};
use crate::embedded::engine::Engine;
use crate::embedded::reader::segments::IndexSnapshot;
use crate::embedded::snapshot::EmbeddedSnapshot;
use crate::embedded::storage::current_file::GATE_LOCK;
use crate::embedded::storage::disk::{Disk, OsDisk};
use crate::embedded::storage::journal::{FrameFile, JournalKind};
use crate::embedded::writer::index_writer::{EmbeddedWriter, WriterSize};
use crate::error::Result;
use crate::record::generation::SnapshotToken;

/// An index in a directory of this machine. Clones share its state.
#[derive(Clone)]
pub struct Embedded {
    engine: Engine,
}

impl Embedded {
    /// Opens the index in a directory; creates an empty one if there is none.
    ///
    /// # Errors
    /// A directory that holds something else, or a damaged index; it is left as it is.
    pub fn open(path: &Path) -> Result<Self> {
        Self::open_on(Arc::new(OsDisk::open(path)?))
    }

    /// Opens the index on a disk.
    pub(super) fn open_on(disk: Arc<dyn Disk>) -> Result<Self> {
        Ok(Self { engine: Engine::open(disk)? })
    }

    fn pin(&self, snapshot: Arc<IndexSnapshot>) -> Arc<dyn Snapshot> {
        Arc::new(EmbeddedSnapshot::new(snapshot, self.engine.analyzer().clone()))
    }
}

impl Backend for Embedded {
    fn snapshot(&self) -> Arc<dyn Snapshot> {
        self.pin(self.engine.snapshot())
    }

    fn snapshot_at(&self, token: &SnapshotToken) -> Result<Arc<dyn Snapshot>> {
        Ok(self.pin(self.engine.snapshot_of(token.generation)?))
    }

    fn refresh(&self) -> Result<bool> {
        self.engine.refresh_if_changed()
    }

    fn writer(&self, load: Load) -> Result<Box<dyn Writer>> {
        let size = match load {
            Load::Bulk => WriterSize::BULK,
            Load::Few => WriterSize::FEW,
        };
        Ok(Box::new(EmbeddedWriter::open(&self.engine, size)?))
    }

    fn is_handing_over(&self) -> bool {
        // A failing lock is no reason not to write; the write reports the failure.
        matches!(self.engine.disk().lock(Path::new(GATE_LOCK), false), Ok(None))
    }

    fn wait_for_handover(&self) {
        drop(self.engine.disk().lock(Path::new(GATE_LOCK), true));
    }

    fn journal(&self) -> Box<dyn Journal> {
        Box::new(FrameFile::new(self.engine.disk().clone(), JournalKind::Commits))
    }

    fn health(&self) -> Result<Health> {
        Ok(Health {
            segments: self.engine.snapshot().segments.len(),
            index_version: self.engine.version().number,
            stale_dictionary: self.engine.has_stale_dictionary()?,
            facts_rebuilt: self.engine.facts().was_rebuilt(),
        })
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities { explain: true, local_files: true }
    }
}
