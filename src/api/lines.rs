//! Lines of a request body as they arrive, each of bounded length and time.

use axum::body::{BodyDataStream, Bytes};
use bytes::BytesMut;
use futures_util::StreamExt;
use tokio::time::{Duration, Instant, timeout_at};

use crate::api::body::{UnreadBody, no_room};
use crate::flow::byte_budget::Holding;
use crate::problem::ApiError;

/// Reason why a line is refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LineError {
    /// Too long: longer than so many bytes.
    TooLong(usize),
    /// No room: too many request bodies are under way. It is the last line; the rest may be sent again.
    NoRoom,
    /// Too slow: the line did not arrive in time. It is the last one.
    TooSlow,
}

impl LineError {
    /// The same as an error of the API.
    pub fn to_api_error(&self) -> ApiError {
        match self {
            Self::TooLong(max_bytes) => ApiError::too_large(format!("is longer than {max_bytes} bytes")),
            Self::NoRoom => no_room(),
            Self::TooSlow => ApiError::timeout("the line did not come in time"),
        }
    }
}

/// Reads a body line by line.
pub struct Lines {
    body: BodyDataStream,
    buffer: BytesMut,
    /// Count of the buffer.
    holding: Holding,
    /// Time for one line.
    timeout: Duration,
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
    pub fn new(body: UnreadBody, max_bytes: usize) -> Self {
        let (body, share) = body.into_parts();
        Self {
            body: body.into_data_stream(),
            buffer: BytesMut::new(),
            holding: share.start_holding(),
            timeout: share.timeout(),
            searched: 0,
            max_bytes,
            skipping: false,
            ended: false,
            broken_off: false,
        }
    }

    /// Next line without its end, or the reason it is refused; `None` at the end.
    pub async fn next(&mut self) -> Option<Result<Bytes, LineError>> {
        // The line before is not the reader's any more.
        self.holding.shrink_to(self.buffer.len());
        let mut end = None;
        loop {
            if let Some(length) = self.buffer[self.searched..].iter().position(|byte| *byte == b'\n') {
                let mut line = self.buffer.split_to(self.searched + length + 1);
                line.truncate(line.len() - 1);
                self.searched = 0;
                if std::mem::take(&mut self.skipping) {
                    end = None;
                    continue;
                }
                return Some(if line.len() > self.max_bytes {
                    Err(LineError::TooLong(self.max_bytes))
                } else {
                    Ok(line.freeze())
                });
            }
            self.searched = self.buffer.len();
            if self.searched > self.max_bytes && self.skip_line() {
                return Some(Err(LineError::TooLong(self.max_bytes)));
            }
            if self.ended {
                let rest = std::mem::take(&mut self.buffer);
                self.searched = 0;
                return (!rest.is_empty() && !self.skipping).then(|| Ok(rest.freeze()));
            }
            let chunk = if self.searched == 0 && !self.skipping {
                // A client may take its time between two lines.
                self.body.next().await
            } else {
                let end = *end.get_or_insert_with(|| Instant::now() + self.timeout);
                match timeout_at(end, self.body.next()).await {
                    Ok(chunk) => chunk,
                    Err(_) => return self.end_with(LineError::TooSlow),
                }
            };
            match chunk {
                Some(Ok(bytes)) => {
                    let more = (self.buffer.len() + bytes.len()).saturating_sub(self.holding.bytes());
                    if more > 0 && self.holding.try_grow(more).is_err() {
                        return self.end_with(LineError::NoRoom);
                    }
                    self.buffer.extend_from_slice(&bytes);
                }
                // The beginning of a line that broke off is no line.
                Some(Err(_)) => {
                    self.broken_off = true;
                    return None;
                }
                None => self.ended = true,
            }
        }
    }

    /// True if lines ended before the body did.
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

    /// Ends the lines with an error, since what follows could not be told apart.
    fn end_with(&mut self, error: LineError) -> Option<Result<Bytes, LineError>> {
        let is_new = self.skip_line();
        self.ended = true;
        self.broken_off = true;
        is_new.then_some(Err(error))
    }

    /// Drops the line that has begun, and what comes of it; false if it is being dropped already.
    fn skip_line(&mut self) -> bool {
        self.buffer = BytesMut::new();
        self.holding.shrink_to(0);
        self.searched = 0;
        !std::mem::replace(&mut self.skipping, true)
    }
}

#[cfg(test)]
mod tests {
    use axum::body::Body;

    use super::*;

    /// Reads the lines of a body that arrives in these pieces; `None` breaks it off.
    fn read_lines(pieces: &[Option<&'static str>], max_bytes: usize) -> Vec<Result<String, LineError>> {
        let pieces: Vec<Result<&'static str, std::io::Error>> =
            pieces.iter().map(|piece| piece.ok_or_else(|| std::io::Error::other("broken off"))).collect();
        let mut lines =
            Lines::new(UnreadBody::from(Body::from_stream(futures_util::stream::iter(pieces))), max_bytes);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().expect("a runtime");
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
        let refused = Err(LineError::TooLong(3));
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
