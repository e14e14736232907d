//! The lines of a request, as they arrive, each bounded.

use axum::body::{Body, BodyDataStream, Bytes};
use bytes::BytesMut;
use futures_util::StreamExt;

/// Reads a body line by line.
pub struct Lines {
    body: BodyDataStream,
    buffer: BytesMut,
    /// How far the buffer was looked through.
    looked: usize,
    most: usize,
    /// The rest of a line that was too long is passed over.
    skipping: bool,
    ended: bool,
}

impl Lines {
    /// Lines of at most so many bytes.
    pub fn new(body: Body, most: usize) -> Self {
        let body = body.into_data_stream();
        Self { body, buffer: BytesMut::new(), looked: 0, most, skipping: false, ended: false }
    }

    /// The next line without its end, or what is wrong with it; `None` at the end.
    pub async fn next(&mut self) -> Option<Result<Bytes, String>> {
        loop {
            if let Some(at) = self.buffer[self.looked..].iter().position(|byte| *byte == b'\n') {
                let mut line = self.buffer.split_to(self.looked + at + 1);
                line.truncate(line.len() - 1);
                self.looked = 0;
                if std::mem::take(&mut self.skipping) {
                    continue;
                }
                return Some(if line.len() > self.most { Err(self.too_long()) } else { Ok(line.freeze()) });
            }
            self.looked = self.buffer.len();
            if self.looked > self.most {
                self.buffer.clear();
                self.looked = 0;
                if !std::mem::replace(&mut self.skipping, true) {
                    return Some(Err(self.too_long()));
                }
            }
            if self.ended {
                let rest = std::mem::take(&mut self.buffer);
                self.looked = 0;
                return (!rest.is_empty() && !self.skipping).then(|| Ok(rest.freeze()));
            }
            match self.body.next().await {
                Some(Ok(bytes)) => self.buffer.extend_from_slice(&bytes),
                // What came of a line that broke off is not a line.
                Some(Err(_)) => return None,
                None => self.ended = true,
            }
        }
    }

    fn too_long(&self) -> String {
        format!("is longer than {} bytes", self.most)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The lines of a body that arrives in these pieces; `None` breaks it off.
    fn lines(pieces: &[Option<&'static str>], most: usize) -> Vec<Result<String, String>> {
        let pieces: Vec<Result<&'static str, std::io::Error>> =
            pieces.iter().map(|piece| piece.ok_or_else(|| std::io::Error::other("broken off"))).collect();
        let mut lines = Lines::new(Body::from_stream(futures_util::stream::iter(pieces)), most);
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
    fn lines_come_whole_however_they_arrive() {
        let expected = ["ab", "", "c", "d"].map(|line| Ok(line.to_owned()));
        for pieces in
            [&[Some("ab\n\nc\nd")][..], &[Some("a"), Some("b\n"), Some("\nc"), Some("\n"), Some("d\n")]]
        {
            assert_eq!(lines(pieces, 10), expected);
        }
        assert_eq!(lines(&[], 10), []);
        assert_eq!(lines(&[Some("ab\nc"), None], 10), [Ok("ab".to_owned())], "half a line is none");
    }

    #[test]
    fn a_line_that_is_too_long_is_told_once_and_the_next_is_read() {
        let told = Err("is longer than 3 bytes".to_owned());
        for pieces in [
            &[Some("abcd\ne\n")][..],
            &[Some("ab"), Some("cd"), Some("efgh"), Some("ijkl"), Some("\ne")],
            &[Some("abcdefgh"), Some("\ne")],
        ] {
            assert_eq!(lines(pieces, 3), [told.clone(), Ok("e".to_owned())]);
        }
        assert_eq!(lines(&[Some("abc\nabcdef")], 3), [Ok("abc".to_owned()), told]);
    }
}
