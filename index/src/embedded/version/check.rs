//! Check of an index: compares every file with its checksum and changes nothing.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use tantivy::Index;

use crate::backend::{Checked, Fault};
use crate::embedded::storage::checksummed::{
    ChecksummedDirectory, META, Manifest, Meta, Verified, is_made_by_tantivy,
};
use crate::embedded::storage::current_file::{CurrentFile, VersionNumber, version_folder, version_numbers};
use crate::embedded::storage::disk::{Disk, OsDisk, read_file};
use crate::embedded::storage::journal;
use crate::embedded::storage::journal::{JournalKind, JournalScan};
use crate::embedded::version::index_version::{CommitNote, find_faulty_files};
use crate::error::{Error, Result};
use crate::record::generation::Generation;

/// Attempts to read a file that changes meanwhile.
const MAX_ATTEMPTS: usize = 20;

/// Checks the index in a folder; also while others write to it.
///
/// # Errors
/// A folder that cannot be read at all.
pub fn check(path: &Path) -> Result<Checked> {
    if !path.is_dir() {
        return Err(Error::Damaged { path: path.to_owned(), reason: "there is no such folder".into() });
    }
    let disk = OsDisk::open(path)?;
    let mut checked = Checked::default();
    let numbers: Vec<VersionNumber> = match CurrentFile::read(&disk) {
        Ok(Some(current)) => {
            checked.files += 1;
            [Some(current.current), current.previous].into_iter().flatten().collect()
        }
        Ok(None) if disk.exists(Path::new(META))? => vec![0],
        Ok(None) => {
            let reason = "there is no file `current`, which says which index version is in use".to_owned();
            checked.faults.push(Fault { path: path.to_owned(), reason });
            version_numbers(&disk)?
        }
        Err(Error::Damaged { path, reason }) => {
            checked.faults.push(Fault { path, reason });
            version_numbers(&disk)?
        }
        Err(e) => return Err(e),
    };
    // Read before the files are checked: commits made meanwhile only add to them.
    let generation =
        numbers.first().and_then(|number| read_file(&disk, &version_folder(*number).join(META)).ok());
    let generation = generation.and_then(|bytes| Meta::parse(&bytes));
    for number in numbers {
        check_version(&disk, number, &mut checked)?;
    }
    let generation = generation.map_or(0, |meta| CommitNote::generation_in(&meta.json));
    JournalKind::ALL.into_iter().try_for_each(|kind| check_journal(&disk, kind, generation, &mut checked))?;
    Ok(checked)
}

/// Checks a journal beside the index versions.
fn check_journal(
    disk: &OsDisk,
    kind: JournalKind,
    generation: Generation,
    checked: &mut Checked,
) -> Result<()> {
    let path = disk.location().join(kind.file_name());
    let mut scan = JournalScan::default();
    // While a writer appends, the end may be read half old and half new.
    for round in 0..MAX_ATTEMPTS {
        scan = match File::open(&path) {
            Ok(file) => journal::scan(file, kind, Generation::MAX)?,
            Err(e) if e.kind() == io::ErrorKind::NotFound => JournalScan::default(),
            Err(e) => return Err(e.into()),
        };
        if !scan.is_corrupt {
            break;
        }
        std::thread::sleep(Duration::from_millis(round as u64));
    }
    checked.files += usize::from(scan.exists);
    checked.bytes += scan.bytes;
    let fault = |reason: &str| Fault { path: path.clone(), reason: reason.to_owned() };
    match kind {
        _ if scan.is_corrupt => checked.beside.push(fault(kind.corrupt_message())),
        JournalKind::Relations if scan.last_generation < generation => {
            checked.missing.push(fault(kind.incomplete_message()))
        }
        // The process of the last commit may have been killed before it was written here.
        JournalKind::Commits if scan.last_generation + 1 < generation => match scan.exists {
            true => checked.beside.push(fault(kind.incomplete_message())),
            false => checked.missing.push(fault(kind.incomplete_message())),
        },
        _ => {}
    }
    Ok(())
}

