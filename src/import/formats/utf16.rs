//! UTF-16 as a stream: what PowerShell writes by `>` is read as UTF-8.

use std::io::{self, BufRead, BufReader, Cursor, Read};

use encoding_rs::{Decoder, DecoderResult, Encoding, UTF_16BE, UTF_16LE};

/// Size of the pieces that are decoded at a time.
const PIECE_BYTES: usize = 64 << 10;

/// Detects UTF-16 of a JSON text by its mark, or by the zero byte of its first character.
fn detect(head: &[u8]) -> Option<&'static Encoding> {
    match head {
        [0xff, 0xfe, ..] => Some(UTF_16LE),
        [0xfe, 0xff, ..] => Some(UTF_16BE),
        [1..=255, 0, ..] => Some(UTF_16LE),
        [0, 1..=255, ..] => Some(UTF_16BE),
        _ => None,
    }
}

/// Decodes a whole JSON text if it is UTF-16; damaged text stays as it is, for the parser to refuse.
pub fn decode_all(bytes: &[u8]) -> Option<String> {
    let (text, lossy) = detect(bytes)?.decode_with_bom_removal(bytes);
    (!lossy).then(|| text.into_owned())
}

/// Gives JSON text as UTF-8, whichever of the two it is in.
///
/// # Errors
/// The beginning cannot be read.
pub fn as_utf8<'a>(mut reader: impl BufRead + 'a) -> io::Result<Box<dyn BufRead + 'a>> {
    let mut head = Vec::with_capacity(2);
    reader.by_ref().take(2).read_to_end(&mut head)?;
    let encoding = detect(&head);
    let whole = Cursor::new(head).chain(reader);
    Ok(match encoding {
        None => Box::new(whole),
        Some(encoding) => Box::new(BufReader::new(Utf16Reader {
            inner: whole,
            decoder: encoding.new_decoder_with_bom_removal(),
            text: String::with_capacity(4 * PIECE_BYTES),
            at: 0,
            is_ended: false,
        })),
    })
}

/// Reader that decodes UTF-16.
struct Utf16Reader<R> {
    inner: R,
    decoder: Decoder,
    text: String,
    /// Number of bytes of the text that were taken.
    at: usize,
    is_ended: bool,
}

impl<R: Read> Utf16Reader<R> {
    /// Decodes the next piece. Damage is an error, since no text may be changed silently.
    fn decode_piece(&mut self) -> io::Result<()> {
        let mut piece = vec![0; PIECE_BYTES];
        let length = self.inner.read(&mut piece)?;
        self.is_ended = length == 0;
        self.text.clear();
        self.at = 0;
        let (result, _) = self.decoder.decode_to_string_without_replacement(
            &piece[..length],
            &mut self.text,
            self.is_ended,
        );
        match result {
            DecoderResult::InputEmpty => Ok(()),
            DecoderResult::OutputFull | DecoderResult::Malformed(..) => {
                Err(io::Error::new(io::ErrorKind::InvalidData, "damaged UTF-16"))
            }
        }
    }
}

impl<R: Read> Read for Utf16Reader<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        while self.at == self.text.len() && !self.is_ended {
            self.decode_piece()?;
        }
        let length = out.len().min(self.text.len() - self.at);
        out[..length].copy_from_slice(&self.text.as_bytes()[self.at..self.at + length]);
        self.at += length;
        Ok(length)
    }
}
