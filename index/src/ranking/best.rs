//! The best of many scored documents.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// Selects the `count` best documents, the best first; ties go to the smaller id hash. A document
/// is given by its score, the hash of its id and its place.
pub fn best_documents<P: Ord + Copy>(
    documents: impl Iterator<Item = (f32, u64, P)>,
    count: usize,
) -> Vec<(P, f32)> {
    let mut heap: BinaryHeap<(Reverse<u32>, u64, P)> = BinaryHeap::with_capacity(count + 1);
    for (score, id_hash, place) in documents {
        // Scores are not negative, so their bits order as they do.
        let entry = (Reverse(score.max(0.0).to_bits()), id_hash, place);
        if heap.len() < count || heap.peek().is_some_and(|worst| entry < *worst) {
            heap.push(entry);
        }
        if heap.len() > count {
            heap.pop();
        }
    }
    let sorted = heap.into_sorted_vec();
    sorted.into_iter().map(|(Reverse(bits), _, place)| (place, f32::from_bits(bits))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn best_documents_come_by_score_then_id_hash() {
        let documents = [(1.0, 5, 'a'), (3.0, 9, 'b'), (3.0, 2, 'c'), (2.0, 1, 'd')];
        let best = |count| best_documents(documents.into_iter(), count);
        assert_eq!(best(3), [('c', 3.0), ('b', 3.0), ('d', 2.0)]);
        assert_eq!(best(9).len(), 4);
        assert_eq!(best(0), []);
    }
}