/// Checks the files of an index version.
fn check_version(disk: &OsDisk, number: VersionNumber, checked: &mut Checked) -> Result<()> {
    let path = disk.location().join(version_folder(number));
    let list = version_folder(number).join(META);
    for round in 0..MAX_ATTEMPTS {
        let fault = |reason: &str| Fault { path: path.join(META), reason: reason.to_owned() };
        let bytes = match read_file(disk, &list) {
            Ok(bytes) => bytes,
            Err(e) => {
                checked.faults.push(fault(&format!("the list of segments cannot be read: {e}")));
                return Ok(());
            }
        };
        let Some(meta) = Meta::parse(&bytes) else {
            checked.faults.push(fault("the list of segments does not match its checksum"));
            return Ok(());
        };
        let found = find_faulty_files(disk, &version_folder(number), &meta.manifest);
        // Files are removed when a later commit does not need them: check that one.
        let changed = read_file(disk, &list).ok().is_none_or(|now| now != bytes);
        if changed && round + 1 < MAX_ATTEMPTS && !found.is_empty() {
            continue;
        }
        let names = disk.list(&version_folder(number)).unwrap_or_default();
        let segments = Meta::segments(&meta.json).unwrap_or_default();
        let is_of_commit = |name: &str| segments.iter().any(|(id, _)| name.starts_with(id.as_str()));
        checked.stray += names
            .iter()
            .filter(|entry| is_made_by_tantivy(&entry.name) && !is_of_commit(&entry.name))
            .count();
        checked.files += 1 + meta.manifest.len();
        checked.bytes += bytes.len() as u64 + meta.manifest.values().map(|digest| digest.length).sum::<u64>();
        let faults = found.into_iter().map(|file| Fault { path: path.join(file.name), reason: file.reason });
        checked.faults.extend(faults);
        return check_files_without_digest(&path, &meta, checked);
    }
    Ok(())
}

/// Checks files written before there were manifests, which have tantivy's own checksum at their end.
fn check_files_without_digest(path: &Path, meta: &Meta, checked: &mut Checked) -> Result<()> {
    let segments = Meta::segments(&meta.json).unwrap_or_default();
    if segments.iter().all(|(id, _)| meta.manifest.contains_key(&format!("{id}.store"))) {
        return Ok(());
    }
    let validated = std::panic::catch_unwind(|| -> Result<Vec<PathBuf>> {
        let disk = std::sync::Arc::new(OsDisk::open(path)?);
        let index = Index::open(ChecksummedDirectory::new(disk, Path::new(""), Verified::default()))?;
        Ok(index.validate_checksum()?.into_iter().collect())
    });
    let faults = match validated {
        Ok(Ok(damaged)) => damaged,
        Ok(Err(e)) => {
            checked.faults.push(Fault { path: path.to_owned(), reason: e.to_string() });
            return Ok(());
        }
        Err(_) => vec![PathBuf::from(META)],
    };
    checked.files += segments.len();
    checked.faults.extend(faults.into_iter().map(|name| Fault {
        path: path.join(name),
        reason: "the content does not match its checksum".into(),
    }));
    Ok(())
}

/// Reads the list of segments of an index version and its manifest.
pub fn read_manifest(disk: &dyn Disk, number: VersionNumber) -> Result<(Vec<u8>, Manifest)> {
    let path = version_folder(number).join(META);
    let bytes = read_file(disk, &path)?;
    let damaged = |reason: &str| Error::Damaged { path: disk.location().join(&path), reason: reason.into() };
    let meta =
        Meta::parse(&bytes).ok_or_else(|| damaged("the list of segments does not match its checksum"))?;
    let segments = Meta::segments(&meta.json).unwrap_or_default();
    if !segments.iter().all(|(id, _)| meta.manifest.contains_key(&format!("{id}.store"))) {
        return Err(damaged(
            "the index was written before files carried checksums; `gongkai reindex` writes it anew with them",
        ));
    }
    Ok((bytes, meta.manifest))
}
