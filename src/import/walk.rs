//! Walk over files and folders: picks a reader for each file and gives the items to a sink.

use std::fs::File;
use std::io::{self, Read};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};

use crate::import::extraction::records::{self, Source};
use crate::import::file_content::FileContent;
use crate::import::formats::delimited::{self, Mapping};
use crate::import::formats::detection::{self, Format};
use crate::import::formats::http_head::parse_http_head;
use crate::import::formats::sandbox::{self, Reader};
use crate::import::formats::{archive, html, ndjson, rows, text};
use crate::import::item::{Item, Place, Sink};
use crate::import::read_error::ReadError;

/// Size limit of files that are not read line by line.
const MAX_FILE_BYTES: u64 = 256 << 20;
/// Depth limit of nested folders.
const MAX_DEPTH: usize = 64;

/// Options of an import.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// Mapping file that assigns columns of tables to fields.
    pub mapping: Option<PathBuf>,
    /// Program that reads untrusted formats and its limits; this program if none is named.
    pub reader: Option<sandbox::Reader>,
}

/// Reads every path, folders with all below them in the order of their names; `-` is standard input.
///
/// # Errors
/// The mapping file cannot be used. Bad input is no error: the sink gets it as rejected.
pub fn read_paths(paths: &[PathBuf], options: &Options, sink: Sink<'_>) -> io::Result<()> {
    let walk = Walker::new(options)?;
    for path in paths {
        let go_on = if path.as_os_str() == "-" {
            ndjson::read_lines(io::stdin().lock(), &Place::for_file(path), sink)
        } else {
            walk.read_path(path, sink)
        };
        if !go_on {
            break;
        }
    }
    Ok(())
}

/// Settings that reading needs beside the file.
pub struct Walker {
    mapping: Mapping,
    reader: Reader,
}

/// One file or archive entry, in memory.
struct Input<'a> {
    place: Place,
    /// Path below the given folder, with the archive's entry. Ids are made from it.
    path: String,
    bytes: &'a [u8],
    in_archive: bool,
}

impl Walker {
    pub fn new(options: &Options) -> io::Result<Self> {
        let mapping = match &options.mapping {
            Some(path) => read_mapping(path)?,
            None => Mapping::default(),
        };
        let reader = options.reader.clone().map_or_else(Reader::for_current_program, Ok)?;
        Ok(Self { mapping, reader })
    }

