//! Walk over files and folders: picks a reader for each file and gives the items to a sink.

use std::fs::{File, FileType};
use std::io::{self, Read};
use std::os::unix::fs::FileTypeExt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};

use rustix::fs::{Mode, OFlags};

use crate::import::extraction::records::{self, FileRecords, Source};
use crate::import::file_content::FileContent;
use crate::import::formats::delimited::{self, Mapping};
use crate::import::formats::detection::{self, Format};
use crate::import::formats::http_head::parse_http_head;
use crate::import::formats::sandbox::{self, Reader};
use crate::import::formats::{archive, html, markdown, ndjson, rows, text};
use crate::import::item::{Item, Place, Sink};
use crate::import::read_error::ReadError;
use crate::import::run_ids::RunIds;
use crate::import::time_budget::TimeBudget;

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
    /// Folder below which paths name records, so that a collection may move and keep its ids.
    pub base: Option<PathBuf>,
}

/// Reason for rejecting a file that holds nothing.
const NOTHING_FOUND: &str = "没有读到任何记录";

/// Reads every path, folders with all below them in the order of their names; `-` is standard input.
///
/// # Errors
/// The mapping file cannot be used. Bad input is no error: the sink gets it as rejected.
pub fn read_paths(paths: &[PathBuf], options: &Options, sink: Sink<'_>) -> io::Result<()> {
    let walk = Walker::new(options)?;
    let mut ids = RunIds::default();
    let sink: Sink<'_> = &mut |item| sink(ids.check(item));
    for path in paths {
        let go_on = if path.as_os_str() == "-" {
            ndjson::read_lines(io::stdin().lock(), &Place::for_file(path), sink)
        } else {
            tell_nothing(Place::for_file(path), sink, |sink| walk.read_path(path, sink))
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
    base: Option<PathBuf>,
}

/// Folder that the user named.
struct Root<'a> {
    path: &'a Path,
    /// Name of the folder in the paths that ids are made from.
    name: String,
}

/// One file or archive entry, in memory.
struct Input<'a> {
    place: Place,
    /// Path on this machine or below the base, with the archive's entry. Ids are made from it.
    path: String,
    bytes: &'a [u8],
    /// Time that is shared with the other files of the archive; none outside of one.
    budget: Option<&'a TimeBudget>,
}

impl Walker {
    pub fn new(options: &Options) -> io::Result<Self> {
        let mapping = match &options.mapping {
            Some(path) => read_mapping(path)?,
            None => Mapping::default(),
        };
        let reader = options.reader.clone().map_or_else(Reader::for_current_program, Ok)?;
        let base = options.base.as_ref().map(std::fs::canonicalize).transpose()?;
        Ok(Self { mapping, reader, base })
    }

    /// Returns the path that ids are made from: the whole path without links, or what is below the base.
    fn name_path(&self, path: &Path) -> String {
        let whole = std::fs::canonicalize(path).or_else(|_| std::path::absolute(path));
        let whole = whole.unwrap_or_else(|_| path.to_owned());
        let named = self.base.as_ref().and_then(|base| whole.strip_prefix(base).ok()).unwrap_or(&whole);
        named.to_string_lossy().replace('\\', "/")
    }

