//! Scoring by BM25, term after term, of the hits only.
//!
//! The total and the facets need every match, so the hits are known before the first score is
//! computed; scoring only hits saves what block-max pruning would.

use std::collections::HashMap;

use tantivy::fieldnorm::FieldNormReader;
use tantivy::postings::Postings;
use tantivy::postings::TermInfo;
use tantivy::schema::IndexRecordOption;
use tantivy::{DocSet, TERMINATED};

use crate::backend::Budget;
use crate::embedded::reader::columns::STATES;
use crate::embedded::reader::derived_columns::state_number_of;
use crate::embedded::reader::segments::{IndexSnapshot, Segment, TextStreams};
use crate::embedded::reader::terms::Terms;
use crate::embedded::search::bits::Bits;
use crate::embedded::search::boosts::Boosts;
use crate::embedded::search::scored::Scored;
use crate::error::Result;
use crate::query::plan::SearchPlan;
use crate::query::{ScoreTerm, Stream};
use crate::ranking::bm25;
use crate::ranking::explanation::largest_parts;
use crate::ranking::key_boosts::{self, KeyedDocument};
use crate::ranking::weights;
use crate::results::{Explanation, TermPart};
use crate::schema::fields::{DateField, TextField};

/// A score term looked up in every segment, with its weight for one field.
struct PreparedTerm {
    text: String,
    stream: Stream,
    field: TextField,
    weight: f32,
    idf: f32,
    /// Postings by segment; `None` where the term does not occur.
    infos: Vec<Option<TermInfo>>,
    /// Index of the norms of field and stream.
    norms: usize,
}

/// A term in a document that is explained.
struct FoundTerm<'a> {
    term: &'a PreparedTerm,
    frequency: u32,
    adds: f32,
}

impl FoundTerm<'_> {
    fn into_part(self) -> TermPart {
        let Self { term, frequency, adds } = self;
        TermPart {
            text: term.text.clone(),
            field: term.field,
            stream: term.stream,
            weight: bm25::weight_without_idf(term.weight, term.idf),
            idf: term.idf,
            frequency,
            adds,
        }
    }
}

/// The length part of BM25 by fieldnorm.
type Norms = Box<[f32; 256]>;

/// The terms of a query, looked up for all segments.
pub struct Scorer {
    terms: Vec<PreparedTerm>,
    /// Norms of each field and stream in use.
    norms: Vec<((TextField, Stream), Norms)>,
    keys: Vec<(String, f32)>,
}

impl Scorer {
    /// Looks up the terms of a plan.
    pub fn new(snapshot: &IndexSnapshot, plan: &SearchPlan) -> Result<Self> {
        let keys = plan.key_boosts.iter().map(|boost| (boost.key.clone(), boost.boost)).collect();
        let mut scorer = Self { terms: Vec::new(), norms: Vec::new(), keys };
        let total: u64 = snapshot.segments.iter().map(|segment| u64::from(segment.len())).sum();
        for term in &plan.terms {
            let cap = idf_cap(snapshot, term, total)?;
            for field in TextField::ALL {
                scorer.prepare_term(snapshot, plan, term, field, total, cap)?;
            }
        }
        Ok(scorer)
    }

    /// Looks up a term in one field.
    fn prepare_term(
        &mut self,
        snapshot: &IndexSnapshot,
        plan: &SearchPlan,
        term: &ScoreTerm,
        field: TextField,
        total: u64,
        cap: f32,
    ) -> Result<()> {
        let infos = look_up_term(snapshot, field, term.stream, &term.text)?;
        let frequency = document_frequency(&infos);
        if frequency == 0 {
            return Ok(());
        }
        let idf = bm25::idf(total, frequency).min(cap);
        let weight = bm25::term_weight(term, field, plan.rescoring, idf);
        let norms = self.find_or_add_norms(snapshot, field, term.stream, total);
        let text = term.text.clone();
        self.terms.push(PreparedTerm { text, stream: term.stream, field, weight, idf, infos, norms });
        Ok(())
    }

