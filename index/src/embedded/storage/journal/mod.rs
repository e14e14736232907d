//! Append-only files of frames: the facts of relations, and the commit log.

mod frame_file;
mod frames;
mod kind;

pub use self::frame_file::FrameFile;
pub use self::frames::{JournalScan, scan};
pub use self::kind::JournalKind;
