//! Content of a text without layout, its fingerprint, and its sketch: a few bytes by which
//! texts that share much of their content are found.
//!
//! The content of a text is its Han characters and digits, folded. Punctuation, blanks, width,
//! Traditional characters and inserted pinyin, which sites change, are not part of it.

use crate::analysis::{Class, Fold, class, fold::fold};

/// Characters a shingle spans.
const SHINGLE: usize = 5;
/// Bins of a sketch; each holds the smallest hash that fell into it.
pub const BINS: usize = 64;
/// Bins of a band: two texts share a band if they agree in all of them.
const ROWS: usize = 3;
/// Bands of a sketch. Two texts with half of their shingles in common share a band with
/// probability 0.94, with two thirds in common with 0.999.
const BANDS: usize = BINS / ROWS;

/// Smallest hashes of the shingles of a text, one for each bin; all 0 for a text without a
/// shingle.
pub type Sketch = [u16; BINS];

/// Returns the content of a text.
pub fn content(text: &str) -> Vec<char> {
    let folded = fold(text, Fold::Grams);
    folded.text().chars().filter(|c| c.is_ascii_digit() || class(*c) == Class::Han).collect()
}

/// Mixes the bits of a number so that each depends on all.
pub fn mix(mut x: u64) -> u64 {
    x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    x ^ (x >> 31)
}

/// Hashes characters to a number that is the same in every run and on every machine.
pub fn fingerprint(content: &[char]) -> u64 {
    content.iter().fold(0x9e37_79b9_7f4a_7c15, |hash, c| mix(hash ^ u64::from(*c as u32)))
}

/// Makes the sketch of a content: the hash of every shingle chooses its bin, and each bin keeps
/// the smallest. Two sketches agree in about the share of bins in which two texts share
/// shingles.
pub fn sketch(content: &[char]) -> Sketch {
    let mut least = [u64::MAX; BINS];
    for shingle in content.windows(SHINGLE) {
        let packed = shingle
            .iter()
            .fold(0u64, |hash, c| hash.wrapping_mul(0x0000_0100_0000_01b3).wrapping_add(*c as u64));
        let hash = mix(packed);
        let bin = &mut least[(hash >> 58) as usize];
        *bin = (*bin).min(hash & 0x03ff_ffff_ffff_ffff);
    }
    fill_empty_bins(&least)
}

/// Fills each empty bin with the value of a full one, chosen by the number of the bin alone, so
/// that similar texts get the same values.
fn fill_empty_bins(least: &[u64; BINS]) -> Sketch {
    let mut sketch = [0; BINS];
    if least.iter().all(|hash| *hash == u64::MAX) {
        return sketch;
    }
    for (bin, out) in sketch.iter_mut().enumerate() {
        let mut from = bin;
        let mut turn = 0u64;
        while least[from] == u64::MAX {
            turn += 1;
            from = (mix((bin as u64) << 32 | turn) % BINS as u64) as usize;
        }
        *out = (least[from] >> 3) as u16;
    }
    sketch
}

/// Returns the bands of a sketch as keys; texts that share one are worth comparing.
pub fn bands(sketch: &Sketch) -> impl Iterator<Item = u64> {
    let rows = sketch.chunks_exact(ROWS).enumerate();
    rows.take(BANDS)
        .map(|(band, rows)| rows.iter().fold(band as u64, |key, value| key << 16 | u64::from(*value)))
}

/// Counts the bins in which two sketches agree.
pub fn count_agreeing_bins(a: &Sketch, b: &Sketch) -> usize {
    a.iter().zip(b).filter(|(a, b)| a == b).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn content_is_independent_of_layout() {
        let plain: String = content("关于印发《办法》的通知（2019年）").into_iter().collect();
        assert_eq!(plain, "关于印发办法的通知2019年");
        assert_eq!(content("關於印發“辦法”的 通知，２０１９年"), content(&plain));
        assert_eq!(content("关guān于yú印发办法的通知2019年"), content(&plain));
    }

    #[test]
    fn sketches_of_similar_texts_agree() {
        let text: String = (0..400u32).filter_map(|i| char::from_u32(0x4e00 + i * 37 % 9_001)).collect();
        let other: String = (0..400u32).filter_map(|i| char::from_u32(0x4e00 + i * 53 % 8_999)).collect();
        let [a, b] = [&text, &other].map(|text| sketch(&content(text)));
        let cut = sketch(&content(&text[..text.len() / 4 * 3]));
        assert!(count_agreeing_bins(&a, &cut) > 35, "{}", count_agreeing_bins(&a, &cut));
        assert!(count_agreeing_bins(&a, &b) < 8, "{}", count_agreeing_bins(&a, &b));
        assert!(bands(&a).any(|band| bands(&cut).any(|other| other == band)));
        assert_eq!(bands(&a).count(), BANDS);
        assert_eq!(sketch(&content("短文")), [0; BINS]);
    }
}
