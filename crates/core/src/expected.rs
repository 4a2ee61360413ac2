//! Values that AWS and people write as text.

use std::str::FromStr;

/// A value that is read from text, with the words by which every error says what was expected.
pub trait Expected: FromStr {
    /// What the text must be, such as `an AWS account id of 12 digits`.
    const EXPECTED: &'static str;
}
