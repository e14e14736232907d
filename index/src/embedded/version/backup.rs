//! A copy of an index as of one commit, made while others write, verified on the disk it
//! was written to, and gone on with where an earlier attempt ended.
//!
//! Files of segments never change and have names that never come again. So a copy opens
//! all files of one list first (whoever removes them afterwards does no harm), copies those
//! that the target does not have in every byte, and writes the list and the pointer last:
//! before that the target is no index, and afterwards it is whole.
//!
//! Of the files beside the editions what belongs to that commit is backed_up, and what is
//! spoilt in them is not: the copy is told what it lacks.

use std::fs::{self, File};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::backend::{BackedUp, Fault};
use crate::embedded::storage::checksummed::{Digest, META, Manifest, Meta, is_made_by_tantivy};
use crate::embedded::storage::current_file::{CurrentFile, folder};
use crate::embedded::storage::disk::{Disk, OsDisk, replace};
use crate::embedded::storage::journal;
use crate::embedded::storage::journal::{FrameFile, Kind};
use crate::embedded::version::check::listed;
use crate::embedded::version::index_version::CommitNote;
use crate::error::{Error, Result};
use crate::record::generation::Generation;

/// Times that the list is read again because it changed while its files were opened.
const PATIENCE: usize = 50;
/// Bytes read at a time.
const CHUNK: usize = 1 << 20;

/// Copies the edition in use.
///
/// # Errors
/// A damaged source, a disk that is full or fails. What was backed_up stays for the next attempt.
pub fn back_up(from: &Path, to: &Path) -> Result<BackedUp> {
    if !from.is_dir() {
        return Err(Error::Damaged { path: from.to_owned(), reason: "there is no such folder".into() });
    }
    let source = OsDisk::open(from)?;
    let (pointer, list, files) = opened(&source)?;
    let number = pointer.current.max(1);
    let target = OsDisk::open(to)?;
    target.make_folder(&folder(number))?;
    let place = to.join(folder(number));
    let mut backed_up = BackedUp::default();
    for (name, digest, file) in files {
        let from = source.place().join(folder(pointer.current)).join(&name);
        backed_up.add(file, &from, &place.join(&name), &digest)?;
    }
    let generation = Meta::parse(&list).map_or(0, |meta| CommitNote::generation_in(&meta.json));
    for kind in Kind::ALL {
        log(from, to, kind, generation, &mut backed_up)?;
    }
    target.sync_folder(&folder(number))?;
    target.sync_folder(Path::new(""))?;
    replace(&target, &folder(number).join(META), &list)?;
    CurrentFile { current: number, previous: None }.write(&target)?;
    tidy(&target, number)?;
    Ok(backed_up)
}

impl BackedUp {
    /// Copies a file that the target does not have yet.
    fn add(&mut self, from: impl Read, source: &Path, target: &Path, digest: &Digest) -> Result<()> {
        if holds(target, digest)? {
            self.kept += 1;
            return Ok(());
        }
        one(from, source, target, digest)?;
        self.files += 1;
        self.bytes += digest.length;
        Ok(())
    }
}

/// Copies of a file beside the editions what is whole and belongs to the backed_up commit or to
/// one before it. Whoever writes on adds behind that, or puts another file in its place: the
/// one that was opened keeps it.
fn log(from: &Path, to: &Path, kind: Kind, upto: Generation, backed_up: &mut BackedUp) -> Result<()> {
    let (source, target) = (from.join(kind.name()), to.join(kind.name()));
    let mut file = match File::open(&source) {
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(removed(&target)?),
        opened => opened?,
    };
    let looked = journal::look(&mut file, kind, upto)?;
    let lacks = match kind {
        Kind::Relations => looked.last < upto,
        Kind::Commits => looked.corrupt,
    };
    if looked.corrupt {
        backed_up.left_out.push(Fault { path: source.clone(), reason: kind.corrupt_message().to_owned() });
    }
    if lacks && kind == Kind::Commits {
        let frames = FrameFile::new(Arc::new(OsDisk::open(from)?), kind).read(upto)?.unwrap_or_default();
        backed_up.files += 1;
        return Ok(FrameFile::new(Arc::new(OsDisk::open(to)?), kind).rewrite(&frames)?);
    }
    if lacks || looked.prefix.length == 0 {
        return Ok(removed(&target)?);
    }
    file.seek(SeekFrom::Start(0))?;
    backed_up.add(file.take(looked.prefix.length), &source, &target, &looked.prefix)
}

