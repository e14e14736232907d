//! The seam: what the program knows of an index, whichever holds it.

use std::any::Any;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use crate::error::{Error, Result};
use crate::query::Query;
use crate::record::Record;
use crate::record::generation::Generation;
use crate::relations::{Commit, Relations};
use crate::results::{Ordered, SearchResults, Trend, TrendQuery};

/// How long a search may take, and whether anybody still waits for it.
#[derive(Debug, Clone, Default)]
pub struct Budget {
    /// The moment after which it gives up; never, if `None`.
    pub deadline: Option<Instant>,
    /// Set once nobody waits for the answer any more.
    pub abandoned: Option<Arc<AtomicBool>>,
}

impl Budget {
    /// Gives up if the time is over or nobody waits; called between steps of bounded work.
    ///
    /// # Errors
    /// [`Error::Deadline`], [`Error::Abandoned`].
    pub fn check(&self) -> Result<()> {
        if self.abandoned.as_ref().is_some_and(|abandoned| abandoned.load(Ordering::Relaxed)) {
            return Err(Error::Abandoned);
        }
        match self.deadline {
            Some(deadline) if Instant::now() >= deadline => Err(Error::Deadline),
            _ => Ok(()),
        }
    }
}

/// A generation that stays open as long as this lives.
pub struct Hold {
    /// Its number.
    pub generation: Generation,
    _held: Arc<dyn Any + Send + Sync>,
}

impl Hold {
    /// Holds whatever keeps the generation open.
    pub fn new(generation: Generation, held: Arc<dyn Any + Send + Sync>) -> Self {
        Self { generation, _held: held }
    }
}

/// Reads a collection. A searcher sees all commits up to the moment of the call.
pub trait Searcher: Send + Sync {
    /// Runs a query on the newest generation, or on the one named if it is still held.
    ///
    /// # Errors
    /// [`Error::GenerationGone`], [`Error::Deadline`], or a failure of the index.
    fn search(&self, query: &Query, at: Option<Generation>, budget: &Budget) -> Result<SearchResults>;

    /// The whole record of that id.
    ///
    /// # Errors
    /// A failure of the index.
    fn record(&self, id: &str) -> Result<Option<Record>>;

    /// Visits every record of the newest generation, in no particular order.
    ///
    /// # Errors
    /// A failure of the index.
    fn each_record(&self, visit: &mut dyn FnMut(&Record)) -> Result<()>;

    /// Visits the words of titles and bodies, each with the number of records that
    /// hold it; a word may come several times, its numbers add up.
    ///
    /// # Errors
    /// A failure of the index.
    fn each_word(&self, visit: &mut dyn FnMut(&str, u32)) -> Result<()>;

    /// All hits of a query in its order, by the hashes of their ids and contents.
    ///
    /// # Errors
    /// As [`Searcher::search`].
    fn order(&self, query: &Query, at: Option<Generation>, budget: &Budget) -> Result<Ordered>;

    /// How many records match a query over time, on the newest generation.
    ///
    /// # Errors
    /// As [`Searcher::search`].
    fn trend(&self, query: &Query, asked: &TrendQuery, budget: &Budget) -> Result<Trend>;

    /// Shows what follows from the records of the newest generation together; a searcher
    /// that keeps none shows what follows from no records.
    fn relations(&self, read: &mut dyn FnMut(&Relations)) {
        read(&Relations::default());
    }

    /// All commits that are on record, the first first.
    ///
    /// # Errors
    /// A failure of the file system.
    fn commits(&self) -> Result<Vec<Commit>> {
        Ok(Vec::new())
    }

    /// In how many pieces the collection is held; 0 if that has no meaning.
    fn segments(&self) -> usize {
        0
    }

    /// The newest generation.
    fn generation(&self) -> Generation;

    /// Keeps a generation open, the newest or the one named if it is still held: searches
    /// may name it as long as the answer lives. A backend whose generations never go has
    /// nothing to do.
    ///
    /// # Errors
    /// [`Error::GenerationGone`].
    fn hold(&self, generation: Option<Generation>) -> Result<Hold> {
        Ok(Hold::new(generation.unwrap_or_else(|| self.generation()), Arc::new(())))
    }

    /// How many records it holds.
    fn len(&self) -> u64;

    /// Whether it holds none.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// What became of a record that was put.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Put {
    /// Its id is new.
    Added,
    /// It replaces another content.
    Updated,
    /// It was there already, in every byte.
    Unchanged,
}

/// Writes a collection. Nothing is visible or durable before [`Writer::commit`].
pub trait Writer {
    /// Adds the record or replaces the one of its id.
    ///
    /// # Errors
    /// A failure of the index.
    fn put(&mut self, record: &Record) -> Result<Put>;

    /// Removes the record of that id; false if there is none.
    ///
    /// # Errors
    /// A failure of the index.
    fn delete(&mut self, id: &str) -> Result<bool>;

    /// Makes everything so far durable and visible; the new generation.
    ///
    /// # Errors
    /// A failure of the index; nothing that was committed before is lost.
    fn commit(&mut self) -> Result<Generation>;
}
