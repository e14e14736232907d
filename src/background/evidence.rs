//! Evidence of clean-up lists under live writing: when a list is written, or a record that a list
//! names, the evidence of the records follows in the background.
//!
//! A change that concerns no list costs a look at its title and number. One that does costs a pass
//! over the collection, like the end of `gongkai index`, at low priority and at most for a small
//! share of the time.

use std::sync::{Arc, Weak};
use std::thread::JoinHandle;
use std::time::Instant;

use gongkai_index::collection::cleanup_lists;
use gongkai_index::collection::cleanup_lists::ListWatch;
use gongkai_index::collection::write_queue::Change;
use gongkai_index::record::ValidityEvidence;
use gongkai_index::record::generation::Generation;
use gongkai_index::{Collection, Put, Record, RecordWriter};

use crate::background::schedule::{POLL_INTERVAL, Schedule, lower_thread_priority};
use crate::search::service::{Service, SharedService};
use crate::search::writes::Touched;

/// Starts the thread; it ends with the service. The records are read unmasked.
///
/// # Errors
/// No thread can be started.
pub fn begin(collection: &Collection, service: &SharedService) -> std::io::Result<JoinHandle<()>> {
    let (service, collection) = (Arc::downgrade(service), collection.unmasked());
    std::thread::Builder::new().name("evidence".into()).spawn(move || {
        lower_thread_priority();
        EvidenceUpdates { collection, service, known: None, schedule: Schedule::new(Instant::now()) }.run();
    })
}

struct EvidenceUpdates {
    collection: Collection,
    service: Weak<Service>,
    /// Keys that the lists name, to recognise changes that concern them; none before the first pass.
    known: Option<ListWatch>,
    schedule: Schedule,
}

impl EvidenceUpdates {
    fn run(mut self) {
        let (mut done, mut version) = (0, self.index_version());
        while let Some(service) = self.service.upgrade() {
            let mut newest = service.writing().last_written();
            // Another index version was brought up to date by contents, which evidence is no part of.
            if newest > 0 && self.index_version() != version {
                newest = self.collection.generation();
                self.known = None;
            }
            if newest > done && self.schedule.is_due(newest, Some(done), Instant::now()) {
                let (start, version_now) = (Instant::now(), self.index_version());
                let touched = service.writing().take_touched();
                // A panic must not end the updates.
                let work = std::panic::AssertUnwindSafe(|| self.follow(&service, &touched));
                match std::panic::catch_unwind(work) {
                    Ok(Ok(is_pass)) => {
                        (done, version) = (newest, version_now);
                        if is_pass {
                            self.schedule.note_run(start.elapsed(), Instant::now());
                        }
                    }
                    failed => {
                        let error = failed.map_or_else(|_| "a defect".to_owned(), |e| format!("{e:?}"));
                        tracing::error!(error, "the evidence of clean-up lists could not be updated");
                        service.writing().touch_again(touched);
                        self.schedule.note_run(start.elapsed(), Instant::now());
                    }
                }
            }
            drop(service);
            std::thread::sleep(POLL_INTERVAL);
        }
    }

    fn index_version(&self) -> u32 {
        self.collection.health().map_or(0, |health| health.index_version)
    }

    /// Follows changes; true if that took a pass over the collection.
    fn follow(&mut self, service: &SharedService, touched: &Touched) -> anyhow::Result<bool> {
        if let Some(known) = &self.known
            && let Touched::These(ids) = touched
        {
            let reader = self.collection.reader();
            let mut concerned = false;
            for id in ids {
                concerned |= known.is_affected_by(id, reader.record(id)?.as_ref());
            }
            if !concerned {
                return Ok(false);
            }
        }
        let mut recorder = EvidenceRecorder::default();
        let (_, known) = cleanup_lists::apply_and_watch(&self.collection.reader(), &mut recorder)?;
        self.known = Some(known);
        for (id, evidence) in recorder.0 {
            service.writing().make_blocking(Change::SetEvidence(id, evidence))?;
        }
        Ok(true)
    }
}

/// Records evidence instead of writing it: the one writing thread does that.
#[derive(Default)]
struct EvidenceRecorder(Vec<(String, Vec<ValidityEvidence>)>);

impl RecordWriter for EvidenceRecorder {
    fn put(&mut self, record: &Record) -> gongkai_index::Result<Put> {
        self.0.push((record.id.clone(), cleanup_lists::list_evidence(record)));
        Ok(Put::Updated)
    }

    fn delete(&mut self, _: &str) -> gongkai_index::Result<bool> {
        // The record is put again at once.
        Ok(true)
    }

    fn commit(&mut self) -> gongkai_index::Result<Generation> {
        Ok(0)
    }
}
