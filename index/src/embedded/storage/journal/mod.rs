//! Files of frames that are only ever added: facts of relations, and the commit log.

mod frame_file;
mod frames;
mod kind;

pub use self::frame_file::FrameFile;
pub use self::frames::{Looked, look};
pub use self::kind::Kind;
