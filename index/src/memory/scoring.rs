//! Scoring of matching documents: the formulas of [`crate::ranking`] over scanned documents.

use std::collections::BTreeMap;

use crate::error::Result;
use crate::memory::document::StoredDocument;
use crate::memory::document_set::DocumentSet;
use crate::query::plan::{Rescoring, SearchPlan};
use crate::query::{ScoreTerm, Stream};
use crate::ranking::best::best_documents;
use crate::ranking::bm25;
use crate::ranking::boosts::{Factors, PlanBoosts, kind_factor, named_factors, product};
use crate::ranking::explanation::largest_parts;
use crate::ranking::key_boosts::{KeyedDocument, add_key_boosts};
use crate::ranking::law_family::{self, ScoredHits};
use crate::ranking::lengths::rounded_length;
use crate::ranking::passages::PassagePairs;
use crate::ranking::weights;
use crate::record::days::day_number;
use crate::results::{Explanation, TermPart};
use crate::schema::fields::{DateField, Facet, TextField};

/// A score term in one field, with its weight.
struct FieldTerm<'a> {
    text: &'a str,
    stream: Stream,
    field: TextField,
    weight: f32,
    idf: f32,
    /// The average length of the field.
    average: f32,
}

/// The terms of a plan, weighed by all documents of a set.
pub struct Scorer<'a> {
    set: &'a DocumentSet,
    plan: &'a SearchPlan,
    boosts: PlanBoosts,
    terms: Vec<FieldTerm<'a>>,
}

impl<'a> Scorer<'a> {
    /// Weighs the terms of a plan.
    pub fn new(set: &'a DocumentSet, plan: &'a SearchPlan) -> Self {
        let total = set.numbered().count() as u64;
        let mut terms = Vec::new();
        let mut averages = BTreeMap::new();
        for term in &plan.terms {
            let typed = term
                .idf_cap
                .iter()
                .map(|word| bm25::idf(total, document_frequency(set, TextField::Body, Stream::Words, word)));
            let cap = bm25::idf_cap(typed);
            for field in TextField::ALL {
                let average = averages
                    .entry((field, term.stream == Stream::Grams))
                    .or_insert_with(|| bm25::average_length(tokens(set, field, term.stream), total));
                terms.extend(weigh(set, plan, term, field, (total, cap, *average)));
            }
        }
        Self { set, plan, boosts: PlanBoosts::new(plan), terms }
    }

    /// Scores hits.
    ///
    /// # Errors
    /// A document that is not of the set.
    pub fn score(&self, hits: impl Iterator<Item = u32>) -> Result<Vec<(u32, f32)>> {
        let mut scored = Hits { set: self.set, scores: BTreeMap::new() };
        for number in hits {
            let document = self.set.document(number)?;
            let sum = self.terms.iter().filter_map(|term| term.gain(document)).fold(0.0, |a, b| a + b);
            scored.scores.insert(number, sum * product(&self.factors(number, document)));
        }
        match self.plan.rescoring {
            Rescoring::LawFamily => law_family::rescore(&mut scored),
            Rescoring::Proximity => self.raise_passages(&mut scored)?,
        }
        self.raise_keyed(&mut scored)?;
        Ok(scored.scores.into_iter().collect())
    }

