//! Outcomes of commands and their exit codes.

use std::process::ExitCode;

/// Exit code of wrong usage: arguments or settings that cannot be used.
pub(super) const USAGE_EXIT_CODE: u8 = 2;
/// Exit code of a command that failed.
pub(super) const FAILURE_EXIT_CODE: u8 = 3;

/// End of a command that did not fail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Outcome {
    /// Everything was done: exit code 0.
    Done,
    /// Some records were rejected or some queries failed: exit code 1.
    Partly,
    /// The request makes no sense: exit code 2.
    Usage,
}

impl From<Outcome> for ExitCode {
    fn from(outcome: Outcome) -> Self {
        match outcome {
            Outcome::Done => Self::SUCCESS,
            Outcome::Partly => Self::from(1),
            Outcome::Usage => Self::from(USAGE_EXIT_CODE),
        }
    }
}
