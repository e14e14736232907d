//! NDJSON, one record a line, plain or compressed; and single JSON files.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};

use gongkai_index::Record;

use crate::import::formats::{charset, utf16};
use crate::import::item::{Item, Place, Sink};

/// Length limit of a line: the longest body, written with escapes, and the rest of a record.
pub const MAX_LINE_BYTES: u64 = 24 << 20;

/// Compression of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Compression {
    /// No compression.
    None,
    /// `.gz`
    Gzip,
    /// `.zst`
    Zstd,
}

/// Splits the ending of a compression from a name.
pub fn split_compression(name: &str) -> (&str, Compression) {
    if let Some(stem) = name.strip_suffix(".zst") {
        (stem, Compression::Zstd)
    } else if let Some(stem) = name.strip_suffix(".gz") {
        (stem, Compression::Gzip)
    } else {
        (name, Compression::None)
    }
}

/// Opens a file and decompresses it.
///
/// # Errors
/// The file is not compressed as its name says.
pub fn decompress(file: File, compression: Compression) -> io::Result<Box<dyn BufRead>> {
    const BUFFER: usize = 256 << 10;
    Ok(match compression {
        Compression::None => Box::new(BufReader::with_capacity(BUFFER, file)),
        Compression::Gzip => {
            Box::new(BufReader::with_capacity(BUFFER, flate2::read::MultiGzDecoder::new(file)))
        }
        Compression::Zstd => Box::new(BufReader::with_capacity(BUFFER, zstd::Decoder::new(file)?)),
    })
}

/// Reads one object a line. False if the sink wants no more.
pub fn read_lines<'a>(reader: impl BufRead + 'a, place: &Place, sink: Sink<'_>) -> bool {
    match utf16::as_utf8(reader) {
        Ok(reader) => read_utf8_lines(reader, place, sink),
        Err(e) => sink(Item::rejected(place.clone(), format!("cannot be read: {e}"))),
    }
}

fn read_utf8_lines(mut reader: impl BufRead, place: &Place, sink: Sink<'_>) -> bool {
    let mut line = Vec::new();
    for number in 1.. {
        line.clear();
        let item = match reader.by_ref().take(MAX_LINE_BYTES).read_until(b'\n', &mut line) {
            Ok(0) => return true,
            Ok(read) if read as u64 == MAX_LINE_BYTES && line.last() != Some(&b'\n') => {
                let reason = format!("the line is longer than {MAX_LINE_BYTES} bytes");
                if skip_line(&mut reader).is_err() {
                    return sink(Item::rejected(place.at_line(number), reason));
                }
                Item::rejected(place.at_line(number), reason)
            }
            Ok(_) if line.iter().all(u8::is_ascii_whitespace) => continue,
            Ok(_) => parse_record(&line, place.at_line(number)),
            Err(e) => {
                return sink(Item::rejected(place.at_line(number), format!("cannot be read further: {e}")));
            }
        };
        if !sink(item) {
            return false;
        }
    }
    true
}

fn skip_line(reader: &mut impl BufRead) -> io::Result<()> {
    loop {
        let buffer = reader.fill_buf()?;
        let (used, done) = match buffer.iter().position(|b| *b == b'\n') {
            Some(end) => (end + 1, true),
            None => (buffer.len(), buffer.is_empty()),
        };
        reader.consume(used);
        if done {
            return Ok(());
        }
    }
}

/// Reads a file that is one record or an array of them.
pub fn read_json(reader: impl Read, place: &Place, sink: Sink<'_>) -> bool {
    const MAX_FILE_BYTES: u64 = 256 << 20;
    let mut text = Vec::new();
    match reader.take(MAX_FILE_BYTES).read_to_end(&mut text) {
        Err(e) => return sink(Item::rejected(place.clone(), format!("cannot be read: {e}"))),
        Ok(read) if read as u64 == MAX_FILE_BYTES => {
            return sink(Item::rejected(
                place.clone(),
                "is too large for one JSON file; give NDJSON, one record a line",
            ));
        }
        Ok(_) => {}
    }
    let text = match utf16::decode_all(&text) {
        Some(decoded) => decoded.into_bytes(),
        None => text,
    };
    let text = text.strip_prefix(BYTE_ORDER_MARK).unwrap_or(&text);
    if text.iter().find(|b| !b.is_ascii_whitespace()) != Some(&b'[') {
        return sink(parse_record(text, place.clone()));
    }
    match serde_json::from_slice::<Vec<&serde_json::value::RawValue>>(text) {
        Err(e) => {
            let reason = wrong_encoding(text).unwrap_or_else(|| e.to_string());
            sink(Item::rejected(place.clone(), reason))
        }
        Ok(records) => records.into_iter().zip(1..).all(|(record, number)| {
            let place = Place { entry: Some(format!("[{number}]")), ..place.clone() };
            sink(parse_record(record.get().as_bytes(), place))
        }),
    }
}

/// Mark that some programs write before UTF-8.
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

fn parse_record(json: &[u8], place: Place) -> Item {
    match Record::from_json(json) {
        Ok(record) => Item::Record { place, record: Box::new(record) },
        Err(problems) => match wrong_encoding(json) {
            Some(reason) => Item::rejected(place, reason),
            None => Item::Rejected { place, problems },
        },
    }
}

/// Names the encoding of what is not UTF-8, as JSON must be.
fn wrong_encoding(json: &[u8]) -> Option<String> {
    std::str::from_utf8(json).err()?;
    let encoding = charset::decode(json, None).encoding;
    Some(match encoding {
        "UTF-8" => "is damaged UTF-8".to_owned(),
        other => format!("is not UTF-8, probably {other}; convert the file to UTF-8"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_all(text: &str) -> Vec<String> {
        let mut seen = Vec::new();
        let place = Place { file: "f".into(), entry: None, line: None };
        read_lines(text.as_bytes(), &place, &mut |item| {
            seen.push(match item {
                Item::Record { place, record } => format!("{place} {}", record.id),
                Item::Rejected { place, problems } => format!("{place} {}", problems[0]),
                Item::Removed { place, .. } => place.to_string(),
            });
            true
        });
        seen
    }

    #[test]
    fn bad_lines_are_reported_and_rest_is_read() {
        let text = "{\"id\":\"a\",\"kind\":\"policy\",\"title\":\"t\"}\n\nnonsense\n{\"id\":\"b\",\"kind\":\"policy\",\"title\":\"t\"}";
        let seen = read_all(text);
        assert_eq!(seen[0], "f:1 a");
        assert!(seen[1].starts_with("f:3 "), "{}", seen[1]);
        assert_eq!(seen[2], "f:4 b");
    }

    #[test]
    fn split_compression_reads_name_ending() {
        assert_eq!(split_compression("a.jsonl.zst"), ("a.jsonl", Compression::Zstd));
        assert_eq!(split_compression("a.json"), ("a.json", Compression::None));
    }
}
