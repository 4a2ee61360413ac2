//! Reading JSON that others wrote, with errors that name the field.

mod fields;
mod node;
mod path;

use std::borrow::Cow;

pub use self::fields::Fields;
pub use self::node::{Entry, Kind, Node, Position, SyntaxError};
pub use self::path::Path;
use crate::text::{OneLine, excerpt};

/// A field is not what it must be. Final: the same text will not get better.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{field}: expected {expected}, got {got}")]
pub struct FieldError {
    /// Where it is, such as `Records[2].body.detail.instance-id`.
    pub field: Path,
    /// What it must be.
    pub expected: Cow<'static, str>,
    /// What it is: its JSON, shortened.
    pub got: String,
}

impl FieldError {
    /// The most characters that it shows of a value.
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