/// Of an earlier copy: what it had is not of this commit.
fn removed(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(e) if e.kind() != io::ErrorKind::NotFound => Err(e),
        _ => Ok(()),
    }
}

type Opened = (CurrentFile, Vec<u8>, Vec<(String, Digest, File)>);

/// All files of the last commit, open.
fn opened(source: &OsDisk) -> Result<Opened> {
    for _ in 0..PATIENCE {
        let pointer = CurrentFile::read(source)?.unwrap_or(CurrentFile { current: 0, previous: None });
        let (list, manifest) = listed(source, pointer.current)?;
        match open_all(&source.place().join(folder(pointer.current)), &manifest) {
            Ok(files) => return Ok((pointer, list, files)),
            Err((path, e)) if e.kind() == io::ErrorKind::NotFound => {
                // A later commit may have no need of it; if there is none, it is lost.
                if listed(source, pointer.current)?.0 == list {
                    return Err(Error::Damaged { path, reason: "is missing".into() });
                }
            }
            Err((_, e)) => return Err(e.into()),
        }
    }
    Err(Error::Io(io::Error::other("the index changed too quickly to be backed_up")))
}

type AllOpen = std::result::Result<Vec<(String, Digest, File)>, (PathBuf, io::Error)>;

fn open_all(place: &Path, manifest: &Manifest) -> AllOpen {
    let open = |(name, digest): (&String, &Digest)| {
        let path = place.join(name);
        match File::open(&path) {
            Ok(file) => Ok((name.clone(), digest.clone(), file)),
            Err(e) => Err((path, e)),
        }
    };
    manifest.iter().map(open).collect()
}

/// Copies one file, and reads back from the disk what was written.
fn one(mut file: impl Read, source: &Path, target: &Path, digest: &Digest) -> Result<()> {
    let part = target.with_extension("part");
    let mut out = File::create(&part)?;
    let read = hashed(&mut file, &mut out)?;
    if read != *digest {
        let _ = fs::remove_file(&part);
        let reason = "the content does not match its checksum".into();
        return Err(Error::Damaged { path: source.to_owned(), reason });
    }
    out.sync_all()?;
    // What is read back shall come from the disk, not from memory.
    let _ = rustix::fs::fadvise(&out, 0, None, rustix::fs::Advice::DontNeed);
    drop(out);
    if hashed(&mut File::open(&part)?, &mut io::sink())? != *digest {
        let reason = "does not hold what was written to it; the disk is not to be trusted".into();
        return Err(Error::Damaged { path: part, reason });
    }
    Ok(fs::rename(part, target)?)
}

/// Whether a file is there with this content.
fn holds(path: &Path, digest: &Digest) -> Result<bool> {
    match File::open(path) {
        Ok(mut file) => {
            Ok(file.metadata()?.len() == digest.length && hashed(&mut file, &mut io::sink())? == *digest)
        }
        Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(e) => Err(e.into()),
    }
}

/// Copies to the end and measures what passed.
fn hashed(from: &mut impl Read, to: &mut impl Write) -> io::Result<Digest> {
    let mut hasher = blake3::Hasher::new();
    let mut length = 0;
    let mut chunk = vec![0; CHUNK];
    loop {
        let read = match from.read(&mut chunk) {
            Ok(0) => break,
            Ok(read) => read,
            Err(e) if e.kind() == io::ErrorKind::Interrupted => continue,
            Err(e) => return Err(e),
        };
        to.write_all(&chunk[..read])?;
        hasher.update(&chunk[..read]);
        length += read as u64;
    }
    Ok(Digest { length, blake3: hasher.finalize().to_hex().to_string() })
}

/// Removes what an earlier copy into this folder had and this one has no use for.
fn tidy(target: &OsDisk, number: u32) -> Result<()> {
    let (_, manifest) = listed(target, number)?;
    for entry in target.list(&folder(number))? {
        let ours = is_made_by_tantivy(&entry.name);
        if ours && !manifest.contains_key(&entry.name) {
            target.remove(&folder(number).join(&entry.name))?;
        }
    }
    for other in crate::embedded::storage::current_file::editions(target)?
        .into_iter()
        .filter(|other| *other != number && *other > 0)
    {
        crate::embedded::version::reindex::remove_version(target, other)?;
    }
    Ok(())
}
