//! Exports: CSV and TSV, with a mapping file that assigns columns to fields.
//!
//! The mapping file is TOML:
//!
//! ```toml
//! encoding = "gb18030"      # optional: detected otherwise
//! delimiter = ","           # optional: counted in the header otherwise
//! separator = "；"          # optional: separates several values in one cell
//! [columns]
//! "文件名称" = "title"
//! "发文单位" = "issuers"
//! "备注" = ""               # a column that is left out on purpose
//! ```
//!
//! Without a mapping file, columns are recognised by the names of fields and by the labels
//! that sites use for them; an unknown column is an error, so that nothing is lost silently.

use std::collections::BTreeMap;

use figment::Figment;
use figment::providers::{Format, Toml};
use serde::Deserialize;

use crate::import::extraction::labels::{self, Field};
use crate::import::formats::charset;
use crate::import::read_error::ReadError;

/// Content of a mapping file.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mapping {
    /// Label of the encoding.
    #[serde(default)]
    pub encoding: Option<String>,
    /// Delimiter of cells, one character.
    #[serde(default)]
    pub delimiter: Option<char>,
    /// Separator of several values in one cell.
    #[serde(default)]
    pub separator: Option<String>,
    /// Column → field of a record; an empty name leaves the column out.
    #[serde(default)]
    pub columns: BTreeMap<String, String>,
}

impl Mapping {
    /// Reads a mapping file.
    ///
    /// # Errors
    /// The text is no TOML, or names a field that records do not have.
    pub fn read(text: &str) -> Result<Self, String> {
        let mapping: Self = Figment::from(Toml::string(text)).extract().map_err(|e| e.to_string())?;
        if let Some(delimiter) = mapping.delimiter
            && !delimiter.is_ascii()
        {
            return Err(format!("delimiter：“{delimiter}” 不是 ASCII 字符"));
        }
        if let Some(label) = &mapping.encoding
            && !charset::is_known_label(label)
        {
            return Err(format!("encoding：不认识的编码“{label}”"));
        }
        for (column, name) in &mapping.columns {
            if !name.is_empty() && record_field(name).is_none() {
                return Err(format!("columns：列“{column}”对应的字段“{name}”不存在"));
            }
        }
        Ok(mapping)
    }
}

/// Row of an export.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// Line on which the row begins.
    pub line: u64,
    /// Cells that are not empty, or the reason why the row cannot be read.
    pub cells: Result<Vec<(Field, String)>, String>,
}

/// Reads an export and gives its rows to `sink`, which returns false to stop.
///
/// # Errors
/// The header cannot be used.
pub fn read(bytes: &[u8], mapping: &Mapping, sink: &mut dyn FnMut(Row) -> bool) -> Result<(), ReadError> {
    let decoded = charset::decode(bytes, mapping.encoding.as_deref());
    let (stated, table) = split_delimiter_line(&decoded.text);
    let header_end = table.find(['\n', '\r']).unwrap_or(table.len());
    let delimiter = mapping.delimiter.or(stated).unwrap_or_else(|| guess_delimiter(&table[..header_end]));
    let mut reader = csv::ReaderBuilder::new()
        .delimiter(delimiter as u8)
        .flexible(true)
        .has_headers(true)
        .from_reader(table.as_bytes());
    let columns = map_columns(reader.headers().map_err(ReadError::damaged)?, mapping)?;
    let mut record = csv::StringRecord::new();
    let mut lines = LineCounter { text: table, at: 0, line: 1 + u64::from(stated.is_some()) };
    loop {
        let start = reader.position().byte();
        let more = reader.read_record(&mut record);
        let line = lines.line_at(usize::try_from(start).unwrap_or(usize::MAX));
        let cells = match more {
            Ok(false) => return Ok(()),
            Ok(true) if decoded.lossy && record.iter().any(|cell| cell.contains('\u{fffd}')) => {
                Err(format!("有不属于 {} 编码的字节，请在列对应文件中写明 encoding", decoded.encoding))
            }
            Ok(true) => read_cells(&record, &columns, mapping.separator.as_deref()),
            Err(error) => Err(error.to_string()),
        };
        if !sink(Row { line, cells }) {
            return Ok(());
        }
    }
}

/// Splits off the line `sep=;` with which Excel is told the delimiter.
fn split_delimiter_line(text: &str) -> (Option<char>, &str) {
    let stated = || {
        let rest = text.strip_prefix("sep=").or_else(|| text.strip_prefix("SEP="))?;
        let delimiter = rest.chars().next().filter(|c| c.is_ascii() && !matches!(c, '\r' | '\n'))?;
        let rest = &rest[1..];
        let table = ["\r\n", "\n", "\r"].iter().find_map(|end| rest.strip_prefix(end))?;
        Some((delimiter, table))
    };
    stated().map_or((None, text), |(delimiter, table)| (Some(delimiter), table))
}

/// Counter of lines by byte offsets: the parser's own count is one less after `\r\n`. A line ends with
/// `\n`, `\r\n` or a lone `\r`.
struct LineCounter<'a> {
    text: &'a str,
    at: usize,
    line: u64,
}

impl LineCounter<'_> {
    /// Returns the line with the first character of what begins at this byte.
    fn line_at(&mut self, start: usize) -> u64 {
        let bytes = self.text.as_bytes();
        let mut end = start.clamp(self.at, bytes.len());
        end += bytes[end..].iter().take_while(|b| matches!(b, b'\r' | b'\n')).count();
        let passed = &bytes[self.at..end];
        let pairs = passed.windows(2).filter(|pair| *pair == b"\r\n").count();
        let ends = passed.iter().filter(|b| matches!(b, b'\r' | b'\n')).count();
        self.line += (ends - pairs) as u64;
        self.at = end;
        self.line
    }
}

