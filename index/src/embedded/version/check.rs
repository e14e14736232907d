//! Whether what is kept is whole: every file compared with its checksum, nothing changed.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use tantivy::Index;

use crate::backend::{Checked, Fault};
use crate::embedded::storage::checksummed::{
    ChecksummedDirectory, META, Manifest, Meta, Verified, is_made_by_tantivy,
};
use crate::embedded::storage::current_file::{CurrentFile, Number, folder};
use crate::embedded::storage::disk::{Disk, OsDisk, content};
use crate::embedded::storage::journal;
use crate::embedded::storage::journal::{Kind, Looked};
use crate::embedded::version::index_version::{CommitNote, differing};
use crate::error::{Error, Result};
use crate::record::generation::Generation;

/// Times that a list of segments is read again because it changed meanwhile.
const PATIENCE: usize = 20;

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
    let numbers: Vec<Number> = match CurrentFile::read(&disk) {
        Ok(Some(pointer)) => {
            checked.files += 1;
            [Some(pointer.current), pointer.previous].into_iter().flatten().collect()
        }
        Ok(None) if disk.exists(Path::new(META))? => vec![0],
        Ok(None) => {
            let reason = "there is no file `current`, which says which edition is in use".to_owned();
            checked.faults.push(Fault { path: path.to_owned(), reason });
            crate::embedded::storage::current_file::editions(&disk)?
        }
        Err(Error::Damaged { path, reason }) => {
            checked.faults.push(Fault { path, reason });
            crate::embedded::storage::current_file::editions(&disk)?
        }
        Err(e) => return Err(e),
    };
    // Before they are looked at: what is committed meanwhile is more.
    let generation = numbers.first().and_then(|number| content(&disk, &folder(*number).join(META)).ok());
    let generation = generation.and_then(|bytes| Meta::parse(&bytes));
    for number in numbers {
        edition(&disk, number, &mut checked)?;
    }
    let generation = generation.map_or(0, |meta| CommitNote::generation_in(&meta.json));
    Kind::ALL.into_iter().try_for_each(|kind| log(&disk, kind, generation, &mut checked))?;
    Ok(checked)
}

/// Looks at what is kept of the records beside the editions.
fn log(disk: &OsDisk, kind: Kind, generation: Generation, checked: &mut Checked) -> Result<()> {
    let path = disk.place().join(kind.name());
    let mut looked = Looked::default();
    // While somebody writes, the end may be read half old and half new.
    for round in 0..PATIENCE {
        looked = match File::open(&path) {
            Ok(file) => journal::look(file, kind, Generation::MAX)?,
            Err(e) if e.kind() == io::ErrorKind::NotFound => Looked::default(),
            Err(e) => return Err(e.into()),
        };
        if !looked.corrupt {
            break;
        }
        std::thread::sleep(Duration::from_millis(round as u64));
    }
    checked.files += usize::from(looked.there);
    checked.bytes += looked.bytes;
    let fault = |reason: &str| Fault { path: path.clone(), reason: reason.to_owned() };
    match kind {
        _ if looked.corrupt => checked.beside.push(fault(kind.corrupt_message())),
        Kind::Relations if looked.last < generation => checked.missing.push(fault(kind.incomplete_message())),
        // The last one may have been killed before it was written here.
        Kind::Commits if looked.last + 1 < generation => match looked.there {
            true => checked.beside.push(fault(kind.incomplete_message())),
            false => checked.missing.push(fault(kind.incomplete_message())),
        },
        _ => {}
    }
    Ok(())
}

fn edition(disk: &OsDisk, number: Number, checked: &mut Checked) -> Result<()> {
    let at = disk.place().join(folder(number));
    let list = folder(number).join(META);
    for round in 0..PATIENCE {
        let fault = |reason: &str| Fault { path: at.join(META), reason: reason.to_owned() };
        let bytes = match content(disk, &list) {
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
        let found = differing(disk, &folder(number), &meta.manifest);
        // Files go when a later commit needs them no more: look at that one.
        let changed = content(disk, &list).ok().is_none_or(|now| now != bytes);
        if changed && round + 1 < PATIENCE && !found.is_empty() {
            continue;
        }
        let names = disk.list(&folder(number)).unwrap_or_default();
        let segments = Meta::segments(&meta.json).unwrap_or_default();
        let is_of = |name: &str| segments.iter().any(|(id, _)| name.starts_with(id.as_str()));
        checked.stray +=
            names.iter().filter(|entry| is_made_by_tantivy(&entry.name) && !is_of(&entry.name)).count();
        checked.files += 1 + meta.manifest.len();
        checked.bytes += bytes.len() as u64 + meta.manifest.values().map(|digest| digest.length).sum::<u64>();
        let faults = found.into_iter().map(|one| Fault { path: at.join(one.name), reason: one.reason });
        checked.faults.extend(faults);
        return without_digest(&at, &meta, checked);
    }
    Ok(())
}

/// Files of before there were manifests have tantivy's own checksum at their end.
fn without_digest(at: &Path, meta: &Meta, checked: &mut Checked) -> Result<()> {
    let segments = Meta::segments(&meta.json).unwrap_or_default();
    if segments.iter().all(|(id, _)| meta.manifest.contains_key(&format!("{id}.store"))) {
        return Ok(());
    }
    let looked = std::panic::catch_unwind(|| -> Result<Vec<PathBuf>> {
        let disk = std::sync::Arc::new(OsDisk::open(at)?);
        let index = Index::open(ChecksummedDirectory::new(disk, Path::new(""), Verified::default()))?;
        Ok(index.validate_checksum()?.into_iter().collect())
    });
    let faults = match looked {
        Ok(Ok(damaged)) => damaged,
        Ok(Err(e)) => {
            checked.faults.push(Fault { path: at.to_owned(), reason: e.to_string() });
            return Ok(());
        }
        Err(_) => vec![PathBuf::from(META)],
    };
    checked.files += segments.len();
    checked.faults.extend(
        faults.into_iter().map(|name| Fault {
            path: at.join(name),
            reason: "the content does not match its checksum".into(),
        }),
    );
    Ok(())
}

/// The files of an edition as its list of segments names them, and that list itself.
pub fn listed(disk: &dyn Disk, number: Number) -> Result<(Vec<u8>, Manifest)> {
    let path = folder(number).join(META);
    let bytes = content(disk, &path)?;
    let damaged = |reason: &str| Error::Damaged { path: disk.place().join(&path), reason: reason.into() };
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
