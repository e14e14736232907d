//! Files embedded in a Word file as text (`w:altChunk`): HTML, also as MHT, plain text and Word.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::import::file_content::{BlockKind, FileContent};
use crate::import::formats::docx::story::StoryLine;
use crate::import::formats::{html, text};
use crate::import::read_error::ReadError;

/// Reads an embedded file; one that cannot be read leaves a line that says so.
pub fn read(
    name: &str,
    bytes: Result<Vec<u8>, ReadError>,
    read_word: impl FnOnce(&[u8]) -> Result<FileContent, ReadError>,
) -> Vec<StoryLine> {
    let ending = name.rsplit('.').next().unwrap_or_default().to_ascii_lowercase();
    let content = bytes.and_then(|bytes| match ending.as_str() {
        "htm" | "html" | "xhtml" => Ok(html::read(&bytes, None)),
        "mht" | "mhtml" => {
            let (page, charset) = page_of_mht(&bytes).ok_or_else(|| ReadError::damaged("MHT 里没有网页"))?;
            Ok(html::read(&page, charset.as_deref()))
        }
        "txt" => Ok(text::read(&bytes)),
        "docx" => read_word(&bytes),
        other => Err(ReadError::Unsupported(format!("{} 格式不支持", other.to_ascii_uppercase()))),
    });
    match content {
        Ok(content) => content.blocks.into_iter().map(|block| (block.kind, block.text)).collect(),
        Err(error) => vec![(BlockKind::Paragraph, format!("（此处嵌入的文件未入库：{error}）"))],
    }
}

/// Finds the page in an MHT file (RFC 2557), with its charset.
fn page_of_mht(bytes: &[u8]) -> Option<(Vec<u8>, Option<String>)> {
    let mut rest = bytes;
    while let Some(at) = find(&rest.to_ascii_lowercase(), b"content-type: text/html") {
        let start = rest[..at].windows(4).rposition(|end| end == b"\r\n\r\n").map_or(0, |found| found + 4);
        let (blank, skip) = [(b"\r\n\r\n".as_slice(), 4), (b"\n\n".as_slice(), 2)]
            .into_iter()
            .filter_map(|(end, skip)| Some((find(&rest[at..], end)?, skip)))
            .min()?;
        let head = String::from_utf8_lossy(&rest[start..at + blank]).to_ascii_lowercase();
        let body = &rest[at + blank + skip..];
        let end = find(body, b"\n--").unwrap_or(body.len());
        if let Some(page) = decode_transfer(&head, &body[..end]) {
            let charset = head.split_once("charset=").map(|(_, label)| {
                label
                    .trim_start_matches('"')
                    .split(['"', ';', '\r', '\n'])
                    .next()
                    .unwrap_or_default()
                    .to_owned()
            });
            return Some((page, charset));
        }
        rest = &body[end..];
    }
    None
}

fn decode_transfer(head: &str, body: &[u8]) -> Option<Vec<u8>> {
    if head.contains("base64") {
        let packed: Vec<u8> = body.iter().copied().filter(|b| !b.is_ascii_whitespace()).collect();
        return STANDARD.decode(packed).ok();
    }
    if !head.contains("quoted-printable") {
        return Some(body.to_vec());
    }
    let digit = |b: Option<&u8>| b.and_then(|b| char::from(*b).to_digit(16));
    let mut out = Vec::with_capacity(body.len());
    let mut at = 0;
    while at < body.len() {
        match (body[at], digit(body.get(at + 1)), digit(body.get(at + 2))) {
            (b'=', Some(high), Some(low)) => {
                out.push((high * 16 + low) as u8);
                at += 3;
            }
            (b'=', ..) if body[at + 1..].starts_with(b"\r\n") => at += 3,
            (b'=', ..) if body[at + 1..].starts_with(b"\n") => at += 2,
            (byte, ..) => {
                out.push(byte);
                at += 1;
            }
        }
    }
    Some(out)
}

fn find(bytes: &[u8], wanted: &[u8]) -> Option<usize> {
    bytes.windows(wanted.len()).position(|window| window == wanted)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn page_of_mht_is_decoded() {
        for (encoding, body) in [
            ("quoted-printable", "<p>=E6=94=B6=\r\n=E8=B4=B9</p>".to_owned()),
            ("base64", STANDARD.encode("<p>收费</p>")),
        ] {
            let mht = format!(
                "MIME-Version: 1.0\r\nContent-Type: multipart/related; boundary=\"x\"\r\n\r\n--x\r\nContent-Type: text/html; charset=\"utf-8\"\r\nContent-Transfer-Encoding: {encoding}\r\n\r\n{body}\r\n--x--\r\n"
            );
            let (page, charset) = page_of_mht(mht.as_bytes()).unwrap();
            assert_eq!(String::from_utf8(page).unwrap().trim_end(), "<p>收费</p>");
            assert_eq!(charset.as_deref(), Some("utf-8"));
        }
    }
}
