//! Character encodings: detection and decoding.
//!
//! A byte order mark wins, then valid UTF-8, then the declared encoding, then a guess by the
//! bytes. Labels of the GB family mean GB18030, the superset, because pages labelled `gb2312`
//! use all of it.

use std::borrow::Cow;
use std::cmp::Ordering;

use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use encoding_rs::{Encoding, GB18030, GBK, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252};

/// Decoded text.
#[derive(Debug)]
pub struct Decoded<'a> {
    /// The text, without a byte order mark.
    pub text: Cow<'a, str>,
    /// Name of the encoding.
    pub encoding: &'static str,
    /// Set if some bytes are not valid in the encoding.
    pub lossy: bool,
}

/// Size of the sample by which the encoding is guessed.
const SAMPLE_BYTES: usize = 64 << 10;

/// Decodes `bytes`; `declared` is the label that the file or its header gives.
pub fn decode<'a>(bytes: &'a [u8], declared: Option<&str>) -> Decoded<'a> {
    if let Some((encoding, _)) = Encoding::for_bom(bytes) {
        return decode_as(encoding, bytes);
    }
    if let Some(encoding) = utf16_without_mark(bytes) {
        return decode_as(encoding, bytes);
    }
    if let Ok(text) = std::str::from_utf8(bytes) {
        return Decoded { text: Cow::Borrowed(text), encoding: UTF_8.name(), lossy: false };
    }
    let declared = declared.and_then(|label| Encoding::for_label(label.trim().as_bytes())).map(widen_gb);
    match declared {
        Some(encoding) => {
            let decoded = decode_as(encoding, bytes);
            if decoded.lossy { more_readable(decoded, bytes) } else { decoded }
        }
        None => decode_as(guess_encoding(bytes), bytes),
    }
}

/// Checks that a label names an encoding.
pub fn is_known_label(label: &str) -> bool {
    Encoding::for_label(label.trim().as_bytes()).is_some()
}

/// Replaces a wrongly declared encoding by the guess when that decodes more.
fn more_readable<'a>(declared: Decoded<'a>, bytes: &'a [u8]) -> Decoded<'a> {
    let guessed = guess_encoding(bytes);
    if guessed.name() == declared.encoding {
        return declared;
    }
    let other = decode_as(guessed, bytes);
    let unreadable = |text: &str| text.matches('\u{fffd}').count();
    if unreadable(&other.text) * 2 < unreadable(&declared.text) { other } else { declared }
}

/// Repairs UTF-8 that was decoded as Windows Latin and encoded as UTF-8 again: `å…³äºŽ` is 关于.
pub fn repair_double_encoding(text: &str) -> Option<String> {
    let sample =
        &text[..(0..=text.len().min(20_000)).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0)];
    let latin = sample.chars().filter(|c| ('\u{80}'..='\u{17f}').contains(c)).count();
    let han = sample.chars().filter(|c| ('\u{4e00}'..='\u{9fff}').contains(c)).count();
    if latin < 60 || latin < han * 10 {
        return None;
    }
    // Bytes that Windows Latin leaves undefined came through as control characters.
    let bytes: Vec<u8> = text
        .chars()
        .flat_map(|c| windows_1252_byte(c).map_or_else(|| b"?".to_vec(), |byte| vec![byte]))
        .collect();
    let repaired = String::from_utf8_lossy(&bytes).into_owned();
    let better = repaired.chars().filter(|c| ('\u{4e00}'..='\u{9fff}').contains(c)).count();
    let lost = repaired.matches('\u{fffd}').count();
    (better > 20 * (lost + 1)).then_some(repaired)
}

/// Returns the byte of a character in Windows Latin.
fn windows_1252_byte(c: char) -> Option<u8> {
    if u32::from(c) <= 0xff {
        return u8::try_from(u32::from(c)).ok();
    }
    let mut utf8 = [0; 4];
    let (bytes, _, lost) = WINDOWS_1252.encode(c.encode_utf8(&mut utf8));
    if lost { None } else { bytes.first().copied() }
}

fn decode_as<'a>(encoding: &'static Encoding, bytes: &'a [u8]) -> Decoded<'a> {
    let (text, used, lossy) = encoding.decode(bytes);
    Decoded { text, encoding: used.name(), lossy }
}

