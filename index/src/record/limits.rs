//! Limits of records.

/// Longest `id`, in bytes.
pub const MAX_ID_BYTES: usize = 256;
/// Longest `title`, in characters.
pub const MAX_TITLE_CHARS: usize = 2_000;
/// Longest `body`, in bytes.
pub const MAX_BODY_BYTES: usize = 8 << 20;
/// Most values of a list field.
pub const MAX_LIST_VALUES: usize = 200;
/// Longest single value of any field but title and body, in characters.
pub const MAX_VALUE_CHARS: usize = 2_000;