    /// Returns the index of the norms of a field and stream.
    fn find_or_add_norms(
        &mut self,
        snapshot: &IndexSnapshot,
        field: TextField,
        which: Stream,
        total: u64,
    ) -> usize {
        if let Some(index) = self.norms.iter().position(|(key, _)| *key == (field, which)) {
            return index;
        }
        let tokens: u64 = snapshot
            .segments
            .iter()
            .map(|s| terms_of_stream(s.text(field), which).0.lists.total_num_tokens())
            .sum();
        let average = bm25::average_length(tokens, total);
        let mut table = Box::new([0.0; 256]);
        for (id, norm) in table.iter_mut().enumerate() {
            *norm = bm25::length_norm(field, FieldNormReader::id_to_fieldnorm(id as u8), average);
        }
        self.norms.push(((field, which), table));
        self.norms.len() - 1
    }

    /// Returns the query's character pairs that occur in bodies, with their idf.
    pub fn body_pairs(&self) -> impl Iterator<Item = (&str, f32)> {
        let is_body_pair =
            |term: &&PreparedTerm| term.stream == Stream::Grams && term.field == TextField::Body;
        self.terms.iter().filter(is_body_pair).map(|term| (term.text.as_str(), term.idf))
    }

    /// Returns the postings of a pair in a field of a segment.
    pub fn pair_info(&self, pair: &str, field: TextField, ordinal: usize) -> Option<&TermInfo> {
        let is_pair =
            |term: &&PreparedTerm| term.stream == Stream::Grams && term.field == field && term.text == pair;
        self.terms.iter().find(is_pair)?.infos[ordinal].as_ref()
    }

