//! Numbers and texts to bytes and back, little-endian, lengths first.
//!
//! The bytes come from a file that a crash or a disk may have spoilt: every
//! length is checked against what is left before anything is allocated.

/// The bytes do not hold a vocabulary of this version.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the stored vocabulary is damaged or of another version")]
pub struct Damaged;

/// Writes.
#[derive(Default)]
pub struct Sink {
    /// What was written.
    pub bytes: Vec<u8>,
}

/// Reads what a [`Sink`] wrote.
pub struct Source<'a> {
    left: &'a [u8],
}

impl Sink {
    /// A row of bytes.
    pub fn bytes(&mut self, values: &[u8]) {
        self.number(values.len() as u64);
        self.bytes.extend_from_slice(values);
    }

    /// One number.
    pub fn number(&mut self, value: u64) {
        self.bytes.extend_from_slice(&value.to_le_bytes());
    }

    /// A row of 16-bit numbers.
    pub fn halves(&mut self, values: &[u16]) {
        self.number(values.len() as u64);
        self.bytes.extend(values.iter().flat_map(|v| v.to_le_bytes()));
    }

    /// A row of 32-bit numbers.
    pub fn words(&mut self, values: &[u32]) {
        self.number(values.len() as u64);
        self.bytes.extend(values.iter().flat_map(|v| v.to_le_bytes()));
    }
}

impl<'a> Source<'a> {
    /// Reads from the beginning of `bytes`.
    pub fn new(bytes: &'a [u8]) -> Self {
        Self { left: bytes }
    }

    fn take(&mut self, length: usize) -> Result<&'a [u8], Damaged> {
        let (taken, left) = self.left.split_at_checked(length).ok_or(Damaged)?;
        self.left = left;
        Ok(taken)
    }

    fn row(&mut self, width: usize) -> Result<&'a [u8], Damaged> {
        let length = usize::try_from(self.number()?).map_err(|_| Damaged)?;
        self.take(length.checked_mul(width).ok_or(Damaged)?)
    }

    /// One number.
    pub fn number(&mut self) -> Result<u64, Damaged> {
        let bytes = self.take(8)?.try_into().map_err(|_| Damaged)?;
        Ok(u64::from_le_bytes(bytes))
    }

    /// A row of bytes.
    pub fn bytes(&mut self) -> Result<Vec<u8>, Damaged> {
        Ok(self.row(1)?.to_vec())
    }

    /// A row of bytes that is text.
    pub fn text(&mut self) -> Result<String, Damaged> {
        String::from_utf8(self.bytes()?).map_err(|_| Damaged)
    }

    /// A row of 16-bit numbers.
    pub fn halves(&mut self) -> Result<Vec<u16>, Damaged> {
        Ok(self.row(2)?.chunks_exact(2).map(|b| u16::from_le_bytes([b[0], b[1]])).collect())
    }

    /// A row of 32-bit numbers.
    pub fn words(&mut self) -> Result<Vec<u32>, Damaged> {
        Ok(self.row(4)?.chunks_exact(4).map(|b| u32::from_le_bytes([b[0], b[1], b[2], b[3]])).collect())
    }

    /// Succeeds when nothing is left.
    pub fn finish(self) -> Result<(), Damaged> {
        if self.left.is_empty() { Ok(()) } else { Err(Damaged) }
    }
}
