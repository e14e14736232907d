//! Segments and snapshots, open for reading.

use std::collections::HashMap;
use std::ops::Deref;
use std::sync::{Arc, Mutex, OnceLock, Weak};

use tantivy::fieldnorm::FieldNormReader;
use tantivy::index::SegmentId;
use tantivy::schema::IndexRecordOption;
use tantivy::store::StoreReader;
use tantivy::{DocSet, SegmentReader, TERMINATED};

use crate::embedded::reader::columns::{Columns, FacetDictionary, PROFILE_FACETS};
use crate::embedded::reader::derived_columns::DerivedColumns;
use crate::embedded::reader::stored::{StoredCard, StoredRecord};
use crate::embedded::reader::terms::Terms;
use crate::embedded::schema::Fields;
use crate::error::{Error, Result};
use crate::record::generation::Generation;
use crate::record::{Problem, Record};
use crate::relations::fact_table::FactTable;
use crate::relations::source::FactSource;
use crate::schema::doc_ref::{DocRef, KeyField};
use crate::schema::fields::{Facet, TextField};

/// Decompressed blocks of stored records that are cached for each segment.
const CACHED_BLOCKS: usize = 100;

/// The two streams of a text field in one segment.
pub struct TextStreams {
    /// Terms of the word stream.
    pub words: Terms,
    /// Terms of the gram stream.
    pub grams: Terms,
    /// Numbers of words of the documents.
    pub word_lengths: FieldNormReader,
    /// Numbers of grams of the documents.
    pub gram_lengths: FieldNormReader,
}

/// The part of a segment that is the same in all generations.
pub struct SegmentCore {
    /// Columns of the documents.
    pub columns: Columns,
    /// Stored records.
    pub store: StoreReader,
    /// Exact keys.
    pub keys: Terms,
    /// Ids.
    pub ids: Terms,
    texts: Vec<TextStreams>,
}

/// A segment in one generation.
pub struct Segment {
    /// Tantivy's reader, which has the deleted documents.
    pub reader: SegmentReader,
    /// Columns derived from other records.
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
            let streams = fields.text(text);
            texts.push(TextStreams {
                words: Terms::open(reader, streams.words)?,
                grams: Terms::open(reader, streams.grams)?,
                word_lengths: reader.get_fieldnorms_reader(streams.words)?,
                gram_lengths: reader.get_fieldnorms_reader(streams.grams)?,
            });
        }
        Ok(Self {
            columns: Columns::load(reader, fields, dictionary)?,
            store: reader.get_store_reader(CACHED_BLOCKS)?,
            keys: Terms::open(reader, fields.key)?,
            ids: Terms::open(reader, fields.id)?,
            texts,
        })
    }
}

impl Segment {
    /// Counts the documents, deleted ones included.
    pub fn len(&self) -> u32 {
        self.reader.max_doc()
    }

    /// Returns the streams of a text field.
    pub fn text(&self, field: TextField) -> &TextStreams {
        // `texts` was built in the order of `ALL`.
        &self.texts[TextField::ALL.iter().position(|f| *f == field).unwrap_or_default()]
    }
}

/// One generation of an index, open for reading.
pub struct IndexSnapshot {
    /// Number of the generation.
    pub generation: Generation,
    /// Tantivy's searcher.
    pub searcher: tantivy::Searcher,
    /// Segments, in tantivy's order.
    pub segments: Vec<Segment>,
    /// Value numbers of all facets.
    pub dictionary: Arc<FacetDictionary>,
    /// Facts of its documents.
    pub facts: Arc<FactTable>,
    issuer_names: OnceLock<Vec<Arc<str>>>,
}

/// Opens snapshots. A segment of several generations is opened once, so that its decompressed blocks
/// of records are cached once.
#[derive(Default)]
pub struct SnapshotOpener {
    /// Value numbers of all facets.
    dictionary: Arc<FacetDictionary>,
    cores: Mutex<HashMap<SegmentId, Weak<SegmentCore>>>,
}

impl SnapshotOpener {
    /// Opens the snapshot of a searcher.
    ///
    /// # Errors
    /// A damaged segment.
    pub fn open(
        &self,
        searcher: tantivy::Searcher,
        fields: &Arc<Fields>,
        generation: Generation,
    ) -> Result<IndexSnapshot> {
        let mut cores = self.cores.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        cores.retain(|_, core| core.strong_count() > 0);
        let mut segments = Vec::with_capacity(searcher.segment_readers().len());
        for reader in searcher.segment_readers() {
            let opened = cores.entry(reader.segment_id()).or_default();
            let core = match opened.upgrade() {
                Some(core) => core,
                None => Arc::new(SegmentCore::open(reader, fields, &self.dictionary)?),
            };
            *opened = Arc::downgrade(&core);
            segments.push(Segment { reader: reader.clone(), derived: Arc::default(), core });
        }
        drop(cores);
        Ok(IndexSnapshot {
            generation,
            searcher,
            segments,
            dictionary: self.dictionary.clone(),
            facts: Arc::default(),
            issuer_names: OnceLock::new(),
        })
    }
}

impl IndexSnapshot {
    /// Counts the documents.
    pub fn document_count(&self) -> u64 {
        self.searcher.num_docs()
    }

    /// Returns the names of the values of a facet, by number.
    pub fn value_names(&self, facet: usize) -> Vec<Arc<str>> {
        if PROFILE_FACETS[facet] != Facet::Issuer {
            return self.dictionary.values(facet);
        }
        let names = self.issuer_names.get_or_init(|| {
            let mut counts = Vec::new();
            for segment in &self.segments {
                segment.columns.count_issuer_spellings(&segment.reader, &mut counts);
            }
            self.dictionary.issuer_names(&counts)
        });
        names.clone()
    }

    /// Returns the reference of a document at a place.
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

    /// Visits the words of titles and bodies with the number of records that have them.
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

    /// Finds the segment and the number in it of an id.
    fn locate_id(&self, id: &str) -> Result<Option<(usize, u32)>> {
        for (ordinal, segment) in self.segments.iter().enumerate() {
            let Some(info) = segment.ids.find(id)? else { continue };
            let mut list = segment.ids.lists.read_postings_from_terminfo(&info, IndexRecordOption::Basic)?;
            while list.doc() != TERMINATED {
                if !segment.reader.is_deleted(list.doc()) {
                    return Ok(Some((ordinal, list.doc())));
                }
                list.advance();
            }
        }
        Ok(None)
    }

    /// Reads a stored record.
    pub fn stored_record(&self, segment: usize, doc: u32) -> Result<Record> {
        let stored: StoredRecord = self.segments[segment].store.get(doc)?;
        Record::from_stored(&stored.card, stored.body).map_err(unreadable)
    }

    /// Reads a stored record without its body.
    pub fn stored_card(&self, segment: usize, doc: u32) -> Result<Record> {
        let StoredCard(card) = self.segments[segment].store.get(doc)?;
        Record::from_card(&card).map_err(unreadable)
    }
}

fn unreadable(problems: Vec<Problem>) -> Error {
    let reasons: Vec<_> = problems.iter().map(ToString::to_string).collect();
    Error::Index(format!("a stored record cannot be read: {}", reasons.join("; ")))
}
