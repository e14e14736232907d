//! Documents on their way to the threads that build segments, bounded in bytes.
//!
//! tantivy bounds that queue at 10,000 documents, whatever their length: laws and
//! reports could fill it with hundreds of megabytes. So a document counts what its
//! text weighs until a thread takes it, and who adds waits while too much is queued.

use std::sync::{Arc, Condvar, Mutex, PoisonError};

use tantivy::TantivyDocument;
use tantivy::schema::Document;

/// Bytes that may wait. Several long laws: enough to keep every thread busy.
const MOST_BYTES: usize = 8 << 20;

/// What waits at the moment, in bytes.
#[derive(Clone)]
pub struct Queue {
    shared: Arc<(Mutex<usize>, Condvar)>,
    most: usize,
}

impl Default for Queue {
    fn default() -> Self {
        Self::of(MOST_BYTES)
    }
}

impl Queue {
    /// In which so many bytes may wait.
    pub fn of(most: usize) -> Self {
        Self { shared: Arc::default(), most }
    }

    /// Waits until there is room, then counts `bytes` until the document is taken.
    /// A document larger than the whole bound passes alone.
    pub fn admit(&self, document: TantivyDocument, bytes: usize) -> Queued {
        let (waiting, room) = &*self.shared;
        let full = |waiting: &mut usize| *waiting > 0 && *waiting + bytes > self.most;
        let guard = waiting.lock().unwrap_or_else(PoisonError::into_inner);
        let mut guard = room.wait_while(guard, full).unwrap_or_else(PoisonError::into_inner);
        *guard += bytes;
        Queued { document, place: Place { queue: self.clone(), bytes } }
    }
}

/// Gives the bytes back, also when a document is dropped unread because its thread failed.
struct Place {
    queue: Queue,
    bytes: usize,
}

impl Drop for Place {
    fn drop(&mut self) {
        let (waiting, room) = &*self.queue.shared;
        *waiting.lock().unwrap_or_else(PoisonError::into_inner) -= self.bytes;
        room.notify_all();
    }
}

/// A document in the queue.
pub struct Queued {
    document: TantivyDocument,
    place: Place,
}

impl Document for Queued {
    type Value<'a> = <TantivyDocument as Document>::Value<'a>;
    type FieldsValuesIter<'a> = <TantivyDocument as Document>::FieldsValuesIter<'a>;

    fn iter_fields_and_values(&self) -> Self::FieldsValuesIter<'_> {
        self.document.iter_fields_and_values()
    }

    fn into_tantivy_document(self) -> TantivyDocument {
        drop(self.place);
        self.document
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;
    use std::thread;

    use super::*;

    #[test]
    fn who_adds_waits_until_a_document_is_taken() {
        let queue = Queue::default();
        let first = queue.admit(TantivyDocument::new(), MOST_BYTES + 1);
        let (sender, receiver) = mpsc::channel();
        let waits = thread::spawn({
            let queue = queue.clone();
            move || {
                let second = queue.admit(TantivyDocument::new(), 1);
                sender.send(()).expect("the test waits");
                drop(second);
            }
        });
        assert!(receiver.try_recv().is_err());
        first.into_tantivy_document();
        receiver.recv().expect("room again");
        waits.join().expect("ends");
        assert_eq!(*queue.shared.0.lock().expect("whole"), 0);
    }
}
