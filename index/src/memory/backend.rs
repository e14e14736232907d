//! Documents in memory as a [`Backend`].

use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex};

use crate::analysis::Analyzer;
use crate::backend::{Backend, Capabilities, Health, Journal, Load, Snapshot, Writer};
use crate::error::{Error, Result};
use crate::memory::document_set::DocumentSet;
use crate::memory::generations::Generations;
use crate::memory::journal::{Entries, MemoryJournal};
use crate::memory::snapshot::MemorySnapshot;
use crate::memory::writer::{MemoryWriter, WriterLock};
use crate::record::generation::SnapshotToken;

/// A collection in memory, gone with the last clone. Clones share it.
#[derive(Clone)]
pub struct Memory {
    generations: Arc<Generations>,
    entries: Arc<Mutex<Entries>>,
    is_writing: Arc<AtomicBool>,
}

impl Memory {
    /// Makes an empty collection.
    pub fn new() -> Self {
        Self {
            generations: Arc::new(Generations::new(Analyzer::shared())),
            entries: Arc::default(),
            is_writing: Arc::default(),
        }
    }

    fn read(&self, set: Arc<DocumentSet>) -> Arc<dyn Snapshot> {
        Arc::new(MemorySnapshot::new(set, self.generations.analyzer.clone()))
    }
}

impl Default for Memory {
    fn default() -> Self {
        Self::new()
    }
}

impl Backend for Memory {
    fn snapshot(&self) -> Arc<dyn Snapshot> {
        self.read(self.generations.newest())
    }

    fn snapshot_at(&self, token: &SnapshotToken) -> Result<Arc<dyn Snapshot>> {
        let found = self.generations.find(token.generation);
        let gone = || Error::GenerationGone {
            asked: token.generation,
            current: self.generations.newest().generation,
        };
        found.map(|set| self.read(set)).ok_or_else(gone)
    }

    fn refresh(&self) -> Result<bool> {
        Ok(false)
    }

    fn writer(&self, _load: Load) -> Result<Box<dyn Writer>> {
        let lock = WriterLock::take(&self.is_writing)?;
        Ok(Box::new(MemoryWriter::new(&self.generations, lock)))
    }

    fn is_handing_over(&self) -> bool {
        false
    }

    fn wait_for_handover(&self) {}

    fn journal(&self) -> Box<dyn Journal> {
        Box::new(MemoryJournal::new(&self.entries))
    }

    fn health(&self) -> Result<Health> {
        Ok(Health::default())
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities { explain: true, local_files: false }
    }
}
