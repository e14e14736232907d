//! Work in the background: everything that follows a commit.

pub mod after_commit;
pub mod evidence;
