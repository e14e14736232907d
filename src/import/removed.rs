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
    /// Stated facts: labels with values, a number or a day among them.
    Facts,
    /// Title with more than its words, such as a number behind it.
    TitleLine,
    /// Line of the page outside the element that holds the text.
    OutsideText,
    /// Links: navigation, lists of other pages.
    Links,
    /// Words of a site: tools, copyright, invitations.
    Site,
    /// Chat between collected texts.
    Chat,
    /// Text too short to be a document of a collection.
    Fragment,
    /// Comment in the markup.
    Comment,
    /// Picture, with its words.
    Picture,
    /// Metadata of the file that are no fields of a record.
    Metadata,
    /// Readings behind characters; the characters stay.
    Readings,
    /// Text beyond the limit of one file.
    OverLimit,
}

impl RemovalReason {
    /// Returns the name in reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::Watermark => "watermark",
            Self::RunningHead => "running_head",
            Self::Hidden => "hidden",
            Self::Scan => "scan",
            Self::Facts => "facts",
            Self::TitleLine => "title_line",
            Self::OutsideText => "outside_text",
            Self::Links => "links",
            Self::Site => "site",
            Self::Chat => "chat",
            Self::Fragment => "fragment",
            Self::Comment => "comment",
            Self::Picture => "picture",
            Self::Metadata => "metadata",
            Self::Readings => "readings",
            Self::OverLimit => "over_limit",
        }
    }
}

impl RemovedLine {
    /// Makes an entry.
    pub fn new(reason: RemovalReason, text: impl Into<String>) -> Self {
        Self { reason, text: text.into() }
    }
}
