//! What a command found, as the program's exit code says it.

use crate::redrive::Signal;

/// What a command found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// Nothing is violated.
    Good,
    /// Something is violated.
    Violation,
    /// Dead letters are left.
    Left,
    /// Something could not be looked at, so that nobody knows.
    Incomplete,
    /// Nothing more, since a signal ended it.
    Ended(Signal),
}
