//! The generations of a collection in memory.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::analysis::Analyzer;
use crate::memory::document_set::DocumentSet;
use crate::record::generation::Generation;
use crate::relations::fact_table::FactTable;

/// Newest generations that cursors find again.
const MAX_PINNED: usize = 128;

/// The last generations, shared by the backend and its writer.
pub struct Generations {
    /// The analyzer of texts.
    pub analyzer: Analyzer,
    empty: Arc<DocumentSet>,
    /// The newest last.
    pinned: Mutex<VecDeque<Arc<DocumentSet>>>,
}

impl Generations {
    /// Begins with generation 0, which is empty.
    pub fn new(analyzer: Analyzer) -> Self {
        let empty = DocumentSet::new(0, Vec::new(), Arc::new(FactTable::default()));
        let empty = Arc::new(empty);
        Self { analyzer, pinned: Mutex::new(VecDeque::from([empty.clone()])), empty }
    }

    fn lock(&self) -> MutexGuard<'_, VecDeque<Arc<DocumentSet>>> {
        self.pinned.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns the newest generation.
    pub fn newest(&self) -> Arc<DocumentSet> {
        self.lock().back().unwrap_or(&self.empty).clone()
    }

    /// Finds a generation that is still pinned.
    pub fn find(&self, generation: Generation) -> Option<Arc<DocumentSet>> {
        self.lock().iter().find(|set| set.generation == generation).cloned()
    }

    /// Adds the newest generation and drops the oldest of more than [`MAX_PINNED`].
    pub fn push(&self, set: Arc<DocumentSet>) {
        let mut pinned = self.lock();
        pinned.push_back(set);
        while pinned.len() > MAX_PINNED {
            pinned.pop_front();
        }
    }
}
