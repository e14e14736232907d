//! Serialisation of numbers and texts, little-endian, lengths first.
//!
//! The bytes come from a file that a crash or a disk may have corrupted: every
//! length is checked against the remaining bytes before anything is allocated.

/// Error: the bytes are not a vocabulary of this version.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the stored vocabulary is damaged or of another version")]
pub struct Damaged;

/// Writer of numbers and rows.
#[derive(Default)]
pub struct ByteWriter {
    /// Bytes written so far.
    pub bytes: Vec<u8>,
}

/// Reader of the bytes of a [`ByteWriter`].
pub struct ByteReader<'a> {
    left: &'a [u8],
}

impl ByteWriter {
    /// Writes a row of bytes.
    pub fn write_bytes(&mut self, values: &[u8]) {
        self.write_u64(values.len() as u64);
        self.bytes.extend_from_slice(values);
    }

    /// Writes one number.
    pub fn write_u64(&mut self, value: u64) {
        self.bytes.extend_from_slice(&value.to_le_bytes());
    }

    /// Writes a row of 16-bit numbers.
    pub fn write_u16s(&mut self, values: &[u16]) {
        self.write_u64(values.len() as u64);
        self.bytes.extend(values.iter().flat_map(|v| v.to_le_bytes()));
    }

    /// Writes a row of 32-bit numbers.
    pub fn write_u32s(&mut self, values: &[u32]) {
        self.write_u64(values.len() as u64);
        self.bytes.extend(values.iter().flat_map(|v| v.to_le_bytes()));
    }
}

impl<'a> ByteReader<'a> {
    /// Starts at the beginning of `bytes`.
    pub fn new(bytes: &'a [u8]) -> Self {
        Self { left: bytes }
    }

    fn take(&mut self, length: usize) -> Result<&'a [u8], Damaged> {
        let (taken, left) = self.left.split_at_checked(length).ok_or(Damaged)?;
        self.left = left;
        Ok(taken)
    }

    fn read_row(&mut self, width: usize) -> Result<&'a [u8], Damaged> {
        let length = usize::try_from(self.read_u64()?).map_err(|_| Damaged)?;
        self.take(length.checked_mul(width).ok_or(Damaged)?)
    }

    /// Reads one number.
    pub fn read_u64(&mut self) -> Result<u64, Damaged> {
        let bytes = self.take(8)?.try_into().map_err(|_| Damaged)?;
        Ok(u64::from_le_bytes(bytes))
    }

    /// Reads a row of bytes.
    pub fn read_bytes(&mut self) -> Result<Vec<u8>, Damaged> {
        Ok(self.read_row(1)?.to_vec())
    }

    /// Reads a row of bytes that is UTF-8 text.
    pub fn read_text(&mut self) -> Result<String, Damaged> {
        String::from_utf8(self.read_bytes()?).map_err(|_| Damaged)
    }

    /// Reads a row of 16-bit numbers.
    pub fn read_u16s(&mut self) -> Result<Vec<u16>, Damaged> {
        Ok(self.read_row(2)?.chunks_exact(2).map(|b| u16::from_le_bytes([b[0], b[1]])).collect())
    }

    /// Reads a row of 32-bit numbers.
    pub fn read_u32s(&mut self) -> Result<Vec<u32>, Damaged> {
        Ok(self.read_row(4)?.chunks_exact(4).map(|b| u32::from_le_bytes([b[0], b[1], b[2], b[3]])).collect())
    }

    /// Succeeds if no bytes are left.
    pub fn finish(self) -> Result<(), Damaged> {
        if self.left.is_empty() { Ok(()) } else { Err(Damaged) }
    }
}
