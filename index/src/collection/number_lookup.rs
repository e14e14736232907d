//! Look-up of many document numbers at once: one search for all that some record has, and one for the
//! neighbours of the others.

use std::collections::{HashMap, HashSet};

use crate::backend::Budget;
use crate::collection::reader::Reader;
use crate::collection::rewrite::{NearNumber, near_misses};
use crate::error::Result;
use crate::keys::number::{hash_of_number, key_of_number};
use crate::official::document_number::{self, DocumentNumber};
use crate::query::near::{MAX_NEAR_RECORDS, neighbour_keys};
use crate::query::{Clause, KeyBoost, ParsedQuery, Query};
use crate::record::Date;
use crate::results::Hit;

/// Readings of one text as a document number.
pub type Readings = Vec<DocumentNumber>;

/// Records of one number.
#[derive(Debug, Clone, Default)]
pub struct NumberMatches {
    /// Records that have the number in one of its readings, the best first.
    pub hits: Vec<Hit>,
    /// Records with numbers near it, if no record has it.
    pub near: Vec<NearNumber>,
}

/// Look-ups of numbers in one generation.
pub struct NumberLookup<'a> {
    /// The generation.
    pub reader: &'a Reader,
    /// Day for which validity is computed.
    pub today: Date,
    /// Most records of one number.
    pub max_records: usize,
    /// Limits of all searches together.
    pub budget: &'a Budget,
}

impl NumberLookup<'_> {
    /// Finds the records of each number. `near` is looked for with the first `max_near` that no record
    /// has.
    ///
    /// # Errors
    /// As [`Reader::search`].
    pub fn find(&self, numbers: &[Readings], max_near: usize) -> Result<Vec<NumberMatches>> {
        let mut found: Vec<NumberMatches> = Vec::with_capacity(numbers.len());
        let wanted = numbers.iter().flatten().map(|number| (hash_of_number(number), key_of_number(number)));
        let hits = HitsByNumber::find(self, wanted.collect(), self.max_records * numbers.len())?;
        for readings in numbers {
            let keys: Vec<(String, f32)> =
                readings.iter().map(|number| (key_of_number(number), 1.0)).collect();
            found.push(NumberMatches { hits: hits.best(self, &keys, self.max_records)?, near: Vec::new() });
        }
        let absent: Vec<usize> = found
            .iter()
            .zip(numbers)
            .enumerate()
            .filter(|(_, (found, readings))| found.hits.is_empty() && !readings.is_empty())
            .map(|(at, _)| at)
            .take(max_near)
            .collect();
        let around: Vec<_> = absent.iter().map(|at| neighbour_keys(&numbers[*at])).collect();
        let wanted = around.iter().flatten().map(|(number, key, _)| (hash_of_number(number), key.clone()));
        let hits = HitsByNumber::find(self, wanted.collect(), MAX_NEAR_RECORDS * absent.len())?;
        for (at, neighbours) in absent.into_iter().zip(around) {
            let keys: Vec<(String, f32)> =
                neighbours.into_iter().map(|(_, key, boost)| (key, boost)).collect();
            let near = hits.best(self, &keys, MAX_NEAR_RECORDS)?;
            found[at].near = near_misses(&numbers[at], near);
        }
        Ok(found)
    }

    /// Searches for records that have one of these keys.
    fn search(&self, keys: &[(String, f32)], max_hits: usize) -> Result<(Vec<Hit>, bool)> {
        let matching = Clause::Or(keys.iter().map(|(key, _)| Clause::Key(key.clone())).collect());
        let mut parsed = ParsedQuery::from_clause(matching);
        parsed.keys = keys.iter().map(|(key, boost)| KeyBoost { key: key.clone(), boost: *boost }).collect();
        let query = Query { per_page: max_hits, highlight: false, ..Query::new(parsed, self.today) };
        let results = self.reader.search(&query, self.budget)?;
        Ok((results.hits, results.more))
    }
}

/// Hits of one search for many numbers, by the key of their number.
struct HitsByNumber {
    by_key: HashMap<String, Vec<Hit>>,
    /// True if there were more than were asked for: then each number is searched for by itself.
    is_cut: bool,
}

impl HitsByNumber {
    /// Searches once for the keys, by their hashes, that any record has.
    fn find(lookup: &NumberLookup<'_>, wanted: HashSet<(u64, String)>, max_hits: usize) -> Result<Self> {
        let mut wanted: Vec<(u64, String)> = wanted.into_iter().collect();
        wanted.sort_unstable();
        let hashes: Vec<u64> = wanted.iter().map(|(hash, _)| *hash).collect();
        let held = lookup.reader.holds_numbers(&hashes)?;
        let held = wanted.into_iter().zip(held).filter(|(_, held)| *held);
        let keys: Vec<(String, f32)> = held.map(|((_, key), _)| (key, 1.0)).collect();
        let mut by_key: HashMap<String, Vec<Hit>> = HashMap::new();
        if keys.is_empty() {
            return Ok(Self { by_key, is_cut: false });
        }
        let (hits, is_cut) = lookup.search(&keys, max_hits)?;
        if !is_cut {
            for hit in hits {
                let number = hit.record.document_number.as_deref().and_then(document_number::parse);
                let key = number.map(|number| key_of_number(&number)).unwrap_or_default();
                by_key.entry(key).or_default().push(hit);
            }
        }
        Ok(Self { by_key, is_cut })
    }

    /// Returns the best records that have one of these keys, as a search for them alone ranks them.
    fn best(&self, lookup: &NumberLookup<'_>, keys: &[(String, f32)], max_hits: usize) -> Result<Vec<Hit>> {
        if self.is_cut {
            return Ok(lookup.search(keys, max_hits)?.0);
        }
        let mut best: HashMap<u64, (f32, &Hit)> = HashMap::new();
        for (key, boost) in keys {
            for hit in self.by_key.get(key).into_iter().flatten() {
                // A score of 1 times the factor of validity, so times the boost that of the key.
                let score = boost * hit.score;
                let best = best.entry(hit.position.id_hash).or_insert((score, hit));
                best.0 = best.0.max(score);
            }
        }
        let mut best: Vec<(f32, &Hit)> = best.into_values().collect();
        best.sort_by(|(a, x), (b, y)| b.total_cmp(a).then(x.position.id_hash.cmp(&y.position.id_hash)));
        let rescored = |(score, hit): (f32, &Hit)| Hit { score, ..hit.clone() };
        Ok(best.into_iter().take(max_hits).map(rescored).collect())
    }
}
