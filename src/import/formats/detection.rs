//! Format detection: by the first bytes of a file, then by the ending of its name.

use crate::import::read_error::ReadError;

/// Format of a file, supported or not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Format {
    /// NDJSON: one record a line.
    Ndjson,
    /// CSV and TSV: rows with a header.
    Delimited,
    /// HTML page.
    Html,
    /// Plain text.
    Text,
    /// Markdown.
    Markdown,
    /// PDF.
    Pdf,
    /// Word since 2007.
    Docx,
    /// OFD (GB/T 33190).
    Ofd,
    /// ZIP archive of files.
    Zip,
    /// Format without a reader, with advice to the user.
    Unsupported(&'static str),
    /// Part of a saved page: pictures, styles, scripts.
    Asset,
}

const OLD_OFFICE_ADVICE: &str = "旧版 .doc/.wps 格式不支持，请在 Word 或 WPS 中另存为 .docx 或 PDF 后再导入";
const SPREADSHEET_ADVICE: &str = "电子表格不支持，请另存为 CSV（UTF-8 或 GB18030）并写一份列对应文件后再导入";
const SLIDES_ADVICE: &str = "演示文稿不支持，请另存为 PDF 后再导入";
const ARCHIVE_ADVICE: &str = "此压缩格式不支持，请解压或改用 ZIP 后再导入";
const PICTURE_ADVICE: &str = "图片没有文字层，请先做文字识别（OCR）并存为带文字层的 PDF 后再导入";
const UNKNOWN_ADVICE: &str =
    "不认识的文件类型，支持 .ndjson .jsonl .csv .tsv .html .txt .md .pdf .docx .ofd .zip";

/// Formats by the endings of names.
const FORMATS_BY_ENDING: [(&str, Format); 50] = [
    ("ndjson", Format::Ndjson),
    ("jsonl", Format::Ndjson),
    ("json", Format::Ndjson),
    ("csv", Format::Delimited),
    ("tsv", Format::Delimited),
    ("tab", Format::Delimited),
    ("html", Format::Html),
    ("htm", Format::Html),
    ("shtml", Format::Html),
    ("xhtml", Format::Html),
    ("mht", Format::Unsupported("请在浏览器中另存为 .html 后再导入")),
    ("txt", Format::Text),
    ("text", Format::Text),
    ("md", Format::Markdown),
    ("markdown", Format::Markdown),
    ("pdf", Format::Pdf),
    ("docx", Format::Docx),
    ("docm", Format::Docx),
    ("ofd", Format::Ofd),
    ("zip", Format::Zip),
    ("doc", Format::Unsupported(OLD_OFFICE_ADVICE)),
    ("dot", Format::Unsupported(OLD_OFFICE_ADVICE)),
    ("wps", Format::Unsupported(OLD_OFFICE_ADVICE)),
    ("wpt", Format::Unsupported(OLD_OFFICE_ADVICE)),
    ("rtf", Format::Unsupported(OLD_OFFICE_ADVICE)),
    ("xls", Format::Unsupported(SPREADSHEET_ADVICE)),
    ("xlsx", Format::Unsupported(SPREADSHEET_ADVICE)),
    ("et", Format::Unsupported(SPREADSHEET_ADVICE)),
    ("ppt", Format::Unsupported(SLIDES_ADVICE)),
    ("pptx", Format::Unsupported(SLIDES_ADVICE)),
    ("dps", Format::Unsupported(SLIDES_ADVICE)),
    ("rar", Format::Unsupported(ARCHIVE_ADVICE)),
    ("7z", Format::Unsupported(ARCHIVE_ADVICE)),
    ("tar", Format::Unsupported(ARCHIVE_ADVICE)),
    ("tif", Format::Unsupported(PICTURE_ADVICE)),
    ("tiff", Format::Unsupported(PICTURE_ADVICE)),
    ("png", Format::Asset),
    ("jpg", Format::Asset),
    ("jpeg", Format::Asset),
    ("gif", Format::Asset),
    ("bmp", Format::Asset),
    ("svg", Format::Asset),
    ("ico", Format::Asset),
    ("webp", Format::Asset),
    ("css", Format::Asset),
    ("js", Format::Asset),
    ("woff", Format::Asset),
    ("woff2", Format::Asset),
    ("ttf", Format::Asset),
    ("map", Format::Asset),
];

