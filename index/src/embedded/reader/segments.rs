//! One generation, open for reading.

use std::collections::HashMap;
use std::ops::Deref;
use std::sync::{Arc, Mutex, Weak};

use tantivy::fieldnorm::FieldNormReader;
use tantivy::index::SegmentId;
use tantivy::schema::IndexRecordOption;
use tantivy::store::StoreReader;
use tantivy::{DocSet, SegmentReader, TERMINATED};

use crate::embedded::reader::columns::{Columns, FacetDictionary};
use crate::embedded::reader::derived_columns::DerivedColumns;
use crate::embedded::reader::stored::Stored;
use crate::embedded::reader::terms::Terms;
use crate::embedded::schema::Fields;
use crate::error::{Error, Result};
use crate::record::Record;
use crate::record::generation::Generation;
use crate::relations::fact_table::FactTable;
use crate::relations::source::FactSource;
use crate::schema::doc_ref::{DocRef, KeyField};
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
    pub derived: Arc<DerivedColumns>,
    core: Arc<SegmentCore>,
}

impl Deref for Segment {
    type Target = SegmentCore;

    fn deref(&self) -> &SegmentCore {
        &self.core
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
pub struct IndexSnapshot {
    /// Its number.
    pub generation: Generation,
    /// Tantivy's view of it.
    pub searcher: tantivy::Searcher,
    /// Its segments, in tantivy's order.
    pub segments: Vec<Segment>,
    /// The value numbers of all facets.
    pub dictionary: Arc<FacetDictionary>,
    /// The facts of its documents.
    pub facts: Arc<FactTable>,
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
    ) -> Result<IndexSnapshot> {
        let mut known = self.known.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        known.retain(|_, core| core.strong_count() > 0);
        let mut segments = Vec::with_capacity(searcher.segment_readers().len());
        for reader in searcher.segment_readers() {
            let known = known.entry(reader.segment_id()).or_default();
            let core = match known.upgrade() {
                Some(core) => core,
                None => Arc::new(SegmentCore::open(reader, fields, &self.dictionary)?),
            };
            *known = Arc::downgrade(&core);
            segments.push(Segment { reader: reader.clone(), derived: Arc::default(), core });
        }
        drop(known);
        Ok(IndexSnapshot {
            generation,
            searcher,
            segments,
            dictionary: self.dictionary.clone(),
            facts: Arc::default(),
        })
    }
}

impl IndexSnapshot {
    /// Counts the documents.
    pub fn document_count(&self) -> u64 {
        self.searcher.num_docs()
    }

    /// Refers to a document by its place.
    pub fn document_at(&self, segment: usize, doc: u32, id_hash: u64) -> DocRef {
        let number = self.facts.lookup(KeyField::Id, id_hash.max(1), 1).first().map_or(0, |d| d.number);
        DocRef { number, place: Some((segment as u32, doc)) }
    }

    /// Returns the segment and the number in it of a document.
    pub fn locate(&self, document: DocRef) -> Result<(usize, u32)> {
        if let Some((segment, doc)) = document.place {
            return Ok((segment as usize, doc));
        }
        let facts = self.facts.facts(document);
        let found = facts.map(|facts| self.locate_id(&facts.id)).transpose()?.flatten();
        found.ok_or_else(|| Error::Index("a document is not of this snapshot".into()))
    }

    /// Reads the record of an id.
    pub fn record(&self, id: &str) -> Result<Option<Record>> {
        let Some((segment, doc)) = self.locate_id(id)? else { return Ok(None) };
        self.stored_record(segment, doc).map(Some)
    }

    /// Returns the content hash of a document.
    pub fn content_of(&self, segment: usize, doc: u32) -> Result<u128> {
        let fast = self.segments[segment].reader.fast_fields();
        let half = |name: &str| -> Result<u128> { Ok(u128::from(fast.u64(name)?.first(doc).unwrap_or(0))) };
        Ok(half("content_high")? << 64 | half("content_low")?)
    }

    /// Visits every record.
    pub fn each_record(&self, visit: &mut dyn FnMut(&Record)) -> Result<()> {
        for (ordinal, segment) in self.segments.iter().enumerate() {
            for doc in segment.reader.doc_ids_alive() {
                visit(&self.stored_record(ordinal, doc)?);
            }
        }
        Ok(())
    }

    /// Visits the words of titles and bodies with the number of records that hold them.
    pub fn each_word(&self, visit: &mut dyn FnMut(&str, u32)) -> Result<()> {
        for segment in &self.segments {
            for field in [TextField::Title, TextField::Body] {
                let mut terms = segment.text(field).words.lists.terms().stream()?;
                while let Some((term, info)) = terms.next() {
                    if let Ok(word) = std::str::from_utf8(term) {
                        visit(word, info.doc_freq);
                    }
                }
            }
        }
        Ok(())
    }

    fn locate_id(&self, id: &str) -> Result<Option<(usize, u32)>> {
        for (ordinal, segment) in self.segments.iter().enumerate() {
            let Some(info) = segment.id.info(id)? else { continue };
            let mut list = segment.id.lists.read_postings_from_terminfo(&info, IndexRecordOption::Basic)?;
            while list.doc() != TERMINATED {
                if !segment.reader.is_deleted(list.doc()) {
                    return Ok(Some((ordinal, list.doc())));
                }
                list.advance();
            }
        }
        Ok(None)
    }

    /// The stored record, whole.
    pub fn stored_record(&self, segment: usize, doc: u32) -> Result<Record> {
        let stored: Stored = self.segments[segment].store.get(doc)?;
        Record::from_stored(&stored.card, stored.body).map_err(|problems| {
            let reasons: Vec<_> = problems.iter().map(ToString::to_string).collect();
            Error::Index(format!("a stored record cannot be read: {}", reasons.join("; ")))
        })
    }
}
