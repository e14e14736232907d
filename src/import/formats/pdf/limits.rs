//! Limits on PDF files.

/// Most bytes that one stream may unpack to.
pub const MAX_STREAM_BYTES: usize = 64 << 20;