/// Guesses the delimiter: the candidate most frequent in the header.
fn guess_delimiter(header: &str) -> char {
    let count = |c: char| header.matches(c).count();
    [',', '\t', ';', '|'].into_iter().rev().max_by_key(|c| count(*c)).filter(|c| count(*c) > 0).unwrap_or(',')
}

fn map_columns(header: &csv::StringRecord, mapping: &Mapping) -> Result<Vec<Option<Field>>, ReadError> {
    let mut unknown = Vec::new();
    let mut columns = Vec::with_capacity(header.len());
    for name in header {
        let name = name.trim();
        let field = match mapping.columns.get(name) {
            Some(mapped) => record_field(mapped),
            None if name.is_empty() => None,
            None => labels::find_field(name).or_else(|| {
                unknown.push(name.to_owned());
                None
            }),
        };
        columns.push(field.filter(|field| *field != Field::Ignored));
    }
    if !unknown.is_empty() {
        let names = unknown.join("”“");
        return Err(ReadError::Damaged(format!(
            "不知道列“{names}”对应哪个字段，请在列对应文件中写明（不要的列写 \"\"）"
        )));
    }
    for name in mapping.columns.keys() {
        if !header.iter().any(|column| column.trim() == name) {
            return Err(ReadError::Damaged(format!("列对应文件中的列“{name}”不在表头里")));
        }
    }
    if !columns.contains(&Some(Field::Title)) {
        return Err(ReadError::Damaged("没有一列对应标题（title）".to_owned()));
    }
    Ok(columns)
}

/// Finds a field by its name in JSON.
fn record_field(name: &str) -> Option<Field> {
    let is_json_name = name.bytes().all(|b| b.is_ascii_lowercase() || b == b'_');
    labels::find_field(name).filter(|_| is_json_name)
}

fn read_cells(
    record: &csv::StringRecord,
    columns: &[Option<Field>],
    separator: Option<&str>,
) -> Result<Vec<(Field, String)>, String> {
    if record.len() > columns.len() {
        return Err(format!("有 {} 列，表头只有 {} 列", record.len(), columns.len()));
    }
    let mut cells = Vec::new();
    for (field, cell) in columns.iter().zip(record) {
        let (Some(field), cell) = (*field, cell.trim()) else { continue };
        match separator
            .filter(|separator| !separator.is_empty() && field != Field::Body && field != Field::Title)
        {
            Some(separator) => {
                cells.extend(cell.split(separator).map(|value| (field, value.trim().to_owned())))
            }
            None => cells.push((field, cell.to_owned())),
        }
    }
    cells.retain(|(field, value)| !is_empty_cell(*field, value));
    Ok(cells)
}

/// Marks that exports write into empty cells: those of pandas and of databases, and strokes.
const EMPTY_CELLS: [&str; 21] = [
    "nan", "NaN", "NAN", "null", "NULL", "None", "none", "NaT", "nil", "N/A", "n/a", "#N/A", "\\N", "/",
    "\\", "-", "--", "－", "—", "——", "–",
];

/// Recognises a cell without a value. `无` is none either where no text can be meant.
fn is_empty_cell(field: Field, value: &str) -> bool {
    let says_none =
        matches!(value, "无" | "暂无") && !matches!(field, Field::Title | Field::Body | Field::Id);
    value.is_empty() || EMPTY_CELLS.contains(&value) || says_none
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(bytes: &[u8], mapping: &str) -> Result<Vec<Row>, ReadError> {
        let mut rows = Vec::new();
        let mapping = Mapping::read(mapping).unwrap();
        read(bytes, &mapping, &mut |row| {
            rows.push(row);
            true
        })?;
        Ok(rows)
    }

    const CSV: &str = "标题,发文机关,备注\r\n\"关于\n收费的通知\",甲局；乙局,x\r\n通告,,\r\n";
    const MAPPING: &str = "separator = \"；\"\n[columns]\n\"备注\" = \"\"\n";

    #[test]
    fn columns_map_to_fields_in_every_encoding() {
        let gb = encoding_rs::GB18030.encode(CSV).0.into_owned();
        let utf16: Vec<u8> =
            [0xfeff].into_iter().chain(CSV.encode_utf16()).flat_map(u16::to_le_bytes).collect();
        let marked = format!("\u{feff}{CSV}").into_bytes();
        for bytes in [CSV.as_bytes().to_vec(), marked, gb, utf16] {
            let rows = rows(&bytes, MAPPING).unwrap();
            assert_eq!(rows.len(), 2);
            assert_eq!(rows[0].line, 2);
            assert_eq!(
                rows[0].cells.as_ref().unwrap(),
                &[
                    (Field::Title, "关于\n收费的通知".to_owned()),
                    (Field::Issuers, "甲局".to_owned()),
                    (Field::Issuers, "乙局".to_owned()),
                ]
            );
            assert_eq!(rows[1].line, 4);
        }
    }

    #[test]
    fn unknown_columns_are_named_in_error() {
        let error = rows(CSV.as_bytes(), "").unwrap_err();
        assert!(error.to_string().contains("“备注”"), "{error}");
        let error = rows("文号,x\n1,2\n".as_bytes(), "[columns]\nx = \"\"").unwrap_err();
        assert!(error.to_string().contains("title"), "{error}");
        assert!(Mapping::read("[columns]\na = \"colour\"").unwrap_err().contains("colour"));
    }

    #[test]
    fn bad_row_gives_one_problem_and_next_row_is_read() {
        let rows = rows("title\tissuer\n甲\t乙\t丙\n丁\t\n".as_bytes(), "").unwrap();
        assert!(rows[0].cells.is_err());
        assert_eq!(rows[1].cells.as_ref().unwrap(), &[(Field::Title, "丁".to_owned())]);
    }
}
