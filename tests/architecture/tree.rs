//! Files of the checkout that the rules read.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};

/// A file by its path from the root, with its text.
pub type File = (String, String);

/// Root of the checkout: `CHECKOUT` if that is set, else the folder this test was built in.
pub fn root() -> PathBuf {
    env::var_os("CHECKOUT").map_or_else(|| env!("CARGO_MANIFEST_DIR").into(), PathBuf::from)
}

/// Reads the files with this ending below a folder; none if there is no such folder.
pub fn read_files(folder: &str, ending: &str) -> Vec<File> {
    let root = root();
    let mut paths = Vec::new();
    collect_paths(&root.join(folder), &mut paths);
    paths.sort();
    let name =
        |path: &Path| path.strip_prefix(&root).expect("below the root").to_string_lossy().replace('\\', "/");
    let wanted = paths.into_iter().filter(|path| path.to_string_lossy().ends_with(ending));
    wanted.filter_map(|path| Some((name(&path), fs::read_to_string(&path).ok()?))).collect()
}

fn collect_paths(folder: &Path, paths: &mut Vec<PathBuf>) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    for entry in entries.filter_map(Result::ok) {
        let (path, name) = (entry.path(), entry.file_name());
        let is_built = name == "target" || name == "node_modules" || name.to_string_lossy().starts_with('.');
        match path.is_dir() {
            true if is_built => {}
            true => collect_paths(&path, paths),
            false => paths.push(path),
        }
    }
}

/// Every Rust file of the repository, tests and benches included.
pub fn rust_files() -> Vec<File> {
    let folders = ["src", "index", "fixtures", "tests", "benches", "examples", "fuzz"];
    let files: Vec<_> = folders.iter().flat_map(|folder| read_files(folder, ".rs")).collect();
    assert!(files.len() > 40, "the walk found only {} files", files.len());
    files
}

/// Fails with one line for each offender.
#[track_caller]
pub fn assert_no_offenders(offenders: &[String]) {
    assert!(offenders.is_empty(), "{} offenders:\n{}", offenders.len(), offenders.join("\n"));
}