    /// Returns the score of every hit of a segment, by document; 0 for the others. Boosts by key are
    /// added when all segments are scored: [`Scorer::add_key_boosts`].
    pub fn score_hits(
        &self,
        snapshot: &IndexSnapshot,
        ordinal: usize,
        hits: &Bits,
        boosts: &Boosts<'_>,
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
                self.add_term_scores(segment, term, info, hits, count, &mut scores)?;
            }
        }
        hits.iter().for_each(|doc| scores[doc as usize] *= boosts.product(doc));
        Ok(scores)
    }

    /// Adds the boosts by key to the scores of all segments.
    pub fn add_key_boosts(&self, plan: &SearchPlan, found: &mut [Scored<'_>]) -> Result<()> {
        let (mut places, mut keyed) = (Vec::new(), Vec::new());
        for (ordinal, Scored { segment, hits, scores }) in found.iter().enumerate() {
            let states = segment.derived.states(plan.day);
            for (doc, boost) in
                self.best_key_boosts(segment)?.into_iter().filter(|(doc, _)| hits.contains(*doc))
            {
                places.push((ordinal, doc));
                keyed.push(KeyedDocument {
                    score: scores[doc as usize],
                    boost,
                    validity: weights::validity(Some(STATES[state_number_of(states[doc as usize])])),
                    day: day_of(segment, doc),
                    id_hash: segment.columns.id_hash[doc as usize],
                });
            }
        }
        key_boosts::add_key_boosts(&mut keyed);
        for ((ordinal, doc), keyed) in places.into_iter().zip(keyed) {
            found[ordinal].scores[doc as usize] = keyed.score;
        }
        Ok(())
    }

    /// Returns the boost of the best key of each document that has one.
    fn best_key_boosts(&self, segment: &Segment) -> Result<HashMap<u32, f32>> {
        let mut best: HashMap<u32, f32> = HashMap::new();
        for (key, boost) in &self.keys {
            let Some(info) = segment.keys.find(key)? else { continue };
            let mut list = segment.keys.lists.read_postings_from_terminfo(&info, IndexRecordOption::Basic)?;
            while list.doc() != TERMINATED {
                let best = best.entry(list.doc()).or_default();
                *best = best.max(*boost);
                list.advance();
            }
        }
        Ok(best)
    }

    /// Returns the parts of the scores of documents of a segment, in rising order, which
    /// [`Scorer::score_hits`] adds up.
    pub fn explain(
        &self,
        snapshot: &IndexSnapshot,
        ordinal: usize,
        docs: &[u32],
        boosts: &Boosts<'_>,
    ) -> Result<Vec<Explanation>> {
        let segment = &snapshot.segments[ordinal];
        let mut found: Vec<Vec<FoundTerm<'_>>> = docs.iter().map(|_| Vec::new()).collect();
        for term in &self.terms {
            let Some(info) = &term.infos[ordinal] else { continue };
            let (Terms { lists, .. }, lengths) = terms_of_stream(segment.text(term.field), term.stream);
            let mut list = lists.read_postings_from_terminfo(info, IndexRecordOption::WithFreqs)?;
            for (doc, found) in docs.iter().zip(&mut found) {
                if list.doc() < *doc {
                    list.seek(*doc);
                }
                if list.doc() == *doc {
                    let frequency = list.term_freq();
                    let norm = self.norms[term.norms].1[lengths.fieldnorm_id(*doc) as usize];
                    found.push(FoundTerm {
                        term,
                        frequency,
                        adds: bm25::term_gain(term.weight, frequency, norm),
                    });
                }
            }
        }
        let key_boosts = self.best_key_boosts(segment)?;
        let explanation = |(doc, found): (&u32, Vec<FoundTerm<'_>>)| {
            let boost = key_boosts.get(doc).copied().unwrap_or(0.0);
            let boost = boost * weights::validity(Some(boosts.validity(*doc)));
            let (terms, rest) = largest_parts(found, |found| found.adds);
            let terms = terms.into_iter().map(FoundTerm::into_part).collect();
            Explanation { terms, rest, factors: boosts.named_factors(*doc).to_vec(), boost }
        };
        Ok(docs.iter().zip(found).map(explanation).collect())
    }

    /// Adds the scores of one term to those of the hits.
    fn add_term_scores(
        &self,
        segment: &Segment,
        term: &PreparedTerm,
        info: &TermInfo,
        hits: &Bits,
        count: u32,
        scores: &mut [f32],
    ) -> Result<()> {
        let (Terms { lists, .. }, lengths) = terms_of_stream(segment.text(term.field), term.stream);
        let norms = &self.norms[term.norms].1;
        let gain = |doc: u32, frequency: u32| {
            bm25::term_gain(term.weight, frequency, norms[lengths.fieldnorm_id(doc) as usize])
        };
        // Few hits in a long list: seek from hit to hit instead of reading all of it.
        if u64::from(count) * 24 < u64::from(info.doc_freq) {
            let mut list = lists.read_postings_from_terminfo(info, IndexRecordOption::WithFreqs)?;
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
        let mut blocks = lists.read_block_postings_from_terminfo(info, IndexRecordOption::WithFreqs)?;
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

/// Returns the day of publication, else of writing, of a document; 0 for none.
fn day_of(segment: &Segment, doc: u32) -> u32 {
    let day = |field: DateField| segment.columns.dates(field)[doc as usize];
    let days = [DateField::PublishedOn, DateField::WrittenOn].map(day);
    days.into_iter().find(|day| *day > 0).unwrap_or(0)
}

/// Looks up a term in a field of all segments.
fn look_up_term(
    snapshot: &IndexSnapshot,
    field: TextField,
    which: Stream,
    text: &str,
) -> Result<Vec<Option<TermInfo>>> {
    let mut infos = Vec::with_capacity(snapshot.segments.len());
    for segment in &snapshot.segments {
        infos.push(terms_of_stream(segment.text(field), which).0.find(text)?);
    }
    Ok(infos)
}

fn document_frequency(infos: &[Option<TermInfo>]) -> u64 {
    infos.iter().flatten().map(|info| u64::from(info.doc_freq)).sum()
}

/// Returns the bound on the idf of a term that stands in for typed words.
fn idf_cap(snapshot: &IndexSnapshot, term: &ScoreTerm, total: u64) -> Result<f32> {
    let mut idfs = Vec::with_capacity(term.idf_cap.len());
    for word in &term.idf_cap {
        let frequency = document_frequency(&look_up_term(snapshot, TextField::Body, Stream::Words, word)?);
        idfs.push(bm25::idf(total, frequency));
    }
    Ok(bm25::idf_cap(idfs))
}

fn terms_of_stream(streams: &TextStreams, which: Stream) -> (&Terms, &FieldNormReader) {
    match which {
        Stream::Words => (&streams.words, &streams.word_lengths),
        Stream::Grams => (&streams.grams, &streams.gram_lengths),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ranking::lengths::rounded_length;

    #[test]
    fn fieldnorms_round_lengths_as_shared_formula() {
        for id in 0..=u8::MAX {
            let length = FieldNormReader::id_to_fieldnorm(id);
            assert_eq!(rounded_length(length), length);
            assert_eq!(FieldNormReader::fieldnorm_to_id(rounded_length(length + 1)), {
                FieldNormReader::fieldnorm_to_id(length + 1)
            });
        }
    }
}