    /// Reads a file or a folder that the user named. False if the sink wants no more.
    pub fn read_path(&self, path: &Path, sink: Sink<'_>) -> bool {
        if path.is_dir() {
            return self.read_folder(&Root { path, name: self.name_path(path) }, path, 0, sink);
        }
        let name = path.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned());
        let folder = path.parent().filter(|parent| !parent.as_os_str().is_empty());
        let folder = self.name_path(folder.unwrap_or(Path::new(".")));
        self.read_file(path, &join_path(&folder, &name), sink)
    }

    fn read_folder(&self, root: &Root<'_>, folder: &Path, depth: usize, sink: Sink<'_>) -> bool {
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
    fn read_found(&self, root: &Root<'_>, path: &Path, depth: usize, sink: Sink<'_>) -> bool {
        let metadata = match path.symlink_metadata() {
            Ok(metadata) => metadata,
            Err(e) => return sink(Item::rejected(Place::for_file(path), format!("打不开：{e}"))),
        };
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
        let below = path.strip_prefix(root.path).unwrap_or(path).to_string_lossy().replace('\\', "/");
        self.read_file(path, &join_path(&root.name, &below), sink)
    }

    fn read_file(&self, path: &Path, named: &str, sink: Sink<'_>) -> bool {
        let place = Place::for_file(path);
        tell_nothing(place.clone(), sink, |sink| self.read_whole_file(place, path, named, sink))
    }

    fn read_whole_file(&self, place: Place, path: &Path, named: &str, sink: Sink<'_>) -> bool {
        let name = named.to_lowercase();
        let (stem, compression) = ndjson::split_compression(&name);
        let file = match open_regular_file(path) {
            Ok(file) => file,
            Err(reason) => return sink(Item::rejected(place, reason)),
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
            Ok(_) => {
                self.read_input(&Input { place, path: named.to_owned(), bytes: &bytes, budget: None }, sink)
            }
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
        if input.budget.is_some() {
            return sink(Item::rejected(input.place.clone(), "压缩包里的压缩包不予读取，请先解压"));
        }
        let budget = TimeBudget::new(self.reader.limits.archive);
        let mut go_on = true;
        let outcome = catch_panic(|| {
            archive::unpack(input.bytes, &budget, &mut |unpacked| {
                go_on = self.read_entry(input, unpacked, &budget, sink);
                go_on
            })
        });
        match outcome {
            Ok(()) => go_on,
            Err(error) => sink(Item::rejected(input.place.clone(), error.to_string())),
        }
    }

    fn read_entry(
        &self,
        archive: &Input<'_>,
        unpacked: archive::Unpacked,
        budget: &TimeBudget,
        sink: Sink<'_>,
    ) -> bool {
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
                tell_nothing(place.clone(), sink, |sink| {
                    self.read_input(&Input { place, path, bytes: &bytes, budget: Some(budget) }, sink)
                })
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
        let read = || {
            let (content, source) = self.read_content(format, input)?;
            records::build_records(&content, &source)
        };
        let records = catch_panic(|| match input.budget {
            Some(budget) => budget.spend(read),
            None => read(),
        });
        let FileRecords { records, removed } = match records {
            Ok(records) => records,
            Err(error) => return sink(Item::rejected(input.place.clone(), error.to_string())),
        };
        if !removed.is_empty() && !sink(Item::Removed { place: input.place.clone(), lines: removed }) {
            return false;
        }
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
        if matches!(format, Format::Text | Format::Markdown | Format::Html)
            && input.bytes.iter().all(|b| b.is_ascii_whitespace() || b"\xef\xbb\xbf".contains(b))
        {
            return Err(ReadError::damaged("文件是空的"));
        }
        let content = match format {
            Format::Html => {
                let (head, page) = parse_http_head(input.bytes);
                source.address = head.address;
                html::read(page, head.charset.as_deref())
            }
            Format::Markdown => markdown::read(input.bytes),
            format if format.is_untrusted() => {
                let left = input.budget.map(TimeBudget::left).transpose()?;
                self.reader.read(format, input.bytes, left)?
            }
            _ => text::read(input.bytes),
        };
        Ok((content.with_folded_radicals(), source))
    }
}

/// Reads and rejects what gave no item at all: nothing vanishes in silence.
fn tell_nothing(place: Place, sink: Sink<'_>, read: impl FnOnce(Sink<'_>) -> bool) -> bool {
    let mut given = false;
    let go_on = read(&mut |item| {
        given = true;
        sink(item)
    });
    if go_on && !given { sink(Item::rejected(place, NOTHING_FOUND)) } else { go_on }
}

fn join_path(folder: &str, name: &str) -> String {
    if folder.is_empty() { name.to_owned() } else { format!("{}/{name}", folder.trim_end_matches('/')) }
}

/// Opens a regular file. Another kind is not opened at all: a pipe would be waited for without end, and
/// a device may do anything.
fn open_regular_file(path: &Path) -> Result<File, String> {
    let failed = |e: io::Error| format!("打不开：{e}");
    refuse_special_file(std::fs::metadata(path).map_err(failed)?.file_type())?;
    // A pipe may have taken the name since; opened so, it is not waited for.
    let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
    let file = rustix::fs::open(path, flags, Mode::empty()).map_err(|e| failed(e.into()))?;
    let file = File::from(file);
    refuse_special_file(file.metadata().map_err(failed)?.file_type())?;
    Ok(file)
}

fn refuse_special_file(kind: FileType) -> Result<(), String> {
    let name = if kind.is_fifo() {
        "命名管道"
    } else if kind.is_socket() {
        "套接字"
    } else if kind.is_block_device() || kind.is_char_device() {
        "设备"
    } else if kind.is_dir() {
        "文件夹"
    } else {
        return Ok(());
    };
    Err(format!("已跳过：这是{name}，不是普通文件"))
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
