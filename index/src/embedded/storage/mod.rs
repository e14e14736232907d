//! Files: the disk, checksums, the current file, journals.

pub mod checksummed;
pub mod current_file;
pub mod disk;
pub mod journal;
