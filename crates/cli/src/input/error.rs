//! Why a text can't be read.

use std::io;

/// Why a text can't be read.
#[derive(Debug, thiserror::Error)]
pub enum InputError {
    /// A file can't be read.
    #[error("{name}: {source}")]
    Read { name: String, source: io::Error },
    /// A file isn't text.
    #[error("{name}: expected UTF-8 or UTF-16 text, got {got}")]
    NoText { name: String, got: String },
    /// Standard input is requested twice.
    #[error("standard input can be read only once: give - for one file")]
    StandardInputTwice,
}