impl Format {
    /// Detects the format by the name only.
    pub fn from_name(name: &str) -> Self {
        let ending = name.rsplit_once('.').map_or("", |(_, ending)| ending);
        let found = FORMATS_BY_ENDING.iter().find(|(known, _)| ending.eq_ignore_ascii_case(known));
        found.map_or(Self::Unsupported(UNKNOWN_ADVICE), |(_, format)| *format)
    }

    /// Detects the format by the content where that is unmistakable, else by the name: a `.doc`
    /// from a portal is often an HTML page.
    pub fn detect(name: &str, head: &[u8]) -> Self {
        let named = Self::from_name(name);
        if head.starts_with(b"%PDF-") {
            return Self::Pdf;
        }
        if head.starts_with(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1") {
            return match named {
                Self::Unsupported(advice) if advice != UNKNOWN_ADVICE => named,
                _ => Self::Unsupported(OLD_OFFICE_ADVICE),
            };
        }
        if head.starts_with(b"PK\x03\x04") {
            return match named {
                Self::Ofd
                | Self::Zip
                | Self::Unsupported(SPREADSHEET_ADVICE | SLIDES_ADVICE | UNKNOWN_ADVICE) => named,
                _ => Self::Docx,
            };
        }
        if matches!(named, Self::Unsupported(OLD_OFFICE_ADVICE | UNKNOWN_ADVICE) | Self::Text)
            && looks_like_html(head)
        {
            return Self::Html;
        }
        named
    }

    /// Selects the formats that are read in a process of their own: their readers have crashed
    /// before, here or elsewhere, on made-up input.
    pub fn is_untrusted(self) -> bool {
        matches!(self, Self::Pdf | Self::Docx | Self::Ofd)
    }

    /// Returns the name that the child process gets as its argument.
    pub fn name(self) -> &'static str {
        match self {
            Self::Ndjson => "ndjson",
            Self::Delimited => "csv",
            Self::Html => "html",
            Self::Text => "txt",
            Self::Markdown => "md",
            Self::Pdf => "pdf",
            Self::Docx => "docx",
            Self::Ofd => "ofd",
            Self::Zip => "zip",
            Self::Unsupported(_) | Self::Asset => "",
        }
    }
}

fn looks_like_html(head: &[u8]) -> bool {
    let head = head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(head).trim_ascii_start();
    let begins = |with: &[u8]| head.len() >= with.len() && head[..with.len()].eq_ignore_ascii_case(with);
    begins(b"<!doctype html") || begins(b"<html") || begins(b"<head") || begins(b"<body")
}

/// Returns the error for a format without a reader.
pub fn unsupported_error(format: Format) -> Option<ReadError> {
    match format {
        Format::Unsupported(advice) => Some(ReadError::Unsupported(advice.to_owned())),
        Format::Asset => Some(ReadError::Unsupported(PICTURE_ADVICE.to_owned())),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn detect_prefers_unmistakable_content_to_name() {
        assert_eq!(Format::detect("a.txt", b"%PDF-1.7"), Format::Pdf);
        assert_eq!(Format::detect("a.doc", b"<html><body>"), Format::Html);
        assert_eq!(Format::detect("a.doc", b"PK\x03\x04"), Format::Docx);
        assert_eq!(Format::detect("a.ofd", b"PK\x03\x04"), Format::Ofd);
        assert_eq!(Format::detect("A.HTM", b"text"), Format::Html);
    }

    #[test]
    fn unsupported_formats_come_with_advice() {
        for name in ["a.doc", "a.wps", "b.xlsx", "c.rar", "no ending"] {
            assert!(unsupported_error(Format::detect(name, b"")).is_some(), "{name}");
        }
        assert!(unsupported_error(Format::detect("a.docx", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1")).is_some());
    }
}
