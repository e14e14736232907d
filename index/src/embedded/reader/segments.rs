//! One generation, open for reading.

use std::collections::HashMap;
use std::ops::Deref;
use std::sync::{Arc, Mutex, Weak};

use tantivy::SegmentReader;
use tantivy::fieldnorm::FieldNormReader;
use tantivy::index::SegmentId;
use tantivy::store::StoreReader;

use crate::embedded::reader::columns::{Columns, FacetDictionary};
use crate::embedded::reader::derived_columns::Overlay;
use crate::embedded::reader::terms::Terms;
use crate::embedded::schema::Fields;
use crate::error::Result;
use crate::record::generation::Generation;
use crate::schema::fields::TextField;

/// Unpacked blocks of stored records that are kept for each segment.
const BLOCKS: usize = 100;

/// The two streams of a text field in one segment.
pub struct TextStreams {
    pub words: Terms,
    pub grams: Terms,
    pub word_lengths: FieldNormReader,
    pub gram_lengths: FieldNormReader,
}

/// What a search reads of a segment that is the same in all generations the segment is part of.
pub struct SegmentCore {
    pub columns: Columns,
    pub store: StoreReader,
    pub key: Terms,
    pub id: Terms,
    texts: Vec<TextStreams>,
}

/// A segment in one generation, with everything a search reads of it.
pub struct Segment {
    pub reader: SegmentReader,
    pub overlay: Arc<Overlay>,
    lasting: Arc<SegmentCore>,
}

impl Deref for Segment {
    type Target = SegmentCore;

    fn deref(&self) -> &SegmentCore {
        &self.lasting
    }
}

impl SegmentCore {
    fn open(reader: &SegmentReader, fields: &Fields, dictionary: &FacetDictionary) -> Result<Self> {
        let mut texts = Vec::with_capacity(TextField::ALL.len());
        for text in TextField::ALL {
            let both = fields.text(text);
            texts.push(TextStreams {
                words: Terms::open(reader, both.words)?,
                grams: Terms::open(reader, both.grams)?,
                word_lengths: reader.get_fieldnorms_reader(both.words)?,
                gram_lengths: reader.get_fieldnorms_reader(both.grams)?,
            });
        }
        Ok(Self {
            columns: Columns::load(reader, fields, dictionary)?,
            store: reader.get_store_reader(BLOCKS)?,
            key: Terms::open(reader, fields.key)?,
            id: Terms::open(reader, fields.id)?,
            texts,
        })
    }
}

impl Segment {
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

/// Opens snapshots; a segment that lives on is not opened twice, and blocks of records that
/// were unpacked are kept once, not once for each generation.
#[derive(Default)]
pub struct Opener {
    /// The value numbers of all facets.
    dictionary: Arc<FacetDictionary>,
    known: Mutex<HashMap<SegmentId, Weak<SegmentCore>>>,
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
        known.retain(|_, lasting| lasting.strong_count() > 0);
        let mut segments = Vec::with_capacity(searcher.segment_readers().len());
        for reader in searcher.segment_readers() {
            let known = known.entry(reader.segment_id()).or_default();
            let lasting = match known.upgrade() {
                Some(lasting) => lasting,
                None => Arc::new(SegmentCore::open(reader, fields, &self.dictionary)?),
            };
            *known = Arc::downgrade(&lasting);
            segments.push(Segment { reader: reader.clone(), overlay: Arc::default(), lasting });
        }
        drop(known);
        Ok(Snapshot { generation, searcher, segments, dictionary: self.dictionary.clone(), groups: 0 })
    }
}
