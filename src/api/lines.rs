//! Lines of a request body as they arrive, each of bounded length.

use axum::body::{Body, BodyDataStream, Bytes};
use bytes::BytesMut;
use futures_util::StreamExt;

/// Reads a body line by line.
pub struct Lines {
    body: BodyDataStream,
    buffer: BytesMut,
    /// Bytes of the buffer that were searched for the end of a line.
    searched: usize,
    max_bytes: usize,
    /// True while the rest of a line that is too long is dropped.
    skipping: bool,
    ended: bool,
    broken_off: bool,
}

impl Lines {
    /// Reads lines of at most so many bytes.
    pub fn new(body: Body, max_bytes: usize) -> Self {
        let body = body.into_data_stream();
        Self {
            body,
            buffer: BytesMut::new(),
            searched: 0,
            max_bytes,
            skipping: false,
            ended: false,
            broken_off: false,
        }
    }

    /// Next line without its end, or the reason it is refused; `None` at the end.
    pub async fn next(&mut self) -> Option<Result<Bytes, String>> {
        loop {
            if let Some(length) = self.buffer[self.searched..].iter().position(|byte| *byte == b'\n') {
                let mut line = self.buffer.split_to(self.searched + length + 1);
                line.truncate(line.len() - 1);
                self.searched = 0;
                if std::mem::take(&mut self.skipping) {
                    continue;
                }
                return Some(if line.len() > self.max_bytes {
                    Err(self.too_long())
                } else {
                    Ok(line.freeze())
                });
            }
            self.searched = self.buffer.len();
            if self.searched > self.max_bytes {
                self.buffer.clear();
                self.searched = 0;
                if !std::mem::replace(&mut self.skipping, true) {
                    return Some(Err(self.too_long()));
                }
            }
            if self.ended {
                let rest = std::mem::take(&mut self.buffer);
                self.searched = 0;
                return (!rest.is_empty() && !self.skipping).then(|| Ok(rest.freeze()));
            }
            match self.body.next().await {
                Some(Ok(bytes)) => self.buffer.extend_from_slice(&bytes),
                // The beginning of a line that broke off is no line.
                Some(Err(_)) => {
                    self.broken_off = true;
                    return None;
                }
                None => self.ended = true,
            }
        }
    }

    /// True if the body broke off before its end.
    pub fn is_broken_off(&self) -> bool {
        self.broken_off
    }

    /// Reads and drops the rest of the body, up to so many bytes: a client that is still sending would
    /// take the closing of the connection for the answer.
    pub async fn skip_rest(mut self, max_bytes: usize) {
        let mut skipped = 0;
        while let Some(Ok(bytes)) = self.body.next().await
            && skipped <= max_bytes
        {
            skipped += bytes.len();
        }
    }

    fn too_long(&self) -> String {
        format!("is longer than {} bytes", self.max_bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Reads the lines of a body that arrives in these pieces; `None` breaks it off.
    fn read_lines(pieces: &[Option<&'static str>], max_bytes: usize) -> Vec<Result<String, String>> {
        let pieces: Vec<Result<&'static str, std::io::Error>> =
            pieces.iter().map(|piece| piece.ok_or_else(|| std::io::Error::other("broken off"))).collect();
        let mut lines = Lines::new(Body::from_stream(futures_util::stream::iter(pieces)), max_bytes);
        let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
        runtime.block_on(async {
            let mut all = Vec::new();
            while let Some(line) = lines.next().await {
                all.push(line.map(|line| String::from_utf8(line.to_vec()).expect("UTF-8")));
            }
            all
        })
    }

    #[test]
    fn lines_split_between_chunks_are_read_whole() {
        let expected = ["ab", "", "c", "d"].map(|line| Ok(line.to_owned()));
        for pieces in
            [&[Some("ab\n\nc\nd")][..], &[Some("a"), Some("b\n"), Some("\nc"), Some("\n"), Some("d\n")]]
        {
            assert_eq!(read_lines(pieces, 10), expected);
        }
        assert_eq!(read_lines(&[], 10), []);
        assert_eq!(
            read_lines(&[Some("ab\nc"), None], 10),
            [Ok("ab".to_owned())],
            "a line that breaks off is dropped"
        );
    }

    #[test]
    fn line_too_long_is_refused_once_and_next_is_read() {
        let refused = Err("is longer than 3 bytes".to_owned());
        for pieces in [
            &[Some("abcd\ne\n")][..],
            &[Some("ab"), Some("cd"), Some("efgh"), Some("ijkl"), Some("\ne")],
            &[Some("abcdefgh"), Some("\ne")],
        ] {
            assert_eq!(read_lines(pieces, 3), [refused.clone(), Ok("e".to_owned())]);
        }
        assert_eq!(read_lines(&[Some("abc\nabcdef")], 3), [Ok("abc".to_owned()), refused]);
    }
}
