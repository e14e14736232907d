//! What a text is, in a few bytes: its content without layout, a fingerprint of the
//! whole, and a sketch by which texts that share much of it are found.
//!
//! The content of a text is its Han characters and digits, folded. What sites change —
//! punctuation, blanks, width, Traditional characters, pinyin put between — is not in it.

use crate::analysis::{Class, Fold, class, fold::fold};

/// Characters a shingle spans.
const SHINGLE: usize = 5;
/// Bins of a sketch; each holds the smallest hash that fell into it.
pub const BINS: usize = 64;
/// Bins of a band: two texts meet in a band if they agree in all of them.
const ROWS: usize = 3;
/// Bands of a sketch: half the shingles in common, two texts meet in one with 0.94, with two
/// thirds in common with 0.999.
const BANDS: usize = BINS / ROWS;

/// The smallest hashes of a text's shingles, one for each bin; of a text that has no
/// shingle all are 0.
pub type Sketch = [u16; BINS];

/// The content of a text.
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

/// A number for a row of characters, the same in every run and on every machine.
pub fn fingerprint(content: &[char]) -> u64 {
    content.iter().fold(0x9e37_79b9_7f4a_7c15, |hash, c| mix(hash ^ u64::from(*c as u32)))
}

/// The sketch of a content: every shingle falls into a bin by its hash, and the
/// smallest of a bin stays. Two sketches agree in a bin about as often as two texts
/// share a shingle.
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
    filled(&least)
}

/// Empty bins take what a full one has, chosen by the bin alone: of two like texts
/// they take the same.
fn filled(least: &[u64; BINS]) -> Sketch {
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

/// The bands of a sketch as keys; texts that share one are worth comparing.
pub fn bands(sketch: &Sketch) -> impl Iterator<Item = u64> {
    let rows = sketch.chunks_exact(ROWS).enumerate();
    rows.take(BANDS)
        .map(|(band, rows)| rows.iter().fold(band as u64, |key, value| key << 16 | u64::from(*value)))
}

/// In how many bins two sketches agree.
pub fn agreeing(a: &Sketch, b: &Sketch) -> usize {
    a.iter().zip(b).filter(|(a, b)| a == b).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn layout_is_no_content() {
        let plain: String = content("关于印发《办法》的通知（2019年）").into_iter().collect();
        assert_eq!(plain, "关于印发办法的通知2019年");
        assert_eq!(content("關於印發“辦法”的 通知，２０１９年"), content(&plain));
        assert_eq!(content("关guān于yú印发办法的通知2019年"), content(&plain));
    }

    #[test]
    fn like_texts_have_like_sketches() {
        let text: String = (0..400u32).filter_map(|i| char::from_u32(0x4e00 + i * 37 % 9_001)).collect();
        let other: String = (0..400u32).filter_map(|i| char::from_u32(0x4e00 + i * 53 % 8_999)).collect();
        let [a, b] = [&text, &other].map(|text| sketch(&content(text)));
        let cut = sketch(&content(&text[..text.len() / 4 * 3]));
        assert!(agreeing(&a, &cut) > 35, "{}", agreeing(&a, &cut));
        assert!(agreeing(&a, &b) < 8, "{}", agreeing(&a, &b));
        assert!(bands(&a).any(|band| bands(&cut).any(|other| other == band)));
        assert_eq!(bands(&a).count(), BANDS);
        assert_eq!(sketch(&content("短文")), [0; BINS]);
    }
}