/// Replaces GBK by GB18030: pages labelled GBK and GB2312 use characters that only GB18030 has.
fn widen_gb(encoding: &'static Encoding) -> &'static Encoding {
    if encoding == GBK { GB18030 } else { encoding }
}

fn guess_encoding(bytes: &[u8]) -> &'static Encoding {
    let mut detector = EncodingDetector::new(Iso2022JpDetection::Deny);
    let sample = &bytes[..bytes.len().min(SAMPLE_BYTES)];
    detector.feed(sample, sample.len() == bytes.len());
    let sampled_utf8 =
        std::str::from_utf8(sample).err().is_some_and(|e| e.valid_up_to() > 0 && is_mostly_utf8(sample));
    if sampled_utf8 { UTF_8 } else { widen_gb(detector.guess(Some(b"cn"), Utf8Detection::Allow)) }
}

/// Recognises UTF-8 with a few damaged places, as scraped files have.
fn is_mostly_utf8(bytes: &[u8]) -> bool {
    let text = String::from_utf8_lossy(bytes);
    let wide = text.chars().filter(|c| ('\u{4e00}'..='\u{9fff}').contains(c)).count();
    wide > 20 * text.matches('\u{fffd}').count()
}

/// Detects UTF-16 without a byte order mark by its line ends, which have a zero byte beside them.
/// Other text has no zeros. Other characters prove little: 一 and the wide space have a zero
/// too, on the other side.
fn utf16_without_mark(bytes: &[u8]) -> Option<&'static Encoding> {
    let sample = &bytes[..bytes.len().min(SAMPLE_BYTES) & !1];
    let ends = |high: usize| {
        let is_end = |pair: &&[u8]| pair[high] == 0 && matches!(pair[1 - high], b'\r' | b'\n');
        sample.chunks_exact(2).filter(is_end).count()
    };
    let (big, little) = (ends(0), ends(1));
    match big.cmp(&little) {
        Ordering::Less => Some(UTF_16LE),
        Ordering::Greater => Some(UTF_16BE),
        Ordering::Equal => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "关于印发《政务公开工作要点》的通知\r\n各县（市、区）人民政府：现印发给你们。\r\n";

    #[test]
    fn decode_gb_labels_as_gb18030() {
        let text = format!("{TEXT}㐀𠀀");
        let (bytes, _, _) = GB18030.encode(&text);
        for label in [Some("gb2312"), Some("GBK"), Some("gb18030"), None] {
            assert_eq!(decode(&bytes, label).text, text, "{label:?}");
        }
    }

    #[test]
    fn decode_with_wrong_label_follows_the_bytes() {
        let (bytes, _, _) = GB18030.encode(TEXT);
        assert_eq!(decode(&bytes, Some("utf-8")).text, TEXT);
        assert_eq!(decode(TEXT.as_bytes(), Some("gb2312")).text, TEXT);
    }

    #[test]
    fn decode_removes_byte_order_marks() {
        assert_eq!(decode(format!("\u{feff}{TEXT}").as_bytes(), None).text, TEXT);
        for big in [false, true] {
            let units = TEXT.encode_utf16().flat_map(|u| if big { u.to_be_bytes() } else { u.to_le_bytes() });
            let bare: Vec<u8> = units.collect();
            let mark: &[u8] = if big { b"\xfe\xff" } else { b"\xff\xfe" };
            assert_eq!(decode(&[mark, &bare].concat(), None).text, TEXT);
            assert_eq!(decode(&bare, None).text, TEXT);
        }
    }

    #[test]
    fn repair_double_encoding_restores_text() {
        let once = TEXT.repeat(3);
        let twice = WINDOWS_1252.decode_without_bom_handling(once.as_bytes()).0.into_owned();
        assert_eq!(repair_double_encoding(&twice).as_deref(), Some(once.as_str()));
        assert_eq!(repair_double_encoding(&once), None);
        assert_eq!(repair_double_encoding("Café crème à la carte"), None);
    }

    #[test]
    fn decode_accepts_any_bytes() {
        for bytes in [&b""[..], b"\xff", b"\x00\x00\x00", b"\x81\x30\x81", b"\xff\xfe\x00"] {
            let _ = decode(bytes, Some("no such label"));
        }
    }
}
