//! Limits on the contents of PDF files.

/// Size limit of one unpacked stream.
pub const MAX_STREAM_BYTES: usize = 64 << 20;
