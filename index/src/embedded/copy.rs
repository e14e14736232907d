//! A copy of an index as of one commit, made while others write, verified on the disk it
//! was written to, and gone on with where an earlier attempt ended.
//!
//! Files of segments never change and have names that never come again. So a copy opens
//! all files of one list first (whoever removes them afterwards does no harm), copies those
//! that the target does not have in every byte, and writes the list and the pointer last:
//! before that the target is no index, and afterwards it is whole.

use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use super::check::listed;
use super::disk::{Disk, OsDisk, replace};
use super::pointer::{Pointer, folder};
use super::sealed::{Digest, META, Manifest, is_made_by_tantivy};
use crate::error::{Error, Result};

/// What a copy did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Copied {
    /// Files that were copied.
    pub files: usize,
    /// Their bytes.
    pub bytes: u64,
    /// Files that were there already, in every byte.
    pub kept: usize,
}

/// Times that the list is read again because it changed while its files were opened.
const PATIENCE: usize = 50;
/// Bytes read at a time.
const CHUNK: usize = 1 << 20;

/// Copies the edition in use.
///
/// # Errors
/// A damaged source, a disk that is full or fails. What was copied stays for the next attempt.
pub fn copy(from: &Path, to: &Path) -> Result<Copied> {
    if !from.is_dir() {
        return Err(Error::Damaged { path: from.to_owned(), reason: "there is no such folder".into() });
    }
    let source = OsDisk::open(from)?;
    let (pointer, list, files) = opened(&source)?;
    let number = pointer.current.max(1);
    let target = OsDisk::open(to)?;
    target.make_folder(&folder(number))?;
    let place = to.join(folder(number));
    let mut copied = Copied::default();
    for (name, digest, file) in files {
        if holds(&place.join(&name), &digest)? {
            copied.kept += 1;
            continue;
        }
        one(file, &source.place().join(folder(pointer.current)).join(&name), &place.join(&name), &digest)?;
        copied.files += 1;
        copied.bytes += digest.length;
    }
    target.sync_folder(&folder(number))?;
    target.sync_folder(Path::new(""))?;
    replace(&target, &folder(number).join(META), &list)?;
    Pointer { current: number, previous: None }.write(&target)?;
    tidy(&target, number)?;
    Ok(copied)
}

type Opened = (Pointer, Vec<u8>, Vec<(String, Digest, File)>);

/// All files of the last commit, open.
fn opened(source: &OsDisk) -> Result<Opened> {
    for _ in 0..PATIENCE {
        let pointer = Pointer::read(source)?.unwrap_or(Pointer { current: 0, previous: None });
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
    Err(Error::Io(io::Error::other("the index changed too quickly to be copied")))
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
fn one(mut file: File, source: &Path, target: &Path, digest: &Digest) -> Result<()> {
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
    for other in super::pointer::editions(target)?.into_iter().filter(|other| *other != number && *other > 0)
    {
        super::rebuild::remove_edition(target, other)?;
    }
    Ok(())
}
