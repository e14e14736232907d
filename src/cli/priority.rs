//! Scheduling priority of commands that run beside a server.

/// Niceness of `reindex` and `backup`: both must not slow down a server on the same machine.
const NICENESS: i32 = 19;

/// Lowers the priority of this process as far as the system goes.
pub(super) fn lower_priority() {
    // Raising the niceness is always permitted; elsewhere the command runs at full priority.
    let _ = rustix::process::nice(NICENESS);
}
