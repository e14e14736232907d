//! Lines that an import takes away: neither title nor body has them, so a list names each.

use serde::{Deserialize, Serialize};

/// Line of a source that is not part of a record's text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RemovedLine {
    /// Reason for taking it away.
    pub reason: RemovalReason,
    /// Words of the line.
    pub text: String,
}

/// Reason for taking a line away.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RemovalReason {
    /// Text at an angle or over other text on every page.
    Watermark,
    /// Running head or foot, or number of a page.
    RunningHead,
    /// Text that the file says is not shown.
    Hidden,
    /// Text on the pages of a scan.
    Scan,
}

impl RemovalReason {
    /// Returns the name in reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::Watermark => "watermark",
            Self::RunningHead => "running_head",
            Self::Hidden => "hidden",
            Self::Scan => "scan",
        }
    }
}

impl RemovedLine {
    /// Makes an entry.
    pub fn new(reason: RemovalReason, text: impl Into<String>) -> Self {
        Self { reason, text: text.into() }
    }
}
