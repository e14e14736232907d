//! What clean-up lists say, kept up with live writing: when a list is written, or a record
//! that a list names, the evidence follows in the background.
//!
//! A change that no list has to do with costs a look at its title and number. One that has
//! costs a walk through the collection, like the end of `gongkai index`, at low priority and
//! at most for a small share of the time.

use std::sync::{Arc, Weak};
use std::thread::JoinHandle;
use std::time::Instant;

use gongkai_index::collection::cleanup_lists;
use gongkai_index::collection::cleanup_lists::Known;
use gongkai_index::collection::write_queue::Change;
use gongkai_index::record::ValidityEvidence;
use gongkai_index::record::generation::Generation;
use gongkai_index::{Embedded, Put, Record, Searcher, Writer};

use crate::api::App;
use crate::background::after_commit::{LOOK, NICE, Turn};
use crate::search::service::Service;
use crate::search::writes::Touched;

/// Starts the thread; it ends with the service. `engine` gives the records as they are kept.
///
/// # Errors
/// No thread can be started.
pub fn begin(engine: Embedded, app: &App) -> std::io::Result<JoinHandle<()>> {
    let app = Arc::downgrade(app);
    std::thread::Builder::new().name("weighing".into()).spawn(move || {
        // On Linux this holds for the thread alone. Where it is not permitted, so be it.
        let _ = rustix::process::nice(NICE);
        Weighing { engine, app, known: None, turn: Turn::new(Instant::now()) }.run();
    })
}

struct Weighing {
    engine: Embedded,
    app: Weak<Service>,
    /// By what changes are told that matter; nothing before the first walk.
    known: Option<Known>,
    turn: Turn,
}

impl Weighing {
    fn run(mut self) {
        let (mut done, mut edition) = (0, self.engine.edition_number());
        while let Some(app) = self.app.upgrade() {
            let mut newest = app.writing().last_written();
            // Another edition was brought up to date by contents, of which evidence is no part.
            if newest > 0 && self.engine.edition_number() != edition {
                newest = self.engine.generation();
                self.known = None;
            }
            if newest > done && self.turn.has_come(newest, Some(done), Instant::now()) {
                let (begun, now) = (Instant::now(), self.engine.edition_number());
                let touched = app.writing().take_touched();
                // A defect here must not end what keeps evidence up to date.
                let work = std::panic::AssertUnwindSafe(|| self.follow(&app, &touched));
                match std::panic::catch_unwind(work) {
                    Ok(Ok(walked)) => {
                        (done, edition) = (newest, now);
                        if walked {
                            self.turn.took(begun.elapsed(), Instant::now());
                        }
                    }
                    failed => {
                        let told = failed.map_or_else(|_| "a defect".to_owned(), |e| format!("{e:?}"));
                        tracing::error!(
                            error = told,
                            "what clean-up lists say could not be brought up to date"
                        );
                        app.writing().touch_again(touched);
                        self.turn.took(begun.elapsed(), Instant::now());
                    }
                }
            }
            drop(app);
            std::thread::sleep(LOOK);
        }
    }

    /// Follows changes; whether that took a walk through the collection.
    fn follow(&mut self, app: &App, touched: &Touched) -> anyhow::Result<bool> {
        if let Some(known) = &self.known
            && let Touched::These(ids) = touched
        {
            let mut concerned = false;
            for id in ids {
                concerned |= known.concerns(id, self.engine.record(id)?.as_ref());
            }
            if !concerned {
                return Ok(false);
            }
        }
        let mut wanted = Wanted::default();
        let (_, known) = cleanup_lists::apply_and_know(&self.engine, &mut wanted)?;
        self.known = Some(known);
        for (id, evidence) in wanted.0 {
            app.writing().make_blocking(Change::SetEvidence(id, evidence))?;
        }
        Ok(true)
    }
}

/// Notes what would be written, for the one thread that writes.
#[derive(Default)]
struct Wanted(Vec<(String, Vec<ValidityEvidence>)>);

impl Writer for Wanted {
    fn put(&mut self, record: &Record) -> gongkai_index::Result<Put> {
        self.0.push((record.id.clone(), cleanup_lists::evidence_of(record)));
        Ok(Put::Updated)
    }

    fn delete(&mut self, _: &str) -> gongkai_index::Result<bool> {
        // It is put again at once.
        Ok(true)
    }

    fn commit(&mut self) -> gongkai_index::Result<Generation> {
        Ok(0)
    }
}
