//! Backup of an index as of one commit: made while others write, verified on the disk it was written
//! to, and continued where an earlier attempt ended.
//!
//! Files of segments never change, and their names are never used again. So a backup opens all
//! files of one list first (their removal afterwards does no harm), copies those that the target
//! does not have in every byte, and writes the list and the current file last: before that the
//! target is no index, and afterwards it is complete.
//!
//! Of the journals beside the index versions, the part that belongs to that commit is backed up.
//! Corrupt parts are left out and reported.

use std::fs::{self, File};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::atomic_file::replace_file_with;
use crate::backend::{BackedUp, Fault};
use crate::embedded::storage::checksummed::{Digest, META, Manifest, Meta, is_made_by_tantivy};
use crate::embedded::storage::current_file::{CurrentFile, version_folder, version_numbers};
use crate::embedded::storage::disk::{Disk, OsDisk, replace_file};
use crate::embedded::storage::journal;
use crate::embedded::storage::journal::{FrameFile, JournalKind};
use crate::embedded::version::check::read_manifest;
use crate::embedded::version::index_version::CommitNote;
use crate::embedded::version::reindex::remove_version;
use crate::error::{Error, Result};
use crate::private_files::close_folder;
use crate::record::generation::Generation;

/// Attempts to open the files of one list; it may change meanwhile.
const MAX_ATTEMPTS: usize = 50;
/// Bytes read at a time.
const CHUNK_BYTES: usize = 1 << 20;

/// Backs up the index version in use.
///
/// # Errors
/// A damaged source, a disk that is full or fails. Files that were copied stay for the next attempt.
pub fn back_up(from: &Path, to: &Path) -> Result<BackedUp> {
    if !from.is_dir() {
        return Err(Error::Damaged { path: from.to_owned(), reason: "there is no such folder".into() });
    }
    let source = OsDisk::open(from)?;
    let (current, list, files) = open_last_commit(&source)?;
    let number = current.current.max(1);
    let target = OsDisk::open(to)?;
    // An earlier backup may have left it open to others.
    close_folder(to)?;
    target.create_folder(&version_folder(number))?;
    let version_path = to.join(version_folder(number));
    let mut backed_up = BackedUp::default();
    for (name, digest, file) in files {
        let from = source.location().join(version_folder(current.current)).join(&name);
        backed_up.copy_unless_kept(file, &from, &version_path.join(&name), &digest)?;
    }
    let generation = Meta::parse(&list).map_or(0, |meta| CommitNote::generation_in(&meta.json));
    for kind in JournalKind::ALL {
        back_up_journal(from, to, kind, generation, &mut backed_up)?;
    }
    target.sync_folder(&version_folder(number))?;
    target.sync_folder(Path::new(""))?;
    replace_file(&target, &version_folder(number).join(META), &list)?;
    CurrentFile { current: number, previous: None }.write(&target)?;
    remove_unused(&target, number)?;
    Ok(backed_up)
}

impl BackedUp {
    /// Copies a file, unless the target has it already.
    fn copy_unless_kept(
        &mut self,
        from: impl Read,
        source: &Path,
        target: &Path,
        digest: &Digest,
    ) -> Result<()> {
        if has_content(target, digest)? {
            self.kept += 1;
            return Ok(());
        }
        copy_file(from, source, target, digest)?;
        self.files += 1;
        self.bytes += digest.length;
        Ok(())
    }
}

/// Copies the complete frames of a journal up to the commit that is backed up. A writer appends
/// behind them or replaces the file, and the open file keeps them.
fn back_up_journal(
    from: &Path,
    to: &Path,
    kind: JournalKind,
    upto: Generation,
    backed_up: &mut BackedUp,
) -> Result<()> {
    let (source, target) = (from.join(kind.file_name()), to.join(kind.file_name()));
    let mut file = match File::open(&source) {
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(remove_if_exists(&target)?),
        opened => opened?,
    };
    let scan = journal::scan(&mut file, kind, upto)?;
    let is_incomplete = match kind {
        JournalKind::Relations => scan.last_generation < upto,
        JournalKind::Commits => scan.is_corrupt,
    };
    if scan.is_corrupt {
        backed_up.left_out.push(Fault { path: source.clone(), reason: kind.corrupt_message().to_owned() });
    }
    if is_incomplete && kind == JournalKind::Commits {
        let frames = FrameFile::new(Arc::new(OsDisk::open(from)?), kind).read(upto)?.unwrap_or_default();
        backed_up.files += 1;
        return Ok(FrameFile::new(Arc::new(OsDisk::open(to)?), kind).rewrite(&frames)?);
    }
    if is_incomplete || scan.prefix.length == 0 {
        return Ok(remove_if_exists(&target)?);
    }
    file.seek(SeekFrom::Start(0))?;
    backed_up.copy_unless_kept(file.take(scan.prefix.length), &source, &target, &scan.prefix)
}

