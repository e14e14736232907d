//! Background work: everything that follows a commit.

pub mod after_commit;
pub mod evidence;
mod schedule;
