//! How the matching documents rank: BM25, term after term, over the hits only.
//!
//! The total and the facets need every match, so the set of hits is known before
//! the first score is computed; what block-max pruning would save is saved by
//! looking only at hits.

use std::collections::HashMap;

use tantivy::fieldnorm::FieldNormReader;
use tantivy::postings::Postings;
use tantivy::postings::TermInfo;
use tantivy::schema::{IndexRecordOption, Term};
use tantivy::{DocSet, TERMINATED};

use super::bits::Bits;
use super::factors::Factors;
use super::snapshot::{Segment, Snapshot, TextStreams};
use crate::backend::Budget;
use crate::error::Result;
use crate::query::{ScoreTerm, Stream, Understanding, weights};
use crate::results::{Explanation, TermPart};
use crate::schema::TextField;

/// A score term looked up in every segment, with its weight for one field.
struct Prepared {
    text: String,
    stream: Stream,
    field: TextField,
    weight: f32,
    idf: f32,
    /// By segment; `None` where the term does not occur.
    infos: Vec<Option<TermInfo>>,
    norms: usize,
}

/// The length part of BM25 by fieldnorm.
type Norms = Box<[f32; 256]>;

/// The terms of a query, ready to score any segment.
pub struct Scorer {
    terms: Vec<Prepared>,
    /// For each field and stream in use: the length part of BM25 by fieldnorm.
    norms: Vec<((TextField, Stream), Norms)>,
    keys: Vec<(Term, f32)>,
    /// What a word in the title weighs for this query.
    title: f32,
}

impl Scorer {
    /// Looks the terms up.
    pub fn new(snapshot: &Snapshot, understanding: &Understanding) -> Result<Self> {
        let mut scorer = Self { terms: Vec::new(), norms: Vec::new(), keys: Vec::new(), title: 0.0 };
        scorer.title = if understanding.question { weights::TITLE_OF_QUESTION } else { weights::TITLE };
        let Some(first) = snapshot.segments.first() else { return Ok(scorer) };
        let key_field = first.fields.key;
        let boosts = understanding.keys.iter();
        scorer.keys =
            boosts.map(|boost| (Term::from_field_text(key_field, &boost.key), boost.boost)).collect();
        let total: u64 = snapshot.segments.iter().map(|segment| u64::from(segment.len())).sum();
        for term in &understanding.scoring {
            let most = most_idf(snapshot, term, total)?;
            for field in TextField::ALL {
                scorer.prepare(snapshot, term, field, total, most)?;
            }
        }
        Ok(scorer)
    }

    fn prepare(
        &mut self,
        snapshot: &Snapshot,
        term: &ScoreTerm,
        field: TextField,
        total: u64,
        most: f32,
    ) -> Result<()> {
        let infos = look_up(snapshot, field, term.stream, &term.text)?;
        let frequency = frequency(&infos);
        if frequency == 0 {
            return Ok(());
        }
        let idf = idf(total, frequency).min(most);
        let stream_weight = if term.stream == Stream::Grams { weights::GRAMS } else { 1.0 };
        let field_weight = if field == TextField::Title { self.title } else { weights::field(field) };
        let weight = term.weight * stream_weight * field_weight * idf * (1.0 + weights::K1);
        let norms = self.norms(snapshot, field, term.stream, total);
        let text = term.text.clone();
        self.terms.push(Prepared { text, stream: term.stream, field, weight, idf, infos, norms });
        Ok(())
    }

    fn norms(&mut self, snapshot: &Snapshot, field: TextField, which: Stream, total: u64) -> usize {
        if let Some(at) = self.norms.iter().position(|(key, _)| *key == (field, which)) {
            return at;
        }
        let tokens: u64 =
            snapshot.segments.iter().map(|s| stream(s.text(field), which).0.total_num_tokens()).sum();
        let average = (tokens as f32 / total.max(1) as f32).max(1.0);
        let b = weights::b(field);
        let mut table = Box::new([0.0; 256]);
        for (id, norm) in table.iter_mut().enumerate() {
            let length = FieldNormReader::id_to_fieldnorm(id as u8) as f32;
            *norm = weights::K1 * (1.0 - b + b * length / average);
        }
        self.norms.push(((field, which), table));
        self.norms.len() - 1
    }

    /// The score of every hit of a segment, by document; 0 for the others.
    pub fn run(
        &self,
        snapshot: &Snapshot,
        ordinal: usize,
        hits: &Bits,
        factors: &Factors<'_>,
        budget: &Budget,
    ) -> Result<Vec<f32>> {
        let segment = &snapshot.segments[ordinal];
        let mut scores = vec![0.0; segment.len() as usize];
        let count = hits.count();
        if count == 0 {
            return Ok(scores);
        }
        for term in &self.terms {
            budget.check()?;
            if let Some(info) = &term.infos[ordinal] {
                self.add(segment, term, info, hits, count, &mut scores)?;
            }
        }
        hits.iter().for_each(|doc| scores[doc as usize] *= factors.of(doc));
        for (doc, boost) in self.boosts(segment)? {
            scores[doc as usize] += boost * weights::validity(Some(factors.state(doc)));
        }
        Ok(scores)
    }

