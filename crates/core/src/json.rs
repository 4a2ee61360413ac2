//! Reads JSON from outside, with errors that name the field.

mod fields;
mod node;
mod path;

use std::borrow::Cow;

pub use self::fields::Fields;
pub use self::node::{Entry, Kind, Language, Lines, Node, Position, SyntaxError};
pub use self::path::Path;
use crate::text::{OneLine, excerpt};

/// A field isn't as expected. A retry fails again.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{field}: expected {expected}, got {got}")]
pub struct FieldError {
    /// Where it is, such as `Records[2].body.detail.instance-id`.
    pub field: Path,
    /// What was expected.
    pub expected: Cow<'static, str>,
    /// Its JSON, shortened.
    pub got: String,
}

impl FieldError {
    /// How many characters of a value the error shows.
    const MAX_SHOWN_CHARS: usize = 100;

    /// The field at `path` is not as expected; `got` is its JSON.
    #[must_use]
    pub fn new(path: &Path, expected: impl Into<Cow<'static, str>>, got: &str) -> Self {
        Self {
            field: path.clone(),
            expected: expected.into(),
            got: OneLine(&excerpt(got, Self::MAX_SHOWN_CHARS)).to_string(),
        }
    }
}