    /// Reads a file or a folder that the user named. False if the sink wants no more.
    pub fn read_path(&self, path: &Path, sink: Sink<'_>) -> bool {
        if path.is_dir() {
            return self.read_folder(path, path, 0, sink);
        }
        let name = path.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned());
        self.read_file(path, &name, sink)
    }

    fn read_folder(&self, root: &Path, folder: &Path, depth: usize, sink: Sink<'_>) -> bool {
        if depth > MAX_DEPTH {
            return sink(Item::rejected(Place::for_file(folder), format!("文件夹嵌套超过 {MAX_DEPTH} 层")));
        }
        let entries = match std::fs::read_dir(folder) {
            Ok(entries) => entries,
            Err(e) => return sink(Item::rejected(Place::for_file(folder), format!("文件夹打不开：{e}"))),
        };
        let mut below: Vec<PathBuf> =
            entries.filter_map(|entry| entry.ok().map(|entry| entry.path())).collect();
        below.sort();
        below.iter().all(|path| self.read_found(root, path, depth, sink))
    }

    /// Reads one entry of a folder. Skips links, hidden files and the parts of saved pages.
    fn read_found(&self, root: &Path, path: &Path, depth: usize, sink: Sink<'_>) -> bool {
        let Ok(metadata) = path.symlink_metadata() else { return true };
        let name = path.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned());
        if name.starts_with('.') || metadata.is_symlink() {
            return true;
        }
        if metadata.is_dir() {
            return self.read_folder(root, path, depth + 1, sink);
        }
        if Format::from_name(&name) == Format::Asset {
            return true;
        }
        let below = path.strip_prefix(root).unwrap_or(path).to_string_lossy().replace('\\', "/");
        self.read_file(path, &below, sink)
    }

    fn read_file(&self, path: &Path, below: &str, sink: Sink<'_>) -> bool {
        let place = Place::for_file(path);
        let name = below.to_lowercase();
        let (stem, compression) = ndjson::split_compression(&name);
        let opened = File::open(path);
        let file = match opened {
            Ok(file) => file,
            Err(e) => return sink(Item::rejected(place, format!("打不开：{e}"))),
        };
        if Format::from_name(stem) == Format::Ndjson {
            return match ndjson::decompress(file, compression) {
                Ok(reader) if stem.ends_with(".json") => ndjson::read_json(reader, &place, sink),
                Ok(reader) => ndjson::read_lines(reader, &place, sink),
                Err(e) => sink(Item::rejected(place, format!("打不开：{e}"))),
            };
        }
        let mut bytes = Vec::new();
        match file.take(MAX_FILE_BYTES + 1).read_to_end(&mut bytes) {
            Err(e) => sink(Item::rejected(place, format!("读不下去：{e}"))),
            Ok(read) if read as u64 > MAX_FILE_BYTES => {
                sink(Item::rejected(place, format!("文件超过 {} MB", MAX_FILE_BYTES >> 20)))
            }
            Ok(_) => self
                .read_input(&Input { place, path: below.to_owned(), bytes: &bytes, in_archive: false }, sink),
        }
    }

    fn read_input(&self, input: &Input<'_>, sink: Sink<'_>) -> bool {
        let format = Format::detect(&input.path, input.bytes);
        if let Some(error) = detection::unsupported_error(format) {
            return sink(Item::rejected(input.place.clone(), error.to_string()));
        }
        match format {
            Format::Ndjson if input.path.ends_with("json") && !input.path.ends_with("ndjson") => {
                ndjson::read_json(input.bytes, &input.place, sink)
            }
            Format::Ndjson => ndjson::read_lines(input.bytes, &input.place, sink),
            Format::Zip => self.read_archive(input, sink),
            Format::Delimited => self.read_rows(input, sink),
            _ => self.read_page(format, input, sink),
        }
    }

    fn read_archive(&self, input: &Input<'_>, sink: Sink<'_>) -> bool {
        if input.in_archive {
            return sink(Item::rejected(input.place.clone(), "压缩包里的压缩包不予读取，请先解压"));
        }
        let mut go_on = true;
        let outcome = catch_panic(|| {
            archive::unpack(input.bytes, &mut |unpacked| {
                go_on = self.read_entry(input, unpacked, sink);
                go_on
            })
        });
        match outcome {
            Ok(()) => go_on,
            Err(error) => sink(Item::rejected(input.place.clone(), error.to_string())),
        }
    }

    fn read_entry(&self, archive: &Input<'_>, unpacked: archive::Unpacked, sink: Sink<'_>) -> bool {
        let hidden = unpacked.name.rsplit('/').next().is_some_and(|name| name.starts_with('.'));
        if hidden
            || unpacked.name.starts_with("__MACOSX/")
            || Format::from_name(&unpacked.name) == Format::Asset
        {
            return true;
        }
        let place = Place { entry: Some(unpacked.name.clone()), ..archive.place.clone() };
        match unpacked.bytes {
            Err(error) => sink(Item::rejected(place, error.to_string())),
            Ok(bytes) => {
                let path = format!("{}!{}", archive.path, unpacked.name);
                self.read_input(&Input { place, path, bytes: &bytes, in_archive: true }, sink)
            }
        }
    }

    fn read_rows(&self, input: &Input<'_>, sink: Sink<'_>) -> bool {
        let mut go_on = true;
        let outcome = catch_panic(|| {
            delimited::read(input.bytes, &self.mapping, &mut |row| {
                let place = input.place.at_line(row.line);
                let item = match row.cells {
                    Err(reason) => Item::rejected(place, reason),
                    Ok(cells) => {
                        match rows::record_from_row(cells, &format!("{}:{}", input.path, row.line)) {
                            Ok(record) => Item::Record { place, record: Box::new(record) },
                            Err(problems) => Item::Rejected { place, problems },
                        }
                    }
                };
                go_on = sink(item);
                go_on
            })
        });
        match outcome {
            Ok(()) => go_on,
            Err(error) => sink(Item::rejected(input.place.clone(), error.to_string())),
        }
    }

    fn read_page(&self, format: Format, input: &Input<'_>, sink: Sink<'_>) -> bool {
        let records = catch_panic(|| {
            let (content, source) = self.read_content(format, input)?;
            records::build_records(&content, &source)
        });
        let records = match records {
            Ok(records) => records,
            Err(error) => return sink(Item::rejected(input.place.clone(), error.to_string())),
        };
        records.into_iter().all(|record| {
            let place = input.place.clone();
            sink(match record.validated() {
                Ok(record) => Item::Record { place, record: Box::new(record) },
                Err(problems) => Item::Rejected { place, problems },
            })
        })
    }

    fn read_content(&self, format: Format, input: &Input<'_>) -> Result<(FileContent, Source), ReadError> {
        let mut source = Source { path: input.path.clone(), address: None };
        let content = match format {
            Format::Html => {
                let (head, page) = parse_http_head(input.bytes);
                source.address = head.address;
                html::read(page, head.charset.as_deref())
            }
            Format::Markdown => text::read_markdown(input.bytes),
            format if format.is_untrusted() => self.reader.read(format, input.bytes)?,
            _ => text::read(input.bytes),
        };
        Ok((content, source))
    }
}

fn read_mapping(path: &Path) -> io::Result<Mapping> {
    let text = std::fs::read_to_string(path)?;
    let named =
        |reason: String| io::Error::new(io::ErrorKind::InvalidData, format!("{}: {reason}", path.display()));
    Mapping::read(&text).map_err(named)
}

/// Turns a panic of a reader into a rejection of one file.
fn catch_panic<T>(read: impl FnOnce() -> Result<T, ReadError>) -> Result<T, ReadError> {
    let outcome = catch_unwind(AssertUnwindSafe(read));
    outcome.unwrap_or_else(|panic| Err(ReadError::Crashed(sandbox::panic_message(&*panic))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reader_panic_becomes_error_of_one_file() {
        let outcome: Result<(), _> = catch_panic(|| panic!("bad"));
        assert_eq!(outcome, Err(ReadError::Crashed("bad".to_owned())));
    }
}
