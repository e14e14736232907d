//! Errors of reading one file.

use serde::{Deserialize, Serialize};
use thiserror::Error;

/// Why a file could not be read.
#[derive(Debug, Clone, PartialEq, Eq, Error, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReadError {
    /// Nothing reads this format.
    #[error("{0}")]
    Unsupported(String),
    /// The file is not what its name says, or is damaged.
    #[error("损坏或格式不符：{0}")]
    Damaged(String),
    /// It asks for more than is given.
    #[error("超出限制：{0}")]
    Limit(String),
    /// The reader did not survive it.
    #[error("读取进程异常终止：{0}")]
    Crashed(String),
}

impl ReadError {
    /// A damaged file, with what the parser said.
    pub fn damaged(reason: impl ToString) -> Self {
        Self::Damaged(reason.to_string())
    }
}
