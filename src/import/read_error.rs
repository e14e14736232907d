//! Errors of reading one file.

use serde::{Deserialize, Serialize};
use thiserror::Error;

/// Error of reading a file.
#[derive(Debug, Clone, PartialEq, Eq, Error, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReadError {
    /// No reader for this format.
    #[error("{0}")]
    Unsupported(String),
    /// Damaged file, or one that is not what its name says.
    #[error("损坏或格式不符：{0}")]
    Damaged(String),
    /// File that exceeds a limit.
    #[error("超出限制：{0}")]
    Limit(String),
    /// Reader that crashed on the file.
    #[error("读取进程异常终止：{0}")]
    Crashed(String),
}

impl ReadError {
    /// Makes the error of a damaged file from the parser's message.
    pub fn damaged(reason: impl ToString) -> Self {
        Self::Damaged(reason.to_string())
    }
}
