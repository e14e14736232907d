//! HTTP head that a scraper saved before the page.

/// Facts of an HTTP head.
#[derive(Default)]
pub struct HttpHead {
    /// Charset of the `Content-Type`.
    pub charset: Option<String>,
    /// Address of the `Content-Location`.
    pub address: Option<String>,
}

/// Splits a saved answer into the facts of its head and the page.
pub fn parse_http_head(bytes: &[u8]) -> (HttpHead, &[u8]) {
    let mut head = HttpHead::default();
    if !bytes.starts_with(b"HTTP/") {
        return (head, bytes);
    }
    let mut rest = bytes;
    while let Some(end) = rest.iter().take(16 << 10).position(|b| *b == b'\n') {
        let line = rest[..end].trim_ascii();
        rest = &rest[end + 1..];
        if line.is_empty() {
            return (head, rest);
        }
        let line = String::from_utf8_lossy(line).into_owned();
        let Some((name, value)) = line.split_once(':') else { continue };
        match name.to_ascii_lowercase().as_str() {
            "content-type" => {
                let charset =
                    value.to_ascii_lowercase().split_once("charset=").map(|(_, charset)| charset.to_owned());
                head.charset = charset.map(|charset| charset.trim_matches(['"', ' ', ';']).to_owned());
            }
            "content-location" if value.trim().starts_with("http") => {
                head.address = Some(value.trim().to_owned())
            }
            _ => {}
        }
    }
    (head, bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parse_http_head_gives_charset_and_address() {
        let bytes = b"HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=GBK\r\nContent-Location: http://a.gov.cn/1.html\r\n\r\n<p>";
        let (head, page) = parse_http_head(bytes);
        assert_eq!(head.charset.as_deref(), Some("gbk"));
        assert_eq!(head.address.as_deref(), Some("http://a.gov.cn/1.html"));
        assert_eq!(page, b"<p>");
        assert_eq!(parse_http_head(b"<p>").1, b"<p>");
    }
}
