//! Articles of one law speak for each other. A question is answered by a few rules that
//! mostly stand in one law, and where many of its articles match well, others that match
//! worse are likelier to be meant than those of a law that has one article by chance.
//!
//! Only for whole questions, and only for records that are articles of a law. The first
//! of the list are moved a little, what stands behind them much: the head is good by
//! what it says itself.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap};

use crate::embedded::reader::segments::Segment;
use crate::embedded::search::bits::Bits;
use crate::ranking::weights;

/// The hits of one segment with their scores by document.
pub struct Scored<'a> {
    pub segment: &'a Segment,
    pub hits: Bits,
    pub scores: Vec<f32>,
}

/// Lifts articles by what their law gathers. One pass over the hits, three look-ups each.
pub fn rescore(found: &mut [Scored<'_>]) {
    let strength = strength(found);
    if strength.is_empty() {
        return;
    }
    let of = |segment: &Segment, doc: u32| {
        strength.get(&segment.columns.family[doc as usize]).copied().unwrap_or(0.0)
    };
    multiply(found, |segment, doc| 1.0 + weights::FAMILY_HEAD * of(segment, doc));
    let head = best(found, weights::HEAD);
    let kept: Vec<f32> = head
        .iter()
        .map(|(at, doc, score)| {
            found[*at].scores[*doc as usize] = 0.0;
            *score
        })
        .collect();
    let more = weights::FAMILY_TAIL - weights::FAMILY_HEAD;
    let factor = |strength: f32| 1.0 + more * strength / (1.0 + weights::FAMILY_HEAD * strength);
    multiply(found, |segment, doc| factor(of(segment, doc)));
    // The head stays above all that was lifted behind it, in its own order.
    let above = best(found, 1).first().map_or(0.0, |(_, _, score)| *score);
    for ((at, doc, _), score) in head.into_iter().zip(kept) {
        found[at].scores[doc as usize] = score + above;
    }
}

fn multiply(found: &mut [Scored<'_>], factor: impl Fn(&Segment, u32) -> f32) {
    for Scored { segment, hits, scores } in found {
        hits.iter().for_each(|doc| scores[doc as usize] *= factor(segment, doc));
    }
}

/// What each law gathers, from 0 to 1: its articles among the best, each the more the
/// nearer it is to the best.
fn strength(found: &[Scored<'_>]) -> HashMap<u64, f32> {
    let leaders = best(found, weights::LEADERS);
    let mut gathered: HashMap<u64, f32> = HashMap::new();
    let Some((_, _, first)) = leaders.first().copied().filter(|(_, _, score)| *score > 0.0) else {
        return gathered;
    };
    for (at, doc, score) in leaders {
        let family = found[at].segment.columns.family[doc as usize];
        if family != 0 {
            *gathered.entry(family).or_default() += (score / first).powi(4);
        }
    }
    let most = gathered.values().copied().fold(f32::MIN_POSITIVE, f32::max);
    gathered.values_mut().for_each(|value| *value = (*value / most).sqrt());
    gathered
}

/// The best hits: segment, document, score; ties by the tie-breaker.
pub fn best(found: &[Scored<'_>], count: usize) -> Vec<(usize, u32, f32)> {
    let mut heap: BinaryHeap<(Reverse<u32>, u64, usize, u32)> = BinaryHeap::with_capacity(count + 1);
    for (at, Scored { segment, hits, scores }) in found.iter().enumerate() {
        for doc in hits.iter() {
            // Scores are not negative, so their bits order as they do.
            let key = Reverse(scores[doc as usize].max(0.0).to_bits());
            let entry = (key, segment.columns.id_hash[doc as usize], at, doc);
            if heap.len() < count || heap.peek().is_some_and(|worst| entry < *worst) {
                heap.push(entry);
            }
            if heap.len() > count {
                heap.pop();
            }
        }
    }
    let sorted = heap.into_sorted_vec();
    sorted.into_iter().map(|(Reverse(bits), _, at, doc)| (at, doc, f32::from_bits(bits))).collect()
}
