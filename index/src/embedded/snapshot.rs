//! One generation, open for reading.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, Weak};

use tantivy::fieldnorm::FieldNormReader;
use tantivy::index::SegmentId;
use tantivy::store::StoreReader;
use tantivy::{InvertedIndexReader, SegmentReader};

use super::columns::{Columns, FacetDictionary};
use super::fields::{Fields, TextFields};
use super::overlay::Overlay;
use crate::error::Result;
use crate::results::Generation;
use crate::schema::TextField;

/// Unpacked blocks of stored records that are kept for each segment.
const BLOCKS: usize = 100;

/// The two streams of a text field in one segment.
pub struct TextStreams {
    pub fields: TextFields,
    pub words: Arc<InvertedIndexReader>,
    pub grams: Arc<InvertedIndexReader>,
    pub word_lengths: FieldNormReader,
    pub gram_lengths: FieldNormReader,
}

/// A segment with everything a search reads of it.
pub struct Segment {
    pub reader: SegmentReader,
    pub fields: Arc<Fields>,
    pub columns: Arc<Columns>,
    pub store: Arc<StoreReader>,
    pub overlay: Arc<Overlay>,
    pub key: Arc<InvertedIndexReader>,
    pub id: Arc<InvertedIndexReader>,
    texts: Vec<TextStreams>,
}

impl Segment {
    fn open(reader: &SegmentReader, fields: &Arc<Fields>, lasting: Lasting) -> tantivy::Result<Self> {
        let mut texts = Vec::with_capacity(TextField::ALL.len());
        for text in TextField::ALL {
            let both = fields.text(text);
            texts.push(TextStreams {
                fields: both,
                words: reader.inverted_index(both.words)?,
                grams: reader.inverted_index(both.grams)?,
                word_lengths: reader.get_fieldnorms_reader(both.words)?,
                gram_lengths: reader.get_fieldnorms_reader(both.grams)?,
            });
        }
        Ok(Self {
            key: reader.inverted_index(fields.key)?,
            id: reader.inverted_index(fields.id)?,
            reader: reader.clone(),
            fields: fields.clone(),
            columns: lasting.columns,
            store: lasting.store,
            overlay: Arc::default(),
            texts,
        })
    }

    /// Documents, deleted ones included.
    pub fn len(&self) -> u32 {
        self.reader.max_doc()
    }

    /// The streams of a text field.
    pub fn text(&self, field: TextField) -> &TextStreams {
        // `texts` was built in the order of `ALL`.
        &self.texts[TextField::ALL.iter().position(|f| *f == field).unwrap_or_default()]
    }
}

/// One generation.
pub struct Snapshot {
    /// Its number.
    pub generation: Generation,
    /// Tantivy's view of it.
    pub searcher: tantivy::Searcher,
    /// Its segments, in tantivy's order.
    pub segments: Vec<Segment>,
    /// The value numbers of all facets.
    pub dictionary: Arc<FacetDictionary>,
    /// A number above those of all groups of copies.
    pub groups: u32,
}

/// What of a segment is the same in all generations that it is part of.
struct Lasting {
    columns: Arc<Columns>,
    store: Arc<StoreReader>,
}

/// The same, as long as a generation holds it.
type Known = (Weak<Columns>, Weak<StoreReader>);

/// Opens snapshots; of a segment that lives on columns are not read twice, and blocks of
/// records that were unpacked are kept once, not once for each generation.
#[derive(Default)]
pub struct Opener {
    /// The value numbers of all facets.
    dictionary: Arc<FacetDictionary>,
    known: Mutex<HashMap<SegmentId, Known>>,
}

impl Opener {
    /// Opens what a searcher sees.
    ///
    /// # Errors
    /// A damaged segment.
    pub fn open(
        &self,
        searcher: tantivy::Searcher,
        fields: &Arc<Fields>,
        generation: Generation,
    ) -> Result<Snapshot> {
        let mut known = self.known.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        known.retain(|_, (columns, _)| columns.strong_count() > 0);
        let mut segments = Vec::with_capacity(searcher.segment_readers().len());
        for reader in searcher.segment_readers() {
            let (columns, store) = known.entry(reader.segment_id()).or_default();
            let lasting = match (columns.upgrade(), store.upgrade()) {
                (Some(columns), Some(store)) => Lasting { columns, store },
                _ => Lasting {
                    columns: Arc::new(Columns::load(reader, fields, &self.dictionary)?),
                    store: Arc::new(reader.get_store_reader(BLOCKS)?),
                },
            };
            (*columns, *store) = (Arc::downgrade(&lasting.columns), Arc::downgrade(&lasting.store));
            segments.push(Segment::open(reader, fields, lasting)?);
        }
        drop(known);
        Ok(Snapshot { generation, searcher, segments, dictionary: self.dictionary.clone(), groups: 0 })
    }
}