    /// A record has the boost of its best key, not of all.
    fn boosts(&self, segment: &Segment) -> Result<HashMap<u32, f32>> {
        let mut best: HashMap<u32, f32> = HashMap::new();
        for (term, boost) in &self.keys {
            let Some(mut list) = segment.key.read_postings(term, IndexRecordOption::Basic)? else { continue };
            while list.doc() != TERMINATED {
                let known = best.entry(list.doc()).or_default();
                *known = known.max(*boost);
                list.advance();
            }
        }
        Ok(best)
    }

    /// The parts of the score of one document: what [`Scorer::run`] adds up.
    pub fn explain(
        &self,
        snapshot: &Snapshot,
        ordinal: usize,
        doc: u32,
        factors: &Factors<'_>,
    ) -> Result<Explanation> {
        let segment = &snapshot.segments[ordinal];
        let mut terms = Vec::new();
        for term in &self.terms {
            let Some(info) = &term.infos[ordinal] else { continue };
            let (index, _, lengths) = stream(segment.text(term.field), term.stream);
            let mut list = index.read_postings_from_terminfo(info, IndexRecordOption::WithFreqs)?;
            if list.doc() < doc {
                list.seek(doc);
            }
            if list.doc() != doc {
                continue;
            }
            let frequency = list.term_freq();
            let norm = self.norms[term.norms].1[lengths.fieldnorm_id(doc) as usize];
            terms.push(TermPart {
                text: term.text.clone(),
                field: term.field,
                stream: term.stream,
                weight: term.weight / (term.idf * (1.0 + weights::K1)),
                idf: term.idf,
                frequency,
                adds: term.weight * frequency as f32 / (frequency as f32 + norm),
            });
        }
        terms.sort_by(|a, b| b.adds.total_cmp(&a.adds));
        let boost = self.boosts(segment)?.get(&doc).copied().unwrap_or(0.0);
        let boost = boost * weights::validity(Some(factors.state(doc)));
        Ok(Explanation { terms, factors: factors.named(doc).to_vec(), boost })
    }

    fn add(
        &self,
        segment: &Segment,
        term: &Prepared,
        info: &TermInfo,
        hits: &Bits,
        count: u32,
        scores: &mut [f32],
    ) -> Result<()> {
        let (index, _, lengths) = stream(segment.text(term.field), term.stream);
        let norms = &self.norms[term.norms].1;
        let gain = |doc: u32, frequency: u32| {
            let frequency = frequency as f32;
            term.weight * frequency / (frequency + norms[lengths.fieldnorm_id(doc) as usize])
        };
        // Few hits in a long list: leap from hit to hit instead of reading all of it.
        if u64::from(count) * 24 < u64::from(info.doc_freq) {
            let mut list = index.read_postings_from_terminfo(info, IndexRecordOption::WithFreqs)?;
            for doc in hits.iter() {
                if list.doc() < doc {
                    list.seek(doc);
                }
                if list.doc() == doc {
                    scores[doc as usize] += gain(doc, list.term_freq());
                }
            }
            return Ok(());
        }
        let mut blocks = index.read_block_postings_from_terminfo(info, IndexRecordOption::WithFreqs)?;
        while !blocks.docs().is_empty() {
            for (doc, frequency) in blocks.docs().iter().zip(blocks.freqs()) {
                if hits.contains(*doc) {
                    scores[*doc as usize] += gain(*doc, *frequency);
                }
            }
            blocks.advance();
        }
        Ok(())
    }
}

fn look_up(
    snapshot: &Snapshot,
    field: TextField,
    which: Stream,
    text: &str,
) -> Result<Vec<Option<TermInfo>>> {
    let mut infos = Vec::with_capacity(snapshot.segments.len());
    for segment in &snapshot.segments {
        let (index, tantivy_field, _) = stream(segment.text(field), which);
        infos.push(index.get_term_info(&Term::from_field_text(tantivy_field, text))?);
    }
    Ok(infos)
}

fn frequency(infos: &[Option<TermInfo>]) -> u64 {
    infos.iter().flatten().map(|info| u64::from(info.doc_freq)).sum()
}

fn idf(total: u64, frequency: u64) -> f32 {
    (1.0 + (total as f64 - frequency as f64 + 0.5) / (frequency as f64 + 0.5)).ln() as f32
}

/// The most that a term may tell: as much as the rarest of the words it stands in for.
fn most_idf(snapshot: &Snapshot, term: &ScoreTerm, total: u64) -> Result<f32> {
    let mut most = if term.no_more_than.is_empty() { f32::MAX } else { 0.0_f32 };
    for word in &term.no_more_than {
        let frequency = frequency(&look_up(snapshot, TextField::Body, Stream::Words, word)?);
        most = most.max(idf(total, frequency));
    }
    Ok(most)
}

fn stream(
    streams: &TextStreams,
    which: Stream,
) -> (&tantivy::InvertedIndexReader, tantivy::schema::Field, &FieldNormReader) {
    match which {
        Stream::Words => (&streams.words, streams.fields.words, &streams.word_lengths),
        Stream::Grams => (&streams.grams, streams.fields.grams, &streams.gram_lengths),
    }
}