/// Removes a file of an earlier backup, which is not of this commit.
fn remove_if_exists(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(e) if e.kind() != io::ErrorKind::NotFound => Err(e),
        _ => Ok(()),
    }
}

/// The current file, the list of segments, and the files of a commit, open.
type OpenCommit = (CurrentFile, Vec<u8>, Vec<(String, Digest, File)>);

/// Opens all files of the last commit.
fn open_last_commit(source: &OsDisk) -> Result<OpenCommit> {
    for _ in 0..MAX_ATTEMPTS {
        let current = CurrentFile::read(source)?.unwrap_or(CurrentFile { current: 0, previous: None });
        let (list, manifest) = read_manifest(source, current.current)?;
        match open_files(&source.location().join(version_folder(current.current)), &manifest) {
            Ok(files) => return Ok((current, list, files)),
            Err((path, e)) if e.kind() == io::ErrorKind::NotFound => {
                // A later commit may not need it; if there is no later commit, it is lost.
                if read_manifest(source, current.current)?.0 == list {
                    return Err(Error::Damaged { path, reason: "is missing".into() });
                }
            }
            Err((_, e)) => return Err(e.into()),
        }
    }
    Err(Error::Io(io::Error::other("the index changed too quickly to be backed up")))
}

/// Open files with their names and digests, or the path that failed.
type OpenFiles = std::result::Result<Vec<(String, Digest, File)>, (PathBuf, io::Error)>;

fn open_files(folder: &Path, manifest: &Manifest) -> OpenFiles {
    let open = |(name, digest): (&String, &Digest)| {
        let path = folder.join(name);
        match File::open(&path) {
            Ok(file) => Ok((name.clone(), digest.clone(), file)),
            Err(e) => Err((path, e)),
        }
    };
    manifest.iter().map(open).collect()
}

/// Copies one file, and verifies it by reading it back from the disk.
fn copy_file(mut file: impl Read, source: &Path, target: &Path, digest: &Digest) -> Result<()> {
    replace_file_with(target, |copy, temporary| {
        if copy_hashed(&mut file, copy)? != *digest {
            let _ = fs::remove_file(temporary);
            let reason = "the content does not match its checksum".into();
            return Err(Error::Damaged { path: source.to_owned(), reason });
        }
        copy.sync_all()?;
        // The content read back shall come from the disk, not from memory.
        let _ = rustix::fs::fadvise(copy, 0, None, rustix::fs::Advice::DontNeed);
        if copy_hashed(&mut File::open(temporary)?, &mut io::sink())? != *digest {
            let reason = "does not hold what was written to it; the disk is not to be trusted".into();
            return Err(Error::Damaged { path: temporary.to_owned(), reason });
        }
        Ok(())
    })
}

/// Checks if a file exists and has this content.
fn has_content(path: &Path, digest: &Digest) -> Result<bool> {
    match File::open(path) {
        Ok(mut file) => {
            Ok(file.metadata()?.len() == digest.length && copy_hashed(&mut file, &mut io::sink())? == *digest)
        }
        Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(e) => Err(e.into()),
    }
}

/// Copies to the end, and returns the digest of the content.
fn copy_hashed(from: &mut impl Read, to: &mut impl Write) -> io::Result<Digest> {
    let mut hasher = blake3::Hasher::new();
    let mut length = 0;
    let mut chunk = vec![0; CHUNK_BYTES];
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

/// Removes files of an earlier backup in this folder that this one does not need.
fn remove_unused(target: &OsDisk, number: u32) -> Result<()> {
    let (_, manifest) = read_manifest(target, number)?;
    for entry in target.list(&version_folder(number))? {
        let is_ours = is_made_by_tantivy(&entry.name);
        if is_ours && !manifest.contains_key(&entry.name) {
            target.remove(&version_folder(number).join(&entry.name))?;
        }
    }
    for other in version_numbers(target)?.into_iter().filter(|other| *other != number && *other > 0) {
        remove_version(target, other)?;
    }
    Ok(())
}
