//! The queue of documents for the threads that build segments, bounded in bytes.
//!
//! tantivy bounds its queue at 10,000 documents, whatever their length: laws and reports could
//! fill it with hundreds of megabytes. So the text of each document is counted until a thread takes
//! it, and adding waits while too many bytes are queued.

use std::sync::{Arc, Condvar, Mutex, PoisonError};

use tantivy::TantivyDocument;
use tantivy::schema::Document;

/// Bytes that may be queued. Several long laws: enough to keep every thread busy.
const MAX_QUEUED_BYTES: usize = 8 << 20;

/// The queue, as the number of its bytes. Clones share it.
#[derive(Clone)]
pub struct DocumentQueue {
    shared: Arc<(Mutex<usize>, Condvar)>,
    limit: usize,
}

impl Default for DocumentQueue {
    fn default() -> Self {
        Self::with_limit(MAX_QUEUED_BYTES)
    }
}

impl DocumentQueue {
    /// Creates a queue for so many bytes.
    pub fn with_limit(limit: usize) -> Self {
        Self { shared: Arc::default(), limit }
    }

    /// Waits until there is room, then counts `bytes` until the document is taken.
    /// A document larger than the limit is admitted alone.
    pub fn admit(&self, document: TantivyDocument, bytes: usize) -> QueuedDocument {
        let (waiting, room) = &*self.shared;
        let full = |waiting: &mut usize| *waiting > 0 && *waiting + bytes > self.limit;
        let guard = waiting.lock().unwrap_or_else(PoisonError::into_inner);
        let mut guard = room.wait_while(guard, full).unwrap_or_else(PoisonError::into_inner);
        *guard += bytes;
        QueuedDocument { document, reservation: Reservation { queue: self.clone(), bytes } }
    }
}

/// The bytes of a document; dropping it releases them, also when the document is dropped unread
/// because its thread failed.
struct Reservation {
    queue: DocumentQueue,
    bytes: usize,
}

impl Drop for Reservation {
    fn drop(&mut self) {
        let (waiting, room) = &*self.queue.shared;
        *waiting.lock().unwrap_or_else(PoisonError::into_inner) -= self.bytes;
        room.notify_all();
    }
}

/// A document in the queue.
pub struct QueuedDocument {
    document: TantivyDocument,
    reservation: Reservation,
}

impl Document for QueuedDocument {
    type Value<'a> = <TantivyDocument as Document>::Value<'a>;
    type FieldsValuesIter<'a> = <TantivyDocument as Document>::FieldsValuesIter<'a>;

    fn iter_fields_and_values(&self) -> Self::FieldsValuesIter<'_> {
        self.document.iter_fields_and_values()
    }

    fn into_tantivy_document(self) -> TantivyDocument {
        drop(self.reservation);
        self.document
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;
    use std::thread;

    use super::*;

    #[test]
    fn admit_to_full_queue_waits_until_document_is_taken() {
        let queue = DocumentQueue::default();
        let first = queue.admit(TantivyDocument::new(), MAX_QUEUED_BYTES + 1);
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
        assert_eq!(*queue.shared.0.lock().expect("not poisoned"), 0);
    }
}
