//! Files and folders of an index under an umask that hides nothing. The umask is one for the whole
//! process, so this is a program of its own.

mod support;

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use gongkai_index::lexicon::Lexicon;
use gongkai_index::{Effort, Record, RecordWriter};
use rustix::fs::Mode;
use tempfile::TempDir;

use crate::support::{back_up, bulk_writer, open, reindex};

/// Asserts that others have no permission on anything below a folder; returns how much there is.
fn assert_private(path: &Path) -> usize {
    let metadata = fs::symlink_metadata(path).unwrap();
    assert_eq!(metadata.mode() & 0o077, 0, "{}: {:o}", path.display(), metadata.mode());
    if !metadata.is_dir() {
        return 1;
    }
    1 + fs::read_dir(path).unwrap().map(|entry| assert_private(&entry.unwrap().path())).sum::<usize>()
}

#[test]
fn index_backup_and_lexicon_are_private_without_umask() {
    rustix::process::umask(Mode::empty());
    let folder = TempDir::new().unwrap();
    let (data, backup) = (folder.path().join("new/data"), folder.path().join("new/backup"));
    let collection = open(&data.join("index"));
    let record = Record::from_json(br#"{"id":"a","kind":"policy","title":"t"}"#).unwrap();
    let mut writer = bulk_writer(&collection);
    writer.put(&record).unwrap();
    writer.commit().unwrap();
    drop(writer);
    Lexicon::build(&collection.reader(), Effort::Full).unwrap().save(&data.join("typing")).unwrap();
    drop(collection);
    reindex(&data.join("index"), &mut |_| {}).unwrap();
    back_up(&data.join("index"), &backup).unwrap();
    assert!(assert_private(&folder.path().join("new")) > 20, "index, two versions, journals, backup");
}