    /// Returns the parts of the score that a document has by itself.
    pub fn explain(&self, number: u32, document: &StoredDocument) -> Explanation {
        let part = |term: &FieldTerm<'_>| {
            let adds = term.gain(document)?;
            Some(TermPart {
                text: term.text.to_owned(),
                field: term.field,
                stream: term.stream,
                weight: bm25::weight_without_idf(term.weight, term.idf),
                idf: term.idf,
                frequency: term.occurrences(document),
                adds,
            })
        };
        let (terms, rest) = largest_parts(self.terms.iter().filter_map(part).collect(), |term| term.adds);
        let validity = self.validity_factor(number);
        Explanation {
            terms,
            rest,
            factors: self.factors(number, document).to_vec(),
            boost: self.key_boost(document).unwrap_or(0.0) * validity,
        }
    }

    fn factors(&self, number: u32, document: &StoredDocument) -> Factors {
        let (written, published) = (document.day(DateField::WrittenOn), document.day(DateField::PublishedOn));
        let fitting = self.boosts.values.iter().filter(|(facet, value)| {
            let key = facet.value_key(value);
            document.values(*facet).iter().any(|held| facet.value_key(held) == key)
        });
        let preference =
            self.boosts.value_factor(fitting.count()) * self.boosts.year_factor(written, published);
        let kind = kind_factor(document.values(Facet::Kind).first().map(String::as_str));
        let state = self.set.derived_row(number).period.state(day_number(self.plan.day));
        named_factors(state, kind, self.boosts.age_factor(written, published), preference)
    }

    fn validity_factor(&self, number: u32) -> f32 {
        let state = self.set.derived_row(number).period.state(day_number(self.plan.day));
        weights::validity(Some(state))
    }

    /// Returns the boost of the best key of a document, if it has one.
    fn key_boost(&self, document: &StoredDocument) -> Option<f32> {
        let has = self.plan.key_boosts.iter().filter(|boost| document.source.keys.contains(&boost.key));
        has.map(|boost| boost.boost).reduce(f32::max)
    }

    /// Raises the best hits that have much of the query in one passage.
    fn raise_passages(&self, hits: &mut Hits<'_>) -> Result<()> {
        let of_bodies = self.terms.iter().filter(|t| t.stream == Stream::Grams && t.field == TextField::Body);
        let pairs = of_bodies.map(|term| (term.text, term.idf));
        let Some(pairs) = PassagePairs::select(pairs, &self.plan.preferences) else { return Ok(()) };
        for (number, _) in hits.best(weights::MAX_PASSAGE_HITS) {
            let document = self.set.document(number)?;
            let texts = [TextField::Title, TextField::Body].into_iter().filter_map(|f| document.text(f));
            let best = texts.map(|text| {
                let grams = text.stream(Stream::Grams);
                let places = pairs.pairs.iter().zip(0..).flat_map(|((pair, _), pair_number)| {
                    let positions = grams.positions(pair).iter().take(weights::MAX_PAIR_OCCURRENCES);
                    positions.map(move |position| (*position, pair_number))
                });
                pairs.best_passage(places.collect())
            });
            let factor = pairs.factor(best.fold(0.0, f32::max));
            hits.scores.entry(number).and_modify(|score| *score *= factor);
        }
        Ok(())
    }

    /// Raises the hits that have one of the keys of the plan.
    fn raise_keyed(&self, hits: &mut Hits<'_>) -> Result<()> {
        let (mut numbers, mut keyed) = (Vec::new(), Vec::new());
        for (number, score) in &hits.scores {
            let document = self.set.document(*number)?;
            let Some(boost) = self.key_boost(document) else { continue };
            let days = [DateField::PublishedOn, DateField::WrittenOn].map(|field| document.day(field));
            numbers.push(*number);
            keyed.push(KeyedDocument {
                score: *score,
                boost,
                validity: self.validity_factor(*number),
                day: days.into_iter().find(|day| *day > 0).unwrap_or(0),
                id_hash: document.source.id_hash,
            });
        }
        add_key_boosts(&mut keyed);
        numbers.into_iter().zip(keyed).for_each(|(number, keyed)| hits.set_score(number, keyed.score));
        Ok(())
    }
}

impl FieldTerm<'_> {
    fn occurrences(&self, document: &StoredDocument) -> u32 {
        let text = document.text(self.field);
        text.map_or(0, |text| text.stream(self.stream).positions(self.text).len() as u32)
    }

    /// Returns the part of a document's score by this term; `None` if it does not occur.
    fn gain(&self, document: &StoredDocument) -> Option<f32> {
        let occurrences = self.occurrences(document);
        let length = document.text(self.field)?.stream(self.stream).length;
        let norm = bm25::length_norm(self.field, rounded_length(length), self.average);
        (occurrences > 0).then(|| bm25::term_gain(self.weight, occurrences, norm))
    }
}

/// Weighs a term in a field, given the number of documents, the bound on its idf and the average
/// length of the field; `None` if no document has it there.
fn weigh<'a>(
    set: &DocumentSet,
    plan: &SearchPlan,
    term: &'a ScoreTerm,
    field: TextField,
    (total, cap, average): (u64, f32, f32),
) -> Option<FieldTerm<'a>> {
    let frequency = document_frequency(set, field, term.stream, &term.text);
    let idf = (frequency > 0).then(|| bm25::idf(total, frequency).min(cap))?;
    let weight = bm25::term_weight(term, field, plan.rescoring, idf);
    Some(FieldTerm { text: &term.text, stream: term.stream, field, weight, idf, average })
}

fn document_frequency(set: &DocumentSet, field: TextField, stream: Stream, token: &str) -> u64 {
    let texts = set.numbered().filter_map(|(_, document)| document.text(field));
    texts.filter(|text| text.stream(stream).contains(token)).count() as u64
}

/// Counts the tokens of a field in all documents.
fn tokens(set: &DocumentSet, field: TextField, stream: Stream) -> u64 {
    let texts = set.numbered().filter_map(|(_, document)| document.text(field));
    texts.map(|text| u64::from(text.stream(stream).length)).sum()
}

/// The scores of all hits by document.
struct Hits<'a> {
    set: &'a DocumentSet,
    scores: BTreeMap<u32, f32>,
}

impl ScoredHits for Hits<'_> {
    type Place = u32;

    fn best(&self, count: usize) -> Vec<(u32, f32)> {
        let id_hash = |number: u32| self.set.document(number).map_or(0, |held| held.source.id_hash);
        let scored = self.scores.iter().map(|(number, score)| (*score, id_hash(*number), *number));
        best_documents(scored, count)
    }

    fn law_family(&self, hit: u32) -> u64 {
        self.set.document(hit).map_or(0, |document| document.source.law_family)
    }

    fn set_score(&mut self, hit: u32, score: f32) {
        self.scores.insert(hit, score);
    }

    fn multiply(&mut self, factor: impl Fn(u64) -> f32) {
        let set = self.set;
        for (number, score) in &mut self.scores {
            let family = set.document(*number).map_or(0, |document| document.source.law_family);
            *score *= factor(family);
        }
    }
}
