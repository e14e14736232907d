//! Hash of 64 bits as which keys are stored.

/// Hashes a key: the first 64 bits of BLAKE3 over the text, never 0, which stands for no key.
pub fn hash_key(text: &str) -> u64 {
    let mut first = [0; 8];
    first.copy_from_slice(&blake3::hash(text.as_bytes()).as_bytes()[..8]);
    u64::from_le_bytes(first).max(1)
}
