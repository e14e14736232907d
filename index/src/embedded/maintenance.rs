//! Maintenance of the embedded index: reindex, roll back, check, back up.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::backend::{BackedUp, Checked, LogHandover, Maintenance, Progress, Reindexed};
use crate::embedded::storage::disk::{Disk, OsDisk};
use crate::embedded::version::{backup, check, reindex};
use crate::error::Result;
use crate::throttle::{Effort, Throttle};

/// Maintenance of the index in a directory, also of one that cannot be opened.
pub struct EmbeddedMaintenance {
    path: PathBuf,
}

impl EmbeddedMaintenance {
    /// Creates the maintenance of the index in a directory.
    pub fn new(path: &Path) -> Self {
        Self { path: path.to_owned() }
    }

    fn disk(&self) -> Result<Arc<dyn Disk>> {
        Ok(Arc::new(OsDisk::open(&self.path)?))
    }
}

impl Maintenance for EmbeddedMaintenance {
    fn reindex(
        &self,
        effort: Effort,
        progress: &mut dyn FnMut(Progress),
        log: LogHandover<'_>,
    ) -> Result<Reindexed> {
        reindex::reindex(&self.disk()?, &Throttle::from_effort(effort), progress, log)
    }

    fn roll_back(&self, progress: &mut dyn FnMut(Progress), log: LogHandover<'_>) -> Result<Reindexed> {
        reindex::roll_back(&self.disk()?, progress, log)
    }

    fn check(&self) -> Result<Checked> {
        check::check(&self.path)
    }

    fn backup(&self, to: &Path) -> Result<BackedUp> {
        backup::back_up(&self.path, to)
    }
}
